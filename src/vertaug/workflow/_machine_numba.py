"""Loops that a machine cannot run faster: they show its limits of memory and of arithmetic.

The readable twin is `_machine_reference`.
"""

import numba
import numpy as np

from vertaug.numerics.fused import fma

LANES = 256
"""Numbers that a thread works on at once: enough for every vector register."""


@numba.njit(cache=True, nogil=True, parallel=True)
def triad(out, first, second):  # type: ignore[no-untyped-def]
    """Fill ``out`` with ``first`` plus 1.5 times ``second``; see the reference."""
    for n in numba.prange(out.size):
        out[n] = first[n] + np.float32(1.5) * second[n]


@numba.njit(cache=True, nogil=True, parallel=True)
def multiply_add(values, rounds):  # type: ignore[no-untyped-def]
    """Multiply and add ``rounds`` times in every lane; see the reference.

    The compiler may know nothing of the values: of lanes that all begin with the same number it
    computes one for all. Nor may it fold two rounds into one, as it does with ``fastmath``.
    """
    for part in numba.prange(values.shape[0]):
        x = values[part]
        for _ in range(rounds):
            for n in range(LANES):
                x[n] = fma(x[n], np.float32(0.999), np.float32(0.001))
