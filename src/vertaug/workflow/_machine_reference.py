"""Loops that show the limits of a machine, readable."""

import numpy as np
from numpy.typing import NDArray


def triad(
    out: NDArray[np.float32], first: NDArray[np.float32], second: NDArray[np.float32]
) -> None:
    """Fill ``out`` with ``first`` plus 1.5 times ``second``.

    Twelve bytes move for each of the (n,) float32 numbers.
    """
    out[:] = first + np.float32(1.5) * second


def multiply_add(values: NDArray[np.float32], rounds: int) -> None:
    """Multiply by 0.999 and add 0.001 ``rounds`` times in every lane.

    Parameters
    ----------
    values : (parts, lanes) float32 array
        Changed. A part is the work of one thread.
    rounds : int
        Each takes two operations a lane.
    """
    for _ in range(rounds):
        values *= np.float32(0.999)
        values += np.float32(0.001)
