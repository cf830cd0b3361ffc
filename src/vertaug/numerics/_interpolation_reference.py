"""Readable twin of `_interpolation_numba` on SciPy."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def sample_trilinear_points(
    values: NDArray[np.float32], points: NDArray[np.float64], outside: float
) -> NDArray[np.float64]:
    """Sample at index points (n, 3)."""
    last = np.array(values.shape) - 1.0
    inside = np.all((points >= -0.5) & (points <= last + 0.5), axis=1)
    clamped = np.clip(np.nan_to_num(points), 0.0, last)
    sampled = ndimage.map_coordinates(
        values.astype(np.float64), clamped.T, order=1, mode="nearest", prefilter=False
    )
    return np.where(inside, sampled, outside)


def resample_trilinear_affine(
    values: NDArray[np.float32],
    matrix: NDArray[np.float64],
    shape: tuple[int, int, int],
    outside: float,
) -> NDArray[np.float32]:
    """Sample at ``matrix @ (i, j, k, 1)``."""
    index = np.indices(shape).reshape(3, -1).T
    points = index @ matrix[:3, :3].T + matrix[:3, 3]
    return sample_trilinear_points(values, points, outside).reshape(shape).astype(np.float32)
