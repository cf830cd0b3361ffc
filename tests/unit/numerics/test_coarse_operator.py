"""Coarse levels: kernels against their twins, operators against matrices put together densely."""

import numba
import numpy as np
import pytest

from vertaug.numerics import (
    _galerkin_numba as fast,
    _galerkin_reference as reference,
    _stencil_numba,
    _stencil_reference,
)
from vertaug.numerics.brick_operator import BrickBody, node_weights
from vertaug.numerics.coarse_operator import coarsen_body, coarsen_operator, runs_of
from vertaug.numerics.hexahedron import (
    OrthotropicRatios,
    isotropic_stiffness,
)
from vertaug.numerics.span_grid import coarsen, span_body

SPACING = np.array([0.7, 1.1, 1.6])
ELASTICITY = (
    isotropic_stiffness(0.3),
    OrthotropicRatios(
        modulus=(0.3, 0.5, 1.0), shear=(0.2, 0.15, 0.1), poisson=(0.1, 0.2, 0.25)
    ).stiffness(),
)


def ragged(shape, seed=0, share=0.6):
    filled = np.random.default_rng(seed).random(shape) > share
    filled[len(filled) // 2, 1] = False
    return filled


def with_empty_ends(shape=(9, 8, 7)):
    filled = ragged(shape, 3)
    filled[:3] = filled[-3:] = False
    filled[:, -3:] = filled[:, :2] = False
    return filled


def one_voxel():
    filled = np.zeros((5, 4, 6), dtype=bool)
    filled[2, 1, 5] = True
    return filled


def stairs():
    """Runs of neighbouring rows that touch at an edge only, or not at all."""
    filled = np.zeros((5, 6, 24), dtype=bool)
    for i, j in np.ndindex(5, 6):
        filled[i, j, 3 * (i + j) % 20 : 3 * (i + j) % 20 + 3] = (i + 2 * j) % 4 > 0
    return filled


def stairs_down():
    """The first run of all starts beyond its neighbour: reading ahead of it is an error."""
    filled = np.zeros((3, 4, 16), dtype=bool)
    for i, j in np.ndindex(3, 4):
        start = 2 * (5 - i - j)
        filled[i, j, start : start + 3] = True
    return filled


BODIES = {
    "ragged": ragged((7, 6, 9)),
    "empty ends": with_empty_ends(),
    "one voxel": one_voxel(),
    "the only voxel": np.ones((1, 1, 1), dtype=bool),
    "stairs": stairs(),
    "stairs down": stairs_down(),
    "rows beyond a block": ragged((3, 2, 140), 4),
}


def guarded(values, kind=np.float64):
    """Return a copy that lies between stretches of NaN: reading beside it is seen."""
    values = np.asarray(values)
    room = np.full(values.size + 4096, np.nan, dtype=kind)
    room[2048:-2048] = values.ravel()
    return room[2048:-2048].reshape(values.shape)


def coarse_vector(rng, nodes, kind=np.float64):
    values = np.zeros(3 * nodes + 12)
    values[6:-6] = rng.standard_normal(3 * nodes)
    return guarded(values, kind)


@pytest.fixture(params=BODIES, ids=list(BODIES))
def levels(request):
    fine = span_body(BODIES[request.param])
    return fine, coarsen(fine)


def stencil_of(grid, rng):
    """Random symmetric stiffness of cells, gathered at the nodes by the plain twin."""
    cells = rng.standard_normal((grid.cells.size, 300))
    blocks = np.full((grid.nodes.size, 126), np.nan)
    reference.gather_stencil(cells, runs_of(grid.cells), runs_of(grid.nodes), 0, blocks)
    return guarded(blocks)


@pytest.mark.parametrize("materials", [1, 2])
def test_bricks_are_summed_as_by_the_twin(levels, materials):
    fine, coarse = levels
    rng = np.random.default_rng(0)
    moduli = guarded(rng.random((materials, fine.cells.size)) * (rng.random(fine.cells.size) > 0.2))
    table = rng.standard_normal((3, materials, 8, 300))
    pattern = rng.integers(0, 3, fine.cells.size).astype(np.int16)
    found = np.full((2, coarse.cells.size, 300), np.nan)
    for module, out in zip((fast, reference), found, strict=True):
        module.sum_bricks(moduli, table, pattern, runs_of(fine.cells), runs_of(coarse.cells), out)
    assert found[0] == pytest.approx(found[1], abs=1e-13)


def test_cells_are_summed_as_by_the_twin(levels):
    fine, coarse = levels
    given = guarded(np.random.default_rng(1).standard_normal((fine.cells.size, 300)))
    found = np.full((2, coarse.cells.size, 300), np.nan)
    for module, out in zip((fast, reference), found, strict=True):
        module.sum_cells(given, runs_of(fine.cells), runs_of(coarse.cells), out)
    assert found[0] == pytest.approx(found[1], abs=1e-12)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_stencils_are_gathered_as_by_the_twin(levels, kind):
    for grid in levels:
        given = guarded(np.random.default_rng(2).standard_normal((grid.cells.size, 300)))
        found = np.full((2, grid.nodes.size, 126), np.nan, dtype=kind)
        for module, out in zip((fast, reference), found, strict=True):
            module.gather_stencil(given, runs_of(grid.cells), runs_of(grid.nodes), 0, out)
        assert found[0] == pytest.approx(found[1], abs=1e-5 if kind is np.float32 else 1e-13)


class Sweep:
    """Random arguments of the sweep over a level."""

    def __init__(self, grid, kind):
        rng = np.random.default_rng(3)
        self.kind, self.nodes = kind, runs_of(grid.nodes)
        self.blocks = guarded(stencil_of(grid, rng), kind)
        self.x, self.b, self.d = (coarse_vector(rng, grid.nodes.size, kind) for _ in range(3))
        self.weight = guarded(np.abs(self.x) * (rng.random(self.x.shape) > 0.2), kind)

    def run(self, module, task, parts):
        d, y = guarded(self.d, self.kind), np.full(self.x.shape, np.nan, dtype=self.kind)
        given = (self.kind(0.3), self.kind(0.4))
        module.sweep_stencil(
            self.x, self.blocks, self.nodes, task, self.b, d, self.weight, *given, y, parts
        )
        return y, d


@pytest.mark.parametrize("task", [0, 1, 2])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_stencils_are_swept_as_by_the_twin(levels, kind, task):
    limit = 1e-13 if kind is np.float64 else 1e-4
    for grid in levels:
        problem = Sweep(grid, kind)
        first = problem.run(_stencil_numba, task, 1)
        for one, exact in zip(first, problem.run(_stencil_reference, task, 1), strict=True):
            assert one[6:-6] == pytest.approx(exact[6:-6], rel=limit, abs=30 * limit)
        for parts in (2, 5):
            for one, other in zip(problem.run(_stencil_numba, task, parts), first, strict=True):
                assert np.array_equal(one, other, equal_nan=True)


LAYOUTS = {"apart": lambda n: (0, n, 1), "side by side": lambda _: (6, 1, 3)}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_restriction_and_interpolation_are_those_of_the_twin(levels, layout):
    fine, coarse = levels
    rng = np.random.default_rng(4)
    size = fine.nodes.size
    layout = LAYOUTS[layout](size)
    given = guarded(np.pad(rng.standard_normal(3 * size), layout[0]))
    weight = guarded(rng.random(given.shape) * (rng.random(given.shape) > 0.2))
    field = coarse_vector(rng, coarse.nodes.size)
    down, up = [], []
    for module in (fast, reference):
        out = np.full(field.shape, np.nan)
        module.restrict(given, layout, runs_of(fine.nodes), runs_of(coarse.nodes), out)
        x = guarded(given)
        module.interpolate(field, runs_of(coarse.nodes), runs_of(fine.nodes), layout, weight, x)
        down.append(out[6:-6])
        up.append(x)
    assert down[0] == pytest.approx(down[1], abs=1e-13)
    assert up[0] == pytest.approx(up[1], abs=1e-13)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_restriction_is_the_transpose_of_interpolation(levels, layout):
    fine, coarse = levels
    rng = np.random.default_rng(5)
    layout = LAYOUTS[layout](fine.nodes.size)
    force = np.pad(rng.standard_normal(3 * fine.nodes.size), layout[0])
    free = np.pad(rng.random(3 * fine.nodes.size) > 0.3, layout[0]).astype(np.float64)
    field = coarse_vector(rng, coarse.nodes.size)
    down, up = np.zeros_like(field), np.zeros_like(force)
    fast.restrict(force * free, layout, runs_of(fine.nodes), runs_of(coarse.nodes), down)
    fast.interpolate(field, runs_of(coarse.nodes), runs_of(fine.nodes), layout, free, up)
    assert np.dot(down, field) == pytest.approx(np.dot(up, force), rel=1e-12, abs=1e-12)
    assert (up[free == 0] == 0).all()


def make_body(filled, materials, held_share):
    rng = np.random.default_rng(11)
    grid = span_body(filled)
    moduli = np.array(
        [grid.gather_cells(filled * (0.1 + rng.random(filled.shape))) for _ in range(materials)]
    )
    held = np.zeros((3, grid.nodes.size), dtype=bool)
    if held_share:
        held = rng.random(held.shape) < held_share
        # a plane of held nodes in a place that is not one of the coarse grid
        held[1, grid.gather_nodes(np.indices(grid.node_shape)[2]) == 3] = True
    return BrickBody(
        grid=grid,
        spacing_mm=SPACING,
        moduli=moduli,
        elasticity=ELASTICITY[:materials],
        held=held,
    )


def fine_matrix(body):
    grid = body.grid
    return reference.assemble_dense(
        grid, np.einsum("mn,mij->nij", body.moduli, np.array(body.brick_stiffnesses()))
    )


def interpolation(fine, coarse, free):
    """Matrix of the plain interpolation, degrees of freedom 3 node + axis."""
    size = 3 * coarse.nodes.size
    matrix = np.zeros((3 * fine.nodes.size, size))
    layout = (0, 1, 3)
    for n in range(size):
        unit = np.zeros(size + 12)
        unit[6 + n] = 1.0
        column = np.zeros(len(matrix))
        runs = runs_of(coarse.nodes), runs_of(fine.nodes)
        reference.interpolate(unit, *runs, layout, free, column)
        matrix[:, n] = column
    return matrix


def matrix_of(operator):
    """Columns of a coarse operator, by products with unit vectors."""
    size = 3 * operator.grid.nodes.size
    matrix = np.zeros((size, size))
    for n in range(size):
        unit, out = np.zeros((2, size + 12), dtype=np.float32)
        unit[6 + n] = 1.0
        operator._sweep(0, unit, (unit, unit), (0.0, 0.0), out)
        matrix[:, n] = out[6:-6]
    return matrix


GALERKIN = {
    "whole": (np.ones((4, 5, 6), dtype=bool), 1, 0.0),
    "ragged": (ragged((5, 4, 6), 2), 2, 0.0),
    "held": (ragged((5, 4, 6), 2), 2, 0.15),
    # more planes than are held in memory at once
    "slabs": (ragged((35, 2, 3), 2, 0.4), 1, 0.1),
}


@pytest.mark.parametrize("name", GALERKIN)
def test_coarse_operators_are_the_products_of_matrices(name):
    body = make_body(*GALERKIN[name])
    free = (node_weights(body) > 0).T.ravel().astype(np.float64)
    first, cells = coarsen_body(body)
    p = interpolation(body.grid, first.grid, free)
    exact = p.T @ fine_matrix(body) @ p
    assert matrix_of(first) == pytest.approx(exact, abs=1e-6 * np.abs(exact).max())
    second, _ = coarsen_operator(first, cells)
    q = interpolation(first.grid, second.grid, np.ones(len(exact)))
    after = q.T @ exact @ q
    assert matrix_of(second) == pytest.approx(after, abs=1e-6 * np.abs(after).max())
    found = reference.assemble_dense(second.grid, reference.unfold_triangle(cells))
    assert found == pytest.approx(after, abs=1e-13 * np.abs(after).max())


def test_weights_are_reciprocals_and_zero_where_nothing_moves():
    body = make_body(*GALERKIN["held"])
    level, _ = coarsen_body(body)
    diagonal = np.diag(matrix_of(level))
    weight = level.weight[6:-6]
    assert (level.weight[:6] == 0).all()
    assert (level.weight[-6:] == 0).all()
    assert ((weight > 0) == (diagonal > 0)).all()
    assert weight[diagonal > 0] == pytest.approx(1 / diagonal[diagonal > 0], rel=1e-6)


@pytest.mark.parametrize("name", GALERKIN)
def test_power_method_bounds_the_largest_eigenvalue(name):
    level, _ = coarsen_body(make_body(*GALERKIN[name]))
    matrix = matrix_of(level)
    root = np.sqrt(level.weight[6:-6])
    exact = np.linalg.eigvalsh((matrix + matrix.T) / 2 * np.outer(root, root)).max()
    assert exact <= level.largest_eigenvalue() < 1.2 * exact


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one core")
def test_bits_do_not_depend_on_the_number_of_threads():
    body = make_body(ragged((20, 9, 9), 6, 0.3), 2, 0.1)
    before = numba.get_num_threads()
    found = []
    for threads in (1, 2):
        numba.set_num_threads(threads)
        try:
            first, cells = coarsen_body(body)
            second, wider = coarsen_operator(first, cells)
            x, y = np.ones((2, *first.weight.shape), dtype=np.float32)
            first.residual(x * (first.weight > 0), x, y)
        finally:
            numba.set_num_threads(before)
        found.append((first.blocks, cells, second.blocks, wider, y))
    for one, other in zip(*found, strict=True):
        assert np.array_equal(one, other)
