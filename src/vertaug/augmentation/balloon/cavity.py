"""The cavity that balloons leave, on other grids."""

import numpy as np

from vertaug.augmentation.balloon.bone_points import PointGrid, inside_share
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray, Grid
from vertaug.numerics.volume_transfer import transfer_contents


def cavity_share(cavities: tuple[BalloonSurface, ...], voxels: Grid, grid: Grid) -> FloatArray:
    """Return the share of each cell of a grid that lies within cavities.

    Parameters
    ----------
    cavities : tuple of BalloonSurface
        In mm from the corner of the balloon's grid.
    voxels : Grid
        Where its voxels lie.
    grid : Grid

    Raises
    ------
    InputError
        If the voxels are not cubic.
    """
    fine = eighths_of(voxels)
    inside = cavity_in_eighths(cavities, fine) * fine.voxel_volume_mm3
    held, _ = transfer_contents(inside, np.linalg.inv(grid.affine) @ fine.affine, grid.shape)
    return np.clip(held / grid.voxel_volume_mm3, 0.0, 1.0)


def eighths_of(voxels: Grid) -> Grid:
    """Return the cells that the points of bone stand for: half as long as the voxels.

    Raises
    ------
    InputError
        If the voxels are not cubic.
    """
    spacing = voxels.spacing_mm
    if np.ptp(spacing) > 1e-6 * spacing[0]:
        message = f"a balloon needs cubic voxels; got {spacing.tolist()} mm"
        raise InputError(message)
    return voxels.halved()


def cavity_in_eighths(cavities: tuple[BalloonSurface, ...], eighths: Grid) -> FloatArray:
    """Return the share of each eighth within cavities; where two meet it counts once."""
    cells = PointGrid(shape=eighths.shape, spacing_mm=float(eighths.spacing_mm[0]))
    outside = np.ones(eighths.shape)
    for cavity in cavities:
        outside *= 1.0 - inside_share(cavity, cells)
    return 1.0 - outside
