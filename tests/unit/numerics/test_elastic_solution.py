"""The linear response of small bodies, against dense algebra and against plain statics."""

from dataclasses import replace

import numba
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, label

from vertaug.numerics._galerkin_reference import assemble_dense
from vertaug.numerics.brick_operator import BrickBody
from vertaug.numerics.elastic_solution import solve_body
from vertaug.numerics.hexahedron import CORNERS, isotropic_stiffness
from vertaug.numerics.rigid_pieces import MUCH, SOME, measure_patchiness
from vertaug.numerics.solver_status import SolverStatus
from vertaug.numerics.span_grid import span_body
from vertaug.verification.voxel_problem import free_body, solve_problem

LIMITS = (1e-12, 100)


@pytest.fixture(scope="module")
def body():
    filled = np.random.default_rng(0).random((4, 5, 6)) > 0.2
    filled[:, :, 0] = True
    grid = span_body(filled)
    moduli = grid.gather_cells(filled * (1.0 + np.random.default_rng(1).random(filled.shape)))
    held = np.zeros((3, grid.nodes.size), dtype=bool)
    held[:, grid.gather_nodes(np.indices(grid.node_shape)[2]) == 0] = True
    return BrickBody(
        grid=grid,
        spacing_mm=np.array([0.7, 1.1, 0.9]),
        moduli=moduli[None],
        elasticity=(isotropic_stiffness(0.3),),
        held=held,
    )


def test_solution_is_that_of_the_matrix(body):
    rng = np.random.default_rng(2)
    shape = body.held.shape
    given, forces = 0.1 * rng.standard_normal(shape), rng.standard_normal(shape)
    cells = body.moduli[0][:, None, None] * body.brick_stiffnesses()[0]
    matrix = assemble_dense(body.grid, cells)
    held, diagonal = body.held.T.ravel(), np.diag(matrix)
    free = ~held & (diagonal > 0)
    exact = np.where(held, given.T.ravel(), 0.0)
    right = forces.T.ravel() - matrix @ exact
    exact[free] = np.linalg.solve(matrix[np.ix_(free, free)], right[free])
    found = solve_body(body, np.where(body.held, given, 0.0), limits=LIMITS, forces_n=forces)
    assert found.solver.converged
    exact = exact.reshape(-1, 3).T
    assert found.displacement_mm == pytest.approx(exact, abs=1e-9 * np.abs(exact).max())
    everywhere = (matrix @ exact.T.ravel()).reshape(-1, 3).T
    assert found.forces() == pytest.approx(everywhere, abs=1e-8 * np.abs(everywhere).max())


def test_a_first_guess_changes_the_way_and_not_the_end(body):
    given = np.random.default_rng(3).standard_normal(body.held.shape)
    plain = solve_body(body, np.where(body.held, given, 0.0), limits=LIMITS)
    guessed = solve_body(body, given, limits=LIMITS)
    exact = plain.displacement_mm
    assert guessed.displacement_mm[:, body.diagonal()[0] > 0] == pytest.approx(
        exact[:, body.diagonal()[0] > 0], abs=1e-9 * np.abs(exact).max()
    )
    again = solve_body(body, exact.copy(), limits=(1e-10, 100))
    assert again.solver.iterations == 0


def test_supports_carry_what_is_put_on(body):
    forces = np.where(body.held | (body.diagonal() == 0), 0.0, 1.0)
    found = solve_body(body, np.zeros_like(forces), limits=LIMITS, forces_n=forces)
    assert found.forces().sum(axis=1) == pytest.approx(np.zeros(3), abs=1e-9 * forces.sum())
    carried = np.where(body.held, found.forces(), 0.0).sum(axis=1)
    assert carried == pytest.approx(-forces.sum(axis=1), rel=1e-9)


def test_nothing_asked_moves_nothing(body):
    found = solve_body(body, np.zeros(body.held.shape), limits=LIMITS)
    assert found.solver.converged
    assert (found.displacement_mm == 0).all()


@pytest.mark.parametrize("spoilt", [np.nan, np.inf])
def test_a_modulus_that_is_not_finite_breaks_down(body, spoilt):
    moduli = body.moduli.copy()
    moduli[0, 31] = spoilt
    given = np.zeros(body.held.shape)
    forces = np.ones_like(given)
    found = solve_body(replace(body, moduli=moduli), given, limits=LIMITS, forces_n=forces)
    assert found.solver.status is SolverStatus.BROKE_DOWN


def test_forces_that_are_not_finite_break_down(body):
    forces = np.ones(body.held.shape)
    forces[1, np.flatnonzero(body.diagonal()[0])[-1]] = np.nan
    found = solve_body(body, np.zeros_like(forces), limits=LIMITS, forces_n=forces)
    assert found.solver.status is SolverStatus.BROKE_DOWN


def test_a_force_that_nothing_holds_is_told(body):
    loose = replace(body, held=np.zeros_like(body.held))
    forces = np.where(body.diagonal() > 0, 1.0, 0.0)
    found = solve_body(loose, np.zeros_like(forces), limits=LIMITS, forces_n=forces)
    assert not found.solver.converged


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one core")
def test_bits_do_not_depend_on_the_number_of_threads():
    filled = np.random.default_rng(4).random((28, 29, 27)) > 0.1
    grid = span_body(filled)
    # the finest level runs on all threads from here on
    assert grid.nodes.size > 20_000
    height = grid.gather_nodes(np.indices(grid.node_shape)[2])
    held = np.array([(height == 0) | (height == 27)] * 3)
    body = BrickBody(
        grid=grid,
        spacing_mm=np.array([0.7, 1.1, 0.9]),
        moduli=grid.gather_cells(filled * 50.0)[None],
        elasticity=(isotropic_stiffness(0.3),),
        held=held,
    )
    given = np.where(held & (height == 27), -0.2, 0.0)
    before, found = numba.get_num_threads(), []
    for threads in (1, 2):
        numba.set_num_threads(threads)
        try:
            found.append(solve_body(body, given.copy(), limits=(1e-6, 50)))
        finally:
            numba.set_num_threads(before)
    first, second = found
    assert first.solver.converged
    assert first.solver == second.solver
    assert np.array_equal(first.displacement_mm, second.displacement_mm)
    assert np.array_equal(first.forces(), second.forces())


def test_a_thick_foam_gets_its_pieces_on_the_way():
    high = gaussian_filter(np.random.default_rng(1).standard_normal((30, 30, 30)), 2.0)
    solid = high > np.quantile(high, 0.75)
    solid[:, :, :2] = solid[:, :, -2:] = True
    pieces = label(solid)[0]
    grid = span_body(pieces == np.bincount(pieces[solid]).argmax())
    height = grid.gather_nodes(np.indices(grid.node_shape)[2])
    held = np.array([(height == 0) | (height == 30)] * 3)
    filled = grid.spread_cells(np.ones(grid.cells.size)) * solid
    body = BrickBody(
        grid=grid,
        spacing_mm=np.ones(3),
        moduli=grid.gather_cells(6000.0 * filled)[None],
        elasticity=(isotropic_stiffness(0.3),),
        held=held,
    )
    assert SOME < measure_patchiness(body) < MUCH
    given = np.where(held & (height == 30), -0.2, 0.0)
    found = solve_body(body, given, limits=(1e-6, 50))
    assert found.solver.converged
    assert found.solver.iterations <= 20
    residual = np.where(held, 0.0, found.forces())
    assert np.linalg.norm(residual) < 1e-3 * np.linalg.norm(found.forces())


def test_nothing_drifts_between_sliding_platens():
    rng = np.random.default_rng(5)
    filled = rng.random((9, 8, 10)) > 0.4
    filled[:, :, [0, -1]] = True
    grid = span_body(filled)
    height = grid.gather_nodes(np.indices(grid.node_shape)[2])
    held = np.array([np.zeros_like(height, bool)] * 2 + [(height == 0) | (height == 10)])
    body = BrickBody(
        grid=grid,
        spacing_mm=np.array([0.7, 1.1, 0.9]),
        moduli=grid.gather_cells(filled * 1e-4 * 6e7 ** rng.random(filled.shape))[None],
        elasticity=(isotropic_stiffness(0.3),),
        held=held,
    )
    found = solve_body(body, np.where(held & (height == 10), -0.2, 0.0), limits=(1e-9, 200))
    assert found.solver.converged
    matter = body.diagonal()[0] > 0
    u, v, _ = found.displacement_mm
    assert abs(u[matter].mean()) + abs(v[matter].mean()) < 1e-12
    assert (u[~matter] == 0.0).all()
    index = np.indices(grid.node_shape)
    x, y = (grid.gather_nodes(index[n] * body.spacing_mm[n])[matter] for n in (0, 1))
    turn = (x - x.mean()) @ v[matter] - (y - y.mean()) @ u[matter]
    assert abs(turn) < 1e-9 * np.abs(found.displacement_mm).max() * x.size
    # and it is still in balance
    rest = np.where(held, 0.0, found.forces())
    assert np.linalg.norm(rest) < 1e-6 * np.linalg.norm(found.forces())


@pytest.mark.parametrize("seed", [48, 59, 89])
def test_a_mechanism_that_runs_away_is_not_called_solved(seed):
    rng = np.random.default_rng(seed)
    modulus = np.where(rng.random((5, 5, 5)) < 0.35, 6000.0, 0.0)
    problem = free_body(modulus, 0.3, np.ones(3))
    held = problem.held.copy()
    held[:, :, :, 0] = True
    forces, matter = rng.standard_normal(held.shape), np.zeros(held.shape[1:], bool)
    for a, b, c in CORNERS:
        matter[a : a + 5, b : b + 5, c : c + 5] |= modulus > 0
    solved = solve_problem(replace(problem, held=held, forces_n=forces * matter), 1e-6)
    left = np.where(held | ~matter, 0.0, forces * matter - solved.forces_n)
    true = np.linalg.norm(left) / np.linalg.norm(np.where(held, 0.0, forces * matter))
    assert not solved.solver.converged or true < 3e-6
