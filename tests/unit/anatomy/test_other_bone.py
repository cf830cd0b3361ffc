"""Bone of the neighbours on one vertebra's grid, against the distance over the whole scan."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from vertaug.anatomy.occupancy import find_other_bone, measure_mask_distance, occupancy_on
from vertaug.case.grid import Grid, axis_aligned_grid
from vertaug.case.volume import LabelMap

LEVELS = {"T12": 19, "L1": 20, "L2": 21}


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 0.8, 3.0), (3.0, 1.0, 1.0)])
def test_a_crop_gives_what_the_whole_scan_gives(spacing):
    noise = np.random.default_rng(1)
    shape = tuple(int(80 / s) for s in spacing)
    grid = Grid(shape=shape, affine=np.diag([*spacing, 1.0]))
    bone = gaussian_filter(noise.normal(size=shape), [4 / s for s in spacing]) > 0
    height = np.arange(shape[2]) * spacing[2]
    level = np.where(height > 50, 19, np.where(height < 25, 21, 20))
    values = np.where(bone, level, 0).astype(np.uint8)
    labels = LabelMap(values=values, grid=grid, levels=LEVELS, numbering="verse")
    turn = np.radians(12.0)
    axes = np.array(
        [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1.0]]
    )
    local = axis_aligned_grid(np.array([28.0, 18.0, 20.0]), axes, 0.75, (40, 40, 45))
    whole = occupancy_on(measure_mask_distance(bone & (values != 20), grid), local)
    np.testing.assert_allclose(find_other_bone(labels, "L1", local), whole, atol=0.01)


def test_without_neighbours_there_is_none():
    grid = Grid(shape=(20, 20, 20), affine=np.eye(4))
    values = np.zeros(grid.shape, dtype=np.uint8)
    values[5:15, 5:15, 5:15] = 20
    labels = LabelMap(values=values, grid=grid, levels={"L1": 20}, numbering="verse")
    assert not find_other_bone(labels, "L1", grid).any()
