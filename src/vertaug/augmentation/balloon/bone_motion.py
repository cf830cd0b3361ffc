"""How far the surface of a body moved, from the points of bone beside it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.bone_points import BonePoints
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import HeightField, Region, Vertebra
from vertaug.fracture.interior import measure_depth
from vertaug.numerics.local_fit import fit_locally

_DEPTH_MM = 3.0
"""Bone further below the surface does not say how the surface moved: a balloon may lie between
(design default)."""
_BEYOND_MM = 1.0
"""Bone of the model may lie so far outside the body of the anatomy: they are cut on two grids."""
REACH_MM = 4.0
"""Of the kernel: two to three voxels of the balloon's grid (design default)."""
_FACE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurfaceMotion:
    """Points of bone near the surface of a body and where they went.

    Attributes
    ----------
    points_mm : (n, 3) float64 array
        Before, in the vertebra's frame.
    moved_mm : (n, 3) float64 array
        Their displacement along its axes.
    """

    points_mm: FloatArray
    moved_mm: FloatArray

    def at(self, places_mm: FloatArray) -> FloatArray:
        """Return the displacement at places, both (..., 3) in the vertebra's frame."""
        if not self.moved_mm.any():
            return np.zeros(np.shape(places_mm))
        flat = np.asarray(places_mm, dtype=np.float64).reshape(-1, 3)
        found = fit_locally(flat, self.points_mm, self.moved_mm, REACH_MM)
        return found.reshape(np.shape(places_mm))


def places_in_world(points: BonePoints, voxels: Grid) -> FloatArray:
    """Return where points lie in LPS mm, shape (n, 3); ``voxels`` is the grid that they are in."""
    return voxels.to_world(points.place_mm / voxels.spacing_mm - 0.5)


def find_motion(
    vertebra: Vertebra,
    voxels: Grid,
    before: BonePoints,
    after: BonePoints,
    near: NDArray[np.bool_] | None = None,
) -> SurfaceMotion:
    """Return how the bone near the surface of a body moved; discs do not count.

    Parameters
    ----------
    vertebra : Vertebra
    voxels : Grid
        Where the balloon's voxels lie.
    before, after : BonePoints
        The same points in the same order.
    near : (points,) bool array, optional
        Which of them are near the surface, if that is known (`near_surface`).

    Raises
    ------
    InputError
        If the points are not the same, or none lies near the surface.
    """
    check_same(before, after)
    near = near_surface(vertebra, voxels, before) if near is None else near
    world, frame = places_in_world(before, voxels)[near], vertebra.frame
    moved = (after.place_mm[near] - before.place_mm[near]) @ voxels.directions.T
    return SurfaceMotion(points_mm=frame.to_local(world), moved_mm=moved @ frame.axes)


def near_surface(vertebra: Vertebra, voxels: Grid, before: BonePoints) -> NDArray[np.bool_]:
    """Return which points are bone near the surface of a body, and move with it.

    Parameters
    ----------
    vertebra, voxels, before
        As in `find_motion`.

    Raises
    ------
    InputError
        If none is.
    """
    grid = vertebra.regions.grid
    body = vertebra.mask(Region.BODY)
    inside = measure_depth(body, grid.spacing_mm)
    outside = measure_depth(~body, grid.spacing_mm)
    index = np.floor(grid.to_index(places_in_world(before, voxels)) + 0.5).astype(np.int64)
    held = ((index >= 0) & (index < grid.shape)).all(axis=1)
    cell = tuple(np.clip(index, 0, np.array(grid.shape) - 1).T)
    near = held & (inside[cell] <= _DEPTH_MM) & (outside[cell] <= _BEYOND_MM)
    near &= before.elastic_mpa == 0.0
    if not near.any():
        message = f"no bone of the balloon's model lies near the surface of {vertebra.level}"
        raise InputError(message)
    return np.asarray(near)


def check_same(before: BonePoints, after: BonePoints) -> None:
    """Refuse points that cannot be the same before and after.

    Raises
    ------
    InputError
        If their number or their masses differ.
    """
    if not np.array_equal(before.mass_mg, after.mass_mg):
        message = (
            f"{len(before.mass_mg)} points of bone before and {len(after.mass_mg)} after are not "
            "the same; take those that were left after drilling"
        )
        raise InputError(message)


def slopes_of(field: HeightField) -> tuple[FloatArray, FloatArray]:
    """Return the slopes of a height along u and v, one-sided at its edge, 0 for a lone column."""
    return _slope(field.height_mm, field.u_mm), _slope(field.height_mm.T, field.v_mm).T


def _slope(height: FloatArray, along_mm: FloatArray) -> FloatArray:
    step = np.diff(height, axis=0) / np.diff(along_mm)[:, None]
    gap = np.full((1, height.shape[1]), np.nan)
    both = np.stack([np.vstack([gap, step]), np.vstack([step, gap])])
    known = np.isfinite(both)
    total = np.where(known, both, 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(known.sum(axis=0), 1))


def body_faces(vertebra: Vertebra) -> BalloonSurface:
    """Return the faces of the voxels of a body, in the vertebra's frame."""
    grid, frame = vertebra.regions.grid, vertebra.frame
    origin = frame.to_local(grid.affine[:3, 3])
    return body_surface(vertebra.mask(Region.BODY), origin, float(grid.spacing_mm[0]))


def body_surface(
    inside: NDArray[np.bool_], origin_mm: FloatArray, step_mm: float
) -> BalloonSurface:
    """Return the faces of the voxels of a body, two triangles each.

    Parameters
    ----------
    inside : (ni, nj, nk) bool array
    origin_mm : (3,) float64 array
        Centre of the first voxel.
    step_mm : float
    """
    padded = np.pad(inside, 1)
    corners = []
    for axis in range(3):
        across = [a for a in range(3) if a != axis]
        for side in (0, 1):
            beyond = np.roll(padded, -1 if side else 1, axis=axis)
            voxel = np.argwhere(padded & ~beyond) - 1
            # counter-clockwise seen from outside
            turn = _FACE if (side == 1) is (axis != 1) else _FACE[::-1]
            quad = np.repeat(voxel[:, None, :], 4, axis=1)
            quad[:, :, axis] += side
            quad[:, :, across] += turn
            corners.append(quad)
    nodes, number = np.unique(np.concatenate(corners).reshape(-1, 3), axis=0, return_inverse=True)
    a, b, c, d = number.reshape(-1, 4).T
    triangles = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    return BalloonSurface(points_mm=origin_mm + (nodes - 0.5) * step_mm, triangles=triangles)
