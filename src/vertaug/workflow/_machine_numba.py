"""Loops that a machine cannot run faster: they show its limits of memory and of arithmetic.

The readable twin is `_machine_reference`.
"""

import numba
import numpy as np

LANES = 128
"""Numbers that a thread works on at once: enough for every vector register."""


@numba.njit(cache=True, nogil=True, parallel=True)
def triad(out, first, second):  # type: ignore[no-untyped-def]
    """Fill ``out`` with ``first`` plus 1.5 times ``second``; see the reference."""
    for n in numba.prange(out.size):
        out[n] = first[n] + np.float32(1.5) * second[n]


@numba.njit(cache=True, nogil=True, parallel=True, fastmath=True)
def multiply_add(start, rounds, out):  # type: ignore[no-untyped-def]
    """Multiply and add ``rounds`` times in every lane; see the reference."""
    for part in numba.prange(start.size):
        x = np.full(LANES, start[part], np.float32)
        for _ in range(rounds):
            for n in range(LANES):
                x[n] = x[n] * np.float32(0.999) + np.float32(0.001)
        out[part] = x.sum()
