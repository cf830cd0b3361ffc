"""Pressure of a liquid in porous cells: operator and multigrid transfers, plain, for tests.

Same signatures as `_darcy_numba`. All arrays have one layer of ghost cells around the box; index
0 of `faces` is the face between a cell and its next neighbour along the first axis, and so on.
Values of cells that are not porous stay 0.
"""

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

PASSABLE = 10.0
"""A cell at an edge or corner keeps its share unless it is less mobile by more than this."""
_INNER = (slice(1, -1),) * 3


def _beside(field: NDArray[Any], axis: int, by: int) -> NDArray[Any]:
    """Return the values of the neighbours of the inner cells."""
    part = [slice(1, -1)] * 3
    part[axis] = slice(1 + by, field.shape[axis] - 1 + by)
    return field[tuple(part)]


def _sum_beside(p: NDArray[Any], faces: NDArray[Any]) -> NDArray[Any]:
    total = np.zeros_like(p[_INNER])
    for axis in range(3):
        total += faces[axis][_INNER] * _beside(p, axis, 1)
        total += _beside(faces[axis], axis, -1) * _beside(p, axis, -1)
    return total


def fill_faces(
    mobility: NDArray[np.float64],
    region: NDArray[np.uint8],
    shares: NDArray[np.float64],
    links: NDArray[np.float64],
    faces: NDArray[np.float64],
    outlets: NDArray[np.float32],
    diagonal: NDArray[np.float64],
) -> None:
    """Fill the conductances of all faces.

    Between two cells their resistances are in series (harmonic mean); to a cell outside it is
    that of half a cell.

    Parameters
    ----------
    mobility : array
        Of each cell.
    region : uint8 array
        0 outside, 1 porous, 2 sealed; the ghost layer is sealed.
    shares : (3,) array
        Conductance between two cells of mobility 1 along each axis.
    links : array
        Conductance of a cell to pressure 0.
    faces, outlets : (3, ...) arrays
        Filled with the conductances to the next cells, and to cells outside across each axis.
    diagonal : array
        Filled with the conductance of each cell to pressure 0.
    """
    porous = region[_INNER] == 1
    a = mobility[_INNER]
    diagonal[_INNER] = np.where(porous, links[_INNER], 0.0)
    for axis in range(3):
        b = _beside(mobility, axis, 1)
        both = porous & (_beside(region, axis, 1) == 1)
        total = np.where(both, a + b, 1.0)
        faces[axis][_INNER] = np.where(both, shares[axis] * 2.0 * a * b / total, 0.0)
        ends = (_beside(region, axis, 1) == 0) * 1.0 + (_beside(region, axis, -1) == 0)
        out = np.where(porous, shares[axis] * 2.0 * a * ends, 0.0)
        outlets[axis][_INNER] = out
        diagonal[_INNER] += out


def add_faces(faces: NDArray[Any], diagonal: NDArray[Any], inverse: NDArray[np.float32]) -> None:
    """Add the conductances of the faces of each cell to the diagonal, and fill its inverse."""
    for axis in range(3):
        diagonal[_INNER] += faces[axis][_INNER] + _beside(faces[axis], axis, -1)
    d = diagonal[_INNER]
    inverse[_INNER] = np.where(d > 0.0, 1.0 / np.where(d > 0.0, d, 1.0), 0.0)


def fill_weights(
    mobility: NDArray[np.float32], factors: NDArray[np.int64], weights: NDArray[np.float32]
) -> None:
    """Fill the shares of eight coarse cells in the value of a fine cell.

    Along an axis there lie half a fine cell, two whole ones (this cell is one of them) and half
    of one between the centres of two coarse cells; with their resistances in series the flux is
    the same everywhere. The shares of three axes are multiplied. Coarse cells at an edge or a
    corner lose theirs where the fine cell there lets little through, as behind a shell, and
    what is left is scaled to a sum of 1.

    Parameters
    ----------
    mobility : float32 array
        Of the fine cells; 0 where they are not porous.
    factors : (3,) int64 array
        1 or 2 fine cells in a coarse one along each axis.
    weights : (8, ...) float32 array
        Filled; 4, 2 and 1 of the index say whether the coarse cell is the further one along the
        first, second and third axis.
    """
    indices = np.indices(mobility.shape)
    further = [
        np.clip(np.where(n % 2 == 1, n - 1, n + 1), 0, size - 1) if f == 2 else n
        for n, f, size in zip(indices, factors, mobility.shape, strict=True)
    ]
    a = mobility
    inside = a > 0.0
    divisor = np.where(inside, a, 1.0)
    along = []
    for axis in range(3):
        at = [further[d] if d == axis else indices[d] for d in range(3)]
        b = mobility[tuple(at)]
        along.append(np.where(inside & (factors[axis] == 2), 0.5 * b / (divisor + b), 0.0))
    total = np.zeros(a.shape)
    for number, sides in enumerate(product((0, 1), repeat=3)):
        share = np.where(inside, 1.0, 0.0)
        for axis, side in enumerate(sides):
            share = share * (along[axis] if side else 1.0 - along[axis])
        if sum(sides) > 1:
            at = [further[d] if sides[d] else indices[d] for d in range(3)]
            share = share * np.minimum(1.0, PASSABLE * mobility[tuple(at)] / divisor)
        weights[number][_INNER] = share[_INNER]
        total += share
    weights /= np.where(inside, total, 1.0)


def _corners(shape: tuple[int, ...], factors: NDArray[np.int64]) -> list[tuple[NDArray[Any], ...]]:
    """Return the eight coarse cells of each fine one."""
    near, far = [], []
    for size, factor in zip(shape, factors, strict=True):
        fine = np.arange(1, size - 1)
        near.append((fine + 1) // 2 if factor == 2 else fine)
        beyond = np.where(fine % 2 == 1, near[-1] - 1, near[-1] + 1)
        far.append(beyond if factor == 2 else fine)
    return [
        np.ix_(*(far[d] if sides[d] else near[d] for d in range(3)))
        for sides in product((0, 1), repeat=3)
    ]


def restrict(
    r: NDArray[np.float32],
    weights: NDArray[np.float32],
    factors: NDArray[np.int64],
    coarse_inverse: NDArray[np.float32],
    coarse: NDArray[np.float32],
) -> None:
    """Fill a coarse right side: the transpose of `interpolate`.

    Parameters
    ----------
    r : float32 array
        Residual of the fine cells.
    weights, factors
        From `fill_weights`.
    coarse_inverse : float32 array
        0 where a coarse cell is not porous.
    coarse : float32 array
        Filled.
    """
    total = np.zeros(coarse.shape)
    for share, corner in zip(weights, _corners(r.shape, factors), strict=True):
        np.add.at(total, corner, share[_INNER] * r[_INNER])
    coarse[_INNER] = np.where(coarse_inverse[_INNER] > 0.0, total[_INNER], 0.0)


def interpolate(
    coarse: NDArray[np.float32],
    weights: NDArray[np.float32],
    factors: NDArray[np.int64],
    inverse: NDArray[np.float32],
    p: NDArray[np.float32],
) -> None:
    """Add a coarse correction to the porous fine cells."""
    total = np.zeros_like(p[_INNER])
    for share, corner in zip(weights, _corners(p.shape, factors), strict=True):
        total += share[_INNER] * coarse[corner]
    p[_INNER] += np.where(inverse[_INNER] > 0.0, total, 0.0)


def coarsen(
    faces: NDArray[Any],
    outlets: NDArray[np.float32],
    links: NDArray[np.float32],
    mobility: NDArray[np.float32],
    factors: NDArray[np.int64],
    coarse_faces: NDArray[np.float32],
    coarse_outlets: NDArray[np.float32],
    coarse_links: NDArray[np.float32],
    coarse_mobility: NDArray[np.float32],
    coarse_diagonal: NDArray[np.float32],
) -> None:
    """Fill the conductances of a coarse grid.

    Faces add up and are divided by how much further the centres are apart; what ends in a vein
    (``links``) adds up. The mobility is the geometric mean of the porous children.
    """
    counts = [(n - 2) // f for n, f in zip(mobility.shape, factors, strict=True)]
    for a, b, c in product(*(range(n) for n in counts)):
        lows = [1 + n * int(f) for n, f in zip((a, b, c), factors, strict=True)]
        children = tuple(slice(low, low + int(f)) for low, f in zip(lows, factors, strict=True))
        at = (a + 1, b + 1, c + 1)
        total = coarse_links[at] = links[children].sum(dtype=np.float64)
        for axis in range(3):
            last = list(children)
            last[axis] = slice(children[axis].stop - 1, children[axis].stop)
            across = faces[axis][tuple(last)].sum(dtype=np.float64)
            coarse_faces[axis][at] = across / factors[axis]
            out = outlets[axis][children].sum(dtype=np.float64) / factors[axis]
            coarse_outlets[axis][at] = out
            total += out
        inside = mobility[children][mobility[children] > 0.0].astype(np.float64)
        coarse_mobility[at] = np.exp(np.log(inside).mean()) if inside.size else 0.0
        coarse_diagonal[at] = total


def _colours(shape: tuple[int, ...]) -> NDArray[np.int64]:
    return np.asarray(np.indices(shape).sum(axis=0)[_INNER] % 2)


def begin(
    b: NDArray[np.float32],
    inverse: NDArray[np.float32],
    rows: NDArray[np.int64],
    p: NDArray[np.float32],
) -> None:
    """Relax the cells of colour 0 from zero pressure."""
    even = _colours(p.shape) == 0
    p[_INNER] = np.where(even, b[_INNER] * inverse[_INNER], 0.0)


def relax(
    p: NDArray[np.float32],
    b: NDArray[np.float32],
    faces: NDArray[np.float32],
    inverse: NDArray[np.float32],
    rows: NDArray[np.int64],
    colour: int,
) -> None:
    """Fulfil the balance of all cells of one colour of a chequerboard (Gauss-Seidel).

    Parameters
    ----------
    p, b : float32 arrays
        Pressure, changed, and right side.
    faces, inverse : float32 arrays
        Operator.
    rows : (ni, nj, 2) int64 array
        First porous cell of each row along the last axis, and the one after the last.
    colour : int
        Whether the sum of a cell's three indices (ghosts counted) is odd.
    """
    value = (b[_INNER] + _sum_beside(p, faces)) * inverse[_INNER]
    p[_INNER] = np.where(_colours(p.shape) == colour, value, p[_INNER])


def settle(
    p: NDArray[np.float32],
    b: NDArray[np.float32],
    faces: NDArray[np.float32],
    inverse: NDArray[np.float32],
    sweeps: int,
) -> None:
    """Fill the pressure of the coarsest grid by symmetric sweeps over both colours."""
    rows = np.zeros((1, 1, 2), dtype=np.int64)
    p[...] = 0.0
    for colour in (0, 1) * sweeps + (1, 0) * sweeps:
        relax(p, b, faces, inverse, rows, colour)


def fill_residual(
    p: NDArray[np.float32],
    b: NDArray[np.float32],
    faces: NDArray[np.float32],
    diagonal: NDArray[np.float32],
    rows: NDArray[np.int64],
    r: NDArray[np.float32],
) -> None:
    """Fill what colour 0 lacks to balance; colour 1 has just been relaxed and lacks nothing."""
    value = b[_INNER] - diagonal[_INNER] * p[_INNER] + _sum_beside(p, faces)
    r[_INNER] = np.where(_colours(p.shape) == 0, value, 0.0)


def multiply(
    p: NDArray[np.float64],
    faces: NDArray[np.float64],
    diagonal: NDArray[np.float64],
    rows: NDArray[np.int64],
    out: NDArray[np.float64],
) -> float:
    """Fill the flow out of each cell at a pressure; return its scalar product with it."""
    out[...] = 0.0
    out[_INNER] = diagonal[_INNER] * p[_INNER] - _sum_beside(p, faces)
    return float((out * p).sum())


def fill_flow(
    p: NDArray[np.float64],
    mobility: NDArray[np.float64],
    region: NDArray[np.uint8],
    shares: NDArray[np.float64],
    areas: NDArray[np.float64],
    faces: NDArray[np.float64],
    fluxes: NDArray[np.float64],
    outflow: NDArray[np.float64],
    speed: NDArray[np.float64],
) -> None:
    """Fill what flows through the faces, and the speed of filtration in the cells.

    Parameters
    ----------
    p, mobility, region, shares, faces
        As above.
    areas : (3,) array
        Of the faces across each axis.
    fluxes : (3, ...) array
        Filled with the flow to the next cell.
    outflow : array
        Filled with the flow to cells outside.
    speed : array
        Filled with the length of the flow by area, the mean of both faces along each axis.
    """
    porous = region[_INNER] == 1
    c, square = p[_INNER], np.zeros_like(p[_INNER])
    outflow[_INNER] = 0.0
    for axis in range(3):
        fluxes[axis][_INNER] = faces[axis][_INNER] * (c - _beside(p, axis, 1))
    for axis in range(3):
        half = np.where(porous, shares[axis] * 2.0 * mobility[_INNER] * c, 0.0)
        after = np.where(_beside(region, axis, 1) == 0, half, 0.0)
        before = np.where(_beside(region, axis, -1) == 0, half, 0.0)
        outflow[_INNER] += after + before
        through = fluxes[axis][_INNER] + after + _beside(fluxes[axis], axis, -1) - before
        square += (0.5 * through / areas[axis]) ** 2
    speed[_INNER] = np.sqrt(square)
