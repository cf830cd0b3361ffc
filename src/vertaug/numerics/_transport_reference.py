"""One explicit step of the cement's saturation, plain, for tests.

Same signatures as `_transport_numba`. All arrays have one layer of ghost cells; a pore volume of 0
says that a cell is not porous. Kernels work on the cells ``box[2 a] <= index < box[2 a + 1]``.
The flow has to conserve volume to rounding: then steps written in differences conserve cement and
stay within 0 and 1 exactly.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

TRACE = 1e-9
"""So little cement in the pores stays where it is: a front has no endless foot."""
_GUARD = 1e-14
"""Kept free below and above by corrections, so that their rounding leaves no bound."""


def _cells(box: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    a, b, c, d, e, f = (int(n) for n in box)
    return [(i, j, k) for i in range(a, b) for j in range(c, d) for k in range(e, f)]


def _step(at: tuple[int, ...], axis: int, by: int) -> tuple[int, ...]:
    return tuple(n + by * (a == axis) for a, n in enumerate(at))


def fractional_flow(s: float, ratio: float) -> float:
    """Return the share of cement in what flows: s for ratio 0, else that of squared mobilities."""
    if s <= TRACE:
        return 0.0
    return s if ratio <= 0.0 else s * s / (s * s + ratio * (1.0 - s) * (1.0 - s))


def _inflows(
    at: tuple[int, ...], fluxes: NDArray[np.float64]
) -> list[tuple[float, tuple[int, ...]]]:
    """Return what enters a cell through each face, and from where; negative if it leaves."""
    found = []
    for axis in range(3):
        found.append((-float(fluxes[(axis, *at)]), _step(at, axis, 1)))
        before = _step(at, axis, -1)
        found.append((float(fluxes[(axis, *before)]), before))
    return found


def fastest(
    saturation: NDArray[np.float64],
    fluxes: NDArray[np.float64],
    outflow: NDArray[np.float64],
    links: NDArray[np.float64],
    source: NDArray[np.float64],
    pores: NDArray[np.float64],
    box: NDArray[np.int64],
) -> float:
    """Return the largest flow through a cell that cement is in or enters, by its pore volume."""
    largest = 0.0
    for at in _cells(box):
        if pores[at] <= 0.0:
            continue
        inflows = _inflows(at, fluxes)
        reached = saturation[at] > TRACE or source[at] > 0.0
        reached = reached or any(v > 0.0 and saturation[to] > TRACE for v, to in inflows)
        if reached:
            leaving = sum(max(-v, 0.0) for v, _ in inflows)
            leaving += max(outflow[at], 0.0) + max(links[at], 0.0)
            largest = max(largest, leaving / pores[at])
    return largest


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
    """Fill the saturation after a step that takes what flows from the cell upwind.

    Parameters
    ----------
    saturation, pores : arrays
        Share of cement in the pores, and their volume.
    fluxes : (3, ...) array
        Flow to the next cells.
    outflow, links, source : arrays
        Flow out of the box, through links, and into cells as cement.
    box : (6,) int64 array
    seconds : float
    ratio : float
        Of the viscosities, for the fractional flow of squared mobilities; 0 for a piston.
    low : array
        Filled.
    leaked, through : arrays
        Cement that leaves the cells is added, outside and through links.
    """
    for at in _cells(box):
        if pores[at] <= 0.0:
            continue
        own = fractional_flow(float(saturation[at]), ratio)
        change = source[at] * (1.0 - own)
        for v, beside in _inflows(at, fluxes):
            if v > 0.0:
                change += v * (fractional_flow(float(saturation[beside]), ratio) - own)
        # what is sucked in holds no cement
        change += (min(outflow[at], 0.0) + min(links[at], 0.0)) * own
        low[at] = saturation[at] + seconds * change / pores[at]
        leaked[at] += seconds * max(outflow[at], 0.0) * own
        through[at] += seconds * max(links[at], 0.0) * own


def fill_corrections(
    saturation: NDArray[np.float64],
    fluxes: NDArray[np.float64],
    pores: NDArray[np.float64],
    spacing: NDArray[np.float64],
    box: NDArray[np.int64],
    seconds: float,
    corrections: NDArray[np.float64],
) -> None:
    """Fill the volumes of cement that have to go on through each face to keep the front sharp.

    Along the normal of the front they are those of limited downwind differences (ultrabee),
    which hold a step within one or two cells; along the front those of van Leer, which do not
    break it into stairs; the weight is the square of the cosine between normal and face.

    Parameters
    ----------
    saturation, fluxes, pores, box, seconds
        As above.
    spacing : (3,) array
        Edges of a cell.
    corrections : (3, ...) array
        Filled for the faces to the next cells.
    """
    for axis in range(3):
        for at in _cells(box):
            v = float(fluxes[(axis, *at)])
            corrections[(axis, *at)] = 0.0
            if v == 0.0:
                continue
            by = 1 if v > 0.0 else -1
            cell = at if v > 0.0 else _step(at, axis, 1)
            centre = saturation[cell]
            down = saturation[_step(cell, axis, by)] - centre
            behind = _step(cell, axis, -by)
            up = centre - saturation[behind] if pores[behind] > 0.0 else down
            if down * up <= 0.0:
                continue
            slopes = np.zeros(3)
            for other in range(3):
                sides = [_step(cell, other, 1), _step(cell, other, -1)]
                a, b = (saturation[s] if pores[s] > 0.0 else centre for s in sides)
                slopes[other] = (a - b) / spacing[other]
            courant = min(abs(v) * seconds / pores[cell], 1.0)
            share = slopes[axis] ** 2 / ((slopes**2).sum() + 1e-300)
            sharp = min(2.0 * (up / down) / max(courant, 1e-6) * (1.0 - courant), 2.0) * down
            smooth = 2.0 * down * up / (down + up) * (1.0 - courant)
            total = share * sharp + (1.0 - share) * smooth
            corrections[(axis, *at)] = 0.5 * v * seconds * total


def fill_allowances(
    saturation: NDArray[np.float64],
    low: NDArray[np.float64],
    pores: NDArray[np.float64],
    corrections: NDArray[np.float64],
    box: NDArray[np.int64],
    allowances: NDArray[np.float64],
) -> None:
    """Fill the parts of the corrections into and out of each cell that make no new extreme.

    After Zalesak, J Comput Phys 1979;31:335.

    Parameters
    ----------
    saturation, low : arrays
        Before the step, and after it without corrections.
    pores, corrections, box
        As above.
    allowances : (2, ...) array
        Filled: into the cell, out of it.
    """
    for at in _cells(box):
        if pores[at] <= 0.0:
            continue
        values = [saturation[at], low[at]]
        entering = leaving = 0.0
        for v, beside in _inflows(at, corrections):
            entering += max(v, 0.0)
            leaving += max(-v, 0.0)
            if pores[beside] > 0.0:
                values += [saturation[beside], low[beside]]
        room = max(min(max(values), 1.0) - low[at] - _GUARD, 0.0) * pores[at]
        stock = max(low[at] - max(min(values), 0.0) - _GUARD, 0.0) * pores[at]
        allowances[(0, *at)] = min(1.0, room / (entering + 1e-300))
        allowances[(1, *at)] = min(1.0, stock / (leaving + 1e-300))


def add_corrections(
    low: NDArray[np.float64],
    pores: NDArray[np.float64],
    corrections: NDArray[np.float64],
    allowances: NDArray[np.float64],
    box: NDArray[np.int64],
    saturation: NDArray[np.float64],
) -> None:
    """Fill the saturation after a step, with the allowed parts of the corrections."""

    def allowed(axis: int, at: tuple[int, ...]) -> Any:
        v, after = corrections[(axis, *at)], _step(at, axis, 1)
        if v > 0.0:
            return v * min(allowances[(1, *at)], allowances[(0, *after)])
        return v * min(allowances[(0, *at)], allowances[(1, *after)])

    for at in _cells(box):
        if pores[at] <= 0.0:
            continue
        change = 0.0
        for axis in range(3):
            change += allowed(axis, _step(at, axis, -1)) - allowed(axis, at)
        saturation[at] = low[at] + change / pores[at]
