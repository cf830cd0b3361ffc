"""The whole assessment on block spines."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import LevelError
from vertaug.case.measurement import FractureShape
from vertaug.fracture import assess_fracture
from vertaug.fracture.norm import find_norm
from vertaug.tissue import calibrate_generic

LEVELS = ("T11", "T12", "L1", "L2", "L3")
LAW = calibrate_generic(120)


def normal_heights(level, size=1.05):
    norm = find_norm(level)
    return (size * norm.anterior, size * norm.middle, size * norm.posterior)


def make_spine(blocks, changes, levels=LEVELS, **kwargs):
    vertebrae = []
    for place, level in enumerate(levels):
        a, m, p = normal_heights(level)
        ka, km, kp = changes.get(level, (1.0, 1.0, 1.0))
        vertebrae.append(
            blocks.block_vertebra(level, (a * ka, m * km, p * kp), (0.0, 0.0, -35.0 * place))
        )
    return blocks.block_spine(*vertebrae, **kwargs)


@pytest.fixture(scope="module")
def wedge(blocks):
    return assess_fracture(make_spine(blocks, {"L1": (0.5, 0.8, 0.97)}), LAW)


def test_wedge_is_found_graded_and_chosen(wedge):
    assert wedge.level == "L1"
    grades = {name: m.genant_grade for name, m in wedge.levels.items()}
    assert grades == {"T11": 0, "T12": 0, "L1": 3, "L2": 0, "L3": 0}
    assert wedge.levels["L1"].shape is FractureShape.WEDGE
    assert wedge.levels["L2"].shape is FractureShape.NONE
    assert "worst grade (3" in wedge.level_source
    assert "CT alone" in wedge.level_source


def test_reference_and_loss_are_those_of_the_neighbours(wedge):
    found = wedge.levels["L1"]
    expected = (normal_heights("T12")[0] + normal_heights("L2")[0]) / 2
    assert found.reference_mm.anterior == pytest.approx(expected)
    assert found.reference_method == "mean of the intact T12 and L2"
    measured = 0.5 * normal_heights("L1")[0]
    assert found.heights_mm.anterior == pytest.approx(measured)
    assert found.loss_percent.anterior == pytest.approx(100 * (1 - measured / expected))


def test_angles_of_the_wedge(wedge):
    a, _, p = normal_heights("L1")
    wedge_deg = 2 * np.degrees(np.arctan((0.97 * p - 0.5 * a) / 2 / 30.0))
    found = wedge.levels["L1"]
    assert found.wedge_angle_deg == pytest.approx(wedge_deg)
    half = {}
    for level in ("T12", "L2"):
        front, _, back = normal_heights(level)
        half[level] = np.degrees(np.arctan((back - front) / 2 / 30.0))
    assert found.local_kyphosis_deg == pytest.approx(half["T12"] + wedge_deg / 2)
    assert found.cobb_angle_deg == pytest.approx(half["T12"] + half["L2"])


def test_ends_of_the_scan_say_what_is_missing(wedge):
    top, bottom = wedge.levels["T11"], wedge.levels["L3"]
    assert top.local_kyphosis_deg is None
    assert bottom.local_kyphosis_deg is not None
    assert bottom.cobb_angle_deg is None
    assert any("level above" in note for note in top.notes)
    assert any("level below" in note for note in bottom.notes)


def test_heights_3d_lie_between_the_corner_heights(wedge):
    found = wedge.levels["L1"]
    corners = found.heights_mm
    assert corners.anterior < found.heights_3d_mm.anterior < corners.middle
    assert corners.middle < found.heights_3d_mm.posterior < corners.posterior
    assert found.heights_3d_mm.anterior == pytest.approx(
        corners.anterior + (corners.middle - corners.anterior) / 3, abs=0.2
    )


def test_volume_lost_is_the_missing_part_of_the_block(wedge):
    found = wedge.levels["L1"]
    assert found.predicted_volume_ml - found.body_volume_ml == pytest.approx(found.lost_volume_ml)
    mean_height = np.mean([normal_heights("T12"), normal_heights("L2")])
    assert found.predicted_volume_ml == pytest.approx(40 * 30 * mean_height / 1000, rel=0.05)
    assert wedge.levels["L2"].lost_volume_ml == pytest.approx(0.0, abs=1.5)


def test_density_and_its_caveat_in_a_collapsed_body(wedge):
    assert wedge.levels["L1"].trabecular.density_mg_per_ml == pytest.approx(120 / 1.33)
    assert any("compacted" in note for note in wedge.levels["L1"].notes)
    assert not any("compacted" in note for note in wedge.levels["L2"].notes)


def test_no_fracture_gives_no_level_and_a_reason(blocks):
    found = assess_fracture(make_spine(blocks, {}), LAW)
    assert found.level is None
    assert "no fracture found" in found.level_source


def test_worst_then_largest_loss_is_chosen_and_the_others_named(blocks):
    spine = make_spine(blocks, {"T12": (0.45, 0.8, 1.0), "L2": (0.55, 0.8, 1.0)})
    found = assess_fracture(spine, None)
    assert found.level == "T12"
    assert "also grade 2 or more: L2" in found.level_source
    assert found.levels["T12"].trabecular.density_mg_per_ml is None


def test_given_level_is_taken_even_without_fracture(blocks):
    spine = make_spine(blocks, {"L1": (0.5, 0.8, 1.0)})
    found = assess_fracture(spine, LAW, level="l2")
    assert found.level == "L2"
    assert "was given (grade 0" in found.level_source


def test_level_outside_the_scan_is_refused(blocks):
    with pytest.raises(LevelError, match="T5 is not in this scan; complete levels: T11"):
        assess_fracture(make_spine(blocks, {}), LAW, level="T5")


def test_cut_level_is_named_with_its_face_and_not_measured(blocks):
    whole = blocks.block_vertebra("L1", normal_heights("L1"))
    cut = blocks.block_vertebra(
        "L2", normal_heights("L2"), (0, 0, -35), complete=False, cut_by=("inferior",)
    )
    spine = blocks.block_spine(whole, cut, incomplete={"L3": "no body found"})
    found = assess_fracture(spine, LAW)
    assert list(found.levels) == ["L1"]
    assert found.incomplete["L2"] == "cut by the inferior edge of the scan"
    assert found.incomplete["L3"] == "no body found"
    assert found.levels["L1"].cobb_angle_deg is None
    with pytest.raises(LevelError, match="cut by the inferior edge"):
        assess_fracture(spine, LAW, level="L2")
    with pytest.raises(LevelError, match="no body found"):
        assess_fracture(spine, LAW, level="L3")


def test_nothing_complete(blocks):
    spine = blocks.block_spine(incomplete={"L1": "cut"})
    found = assess_fracture(spine, LAW)
    assert found.level is None
    assert "nothing could be graded" in found.level_source


def test_single_vertebra_uses_its_own_posterior_height(blocks):
    spine = blocks.block_spine(blocks.block_vertebra("L1", (14.0, 20.0, 25.0)))
    found = assess_fracture(spine, LAW).levels["L1"]
    assert found.genant_grade == 2
    assert "own posterior height" in found.reference_method
    assert found.posterior_wall.retropulsion_mm is None


def test_physiological_wedging_alone_is_no_fracture_and_is_noted_when_graded(blocks):
    # T12 at 0.85 of its posterior height is wedged but its neighbours predict it
    a, m, p = normal_heights("T12")
    spine = make_spine(blocks, {"T12": (0.85 * p / a, 1.0, 1.0)})
    assert assess_fracture(spine, LAW).levels["T12"].genant_grade == 0
    low = make_spine(blocks, {"T12": (0.77, 0.9, 0.88)})
    found = assess_fracture(low, LAW).levels["T12"]
    assert found.genant_grade == 1
    assert any("physiological wedging is possible" in note for note in found.notes)
    assert m > 0


def test_metal_is_noted(blocks):
    vertebra = blocks.block_vertebra("L1", normal_heights("L1"))
    hu = np.array(vertebra.hu.values)
    hu[20:30, 15:25, 22:30] = 3071.0
    spine = blocks.block_spine(blocks.block_vertebra("L1", normal_heights("L1"), hu=hu))
    found = assess_fracture(spine, LAW).levels["L1"]
    assert any("metal in L1" in note for note in found.notes)


def test_levels_around_a_supernumerary_vertebra(blocks):
    spine = make_spine(blocks, {"T13": (0.5, 0.8, 1.0)}, levels=("T12", "T13", "L1"))
    found = assess_fracture(spine, LAW)
    assert found.level == "T13"
    # T12 and L1 would be adjacent without T13; with it, T13 is the neighbour of both
    low = found.levels["L1"].local_kyphosis_deg
    a, _, p = normal_heights("T13")
    expected = np.degrees(np.arctan((p - 0.5 * a) / 2 / 30.0))
    front, _, back = normal_heights("L1")
    assert low == pytest.approx(expected + np.degrees(np.arctan((back - front) / 2 / 30.0)))


def test_low_wedge_ratio_that_the_neighbours_share_is_noted(blocks):
    wedged = dict.fromkeys(("T11", "T12", "L1"), (0.82, 0.95, 1.0))
    found = assess_fracture(make_spine(blocks, wedged, levels=("T11", "T12", "L1")), LAW)
    assert {m.genant_grade for m in found.levels.values()} == {0}
    assert any("although the neighbours predict it" in n for n in found.levels["T12"].notes)


def test_cut_without_a_known_face():
    from vertaug.fracture.assessment import describe_cut

    assert describe_cut(()) == "its body is not complete in the scan"
    assert describe_cut(("left", "superior")) == "cut by the left and superior edges of the scan"


def test_two_levels_that_rest_on_each_other_are_said_to(blocks):
    levels = assess_fracture(make_spine(blocks, {}, levels=("L2", "L3")), LAW).levels
    assert any("rest on L3 alone" in note for note in levels["L2"].notes)
    assert any("rest on L2 alone" in note for note in levels["L3"].notes)
    intact = assess_fracture(make_spine(blocks, {}), LAW).levels
    assert not any("alone" in note for found in intact.values() for note in found.notes)


def test_a_body_that_could_not_be_measured_is_not_called_intact(blocks):
    intact = make_spine(blocks, {})
    reasons = {"T10": "no vertebral body found", "L4": "the body of L4 is cut by the edge"}
    found = assess_fracture(replace(intact, incomplete=reasons), LAW)
    assert found.level is None
    assert found.level_source.startswith("T10 could not be measured and may be fractured")
    assert "no fracture" not in found.level_source


def test_a_level_alone_says_that_nothing_measures_it(blocks):
    found = assess_fracture(make_spine(blocks, {"L1": (0.6, 0.9, 1.0)}, levels=("L1",)), LAW)
    assert any("no other level is a measure for it" in n for n in found.levels["L1"].notes)
    beside = assess_fracture(make_spine(blocks, {}), LAW)
    assert not any("no other level" in n for m in beside.levels.values() for n in m.notes)


def test_levels_that_are_all_low_for_their_depth_are_named(blocks):
    even = dict.fromkeys(LEVELS, (0.55, 0.55, 0.55))
    found = assess_fracture(make_spine(blocks, even), LAW)
    assert found.level is None
    assert "are low for their depth and may be fractured" in found.level_source
    whole = assess_fracture(make_spine(blocks, {}), LAW)
    assert "low for" not in whole.level_source


def test_a_front_too_high_for_the_back_is_doubted(blocks):
    found = assess_fracture(make_spine(blocks, {"T12": (1.2, 1.0, 1.0)}), LAW).levels
    assert any("may lie on osteophytes" in note for note in found["T12"].notes)
    assert not any("osteophytes" in note for note in found["L2"].notes)


def test_a_level_alone_with_a_high_front_is_not_called_intact(blocks):
    found = assess_fracture(make_spine(blocks, {"L1": (1.3, 1.0, 1.0)}, levels=("L1",)), LAW)
    assert found.level is None
    assert "its back has lost height and it may be fractured" in found.level_source
    whole = assess_fracture(make_spine(blocks, {}, levels=("L1",)), LAW)
    assert "its back" not in whole.level_source
