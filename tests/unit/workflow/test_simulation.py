"""What can be chosen for a simulation, what limits it, and which steps are kept."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from vertaug.augmentation.cement.cannula import TooThickError, Tube
from vertaug.augmentation.cement.injection_plan import (
    InjectionSetting,
    PlacedNeedle,
    plan_injection,
)
from vertaug.augmentation.cement.product import cement_product
from vertaug.case.errors import InputError, LevelError
from vertaug.case.instrument import needle_of_gauge
from vertaug.case.plan import CementTarget, Procedure
from vertaug.workflow.injection_words import (
    name_options,
    tell_short_time,
    volume_in_time_mm3,
)
from vertaug.workflow.procedure_plan import find_injection_plan
from vertaug.workflow.product_sheet import describe_product
from vertaug.workflow.simulation_choice import (
    SimulationChoice,
    choose_product,
    hash_product,
    simulation_choice_of,
)
from vertaug.workflow.simulation_limits import list_simulation_limits


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"volume_ml": 0.0}, "--volume-ml is above 0 to 20 ml; got 0"),
        ({"volume_ml": float("nan")}, "--volume-ml"),
        ({"volume_ml": 21.0}, "--volume-ml"),
        ({"rate_ml_per_min": float("inf")}, "--rate-ml-per-min"),
        ({"plan": 0}, "--plan"),
        ({"samples": 1001}, "--samples"),
        ({"seed": -1}, "--seed"),
        ({"spacing_mm": 0.4}, "--spacing-mm is 0.5 to 2 mm; got 0.4"),
    ],
)
def test_what_cannot_be_used_is_refused(values, words):
    with pytest.raises(InputError, match=words):
        SimulationChoice(**values)


def test_level_is_read_as_everywhere():
    assert SimulationChoice(level="l1").level == "L1"
    with pytest.raises(LevelError):
        SimulationChoice(level="C5")


def test_a_choice_survives_the_case_file():
    choice = SimulationChoice(level="L1", volume_ml=3.5, samples=7, stop_rules=False)
    assert simulation_choice_of(choice.as_parameters()) == choice


def test_the_injection_does_not_depend_on_the_samples():
    few, many = SimulationChoice(samples=1), SimulationChoice(samples=9)
    assert few.injection_part() == many.injection_part()
    for change in ({"seed": 2}, {"volume_ml": 2.0}, {"product_sha256": "x"}, {"plan": 2}):
        assert replace(few, **change).injection_part() != few.injection_part()


def test_the_hash_of_a_product_is_of_every_value():
    product = choose_product("low_viscosity", None)
    assert hash_product(product) == hash_product(choose_product("low_viscosity", None))
    for key in ("viscosity_pa_s", "heat_kj_per_kg", "hu_120kv"):
        value = product.quantities[key].value
        assert hash_product(product.with_value(key, 0.99 * value)) != hash_product(product)


def test_an_unknown_product_names_the_known_ones():
    with pytest.raises(InputError, match=r"low_viscosity.*--products FILE"):
        choose_product("glue", None)


def test_the_sheet_of_a_product_keeps_status_and_range():
    product = choose_product("low_viscosity", None)
    sheet = describe_product(product)
    values = {value.name: value for value in sheet.values}
    assert set(values) == set(product.quantities)
    assert values["viscosity_pa_s"].status == "uncertain"
    assert (values["viscosity_pa_s"].low, values["viscosity_pa_s"].high) == (10.0, 100.0)
    assert sheet.uncertain == product.uncertain


def plan_of(procedure, *, safe=True):
    path = SimpleNamespace(side="left", violations=() if safe else ("canal: -1 mm",))
    return SimpleNamespace(procedure=procedure, safe=safe, paths=(path,))


def results(plans, level="L1", treated="L1", *, complete=True, method="generic", grade=0):
    measured = SimpleNamespace(
        cleft=SimpleNamespace(present=True, volume_ml=0.7), genant_grade=grade
    )
    planning = SimpleNamespace(
        level=level,
        plans=plans,
        advice=("13 G fits",),
        cement=CementTarget(low_ml=2.0, target_ml=3.0, high_ml=4.0, basis="15 % of the body"),
    )
    return SimpleNamespace(
        spine={"L1": SimpleNamespace(complete=complete, cut_by=("upper edge",)),
               "L2": SimpleNamespace(complete=True, cut_by=())},
        assessment=SimpleNamespace(level=treated, levels={"L1": measured}),
        planning=planning,
        calibration=SimpleNamespace(method=method, description="law; 120 kV assumed"),
    )  # fmt: skip


def test_plans_of_a_vertebroplasty_are_counted_alone():
    plans = (plan_of(Procedure.KYPHOPLASTY), *[plan_of(Procedure.VERTEBROPLASTY)] * 2)
    level, plan = find_injection_plan(results(plans), SimulationChoice(plan=2))
    assert (level, plan) == ("L1", plans[2])
    with pytest.raises(InputError, match="1 to 2"):
        find_injection_plan(results(plans), SimulationChoice(plan=3))


@pytest.mark.parametrize(
    ("case", "choice", "error", "words"),
    [
        (results((), treated=None), {}, LevelError, "--level"),
        (results((), complete=False), {}, LevelError, "upper edge"),
        (results((), level="L2"), {}, InputError, r"plans are for L2.*measure CASE --level L1"),
        (results((plan_of(Procedure.KYPHOPLASTY),)), {}, InputError, "13 G fits"),
        (results(()), {"level": "L2"}, InputError, "no needle is planned for L2"),
    ],
)
def test_cases_that_cannot_be_injected_say_why(case, choice, error, words):
    with pytest.raises(error, match=words):
        find_injection_plan(case, SimulationChoice(**choice))


def test_limits_name_plan_cleft_fracture_volume_and_density():
    plan = plan_of(Procedure.VERTEBROPLASTY, safe=False)
    told = " ".join(list_simulation_limits(results((plan,), grade=2), "L1", plan, 5.0))
    for words in (
        "DOES NOT KEEP ITS MARGINS (left: canal: -1 mm)",
        "gas cleft of 0.7 ml",
        "Genant grade 2",
        "5 ml are above the plan's estimate of 2.0 to 4.0 ml",
        "not calibrated on this scan (generic law: 120 kV assumed)",
    ):
        assert words in told
    plan = plan_of(Procedure.VERTEBROPLASTY)
    case = results((plan,), method="phantom")
    case.assessment.levels.clear()
    assert list_simulation_limits(case, "L1", plan, 3.0) == ()


def test_what_fits_into_the_working_time():
    needle = PlacedNeedle(
        entry_lps_mm=[0.0, 20.0, 0.0],
        tip_lps_mm=[0.0, 0.0, 0.0],
        needle=needle_of_gauge(11),
        tube=Tube(bore_mm=2.4, length_mm=150.0),
    )
    # the window ends at 570 s: 100 s are left, 15 of them a change of the syringe
    setting = InjectionSetting(rate_mm3_per_s=20.0, first_age_s=470.0)
    product = cement_product("low_viscosity")
    plan = plan_injection("L1", (needle,), product, 2000.0, setting)
    assert volume_in_time_mm3(plan) == pytest.approx(20.0 * 85.0)
    (told,) = tell_short_time(plan)
    assert "2.00 ml are planned, about 1.70 ml fit between the start at 7.8 min" in told
    assert tell_short_time(plan_injection("L1", (needle,), product, 1600.0, setting)) == ()


def test_advice_names_only_options_that_there_are():
    thick = str(name_options(TooThickError("thick", None)))
    assert thick.startswith("thick; this cement is too thick by then: take a --product")
    assert "--rate-ml-per-min" not in thick
    assert "take --rate-ml-per-min 2.69 or less" in str(name_options(TooThickError("thick", 44.9)))
