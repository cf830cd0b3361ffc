"""Particles carried by a flow between cells, plain, for tests.

Same signature as `_tracer_numba`.
"""

import math

import numpy as np
from numpy.typing import NDArray

_CROSSINGS = 10_000


def _leave(local: float, low: float, high: float) -> float:
    """Return when a particle leaves a cell along one axis (Pollock 1988); infinity if never.

    The speed runs straight from ``low`` at 0 to ``high`` at 1, in cells per second.
    """
    slope = high - low
    speed = low + slope * local
    end, target = (high, 1.0) if speed > 0.0 else (low, 0.0)
    if speed == 0.0 or speed * end <= 0.0:
        return math.inf
    if abs(slope) <= 1e-9 * abs(speed):
        return (target - local) / speed
    return max(math.log(end / speed) / slope, 0.0)


def _move(local: float, low: float, high: float, seconds: float) -> float:
    slope = high - low
    speed = low + slope * local
    growth = slope * seconds
    stretch = seconds if abs(growth) < 1e-9 else math.expm1(growth) / slope
    return min(max(local + speed * stretch, 0.0), 1.0)


def carry(
    place: NDArray[np.float64],
    weight: NDArray[np.float64],
    seconds: NDArray[np.float64],
    fluxes: NDArray[np.float64],
    sinks: NDArray[np.float64],
    pores: NDArray[np.float64],
) -> None:
    """Move particles along the flow, and let their weight fade where the flow leaves the box.

    Parameters
    ----------
    place : (n, 3) array
        In cells, cell c spans c to c + 1; changed.
    weight : (n,) array
        Changed.
    seconds : (n,) array
        How long each is carried.
    fluxes : (3, ni, nj, nk) array
        From each cell to the next one along each axis, mm3/s.
    sinks, pores : (ni, nj, nk) arrays
        What leaves each cell out of the box, mm3/s; its pore volume, mm3.
    """
    shape = pores.shape
    for p in range(len(place)):
        cell = [min(max(math.floor(x), 0), n - 1) for x, n in zip(place[p], shape, strict=True)]
        local = [min(max(place[p, a] - cell[a], 0.0), 1.0) for a in range(3)]
        left = float(seconds[p])
        for _ in range(_CROSSINGS):
            at = (cell[0], cell[1], cell[2])
            volume = pores[at]
            if left <= 0.0 or volume <= 0.0:
                break
            speeds, first, axis = [], left, -1
            for a in range(3):
                before = (cell[0] - (a == 0), cell[1] - (a == 1), cell[2] - (a == 2))
                low = fluxes[(a, *before)] / volume if cell[a] > 0 else 0.0
                high = fluxes[(a, *at)] / volume
                speeds.append((low, high))
                when = _leave(local[a], low, high)
                if when < first:
                    first, axis = when, a
            forward = axis >= 0 and (
                speeds[axis][0] + (speeds[axis][1] - speeds[axis][0]) * local[axis] > 0.0
            )
            for a in range(3):
                local[a] = _move(local[a], speeds[a][0], speeds[a][1], first)
            weight[p] *= math.exp(-max(sinks[at], 0.0) / volume * first)
            left -= first
            if axis < 0:
                break
            cell[axis] += 1 if forward else -1
            local[axis] = 0.0 if forward else 1.0
            if not 0 <= cell[axis] < shape[axis]:
                cell[axis] -= 1 if forward else -1
                local[axis] = 1.0 if forward else 0.0
                break
        for a in range(3):
            place[p, a] = cell[a] + local[a]
