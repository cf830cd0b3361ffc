"""Coarse levels of a body: exact operators of trilinear interpolation."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics._galerkin_reference import parent_weights
from vertaug.numerics.brick_operator import RESIDUAL, STEP, BrickBody
from vertaug.numerics.span_grid import Rows, SpanGrid, coarsen

_PLANES = 8
"""Planes of cells whose stiffness is held in memory at once; even."""
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
    blocks : (m, 243) float32 array
        Rows of each node, see `_galerkin_reference.gather_stencil`.
    weight : (3 m + 12,) float32 array
        Reciprocal of the diagonal; 0 where a node moves nothing, and at both ends.
    cells : (n, 576) float64 array
        Stiffness of the cells of the next coarser grid.
    """

    grid: SpanGrid
    blocks: NDArray[np.float32]
    weight: NDArray[np.float32]
    cells: NDArray[np.float64]

    def without_cells(self) -> "CoarseOperator":
        """Return the operator without what only the next level needs."""
        return replace(self, cells=np.empty((0, 576)))

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

        from vertaug.numerics._galerkin_numba import sweep_stencil

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


def assemble_dense(
    grid: SpanGrid, cells: NDArray[np.float64], free: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the matrix of a small level from the stiffness of its cells.

    Parameters
    ----------
    grid : SpanGrid
    cells : (n, 576) float64 array
    free : (f,) int64 array
        Which degrees of freedom, counted as 3 node + axis.

    Returns
    -------
    (f, f) float64 array
    """
    size = grid.nodes.size
    number = grid.spread_nodes(np.arange(size))
    inside = grid.spread_cells(np.ones(grid.cells.size, dtype=bool))
    where = np.argwhere(inside)
    corners = np.array([[n >> 2, (n >> 1) & 1, n & 1] for n in range(8)])
    nodes = number[tuple((where[:, None, :] + corners).transpose(2, 0, 1))]
    dofs = (3 * nodes[:, :, None] + np.arange(3)).reshape(len(where), 24)
    matrix = np.zeros((3 * size, 3 * size))
    np.add.at(matrix, (dofs[:, :, None], dofs[:, None, :]), cells.reshape(-1, 24, 24))
    return np.asarray(matrix[np.ix_(free, free)])


def coarsen_body(body: BrickBody) -> CoarseOperator:
    """Return the first coarse level of a body of bricks."""
    from vertaug.numerics._galerkin_numba import gather_stencil, sum_bricks, sum_cells

    pattern, table = _held_patterns(body)
    moduli = body.moduli
    fine, grid = body.grid, coarsen(body.grid)
    after = coarsen(grid)
    blocks = np.empty((grid.nodes.size, 243), dtype=np.float32)
    cells = np.empty((after.cells.size, 576))
    planes = grid.shape[0]
    for start in range(0, planes, _PLANES):
        stop = min(start + _PLANES, planes)
        before = max(start - 1, 0)
        own, size = _part(grid.cells, before, stop)
        held = np.empty((size, 576))
        sum_bricks(moduli, table, pattern, _planes(fine.cells, 2 * before, 2 * stop), own, held)
        nodes = _planes(grid.nodes, start, stop + (stop == planes))
        gather_stencil(held, own, nodes, start - before, blocks)
        base, first, last = (a[start - before :] for a in own)
        sum_cells(
            held, (base, first, last), _planes(after.cells, start // 2, (stop + 1) // 2), cells
        )
    return _finish(grid, blocks, cells)


def coarsen_operator(operator: CoarseOperator) -> CoarseOperator:
    """Return the next coarser level."""
    from vertaug.numerics._galerkin_numba import gather_stencil, sum_cells

    grid = coarsen(operator.grid)
    after = coarsen(grid)
    blocks = np.empty((grid.nodes.size, 243), dtype=np.float32)
    cells = np.empty((after.cells.size, 576))
    gather_stencil(operator.cells, runs_of(grid.cells), runs_of(grid.nodes), 0, blocks)
    sum_cells(operator.cells, runs_of(grid.cells), runs_of(after.cells), cells)
    return _finish(grid, blocks, cells)


def _finish(
    grid: SpanGrid, blocks: NDArray[np.float32], cells: NDArray[np.float64]
) -> CoarseOperator:
    # the node itself is neighbour 13 of 27: entry 81 p + 39 + p
    diagonal = np.zeros(3 * grid.nodes.size + 12, dtype=np.float32)
    diagonal[6:-6] = blocks[:, [39, 121, 203]].reshape(-1)
    weight = np.divide(1.0, diagonal, out=np.zeros_like(diagonal), where=diagonal > 0.0)
    return CoarseOperator(grid=grid, blocks=blocks, weight=weight, cells=cells)


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


def _held_patterns(body: BrickBody) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
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
    table = np.empty((len(free), len(body.moduli), 8, 576))
    for m, matrix in enumerate(body.brick_stiffnesses()):
        for n, mask in enumerate(free):
            masked = matrix * np.outer(mask, mask)
            for position, p in enumerate(weights):
                table[n, m, position] = (p.T @ masked @ p).ravel()
    return grid.gather_cells(box), table
