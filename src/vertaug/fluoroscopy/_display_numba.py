"""From signal to grey, compiled.

The readable twin is `_display_reference`.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(inline="always")
def _tone(signal, offset, curve):  # type: ignore[no-untyped-def]
    """Return the share of grey of one pixel."""
    level = (math.log(max(signal, curve[0])) - offset - curve[1]) * curve[2]
    if level < 0.0:
        return curve[3] + curve[4] * level
    if level <= 1.0:
        return curve[3] + curve[5] * level
    over = (level - 1.0) * curve[5]
    bent = over * curve[6] / (over + curve[6]) if curve[6] > 0.0 else 0.0
    return curve[3] + curve[5] + bent


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def show_signal(
    signal: NDArray[np.float32],
    offset: NDArray[np.float32],
    curve: NDArray[np.float32],
    detail: NDArray[np.float32],
    greys: NDArray[np.uint8],
    out: NDArray[np.uint8],
) -> None:
    """Fill the image of the monitor; see the reference."""
    rows, columns = signal.shape
    reach = len(detail) - 3
    share = np.empty((rows, columns), dtype=np.float32)
    across = np.empty((rows, columns), dtype=np.float32)
    for v in numba.prange(rows):
        for u in range(columns):
            share[v, u] = _tone(signal[v, u], offset[v, u], curve)
        for u in range(columns):
            total = detail[2] * share[v, u]
            for k in range(1, reach + 1):
                total += detail[2 + k] * (
                    share[v, max(u - k, 0)] + share[v, min(u + k, columns - 1)]
                )
            across[v, u] = total
    last = np.float32(len(greys) - 1)
    for v in numba.prange(rows):
        smooth = detail[2] * across[v]
        for k in range(1, reach + 1):
            smooth += detail[2 + k] * (across[max(v - k, 0)] + across[min(v + k, rows - 1)])
        for u in range(columns):
            fine = share[v, u] - smooth[u]
            value = share[v, u] + detail[0] * fine / (np.float32(1.0) + abs(fine) / detail[1])
            value = min(max(value, np.float32(0.0)), np.float32(1.0))
            out[v, u] = greys[int(value * last + np.float32(0.5))]
