"""Plain twins of `_rows_numba`."""

import numpy as np
from numpy.typing import NDArray


def multiply_rows(
    rows: NDArray[np.float64], x: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Fill the scalar product of each row with a vector.

    Parameters
    ----------
    rows : (m, n) array
    x : (n,) array
    out : (m,) array
    """
    out[:] = rows @ x


def add_rows(
    rows: NDArray[np.float64], shares: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Add a share of each row.

    Parameters
    ----------
    rows : (m, n) array
    shares : (m,) array
    out : (n,) array
    """
    out += shares @ rows
