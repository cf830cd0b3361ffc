"""Compiled closest-point refinement."""

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


@njit(cache=True, parallel=True)
def refine_distance(
    feet: NDArray[np.float32], owner: NDArray[np.int32], shape: tuple[int, int, int]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Distance in voxels to the closest foot among those of the voxel and its 26 neighbours.

    Parameters
    ----------
    feet : (n, 3) float32 array
        Surface points in voxel units.
    owner : (ni * nj * nk,) int32 array
        Which foot each voxel takes at first.

    Returns
    -------
    distance : ``shape`` float32 array
    owner : (ni * nj * nk,) int32 array
        The foot each voxel ends with.
    """
    ni, nj, nk = shape
    distance = np.empty(shape, dtype=np.float32)
    chosen = np.empty_like(owner)
    for i in prange(ni):
        for j in range(nj):
            for k in range(nk):
                best = np.float32(np.inf)
                best_foot = np.int32(-1)
                last = np.int32(-1)
                for a in range(max(i - 1, 0), min(i + 2, ni)):
                    for b in range(max(j - 1, 0), min(j + 2, nj)):
                        for c in range(max(k - 1, 0), min(k + 2, nk)):
                            foot = owner[(a * nj + b) * nk + c]
                            if foot == last:
                                continue
                            last = foot
                            dx = feet[foot, 0] - i
                            dy = feet[foot, 1] - j
                            dz = feet[foot, 2] - k
                            d = dx * dx + dy * dy + dz * dz
                            if d < best or (d == best and foot < best_foot):
                                best = d
                                best_foot = foot
                distance[i, j, k] = np.sqrt(best)
                chosen[(i * nj + j) * nk + k] = best_foot
    return distance, chosen
