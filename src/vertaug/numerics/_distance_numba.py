"""Compiled search for the closest surface point."""

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


@njit(cache=True, inline="always")
def _square(feet, foot, i, j, k):  # type: ignore[no-untyped-def]
    dx = feet[foot, 0] - i
    dy = feet[foot, 1] - j
    dz = feet[foot, 2] - k
    return dx * dx + dy * dy + dz * dz


@njit(cache=True)
def _descend(feet, home, foot_of_voxel, foot, i, j, k):  # type: ignore[no-untyped-def]
    """Walk over the surface from foot to neighbouring foot while the distance falls."""
    ni, nj, nk = foot_of_voxel.shape
    best = _square(feet, foot, i, j, k)
    for _ in range(12):
        a0, b0, c0 = home[foot, 0], home[foot, 1], home[foot, 2]
        start = foot
        for a in range(max(a0 - 1, 0), min(a0 + 2, ni)):
            for b in range(max(b0 - 1, 0), min(b0 + 2, nj)):
                for c in range(max(c0 - 1, 0), min(c0 + 2, nk)):
                    other = foot_of_voxel[a, b, c]
                    if other < 0:
                        continue
                    d = _square(feet, other, i, j, k)
                    if d < best or (d == best and other < foot):
                        best = d
                        foot = other
        if foot == start:
            break
    return foot


@njit(cache=True, parallel=True)
def find_closest_feet(
    feet: NDArray[np.float32],
    home: NDArray[np.int32],
    foot_of_voxel: NDArray[np.int32],
    nearest: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Index of the closest foot of each voxel.

    Parameters
    ----------
    feet : (n, 3) float32 array
        Surface points in voxel units.
    home : (n, 3) int32 array
        The border voxel each foot belongs to.
    foot_of_voxel : (ni, nj, nk) int32 array
        The foot of each border voxel, -1 elsewhere.
    nearest : (3, ni, nj, nk) int32 array
        The border voxel nearest to each voxel, where the search starts.

    Returns
    -------
    (ni, nj, nk) int32 array
    """
    ni, nj, nk = foot_of_voxel.shape
    out = np.empty((ni, nj, nk), dtype=np.int32)
    for i in prange(ni):
        for j in range(nj):
            for k in range(nk):
                foot = foot_of_voxel[nearest[0, i, j, k], nearest[1, i, j, k], nearest[2, i, j, k]]
                out[i, j, k] = _descend(feet, home, foot_of_voxel, foot, i, j, k)
    return out
