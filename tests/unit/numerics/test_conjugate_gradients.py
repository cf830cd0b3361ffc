"""Conjugate gradients: the solution, and what is said when there is none."""

import numpy as np
import pytest

from vertaug.numerics.conjugate_gradients import StoppingRule, solve_conjugate_gradients
from vertaug.numerics.solver_status import SolverReport, SolverStatus

SIZE = 40


def spd(seed=0):
    root = np.random.default_rng(seed).standard_normal((SIZE, SIZE))
    return root @ root.T + SIZE * np.eye(SIZE)


def solve(matrix, b, start=None, tolerance=1e-10, most=100, precondition=None):
    x = np.zeros((1, SIZE)) if start is None else np.array(start).reshape(1, SIZE)
    residual = (b - matrix @ x[0]).reshape(1, SIZE)
    small = np.full((1, SIZE), np.nan)

    def apply(direction, out):
        out[0] = matrix @ direction[0]
        return float(np.vdot(direction, out))

    report = solve_conjugate_gradients(
        apply,
        (lambda: small) if precondition is None else (lambda: precondition(small)),
        (x, residual),
        small,
        rule=StoppingRule(scale=float(np.linalg.norm(b)), tolerance=tolerance, iterations=most),
    )
    return x[0], report


RIGHT = np.random.default_rng(1).standard_normal(SIZE)


def test_solution_and_history():
    matrix = spd()
    x, report = solve(matrix, RIGHT)
    assert report.status is SolverStatus.CONVERGED
    assert report.converged
    true = np.linalg.norm(RIGHT - matrix @ x) / np.linalg.norm(RIGHT)
    assert true == pytest.approx(report.residuals[-1], rel=1e-3)
    assert true <= 1e-10
    assert report.residuals[0] == pytest.approx(1.0)
    assert report.iterations == len(report.residuals) - 1 > 3


def test_a_good_preconditioner_saves_iterations():
    matrix = spd() + np.diag(np.logspace(0, 5, SIZE))
    inverse = 1.0 / np.diag(matrix)
    _, plain = solve(matrix, RIGHT)
    _, scaled = solve(matrix, RIGHT, precondition=lambda r: r * inverse)
    assert scaled.converged
    assert scaled.iterations < plain.iterations / 2


def test_a_solution_given_as_start_is_kept():
    matrix = spd()
    exact = np.linalg.solve(matrix, RIGHT)
    x, report = solve(matrix, RIGHT, start=exact)
    assert report.iterations == 0
    assert report.converged
    assert (x == exact).all()


def test_nothing_asked_gives_nothing():
    x = np.zeros((1, SIZE))
    report = solve_conjugate_gradients(
        lambda _d, _o: pytest.fail("no product is needed"),
        lambda: pytest.fail("no correction is needed"),
        (x, np.zeros_like(x)),
        np.zeros_like(x),
        rule=StoppingRule(scale=1.0, tolerance=1e-6, iterations=10),
    )
    assert report.converged
    assert (x == 0).all()


def test_too_few_iterations_are_told():
    _, report = solve(spd(), RIGHT, most=3)
    assert report.status is SolverStatus.TOO_MANY_ITERATIONS
    assert report.iterations == 3
    assert not report.converged
    assert report.status.remedy in report.describe()


@pytest.mark.parametrize("spoilt", [np.nan, np.inf])
def test_an_operator_that_is_not_finite_breaks_down(spoilt):
    matrix = spd()
    matrix[3, 3] = spoilt
    small = np.full((1, SIZE), np.nan)

    def apply(direction, out):
        out[0] = matrix @ direction[0]
        return float(np.vdot(direction, out))

    x = np.zeros((1, SIZE))
    report = solve_conjugate_gradients(
        apply,
        lambda: small,
        (x, RIGHT.reshape(1, -1).copy()),
        small,
        rule=StoppingRule(scale=1.0, tolerance=1e-6, iterations=10),
    )
    assert report.status is SolverStatus.BROKE_DOWN
    assert np.isfinite(x).all()
    assert report.status.remedy in report.describe()


def test_a_residual_that_is_not_a_number_is_not_called_converged():
    right = RIGHT.copy()
    right[5] = np.nan
    x = np.zeros((1, SIZE))
    small = np.zeros((1, SIZE))
    report = solve_conjugate_gradients(
        lambda d, o: float(np.vdot(d, np.copyto(o, d) or o)),
        lambda: small,
        (x, right.reshape(1, -1)),
        small,
        rule=StoppingRule(scale=1.0, tolerance=1e-6, iterations=10),
    )
    assert report.status is SolverStatus.BROKE_DOWN


@pytest.mark.parametrize("change", [lambda m: -m, lambda m: m - 2 * np.eye(SIZE) * m.max()])
def test_an_operator_that_is_not_positive_breaks_down(change):
    _, report = solve(change(spd()), RIGHT)
    assert report.status is SolverStatus.BROKE_DOWN


def test_a_preconditioner_that_is_not_positive_breaks_down():
    _, report = solve(spd(), RIGHT, precondition=lambda r: -r)
    assert report.status is SolverStatus.BROKE_DOWN


@pytest.mark.parametrize("status", list(SolverStatus))
def test_every_status_says_what_to_do(status):
    text = SolverReport(status=status, iterations=2, residuals=(1.0, 0.5, 0.1)).describe()
    assert "2 iterations" in text
    assert "1.0e-01" in text
    assert status.remedy
