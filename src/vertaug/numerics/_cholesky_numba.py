"""Solving small dense systems without a library that starts threads of its own, compiled.

The readable twin is `_cholesky_reference`.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _dot(a, b, n):  # type: ignore[no-untyped-def]
    total = 0.0
    for k in range(n):
        total += a[k] * b[k]
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def factor(matrix: NDArray[np.float64]) -> bool:
    """Replace the lower half of a matrix by its Cholesky factor; see the reference."""
    for i in range(matrix.shape[0]):
        row = matrix[i]
        for j in range(i):
            row[j] = (row[j] - _dot(row, matrix[j], j)) / matrix[j, j]
        rest = row[i] - _dot(row, row, i)
        if not rest > 0.0:
            return False
        row[i] = math.sqrt(rest)
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def solve(lower: NDArray[np.float64], x: NDArray[np.float64]) -> None:
    """Replace the right side by the solution; see the reference."""
    n = lower.shape[0]
    for i in range(n):
        x[i] = (x[i] - _dot(lower[i], x, i)) / lower[i, i]
    for i in range(n - 1, -1, -1):
        v = x[i] / lower[i, i]
        x[i] = v
        row = lower[i]
        for j in range(i):
            x[j] -= v * row[j]
