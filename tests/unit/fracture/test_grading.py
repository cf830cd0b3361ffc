"""Ratios, losses, grades and shapes: golden vectors of clinical reference 2.2 and 9.1."""

import pytest

from vertaug.case.measurement import FractureShape, HeightSet
from vertaug.fracture.grading import (
    classify_shape,
    compute_loss,
    compute_own_ratios,
    describe_boundary,
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


@pytest.mark.parametrize(("percent", "near"), [(19.0, True), (12.0, False), (32.0, False)])
def test_boundary_is_described_only_near_one(percent, near):
    text = describe_boundary(percent)
    assert (text is not None) is near
    if near:
        assert "boundary at 20 %" in text
