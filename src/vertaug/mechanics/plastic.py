"""Crushing a vertebra beyond yield: load steps with Newton's method."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import ComputationError, InputError
from vertaug.case.grid import FloatArray
from vertaug.mechanics.assembly import LoadedBody, assemble, guess_motion
from vertaug.mechanics.load_case import LoadCase
from vertaug.mechanics.model import VertebraModel
from vertaug.mechanics.plastic_body import PlasticBody, YieldSurface, prepare_plastic
from vertaug.numerics.conjugate_gradients import StoppingRule, solve_conjugate_gradients
from vertaug.numerics.elastic_multigrid import ElasticMultigrid
from vertaug.numerics.elastic_solution import solve_body, stop_drift
from vertaug.numerics.inner_product import inner_product, length
from vertaug.numerics.solver_status import SolverReport, SolverStatus

_STALE = 20
"""Iterations of conjugate gradients from which on the preconditioner is made again."""
_FORCING, _EXACT_FORCING, _ROUGH_MOVES = 0.1, 0.02, 6
_ENOUGH, _LOOSEST = 0.5, 0.5
"""A move is solved to that share of the step's tolerance at most, and to that of its start at
least."""
_INNER_ITERATIONS, _EXACT_ITERATIONS = 80, 160
"""The first moves of a step are computed roughly; if these do not do, the next ones exactly: rough
moves go astray where a body flows as a whole (a vertebra of 62 mg/ml took more than 20)."""
_OVERSHOOT = 0.3
_SHORTENINGS = 4
_SMALL_SHARE, _LEAST_DAMPING = 0.2, 1e-3
_HALVINGS, _TRIES = 4, 24
"""Of a step; and increments beside those asked for, before a crush is given up."""
APPARENT_STRAINS = (0.002, 0.004, 0.006, 0.0085, 0.0115, 0.015, 0.019)
"""Steps of the default curve up to 1.9 % (Crawford, Keaveny; physics reference 2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewtonLimits:
    """When a load step is solved.

    Attributes
    ----------
    tolerance : float
        Of the forces out of balance, relative to those at the platens.
    iterations : int
        Of Newton's method at most, before the step is halved.
    """

    tolerance: float = 1e-4
    iterations: int = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlasticResult:
    """The response up to and beyond yield.

    Attributes
    ----------
    surface : YieldSurface
    displacement_mm, force_n : (n,) float64 arrays
        Of the superior platen, downward; the first point is the origin.
    height_mm : float
        For apparent strain.
    yielded : (n,) float64 array
        Share of all matter, caps included, that has yielded at each point.
    yielded_bone : (n,) float64 array or None
        Share of the bone that was named; None where none was.
    body : PlasticBody
        With the plastic strain of the last point.
    nodes_mm : (3, m) float64 array
        Displacement at the last point.
    solver : tuple of SolverReport
        Of each step.
    """

    surface: YieldSurface
    displacement_mm: FloatArray
    force_n: FloatArray
    height_mm: float
    yielded: FloatArray
    body: PlasticBody
    nodes_mm: FloatArray
    solver: tuple[SolverReport, ...]
    yielded_bone: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Equilibrium:
    """A state in balance with its load.

    Attributes
    ----------
    nodes_mm : (3, m) float64 array
        Displacement.
    force_n : (3, m) float64 array
        Forces of all nodes.
    body : PlasticBody
        With the plastic strain of this state.
    cycle : ElasticMultigrid or None
        Preconditioner to go on with.
    solver : SolverReport
        Whether the state can be used.
    """

    nodes_mm: FloatArray
    force_n: FloatArray
    body: PlasticBody
    cycle: ElasticMultigrid | None
    solver: SolverReport


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Point:
    """A point of the curve, and how fast its nodes move with the platen."""

    size: float
    velocity: FloatArray
    state: Equilibrium


def crush(
    model: VertebraModel,
    surface: YieldSurface = YieldSurface.TRESCA,
    displacements_mm: FloatArray | None = None,
    load: LoadCase | None = None,
    limits: NewtonLimits | None = None,
    *,
    bone: NDArray[np.bool_] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> PlasticResult:
    """Compress a model step by step and return its force-displacement curve.

    Perfect plasticity with small strains. Each step is a convex problem whose solution is found
    by Newton's method with the consistent tangent and a line search; a step that does not
    converge is halved, and after too many of these the crush is given up.

    Parameters
    ----------
    model : VertebraModel
        Isotropic, with strengths.
    surface : YieldSurface
    displacements_mm : (n,) array, optional
        Rising; by default `APPARENT_STRAINS` of the model's height.
    load : LoadCase, optional
        Which platens; its displacement is not used.
    limits : NewtonLimits, optional
    bone : (ni, nj, nk) bool array, optional
        Voxels that count as bone, for `PlasticResult.yielded_bone`.
    progress : callable, optional
        Takes (message, share done, 0 to 1), before each step.

    Raises
    ------
    InputError
        If the model is anisotropic, has no strengths, or the steps do not rise.
    ComputationError
        If a step cannot be solved.
    """
    load, limits = load or LoadCase(), limits or NewtonLimits()
    if load.motion.is_bending:
        message = "a crush is a compression; bending beyond yield is not modelled"
        raise InputError(message)
    if model.anisotropic:
        message = "plastic flow of anisotropic bone is not modelled; use an isotropic model"
        raise InputError(message)
    steps = _check_steps(model, displacements_mm)
    load = replace(load, displacement_mm=float(steps[0]))
    loaded = assemble(model, load)
    body = prepare_plastic(loaded.body, model.strength_mpa, surface)
    velocity = _elastic_velocity(model, load, loaded)
    start = Equilibrium(
        nodes_mm=np.zeros_like(velocity),
        force_n=np.zeros_like(velocity),
        body=body,
        cycle=None,
        solver=SolverReport(status=SolverStatus.CONVERGED, iterations=0, residuals=(0.0,)),
    )
    point = _Point(size=0.0, velocity=velocity, state=start)
    forces, shares, reports = [0.0], [0.0], []
    left = _TRIES + len(steps)
    counted = None if bone is None else loaded.body.grid.gather_cells(bone)
    bone_shares = [0.0]
    for number, size in enumerate(steps):
        if progress is not None:
            progress(f"crushing to {100.0 * size / model.height_mm:.1f} %", number / len(steps))
        point, left = _advance(point, float(size), limits, left)
        forces.append(-float(point.state.force_n[2, loaded.superior].sum()))
        flowed = _flowed(point.state.body)
        shares.append(float(flowed[point.state.body.body.moduli[0] > 0.0].mean()))
        if counted is not None:
            bone_shares.append(float(flowed[counted].mean()))
        reports.append(point.state.solver)
    moved = point.state.nodes_mm.copy()
    stop_drift(loaded.body, body.weight, moved)
    return PlasticResult(
        surface=surface,
        displacement_mm=np.concatenate([[0.0], steps]),
        force_n=np.array(forces),
        height_mm=model.height_mm,
        yielded=np.array(shares),
        body=point.state.body,
        nodes_mm=moved,
        solver=tuple(reports),
        yielded_bone=None if counted is None else np.array(bone_shares),
    )


def _elastic_velocity(model: VertebraModel, load: LoadCase, loaded: LoadedBody) -> FloatArray:
    """Return how fast the nodes move with the platen before anything yields.

    A first guess that strains every voxel alike would make the wrong ones yield, and Newton's
    method would find its way back from there only slowly.
    """
    found = solve_body(loaded.body, guess_motion(model, load, loaded), limits=(1e-4, 200))
    if not found.solver.converged:
        message = f"the elastic solution failed: {found.solver.describe()}"
        raise ComputationError(message)
    return found.displacement_mm / load.displacement_mm


def _check_steps(model: VertebraModel, displacements_mm: FloatArray | None) -> FloatArray:
    if displacements_mm is None:
        return np.array(APPARENT_STRAINS) * model.height_mm
    steps = np.asarray(displacements_mm, dtype=np.float64)
    if (
        steps.ndim != 1
        or not np.isfinite(steps).all()
        or steps.size == 0
        or steps[0] <= 0
        or np.any(np.diff(steps) <= 0)
    ):
        message = f"the steps of a crush must rise from above 0; got {steps.tolist()}"
        raise InputError(message)
    return steps


def _advance(point: _Point, size: float, limits: NewtonLimits, left: int) -> tuple[_Point, int]:
    """Go on to a displacement; a step that does not converge is halved and tried again.

    Returns the point, and how many of the tries that were left are left still.
    """
    step = least = size - point.size
    least *= 0.5**_HALVINGS
    while point.size < size:
        step = min(step, size - point.size)
        start = point.state.nodes_mm + step * point.velocity
        state = relax(point.state.body, start, limits, cycle=point.state.cycle)
        left -= 1
        if state.solver.converged:
            velocity = (state.nodes_mm - point.state.nodes_mm) / step
            done = point.size + step
            reached = size if size - done < 1e-9 * size else done
            point = _Point(size=reached, velocity=velocity, state=state)
            continue
        step *= 0.5
        if step < 0.999 * least or left <= 0:
            message = f"crushing failed at {size:.3g} mm: {state.solver.describe()}"
            raise ComputationError(message)
    return point, left


def relax(
    body: PlasticBody,
    start_mm: FloatArray,
    limits: NewtonLimits,
    *,
    external_n: FloatArray | None = None,
    cycle: ElasticMultigrid | None = None,
) -> Equilibrium:
    """Return the equilibrium of a plastic body after one increment of load.

    Parameters
    ----------
    body : PlasticBody
        With the plastic strain before the increment.
    start_mm : (3, m) float64 array
        First guess; held nodes are where they shall be.
    limits : NewtonLimits
    external_n : (3, m) float64 array, optional
        Forces on the free nodes.
    cycle : ElasticMultigrid, optional
        Preconditioner of an earlier increment.
    """
    u, free = start_mm, body.weight > 0.0
    given = np.zeros_like(u) if external_n is None else external_n
    history: list[float] = []
    effort, damping = (_STALE + 1 if cycle is None else 0), 0.0
    force = body.forces(u, with_tangent=True)
    while True:
        residual = np.where(free, given - force, 0.0)
        scale = length(np.where(free, given, force))
        history.append(length(residual) / max(scale, 1e-30))
        status = _judge(history, limits)
        if status is not None:
            break
        if cycle is None or effort > _STALE:
            cycle = body.preconditioner()
        rule = _rule(history, limits, length(residual))
        move, effort = _solve_tangent(body, cycle, residual, damping, rule)
        u, force, share = _search(body, u, move, residual, given)
        damping = _adjust(damping, share, effort)
    report = SolverReport(status=status, iterations=len(history) - 1, residuals=tuple(history))
    settled = body.settle(u) if report.converged else body
    return Equilibrium(nodes_mm=u, force_n=force, body=settled, cycle=cycle, solver=report)


def _adjust(damping: float, share: float, effort: int) -> float:
    """Return how much of the elastic stiffness is added to the tangent of the next move.

    A body that flows as a whole has directions without any stiffness left: the inner solver
    labours, the move runs away along them, and next to nothing of it can be taken. With the
    whole elastic stiffness a move always brings the energy down.
    """
    if share < _SMALL_SHARE or effort >= _INNER_ITERATIONS:
        return min(max(10.0 * damping, _LEAST_DAMPING), 1.0)
    return damping / 3.0 if damping > 0.1 * _LEAST_DAMPING else 0.0


def _judge(history: list[float], limits: NewtonLimits) -> SolverStatus | None:
    if history[-1] <= limits.tolerance:
        return SolverStatus.CONVERGED
    if not np.isfinite(history[-1]):
        return SolverStatus.BROKE_DOWN
    return SolverStatus.TOO_MANY_ITERATIONS if len(history) > limits.iterations else None


def _rule(history: list[float], limits: NewtonLimits, scale: float) -> StoppingRule:
    """Return how closely the next move is solved."""
    rough = len(history) <= _ROUGH_MOVES
    enough = min(_ENOUGH * limits.tolerance / history[-1], _LOOSEST)
    return StoppingRule(
        scale=scale,
        tolerance=max(_FORCING if rough else _EXACT_FORCING, enough),
        iterations=_INNER_ITERATIONS if rough else _EXACT_ITERATIONS,
    )


def _solve_tangent(
    body: PlasticBody,
    cycle: ElasticMultigrid,
    residual: FloatArray,
    damping: float,
    rule: StoppingRule,
) -> tuple[FloatArray, int]:
    """Return Newton's move, and the iterations that it took."""
    move = np.zeros_like(residual)
    apply = body.change if damping == 0.0 else partial(body.damped_change, damping)
    report = solve_conjugate_gradients(
        apply,
        cycle.cycle,
        (move, np.array(residual)),
        cycle.right,
        rule=rule,
    )
    return move, report.iterations


def _search(
    body: PlasticBody,
    u: FloatArray,
    move: FloatArray,
    residual: FloatArray,
    given: FloatArray,
) -> tuple[FloatArray, FloatArray, float]:
    """Return the displacement after a move, its forces, and the share of the move that was taken.

    The move is shortened where the energy, which is convex, rises again well before its end.
    """
    share, slope, free = 1.0, inner_product(residual, move), body.weight > 0.0
    for turn in range(_SHORTENINGS):
        reached = u + share * move
        force = body.forces(reached, with_tangent=True)
        after = inner_product(np.where(free, given - force, 0.0), move)
        if not slope > 0.0 or after > -_OVERSHOOT * slope or turn == _SHORTENINGS - 1:
            break
        share *= slope / (slope - after)
    return reached, force, share


def _flowed(body: PlasticBody) -> NDArray[np.bool_]:
    """Return which bricks have yielded, in the order of the runs."""
    return np.asarray(np.abs(body.plastic).max(axis=0) > 1e-9)
