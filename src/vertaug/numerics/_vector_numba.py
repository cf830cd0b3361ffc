"""Updates and scalar products of long vectors, compiled; sums in a fixed order.

The readable twin is `_vector_reference`.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_BLOCK = 16384


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _dot_part(a, b, start, stop):  # type: ignore[no-untyped-def]
    total = 0.0
    for n in range(start, stop):
        total += np.float64(a[n]) * np.float64(b[n])
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def dot(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Return the scalar product, summed in double precision."""
    count = (a.size + _BLOCK - 1) // _BLOCK
    sums = np.zeros(count)
    for n in numba.prange(count):
        sums[n] = _dot_part(a, b, n * _BLOCK, min((n + 1) * _BLOCK, a.size))
    total = 0.0
    for n in range(count):
        total += sums[n]
    return total


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _advance_part(x, r, p, q, small, length, start, stop):  # type: ignore[no-untyped-def]
    total = 0.0
    for n in range(start, stop):
        x[n] += length * p[n]
        v = r[n] - length * q[n]
        r[n] = v
        small[n] = v
        total += v * v
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def advance(
    x: NDArray[np.float64],
    r: NDArray[np.float64],
    p: NDArray[np.float64],
    q: NDArray[np.float64],
    small: NDArray[Any],
    length: float,
) -> float:
    """Take a step of conjugate gradients; see the reference."""
    count = (x.size + _BLOCK - 1) // _BLOCK
    sums = np.zeros(count)
    for n in numba.prange(count):
        start, stop = n * _BLOCK, min((n + 1) * _BLOCK, x.size)
        sums[n] = _advance_part(x, r, p, q, small, length, start, stop)
    total = 0.0
    for n in range(count):
        total += sums[n]
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
def turn(p: NDArray[np.float64], z: NDArray[Any], share: float) -> None:
    """Fill the next direction, ``p = z + share p``."""
    count = (p.size + _BLOCK - 1) // _BLOCK
    for part in numba.prange(count):
        for n in range(part * _BLOCK, min((part + 1) * _BLOCK, p.size)):
            p[n] = z[n] + share * p[n]
