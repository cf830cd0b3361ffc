"""The scalar product of two fields, the same for any number of threads."""

import numpy as np
from numpy.typing import NDArray


def inner_product(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the scalar product of two fields of one shape.

    Not by a library whose threads go on spinning beside the kernels.

    Parameters
    ----------
    a, b : float64 arrays of one shape
    """
    from vertaug.numerics._vector_numba import dot

    return float(dot(a.reshape(-1), b.reshape(-1)))


def length(a: NDArray[np.float64]) -> float:
    """Return the root of the sum of the squares of a field."""
    return float(np.sqrt(inner_product(a, a)))


def products(fields: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scalar product of each of a few fields with another, shape (m,).

    Parameters
    ----------
    fields : (m, ...) float64 array
    other : float64 array
        Of as many numbers as each of them.
    """
    from vertaug.numerics._rows_numba import multiply_rows

    out = np.empty(len(fields))
    multiply_rows(fields.reshape(len(fields), other.size), other.reshape(-1), out)
    return out


def combine(
    shares: NDArray[np.float64],
    fields: NDArray[np.float64],
    start: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the sum of shares of a few fields, and of another field if one is given.

    Parameters
    ----------
    shares : (m,) float64 array
    fields : (m, ...) float64 array
    start : float64 array, optional
        Of as many numbers as each of them; the sum has its shape.
    """
    from vertaug.numerics._rows_numba import add_rows

    out = np.zeros(fields.shape[1:]) if start is None else start.copy()
    add_rows(fields.reshape(len(fields), out.size), shares, out.reshape(-1))
    return out
