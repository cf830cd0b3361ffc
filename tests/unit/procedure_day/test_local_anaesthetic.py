"""Ceilings of local anaesthetics: golden values, boundaries, refusals."""

from fractions import Fraction

import pytest

from vertaug.case.errors import InputError
from vertaug.case.source_status import SourceStatus
from vertaug.procedure_day.local_anaesthetic import (
    add_up,
    ceiling,
    check_weight,
    dose,
    drug_named,
    exact,
    known_drugs,
    remaining_ml,
    rounded_down,
)


@pytest.mark.parametrize(
    ("name", "weight_kg", "mg", "capped"),
    [
        ("lidocaine_plain", 50, 225, False),
        ("lidocaine_plain", 80, 300, True),
        ("lidocaine_epinephrine", 50, 350, False),
        ("lidocaine_epinephrine", 80, 500, True),
        ("bupivacaine_plain", 50, 100, False),
        ("bupivacaine_plain", 100, 175, True),
        ("bupivacaine_epinephrine", 60, 180, False),
        ("bupivacaine_epinephrine", 80, 225, True),
        ("ropivacaine", 60, 180, False),
        ("ropivacaine", 70, 200, True),
    ],
)
def test_ceiling_by_weight_and_for_any_weight(name, weight_kg, mg, capped):
    found = ceiling(drug_named(name), weight_kg)
    assert found.mg == mg
    assert found.capped is capped


def test_golden_volumes():
    assert ceiling(drug_named("lidocaine_plain"), 50).volume_ml(1) == Fraction("22.5")
    assert ceiling(drug_named("bupivacaine_plain"), 50).volume_ml("0.25") == 40


def test_golden_mixture():
    doses = [dose("lidocaine_plain", 1, 10), dose("bupivacaine_plain", 0.25, 10)]
    total = add_up(doses, 50).total
    assert total == Fraction(100, 225) + Fraction(25, 100)
    assert round(float(total), 2) == 0.69


@pytest.mark.parametrize("weight_kg", [50, 66.7, "66.6", 41.3, 80])
@pytest.mark.parametrize("name", list(known_drugs()))
def test_right_at_the_ceiling_is_within_and_a_drop_above_is_not(name, weight_kg):
    drug = drug_named(name)
    percent = drug.usual_percent[0]
    full = ceiling(drug, weight_kg).volume_ml(percent)
    assert add_up([dose(name, percent, full)], weight_kg).total == 1
    assert add_up([dose(name, percent, full)], weight_kg).within
    above = full + Fraction(1, 10**9)
    assert not add_up([dose(name, percent, above)], weight_kg).within


def test_a_mixture_right_at_the_ceiling_is_within_and_a_step_above_is_not():
    first = dose("lidocaine_plain", 1, "11.25")
    assert add_up([first, dose("bupivacaine_plain", "0.25", 20)], 50).within
    assert not add_up([first, dose("bupivacaine_plain", "0.25", "20.0001")], 50).within


def test_the_cap_begins_where_both_laws_meet():
    limit = Fraction(300) / Fraction("4.5")
    drug = drug_named("lidocaine_plain")
    assert ceiling(drug, limit).mg == 300
    assert not ceiling(drug, limit).capped
    assert ceiling(drug, limit + Fraction(1, 1000)).capped


def test_tenths_are_decimals_not_binary_fractions():
    three = [dose("ropivacaine", 0.1 + 0.1, 0.1) for _ in range(3)]
    assert sum(one.volume_ml for one in three) == Fraction(3, 10)
    assert exact(0.1, "x") == Fraction(1, 10)


def test_a_reduced_ceiling_lowers_the_cap_too():
    drug = drug_named("lidocaine_plain")
    assert ceiling(drug, 50, factor=0.7).mg == Fraction("157.5")
    assert ceiling(drug, 100, factor="0.7").mg == 210


def test_what_is_left_of_a_second_drug():
    used = [dose("lidocaine_plain", 1, "11.25")]
    assert remaining_ml("bupivacaine_plain", 0.25, used, 50) == 20
    full = [dose("lidocaine_plain", 1, "22.5")]
    assert remaining_ml("bupivacaine_plain", 0.25, full, 50) == 0
    over = [dose("lidocaine_plain", 1, 60)]
    assert remaining_ml("bupivacaine_plain", 0.25, over, 50) == 0


def test_without_a_weight_there_is_no_ceiling():
    with pytest.raises(InputError, match=r"weight is not known.*weigh the patient"):
        ceiling(drug_named("ropivacaine"), None)
    with pytest.raises(InputError, match="weigh the patient"):
        add_up([], None)
    with pytest.raises(InputError, match="weigh the patient"):
        remaining_ml("ropivacaine", 0.2, [], None)


@pytest.mark.parametrize("weight_kg", [0, -50, 24.999, 300.001, 5000, "1e9"])
def test_implausible_weights_are_refused(weight_kg):
    with pytest.raises(InputError, match=r"implausible.*weigh again"):
        check_weight(weight_kg)


@pytest.mark.parametrize("weight_kg", [25, 300, "25.0"])
def test_weights_at_the_limits_are_taken(weight_kg):
    assert check_weight(weight_kg) == exact(weight_kg, "")


@pytest.mark.parametrize("given", [float("nan"), float("inf"), "heavy", True, "", "1/2"])
def test_what_is_no_number_is_refused(given):
    with pytest.raises(InputError, match="expected as a number"):
        check_weight(given)


@pytest.mark.parametrize("percent", [0, -1, 2.01, 10, 25])
def test_a_strength_that_is_not_injected_is_refused(percent):
    with pytest.raises(InputError, match=r"1 % is 10 mg/ml"):
        dose("lidocaine_plain", percent, 1)


@pytest.mark.parametrize("volume_ml", [-0.1, 200.1])
def test_an_impossible_volume_is_refused(volume_ml):
    with pytest.raises(InputError, match="0 to 200 ml"):
        dose("lidocaine_plain", 1, volume_ml)


@pytest.mark.parametrize("factor", [0, -0.7, 1.01])
def test_a_ceiling_is_never_raised(factor):
    with pytest.raises(InputError, match="factor above 0 to 1"):
        ceiling(drug_named("ropivacaine"), 60, factor=factor)


def test_an_unknown_drug_names_the_known():
    with pytest.raises(InputError, match="lidocaine_plain"):
        drug_named("cocaine")


def test_every_drug_has_a_source_and_status():
    assert all(d.evidence.source for d in known_drugs().values())
    assert {d.evidence.status for d in known_drugs().values()} == {SourceStatus.VERIFIED}


def test_printed_ceilings_are_never_above():
    assert rounded_down(Fraction(19999, 1000)) == 19.9
