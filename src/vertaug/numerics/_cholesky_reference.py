"""Solving small systems, plain, for tests. Same signatures as `_cholesky_numba`.

The lower half of a symmetric matrix is given row by row, each from its first number to its
diagonal: row i has the columns ``first[i]`` to ``i`` and stands between ``start[i]`` and
``start[i + 1]``. The factor has no numbers to the left of these.
"""

import numpy as np
from numpy.typing import NDArray


def spread_rows(
    values: NDArray[np.float64], first: NDArray[np.int64], start: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the lower half as a matrix, shape (n, n)."""
    lower = np.zeros((first.size, first.size))
    for i, left in enumerate(first):
        lower[i, left : i + 1] = values[start[i] : start[i + 1]]
    return lower


def factor(values: NDArray[np.float64], first: NDArray[np.int64], start: NDArray[np.int64]) -> bool:
    """Replace the lower half of a matrix by its Cholesky factor.

    Parameters
    ----------
    values : float64 array
        Changed.
    first : (n,) int64 array
    start : (n + 1,) int64 array

    Returns
    -------
    bool
        False if the matrix is not positive definite; its content is then of no use.
    """
    lower = spread_rows(values, first, start)
    try:
        found = np.linalg.cholesky(lower + np.tril(lower, -1).T)
    except np.linalg.LinAlgError:
        return False
    for i, left in enumerate(first):
        values[start[i] : start[i + 1]] = found[i, left : i + 1]
    # LAPACK may let a value pass that is not a number
    return bool(np.isfinite(found).all())


def solve(
    values: NDArray[np.float64],
    first: NDArray[np.int64],
    start: NDArray[np.int64],
    x: NDArray[np.float64],
) -> None:
    """Replace the right side by the solution.

    Parameters
    ----------
    values : float64 array
        From `factor`.
    first : (n,) int64 array
    start : (n + 1,) int64 array
    x : (n,) float64 array
        Right side; changed.
    """
    half = spread_rows(values, first, start)
    x[:] = np.linalg.solve(half.T, np.linalg.solve(half, x))
