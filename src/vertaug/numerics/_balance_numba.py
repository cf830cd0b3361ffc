"""Making a flow conserve volume to rounding, compiled.

The readable twin is `_balance_reference`.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_FAST: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@numba.njit(**_FAST)
def grow_tree(
    region: NDArray[np.uint8],
    links: NDArray[np.float64],
    order: NDArray[np.int64],
    ways: NDArray[np.int8],
) -> int:
    """Fill the shortest way of every porous cell out; see the reference."""
    _, nj, nk = region.shape
    cells, out, tree = region.reshape(-1), links.reshape(-1), ways.reshape(-1)
    steps = np.array([-nj * nk, nj * nk, -nk, nk, -1, 1])
    count = 0
    for at in range(cells.size):
        tree[at] = -1
    # ghosts are not porous: every porous cell has six neighbours
    for at in range(nj * nk, cells.size - nj * nk):
        if cells[at] == 1:
            beside = False
            for way in range(6):
                beside = beside or cells[at + steps[way]] == 0
            if beside or out[at] > 0.0:
                tree[at] = 6 if beside else 7
                order[count] = at
                count += 1
    done = 0
    while done < count:
        at = order[done]
        done += 1
        for way in range(6):
            to = at + steps[way]
            if cells[to] == 1 and tree[to] < 0:
                tree[to] = way ^ 1
                order[count] = to
                count += 1
    return count


@numba.njit(**_FAST)
def balance(
    source: NDArray[np.float64],
    order: NDArray[np.int64],
    ways: NDArray[np.int8],
    fluxes: NDArray[np.float64],
    outflow: NDArray[np.float64],
    through: NDArray[np.float64],
) -> None:
    """Send what each cell has too much along its way; see the reference."""
    _, nj, nk = source.shape
    given, tree = source.reshape(-1), ways.reshape(-1)
    flow = fluxes.reshape(3, -1)
    out, link = outflow.reshape(-1), through.reshape(-1)
    steps = (nj * nk, nk, 1)
    for n in range(order.size - 1, -1, -1):
        at = order[n]
        rest = given[at] - out[at] - link[at]
        for axis in range(3):
            rest += flow[axis, at - steps[axis]] - flow[axis, at]
        way = tree[at]
        if way == 6:
            out[at] += rest
        elif way == 7:
            link[at] += rest
        elif way & 1:
            flow[way // 2, at] += rest
        else:
            flow[way // 2, at - steps[way // 2]] -= rest
