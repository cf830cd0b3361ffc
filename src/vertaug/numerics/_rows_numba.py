"""Scalar products with, and sums of, a few long vectors at once, compiled; in a fixed order.

The readable twin is `_rows_reference`.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.fused import fma

_BLOCK = 4096
"""Numbers of a vector that stay near the processor while the rows pass by."""
_LANES = 8


@numba.njit(nogil=True, error_model="numpy")
def _part(a, b, start, stop):  # type: ignore[no-untyped-def]
    """Return the scalar product of a part, in sums that do not wait for each other."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    even = start + (stop - start) // _LANES * _LANES
    for n in range(start, even, _LANES):
        s0 = fma(a[n], b[n], s0)
        s1 = fma(a[n + 1], b[n + 1], s1)
        s2 = fma(a[n + 2], b[n + 2], s2)
        s3 = fma(a[n + 3], b[n + 3], s3)
        s4 = fma(a[n + 4], b[n + 4], s4)
        s5 = fma(a[n + 5], b[n + 5], s5)
        s6 = fma(a[n + 6], b[n + 6], s6)
        s7 = fma(a[n + 7], b[n + 7], s7)
    for n in range(even, stop):
        s0 = fma(a[n], b[n], s0)
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def multiply_rows(
    rows: NDArray[np.float64], x: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Fill the scalar product of each row with a vector; see the reference."""
    blocks, many = (x.size + _BLOCK - 1) // _BLOCK, rows.shape[0]
    sums = np.zeros((blocks, many))
    for n in numba.prange(blocks):
        start, stop = n * _BLOCK, min((n + 1) * _BLOCK, x.size)
        for row in range(many):
            sums[n, row] = _part(rows[row], x, start, stop)
    for row in range(many):
        out[row] = 0.0
        for n in range(blocks):
            out[row] += sums[n, row]


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def add_rows(
    rows: NDArray[np.float64], shares: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Add a share of each row; see the reference."""
    blocks = (out.size + _BLOCK - 1) // _BLOCK
    for part in numba.prange(blocks):
        start, stop = part * _BLOCK, min((part + 1) * _BLOCK, out.size)
        for row in range(rows.shape[0]):
            for n in range(start, stop):
                out[n] = fma(shares[row], rows[row, n], out[n])
