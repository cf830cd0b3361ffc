"""Signed distance to the surface of a smooth shape, finer than the voxel."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def signed_distance(
    occupancy: ArrayLike, spacing_mm: float, *, reach_mm: float = 1000.0
) -> NDArray[np.float32]:
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
    reach_mm : float
        From a millimetre short of this distance on the closest point is not sought so
        thoroughly: the value may be too large by some hundredths of itself.

    Returns
    -------
    (ni, nj, nk) float32 array
        Distance in mm, negative inside. Where the shape is empty or fills the grid the value is
        plus or minus the diagonal of the grid.

    Raises
    ------
    ValueError
        If a value is not finite.
    """
    from scipy.ndimage import distance_transform_edt

    from vertaug.numerics._distance_numba import measure_distance, project_to_surface

    if not np.isfinite(occupancy).all():
        message = "the occupancy holds values that are not finite"
        raise ValueError(message)
    # a copy: kernels are compiled again for arrays that cannot be written
    field = np.array(occupancy, dtype=np.float32, order="C")
    border = find_border(field)
    home = np.ascontiguousarray(np.argwhere(border), dtype=np.int32)
    if not len(home):
        diagonal = float(np.linalg.norm(field.shape)) * spacing_mm
        return np.where(field > 0.5, np.float32(-diagonal), np.float32(diagonal))
    feet, normals = project_to_surface(field, home)
    foot_of_voxel = np.full(field.shape, -1, dtype=np.int32)
    foot_of_voxel[border] = np.arange(len(feet), dtype=np.int32)
    nearest = distance_transform_edt(~border, return_distances=False, return_indices=True)
    voxels = measure_distance(
        field, feet, normals, home, foot_of_voxel, nearest, reach_mm / spacing_mm
    )
    return np.asarray(voxels * np.float32(spacing_mm))


def find_border(occupancy: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which voxels have a face neighbour on the other side of the 0.5 level."""
    above = occupancy > 0.5
    border = np.zeros(occupancy.shape, dtype=bool)
    for axis in range(3):
        near = [slice(None)] * 3
        far = [slice(None)] * 3
        near[axis], far[axis] = slice(None, -1), slice(1, None)
        crossing = above[tuple(near)] != above[tuple(far)]
        border[tuple(near)] |= crossing
        border[tuple(far)] |= crossing
    return border
