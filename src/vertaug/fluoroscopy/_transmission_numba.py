"""From line integrals to what reaches the detector, compiled.

The readable twin is `_transmission_reference`.
"""

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(inline="always")
def _look_up(table, first, step, w, b):  # type: ignore[no-untyped-def]
    """Return the negative logarithm of the transmission, bilinear, ends continued."""
    x, y = (w - first[0]) / step[0], (b - first[1]) / step[1]
    i = min(max(math.floor(x), 0), table.shape[0] - 2)
    j = min(max(math.floor(y), 0), table.shape[1] - 2)
    fx, fy = x - i, y - j
    low = table[i, j] + fy * (table[i, j + 1] - table[i, j])
    high = table[i + 1, j] + fy * (table[i + 1, j + 1] - table[i + 1, j])
    return low + fx * (high - low)


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def transmit_tissue(
    sums: NDArray[np.float64],
    table: NDArray[Any],
    first: NDArray[np.float64],
    step: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    """Fill the relative signal behind tissue; see the reference."""
    for v in numba.prange(out.shape[0]):
        for u in range(out.shape[1]):
            out[v, u] = math.exp(-_look_up(table, first, step, sums[0, v, u], sums[1, v, u]))


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def transmit_matter(
    sums: NDArray[np.float64],
    chords: NDArray[np.float64],
    displaced: NDArray[np.float64],
    weights: NDArray[np.float64],
    basis: NDArray[np.float64],
    matter: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    """Fill the relative signal where matter is in the way; see the reference."""
    kinds, groups = chords.shape[0], len(weights)
    for v in numba.prange(out.shape[0]):
        for u in range(out.shape[1]):
            w, b, gone, met = sums[0, v, u], sums[1, v, u], 0.0, 0.0
            for m in range(kinds):
                gone += displaced[m] * chords[m, v, u]
                met += abs(chords[m, v, u])
            if met > 0.0:
                w -= min(gone, max(w + b, 0.0))
                total = 0.0
                for g in range(groups):
                    depth = w * basis[g, 0] + b * basis[g, 1]
                    for m in range(kinds):
                        depth += chords[m, v, u] * matter[g, m]
                    total += weights[g] * math.exp(-depth)
                out[v, u] = total


@numba.njit(inline="always")
def _mix(x):  # type: ignore[no-untyped-def]
    """Scramble a counter (splitmix64, Steele et al., OOPSLA 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def count_quanta(mean: NDArray[np.float32], seed: np.uint64, out: NDArray[np.float32]) -> None:
    """Draw absorbed quanta of each pixel; see the reference."""
    step = np.uint64(0x9E3779B97F4A7C15)
    columns = mean.shape[1]
    for v in numba.prange(mean.shape[0]):
        for u in range(columns):
            counter = np.uint64(v * columns + u + 1)
            bits = _mix(np.uint64(seed) + step * counter)
            expected = max(float(mean[v, u]), 0.0)
            if expected < 25.0:
                share = float(bits >> np.uint64(11)) * (1.0 / 9007199254740992.0)
                chance = math.exp(-expected)
                below = chance
                n = 0
                while share > below and n < 200:
                    n += 1
                    chance *= expected / n
                    below += chance
                out[v, u] = n
            else:
                total = 0.0
                for byte in range(8):
                    total += float((bits >> np.uint64(8 * byte)) & np.uint64(255))
                # eight bytes: mean 1020, variance 8 (256^2 - 1) / 12
                deviate = (total - 1020.0) * (1.0 / 209.02152999152983)
                out[v, u] = max(expected + math.sqrt(expected) * deviate, 0.0)
