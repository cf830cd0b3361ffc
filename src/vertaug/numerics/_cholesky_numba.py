"""Solving small systems without a library that starts threads of its own, compiled.

The readable twin is `_cholesky_reference`.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _dot(a, b):  # type: ignore[no-untyped-def]
    total = 0.0
    for k in range(a.size):
        total += a[k] * b[k]
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def factor(values: NDArray[np.float64], first: NDArray[np.int64], start: NDArray[np.int64]) -> bool:
    """Replace the lower half of a matrix by its Cholesky factor; see the reference."""
    for i in range(first.size):
        row, left = values[start[i] : start[i + 1]], first[i]
        for j in range(left, i):
            other = values[start[j] : start[j + 1]]
            both = max(left, first[j])
            part = _dot(row[both - left : j - left], other[both - first[j] : j - first[j]])
            row[j - left] = (row[j - left] - part) / other[-1]
        rest = row[-1] - _dot(row[:-1], row[:-1])
        if not rest > 0.0:
            return False
        row[-1] = math.sqrt(rest)
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def solve(
    values: NDArray[np.float64],
    first: NDArray[np.int64],
    start: NDArray[np.int64],
    x: NDArray[np.float64],
) -> None:
    """Replace the right side by the solution; see the reference."""
    for i in range(x.size):
        row = values[start[i] : start[i + 1]]
        x[i] = (x[i] - _dot(row[:-1], x[first[i] : i])) / row[-1]
    for i in range(x.size - 1, -1, -1):
        row = values[start[i] : start[i + 1]]
        v = x[i] / row[-1]
        x[i] = v
        for n in range(i - first[i]):
            x[first[i] + n] -= v * row[n]
