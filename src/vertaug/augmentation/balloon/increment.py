"""One increment of a balloon's inflation: the equilibrium of bone, skin and pressure.

With the density, and so the strength, of the start of the increment, plastic flow that is normal
to the yield surface makes the increment a convex problem: the work of bone and skin is least among
all displacements that give the balloon its new volume, and the pressure is what that condition
costs. Each move is what a multigrid cycle asks for among the displacements that keep the volume,
turned by a limited memory of how the forces changed with the last few moves.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vertaug.augmentation.balloon.balance import Balance, InflationProblem
from vertaug.case.grid import FloatArray
from vertaug.numerics.inner_product import combine, inner_product, length, products
from vertaug.numerics.limited_memory import LimitedMemory
from vertaug.numerics.solver_status import SolverReport, SolverStatus

_OVERSHOOT, _SHORTENINGS = 0.3, 6
_PAIRS = 5
"""Moves that are remembered."""
_STALE = 25
"""Moves after which the cycle is made again."""


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
        At most.
    drag_mpa : float
        A modulus without memory, in the balloon and in the bone: keeps the surface even and what
        is perfectly plastic from running away.
    """

    tolerance: float = 1e-2
    plate_n: float = 1.0
    moves: int = 300
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
    answer : callable
        Takes forces; returns the move that the cycle asks for, among those that are allowed.
    renew : callable
        Makes the cycle again, and what was computed with it.
    scale_n : float or None
        What the forces out of balance are compared with; None for those of the pressure.
    """

    balanced: Callable[[FloatArray], tuple[FloatArray, FloatArray]]
    answer: Callable[[FloatArray], FloatArray]
    renew: Callable[[], None]
    scale_n: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Place:
    """A displacement, what its forces lack, and the pressures."""

    u: FloatArray
    residual: FloatArray
    pressure_mpa: FloatArray


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
    pressure, none = _Pressure(balance), np.zeros(len(volumes_mm3))

    def balanced(forces: FloatArray) -> tuple[FloatArray, FloatArray]:
        pressures = pressure.that_meets(forces - balance.dead)
        return combine(pressures, balance.loads, balance.dead - forces), pressures

    def answer(forces: FloatArray) -> FloatArray:
        return pressure.filled(balance.answer(forces), none)

    def renew() -> None:
        nonlocal pressure
        balance.renew()
        pressure = _Pressure(balance)

    u = pressure.filled(_first_guess(balance, start, volumes_mm3), volumes_mm3)
    equation = _Equation(balanced=balanced, answer=answer, renew=renew)
    return _least_work(balance, u, equation, limits)


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

    load = balance.dead + combine(pressures_mpa, balance.loads)

    def balanced(forces: FloatArray) -> tuple[FloatArray, FloatArray]:
        return load - forces, pressures_mpa

    equation = _Equation(
        balanced=balanced, answer=balance.answer, renew=balance.renew, scale_n=scale_n
    )
    return _least_work(balance, u, equation, limits)


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
        self._loads = balance.loads
        self._replies = np.stack([balance.answer(load) for load in balance.loads])
        self._gain = np.stack([products(self._loads, one) for one in self._replies], axis=1)

    def that_meets(self, forces: FloatArray) -> FloatArray:
        """Return the pressures."""
        return _solved(self._gain.T, products(self._replies, forces))

    def filled(self, u: FloatArray, volumes_mm3: FloatArray) -> FloatArray:
        """Return a displacement with what the cycle's answers lend it, so that it has volumes."""
        lacking = volumes_mm3 - products(self._loads, u)
        return combine(_solved(self._gain, lacking), self._replies, u)


def _solved(matrix: FloatArray, right: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)


def _first_guess(balance: Balance, start: FloatArray | None, volumes_mm3: FloatArray) -> FloatArray:
    """Return a displacement like the last one, of the same volume in all; none at first."""
    if start is None:
        return np.zeros(balance.weight.shape)
    u = balance.admitted(start.reshape(3, -1)[:, balance.index])
    gained = float(products(balance.loads, u).sum())
    return u * (max(float(volumes_mm3.sum()) / gained, 0.0) if gained > 0.0 else 0.0)


def _least_work(
    balance: Balance, u: FloatArray, equation: _Equation, limits: IncrementLimits
) -> Increment:
    """Return where the forces are in balance."""
    history: list[float] = []
    memory, age = LimitedMemory(_PAIRS, u.size), 0
    at = _place(balance, equation, u)
    while True:
        scale = equation.scale_n or max(length(combine(at.pressure_mpa, balance.loads)), 1e-12)
        history.append(_out_of_balance(balance, at.residual, scale, limits))
        status = _judge(history, limits)
        if status is not None:
            break
        if age >= _STALE:
            equation.renew()
            memory.clear()
            at, age = _place(balance, equation, at.u), 0
        age += 1
        move = memory.move(at.residual, equation.answer)
        before, (share, at) = at, _search(balance, equation, at, move)
        memory.remember(share * move, before.residual - at.residual)
    nodes = np.zeros(balance.problem.held.shape)
    nodes[:, balance.index] = at.u
    return Increment(
        nodes_mm=nodes.reshape(3, *balance.problem.grid.node_shape),
        pressure_mpa=at.pressure_mpa,
        stress_mpa=balance.turned(at.u),
        flow=balance.flow,
        left=np.array(balance.left),
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


def _judge(history: list[float], limits: IncrementLimits) -> SolverStatus | None:
    if history[-1] <= limits.tolerance:
        return SolverStatus.CONVERGED
    if not np.isfinite(history[-1]):
        return SolverStatus.BROKE_DOWN
    return SolverStatus.TOO_MANY_ITERATIONS if len(history) > limits.moves else None


def _place(balance: Balance, equation: _Equation, u: FloatArray) -> _Place:
    residual, pressures = equation.balanced(balance.forces(u))
    return _Place(u=u, residual=residual, pressure_mpa=pressures)


def _search(
    balance: Balance, equation: _Equation, at: _Place, move: FloatArray
) -> tuple[float, _Place]:
    """Return how much of a move is taken, less where work rises, and where it ends."""
    share, slope = 1.0, inner_product(at.residual, move)
    for turn in range(_SHORTENINGS):
        reached = _place(balance, equation, at.u + share * move)
        after = inner_product(reached.residual, move)
        if after > -_OVERSHOOT * slope or turn == _SHORTENINGS - 1:
            break
        share *= max(slope / (slope - after), 0.1)
    return share, reached
