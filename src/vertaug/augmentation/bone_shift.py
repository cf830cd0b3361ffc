"""How the bone of a vertebra and what lies about it moved, from the points of the balloon's model.

Beside the bone of the vertebra its motion dies away, to nothing at the neighbours: discs give way.
How the levels above move is told apart, by the plate on which they ride.
"""

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.bone_points import BonePoints
from vertaug.augmentation.balloon.surface import node_weights_at
from vertaug.case.bone_shift import BoneShift, RigidMotion
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import Vertebra
from vertaug.numerics.interpolation import extend_nearest, sample_trilinear

_FADE_MM, _LONGER, _LONGEST_MM = 5.0, 2.5, 15.0
"""Beyond it nothing moves with the bone; so many times the motion at least, or tissue beside a wall
that retreats would be drawn out of the bone (design defaults)."""
_LEAST = 0.05
"""Share of the points of a voxel full of bone from which on its motion can be told."""


def shift_of_bone(
    vertebra: Vertebra, voxels: Grid, before: BonePoints, after_mm: FloatArray
) -> BoneShift:
    """Return the motion of bone on the balloon's voxels, with a rim in which it dies away.

    Discs have no motion of their own.

    Parameters
    ----------
    vertebra : Vertebra
        As the CT shows it, with its neighbours.
    voxels : Grid
        Where the balloon's voxels lie; cubic.
    before : BonePoints
    after_mm : (n, 3) float64 array
        Where the same points are afterwards, in the same order.
    """
    side = float(voxels.spacing_mm[0])
    own = before.elastic_mpa == 0.0
    moved = (after_mm - before.place_mm)[own]
    most = float(np.linalg.norm(moved, axis=1).max(initial=0.0))
    fade = min(max(_FADE_MM, _LONGER * most), _LONGEST_MM)
    rim = int(np.ceil(fade / side))
    a, b, c = voxels.shape
    grid = voxels.crop((-rim, -rim, -rim), (a + rim, b + rim, c + rim))
    (went, _), (came, known) = (
        _mean(place[own] / side - 0.5 + rim, moved, grid) for place in (before.place_mm, after_mm)
    )
    came = _fade((came, known), grid, _neighbours_on(vertebra, grid), fade)
    turn = grid.directions.T
    return BoneShift(
        grid=grid,
        went_mm=(went @ turn).astype(np.float32),
        came_mm=(came @ turn).astype(np.float32),
    )


def motion_above(voxels: Grid, centre_mm: FloatArray, plate: FloatArray) -> RigidMotion:
    """Return the motion of the level above, which rises and tilts with a plate.

    Parameters
    ----------
    voxels : Grid
        Where the balloon's voxels lie.
    centre_mm : (3,) float64 array
        Middle of the plate at first, from the corner of the voxels.
    plate : (3,) float64 array
        Its rise, mm, and its slopes along the first two axes, as in `InflatedBone`.
    """
    from scipy.spatial.transform import Rotation

    rise, left, posterior = (float(value) for value in plate)
    slope = float(np.hypot(left, posterior))
    axis = np.array([posterior, -left, 0.0]) / max(slope, 1e-12)
    local = Rotation.from_rotvec(np.arctan(slope) * axis).as_matrix()
    axes = voxels.directions
    return RigidMotion(
        centre_lps_mm=voxels.to_world(centre_mm / voxels.spacing_mm - 0.5),
        turn=axes @ local @ axes.T,
        shift_mm=rise * axes[:, 2],
    )


def _mean(place: FloatArray, moved: FloatArray, grid: Grid) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the mean motion in each voxel, elsewhere that of the nearest, and where it is known.

    Parameters
    ----------
    place, moved : (n, 3) float64 arrays
        Indices of the voxels, and mm.
    grid : Grid
    """
    cells, weights = node_weights_at(place, 1.0, grid.shape)
    size = int(np.prod(grid.shape))
    total = np.bincount(cells.ravel(), weights.ravel(), size)
    known = (total > 8.0 * _LEAST).reshape(grid.shape)
    sums = [
        np.bincount(cells.ravel(), (weights * moved[:, axis, None]).ravel(), size)
        for axis in range(3)
    ]
    mean = np.stack(sums, axis=1) / np.maximum(total, 1e-12)[:, None]
    return extend_nearest(mean.reshape(*grid.shape, 3), known), known


def _fade(
    found: tuple[FloatArray, NDArray[np.bool_]],
    grid: Grid,
    neighbours: NDArray[np.bool_],
    fade_mm: float,
) -> FloatArray:
    """Return a motion that is none at other bones and farther from the bone than it reaches."""
    from scipy.ndimage import distance_transform_edt

    mean, known = found
    away = distance_transform_edt(~known, sampling=grid.spacing_mm)
    left = np.clip(1.0 - away / fade_mm, 0.0, 1.0)
    if neighbours.any():
        other = distance_transform_edt(~neighbours, sampling=grid.spacing_mm)
        left = np.minimum(left, other / np.maximum(other + away, 1e-9))
    return np.asarray(mean * np.where(known, 1.0, left)[..., None])


def _neighbours_on(vertebra: Vertebra, grid: Grid) -> NDArray[np.bool_]:
    """Return where the bone of other vertebrae lies on a grid."""
    source = vertebra.neighbours
    place = grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1))
    return np.asarray(sample_trilinear(source.values, source.grid.to_index(place)) > 0.5)
