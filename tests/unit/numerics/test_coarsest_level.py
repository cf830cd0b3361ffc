"""The coarsest level: its factor against dense algebra, its rows short across the longest axis."""

import numpy as np
import pytest

from vertaug.numerics._galerkin_reference import assemble_dense, unfold_triangle
from vertaug.numerics.coarsest_level import factorise_coarsest
from vertaug.numerics.span_grid import span_body


def positive_cells(grid, rng):
    """Random positive definite stiffness of cells, upper triangles row by row."""
    roots = rng.standard_normal((grid.cells.size, 24, 24))
    return (roots @ roots.transpose(0, 2, 1))[:, *np.triu_indices(24)]


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 2, 4), (2, 5, 3), (4, 3, 2)])
def test_solution_is_that_of_the_matrix(shape):
    rng = np.random.default_rng(0)
    filled = rng.random(shape) > 0.2
    filled[0, 0, 0] = True
    grid = span_body(filled)
    cells = positive_cells(grid, rng) * grid.gather_cells(filled)[:, None]
    matrix = assemble_dense(grid, unfold_triangle(cells))
    free = np.flatnonzero(np.diag(matrix) > 0)
    level = factorise_coarsest(grid, cells)
    assert np.array_equal(np.sort(level.order), free)
    right, x = np.full((2, 3 * grid.nodes.size + 12), np.nan, dtype=np.float32)
    right[6:-6] = rng.standard_normal(3 * grid.nodes.size)
    level.solve(right, x)
    exact = np.zeros(x.size)
    exact[6 + free] = np.linalg.solve(matrix[np.ix_(free, free)], right[6 + free])
    # the diagonal is raised by a millionth
    assert x == pytest.approx(exact, abs=1e-3 * np.abs(exact).max())


@pytest.mark.parametrize("axis", range(3))
def test_rows_are_as_short_as_a_plane_across_the_longest_axis(axis):
    shape = np.roll([20, 2, 2], axis)
    grid = span_body(np.ones(shape, dtype=bool))
    level = factorise_coarsest(grid, positive_cells(grid, np.random.default_rng(1)))
    # a plane has 9 nodes: a row reaches back to the node across it
    assert np.diff(level.factor.start).max() <= 3 * (9 + 3 + 1 + 1)
    assert level.factor.values.size == level.factor.start[-1]


def test_stiffness_that_is_not_positive_is_refused():
    grid = span_body(np.ones((2, 2, 2), dtype=bool))
    cells = -positive_cells(grid, np.random.default_rng(2))
    cells[:, np.equal(*np.triu_indices(24))] = 1.0
    with pytest.raises(ArithmeticError, match="not positive definite"):
        factorise_coarsest(grid, cells)
