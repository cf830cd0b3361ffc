"""Coarse operators of a body of bricks, plain, for tests.

Same signatures as `_galerkin_numba`. Runs of cells and of nodes are given as (base, first, last),
see `span_grid`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.hexahedron import CORNERS
from vertaug.numerics.span_grid import SpanGrid

Runs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
TRIANGLE = np.triu_indices(24)
"""Rows and columns of what is kept of a cell's stiffness."""


def parent_weights(position: int) -> NDArray[np.float64]:
    """Return how a child's nodes follow from the parent's, shape (8, 8).

    Parameters
    ----------
    position : int
        ``4 a + 2 b + c`` with 0 for the lower and 1 for the upper half along each axis.
    """
    halves = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.5, 0.5], [0.0, 1.0]]])
    a, b, c = (halves[(position >> shift) & 1] for shift in (2, 1, 0))
    return np.kron(a, np.kron(b, c))


def unfold_triangle(stiffness: NDArray[Any]) -> NDArray[Any]:
    """Return whole matrices, shape (..., 24, 24), from their upper triangles."""
    whole = np.empty((*stiffness.shape[:-1], 24, 24), dtype=stiffness.dtype)
    row, column = TRIANGLE
    whole[..., row, column] = whole[..., column, row] = stiffness
    return whole


def cell_dofs(grid: SpanGrid) -> NDArray[np.int64]:
    """Return the degrees of freedom of each cell, shape (n, 24), counted as 3 node + axis."""
    number = grid.spread_nodes(np.arange(grid.nodes.size))
    where = np.argwhere(grid.spread_cells(np.ones(grid.cells.size, dtype=bool)))
    nodes = number[tuple((where[:, None, :] + CORNERS).transpose(2, 0, 1))]
    return np.asarray((3 * nodes[:, :, None] + np.arange(3)).reshape(-1, 24))


def assemble_dense(grid: SpanGrid, matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix of a level from the stiffness of its cells.

    Parameters
    ----------
    grid : SpanGrid
    matrices : (n, 24, 24) float64 array

    Returns
    -------
    (3 m, 3 m) float64 array
        Degrees of freedom are counted as 3 node + axis.
    """
    dofs = cell_dofs(grid)
    matrix = np.zeros((3 * grid.nodes.size, 3 * grid.nodes.size))
    np.add.at(matrix, (dofs[:, :, None], dofs[:, None, :]), matrices)
    return matrix


def list_entries(runs: Runs) -> list[tuple[int, int, int, int]]:
    """Return the place (i, j, k) and the number of each cell or node of some runs."""
    base, first, last = runs
    return [
        (i, j, k, int(base[i, j]) + k)
        for i in range(base.shape[0])
        for j in range(base.shape[1])
        for k in range(first[i, j], last[i, j])
    ]


def find_entry(runs: Runs, i: int, j: int, k: int) -> int | None:
    """Return the number of a cell or node, None outside the runs."""
    base, first, last = runs
    if not (0 <= i < base.shape[0] and 0 <= j < base.shape[1]):
        return None
    return int(base[i, j]) + k if first[i, j] <= k < last[i, j] else None


def sum_bricks(
    moduli: NDArray[Any],
    table: NDArray[Any],
    pattern: NDArray[np.int16],
    fine: Runs,
    coarse: Runs,
    out: NDArray[Any],
) -> None:
    """Fill the stiffness of coarse cells from the moduli of their bricks.

    Parameters
    ----------
    moduli : (materials, n) array
        Modulus of each brick for each material it is a mixture of.
    table : (patterns, materials, 8, 300) array
        Stiffness of a brick at a modulus of 1 as the coarse nodes feel it, by its position;
        the upper triangle of 24 x 24, row by row.
    pattern : (n,) int16 array
        Which of a brick's nodes are held: first index of ``table``.
    fine, coarse : runs of cells
    out : (m, 300) array
        Filled; the same of coarse cells.
    """
    for i, j, k, at in list_entries(coarse):
        out[at] = 0
        for position in range(8):
            child = find_entry(
                fine, 2 * i + (position >> 2), 2 * j + ((position >> 1) & 1), 2 * k + (position & 1)
            )
            if child is not None:
                out[at] += moduli[:, child] @ table[pattern[child], :, position]


def sum_cells(stiffness: NDArray[Any], fine: Runs, coarse: Runs, out: NDArray[Any]) -> None:
    """Fill the stiffness of coarse cells from that of cells half as wide.

    Parameters
    ----------
    stiffness : (n, 300) array
    fine, coarse : runs of cells
    out : (m, 300) array
        Filled.
    """
    weights = [np.kron(parent_weights(n), np.eye(3)) for n in range(8)]
    for i, j, k, at in list_entries(coarse):
        out[at] = 0
        for position, p in enumerate(weights):
            child = find_entry(
                fine, 2 * i + (position >> 2), 2 * j + ((position >> 1) & 1), 2 * k + (position & 1)
            )
            if child is not None:
                out[at] += (p.T @ unfold_triangle(stiffness[child]) @ p)[TRIANGLE]


def gather_stencil(
    stiffness: NDArray[Any], cells: Runs, nodes: Runs, shift: int, out: NDArray[Any]
) -> None:
    """Fill the three rows of each node from the stiffness of the cells around it.

    Parameters
    ----------
    stiffness : (n, 300) array
    cells, nodes : runs
    shift : int
        First plane of ``nodes`` counted in planes of ``cells``.
    out : (m, 126) array
        Filled: entry ``42 p + 3 s + q`` is the force along p from axis q of the neighbour at
        (di, dj, dk) with ``s = 9 di + 3 dj + dk``, from 0 for the node itself to 13. What it
        feels from the other 13 is the transpose of what they feel from it.
    """
    for i, j, k, at in list_entries(nodes):
        rows = np.zeros((3, 3, 3, 3, 3))
        for corner in range(8):
            a, b, c = corner >> 2, (corner >> 1) & 1, corner & 1
            cell = find_entry(cells, i + shift - a, j - b, k - c)
            if cell is None:
                continue
            matrix = unfold_triangle(stiffness[cell]).reshape(8, 3, 8, 3)
            for other in range(8):
                side = (1 - a + (other >> 2), 1 - b + ((other >> 1) & 1), 1 - c + (other & 1))
                rows[(slice(None), *side)] += matrix[corner, :, other]
        out[at] = rows.reshape(3, 27, 3)[:, 13:].ravel()


def _parents(i: int, j: int, k: int) -> list[tuple[int, int, int, float]]:
    """Return the coarse nodes that a fine node follows, with their weights."""
    axes = [
        [(n // 2, 1.0)] if n % 2 == 0 else [(n // 2, 0.5), (n // 2 + 1, 0.5)] for n in (i, j, k)
    ]
    return [(a, b, c, u * v * w) for a, u in axes[0] for b, v in axes[1] for c, w in axes[2]]


def restrict(
    fine: NDArray[Any],
    layout: tuple[int, int, int],
    fine_nodes: Runs,
    nodes: Runs,
    out: NDArray[Any],
) -> None:
    """Fill coarse forces from fine ones, the transpose of `interpolate`.

    Parameters
    ----------
    fine : flat array
        Zero where a node is held.
    layout : (origin, along, step)
        Value ``origin + along p + step n`` of a fine vector is that of node n along p.
    fine_nodes, nodes : runs of nodes
    out : (3 m + 12,) array
        Filled between its first and last six.
    """
    origin, along, step = layout
    out[6:-6] = 0
    for i, j, k, at in list_entries(fine_nodes):
        for a, b, c, share in _parents(i, j, k):
            to = find_entry(nodes, a, b, c)
            if to is not None:
                for p in range(3):
                    out[6 + 3 * to + p] += share * fine[origin + along * p + step * at]


def interpolate(
    coarse: NDArray[Any],
    nodes: Runs,
    fine_nodes: Runs,
    layout: tuple[int, int, int],
    weight: NDArray[Any],
    x: NDArray[Any],
) -> None:
    """Add the coarse field, linear between nodes, to the free nodes of the fine grid.

    Parameters
    ----------
    coarse : (3 m + 12,) array
    nodes, fine_nodes : runs of nodes
    layout : (origin, along, step)
        Of fine vectors, see `restrict`.
    weight : flat array
        Zero where a fine node is held: nothing is added there.
    x : flat array
        Added to.
    """
    origin, along, step = layout
    for i, j, k, at in list_entries(fine_nodes):
        for p in range(3):
            to = origin + along * p + step * at
            if weight[to] == 0:
                continue
            for a, b, c, share in _parents(i, j, k):
                come = find_entry(nodes, a, b, c)
                if come is not None:
                    x[to] += share * coarse[6 + 3 * come + p]
