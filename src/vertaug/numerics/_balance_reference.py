"""Making a flow conserve volume to rounding, plain, for tests. Same signatures as `_balance_numba`.

All arrays have one layer of ghost cells.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

OWN_OUTLET, OWN_LINK = 6, 7
"""Where a cell's surplus goes if not to one of its six neighbours (0 to 5: before, after)."""


def grow_tree(
    region: NDArray[np.uint8],
    links: NDArray[np.float64],
    order: NDArray[np.int64],
    ways: NDArray[np.int8],
) -> int:
    """Fill the shortest way of every porous cell to where liquid can leave.

    Parameters
    ----------
    region : uint8 array
        1 where a cell is porous, 0 outside.
    links : array
        Positive where a cell has an outlet of its own.
    order : (n,) int64 array
        Filled with the flat indices of the cells, nearest first.
    ways : int8 array
        Filled with the direction: twice the axis, one more for the next cell; -1 elsewhere.

    Returns
    -------
    int
        Number of cells with a way.
    """
    ways[...] = -1
    found = []
    for at in map(tuple, np.argwhere(region == 1)):
        beside = [region[tuple(np.add(at, step))] for step in _steps()]
        if 0 in beside or links[at] > 0.0:
            ways[at] = OWN_OUTLET if 0 in beside else OWN_LINK
            found.append(at)
    for at in found:  # grows while it is read
        for way, step in enumerate(_steps()):
            to = tuple(np.add(at, step))
            if region[to] == 1 and ways[to] < 0:
                ways[to] = way ^ 1
                found.append(to)
    order[: len(found)] = [np.ravel_multi_index(at, region.shape) for at in found]
    return len(found)


def _steps() -> list[tuple[Any, ...]]:
    return [tuple(by * (a == axis) for a in range(3)) for axis in range(3) for by in (-1, 1)]


def balance(
    source: NDArray[np.float64],
    order: NDArray[np.int64],
    ways: NDArray[np.int8],
    fluxes: NDArray[np.float64],
    outflow: NDArray[np.float64],
    through: NDArray[np.float64],
) -> None:
    """Send what each cell has too much along its way, the furthest cells first.

    Parameters
    ----------
    source : array
        What enters each cell.
    order : (n,) int64 array
        Cells that have a way.
    ways
        From `grow_tree`.
    fluxes : (3, ...) array
        Flow to the next cells; changed.
    outflow, through : arrays
        Flow to cells outside, and through links; changed.
    """
    for flat in order[::-1]:
        at = np.unravel_index(flat, source.shape)
        rest = source[at] - outflow[at] - through[at]
        before = [tuple(np.subtract(at, np.arange(3) == axis)) for axis in range(3)]
        for axis in range(3):
            rest += fluxes[axis][before[axis]] - fluxes[axis][at]
        way = int(ways[at])
        if way == OWN_OUTLET:
            outflow[at] += rest
        elif way == OWN_LINK:
            through[at] += rest
        elif way % 2:
            fluxes[way // 2][at] += rest
        else:
            fluxes[way // 2][before[way // 2]] -= rest
