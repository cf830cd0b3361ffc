"""The linear response of a body of bricks to given displacements and forces."""

from dataclasses import dataclass

import numpy as np

from vertaug.numerics.brick_operator import (
    BrickBody,
    BrickOperator,
    node_weights,
    prepare_operator,
)
from vertaug.numerics.conjugate_gradients import StoppingRule, solve_conjugate_gradients
from vertaug.numerics.elastic_multigrid import AdaptiveCycle, Smoothing, prepare_multigrid
from vertaug.numerics.hexahedron import FloatArray
from vertaug.numerics.solver_status import SolverReport


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
        they are, and iterations at most.
    forces_n : (3, m) float64 array, optional
        On the nodes; what it says where a node is held is not used. Default: none.
    start_mm : (3, m) float64 array, optional
        A first guess. Default: free nodes stay where they are.
    """
    from vertaug.numerics._vector_numba import dot

    weight = node_weights(body)
    multigrid = prepare_multigrid(body, weight, Smoothing())
    cycle = AdaptiveCycle(multigrid, limits[0])
    operator = prepare_operator(body, weight, np.float64)
    displacement = np.where(body.held, prescribed_mm, 0.0)
    residual = np.empty_like(displacement)
    _balance(operator, displacement, forces_n, residual)
    scale = float(np.sqrt(dot(residual.reshape(-1), residual.reshape(-1))))
    if start_mm is not None:
        np.copyto(displacement, start_mm, where=~body.held)
        _balance(operator, displacement, forces_n, residual)
    report = solve_conjugate_gradients(
        operator.apply,
        cycle.cycle,
        displacement,
        residual,
        multigrid.right,
        rule=StoppingRule(
            scale=max(scale, float(np.finfo(np.float64).tiny)),
            tolerance=limits[0],
            iterations=limits[1],
        ),
        adapt=cycle.watch,
    )
    return ElasticSolution(displacement_mm=displacement, operator=operator, solver=report)


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
