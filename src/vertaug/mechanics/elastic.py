"""Linear elastic response of a vertebra between platens."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.errors import ComputationError
from vertaug.case.grid import FloatArray
from vertaug.mechanics.assembly import LoadedBody, assemble
from vertaug.mechanics.load_case import LoadCase
from vertaug.mechanics.model import VertebraModel
from vertaug.numerics.brick_operator import BrickOperator, node_weights, prepare_operator
from vertaug.numerics.conjugate_gradients import solve_conjugate_gradients
from vertaug.numerics.elastic_multigrid import Smoothing, prepare_multigrid
from vertaug.numerics.solver_status import SolverReport


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverLimits:
    """When a solution is good enough.

    Attributes
    ----------
    tolerance : float
        Of the true residual in double precision, relative to the forces of the platens on a
        body at rest.
    iterations : int
        At most.
    """

    tolerance: float = 1e-6
    iterations: int = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ElasticResult:
    """The response to one load.

    Attributes
    ----------
    load : LoadCase
    reaction_n : float
        Force of the superior platen downward; for bending the force along the axis.
    moment_nmm : float
        Moment of the superior platen about its axis; 0 in compression.
    stiffness : float
        N/mm in compression, N mm per radian in bending.
    displacement_mm : (3, m) float64 array
        Of the nodes, along the model's axes, in the order of the body's runs.
    loaded : LoadedBody
    solver : SolverReport
    """

    load: LoadCase
    reaction_n: float
    moment_nmm: float
    stiffness: float
    displacement_mm: FloatArray
    loaded: LoadedBody
    solver: SolverReport


def solve_elastic(
    model: VertebraModel,
    load: LoadCase | None = None,
    limits: SolverLimits | None = None,
) -> ElasticResult:
    """Return the linear response of a model.

    Parameters
    ----------
    model : VertebraModel
    load : LoadCase, optional
        Default: 0.2 mm of compression between sliding platens.
    limits : SolverLimits, optional

    Raises
    ------
    InputError
        If no load can pass through the model.
    ComputationError
        If the solver did not converge; the message says what to do.
    """
    load, limits = load or LoadCase(), limits or SolverLimits()
    loaded = assemble(model, load)
    operator, displacement, solver = _solve(loaded, limits)
    if not solver.converged:
        message = f"the elastic solution failed: {solver.describe()}"
        raise ComputationError(message)
    force = np.empty_like(displacement)
    operator.force(displacement, force)
    down = -force[2, loaded.superior]
    reaction = float(down.sum())
    moment = float(down @ loaded.lever_mm) if load.motion.is_bending else 0.0
    if load.motion.is_bending:
        stiffness = moment / float(np.radians(load.angle_deg))
    else:
        stiffness = reaction / load.displacement_mm
    return ElasticResult(
        load=load,
        reaction_n=reaction,
        moment_nmm=moment,
        stiffness=stiffness,
        displacement_mm=displacement,
        loaded=loaded,
        solver=solver,
    )


def _solve(
    loaded: LoadedBody, limits: SolverLimits
) -> tuple[BrickOperator, FloatArray, SolverReport]:
    body = loaded.body
    weight = node_weights(body)
    cycle = prepare_multigrid(body, weight, Smoothing())
    operator = prepare_operator(body, weight, np.float64)
    nothing = np.zeros_like(loaded.start_mm)
    residual = np.empty_like(nothing)
    operator.residual(loaded.prescribed_mm, nothing, residual)
    scale = float(np.sqrt(np.vdot(residual, residual)))
    displacement = np.array(loaded.start_mm)
    operator.residual(displacement, nothing, residual)
    report = solve_conjugate_gradients(
        operator.apply,
        cycle.cycle,
        displacement,
        residual,
        cycle.right,
        scale=max(scale, float(np.finfo(np.float64).tiny)),
        limits=(limits.tolerance, limits.iterations),
    )
    return operator, displacement, report
