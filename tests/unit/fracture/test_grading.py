"""Ratios, losses, grades and shapes: golden vectors of clinical reference 2.2 and 9.1."""

import pytest

from vertaug.case.measurement import FractureShape, HeightSet
from vertaug.fracture.grading import (
    ProfileLoss,
    classify_shape,
    compute_loss,
    compute_own_ratios,
    describe_grade,
    grade_loss,
    largest_loss,
)


def heights(anterior, middle, posterior):
    return HeightSet(anterior=anterior, middle=middle, posterior=posterior)


@pytest.mark.parametrize(
    ("percent", "grade"),
    [
        (-5.0, 0), (0.0, 0), (19.99, 0), (20.0, 1), (24.99, 1), (25.0, 2), (40.0, 2), (40.01, 3),
        (90.0, 3),
    ],
)  # fmt: skip
def test_grade_boundaries_are_half_open(percent, grade):
    assert grade_loss(percent) == grade


@pytest.mark.parametrize(("share", "grade"), [(0.8, 1), (0.75, 2), (0.6, 2)])
def test_boundaries_hold_for_heights_that_are_exact_shares(share, grade):
    for reference in (27.3, 24.1, 30.0, 19.7):
        loss = compute_loss(heights(reference * share, 1, 1), heights(reference, 1, 1))
        assert grade_loss(loss.anterior) == grade


def test_golden_vector_pahc():
    loss = compute_loss(heights(16.0, 27.0, 27.0), heights((26 + 28) / 2, 27.0, 27.0))
    assert round(loss.anterior, 1) == 40.7
    assert grade_loss(loss.anterior) == 3
    assert largest_loss(loss) == loss.anterior


def test_own_ratios():
    ratios = compute_own_ratios(heights(18.0, 21.0, 24.0))
    assert (ratios.anterior, ratios.middle, ratios.posterior) == (0.75, 0.875, 1.0)


@pytest.mark.parametrize(
    ("loss", "shape"),
    [
        ((10, 15, 5), FractureShape.NONE),
        ((45, 30, 5), FractureShape.WEDGE),
        ((22, 30, 5), FractureShape.BICONCAVE),
        ((20, 25, 30), FractureShape.CRUSH),
        ((45, 40, 22), FractureShape.CRUSH),
        ((45, 40, 19), FractureShape.WEDGE),
        ((0, 0, 21), FractureShape.CRUSH),
    ],
)
def test_shape_by_the_most_reduced_height(loss, shape):
    assert classify_shape(heights(*loss)) is shape


@pytest.mark.parametrize(
    ("percent", "share", "shape"),
    [
        (30.0, 0.2, FractureShape.WEDGE),
        (30.0, 0.5, FractureShape.BICONCAVE),
        (30.0, 0.8, FractureShape.CRUSH),
        (15.0, 0.5, FractureShape.NONE),
    ],
)
def test_profile_decides_the_shape_only_where_the_points_do_not(percent, share, shape):
    profile = ProfileLoss(percent=percent, share=share)
    assert classify_shape(heights(10, 15, 5), profile) is shape
    assert classify_shape(heights(30, 15, 5), profile) is FractureShape.WEDGE


@pytest.mark.parametrize(
    ("percent", "boundary"), [(19.0, 20), (22.9, 25), (41.0, 40), (12.0, None), (32.0, None)]
)
def test_a_loss_near_a_boundary_is_said(percent, boundary):
    notes = describe_grade(heights(percent, 0, 0), None, grade_loss(percent))
    if boundary is None:
        assert notes == ()
    else:
        assert any(f"boundary at {boundary} %" in note for note in notes)


def test_a_grade_that_rests_on_the_profile_is_said():
    notes = describe_grade(heights(35, 34, 5), ProfileLoss(percent=48.0, share=0.3), 3)
    assert len(notes) == 1
    assert "profile, 48 % lost at 30 % of the depth" in notes[0]
    assert "35.0 % is lost (grade 2)" in notes[0]
    assert describe_grade(heights(48, 34, 5), ProfileLoss(percent=46.0, share=0.3), 3) == ()


def test_an_unknown_loss_has_no_grade():
    with pytest.raises(ValueError, match="not a number"):
        grade_loss(float("nan"))
