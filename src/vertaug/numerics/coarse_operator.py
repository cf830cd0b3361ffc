"""Coarse levels of a body: exact operators of trilinear interpolation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics._galerkin_reference import TRIANGLE, parent_weights
from vertaug.numerics.brick_operator import RESIDUAL, STEP, BrickBody
from vertaug.numerics.hexahedron import FloatArray
from vertaug.numerics.span_grid import Rows, SpanGrid, coarsen

_PLANES = 2
"""Planes of cells whose stiffness is found at once; even. The last one is kept for the next."""
_LANCZOS_STEPS = 20
_TINY = 1e-5
_SAFETY = 1.05
"""Twelve steps fell short by up to 5 % on random voxels of eight decades."""

Runs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoarseOperator:
    """The stiffness of a body as the nodes of a coarse grid feel it.

    Attributes
    ----------
    grid : SpanGrid
    blocks : (m, 126) float32 array
        Rows of each node for itself and those behind it, see `_galerkin_reference.gather_stencil`.
    weight : (3 m + 12,) float32 array
        Reciprocal of the diagonal; 0 where a node moves nothing, and at both ends.
    """

    grid: SpanGrid
    blocks: NDArray[np.float32]
    weight: NDArray[np.float32]

    def residual(self, u: NDArray[Any], b: NDArray[Any], out: NDArray[Any]) -> None:
        """Fill ``b`` minus the forces, zero where a node moves nothing."""
        self._sweep(RESIDUAL, u, (b, b), (0.0, 0.0), out)

    def step(
        self,
        u: NDArray[Any],
        vectors: tuple[NDArray[Any], NDArray[Any]],
        shares: tuple[float, float],
        out: NDArray[Any],
    ) -> None:
        """Take a step of Chebyshev's iteration; ``vectors`` are right side and last step."""
        self._sweep(STEP, u, vectors, shares, out)

    def _sweep(
        self,
        task: int,
        u: NDArray[Any],
        vectors: tuple[NDArray[Any], NDArray[Any]],
        shares: tuple[float, float],
        out: NDArray[Any],
    ) -> None:
        import numba

        from vertaug.numerics._stencil_numba import sweep_stencil

        kind = u.dtype.type
        given = (kind(shares[0]), kind(shares[1]))
        parts = numba.get_num_threads()
        runs = runs_of(self.grid.nodes)
        sweep_stencil(u, self.blocks, runs, task, *vectors, self.weight, *given, out, parts)

    def largest_eigenvalue(self) -> float:
        """Bound the eigenvalues of the operator scaled by its diagonal.

        The largest Ritz value of a few Lanczos steps and its residual (Zhou, Li, SIAM J Sci
        Comput 2011); the power method falls short where the moduli differ by decades.
        """
        from vertaug.numerics._vector_numba import dot

        root = np.sqrt(self.weight)
        zero, y = np.zeros_like(root), np.zeros_like(root)
        v: NDArray[Any] = np.random.default_rng(0).standard_normal(root.shape).astype(np.float32)
        v *= root > 0
        length = float(np.sqrt(dot(v, v)))
        if not length > 0.0:
            # every node is held
            return 1.0
        v /= np.float32(length)
        before, beta = zero, 0.0
        diagonal, beside = [], []
        for _ in range(_LANCZOS_STEPS):
            self.residual(root * v, zero, y)
            y *= -root
            y -= np.float32(beta) * before
            diagonal.append(float(dot(v, y)))
            y -= np.float32(diagonal[-1]) * v
            beta = float(np.sqrt(dot(y, y)))
            beside.append(beta)
            if not beta > _TINY * max(diagonal):
                # the space is exhausted
                break
            before, v = v, y / np.float32(beta)
        ritz = np.diag(diagonal) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1)
        values, vectors = np.linalg.eigh(ritz)
        return _SAFETY * float(values[-1] + beside[-1] * abs(vectors[-1, -1]))


def coarsen_body(body: BrickBody) -> tuple[CoarseOperator, FloatArray]:
    """Return the first coarse level of a body of bricks, and what the second one is made of.

    Returns
    -------
    CoarseOperator
    (n, 300) float64 array
        Stiffness of the cells of the next coarser grid, upper triangles row by row.
    """
    from vertaug.numerics._galerkin_numba import gather_stencil, sum_bricks, sum_cells

    pattern, table = _held_patterns(body)
    fine, grid = body.grid, coarsen(body.grid)
    after = coarsen(grid)
    blocks = np.empty((grid.nodes.size, 126), dtype=np.float32)
    cells = np.empty((after.cells.size, 300))
    sizes, planes = (grid.cells.last - grid.cells.first).sum(axis=1), grid.shape[0]
    held = np.empty((_most_of(sizes, _PLANES + 1), 300))
    for start in range(0, planes, _PLANES):
        stop = min(start + _PLANES, planes)
        before = max(start - 1, 0)
        own, size = _part(grid.cells, before, stop)
        base, first, last = (a[start - before :] for a in own)
        new = base, first, last
        sum_bricks(body.moduli, table, pattern, _planes(fine.cells, 2 * start, 2 * stop), new, held)
        nodes = _planes(grid.nodes, start, stop + (stop == planes))
        gather_stencil(held, own, nodes, start - before, blocks)
        sum_cells(held, new, _planes(after.cells, start // 2, (stop + 1) // 2), cells)
        kept = int(sizes[stop - 1])
        held[:kept] = held[size - kept : size]
    return _finish(grid, blocks), cells


def coarsen_operator(
    operator: CoarseOperator, cells: FloatArray
) -> tuple[CoarseOperator, FloatArray]:
    """Return the next coarser level from the stiffness of its cells, as `coarsen_body` does."""
    from vertaug.numerics._galerkin_numba import gather_stencil, sum_cells

    grid = coarsen(operator.grid)
    after = coarsen(grid)
    blocks = np.empty((grid.nodes.size, 126), dtype=np.float32)
    gather_stencil(cells, runs_of(grid.cells), runs_of(grid.nodes), 0, blocks)
    wider = np.empty((after.cells.size, 300))
    sum_cells(cells, runs_of(grid.cells), runs_of(after.cells), wider)
    return _finish(grid, blocks), wider


def _finish(grid: SpanGrid, blocks: NDArray[np.float32]) -> CoarseOperator:
    # the first of 14 neighbours is the node itself: entry 42 p + p
    diagonal = np.zeros(3 * grid.nodes.size + 12, dtype=np.float32)
    diagonal[6:-6] = blocks[:, [0, 43, 86]].reshape(-1)
    weight = np.divide(1.0, diagonal, out=np.zeros_like(diagonal), where=diagonal > 0.0)
    return CoarseOperator(grid=grid, blocks=blocks, weight=weight)


def _most_of(sizes: NDArray[np.int64], many: int) -> int:
    """Return the most that so many neighbours make together."""
    sums = np.concatenate([[0], np.cumsum(sizes)])
    many = min(many, len(sizes))
    return int((sums[many:] - sums[:-many]).max())


def runs_of(rows: Rows) -> Runs:
    """Return runs as the kernels take them."""
    return rows.base, rows.first, rows.last


def _planes(rows: Rows, start: int, stop: int) -> Runs:
    return rows.base[start:stop], rows.first[start:stop], rows.last[start:stop]


def _part(rows: Rows, start: int, stop: int) -> tuple[Runs, int]:
    """Return the runs of some planes, counted from the first of them, and their size."""
    base, first, last = _planes(rows, start, stop)
    begin = int(base[0, 0] + first[0, 0])
    return (base - begin, first, last), int((last - first).sum())


def _held_patterns(body: BrickBody) -> tuple[NDArray[np.int16], FloatArray]:
    """Return which of its degrees of freedom each brick has held, as a number, and their tables.

    A table holds for each material and each position of a brick in its coarse cell the
    stiffness that the coarse nodes feel, held nodes staying where they are.
    """
    grid = body.grid
    held = np.array([grid.spread_nodes(row) for row in body.held])
    i, j, k = grid.shape
    some = np.asarray(held.any(axis=0))
    corners = [(n >> 2, (n >> 1) & 1, n & 1) for n in range(8)]
    touched: NDArray[np.bool_] = np.zeros(grid.shape, dtype=np.bool_)
    for a, b, c in corners:
        touched |= some[a : a + i, b : b + j, c : c + k]
    where = np.argwhere(touched)
    pattern = np.zeros(len(where), dtype=np.int64)
    for n, corner in enumerate(corners):
        at = tuple((where + corner).T)
        for axis in range(3):
            pattern |= held[(axis, *at)].astype(np.int64) << (3 * n + axis)
    kinds, number = np.unique(pattern, return_inverse=True)
    box = np.zeros(grid.shape, dtype=np.int16)
    box[tuple(where.T)] = 1 + number
    free = np.concatenate([np.ones((1, 24), dtype=bool), kinds[:, None] >> np.arange(24) & 1 == 0])
    weights = [np.kron(parent_weights(n), np.eye(3)) for n in range(8)]
    table = np.empty((len(free), len(body.moduli), 8, 300))
    for m, matrix in enumerate(body.brick_stiffnesses()):
        for n, mask in enumerate(free):
            masked = matrix * np.outer(mask, mask)
            for position, p in enumerate(weights):
                table[n, m, position] = (p.T @ masked @ p)[TRIANGLE]
    return grid.gather_cells(box), table
