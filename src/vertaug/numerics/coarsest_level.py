"""The coarsest level of a multigrid cycle, solved directly."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics._galerkin_reference import TRIANGLE, cell_dofs
from vertaug.numerics.hexahedron import FloatArray
from vertaug.numerics.span_grid import SpanGrid

_SHIFT = 1e-6
"""Added to the diagonal, where the body may be free to drift."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """The lower half of a symmetric matrix, each row from its first number on.

    Attributes
    ----------
    first : (n,) int64 array
        First column of each row.
    start : (n + 1,) int64 array
        Where each row begins in ``values``, and one past the last.
    values : float64 array
    """

    first: NDArray[np.int64]
    start: NDArray[np.int64]
    values: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoarsestLevel:
    """The stiffness of a few hundred nodes as its Cholesky factor.

    Attributes
    ----------
    grid : SpanGrid
    order : (n,) int64 array
        Degrees of freedom, counted as 3 node + axis, in the order of the factor's rows; those
        that nothing resists are left out.
    factor : Profile
    """

    grid: SpanGrid
    order: NDArray[np.int64]
    factor: Profile

    def solve(self, right: NDArray[np.float32], x: NDArray[np.float32]) -> None:
        """Fill the displacement under some forces, both of shape (3 m + 12,)."""
        from vertaug.numerics._cholesky_numba import solve

        values = right[6:-6][self.order].astype(np.float64)
        solve(self.factor.values, self.factor.first, self.factor.start, values)
        x[:] = 0
        x[6:-6][self.order] = values


def factorise_coarsest(grid: SpanGrid, cells: FloatArray) -> CoarsestLevel:
    """Return the coarsest level from the stiffness of its cells.

    Parameters
    ----------
    grid : SpanGrid
    cells : (n, 300) float64 array
        From `coarse_operator.coarsen_body` or `coarsen_operator`.

    Raises
    ------
    ArithmeticError
        If the stiffness is not positive definite.
    """
    from vertaug.numerics._cholesky_numba import factor

    dofs = cell_dofs(grid)
    row, column = TRIANGLE
    diagonal = np.zeros(3 * grid.nodes.size)
    np.add.at(diagonal, dofs, cells[:, row == column])
    # a modulus that is not finite is told by the residual, not here
    order = _short_rows(grid, np.flatnonzero((diagonal > 0.0) & np.isfinite(diagonal)))
    matrix = assemble_profile(dofs, cells, order, diagonal.size)
    matrix.values[matrix.start[1:] - 1] *= 1.0 + _SHIFT
    if not factor(matrix.values, matrix.first, matrix.start):
        message = "the stiffness of the coarsest grid is not positive definite"
        raise ArithmeticError(message)
    return CoarsestLevel(grid=grid, order=order, factor=matrix)


def assemble_profile(
    dofs: NDArray[np.int64], cells: FloatArray, order: NDArray[np.int64], size: int
) -> Profile:
    """Return the matrix of some degrees of freedom.

    Parameters
    ----------
    dofs : (n, 24) int64 array
        Degrees of freedom of each cell.
    cells : (n, 300) float64 array
        Their stiffness, upper triangles row by row.
    order : (f,) int64 array
        The degree of freedom of each row.
    size : int
        Degrees of freedom in all.
    """
    place = np.full(size, len(order))
    place[order] = np.arange(len(order))
    at = place[dofs]
    # what is left out goes to a row of its own, behind the last one
    first = np.arange(len(order) + 1)
    np.minimum.at(first, at, at.min(axis=1)[:, None])
    start = np.concatenate([[0], np.cumsum(np.arange(len(order) + 1) - first + 1)])
    values = np.zeros(start[-1])
    row, column = TRIANGLE
    for places, stiffness in zip(at, cells, strict=True):
        one, other = places[row], places[column]
        low, high = np.minimum(one, other), np.maximum(one, other)
        np.add.at(values, start[high] - first[high] + low, stiffness)
    return Profile(first=first[:-1], start=start[:-1], values=values[: start[-2]].copy())


def _short_rows(grid: SpanGrid, dofs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return degrees of freedom plane by plane across the longest axis: neighbours are near."""
    where = np.argwhere(grid.spread_nodes(np.ones(grid.nodes.size, dtype=bool)))[dofs // 3]
    axes = np.argsort(grid.node_shape, kind="stable")
    return np.asarray(dofs[np.lexsort([dofs % 3, *(where[:, axis] for axis in axes)])])
