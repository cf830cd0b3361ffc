"""From line integrals to what reaches the detector, plain, for tests.

Same signatures as `_transmission_numba`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def transmit_tissue(
    sums: NDArray[np.float64],
    table: NDArray[Any],
    first: NDArray[np.float64],
    step: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    """Fill the signal behind tissue, relative to no tissue.

    Parameters
    ----------
    sums : (2, nv, nu) float64 array
        Water and cortical bone on each ray, g/ml times mm.
    table : (n, p) float64 array
        Negative logarithm of the signal over both, bilinear in between.
    first, step : (2,) float64 arrays
        First node and spacing of the table.
    out : (nv, nu) float32 array
        Filled.
    """
    x = (sums[0] - first[0]) / step[0]
    y = (sums[1] - first[1]) / step[1]
    i = np.clip(np.floor(x).astype(int), 0, table.shape[0] - 2)
    j = np.clip(np.floor(y).astype(int), 0, table.shape[1] - 2)
    fx, fy = x - i, y - j
    low = (1 - fy) * table[i, j] + fy * table[i, j + 1]
    high = (1 - fy) * table[i + 1, j] + fy * table[i + 1, j + 1]
    out[:] = np.exp(-((1 - fx) * low + fx * high))


def transmit_matter(
    sums: NDArray[np.float64],
    chords: NDArray[np.float64],
    displaced: NDArray[np.float64],
    weights: NDArray[np.float64],
    basis: NDArray[np.float64],
    matter: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    """Fill the signal where matter is in the way; other pixels are left as they are.

    Parameters
    ----------
    sums : (2, nv, nu) float64 array
        As for `transmit_tissue`.
    chords : (n, nv, nu) float64 array
        Path in each kind of matter, mm.
    displaced : (n,) float64 array
        Water in g/ml that gives way to it; never more than the mass of both basis substances
        on the ray.
    weights : (g,) float64 array
        Share of each energy group in the signal without anything in the way.
    basis, matter : (g, 2), (g, n) float64 arrays
        Attenuation of the basis (per g/ml) and of each kind of matter, 1/mm.
    out : (nv, nu) float32 array
        Filled where a chord is not zero.
    """
    # metal of the CT is bone less water: what can give way is told by the sum of both
    mass = np.maximum(sums[0] + sums[1], 0.0)
    water = sums[0] - np.minimum(np.tensordot(displaced, chords, axes=1), mass)
    depth = basis[:, 0, None, None] * water + basis[:, 1, None, None] * sums[1]
    depth = depth + np.tensordot(matter, chords, axes=1)
    signal = np.tensordot(weights, np.exp(-depth), axes=1)
    met = np.abs(chords).sum(axis=0) > 0
    out[met] = signal[met]


def count_quanta(mean: NDArray[np.float32], seed: np.uint64, out: NDArray[np.float32]) -> None:
    """Draw the absorbed quanta of each pixel from their mean.

    Each pixel has its own counter, so that neither the order nor the number of threads
    matters. Below 25 quanta Poisson by inversion; from there on a sum of eight bytes with mean
    and variance of Poisson (no value beyond 4.9 standard deviations).

    Parameters
    ----------
    mean : (nv, nu) float32 array
        Expected quanta.
    seed : uint64
        From the caller's generator.
    out : (nv, nu) float32 array
        Filled.
    """
    mask = (1 << 64) - 1
    columns = mean.shape[1]
    for v in range(mean.shape[0]):
        for u in range(columns):
            x = (int(seed) + 0x9E3779B97F4A7C15 * (v * columns + u + 1)) & mask
            x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
            x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
            bits = x ^ (x >> 31)
            expected = max(float(mean[v, u]), 0.0)
            if expected < 25.0:
                share, n = (bits >> 11) / 2.0**53, 0
                chance = below = float(np.exp(-expected))
                while share > below and n < 200:
                    n += 1
                    chance *= expected / n
                    below += chance
                out[v, u] = n
            else:
                total = sum((bits >> (8 * byte)) & 255 for byte in range(8))
                deviate = (total - 1020.0) / np.sqrt(8 * (256**2 - 1) / 12)
                out[v, u] = max(expected + np.sqrt(expected) * deviate, 0.0)
