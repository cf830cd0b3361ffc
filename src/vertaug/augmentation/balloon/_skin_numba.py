"""Pull of a balloon's skin, compiled.

The readable twin is `_skin_reference`.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.fused import fma


@numba.njit(cache=True, nogil=True, error_model="numpy")
def pull_triangles(
    points: NDArray[np.float64],
    triangles: NDArray[np.int64],
    slope: NDArray[np.float64],
    area: NDArray[np.float64],
    stiffness: float,
    out: NDArray[np.float64],
) -> None:
    """Add the forces of stretched triangles on their corners; see the reference.

    The principal stretches are the roots ``mean +- apart`` of the 2 x 2 square of the
    deformation; of tension over stretch only ``stiffness (1 - 1 / stretch)`` is needed.
    """
    edge = np.empty((3, 2))
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        for x in range(3):
            for m in range(2):
                along = points[a, x] * slope[t, 0, m]
                along = fma(points[b, x], slope[t, 1, m], along)
                edge[x, m] = fma(points[c, x], slope[t, 2, m], along)
        first = _square(edge, 0, 0)
        second, mixed = _square(edge, 1, 1), _square(edge, 0, 1)
        mean, half = 0.5 * (first + second), 0.5 * (first - second)
        apart = math.sqrt(fma(half, half, mixed * mixed))
        if mean + apart <= 1.0:
            continue
        long = area[t] * stiffness * (1.0 - 1.0 / math.sqrt(mean + apart))
        short = 0.0
        if mean - apart > 1.0:
            short = area[t] * stiffness * (1.0 - 1.0 / math.sqrt(mean - apart))
        even = 0.5 * (long + short)
        # alike stretches have no directions of their own
        uneven = 0.5 * (long - short) / apart if apart > 0.0 else 0.0
        s0, s1, s2 = fma(uneven, half, even), uneven * mixed, fma(-uneven, half, even)
        for x in range(3):
            p = fma(edge[x, 0], s0, edge[x, 1] * s1)
            q = fma(edge[x, 0], s1, edge[x, 1] * s2)
            for corner in range(3):
                force = fma(p, slope[t, corner, 0], q * slope[t, corner, 1])
                out[triangles[t, corner], x] += force


@numba.njit(nogil=True, error_model="numpy")
def _square(edge, m, n):  # type: ignore[no-untyped-def]
    total = edge[0, m] * edge[0, n]
    return fma(edge[2, m], edge[2, n], fma(edge[1, m], edge[1, n], total))
