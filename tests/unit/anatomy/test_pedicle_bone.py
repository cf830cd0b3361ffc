"""Bone follows the edges of its pedicle inward, and stays elsewhere."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from vertaug.anatomy import pedicle_bone
from vertaug.anatomy.pedicle_bone import move_bone, pedicle_axes
from vertaug.case.grid import axis_aligned_grid
from vertaug.case.spine import Pedicle, Region, VertebraFrame
from vertaug.case.volume import Volume

WIDTH = 9.0
FRAME = VertebraFrame(origin_lps_mm=np.zeros(3), axes=np.eye(3))


@pytest.fixture
def vertebra(monkeypatch):
    """A bar of bone 9 mm wide along y at x = 14, canal on its medial side."""
    monkeypatch.setattr(pedicle_bone, "replace", lambda v, **new: SimpleNamespace(**vars(v) | new))
    grid = axis_aligned_grid([-6.0, -30.0, -15.0], np.eye(3), 0.75, (54, 81, 41))
    index = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), -1)
    x, _, z = np.moveaxis(grid.to_world(index), -1, 0)
    depth = np.minimum(WIDTH / 2 - np.abs(x - 14.0), 9.0 - np.abs(z))
    occupancy = np.clip(0.5 + depth / 2.0, 0.0, 1.0).astype(np.float32)
    regions = np.where(occupancy > 0.5, Region.LEFT_PEDICLE, np.where(x < 14.0, Region.CANAL, 0))
    return SimpleNamespace(
        frame=FRAME,
        occupancy=Volume(values=occupancy, grid=grid),
        regions=Volume(values=regions.astype(np.uint8), grid=grid),
    )


def _pedicle(centre_x=14.0, width=WIDTH):
    return Pedicle(
        side="left",
        isthmus_lps_mm=np.array([centre_x, 0.0, 0.0]),
        axis=np.array([0.0, -1.0, 0.0]),
        width_mm=width,
        height_mm=18.0,
        transverse_angle_deg=0.0,
        sagittal_angle_deg=0.0,
        contour_lps_mm=np.zeros((4, 3)),
    )


def _edges(vertebra, y):
    grid = vertebra.occupancy.grid
    _, j, k = np.rint(grid.to_index([0.0, y, 0.0])).astype(int)
    line = vertebra.occupancy.values[:, j, k].astype(float)
    x = grid.to_world(np.stack([np.arange(len(line)), *np.zeros((2, len(line)))], axis=1))[:, 0]
    bone = np.nonzero(line > 0.5)[0]
    low, high = bone[0], bone[-1]
    return (
        float(np.interp(0.5, line[low - 1 : low + 1], x[low - 1 : low + 1])),
        float(np.interp(-0.5, -line[high : high + 2], x[high : high + 2])),
    )


def test_edges_move_inward_by_what_was_found_and_fade_along_the_pedicle(vertebra):
    moved = move_bone(vertebra, _pedicle(), _pedicle(14.2, WIDTH - 1.6))
    assert _edges(vertebra, 0.0) == pytest.approx((9.5, 18.5), abs=0.02)
    assert _edges(moved, 0.0) == pytest.approx((10.5, 17.9), abs=0.1)
    middle = _edges(moved, 6.0)[0]
    assert 9.6 < middle < 10.4
    assert _edges(moved, -24.0) == pytest.approx((9.5, 18.5), abs=0.02)


def test_the_canal_takes_the_place_of_bone_that_was_not_there(vertebra):
    moved = move_bone(vertebra, _pedicle(), _pedicle(14.75, WIDTH - 1.5))
    index = tuple(np.rint(moved.regions.grid.to_index([10.2, 0.0, 0.0])).astype(int))
    assert vertebra.regions.values[index] == Region.LEFT_PEDICLE
    assert moved.regions.values[index] == Region.CANAL
    assert _edges(moved, 0.0)[1] == pytest.approx(18.5, abs=0.1)


def test_bone_is_never_added_and_nothing_moves_without_need(vertebra):
    assert move_bone(vertebra, _pedicle(), _pedicle()) is vertebra
    assert move_bone(vertebra, _pedicle(), _pedicle(width=WIDTH + 2.0)) is vertebra
    kept = np.array(vertebra.occupancy.values)
    move_bone(vertebra, _pedicle(), _pedicle(14.4, WIDTH - 1.0))
    assert np.array_equal(kept, vertebra.occupancy.values)


def test_axes_are_right_handed_and_level():
    turned = replace(_pedicle(), axis=np.array([-0.3, -0.9, -0.2]) / np.sqrt(0.94))
    axes = pedicle_axes(turned, FRAME)
    assert axes.T @ axes == pytest.approx(np.eye(3), abs=1e-9)
    assert axes[2, 0] == pytest.approx(0.0, abs=1e-12)
    assert axes[:, 2] == pytest.approx(turned.axis)
