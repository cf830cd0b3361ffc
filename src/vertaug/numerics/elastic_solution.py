"""The linear response of a body of bricks to given displacements and forces."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.adaptive_cycle import AdaptiveCycle
from vertaug.numerics.brick_operator import (
    BrickBody,
    BrickOperator,
    node_weights,
    prepare_operator,
)
from vertaug.numerics.conjugate_gradients import StoppingRule, solve_conjugate_gradients
from vertaug.numerics.elastic_multigrid import Smoothing, prepare_multigrid
from vertaug.numerics.hexahedron import FloatArray
from vertaug.numerics.inner_product import length
from vertaug.numerics.rigid_pieces import LARGE, MUCH, measure_patchiness
from vertaug.numerics.solver_status import SolverReport, SolverStatus

_CARRIED, _ROUNDS = 5e-3, 4
"""The residual is at most this part of the forces that load and hold the body; the stiffness, from
the work of all forces, errs by the square."""
_ROUNDING = 1e-13
"""A residual below this part of the scale is rounding."""
_UNDERSTATED = 2.0
"""The residual that the iteration keeps may be smaller than the true one by this factor."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ElasticSolution:
    """Where the nodes of a body go.

    Attributes
    ----------
    displacement_mm : (3, m) float64 array
        In the order of the runs of nodes.
    operator : BrickOperator
        The stiffness in double precision.
    solver : SolverReport
        Whether it can be used.
    """

    displacement_mm: FloatArray
    operator: BrickOperator
    solver: SolverReport

    def forces(self) -> FloatArray:
        """Return the forces in N that hold the body in this place, shape (3, m)."""
        out = np.empty_like(self.displacement_mm)
        self.operator.force(self.displacement_mm, out)
        return out


def solve_body(
    body: BrickBody,
    start_mm: FloatArray,
    *,
    limits: tuple[float, int],
    forces_n: FloatArray | None = None,
) -> ElasticSolution:
    """Return the displacement of a body in equilibrium.

    Parameters
    ----------
    body : BrickBody
    start_mm : (3, m) float64 array
        Where held nodes shall be, and a first guess elsewhere. Changed: it becomes the solution,
        so that a large body is not stored twice.
    limits : (float, int)
        Tolerance of the residual relative to the forces on a body whose free nodes stay where
        they are, and iterations at most. Beside that the residual is at most a two-hundredth
        of the forces that load and hold the body.
    forces_n : (3, m) float64 array, optional
        On the nodes; what it says where a node is held, or in no brick, is not used. Default:
        none.
    """
    patchiness, weight = measure_patchiness(body), node_weights(body)
    multigrid = prepare_multigrid(body, weight, Smoothing())
    operator = prepare_operator(body, weight, np.float64)
    residual = np.empty_like(start_mm)
    _balance(operator, np.where(body.held, start_mm, 0.0), forces_n, residual)
    scale = max(length(residual), float(np.finfo(np.float64).tiny))
    _balance(operator, start_mm, forces_n, residual)
    state = _State(
        operator=operator,
        cycle=AdaptiveCycle(multigrid, operator, patchiness),
        displacement=start_mm,
        residual=residual,
    )
    rule = StoppingRule(scale=scale, tolerance=limits[0], iterations=limits[1])
    # a large body has too many pieces as a rule: found out only where it is slow
    if patchiness > MUCH and body.grid.cells.size < LARGE:
        state.cycle.take_pieces(start_mm, residual)
    report = _improve(state, rule)
    # A weak layer between stiff ends carries so little that a residual which is small beside the
    # ends' stiffness is large beside the load: go on until it is small beside both.
    for _ in range(_ROUNDS):
        most = _CARRIED * _carried(operator, start_mm, forces_n) / scale
        if not report.converged or report.residuals[-1] <= most or most < _ROUNDING:
            # less than rounding: nothing is carried
            break
        left = limits[1] - report.iterations
        rule = StoppingRule(scale=scale, tolerance=0.5 * most, iterations=left)
        state.cycle.take_pieces(start_mm, residual)
        report = _join(report, _improve(state, rule))
    report = _confirm(state, forces_n, replace(rule, iterations=limits[1]), report)
    stop_drift(body, weight, start_mm)
    return ElasticSolution(displacement_mm=start_mm, operator=operator, solver=report)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _State:
    """A solution on its way; displacement and residual are changed."""

    operator: BrickOperator
    cycle: AdaptiveCycle
    displacement: FloatArray
    residual: FloatArray


def _improve(state: _State, rule: StoppingRule) -> SolverReport:
    """Improve a displacement until the rule is met."""
    fields = (state.displacement, state.residual)

    def watch(residuals: Sequence[float]) -> bool:
        return state.cycle.watch(residuals, rule.tolerance, *fields)

    room = state.cycle.between_cycles
    run = partial(solve_conjugate_gradients, state.operator.apply, room=room)
    right = state.cycle.right
    given = partial(state.cycle.cycle, state.residual)
    report = run(given, fields, right, rule=rule, adapt=watch)
    if report.status is not SolverStatus.BROKE_DOWN or not np.isfinite(report.residuals[-1]):
        return report
    # strong smoothing needs a bound of the eigenvalues that holds; where it does not, go on with
    # the usual one, which forgives
    left = replace(rule, iterations=rule.iterations - report.iterations)
    return _join(report, run(state.cycle.plain, fields, right, rule=left))


def _confirm(
    state: _State, forces_n: FloatArray | None, rule: StoppingRule, report: SolverReport
) -> SolverReport:
    """Return the report with the true residual; go on once where it is not small enough.

    What the iteration keeps differs from it where a part of the body is held by nearly nothing
    and goes far.

    Parameters
    ----------
    state : _State
    forces_n : (3, m) float64 array or None
    rule : StoppingRule
        The last one, with the iterations of the whole solution.
    report : SolverReport
        Of the whole solution.
    """
    for last in (False, True):
        if not report.converged:
            break
        _balance(state.operator, state.displacement, forces_n, state.residual)
        true = length(state.residual) / rule.scale
        if true <= max(_UNDERSTATED * rule.tolerance, _ROUNDING):
            break
        if last:
            return replace(
                report,
                status=SolverStatus.BROKE_DOWN,
                residuals=(*report.residuals[:-1], true),
            )
        left = replace(rule, iterations=rule.iterations - report.iterations)
        report = _join(report, _improve(state, left))
    return report


def stop_drift(body: BrickBody, weight: NDArray[np.float32], displacement_mm: FloatArray) -> None:
    """Take out rigid motions that nothing holds, about and along the axes of the grid.

    Between sliding platens a body may go sideways and turn; the solution is that which does not
    do so on the mean over its nodes.

    Parameters
    ----------
    body : BrickBody
    weight : (3, m) float32 array
        From `node_weights`.
    displacement_mm : (3, m) float64 array
        Changed.
    """
    loose = [axis for axis in range(3) if not body.held[axis].any()]
    for axis in loose:
        matter = weight[axis] > 0.0
        displacement_mm[axis] -= np.where(matter, displacement_mm[axis].mean(where=matter), 0.0)
    for one in loose:
        for other in (axis for axis in loose if axis > one):
            x, y = (_places(body, axis, weight[one] > 0.0) for axis in (one, other))
            u, v = displacement_mm[one], displacement_mm[other]
            size = float(np.einsum("n,n->", x, x) + np.einsum("n,n->", y, y))
            moved = float(np.einsum("n,n->", x, v) - np.einsum("n,n->", y, u))
            turn = moved / max(size, float(np.finfo(np.float64).tiny))
            y *= turn
            u += y
            x *= turn
            v -= x


def _places(body: BrickBody, axis: int, matter: NDArray[np.bool_]) -> FloatArray:
    """Return how far the nodes of matter lie from their middle along an axis, mm; 0 elsewhere."""
    shape = [1, 1, 1]
    shape[axis] = -1
    along = np.arange(body.grid.node_shape[axis]) * float(body.spacing_mm[axis])
    box = np.broadcast_to(along.reshape(shape), body.grid.node_shape)
    place = body.grid.gather_nodes(box)
    place -= place.mean(where=matter)
    place *= matter
    return np.asarray(place)


def _join(first: SolverReport, second: SolverReport) -> SolverReport:
    """Return the report of two runs, the second one from where the first one ended."""
    return SolverReport(
        status=second.status,
        iterations=first.iterations + second.iterations,
        residuals=first.residuals + second.residuals[1:],
    )


def _carried(
    operator: BrickOperator, displacement: FloatArray, forces_n: FloatArray | None
) -> float:
    """Return the size of the forces that load a body and hold it."""
    forces = np.empty_like(displacement)
    operator.force(displacement, forces)
    forces *= operator.body.held
    if forces_n is not None:
        forces += np.where(operator.body.held, 0.0, forces_n)
    return length(forces)


def _balance(
    operator: BrickOperator,
    displacement: FloatArray,
    forces_n: FloatArray | None,
    residual: FloatArray,
) -> None:
    """Fill what the free nodes lack to equilibrium."""
    if forces_n is None:
        operator.apply(displacement, residual)
        np.negative(residual, out=residual)
    else:
        operator.residual(displacement, np.ascontiguousarray(forces_n), residual)
