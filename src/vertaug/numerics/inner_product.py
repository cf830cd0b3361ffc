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
