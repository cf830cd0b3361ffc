"""Loops that show the limits of a machine, readable."""

import numpy as np
from numpy.typing import NDArray

LANES = 128
"""Numbers that a thread works on at once."""


def triad(
    out: NDArray[np.float32], first: NDArray[np.float32], second: NDArray[np.float32]
) -> None:
    """Fill ``out`` with ``first`` plus 1.5 times ``second``.

    Twelve bytes move for each of the (n,) float32 numbers.
    """
    out[:] = first + np.float32(1.5) * second


def multiply_add(start: NDArray[np.float32], rounds: int, out: NDArray[np.float32]) -> None:
    """Multiply and add ``rounds`` times in every lane, and sum the lanes of each part.

    Parameters
    ----------
    start : (parts,) float32 array
        What all lanes of a part begin with; a part is the work of one thread.
    rounds : int
        Each takes two operations a lane.
    out : (parts,) float32 array
        Filled with the sums.
    """
    for part, value in enumerate(start):
        x = np.full(LANES, value, dtype=np.float32)
        for _ in range(rounds):
            x = x * np.float32(0.999) + np.float32(0.001)
        out[part] = x.sum()
