"""One increment of a balloon's inflation: the equilibrium of bone, skin and pressure.

With the density, and so the strength, of the start of the increment, plastic flow that is normal
to the yield surface makes the increment a convex problem: the work of bone and skin is least among
all displacements that give the balloon its new volume, and the pressure is what that condition
costs. Newton's method with the consistent tangent finds it; each move is solved by conjugate
gradients among displacements that keep the volume, with a multigrid cycle before them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vertaug.augmentation.balloon.balance import Balance, InflationProblem
from vertaug.case.grid import FloatArray
from vertaug.numerics.conjugate_gradients import StoppingRule, solve_conjugate_gradients
from vertaug.numerics.inner_product import inner_product, length
from vertaug.numerics.solver_status import SolverReport, SolverStatus

_FORCING, _KEEN, _INNER = (0.1, 0.5), 0.9, 60
_OVERSHOOT, _SHORTENINGS = 0.3, 6
_STALE = 14
"""Iterations of conjugate gradients from which on the cycle is made again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncrementLimits:
    """When an increment is solved.

    Attributes
    ----------
    tolerance : float
        Of the forces out of balance, relative to those of the pressure.
    plate_n : float
        Of the force out of balance on a plate under a weight, and of its moments over 10 mm.
    moves : int
        Of Newton's method at most.
    drag_mpa : float
        A modulus without memory, in the balloon and in the bone: keeps the surface even and what
        is perfectly plastic from running away.
    """

    tolerance: float = 1e-2
    plate_n: float = 1.0
    moves: int = 30
    drag_mpa: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Increment:
    """A solved increment.

    Attributes
    ----------
    nodes_mm : (3, ni + 1, nj + 1, nk + 1) float64 array
        Displacement.
    pressure_mpa : (balloons,) float64 array
    stress_mpa : (n, 6) float64 array
        Of the voxels with bone, after it.
    flow : (n,) float64 array
        Equivalent plastic strain in it.
    left : (n,) float64 array
        Share of the stiffness that is left.
    solver : SolverReport
    """

    nodes_mm: FloatArray
    pressure_mpa: FloatArray
    stress_mpa: FloatArray
    flow: FloatArray
    left: FloatArray
    solver: SolverReport


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Equation:
    """What has to vanish.

    Attributes
    ----------
    balanced : callable
        Takes the forces that resist; returns what they lack, and the pressures.
    change : callable
        Takes (move, out), fills how the forces change, returns the product with the move.
    renew : callable
        Makes the cycle again, and what was computed with it.
    scale_n : float or None
        What the forces out of balance are compared with; None for those of the pressure.
    """

    balanced: Callable[[FloatArray], tuple[FloatArray, FloatArray]]
    change: Callable[[FloatArray, FloatArray], float]
    renew: Callable[[], None]
    scale_n: float | None = None


def grow(
    problem: InflationProblem,
    volumes_mm3: FloatArray,
    limits: IncrementLimits,
    start: FloatArray | None = None,
) -> Increment:
    """Return the equilibrium after each balloon has grown by a volume.

    Parameters
    ----------
    problem : InflationProblem
    volumes_mm3 : (balloons,) float64 array
    limits : IncrementLimits
    start : (3, ni + 1, nj + 1, nk + 1) float64 array, optional
        Displacement of the last increment, of any size.
    """
    balance = Balance(problem, limits.drag_mpa)
    loads = balance.loads
    pressure = _Pressure(balance)

    def balanced(forces: FloatArray) -> tuple[FloatArray, FloatArray]:
        resisted = forces - balance.dead
        pressures = pressure.that_meets(resisted)
        return _combine(pressures, loads) - resisted, pressures

    def change(move: FloatArray, out: FloatArray) -> float:
        balance.change(move, out)
        # the pressures change so that the cycle's answer keeps the volumes
        out -= _combine(pressure.that_meets(out), loads)
        return inner_product(move, out)

    def renew() -> None:
        nonlocal pressure
        balance.renew()
        pressure = _Pressure(balance)

    u = _first_guess(balance, start, pressure.replies, volumes_mm3)
    equation = _Equation(balanced=balanced, change=change, renew=renew)
    return _newton(balance, u, equation, limits)


def settle(
    problem: InflationProblem,
    pressures_mpa: FloatArray,
    limits: IncrementLimits,
    *,
    given: FloatArray | None = None,
    scale_n: float | None = None,
) -> Increment:
    """Return the equilibrium at given pressures.

    Parameters
    ----------
    problem : InflationProblem
    pressures_mpa : (balloons,) float64 array
    limits : IncrementLimits
    given : (3, ni + 1, nj + 1, nk + 1) float64 array, optional
        Displacement of the held nodes, and a first guess of the others.
    scale_n : float, optional
        What the forces out of balance are compared with, by default those of the pressure.
    """
    balance = Balance(problem, limits.drag_mpa)
    u = np.zeros(balance.weight.shape)
    if given is not None:
        u[:] = given.reshape(3, -1)[:, balance.index]

    load = balance.dead + _combine(pressures_mpa, balance.loads)

    def balanced(forces: FloatArray) -> tuple[FloatArray, FloatArray]:
        return load - forces, pressures_mpa

    equation = _Equation(
        balanced=balanced, change=balance.change, renew=balance.renew, scale_n=scale_n
    )
    return _newton(balance, u, equation, limits)


def borne_pressure(problem: InflationProblem, limits: IncrementLimits) -> FloatArray:
    """Return the pressures that the stresses of a state bear, without the drag of its increment.

    Parameters
    ----------
    problem : InflationProblem
        Of the next increment.
    limits : IncrementLimits
    """
    balance = Balance(problem, limits.drag_mpa)
    borne = balance.forces(np.zeros(balance.weight.shape)) - balance.dead
    return _Pressure(balance).that_meets(borne)


class _Pressure:
    """The pressures that meet forces, so that what is left does no work on the cycle's answers."""

    def __init__(self, balance: Balance) -> None:
        self.replies = np.stack([_reply(balance, load) for load in balance.loads])
        self._gain = _products(balance.loads, self.replies)

    def that_meets(self, forces: FloatArray) -> FloatArray:
        """Return the pressures."""
        along = _products(self.replies, forces[None])[:, 0]
        return np.asarray(np.linalg.solve(self._gain.T, along), dtype=np.float64)


def _reply(balance: Balance, load: FloatArray) -> FloatArray:
    """Return what the multigrid cycle answers to forces."""
    balance.cycle.right[:] = load
    return balance.admitted(balance.answer().astype(np.float64))


def _products(some: FloatArray, others: FloatArray) -> FloatArray:
    return np.array([[inner_product(a, b) for b in others] for a in some])


def _combine(shares: FloatArray, fields: FloatArray) -> FloatArray:
    # not by a library whose threads go on spinning beside the kernels
    out: FloatArray = np.zeros(fields.shape[1:])
    for share, field in zip(shares, fields, strict=True):
        out += float(share) * field
    return out


def _first_guess(
    balance: Balance, start: FloatArray | None, replies: FloatArray, volumes_mm3: FloatArray
) -> FloatArray:
    """Return a displacement of the wanted volumes: like the last one, or like an elastic body's."""
    u = np.zeros(balance.weight.shape)
    if start is not None:
        u = balance.admitted(start.reshape(3, -1)[:, balance.index])
        gained = _products(balance.loads, u[None])[:, 0]
        u *= max(float(volumes_mm3.sum()) / float(gained.sum()), 0.0) if gained.sum() > 0.0 else 0.0
    lacking = volumes_mm3 - _products(balance.loads, u[None])[:, 0]
    shares = np.asarray(
        np.linalg.solve(_products(balance.loads, replies), lacking), dtype=np.float64
    )
    return np.asarray(u + _combine(shares, replies))


def _newton(
    balance: Balance, u: FloatArray, equation: _Equation, limits: IncrementLimits
) -> Increment:
    """Return where the forces are in balance."""
    history: list[float] = []
    forces, effort = balance.forces(u), 0
    while True:
        residual, pressure = equation.balanced(forces)
        load = _combine(pressure, balance.loads)
        scale = equation.scale_n or max(length(load), 1e-12)
        history.append(_out_of_balance(balance, residual, scale, limits))
        status = _judge(history, limits)
        if status is not None:
            break
        if effort > _STALE:
            equation.renew()
            residual, _ = equation.balanced(forces)
        move = np.zeros_like(u)
        solved = solve_conjugate_gradients(
            equation.change,
            balance.answer,
            (move, np.array(residual)),
            balance.cycle.right,
            rule=StoppingRule(
                scale=length(residual),
                tolerance=_forcing(history, limits.tolerance),
                iterations=_INNER,
            ),
        )
        effort = solved.iterations
        u, forces = _search(balance, equation, (u, move), residual)
    nodes = np.zeros(balance.problem.held.shape)
    nodes[:, balance.index] = u
    return Increment(
        nodes_mm=nodes.reshape(3, *balance.problem.grid.node_shape),
        pressure_mpa=pressure,
        stress_mpa=balance.turned(u),
        flow=balance.flow,
        left=np.array(balance.left[:, 0]),
        solver=SolverReport(status=status, iterations=len(history) - 1, residuals=tuple(history)),
    )


def _out_of_balance(
    balance: Balance, residual: FloatArray, scale: float, limits: IncrementLimits
) -> float:
    """Return the forces out of balance, relative; those of a plate as they count against theirs."""
    own = length(residual) / scale
    if balance.plate is None:
        return own
    return max(own, limits.tolerance * balance.plate.lack_n(residual) / limits.plate_n)


def _forcing(history: list[float], tolerance: float) -> float:
    """Return how closely a move is solved: closely where the moves do well, and no further.

    Eisenstat and Walker, SIAM J Sci Comput 1996;17:16, choice 2.
    """
    fall = history[-1] / history[-2] if len(history) > 1 else 0.5
    return float(np.clip(max(_KEEN * fall * fall, 0.5 * tolerance / history[-1]), *_FORCING))


def _judge(history: list[float], limits: IncrementLimits) -> SolverStatus | None:
    if history[-1] <= limits.tolerance:
        return SolverStatus.CONVERGED
    if not np.isfinite(history[-1]):
        return SolverStatus.BROKE_DOWN
    return SolverStatus.TOO_MANY_ITERATIONS if len(history) > limits.moves else None


def _search(
    balance: Balance,
    equation: _Equation,
    path: tuple[FloatArray, FloatArray],
    residual: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the displacement after a move, shortened where work rises, and its forces."""
    (u, move), share, slope = path, 1.0, inner_product(residual, path[1])
    for turn in range(_SHORTENINGS):
        reached = u + share * move
        forces = balance.forces(reached)
        after = inner_product(equation.balanced(forces)[0], move)
        if after > -_OVERSHOOT * slope or turn == _SHORTENINGS - 1:
            break
        share *= max(slope / (slope - after), 0.1)
    return reached, forces
