"""What is said of the balloons of one case, and how they were asked for."""

from types import SimpleNamespace

import numpy as np
import pytest

from vertaug.augmentation.balloon.bone_points import PointGrid
from vertaug.augmentation.balloon.crushed_bone import calibrated_bone
from vertaug.augmentation.balloon.dead_weight import DeadWeight, UpperEnd
from vertaug.augmentation.balloon.ends import EndOfInflation, WallContact
from vertaug.augmentation.balloon.ligaments import Ligament, lumbar_ligaments
from vertaug.augmentation.balloon.product import known_balloons
from vertaug.case.instrument import needle_of_gauge
from vertaug.workflow.balloon_choice import BalloonWish
from vertaug.workflow.balloon_limits import describe_end, describe_fracture, list_balloon_limits
from vertaug.workflow.product_sheet import describe_balloon, describe_bone, describe_ligaments
from vertaug.workflow.report_input import _simulation
from vertaug.workflow.simulation_choice import SimulationChoice

CHOSEN = SimpleNamespace(
    crushed=calibrated_bone(),
    preload_n=100.0,
    upper_end=UpperEnd.WEIGHT,
    volume_ml=3.5,
    spacing_mm=1.5,
    within_mm=3.0,
    balloon=known_balloons()["15/3"],
)
NEEDLE = needle_of_gauge(8)
HELD = SimpleNamespace(
    crushed=calibrated_bone(),
    preload_n=100.0,
    upper_end=UpperEnd.HELD,
    volume_ml=3.5,
    balloon=known_balloons()["15/3"],
)


def found(end=EndOfInflation.VOLUME, *, readable=True, walls=(), zone=None):
    state = SimpleNamespace(volumes_mm3=lambda: np.array([3500.0, 1240.0]), weight=None)
    return SimpleNamespace(
        inflation=SimpleNamespace(end=end, state=state, resolved=np.array([[False], [readable]])),
        breaches=tuple(SimpleNamespace(wall=wall) for wall in walls),
        bone=SimpleNamespace(notes=("what is cut",)),
        zone=zone,
    )


def test_strength_load_and_what_is_left_out_are_always_said():
    told = list_balloon_limits(found(), CHOSEN, 163.6, NEEDLE)
    assert len(told) == 5
    share = calibrated_bone().strength_share
    assert f"{share.value:g} times its uniaxial strength ({share.range_text} times)" in told[0]
    assert "rides on its disc with 100 N, which stay" in told[1]
    assert told[2].startswith("The fracture: no bone is taken to be broken")
    assert told[3].startswith("Not modelled: softening")
    assert told[4] == "what is cut"
    held = list_balloon_limits(found(), HELD, 163.6, NEEDLE)
    assert "100 N before and 164 N at the end" in held[1]


@pytest.mark.parametrize(
    ("slack", "rise", "words"),
    [
        (8.1, 2.0, "its ligaments, slack by up to 8 mm from the lost height, do not become taut"),
        (0.0, 0.01, "its ligaments bear next to nothing at full inflation"),
        (0.5, 2.0, "at full inflation its ligaments bear posterior longitudinal 30 N"),
    ],
)
def test_what_ligaments_bear_is_said(slack, rise, words):
    nodes = np.zeros((4, 4, 2), dtype=bool)
    nodes[..., 1] = True
    one = Ligament(
        name="posterior_longitudinal", place_mm=np.array([1.5, 4.0]), n_per_mm=20.0, slack_mm=slack
    )
    weight = DeadWeight(
        nodes=nodes.ravel(), force_n=1.0, place_mm=np.array([1.5, 1.5]), ligaments=(one,)
    )
    treated = found()
    treated.inflation.state.weight = weight
    treated.inflation.state.grid = PointGrid(shape=(3, 3, 1), spacing_mm=1.0)
    treated.inflation.state.plate = np.array([rise, 0.0, 0.0])
    assert f"; {words}; the level below" in list_balloon_limits(treated, CHOSEN, 1.0, NEEDLE)[1]


@pytest.mark.parametrize(
    ("superior", "words"), [(True, "under the superior"), (False, "above the inferior")]
)
def test_where_bone_is_taken_to_be_broken_is_said(superior, words):
    told = describe_fracture(found(zone=SimpleNamespace(superior=superior, deepest_mm=8.06)))
    assert told.startswith(f"taken to be fresh, in a band {words} endplate up to 8.1 mm thick")


def test_an_early_end_says_what_was_reached_and_why():
    told = list_balloon_limits(found(EndOfInflation.CORTEX), CHOSEN, 100.0, NEEDLE)
    assert told[4] == (
        "The inflation ended at 3.5 and 1.2 of the wanted 3.5 ml: a balloon has come up to the "
        "cortex (1 cm² of it within 3 mm of its outer face). The heights follow that volume, and "
        "it hangs on this distance, the voxels and where the balloons lie"
    )


def test_a_balloon_wider_than_the_cannula_is_told_first():
    told = list_balloon_limits(found(), CHOSEN, 100.0, needle_of_gauge(10))
    assert told[0] == (
        "THE BALLOON MAY NOT PASS THE CANNULA of 10G: its bore is 2.7 mm, the folded balloon is "
        "drawn 3.2 mm thick (its range begins at 2.6 mm); a wider --gauge in the plan or a thinner "
        "--balloon passes"
    )
    assert told[1].startswith("Heights, pressure and cavity")


@pytest.mark.parametrize(
    ("toward", "sides", "words"),
    [
        ((0.1, -0.9, 0.5), ("left", "right"), "the right balloon has come up to the anterior"),
        ((0.9, -0.3, 0.95), ("right", "left"), "the left balloon has come up to the left lateral"),
        ((-0.6, -0.6, 0.0), ("left",), "the balloon has come up to the right anterolateral"),
        ((0.9, 0.5, 0.0), ("left",), "the balloon has come up to the left posterolateral"),
        ((0.2, 0.9, 0.0), ("left",), "the balloon has come up to the posterior"),
    ],
)
def test_the_wall_that_ended_an_inflation_is_named(toward, sides, words):
    nearest = len(sides) - 1
    contacts = tuple(
        WallContact(
            balloon=number,
            area_mm2=101.0 if number == nearest else 99.0,
            whole_mm2=800.0,
            toward=np.array(toward) if number == nearest else np.array([0.0, 1.0, 0.0]),
        )
        for number in range(len(sides))
    )
    treated, reached = (
        SimpleNamespace(inflation=SimpleNamespace(end=end), contacts=contacts)
        for end in (EndOfInflation.CORTEX, EndOfInflation.VOLUME)
    )
    near = "(1 cm² of it within 3 mm of the outer face)"
    assert describe_end(treated, CHOSEN, sides) == f"{words} cortex {near}"
    assert describe_end(reached, CHOSEN, sides) == "the wanted volume is reached"


def test_no_pressure_and_a_breach_are_said():
    told = list_balloon_limits(
        found(readable=False, walls=("cortex", "cortex")), CHOSEN, 100.0, NEEDLE
    )
    assert told[4].startswith("No pressure can be read: in voxels of 1.5 mm")
    assert told[5].startswith("A BALLOON HAS LEFT THE BONE (cortex): its shape")


def test_sheets_hold_every_number_with_its_source():
    balloon = known_balloons()["15/3"]
    sheet = describe_balloon(balloon)
    assert [value.name for value in sheet.values] == [
        "length_mm",
        "folded_mm",
        "rated_ml",
        "rated_mpa",
        "growth_mm_per_ml",
        "skin_n_per_mm",
    ]
    assert all(value.source for value in sheet.values)
    rated = sheet.values[2]
    assert (rated.value, rated.low, rated.high) == (4.5, 4.0, 5.0)
    held = describe_ligaments(lumbar_ligaments())
    assert held[0].name == "anterior_longitudinal_n_per_mm"
    assert all(value.source and value.low < value.value < value.high for value in held)
    bone = {value.name: value for value in describe_bone(calibrated_bone())}
    assert bone["strength_share"].value == calibrated_bone().strength_share.value


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (BalloonWish(), "balloon the longest that fits, its rated volume, 4 ml at most in each"),
        (BalloonWish(name="mine", balloons="own.toml", volume_ml=2.5, preload_n=0.0),
         ("balloon mine of own.toml, 2.5 ml in each, 0 N on the spine, end with 1 cm² of a "
         "balloon within 3 mm of the cortex's outer face, a fresh fracture, where there is one, "
         "voxels of 1.5 mm")),
        (BalloonWish(volume_ml=0.0), "cells of 1 mm, no balloon"),
    ],
)  # fmt: skip
def test_the_report_says_how_it_was_asked_for(wish, words):
    given = SimulationChoice(balloon=wish).as_parameters()
    assert words in _simulation(given)
    assert "balloon" not in _simulation(SimulationChoice().as_parameters())
