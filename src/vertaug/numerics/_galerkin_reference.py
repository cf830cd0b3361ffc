"""Coarse operators of a body of bricks, plain, for tests.

Same signatures as `_galerkin_numba`. Runs of cells and of nodes are given as (base, first, last),
see `span_grid`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Runs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


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


def _cells(runs: Runs) -> list[tuple[int, int, int, int]]:
    base, first, last = runs
    return [
        (i, j, k, int(base[i, j]) + k)
        for i in range(base.shape[0])
        for j in range(base.shape[1])
        for k in range(first[i, j], last[i, j])
    ]


def _find(runs: Runs, i: int, j: int, k: int) -> int | None:
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
    table : (patterns, materials, 8, 576) array
        Stiffness of a brick at a modulus of 1 as the coarse nodes feel it, by its position.
    pattern : (n,) int16 array
        Which of a brick's nodes are held: first index of ``table``.
    fine, coarse : runs of cells
    out : (m, 576) array
        Filled; rows of a 24 x 24 matrix.
    """
    for i, j, k, at in _cells(coarse):
        out[at] = 0
        for position in range(8):
            child = _find(
                fine, 2 * i + (position >> 2), 2 * j + ((position >> 1) & 1), 2 * k + (position & 1)
            )
            if child is not None:
                out[at] += moduli[:, child] @ table[pattern[child], :, position]


def sum_cells(stiffness: NDArray[Any], fine: Runs, coarse: Runs, out: NDArray[Any]) -> None:
    """Fill the stiffness of coarse cells from that of cells half as wide.

    Parameters
    ----------
    stiffness : (n, 576) array
    fine, coarse : runs of cells
    out : (m, 576) array
        Filled.
    """
    weights = [np.kron(parent_weights(n), np.eye(3)) for n in range(8)]
    for i, j, k, at in _cells(coarse):
        out[at] = 0
        for position, p in enumerate(weights):
            child = _find(
                fine, 2 * i + (position >> 2), 2 * j + ((position >> 1) & 1), 2 * k + (position & 1)
            )
            if child is not None:
                out[at] += (p.T @ stiffness[child].reshape(24, 24) @ p).ravel()


def gather_stencil(
    stiffness: NDArray[Any], cells: Runs, nodes: Runs, shift: int, out: NDArray[Any]
) -> None:
    """Fill the blocks between each node and those of its neighbours that come after it.

    Parameters
    ----------
    stiffness : (n, 576) array
    cells, nodes : runs
    shift : int
        First plane of ``nodes`` counted in planes of ``cells``.
    out : (126, m) array
        Filled: entry ``9 s + 3 p + q`` is the force along p from axis q of the neighbour at
        (di, dj, dk) with ``s = 9 di + 3 dj + dk >= 0``.
    """
    for i, j, k, at in _cells(nodes):
        out[:, at] = 0
        for corner in range(8):
            a, b, c = corner >> 2, (corner >> 1) & 1, corner & 1
            cell = _find(cells, i + shift - a, j - b, k - c)
            if cell is None:
                continue
            matrix = stiffness[cell].reshape(8, 3, 8, 3)
            for other in range(8):
                side = 9 * ((other >> 2) - a) + 3 * (((other >> 1) & 1) - b) + (other & 1) - c
                if side >= 0:
                    out[9 * side : 9 * side + 9, at] += matrix[corner, :, other].ravel()


def sweep_stencil(
    x: NDArray[Any],
    blocks: NDArray[Any],
    nodes: Runs,
    task: int,
    b: NDArray[Any],
    d: NDArray[Any],
    weight: NDArray[Any],
    keep: float,
    take: float,
    y: NDArray[Any],
    parts: int,
) -> None:
    """Fill ``y`` from the product of a coarse operator with ``x``.

    Parameters
    ----------
    x : (3, m) array
    blocks : (126, m) array
        From `gather_stencil`.
    nodes : runs of nodes
    task : int
        0: ``y = A x``. 1: ``y = b - A x``, zero where ``weight`` is. 2: a step of Chebyshev's
        iteration, ``d = keep d + take weight (b - A x)`` and ``y = x + d``.
    b, d, weight : (3, m) arrays
    keep, take : float
    y : (3, m) array
        Filled; not ``x``.
    parts : int
        Slabs that are worked on side by side; the result does not depend on it.
    """
    out = np.zeros(x.shape)
    for i, j, k, at in _cells(nodes):
        for side in range(-13, 14):
            di, rest = divmod(side + 13, 9)
            dj, dk = divmod(rest, 3)
            other = _find(nodes, i + di - 1, j + dj - 1, k + dk - 1)
            if other is None:
                continue
            if side >= 0:
                block = blocks[9 * side : 9 * side + 9, at].reshape(3, 3)
            else:
                block = blocks[-9 * side : -9 * side + 9, other].reshape(3, 3).T
            out[:, at] += block @ x[:, other]
    if task == 0:
        y[:] = out
    elif task == 1:
        y[:] = np.where(weight == 0, 0.0, b - out)
    else:
        d[:] = keep * d + take * weight * (b - out)
        y[:] = x + d


def _parents(i: int, j: int, k: int) -> list[tuple[int, int, int, float]]:
    """Return the coarse nodes that a fine node follows, with their weights."""
    axes = [
        [(n // 2, 1.0)] if n % 2 == 0 else [(n // 2, 0.5), (n // 2 + 1, 0.5)] for n in (i, j, k)
    ]
    return [
        (a, b, c, u * v * w) for a, u in axes[0] for b, v in axes[1] for c, w in axes[2]
    ]


def restrict(fine: NDArray[Any], fine_nodes: Runs, nodes: Runs, out: NDArray[Any]) -> None:
    """Fill coarse forces from fine ones, the transpose of `interpolate`.

    Parameters
    ----------
    fine : (3, n) array
        Zero where a node is held.
    fine_nodes, nodes : runs of nodes
    out : (3, m) array
        Filled.
    """
    out[:] = 0
    for i, j, k, at in _cells(fine_nodes):
        for a, b, c, share in _parents(i, j, k):
            to = _find(nodes, a, b, c)
            if to is not None:
                out[:, to] += share * fine[:, at]


def interpolate(
    coarse: NDArray[Any],
    nodes: Runs,
    fine_nodes: Runs,
    weight: NDArray[Any],
    x: NDArray[Any],
) -> None:
    """Add the coarse field, linear between nodes, to the free nodes of the fine grid.

    Parameters
    ----------
    coarse : (3, m) array
    nodes, fine_nodes : runs of nodes
    weight : (3, n) array
        Zero where a fine node is held: nothing is added there.
    x : (3, n) array
        Added to.
    """
    for i, j, k, at in _cells(fine_nodes):
        value = np.zeros(3)
        for a, b, c, share in _parents(i, j, k):
            come = _find(nodes, a, b, c)
            if come is not None:
                value += share * coarse[:, come]
        x[:, at] += np.where(weight[:, at] == 0, 0.0, value)
