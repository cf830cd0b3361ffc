"""Updates and scalar products of long vectors, compiled; sums in a fixed order.

Nothing is left for the compiler to fuse or to order (see `fused`).

The readable twin is `_vector_reference`.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.fused import fma

_BLOCK = 16384
_LANES = 32
"""Partial sums of a scalar product, added up side by side."""


@numba.njit(nogil=True, error_model="numpy")
def dot_part(a, b, start, stop):  # type: ignore[no-untyped-def]
    """Return the scalar product of a part, summed in double precision."""
    lanes = np.zeros(_LANES)
    whole = start + (stop - start) // _LANES * _LANES
    for at in range(start, whole, _LANES):
        for n in range(_LANES):
            lanes[n] = fma(np.float64(a[at + n]), np.float64(b[at + n]), lanes[n])
    for n in range(whole, stop):
        lanes[n - whole] = fma(np.float64(a[n]), np.float64(b[n]), lanes[n - whole])
    total = 0.0
    for n in range(_LANES):
        total += lanes[n]
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def dot(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Return the scalar product, summed in double precision."""
    count = (a.size + _BLOCK - 1) // _BLOCK
    sums = np.zeros(count)
    for n in numba.prange(count):
        sums[n] = dot_part(a, b, n * _BLOCK, min((n + 1) * _BLOCK, a.size))
    total = 0.0
    for n in range(count):
        total += sums[n]
    return total


@numba.njit(nogil=True, error_model="numpy")
def _advance_part(x, r, p, q, small, length, start, stop):  # type: ignore[no-untyped-def]
    for n in range(start, stop):
        x[n] = fma(length, p[n], x[n])
        v = fma(-length, q[n], r[n])
        r[n] = v
        small[n] = v
    return dot_part(r, r, start, stop)


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


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def turn(p: NDArray[np.float64], z: NDArray[Any], share: float) -> None:
    """Fill the next direction, ``p = z + share p``."""
    count = (p.size + _BLOCK - 1) // _BLOCK
    for part in numba.prange(count):
        for n in range(part * _BLOCK, min((part + 1) * _BLOCK, p.size)):
            p[n] = fma(share, p[n], np.float64(z[n]))
