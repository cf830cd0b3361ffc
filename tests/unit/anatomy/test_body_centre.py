"""The first point inside each body, from masks of plain blocks."""

import numpy as np
import pytest

from vertaug.anatomy.body_centre import find_body_centres
from vertaug.case.grid import axis_aligned_grid
from vertaug.case.volume import LabelMap

LEVELS = {"T11": 1, "T12": 2, "L1": 3}
VALUES = {"T10": 4, **LEVELS, "L2": 5}
HEIGHT = 24
PITCH = 30


def make_labels(crushed, order=("T11", "T12", "L1")):
    """Blocks of 40 x 30 mm, a solid arch behind each; a crushed body is 6 mm high."""
    values = np.zeros((60, 80, PITCH * len(order) + 10), dtype=np.uint8)
    centres = {}
    for place, level in enumerate(order):
        middle = 5 + PITCH * (len(order) - 1 - place) + PITCH // 2
        half = 3 if level in crushed else HEIGHT // 2
        values[10:50, 5:35, middle - half : middle + half] = VALUES[level]
        values[26:34, 35:52, middle - 3 : middle + 3] = VALUES[level]
        values[22:38, 52:68, middle - 12 : middle + 2] = VALUES[level]
        centres[level] = np.array([29.5, 19.5, middle - 0.5])
    grid = axis_aligned_grid((0.0, 0.0, 0.0), np.eye(3), 1.0, values.shape)
    levels = {level: VALUES[level] for level in order}
    return LabelMap(values=values, grid=grid, levels=levels, numbering="test"), centres


@pytest.mark.parametrize("crushed", [(), ("T11",), ("T12",), ("L1",)])
def test_it_lies_in_the_body_also_where_the_arch_is_thicker(crushed):
    labels, true = make_labels(crushed)
    found = find_body_centres(labels, list(LEVELS))
    assert list(found) == list(LEVELS)
    for level, centre in found.items():
        assert np.linalg.norm((centre - true[level])[:2]) < 4
        assert abs(centre[2] - true[level][2]) < (3 if level in crushed else 4)


def test_two_crushed_bodies_at_the_end_are_found_one_after_the_other():
    order = ("T10", "T11", "T12", "L1", "L2")
    labels, true = make_labels(("T10", "T11"), order=order)
    found = find_body_centres(labels, list(order))
    for level in order:
        assert np.linalg.norm((found[level] - true[level])[:2]) < 4


def test_a_level_without_a_mask_is_left_out():
    labels, _ = make_labels(())
    values = np.where(labels.values == LEVELS["T12"], 0, labels.values)
    emptied = LabelMap(values=values, grid=labels.grid, levels=LEVELS, numbering="test")
    assert list(find_body_centres(emptied, list(LEVELS))) == ["T11", "L1"]


def test_with_a_single_sound_level_the_thickest_part_stays():
    labels, true = make_labels(("T11",), order=("T11", "T12"))
    found = find_body_centres(labels, ["T11", "T12"])
    assert np.linalg.norm(found["T12"] - true["T12"]) < 4
    assert found["T11"][1] > 50  # the arch: nothing tells where the body is
