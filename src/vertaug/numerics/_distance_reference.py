"""Readable twin of `_distance_numba`: nearest foot by a k-d tree."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree


def find_closest_feet(
    feet: NDArray[np.float32],
    home: NDArray[np.int32],
    foot_of_voxel: NDArray[np.int32],
    nearest: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Index of the closest foot of each voxel; the walk's helpers are not needed."""
    del home, nearest
    index = np.indices(foot_of_voxel.shape).reshape(3, -1).T
    _, closest = cKDTree(feet).query(index)
    return np.asarray(closest.reshape(foot_of_voxel.shape), dtype=np.int32)
