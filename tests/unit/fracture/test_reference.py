"""Which neighbours predict a level, and the joint grading of all levels."""

import numpy as np
import pytest

from vertaug.case.measurement import HeightSet
from vertaug.fracture.grading import compute_loss
from vertaug.fracture.height import PROFILE_SHARES, BodyHeights
from vertaug.fracture.norm import find_norm, load_norms
from vertaug.fracture.reference import (
    find_profile_loss,
    grade_levels,
    scale_norm,
    select_reference,
)

SPINE = ("T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5")


def bodies(heights):
    return {level: BodyHeights.from_points(h) for level, h in heights.items()}


def scaled(heights, anterior=1.0, middle=1.0, posterior=1.0):
    return HeightSet(
        anterior=heights.anterior * anterior,
        middle=heights.middle * middle,
        posterior=heights.posterior * posterior,
    )


def normal_spine(size=1.15, levels=SPINE):
    return {level: scaled(find_norm(level), size, size, size) for level in levels}


def test_norms_are_complete_and_shaped_like_a_spine():
    norms = load_norms()
    assert list(norms) == [*(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 6))]
    wedge = {level: h.anterior / h.posterior for level, h in norms.items()}
    assert 0.85 < wedge["L1"] < 0.97  # physiological wedging of the junction
    assert wedge["L5"] > 1.1  # reverse wedging at the sacrum
    assert norms["L1"].posterior > norms["T6"].posterior > norms["T1"].posterior
    assert find_norm("L6") == norms["L5"]
    assert find_norm("T13") == norms["T12"]


def test_both_intact_neighbours_give_their_plain_mean():
    intact = {
        "T12": HeightSet(anterior=26, middle=25, posterior=27),
        "L2": HeightSet(anterior=28, middle=27, posterior=29),
        "L4": HeightSet(anterior=99, middle=99, posterior=99),
    }
    found = select_reference("L1", bodies(intact))
    assert found.heights.points == HeightSet(anterior=27, middle=26, posterior=28)
    assert found.method == "mean of the intact T12 and L2"


def test_one_intact_neighbour_is_scaled_by_the_level_factor():
    intact = {"L4": find_norm("L4"), "T9": find_norm("T9")}
    found = select_reference("L5", bodies(intact))
    assert found.heights.points.anterior == pytest.approx(find_norm("L5").anterior)
    assert (
        found.method == "intact neighbour L4 times the level factor (level norms partly recalled)"
    )


def test_far_intact_levels_are_used_when_no_neighbour_is():
    intact = {"T11": find_norm("T11"), "L3": find_norm("L3")}
    found = select_reference("L1", bodies(intact))
    assert found.heights.points.posterior == pytest.approx(find_norm("L1").posterior)
    assert found.method.startswith("nearest intact levels T11 and L3 times the level factor")


def test_an_absent_variant_does_not_break_adjacency():
    intact = {"T12": find_norm("T12"), "L2": find_norm("L2")}
    assert "mean of the intact T12 and L2" in select_reference("L1", bodies(intact)).method
    with_t13 = {**intact, "T13": find_norm("T12")}
    assert "mean of the intact T13 and L2" in select_reference("L1", bodies(with_t13)).method


def test_its_own_heights_never_predict_a_level():
    assert select_reference("L1", bodies({"L1": find_norm("L1")})) is None


def test_a_single_vertebra_is_held_against_its_own_posterior_height():
    heights = {"L1": HeightSet(anterior=15.0, middle=24.0, posterior=26.0)}
    graded = grade_levels(bodies(heights))
    reference = graded.references["L1"]
    assert reference.heights.points.posterior == pytest.approx(26.0)
    assert reference.heights.points.anterior == pytest.approx(26.0 * 0.905)
    assert "own posterior height" in reference.method
    assert graded.grades["L1"] == 2  # 1 - 15 / 23.53 = 36 %


@pytest.mark.parametrize(
    ("shares", "measure", "grade"),
    [
        ((0.95, 0.8, 0.6), "anterior", 2),  # 1 - 0.60 / 0.95 = 37 %
        ((1.0, 1.0, 0.7), "anterior", 2),
        ((0.75, 1.0, 0.75), "middle", 2),
        ((0.6, 1.0, 1.0), "posterior", 2),
        ((1.0, 0.7, 1.0), "posterior", 2),
        ((0.74, 0.74, 0.74), "posterior", 0),  # an even loss of a level alone cannot show
        ((1.1, 1.0, 1.0), "posterior", 0),  # as wedged as healthy bodies are
        ((1.44, 1.05, 1.2), "posterior", 0),  # osteophytes in front: an intact T10 of a real CT
    ],
)
def test_a_single_vertebra_is_held_against_the_height_that_stands(shares, measure, grade):
    heights = bodies({"L1": scaled(find_norm("L1"), *shares)})
    graded = grade_levels(heights)
    assert f"own {measure} height" in graded.references["L1"].method
    assert graded.grades["L1"] == grade


def test_a_normal_spine_has_no_fracture_at_any_body_size():
    for size in (0.85, 1.0, 1.3):
        graded = grade_levels(bodies(normal_spine(size)))
        assert set(graded.grades.values()) == {0}
        assert graded.stable


@pytest.mark.parametrize("level", SPINE)
@pytest.mark.parametrize(("share", "grade"), [(0.9, 0), (0.78, 1), (0.68, 2), (0.5, 3)])
def test_one_wedge_is_graded_and_leaves_its_neighbours_intact(level, share, grade):
    spine = normal_spine()
    spine[level] = scaled(spine[level], anterior=share)
    graded = grade_levels(bodies(spine))
    assert graded.grades == {name: grade if name == level else 0 for name in SPINE}


def test_neighbouring_and_most_levels_fractured():
    spine = normal_spine()
    shares = {"T11": 0.5, "T12": 0.7, "L1": 0.55, "L2": 0.77, "L3": 0.7}
    for level, share in shares.items():
        spine[level] = scaled(spine[level], anterior=share, middle=(1 + share) / 2)
    graded = grade_levels(bodies(spine))
    expected = {"T11": 3, "T12": 2, "L1": 3, "L2": 1, "L3": 2}
    assert {n: g for n, g in graded.grades.items() if g} == expected
    assert graded.stable
    assert "nearest intact" in graded.references["L1"].method


def test_a_crushed_body_is_found_although_its_own_ratios_are_normal():
    spine = normal_spine()
    spine["L2"] = scaled(spine["L2"], 0.65, 0.65, 0.65)
    graded = grade_levels(bodies(spine))
    assert graded.grades["L2"] == 2
    loss = compute_loss(spine["L2"], graded.references["L2"].heights.points)
    assert loss.posterior == pytest.approx(35.0, abs=2.0)


def test_two_levels_one_crushed():
    spine = normal_spine(levels=("L1", "L2"))
    spine["L1"] = scaled(spine["L1"], 0.5, 0.5, 0.5)
    assert grade_levels(bodies(spine)).grades == {"L1": 3, "L2": 0}


def test_no_intact_level_falls_back_on_the_patients_scale():
    spine = normal_spine(size=1.1, levels=("T12", "L1", "L2"))
    wedged = {name: scaled(h, anterior=0.6) for name, h in spine.items()}
    graded = grade_levels(bodies(wedged))
    assert set(graded.grades.values()) == {2}
    assert "this patient's scale" in graded.references["L1"].method
    assert scale_norm("L1", bodies(wedged)).heights.points.posterior == pytest.approx(
        spine["L1"].posterior
    )


def test_personal_variation_of_three_percent_makes_no_fracture():
    rng = np.random.default_rng(7)
    for _ in range(50):
        spine = {
            name: scaled(h, *(1 + 0.03 * rng.standard_normal(3)))
            for name, h in normal_spine().items()
        }
        assert set(grade_levels(bodies(spine)).grades.values()) == {0}


def test_a_collapse_between_the_points_is_graded_by_the_profile():
    spine = bodies(normal_spine())
    whole = spine["L1"]
    low = tuple(
        h * (0.55 if share in (0.2, 0.3) else 1.0)
        for h, share in zip(whole.profile_mm, PROFILE_SHARES, strict=True)
    )
    spine["L1"] = BodyHeights(points=scaled(whole.points, anterior=0.7), profile_mm=low)
    graded = grade_levels(spine)
    assert graded.grades["L1"] == 3
    found = find_profile_loss(spine["L1"], graded.references["L1"].heights)
    assert found.percent == pytest.approx(45.0, abs=2.0)
    assert found.share in (0.2, 0.3)


def test_unknown_parts_of_a_profile_are_left_out():
    spine = bodies(normal_spine())
    unknown = (float("nan"),) * len(PROFILE_SHARES)
    spine["L1"] = BodyHeights(points=scaled(spine["L1"].points, anterior=0.7), profile_mm=unknown)
    graded = grade_levels(spine)
    assert graded.grades == {name: 2 if name == "L1" else 0 for name in SPINE}
    assert find_profile_loss(spine["L1"], graded.references["L1"].heights) is None


def test_grades_that_depend_on_each_other_keep_the_higher_and_say_so():
    # whether L1 counts as intact changes the grades of T12 and L2, and the other way round
    rows = {
        "T11": (14.45, 17.06, 20.00),
        "T12": (19.99, 19.36, 17.70),
        "L1": (21.54, 15.17, 22.55),
        "L2": (22.06, 18.90, 20.33),
        "L3": (21.92, 16.32, 23.80),
        "L4": (25.18, 22.60, 22.82),
    }
    heights = {n: HeightSet(anterior=a, middle=m, posterior=p) for n, (a, m, p) in rows.items()}
    graded = grade_levels(bodies(heights))
    assert not graded.stable
    assert graded.grades == {"T11": 1, "T12": 0, "L1": 1, "L2": 0, "L3": 2, "L4": 0}
    # references rest on the grades kept
    used = {level for reference in graded.references.values() for level in reference.levels}
    assert all(graded.grades[level] == 0 for level in used)


def test_a_borderline_level_is_no_measure_for_its_neighbours():
    spine = normal_spine()
    spine["T12"] = scaled(spine["T12"], anterior=0.82)
    spine["L1"] = scaled(spine["L1"], anterior=0.73)
    graded = grade_levels(bodies(spine))
    assert graded.grades == {name: 2 if name == "L1" else 0 for name in SPINE}
    assert graded.references["L1"].levels == ("L2",)
    assert graded.references["T11"].levels == ("T10",)


def test_borderline_levels_are_better_than_none():
    spine = normal_spine(levels=("T12", "L1"))
    spine["L1"] = scaled(spine["L1"], anterior=0.83)
    graded = grade_levels(bodies(spine))
    assert graded.references["T12"].levels == ("L1",)
    assert graded.references["L1"].levels == ("T12",)


def test_no_levels():
    graded = grade_levels({})
    assert graded.stable
    assert graded.grades == {}
