"""Signed distance to the surface of a smooth shape, finer than the voxel."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def signed_distance(occupancy: ArrayLike, spacing_mm: float) -> NDArray[np.float32]:
    """Return the distance to the 0.5 level of an occupancy field.

    The surface is found between voxel centres: each grid edge that crosses 0.5 gives a point,
    and the voxels at its ends are projected along the gradient of the field. Every other voxel
    takes the closest of these points.

    Parameters
    ----------
    occupancy : (ni, nj, nk) array
        Share of the shape in each voxel, smooth over a voxel or two, in [0, 1].
    spacing_mm : float
        Voxel size of the isotropic grid.

    Returns
    -------
    (ni, nj, nk) float32 array
        Distance in mm, negative inside. Where the shape is empty or fills the grid the value is
        plus or minus the diagonal of the grid.
    """
    from scipy.ndimage import distance_transform_edt

    from vertaug.numerics._distance_numba import find_closest_feet

    field = np.ascontiguousarray(occupancy, dtype=np.float32)
    inside = field > 0.5
    feet, normals, border = find_surface_points(field)
    if not len(feet):
        diagonal = float(np.linalg.norm(field.shape)) * spacing_mm
        return np.where(inside, np.float32(-diagonal), np.float32(diagonal))
    home = np.ascontiguousarray(np.argwhere(border), dtype=np.int32)
    foot_of_voxel = np.full(field.shape, -1, dtype=np.int32)
    foot_of_voxel[border] = np.arange(len(feet), dtype=np.int32)
    nearest = distance_transform_edt(~border, return_distances=False, return_indices=True)
    owner = find_closest_feet(feet, home, foot_of_voxel, nearest.astype(np.int32))
    distance = _distance_to_feet(feet, normals, owner) * np.float32(spacing_mm)
    return np.where(inside, -distance, distance).astype(np.float32)


def find_surface_points(
    occupancy: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Return for each voxel beside the 0.5 level its foot on the surface, in voxel units.

    Returns
    -------
    feet : (n, 3) float32 array
        Index coordinates of the feet, in the order of ``np.argwhere(border)``.
    normals : (n, 3) float32 array
        Unit normals of the surface at the feet (sign not defined).
    border : (ni, nj, nk) bool array
        Voxels with a face neighbour on the other side of the level.
    """
    above = occupancy > 0.5
    border = np.zeros(occupancy.shape, dtype=bool)
    for axis in range(3):
        near = [slice(None)] * 3
        far = [slice(None)] * 3
        near[axis], far[axis] = slice(None, -1), slice(1, None)
        crossing = above[tuple(near)] != above[tuple(far)]
        border[tuple(near)] |= crossing
        border[tuple(far)] |= crossing
    index = np.argwhere(border)
    if not len(index):
        return np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32), border
    return *_project_to_surface(occupancy, index), border


def _distance_to_feet(
    feet: NDArray[np.float32], normals: NDArray[np.float32], owner: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Distance in voxels to the given feet, or to their tangent planes where these are close.

    The feet stand about a voxel apart; measured to the points alone, the distance close to the
    surface would be too long by up to a third of a voxel.
    """
    position = np.indices(owner.shape, dtype=np.float32)
    offset = np.moveaxis(position, 0, -1) - feet[owner]
    along = np.abs(np.einsum("...i,...i->...", offset, normals[owner]))
    square = np.einsum("...i,...i->...", offset, offset)
    near = square - along**2 < 1.0
    return np.asarray(np.where(near, along, np.sqrt(square)), dtype=np.float32)


def _project_to_surface(
    occupancy: NDArray[np.float32], index: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Newton steps along the gradient from voxel centres to the 0.5 level."""
    from scipy.ndimage import map_coordinates

    start = index.astype(np.float64)
    point = start.copy()
    last = np.array(occupancy.shape) - 1.0
    for _ in range(4):
        gradient = np.empty_like(point)
        for axis in range(3):
            step = np.zeros(3)
            step[axis] = 0.5
            ahead = np.clip(point + step, 0, last)
            behind = np.clip(point - step, 0, last)
            gradient[:, axis] = map_coordinates(
                occupancy, ahead.T, order=1, mode="nearest"
            ) - map_coordinates(occupancy, behind.T, order=1, mode="nearest")
        value = map_coordinates(occupancy, point.T, order=1, mode="nearest")
        square = np.maximum((gradient**2).sum(axis=1), 1e-4)
        move = ((0.5 - value) / square)[:, None] * gradient
        length = np.linalg.norm(move, axis=1, keepdims=True)
        point += move * np.minimum(1.0, 0.7 / np.maximum(length, 1e-9))
    # a foot farther than a voxel diagonal is a failed projection: keep it near its voxel
    offset = point - start
    length = np.linalg.norm(offset, axis=1, keepdims=True)
    offset *= np.minimum(1.0, 1.5 / np.maximum(length, 1e-9))
    feet = np.clip(start + offset, 0, last).astype(np.float32)
    size = np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), 1e-9)
    return feet, (gradient / size).astype(np.float32)
