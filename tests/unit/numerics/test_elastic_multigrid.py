"""The multigrid cycle as a preconditioner: symmetric, positive, the same for any threads."""

from dataclasses import replace

import numba
import numpy as np
import pytest

from vertaug.numerics.adaptive_cycle import AdaptiveCycle
from vertaug.numerics.brick_operator import BrickBody, node_weights, prepare_operator
from vertaug.numerics.coarse_operator import coarsen_body
from vertaug.numerics.elastic_multigrid import Smoothing, prepare_multigrid
from vertaug.numerics.hexahedron import OrthotropicRatios, isotropic_stiffness
from vertaug.numerics.span_grid import span_body

ELASTICITY = (
    isotropic_stiffness(0.3),
    OrthotropicRatios(
        modulus=(0.3, 0.5, 1.0), shear=(0.2, 0.15, 0.1), poisson=(0.1, 0.2, 0.25)
    ).stiffness(),
)


def make_body(shape, share=0.3, materials=1, contrast=1e3):
    rng = np.random.default_rng(3)
    filled = rng.random(shape) > share
    filled[:, :, 0] = filled[:, :, -1] = True
    grid = span_body(filled)
    moduli = np.array(
        [grid.gather_cells(filled * contrast ** rng.random(filled.shape)) for _ in range(materials)]
    )
    height = grid.gather_nodes(np.broadcast_to(np.arange(shape[2] + 1), grid.node_shape))
    held = np.zeros((3, grid.nodes.size), dtype=bool)
    held[:, height == 0] = True
    held[2, height == shape[2]] = True
    return BrickBody(
        grid=grid,
        spacing_mm=np.array([0.7, 1.1, 0.9]),
        moduli=moduli,
        elasticity=ELASTICITY[:materials],
        held=held,
    )


BODIES = {
    "two levels": lambda: make_body((4, 5, 6)),
    "ragged": lambda: make_body((11, 13, 17), 0.3),
    "two materials": lambda: make_body((16, 12, 18), 0.0, 2),
}


@pytest.fixture(params=BODIES, ids=list(BODIES), scope="module")
def prepared(request):
    body = BODIES[request.param]()
    weight = node_weights(body)
    return body, weight, prepare_multigrid(body, weight, Smoothing())


def cycle(levels, right):
    levels.right[:] = right
    return levels.cycle().astype(np.float64)


def test_cycle_is_symmetric_and_positive(prepared):
    _, weight, levels = prepared
    rng = np.random.default_rng(0)
    root = np.sqrt(weight.astype(np.float64))
    # of the size of forces: a stiff node carries more
    scale = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
    for _ in range(5):
        r, s = (rng.standard_normal(weight.shape) * scale for _ in range(2))
        z, y = cycle(levels, r), cycle(levels, s)
        lengths = np.sqrt(np.vdot(r, z) * np.vdot(s, y))
        assert np.vdot(r, z) > 0
        assert abs(np.vdot(s, z) - np.vdot(r, y)) < 2e-5 * lengths


def test_cycle_leaves_held_nodes_and_air_alone(prepared):
    _, weight, levels = prepared
    right = np.random.default_rng(1).standard_normal(weight.shape) * (weight > 0)
    assert (cycle(levels, right)[weight == 0] == 0).all()


def test_cycle_forgets_the_last_one(prepared):
    _, weight, levels = prepared
    right = np.random.default_rng(2).standard_normal(weight.shape) * (weight > 0)
    first = cycle(levels, right)
    cycle(levels, 1e6 * right[::-1])
    assert np.array_equal(cycle(levels, right), first)


def test_cycles_alone_reduce_the_error(prepared):
    """The cycle times the stiffness is near the identity: errors shrink without help."""
    body, weight, levels = prepared
    operator = prepare_operator(body, weight, np.float64)
    error = np.random.default_rng(4).standard_normal(weight.shape) * (weight > 0)
    force = np.empty_like(error)
    energies = [operator.apply(error, force)]
    for _ in range(8):
        error -= cycle(levels, force)
        energies.append(operator.apply(error, force))
    shrink = np.sqrt(np.array(energies[1:]) / np.array(energies[:-1]))
    assert shrink.max() < 0.95
    assert shrink.prod() < 0.05


@pytest.mark.parametrize("contrast", [1e3, 1e7])
def test_eigenvalues_of_coarse_levels_are_bounded_closely(contrast):
    """A bound that falls short lets Chebyshev's iteration grow what it should damp."""
    body = make_body((20, 18, 22), 0.0, contrast=contrast)
    level, _ = coarsen_body(body)
    matrix = assemble_level(level)
    free = level.weight[6:-6] > 0
    root = np.sqrt(level.weight[6:-6][free].astype(np.float64))
    largest = np.linalg.eigvalsh(matrix[np.ix_(free, free)] * np.outer(root, root)).max()
    assert largest <= level.largest_eigenvalue() <= 1.08 * largest


def assemble_level(level):
    """Return the matrix of a level, one product a column."""
    size = level.weight.size
    matrix = np.zeros((size - 12, size - 12))
    u, zero, out = (np.zeros(size, dtype=np.float32) for _ in range(3))
    for n in range(size - 12):
        u[n + 6] = -1.0
        level.residual(u, zero, out)
        u[n + 6] = 0.0
        matrix[:, n] = out[6:-6]
    return matrix


def test_smoothing_is_made_stronger_only_where_it_is_slow():
    quick = [0.3**n for n in range(7)]
    slow = [0.8**n for n in range(7)]
    body = make_body((6, 6, 6))
    weight = node_weights(body)
    levels = prepare_multigrid(body, weight, Smoothing())
    operator = prepare_operator(body, weight, np.float64)
    for residuals, changes in ((quick, False), (slow, True), (slow[:-1], False)):
        cycle = AdaptiveCycle(levels, operator, 0.0)
        fields = np.zeros((2, *body.held.shape))
        assert cycle.watch(residuals, 1e-6, *fields) == changes
        # heard again before the next iteration, it waits for what the change does
        assert not cycle.watch(residuals, 1e-6, *fields)


def test_a_body_that_is_held_nowhere_can_be_factored():
    body = make_body((6, 6, 6))
    body = replace(body, held=np.zeros_like(body.held))
    weight = node_weights(body)
    levels = prepare_multigrid(body, weight, Smoothing())
    # forces that are in balance: rigid motions do no work on them
    operator = prepare_operator(body, weight, np.float64)
    u = np.random.default_rng(5).standard_normal(weight.shape)
    force = np.empty_like(u)
    operator.force(u, force)
    assert np.isfinite(cycle(levels, force)).all()
    assert np.vdot(force, cycle(levels, force)) > 0


def test_a_material_that_gives_energy_is_refused():
    elasticity = np.diag([1.0, 1.0, 1.0, 0.4, 0.4, 0.4])
    elasticity[:3, :3] += 2.0 * (1.0 - np.eye(3))
    body = replace(make_body((6, 6, 6), 0.0), elasticity=(elasticity,))
    with pytest.raises(ArithmeticError, match="not positive definite"):
        prepare_multigrid(body, node_weights(body), Smoothing())


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one core")
def test_bits_do_not_depend_on_the_number_of_threads():
    # large enough for the fine level to run on all threads
    body = make_body((28, 29, 27), 0.1)
    assert body.grid.nodes.size > 20_000
    weight = node_weights(body)
    right = np.random.default_rng(6).standard_normal(weight.shape) * (weight > 0)
    before, found = numba.get_num_threads(), []
    for threads in (1, 2):
        numba.set_num_threads(threads)
        try:
            found.append(cycle(prepare_multigrid(body, weight, Smoothing()), right))
            assert numba.get_num_threads() == threads
        finally:
            numba.set_num_threads(before)
    assert np.array_equal(*found)
