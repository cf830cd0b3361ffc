"""Holes in labels are filled, openings that belong to the vertebra are not."""

import numpy as np
import pytest

from vertaug.anatomy.label_hole import fill_label_holes, find_holes
from vertaug.case.grid import Grid
from vertaug.case.volume import LabelMap

ONE = np.array([2, 2, 2])


def block(shape=(40, 40, 30)):
    mask = np.zeros(shape, dtype=bool)
    mask[5:35, 5:35, 5:25] = True
    return mask


def label_map(values, spacing=(1.0, 1.0, 1.0)):
    grid = Grid(shape=values.shape, affine=np.diag([*spacing, 1.0]))
    return LabelMap(
        values=values.astype(np.uint8), grid=grid, levels={"L1": 20, "L2": 21}, numbering="names"
    )


def test_an_enclosed_hole_is_filled_exactly():
    mask = block()
    hole = np.zeros_like(mask)
    hole[12:25, 14:20, 10:18] = True
    np.testing.assert_array_equal(find_holes(mask & ~hole, ONE), hole)


def test_a_cleft_that_reaches_the_endplate_through_a_narrow_gap_is_filled():
    mask = block()
    hole = np.zeros_like(mask)
    hole[12:28, 12:28, 12:20] = True
    hole[18:21, 12:28, 20:25] = True  # 3 mm wide, up to the surface
    found = find_holes(mask & ~hole, ONE)
    inside = hole.copy()
    inside[:, :, 20:] = False
    assert found[inside].all()
    assert not found[~hole].any()


def test_a_canal_open_at_both_ends_is_no_hole():
    mask = block()
    mask[14:26, 14:26, :] = False
    assert not find_holes(mask, ONE).any()


def test_a_notch_is_no_hole():
    mask = block()
    mask[18:21, 5:30, 5:25] = False
    assert not find_holes(mask, ONE).any()


def test_filling_respects_other_labels_and_tells_the_volume():
    values = np.where(block(), 20, 0)
    values[12:22, 12:22, 10:20] = 0
    values[15:18, 15:18, 13:16] = 21
    labels, filled = fill_label_holes(label_map(values, (1.0, 1.0, 2.0)), ["L1"])
    assert filled["L1"] == pytest.approx(2.0 * (1000 - 27))
    assert (labels.values[15:18, 15:18, 13:16] == 21).all()
    assert (labels.values == 0).sum() == (values == 0).sum() - (1000 - 27)


def test_labels_without_holes_come_back_as_they_are():
    labels = label_map(np.where(block(), 20, 0))
    same, filled = fill_label_holes(labels, ["L1", "L2"])
    assert same is labels
    assert filled == {}
