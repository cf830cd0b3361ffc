"""One explicit step of the cement's saturation, compiled.

Every thread writes planes of its own, so that results do not depend on their number.
The readable twin is `_transport_reference`.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_GUARD = 1e-14
_TRACE = 1e-9
_FAST: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "parallel": True,
}


@numba.njit(inline="always")
def _flow(s, ratio):  # type: ignore[no-untyped-def]
    if s <= _TRACE:
        return 0.0
    return s if ratio <= 0.0 else s * s / (s * s + ratio * (1.0 - s) * (1.0 - s))


@numba.njit(cache=True, nogil=True)
def fractional_flow(s: float, ratio: float) -> float:
    """Return the share of cement in what flows; see the reference."""
    return float(_flow(s, ratio))


@numba.njit(**_FAST)
def fastest(
    saturation: NDArray[np.float64],
    fluxes: NDArray[np.float64],
    outflow: NDArray[np.float64],
    links: NDArray[np.float64],
    source: NDArray[np.float64],
    pores: NDArray[np.float64],
    box: NDArray[np.int64],
) -> float:
    """Return the largest flow through a reached cell by its pore volume; see the reference."""
    i0, i1, j0, j1, k0, k1 = box
    largest = np.zeros(max(i1 - i0, 1))
    for i in numba.prange(i0, i1):
        most = 0.0
        for j in range(j0, j1):
            for k in range(k0, k1):
                if pores[i, j, k] <= 0.0:
                    continue
                reached = saturation[i, j, k] > _TRACE or source[i, j, k] > 0.0
                leaving = max(outflow[i, j, k], 0.0) + max(links[i, j, k], 0.0)
                for axis in range(3):
                    di = 1 if axis == 0 else 0
                    dj = 1 if axis == 1 else 0
                    dk = 1 if axis == 2 else 0
                    v = fluxes[axis, i, j, k]
                    leaving += max(v, 0.0)
                    reached = reached or (v < 0.0 and saturation[i + di, j + dj, k + dk] > _TRACE)
                    v = fluxes[axis, i - di, j - dj, k - dk]
                    leaving += max(-v, 0.0)
                    reached = reached or (v > 0.0 and saturation[i - di, j - dj, k - dk] > _TRACE)
                if reached:
                    most = max(most, leaving / pores[i, j, k])
        largest[i - i0] = most
    return float(largest.max())


@numba.njit(**_FAST)
def fill_upwind(
    saturation: NDArray[np.float64],
    fluxes: NDArray[np.float64],
    outflow: NDArray[np.float64],
    links: NDArray[np.float64],
    source: NDArray[np.float64],
    pores: NDArray[np.float64],
    box: NDArray[np.int64],
    seconds: float,
    ratio: float,
    low: NDArray[np.float64],
    leaked: NDArray[np.float64],
    through: NDArray[np.float64],
) -> None:
    """Fill the saturation after a step upwind; see the reference."""
    i0, i1, j0, j1, k0, k1 = box
    for i in numba.prange(i0, i1):
        for j in range(j0, j1):
            for k in range(k0, k1):
                if pores[i, j, k] <= 0.0:
                    continue
                own = _flow(saturation[i, j, k], ratio)
                change = source[i, j, k] * (1.0 - own)
                for axis in range(3):
                    di = 1 if axis == 0 else 0
                    dj = 1 if axis == 1 else 0
                    dk = 1 if axis == 2 else 0
                    v = -fluxes[axis, i, j, k]
                    if v > 0.0:
                        change += v * (_flow(saturation[i + di, j + dj, k + dk], ratio) - own)
                    v = fluxes[axis, i - di, j - dj, k - dk]
                    if v > 0.0:
                        change += v * (_flow(saturation[i - di, j - dj, k - dk], ratio) - own)
                change += (min(outflow[i, j, k], 0.0) + min(links[i, j, k], 0.0)) * own
                low[i, j, k] = saturation[i, j, k] + seconds * change / pores[i, j, k]
                leaked[i, j, k] += seconds * max(outflow[i, j, k], 0.0) * own
                through[i, j, k] += seconds * max(links[i, j, k], 0.0) * own


@numba.njit(inline="always")
def _square_of_cosine(saturation, pores, spacing, axis, i, j, k):  # type: ignore[no-untyped-def]
    """Return how much of the slope of a cell is along an axis."""
    centre, total, along = saturation[i, j, k], 1e-300, 0.0
    for other in range(3):
        di = 1 if other == 0 else 0
        dj = 1 if other == 1 else 0
        dk = 1 if other == 2 else 0
        after = saturation[i + di, j + dj, k + dk] if pores[i + di, j + dj, k + dk] > 0 else centre
        before = saturation[i - di, j - dj, k - dk] if pores[i - di, j - dj, k - dk] > 0 else centre
        square = ((after - before) / spacing[other]) ** 2
        total += square
        if other == axis:
            along = square
    return along / total


@numba.njit(**_FAST)
def fill_corrections(
    saturation: NDArray[np.float64],
    fluxes: NDArray[np.float64],
    pores: NDArray[np.float64],
    spacing: NDArray[np.float64],
    box: NDArray[np.int64],
    seconds: float,
    corrections: NDArray[np.float64],
) -> None:
    """Fill what has to go on through each face to keep the front sharp; see the reference."""
    i0, i1, j0, j1, k0, k1 = box
    for i in numba.prange(i0, i1):
        for j in range(j0, j1):
            for k in range(k0, k1):
                for axis in range(3):
                    di = 1 if axis == 0 else 0
                    dj = 1 if axis == 1 else 0
                    dk = 1 if axis == 2 else 0
                    v = fluxes[axis, i, j, k]
                    corrections[axis, i, j, k] = 0.0
                    if v == 0.0:
                        continue
                    a, b, c, by = i, j, k, 1
                    if v < 0.0:
                        a, b, c, by = i + di, j + dj, k + dk, -1
                    di, dj, dk = by * di, by * dj, by * dk
                    centre = saturation[a, b, c]
                    down = saturation[a + di, b + dj, c + dk] - centre
                    up = centre - saturation[a - di, b - dj, c - dk]
                    if pores[a - di, b - dj, c - dk] <= 0.0:
                        up = down
                    if down * up <= 0.0:
                        continue
                    courant = min(abs(v) * seconds / pores[a, b, c], 1.0)
                    share = _square_of_cosine(saturation, pores, spacing, axis, a, b, c)
                    steep = 2.0 * (up / down) / max(courant, 1e-6) * (1.0 - courant)
                    sharp = min(steep, 2.0) * down
                    smooth = 2.0 * down * up / (down + up) * (1.0 - courant)
                    total = share * sharp + (1.0 - share) * smooth
                    corrections[axis, i, j, k] = 0.5 * v * seconds * total


@numba.njit(**_FAST)
def fill_allowances(
    saturation: NDArray[np.float64],
    low: NDArray[np.float64],
    pores: NDArray[np.float64],
    corrections: NDArray[np.float64],
    box: NDArray[np.int64],
    allowances: NDArray[np.float64],
) -> None:
    """Fill the parts of the corrections that make no new extreme; see the reference."""
    i0, i1, j0, j1, k0, k1 = box
    for i in numba.prange(i0, i1):
        for j in range(j0, j1):
            for k in range(k0, k1):
                if pores[i, j, k] <= 0.0:
                    continue
                s, after = saturation[i, j, k], low[i, j, k]
                high, least, entering, leaving = max(s, after), min(s, after), 0.0, 0.0
                for axis in range(3):
                    for by in (1, -1):
                        a = i + by if axis == 0 else i
                        b = j + by if axis == 1 else j
                        c = k + by if axis == 2 else k
                        v = corrections[axis, a, b, c] if by < 0 else -corrections[axis, i, j, k]
                        entering += max(v, 0.0)
                        leaving += max(-v, 0.0)
                        if pores[a, b, c] > 0.0:
                            high = max(high, saturation[a, b, c], low[a, b, c])
                            least = min(least, saturation[a, b, c], low[a, b, c])
                room = max(min(high, 1.0) - after - _GUARD, 0.0) * pores[i, j, k]
                stock = max(after - max(least, 0.0) - _GUARD, 0.0) * pores[i, j, k]
                allowances[0, i, j, k] = min(1.0, room / (entering + 1e-300))
                allowances[1, i, j, k] = min(1.0, stock / (leaving + 1e-300))


@numba.njit(inline="always")
def _allowed(v, own, other, i, j, k, a, b, c):  # type: ignore[no-untyped-def]
    """Return the allowed part of a correction from cell (i, j, k) to (a, b, c)."""
    if v > 0.0:
        return v * min(own[1, i, j, k], other[0, a, b, c])
    return v * min(own[0, i, j, k], other[1, a, b, c])


@numba.njit(**_FAST)
def add_corrections(
    low: NDArray[np.float64],
    pores: NDArray[np.float64],
    corrections: NDArray[np.float64],
    allowances: NDArray[np.float64],
    box: NDArray[np.int64],
    saturation: NDArray[np.float64],
) -> None:
    """Fill the saturation after a step; see the reference."""
    i0, i1, j0, j1, k0, k1 = box
    for i in numba.prange(i0, i1):
        for j in range(j0, j1):
            for k in range(k0, k1):
                if pores[i, j, k] <= 0.0:
                    continue
                change = 0.0
                for axis in range(3):
                    di = 1 if axis == 0 else 0
                    dj = 1 if axis == 1 else 0
                    dk = 1 if axis == 2 else 0
                    a, b, c = i - di, j - dj, k - dk
                    v = corrections[axis, a, b, c]
                    change += _allowed(v, allowances, allowances, a, b, c, i, j, k)
                    a, b, c = i + di, j + dj, k + dk
                    v = corrections[axis, i, j, k]
                    change -= _allowed(v, allowances, allowances, i, j, k, a, b, c)
                saturation[i, j, k] = low[i, j, k] + change / pores[i, j, k]
