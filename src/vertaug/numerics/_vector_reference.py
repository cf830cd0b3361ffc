"""Updates and scalar products of long vectors, plain, for tests.

Same signatures as `_vector_numba`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def dot(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Return the scalar product of two flat arrays, summed in double precision."""
    return float(np.dot(a.astype(np.float64), b.astype(np.float64)))


def advance(
    x: NDArray[np.float64],
    r: NDArray[np.float64],
    p: NDArray[np.float64],
    q: NDArray[np.float64],
    small: NDArray[Any],
    length: float,
) -> float:
    """Take a step of conjugate gradients: ``x += length p``, ``r -= length q``.

    Parameters
    ----------
    x, r, p, q : (n,) float64 arrays
        Solution, residual, direction and the operator's product with it; x and r are changed.
    small : (n,) array
        Filled with the residual in the precision of the preconditioner.
    length : float

    Returns
    -------
    float
        Square of the residual.
    """
    x += length * p
    r -= length * q
    small[:] = r
    return float(np.dot(r, r))


def turn(p: NDArray[np.float64], z: NDArray[Any], share: float) -> None:
    """Fill the next direction, ``p = z + share p``."""
    p[:] = z + share * p
