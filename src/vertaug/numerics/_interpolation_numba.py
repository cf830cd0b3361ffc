"""Compiled trilinear resampling."""

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


@njit(cache=True, inline="always")
def _trilinear(values, x, y, z, outside):  # type: ignore[no-untyped-def]
    ni, nj, nk = values.shape
    if (
        x < -0.5
        or y < -0.5
        or z < -0.5
        or x > ni - 0.5
        or y > nj - 0.5
        or z > nk - 0.5
        or x != x
        or y != y
        or z != z
    ):
        return outside
    x = min(max(x, 0.0), ni - 1.0)
    y = min(max(y, 0.0), nj - 1.0)
    z = min(max(z, 0.0), nk - 1.0)
    i0 = min(int(x), max(ni - 2, 0))
    j0 = min(int(y), max(nj - 2, 0))
    k0 = min(int(z), max(nk - 2, 0))
    i1 = min(i0 + 1, ni - 1)
    j1 = min(j0 + 1, nj - 1)
    k1 = min(k0 + 1, nk - 1)
    u, v, w = x - i0, y - j0, z - k0
    c00 = values[i0, j0, k0] * (1 - u) + values[i1, j0, k0] * u
    c10 = values[i0, j1, k0] * (1 - u) + values[i1, j1, k0] * u
    c01 = values[i0, j0, k1] * (1 - u) + values[i1, j0, k1] * u
    c11 = values[i0, j1, k1] * (1 - u) + values[i1, j1, k1] * u
    return (c00 * (1 - v) + c10 * v) * (1 - w) + (c01 * (1 - v) + c11 * v) * w


@njit(cache=True)
def sample_trilinear_points(
    values: NDArray[np.float32], points: NDArray[np.float64], outside: float
) -> NDArray[np.float64]:
    """Sample at index points (n, 3); see `vertaug.numerics.interpolation`.

    In one thread: it is called thousands of times for a few hundred points, where waking a
    second thread costs up to thirty times the work.
    """
    out = np.empty(points.shape[0])
    for n in range(points.shape[0]):
        out[n] = _trilinear(values, points[n, 0], points[n, 1], points[n, 2], outside)
    return out


@njit(cache=True, parallel=True)
def resample_trilinear_affine(
    values: NDArray[np.float32],
    matrix: NDArray[np.float64],
    shape: tuple[int, int, int],
    outside: float,
) -> NDArray[np.float32]:
    """Sample at ``matrix @ (i, j, k, 1)``; see `vertaug.numerics.interpolation`."""
    out = np.empty(shape, dtype=np.float32)
    for i in prange(shape[0]):
        for j in range(shape[1]):
            x0 = matrix[0, 0] * i + matrix[0, 1] * j + matrix[0, 3]
            y0 = matrix[1, 0] * i + matrix[1, 1] * j + matrix[1, 3]
            z0 = matrix[2, 0] * i + matrix[2, 1] * j + matrix[2, 3]
            for k in range(shape[2]):
                out[i, j, k] = _trilinear(
                    values,
                    x0 + matrix[0, 2] * k,
                    y0 + matrix[1, 2] * k,
                    z0 + matrix[2, 2] * k,
                    outside,
                )
    return out
