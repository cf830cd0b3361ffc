"""Products with bricks: the compiled kernel against its twin, the operator against a matrix."""

import numba
import numpy as np
import pytest

from vertaug.numerics import _brick_numba as fast, _brick_reference as reference
from vertaug.numerics.brick_operator import (
    FREE_PRODUCT,
    PRODUCT,
    RESIDUAL,
    STEP,
    BrickBody,
    largest_eigenvalue,
    node_weights,
    prepare_operator,
)
from vertaug.numerics.hexahedron import (
    OrthotropicRatios,
    brick_stiffness,
    isotropic_stiffness,
    modal_coefficients,
)
from vertaug.numerics.span_grid import span_body

SPACING = np.array([0.7, 1.1, 1.6])
ELASTICITY = (
    isotropic_stiffness(0.3),
    OrthotropicRatios(
        modulus=(0.3, 0.5, 1.0), shear=(0.2, 0.15, 0.1), poisson=(0.1, 0.2, 0.25)
    ).stiffness(),
)
TASKS = {"product": PRODUCT, "residual": RESIDUAL, "step": STEP, "free product": FREE_PRODUCT}


def ragged(shape, seed=0):
    filled = np.random.default_rng(seed).random(shape) > 0.6
    filled[len(filled) // 2, 1] = False
    return filled


def with_empty_ends():
    filled = ragged((7, 5, 6), 3)
    filled[0] = filled[-1] = False
    filled[:, 0] = filled[:, -1] = False
    filled[3] = False
    return filled


def one_voxel():
    filled = np.zeros((3, 4, 5), dtype=bool)
    filled[1, 2, 3] = True
    return filled


BODIES = {
    "ragged": ragged((4, 5, 9)),
    "rows of 63 to 65": np.array([[[True] * n + [False] * (65 - n) for n in (63, 64, 65)]]),
    "rows of two blocks and more": ragged((2, 2, 150)),
    "empty planes": with_empty_ends(),
    "one voxel": one_voxel(),
    "the only voxel": np.ones((1, 1, 1), dtype=bool),
}


def guarded(values, kind):
    """Return a copy that lies between stretches of NaN: reading beside it is seen."""
    room = np.full(values.size + 256, np.nan, dtype=kind)
    room[128:-128] = values.ravel()
    return room[128:-128].reshape(values.shape)


def planes_of(grid):
    count = (grid.nodes.last - grid.nodes.first).sum(axis=1)
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int64)


class Problem:
    """Random arguments of the kernel for a body."""

    def __init__(self, filled, kind, materials):
        rng = np.random.default_rng(7)
        self.grid = grid = span_body(filled)
        shape = (3, grid.nodes.size)
        self.u, self.b, self.d = (guarded(rng.standard_normal(shape), kind) for _ in range(3))
        weight = rng.random(shape) * (rng.random(shape) > 0.2)
        self.weight = guarded(weight, np.float32)
        moduli = [guarded(grid.gather_cells(filled * rng.random(filled.shape)), kind) for _ in "ab"]
        self.first, self.second = moduli[0], moduli[1] if materials == 2 else None
        q = np.array([modal_coefficients(c, SPACING) for c in ELASTICITY[:materials]], dtype=kind)
        self.q = np.ascontiguousarray(q)
        self.kind = kind

    def run(self, module, task, parts):
        grid, d = self.grid, guarded(self.d, self.kind)
        y = np.full(self.u.shape, np.nan, dtype=self.kind)
        dots = np.full(grid.nodes.base.shape[0], np.nan)
        cells = (grid.cells.base, grid.cells.first, grid.cells.last)
        keep, take = self.kind(0.3), self.kind(0.4)
        module.sweep(
            self.u, self.first, self.second, self.q, cells, grid.nodes.base, planes_of(grid), task,
            self.b, d, self.weight, keep, take, y, dots, parts,
        )  # fmt: skip
        return y, d, dots


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("materials", [1, 2])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("body", BODIES)
def test_kernel_does_what_its_twin_does(body, kind, materials, task):
    problem = Problem(BODIES[body], kind, materials)
    exact = problem.run(reference, TASKS[task], 1)
    limit = 200 * np.finfo(kind).eps
    for parts in (1, 2, 5):
        y, d, dots = problem.run(fast, TASKS[task], parts)
        assert np.abs(y - exact[0]).max() <= limit * max(np.abs(exact[0]).max(), 1.0)
        assert np.abs(d - exact[1]).max() <= limit * max(np.abs(exact[1]).max(), 1.0)
        if task == "free product":
            assert np.abs(dots - exact[2]).max() <= limit * max(np.abs(exact[2]).max(), 1.0)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_bits_do_not_depend_on_the_number_of_parts(kind, task):
    problem = Problem(ragged((9, 6, 80), 5), kind, 2)
    first = problem.run(fast, TASKS[task], 1)
    for parts in (2, 3, 10, 40):
        for one, other in zip(first, problem.run(fast, TASKS[task], parts), strict=True):
            assert np.array_equal(one, other, equal_nan=True)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one core")
@pytest.mark.parametrize("task", TASKS)
def test_bits_do_not_depend_on_the_number_of_threads(task):
    problem = Problem(ragged((9, 6, 80), 5), np.float32, 1)
    first = problem.run(fast, TASKS[task], 2)
    before = numba.get_num_threads()
    numba.set_num_threads(2)
    try:
        second = problem.run(fast, TASKS[task], 2)
    finally:
        numba.set_num_threads(before)
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one, other, equal_nan=True)


def make_body(filled, materials=2, held_share=0.1):
    rng = np.random.default_rng(11)
    grid = span_body(filled)
    moduli = np.array(
        [grid.gather_cells(filled * (0.1 + rng.random(filled.shape))) for _ in range(materials)]
    )
    held = rng.random((3, grid.nodes.size)) < held_share
    return BrickBody(
        grid=grid,
        spacing_mm=SPACING,
        moduli=moduli,
        elasticity=ELASTICITY[:materials],
        held=held,
    )


def dense(body):
    """Assemble the stiffness voxel by voxel, degrees of freedom as (axis, node)."""
    grid = body.grid
    size = grid.nodes.size
    matrix = np.zeros((3 * size, 3 * size))
    number = grid.spread_nodes(np.arange(size))
    stiffness = [brick_stiffness(c, body.spacing_mm) for c in body.elasticity]
    boxes = [grid.spread_cells(row) for row in body.moduli]
    for i, j, k in np.ndindex(grid.shape):
        if not any(box[i, j, k] for box in boxes):
            continue
        nodes = number[i : i + 2, j : j + 2, k : k + 2].ravel()
        dofs = (nodes[:, None] + size * np.arange(3)).ravel()
        for box, one in zip(boxes, stiffness, strict=True):
            matrix[np.ix_(dofs, dofs)] += box[i, j, k] * one
    return matrix


@pytest.fixture(scope="module")
def body():
    return make_body(ragged((3, 4, 5), 2))


def test_operator_is_the_assembled_matrix(body):
    matrix = dense(body)
    weight = node_weights(body)
    operator = prepare_operator(body, weight, np.float64)
    u = np.random.default_rng(0).standard_normal(weight.shape)
    b = np.random.default_rng(1).standard_normal(weight.shape)
    force = (matrix @ u.ravel()).reshape(u.shape)
    free = weight > 0
    out = np.full_like(u, np.nan)
    operator.force(u, out)
    assert out == pytest.approx(force, abs=1e-13)
    energy = operator.apply(u, out)
    assert out == pytest.approx(np.where(free, force, 0), abs=1e-13)
    assert energy == pytest.approx(np.vdot(u, np.where(free, force, 0)), rel=1e-13)
    operator.residual(u, b, out)
    assert out == pytest.approx(np.where(free, b - force, 0), abs=1e-13)


def test_diagonal_and_weights_are_those_of_the_matrix(body):
    diagonal = np.diag(dense(body)).reshape(3, -1)
    assert body.diagonal() == pytest.approx(diagonal, rel=1e-13)
    weight = node_weights(body)
    assert (weight[body.held] == 0).all()
    assert (weight[diagonal == 0] == 0).all()
    free = (diagonal > 0) & ~body.held
    assert (diagonal == 0).any()
    assert weight[free] == pytest.approx(1 / diagonal[free], rel=1e-6)


def test_largest_eigenvalue_is_a_bound_and_not_far_off():
    body = make_body(np.ones((4, 4, 4), dtype=bool), materials=1, held_share=0.0)
    matrix = dense(body)
    root = np.sqrt(np.diag(matrix))
    exact = np.linalg.eigvalsh(matrix / np.outer(root, root)).max()
    assert exact <= largest_eigenvalue(body) < 1.5 * exact
