"""Which balloon is taken, how much is put in it, and what its steps depend on."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from vertaug.augmentation.balloon.fracture_zone import FractureAge
from vertaug.augmentation.balloon.product import known_balloons
from vertaug.augmentation.kyphoplasty import BalloonChoice
from vertaug.case.errors import InputError
from vertaug.case.instrument import needle_of_gauge
from vertaug.case.plan import Procedure
from vertaug.workflow.balloon_choice import (
    FRACTURE_AGES,
    BalloonWish,
    choose_balloon,
    hash_balloons,
)
from vertaug.workflow.procedure_plan import find_injection_plan
from vertaug.workflow.simulation_choice import SimulationChoice, simulation_choice_of
from vertaug.workflow.simulation_keys import SIMULATION_STEPS, list_simulation_keys
from vertaug.workflow.simulation_steps import SimulationRun, check_simulation


def plan(*rooms, gauge=8):
    needle = needle_of_gauge(gauge)
    return SimpleNamespace(
        procedure=Procedure.KYPHOPLASTY,
        paths=tuple(SimpleNamespace(balloon_mm=room, needle=needle) for room in rooms),
    )


@pytest.mark.parametrize(
    ("rooms", "name"),
    [((10.0,), "10/3"), ((15.0, 10.0), "10/3"), ((15.0,), "15/3"), ((19.9,), "15/3"),
     ((20.0, 20.0), "20/3")],
)  # fmt: skip
def test_the_longest_with_room_on_every_path_and_of_these_the_largest(rooms, name):
    balloon, volume = choose_balloon(known_balloons(), plan(*rooms), BalloonWish())
    assert balloon.name == name
    assert volume == min(balloon.rated_ml.value, 4.0)


@pytest.mark.parametrize(("gauge", "name"), [(8, "20/3"), (10, "15/2"), (11, "15/2")])
def test_it_passes_the_cannula(gauge, name):
    """10G: 2.7 mm, a size 2 passes; 11G: 2.4 mm, a size 2 may as thin as its range says."""
    assert choose_balloon(known_balloons(), plan(20.0, gauge=gauge), BalloonWish())[0].name == name


def test_a_named_balloon_that_cannot_pass_is_refused():
    known = known_balloons()
    thick = BalloonWish(name="15/3")
    assert choose_balloon(known, plan(20.0, gauge=10), thick)[0].name == "15/3"
    words = r"'15/3' is 2.6 mm thick .* bore is 2.4 mm; take 10/2 or 15/2, or plan with a wider"
    with pytest.raises(InputError, match=words):
        choose_balloon(known, plan(20.0, gauge=11), thick)
    only = {"15/3": known["15/3"]}
    with pytest.raises(InputError, match=r"bore is 2.4 mm; plan with a wider --gauge"):
        choose_balloon(only, plan(20.0, gauge=11), BalloonWish())


def test_the_default_volume_is_rated_and_no_more_than_four_millilitres():
    known = known_balloons()
    assert choose_balloon(known, plan(10.0), BalloonWish())[1] == 3.5
    assert choose_balloon(known, plan(20.0), BalloonWish())[1] == 4.0
    asked = BalloonWish(name="20/3", volume_ml=5.5)
    assert choose_balloon(known, plan(20.0), asked) == (known["20/3"], 5.5)


def test_a_named_balloon_is_taken_where_the_plan_names_another():
    assert choose_balloon(known_balloons(), plan(20.0), BalloonWish(name="10/2"))[0].name == "10/2"


@pytest.mark.parametrize("room", [0.0, None, 9.9])
def test_no_room_says_what_there_is(room):
    words = f"room for a balloon of {room or 0:g} mm, the shortest that is known is 10 mm"
    with pytest.raises(InputError, match=words):
        choose_balloon(known_balloons(), plan(room), BalloonWish())


def test_more_than_a_balloon_holds_is_refused():
    words = r"--balloon-ml 3.6: balloon '10/3' is rated for up to 3.5 ml"
    with pytest.raises(InputError, match=words):
        choose_balloon(known_balloons(), plan(10.0), BalloonWish(volume_ml=3.6))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"volume_ml": -0.1}, "--balloon-ml is 0 .none. to 10 ml; got -0.1"),
        ({"volume_ml": 10.5}, "--balloon-ml"),
        ({"volume_ml": float("nan")}, "--balloon-ml"),
        ({"preload_n": -1.0}, "--preload-n is 0 to 1000 N; got -1"),
        ({"preload_n": float("inf")}, "--preload-n"),
        ({"fracture_age": "old"}, "--fracture-age is fresh or healed; got 'old'"),
        ({"contact_mm": 10.1}, "--contact-mm is 0.75 to 10 mm; got 10.1"),
        ({"contact_mm": 0.0}, "--contact-mm is 0.75 to 10 mm; got 0"),
        ({"contact_mm": 1.4}, "--contact-mm 1.4 is less than voxels of 1.5 mm can tell: 1.5 at"),
        ({"spacing_mm": 0.7}, "--balloon-spacing-mm is 0.75 to 2 mm; got 0.7"),
    ],
)
def test_what_cannot_be_used_is_refused(values, words):
    with pytest.raises(InputError, match=words):
        BalloonWish(**values)


def test_only_a_volume_of_nothing_is_no_balloon():
    assert BalloonWish(volume_ml=0.0).none
    assert not BalloonWish().none
    assert not BalloonWish(volume_ml=0.1).none


def test_the_hash_is_of_what_can_be_taken():
    known = known_balloons()
    whole, one = hash_balloons(known, None), hash_balloons(known, "15/3")
    assert whole != one
    changed = {**known, "10/2": replace(known["10/2"], title="another")}
    assert hash_balloons(changed, "15/3") == one
    assert hash_balloons(changed, None) != whole


def choice(**values):
    wish = BalloonWish(balloons_sha256="x", **values)
    return SimulationChoice(level="L1", volume_ml=2.0, balloon=wish)


def test_a_choice_survives_the_case_file():
    given = choice(name="15/3", volume_ml=2.5, preload_n=50.0, fracture_age="healed")
    parameters = given.as_parameters()
    assert parameters.procedure is Procedure.KYPHOPLASTY
    assert simulation_choice_of(parameters) == given
    plain = SimulationChoice()
    assert plain.procedure is Procedure.VERTEBROPLASTY
    assert simulation_choice_of(plain.as_parameters()) == plain


def keys(given):
    return list_simulation_keys(given, "measured", "planned")


def test_cement_does_not_change_the_balloons_but_they_change_the_cement():
    given = choice()
    first = keys(given)
    assert list(first) == list(SIMULATION_STEPS[3:])
    for cement in ({"seed": 2}, {"product_sha256": "y"}, {"volume_ml": 3.0}, {"samples": 8},
                   {"rate_ml_per_min": 1.0}, {"stop_rules": False},
                   {"spacing_mm": 2.0}):  # fmt: skip
        assert keys(replace(given, **cement))["balloon"] == first["balloon"]
    for other in (
        choice(volume_ml=1.0),
        choice(preload_n=0.0),
        choice(contact_mm=2.0),
        choice(name="10/2"),
        choice(fracture_age="healed"),
        replace(given, plan=2),
    ):
        changed = keys(other)
        assert changed["balloon"] != first["balloon"]
        assert changed["kyphoplasty_injection"] != first["kyphoplasty_injection"]
        assert changed["kyphoplasty_hardening"] != first["kyphoplasty_hardening"]


def test_without_a_balloon_there_is_no_step_of_it():
    assert list(keys(choice(volume_ml=0.0))) == list(SIMULATION_STEPS[4:])
    assert list(keys(SimulationChoice())) == list(SIMULATION_STEPS[:3])
    assert "kyphoplasty_samples" not in keys(replace(choice(), samples=0))


def test_progress_names_every_step_once():
    kept = SimulationRun(choice=SimulationChoice()), SimulationRun(choice=choice())
    titles = [title for run in kept for title in run.titles]
    assert len(titles) == len(set(titles)) == 7
    assert SimulationRun(choice=choice(volume_ml=0.0)).titles[0] == "Injection (kyphoplasty)"


def results(*plans):
    return SimpleNamespace(
        spine={"L1": SimpleNamespace(complete=True, cut_by=())},
        assessment=SimpleNamespace(level="L1", levels={}),
        planning=SimpleNamespace(level="L1", plans=plans, advice=()),
    )


def test_plans_of_a_kyphoplasty_are_counted_alone():
    other = SimpleNamespace(procedure=Procedure.VERTEBROPLASTY, paths=())
    case = results(other, plan(10.0), plan(15.0))
    level, found = find_injection_plan(case, replace(choice(), plan=2))
    assert (level, found.paths[0].balloon_mm) == ("L1", 15.0)
    with pytest.raises(InputError, match="--plan is 1 to 2 for a kyphoplasty of L1; got 3"):
        find_injection_plan(case, replace(choice(), plan=3))
    with pytest.raises(InputError, match=r"no plan of a kyphoplasty .*--procedure kyphoplasty"):
        find_injection_plan(results(other), choice())


def test_a_balloon_that_cannot_be_taken_is_refused_before_anything_is_computed():
    run = SimulationRun(choice=choice(volume_ml=9.0), balloons=known_balloons())
    with pytest.raises(InputError, match=r"rated for up to 3\.5 ml"):
        check_simulation(results(plan(10.0)), run)
    # a stored inflation has its own
    check_simulation(results(plan(10.0)), replace(run, balloons={}))
    none = replace(run, choice=choice(volume_ml=0.0))
    check_simulation(results(plan(0.0)), none)


def test_what_is_not_asked_for_is_what_the_library_takes():
    wish, taken = BalloonWish(), BalloonChoice(balloon=known_balloons()["15/3"], volume_ml=3.0)
    for name in ("preload_n", "contact_mm", "spacing_mm"):
        assert getattr(wish, name) == getattr(taken, name)
    assert wish.fracture_age == taken.fracture.value
    assert tuple(age.value for age in FractureAge) == FRACTURE_AGES
