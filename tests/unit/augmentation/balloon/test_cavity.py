"""The cavity that balloons leave, on other grids."""

import numpy as np
import pytest

from vertaug.augmentation.balloon.cavity import cavity_share
from vertaug.augmentation.balloon.surface import capsule
from vertaug.case.errors import InputError
from vertaug.case.grid import Grid, axis_aligned_grid
from vertaug.verification.analytic_vertebra import AnalyticVertebra

ROTATED = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
KIND = AnalyticVertebra(world_axes=ROTATED, world_origin=np.array([10.0, -20.0, 300.0]))
LOW = np.array([-27.0, -21.0, -18.0])
SHAPE, SPACING = (36, 28, 24), 1.5
MIDDLE = np.array([0.5, -1.0, 0.2])


@pytest.fixture(scope="module")
def voxels():
    corner = KIND.frame().to_world(LOW + 0.5 * SPACING)
    return axis_aligned_grid(corner, ROTATED, SPACING, SHAPE)


def sphere(radius, middle=MIDDLE):
    return capsule(middle - LOW, np.array([0.0, 0.0, 1.0]), 2.0 * radius, radius)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 1.3, 2.0)])
def test_the_cavity_holds_what_the_balloons_hold(voxels, spacing):
    affine = np.eye(4)
    affine[:3, :3] = ROTATED * spacing
    affine[:3, 3] = KIND.frame().to_world(LOW)
    grid = Grid(shape=tuple(int(n) for n in np.array([54.0, 42.0, 36.0]) / spacing), affine=affine)
    tube = capsule(MIDDLE - LOW, np.array([0.2, 1.0, 0.1]), 18.0, 5.0)
    share = cavity_share((tube,), voxels, grid)
    assert share.sum() * grid.voxel_volume_mm3 == pytest.approx(tube.volume_mm3(), rel=0.005)
    assert share.max() == pytest.approx(1.0)
    middle = np.average(np.argwhere(share > 0.0), axis=0, weights=share[share > 0.0])
    np.testing.assert_allclose(KIND.frame().to_local(grid.to_world(middle)), MIDDLE, atol=0.02)
    # far apart they add, in one place they do not
    other = sphere(3.0, MIDDLE + np.array([14.0, 0.0, 0.0]))
    both = cavity_share((tube, other), voxels, grid).sum() * grid.voxel_volume_mm3
    assert both == pytest.approx(tube.volume_mm3() + other.volume_mm3(), rel=0.005)
    twice = cavity_share((tube, tube), voxels, grid)
    assert np.abs(twice - share).sum() < 0.1 * share.sum()
    assert twice.max() <= 1.0


def test_voxels_must_be_cubic(voxels):
    affine = np.array(voxels.affine)
    affine[:3, 2] *= 2.0
    with pytest.raises(InputError, match="cubic"):
        cavity_share((sphere(3.0),), Grid(shape=voxels.shape, affine=affine), voxels)
