"""Particles carried by a flow between cells, compiled. The readable twin is `_tracer_reference`."""

import math

import numba
import numpy as np
from numpy.typing import NDArray

_CROSSINGS = 10_000


@numba.njit(inline="always")
def _leave(local, low, high):  # type: ignore[no-untyped-def]
    slope = high - low
    speed = low + slope * local
    end = high if speed > 0.0 else low
    target = 1.0 if speed > 0.0 else 0.0
    if speed == 0.0 or speed * end <= 0.0:
        return np.inf
    if abs(slope) <= 1e-9 * abs(speed):
        return (target - local) / speed
    return max(math.log(end / speed) / slope, 0.0)


@numba.njit(inline="always")
def _move(local, low, high, seconds):  # type: ignore[no-untyped-def]
    slope = high - low
    speed = low + slope * local
    growth = slope * seconds
    stretch = seconds if abs(growth) < 1e-9 else math.expm1(growth) / slope
    return min(max(local + speed * stretch, 0.0), 1.0)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def carry(
    place: NDArray[np.float64],
    weight: NDArray[np.float64],
    seconds: NDArray[np.float64],
    fluxes: NDArray[np.float64],
    sinks: NDArray[np.float64],
    pores: NDArray[np.float64],
) -> None:
    """Move particles along the flow; see the reference."""
    shape = pores.shape
    cell = np.zeros(3, dtype=np.int64)
    local, lows, highs = np.zeros(3), np.zeros(3), np.zeros(3)
    for p in range(len(place)):
        for a in range(3):
            cell[a] = min(max(math.floor(place[p, a]), 0), shape[a] - 1)
            local[a] = min(max(place[p, a] - cell[a], 0.0), 1.0)
        left = seconds[p]
        for _ in range(_CROSSINGS):
            i, j, k = cell
            volume = pores[i, j, k]
            if left <= 0.0 or volume <= 0.0:
                break
            lows[0] = fluxes[0, i - 1, j, k] / volume if i > 0 else 0.0
            lows[1] = fluxes[1, i, j - 1, k] / volume if j > 0 else 0.0
            lows[2] = fluxes[2, i, j, k - 1] / volume if k > 0 else 0.0
            first, axis = left, -1
            for a in range(3):
                highs[a] = fluxes[a, i, j, k] / volume
                when = _leave(local[a], lows[a], highs[a])
                if when < first:
                    first = when
                    axis = a
            forward = False
            if axis >= 0:
                forward = lows[axis] + (highs[axis] - lows[axis]) * local[axis] > 0.0
            for a in range(3):
                local[a] = _move(local[a], lows[a], highs[a], first)
            weight[p] *= math.exp(-max(sinks[i, j, k], 0.0) / volume * first)
            left -= first
            if axis < 0:
                break
            cell[axis] += 1 if forward else -1
            local[axis] = 0.0 if forward else 1.0
            if cell[axis] < 0 or cell[axis] >= shape[axis]:
                cell[axis] -= 1 if forward else -1
                local[axis] = 1.0 if forward else 0.0
                break
        for a in range(3):
            place[p, a] = cell[a] + local[a]
