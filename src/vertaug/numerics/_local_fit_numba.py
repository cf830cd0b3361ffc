"""Weighted moments of scattered values, compiled. The readable twin is `_local_fit_reference`."""

from typing import Any

import numpy as np
from numba import njit, prange

_FAST: dict[str, Any] = {"cache": True, "error_model": "numpy", "parallel": True}


@njit(cache=True, error_model="numpy", inline="always")
def _weight(points, p, x, y, z, reach):  # type: ignore[no-untyped-def]
    a, b, c = (points[p, 0] - x) / reach, (points[p, 1] - y) / reach, (points[p, 2] - z) / reach
    q = np.sqrt(a * a + b * b + c * c)
    rest = max(1.0 - q, 0.0)
    return rest * rest * rest * rest * (4.0 * q + 1.0), a, b, c


@njit(**_FAST)
def weigh_near(places, radius, points, values, cells, out):  # type: ignore[no-untyped-def]
    """Fill the weighted moments of the points about each place; see the reference."""
    first, low, edge, shape = cells
    middle, mean, spread, common = out
    kinds = values.shape[1]
    for n in prange(places.shape[0]):
        x, y, z, reach = places[n, 0], places[n, 1], places[n, 2], radius[n]
        i0 = max(int(np.floor((x - reach - low[0]) / edge)), 0)
        i1 = min(int(np.floor((x + reach - low[0]) / edge)), shape[0] - 1)
        j0 = max(int(np.floor((y - reach - low[1]) / edge)), 0)
        j1 = min(int(np.floor((y + reach - low[1]) / edge)), shape[1] - 1)
        k0 = max(int(np.floor((z - reach - low[2]) / edge)), 0)
        k1 = min(int(np.floor((z + reach - low[2]) / edge)), shape[2] - 1)
        # no cell along the last axis: an empty run of points
        k1 = max(k1, k0 - 1)
        total = 0.0
        for i in range(i0, i1 + 1):
            for j in range(j0, j1 + 1):
                row = (i * shape[1] + j) * shape[2]
                for p in range(first[row + k0], first[row + k1 + 1]):
                    w, a, b, c = _weight(points, p, x, y, z, reach)
                    if w > 0.0:
                        total += w
                        middle[n, 0] += w * a
                        middle[n, 1] += w * b
                        middle[n, 2] += w * c
                        for v in range(kinds):
                            mean[n, v] += w * values[p, v]
        for axis in range(3):
            middle[n, axis] /= total
        for v in range(kinds):
            mean[n, v] /= total
        for i in range(i0, i1 + 1):
            for j in range(j0, j1 + 1):
                row = (i * shape[1] + j) * shape[2]
                for p in range(first[row + k0], first[row + k1 + 1]):
                    w, a, b, c = _weight(points, p, x, y, z, reach)
                    if w > 0.0:
                        w /= total
                        apart = (a - middle[n, 0], b - middle[n, 1], c - middle[n, 2])
                        for axis in range(3):
                            for other in range(3):
                                spread[n, axis, other] += w * apart[axis] * apart[other]
                            for v in range(kinds):
                                common[n, axis, v] += w * apart[axis] * (values[p, v] - mean[n, v])
