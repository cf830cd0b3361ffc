"""The linear response of a body of bricks to given displacements and forces."""

from dataclasses import dataclass, replace

import numpy as np

from vertaug.numerics.brick_operator import (
    BrickBody,
    BrickOperator,
    node_weights,
    prepare_operator,
)
from vertaug.numerics.conjugate_gradients import StoppingRule, solve_conjugate_gradients
from vertaug.numerics.elastic_multigrid import (
    AdaptiveCycle,
    ElasticMultigrid,
    Smoothing,
    prepare_multigrid,
)
from vertaug.numerics.hexahedron import FloatArray
from vertaug.numerics.solver_status import SolverReport, SolverStatus

_CARRIED, _ROUNDS = 5e-3, 4
"""The residual is at most this part of the forces that load and hold the body; the stiffness, from
the work of all forces, errs by the square."""


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
    prescribed_mm: FloatArray,
    *,
    limits: tuple[float, int],
    forces_n: FloatArray | None = None,
    start_mm: FloatArray | None = None,
) -> ElasticSolution:
    """Return the displacement of a body in equilibrium.

    Parameters
    ----------
    body : BrickBody
    prescribed_mm : (3, m) float64 array
        Displacement where a node is held; what it says of other nodes is not used.
    limits : (float, int)
        Tolerance of the residual relative to the forces on a body whose free nodes stay where
        they are, and iterations at most. Beside that the residual is at most a two-hundredth
        of the forces that load and hold the body.
    forces_n : (3, m) float64 array, optional
        On the nodes; what it says where a node is held is not used. Default: none.
    start_mm : (3, m) float64 array, optional
        A first guess. Default: free nodes stay where they are.
    """
    from vertaug.numerics._vector_numba import dot

    weight = node_weights(body)
    multigrid = prepare_multigrid(body, weight, Smoothing())
    operator = prepare_operator(body, weight, np.float64)
    displacement = np.where(body.held, prescribed_mm, 0.0)
    residual = np.empty_like(displacement)
    _balance(operator, displacement, forces_n, residual)
    scale = float(np.sqrt(dot(residual.reshape(-1), residual.reshape(-1))))
    if start_mm is not None:
        np.copyto(displacement, start_mm, where=~body.held)
        _balance(operator, displacement, forces_n, residual)
    scale = max(scale, float(np.finfo(np.float64).tiny))
    rule = StoppingRule(scale=scale, tolerance=limits[0], iterations=limits[1])
    report = _solve(operator, multigrid, displacement, residual, rule)
    # A weak layer between stiff ends carries so little that a residual which is small beside the
    # ends' stiffness is large beside the load: go on until it is small beside both.
    for _ in range(_ROUNDS):
        most = _CARRIED * _carried(operator, displacement, forces_n) / scale
        if not report.converged or report.residuals[-1] <= most:
            break
        left = limits[1] - report.iterations
        rule = StoppingRule(scale=scale, tolerance=0.5 * most, iterations=left)
        more = _solve(operator, multigrid, displacement, residual, rule)
        report = SolverReport(
            status=more.status,
            iterations=report.iterations + more.iterations,
            residuals=report.residuals + more.residuals[1:],
        )
    return ElasticSolution(displacement_mm=displacement, operator=operator, solver=report)


def _solve(
    operator: BrickOperator,
    multigrid: ElasticMultigrid,
    displacement: FloatArray,
    residual: FloatArray,
    rule: StoppingRule,
) -> SolverReport:
    """Improve a displacement until the rule is met; residual and displacement are changed."""
    adaptive = AdaptiveCycle(multigrid, rule.tolerance)
    plain = AdaptiveCycle(multigrid, np.inf)
    reports: list[SolverReport] = []
    # strong smoothing needs a bound of the eigenvalues that holds; where it does not, go on with
    # the usual one, which forgives
    for cycle in (adaptive, plain):
        done = sum(report.iterations for report in reports)
        reports.append(
            solve_conjugate_gradients(
                operator.apply,
                cycle.cycle,
                displacement,
                residual,
                multigrid.right,
                rule=replace(rule, iterations=rule.iterations - done),
                adapt=cycle.watch,
            )
        )
        finite = bool(np.isfinite(reports[-1].residuals[-1]))
        if reports[-1].status is not SolverStatus.BROKE_DOWN or not finite:
            break
    history = reports[0].residuals + reports[-1].residuals[1:] * (len(reports) > 1)
    return SolverReport(status=reports[-1].status, iterations=len(history) - 1, residuals=history)


def _carried(
    operator: BrickOperator, displacement: FloatArray, forces_n: FloatArray | None
) -> float:
    """Return the size of the forces that load a body and hold it."""
    from vertaug.numerics._vector_numba import dot

    forces = np.empty_like(displacement)
    operator.force(displacement, forces)
    forces *= operator.body.held
    if forces_n is not None:
        forces += np.where(operator.body.held, 0.0, forces_n)
    return float(np.sqrt(dot(forces.reshape(-1), forces.reshape(-1))))


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
