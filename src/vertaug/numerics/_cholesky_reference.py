"""Solving small dense systems, plain, for tests. Same signatures as `_cholesky_numba`."""

import numpy as np
from numpy.typing import NDArray


def factor(matrix: NDArray[np.float64]) -> bool:
    """Replace the lower half of a symmetric matrix by its Cholesky factor.

    Parameters
    ----------
    matrix : (n, n) float64 array
        The upper half is left as it is.

    Returns
    -------
    bool
        False if the matrix is not positive definite; its content is then of no use.
    """
    lower = np.tril(matrix)
    try:
        found = np.linalg.cholesky(lower + np.tril(lower, -1).T)
    except np.linalg.LinAlgError:
        return False
    at = np.tril_indices(len(matrix))
    matrix[at] = found[at]
    # LAPACK may let a value pass that is not a number
    return bool(np.isfinite(found[at]).all())


def solve(lower: NDArray[np.float64], x: NDArray[np.float64]) -> None:
    """Replace the right side by the solution.

    Parameters
    ----------
    lower : (n, n) float64 array
        From `factor`.
    x : (n,) float64 array
        Right side; changed.
    """
    half = np.tril(lower)
    x[:] = np.linalg.solve(half.T, np.linalg.solve(half, x))
