"""Linear elastic response of a vertebra between platens."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.errors import ComputationError, InputError
from vertaug.case.grid import FloatArray
from vertaug.mechanics.assembly import LoadedBody, assemble, guess_motion
from vertaug.mechanics.load_case import LoadCase
from vertaug.mechanics.model import VertebraModel
from vertaug.numerics.elastic_solution import ElasticSolution, solve_body
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

    def __post_init__(self) -> None:
        if not 0.0 < self.tolerance < 1.0 or self.iterations < 1:
            message = (
                "a solution needs a tolerance above 0 and below 1 and at least 1 iteration; got "
                f"{self.tolerance:g} and {self.iterations}"
            )
            raise InputError(message)


_LEAST_WORK = 1e-12
"""Of the work that a body with resting nodes takes; less is done by a hinge."""


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
    found = solve_body(
        loaded.body,
        guess_motion(model, load, loaded),
        limits=(limits.tolerance, limits.iterations),
    )
    if not found.solver.converged:
        message = f"the elastic solution failed: {found.solver.describe()}"
        raise ComputationError(message)
    force = found.forces()
    # The work of all forces is least at the solution, so its error is the square of that of the
    # displacement; the sum over the platen alone would keep the error itself.
    work = float(np.vdot(found.displacement_mm, force))
    if not work > _LEAST_WORK * _work_at_rest(loaded, found):
        message = (
            "no load path: the body gives way without force, as where parts are joined by edges "
            "or corners only; mend the mask"
        )
        raise InputError(message)
    down = -float(force[2, loaded.superior].sum())
    if load.motion.is_bending:
        size = float(np.radians(load.angle_deg))
        reaction, moment = down, work / size
    else:
        size = load.displacement_mm
        reaction, moment = work / size, 0.0
    stiffness = work / size**2
    return ElasticResult(
        load=load,
        reaction_n=reaction,
        moment_nmm=moment,
        stiffness=stiffness,
        displacement_mm=found.displacement_mm,
        loaded=loaded,
        solver=found.solver,
    )


def _work_at_rest(loaded: LoadedBody, found: ElasticSolution) -> float:
    """Return the work of the platens on a body whose free nodes stay where they are."""
    rest = np.where(loaded.body.held, found.displacement_mm, 0.0)
    force = np.empty_like(rest)
    found.operator.force(rest, force)
    return float(np.vdot(rest, force))
