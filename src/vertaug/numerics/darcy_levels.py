"""The grids of a multigrid cycle for the pressure in porous cells, as preconditioner.

Coarse grids halve the axes along which cells are coupled strongly, so that flat cells and layered
permeability need no other smoother. Corrections are interpolated with the weights of resistances
in series, their transpose restricts; two sweeps of red-black Gauss-Seidel go down and the same in
reverse order up, so that the cycle is symmetric. All in single precision.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.flow_cells import FlowCells
from vertaug.numerics.thread_limit import few_threads

_COARSEST_CELLS = 64
_COARSEST_SWEEPS = 12
_STRONG = 0.3
"""An axis is halved if its coupling is at least this part of the strongest."""
_SWEEPS = 2


def plan_levels(cells: FlowCells) -> tuple[list[tuple[int, ...]], list[NDArray[np.int64]]]:
    """Return the shape of each level without ghosts, and the factors to the next coarser one.

    A shape is made a multiple of its factors; cells added so are sealed.
    """
    sizes = np.array(cells.shape)
    coupling = cells.ratios / cells.spacing_mm**2
    shapes, factors = [], []
    while sizes.prod() > _COARSEST_CELLS and sizes.max() > 1:
        strong = coupling >= _STRONG * coupling[sizes > 1].max()
        factor = np.where((sizes > 1) & strong, 2, 1)
        sizes = -(-sizes // factor) * factor
        shapes.append(tuple(int(n) for n in sizes))
        factors.append(factor.astype(np.int64))
        sizes = sizes // factor
        coupling = coupling / factor**2
    shapes.append(tuple(int(n) for n in sizes))
    return shapes, factors


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DarcyLevel:
    """Memory of one grid, with a layer of ghosts; the names are those of the kernels."""

    faces: NDArray[np.float32]
    outlets: NDArray[np.float32]
    weights: NDArray[np.float32]
    links: NDArray[np.float32]
    mobility: NDArray[np.float32]
    diagonal: NDArray[np.float32]
    inverse: NDArray[np.float32]
    p: NDArray[np.float32]
    b: NDArray[np.float32]
    r: NDArray[np.float32]
    rows: NDArray[np.int64]


def make_level(shape: tuple[int, ...]) -> DarcyLevel:
    """Return an empty level of a shape without ghosts."""
    ghosted = tuple(n + 2 for n in shape)

    def empty(*first: int) -> NDArray[np.float32]:
        return np.zeros((*first, *ghosted), dtype=np.float32)

    return DarcyLevel(
        faces=empty(3),
        outlets=empty(3),
        weights=empty(8),
        links=empty(),
        mobility=empty(),
        diagonal=empty(),
        inverse=empty(),
        p=empty(),
        b=empty(),
        r=empty(),
        rows=np.ones((*ghosted[:2], 2), dtype=np.int64),
    )


def mark_rows(porous: NDArray[np.bool_], rows: NDArray[np.int64]) -> None:
    """Fill the first porous cell of each row and the one after the last; (1, 1) where none is."""
    some = porous.any(axis=2)
    last = porous.shape[2] - porous[:, :, ::-1].argmax(axis=2)
    rows[:, :, 0] = np.where(some, porous.argmax(axis=2), 1)
    rows[:, :, 1] = np.where(some, last, 1)


class DarcyMultigrid:
    """The levels of a box of cells; filled anew for each mobility.

    Parameters
    ----------
    cells : FlowCells
    """

    def __init__(self, cells: FlowCells) -> None:
        shapes, self._factors = plan_levels(cells)
        self._levels = [make_level(shape) for shape in shapes]

    @property
    def fine(self) -> DarcyLevel:
        """The finest level: its operator is filled by the caller, its ``b`` before a cycle."""
        return self._levels[0]

    def mark(self, porous: NDArray[np.bool_]) -> None:
        """Take on which cells of the finest level, with ghosts, are porous."""
        for number, level in enumerate(self._levels):
            for field in (level.p, level.b, level.r, level.weights):
                field[...] = 0.0
            mark_rows(porous, level.rows)
            if number < len(self._factors):
                porous = self._coarsen_mark(porous, number)

    def _coarsen_mark(self, porous: NDArray[np.bool_], number: int) -> NDArray[np.bool_]:
        factor = self._factors[number]
        inner = porous[1:-1, 1:-1, 1:-1]
        a, b, c = (n // f for n, f in zip(inner.shape, factor, strict=True))
        split = inner.reshape(a, factor[0], b, factor[1], c, factor[2])
        out = np.zeros(self._levels[number + 1].p.shape, dtype=np.bool_)
        out[1 : a + 1, 1 : b + 1, 1 : c + 1] = split.any(axis=(1, 3, 5))
        return out

    def prepare(self) -> None:
        """Fill the coarse levels from the operator of the finest one."""
        from vertaug.numerics._darcy_numba import add_faces, coarsen, fill_weights

        for fine, factors, coarse in zip(
            self._levels, self._factors, self._levels[1:], strict=False
        ):
            with few_threads(fine.p.size):
                fill_weights(fine.mobility, factors, fine.weights)
                coarsen(
                    fine.faces,
                    fine.outlets,
                    fine.links,
                    fine.mobility,
                    factors,
                    coarse.faces,
                    coarse.outlets,
                    coarse.links,
                    coarse.mobility,
                    coarse.diagonal,
                )
                add_faces(coarse.faces, coarse.diagonal, coarse.inverse)

    def cycle(self) -> NDArray[np.float32]:
        """Return the correction for the right side; it is overwritten by the next cycle."""
        return self._descend(0)

    def _descend(self, number: int) -> NDArray[np.float32]:
        from vertaug.numerics._darcy_numba import settle

        level = self._levels[number]
        if number == len(self._levels) - 1:
            settle(level.p, level.b, level.faces, level.inverse, _COARSEST_SWEEPS)
            return level.p
        with few_threads(level.p.size):
            return self._correct(number, level)

    def _correct(self, number: int, level: DarcyLevel) -> NDArray[np.float32]:
        from vertaug.numerics._darcy_numba import (
            begin,
            fill_residual,
            interpolate,
            relax,
            restrict,
        )

        below, factors = self._levels[number + 1], self._factors[number]
        p, b, faces, inverse, rows = level.p, level.b, level.faces, level.inverse, level.rows
        begin(b, inverse, rows, p)
        for colour in (1, *(0, 1) * (_SWEEPS - 1)):
            relax(p, b, faces, inverse, rows, colour)
        fill_residual(p, b, faces, level.diagonal, rows, level.r)
        restrict(level.r, level.weights, factors, below.inverse, below.b)
        interpolate(self._descend(number + 1), level.weights, factors, inverse, p)
        for colour in (1, 0) * _SWEEPS:
            relax(p, b, faces, inverse, rows, colour)
        return p
