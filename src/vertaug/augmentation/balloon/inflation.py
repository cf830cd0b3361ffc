"""Inflation of balloons in bone, step by step."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.balance import InflationProblem
from vertaug.augmentation.balloon.bone_points import (
    BonePoints,
    PointGrid,
    carried,
    carry,
    gather_bone,
    inside_share,
)
from vertaug.augmentation.balloon.dead_weight import DeadWeight, plate_motion
from vertaug.augmentation.balloon.ends import CortexStop, EndOfInflation, HeightTarget
from vertaug.augmentation.balloon.foam_law import FoamLaw
from vertaug.augmentation.balloon.increment import (
    Increment,
    IncrementLimits,
    grow,
)
from vertaug.augmentation.balloon.product import Balloon
from vertaug.augmentation.balloon.surface import BalloonSurface, pressure_load
from vertaug.augmentation.balloon.tension import BalloonSkin
from vertaug.case.errors import ComputationError
from vertaug.case.grid import FloatArray
from vertaug.numerics.solver_status import SolverReport

_NEARLY = 5e-3
"""Of the wanted volume, with which it is reached: a last increment as short as what an increment
may lack would read a pressure without the drag's share."""
_HALVINGS = 3
_POWER = 2.5
_PAST = 0.05
"""Of an increment, by which it goes past where it is to end: growth is no straight line."""
_WHOLE = 0.8
"""Of an increment, from which on it is not repeated in part."""
_RESOLVED = 2.0
"""Radius in voxels of a sphere of the same volume from which on a pressure is one: that of a
thinner balloon is of the voxels, up to twice too high."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InflatedBone:
    """Bone with balloons in it.

    Attributes
    ----------
    grid : PointGrid
    law : FoamLaw
    held : (3, nodes) bool array
        Nodes that do not move; those of the weight's plate are among them.
    points : BonePoints
    balloons : tuple of (BalloonSurface, BalloonSkin)
    left : (ni, nj, nk) float64 array
        Share of each voxel's stiffness that was left in the last increment.
    moved_mm : (3, ni + 1, nj + 1, nk + 1) float64 array or None
        Displacement of the last increment.
    pressure_mpa : (balloons,) float64 array
    weight : DeadWeight or None
        On the upper face; None where it does not move.
    plate : (3,) float64 array
        How far the middle of the upper face has risen since the balloons were placed, mm, and its
        slopes along left and posterior.
    """

    grid: PointGrid
    law: FoamLaw
    held: NDArray[np.bool_]
    points: BonePoints
    balloons: tuple[tuple[BalloonSurface, BalloonSkin], ...]
    left: FloatArray
    moved_mm: FloatArray | None
    pressure_mpa: FloatArray
    weight: DeadWeight | None = None
    plate: FloatArray = field(default_factory=lambda: np.zeros(3))

    @property
    def tilted_forward_deg(self) -> float:
        """How far the upper face has tilted toward the front: what is behind has risen more."""
        return float(np.degrees(np.arctan(self.plate[2])))

    def volumes_mm3(self) -> FloatArray:
        """Return the volume in each balloon."""
        return np.array([surface.volume_mm3() for surface, _ in self.balloons])


@dataclass(frozen=True, slots=True, kw_only=True)
class InflationLimits:
    """How an inflation goes on and when it ends: at whichever is met first, of any balloon.

    Attributes
    ----------
    volume_mm3 : float
        In each balloon.
    pressure_mpa : float
        In any balloon that is wide enough for the voxels, see `Inflation.resolved`.
    step : float
        Mean way of the wall in an increment, in voxels.
    increment : IncrementLimits
    cortex : CortexStop, optional
    height : HeightTarget, optional
    """

    volume_mm3: float
    pressure_mpa: float = np.inf
    step: float = 0.3
    increment: IncrementLimits = field(default_factory=IncrementLimits)
    cortex: CortexStop | None = None
    height: HeightTarget | None = None

    def beyond(self, state: InflatedBone) -> tuple[float, float]:
        """Return how far a state is beyond cortex (mm2) and height (mm); negative before them.

        Minus infinity where there is no such limit.
        """
        cortex = height = -np.inf
        if self.cortex is not None:
            surfaces = [surface for surface, _ in state.balloons]
            cortex = self.cortex.beyond(surfaces, state.points)
        if self.height is not None:
            height = self.height.beyond(state.points)
        return cortex, height

    def met(
        self, state: InflatedBone, beyond: tuple[float, float] | None = None
    ) -> EndOfInflation | None:
        """Return which limit a state has met; None for none.

        Where it has met more than one, that which warns most is named.

        Parameters
        ----------
        state : InflatedBone
        beyond : tuple of two floats, optional
            Of the state, if it is known.
        """
        volumes = state.volumes_mm3()
        over = state.pressure_mpa >= self.pressure_mpa
        if (over & _resolved(volumes, state.grid)).any():
            return EndOfInflation.PRESSURE
        cortex, height = self.beyond(state) if beyond is None else beyond
        if cortex >= 0.0:
            return EndOfInflation.CORTEX
        if height >= 0.0:
            return EndOfInflation.TARGET
        if (self.volume_mm3 - volumes <= _NEARLY * self.volume_mm3).all():
            return EndOfInflation.VOLUME
        return None


def rated_limits(
    balloon: Balloon,
    volume_ml: float,
    *,
    cortex: CortexStop | None = None,
    height: HeightTarget | None = None,
) -> InflationLimits:
    """Return the limits of a volume and of the pressure for which a balloon is rated.

    Parameters
    ----------
    balloon : Balloon
    volume_ml : float
    cortex, height
        As in `InflationLimits`.

    Raises
    ------
    InputError
        If the balloon is not made for so much.
    """
    balloon.check_volume(volume_ml)
    return InflationLimits(
        volume_mm3=1000.0 * volume_ml,
        pressure_mpa=balloon.rated_mpa.value,
        cortex=cortex,
        height=height,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inflation:
    """An inflation that has ended.

    Attributes
    ----------
    state : InflatedBone
    volume_mm3, pressure_mpa : (n, balloons) float64 arrays
        After each increment.
    end : EndOfInflation
    solver : tuple of SolverReport
        Of each increment; all have converged.
    """

    state: InflatedBone
    volume_mm3: FloatArray
    pressure_mpa: FloatArray
    end: EndOfInflation
    solver: tuple[SolverReport, ...]

    @property
    def resolved(self) -> NDArray[np.bool_]:
        """Where the balloon is wide enough for the voxels, so that its pressure can be read."""
        return _resolved(self.volume_mm3, self.state.grid)


def _resolved(volume_mm3: FloatArray, grid: PointGrid) -> NDArray[np.bool_]:
    return np.asarray(volume_mm3 >= 4.0 / 3.0 * np.pi * (_RESOLVED * grid.spacing_mm) ** 3)


def place_balloons(
    grid: PointGrid,
    law: FoamLaw,
    held: NDArray[np.bool_],
    points: BonePoints,
    balloons: tuple[tuple[BalloonSurface, BalloonSkin], ...],
    *,
    weight: DeadWeight | None = None,
) -> InflatedBone:
    """Return bone before the inflation; what lies within the folded balloons is drilled before.

    Parameters
    ----------
    grid, law, held, points, balloons, weight
        As in `InflatedBone`.
    """
    return InflatedBone(
        grid=grid,
        law=law,
        held=held,
        points=points,
        balloons=balloons,
        left=np.ones(grid.shape),
        moved_mm=None,
        pressure_mpa=np.zeros(len(balloons)),
        weight=weight,
    )


def inflate(
    state: InflatedBone,
    limits: InflationLimits,
    watch: Callable[[InflatedBone], None] | None = None,
) -> Inflation:
    """Return the bone after an inflation, volume by volume up to the first limit that is met.

    A balloon that lies within the distance of a cortex at first is not inflated at all.

    Parameters
    ----------
    state : InflatedBone
    limits : InflationLimits
    watch : callable, optional
        Takes the state after each increment.

    Raises
    ------
    ComputationError
        If an increment cannot be solved, not even an eighth of it, or a balloon comes up to the
        edge of the grid.
    """
    volumes, pressures, reports = [], [], []
    beyond = limits.beyond(state)
    while (end := limits.met(state, beyond)) is None:
        left = limits.volume_mm3 - state.volumes_mm3()
        area = np.array([surface.area_mm2() for surface, _ in state.balloons])
        most = limits.step * state.grid.spacing_mm * area
        # as many increments as the whole way takes, so that the last one is no shorter
        wanted = np.clip(left, 0.0, None) / max(np.ceil(left / most).max(), 1.0)
        state, report, beyond = _advance_until(state, wanted, limits, beyond)
        volumes.append(state.volumes_mm3())
        pressures.append(state.pressure_mpa)
        reports.append(report)
        if watch is not None:
            watch(state)
    shape = (-1, len(state.balloons))
    return Inflation(
        state=state,
        volume_mm3=np.array(volumes).reshape(shape),
        pressure_mpa=np.array(pressures).reshape(shape),
        end=end,
        solver=tuple(reports),
    )


def _advance_until(
    state: InflatedBone,
    wanted: FloatArray,
    limits: InflationLimits,
    beyond: tuple[float, float],
) -> tuple[InflatedBone, SolverReport, tuple[float, float]]:
    """Return the state after an increment that ends where cortex or height are reached.

    With how it was solved, and how far that state is beyond both, as ``beyond`` is of the first.
    The pressure is that of the whole increment at that place: in a shorter one its drag bears less,
    which would read as a fall.
    """
    whole, report = _advance(state, wanted, limits.increment)
    share, found = 1.0, limits.beyond(whole)
    for first, last in zip(beyond, found, strict=True):
        if last >= 0.0 > first:
            # in a straight line between both
            share = min(share, first / (first - last) + _PAST)
    if share >= _WHOLE:
        return _kept_inside(whole), report, found
    start, grown = state.volumes_mm3(), whole.volumes_mm3() - state.volumes_mm3()
    part, report = _advance(state, share * grown, limits.increment)
    done = (part.volumes_mm3() - start) / grown
    told = state.pressure_mpa + done * (whole.pressure_mpa - state.pressure_mpa)
    # before the first increment there is no pressure to start a line from
    told = np.where(state.pressure_mpa > 0.0, told, part.pressure_mpa)
    return _kept_inside(replace(part, pressure_mpa=told)), report, limits.beyond(part)


def _advance(
    state: InflatedBone, wanted: FloatArray, limits: IncrementLimits
) -> tuple[InflatedBone, SolverReport]:
    """Return the state after an increment, shorter than wanted where that cannot be solved."""
    problem, volumes = problem_of(state), state.volumes_mm3()
    for _ in range(_HALVINGS + 1):
        found = grow(problem, _linear_part(volumes, wanted), limits, state.moved_mm)
        if found.solver.converged:
            return moved_by(state, problem, found), found.solver
        wanted = 0.5 * wanted
    message = f"the inflation failed at {state.volumes_mm3().sum() / 1000.0:.2f} ml: "
    message += f"{found.solver.describe()}; a coarser grid or a larger drag may help"
    raise ComputationError(message)


def _kept_inside(state: InflatedBone) -> InflatedBone:
    """Return a state none of whose balloons lies at the edge of the grid, where nothing can move.

    Raises
    ------
    ComputationError
        If one does.
    """
    spacing = state.grid.spacing_mm
    far = np.array(state.grid.shape) * spacing - spacing
    for surface, _ in state.balloons:
        if (surface.points_mm < spacing).any() or (surface.points_mm > far).any():
            message = "a balloon has come up to the edge of the grid at "
            message += f"{surface.volume_mm3() / 1000.0:.2f} ml: a wider margin, a stop at the "
            message += "cortex, or another place of the balloon may help"
            raise ComputationError(message)
    return state


def _linear_part(volumes: FloatArray, wanted: FloatArray) -> FloatArray:
    """Return the growth at the rate of the start that ends at the wanted one.

    A sphere grows with the third power of its size, a cylinder with the second.
    """
    return np.asarray(_POWER * volumes * ((1.0 + wanted / volumes) ** (1.0 / _POWER) - 1.0))


def problem_of(state: InflatedBone) -> InflationProblem:
    """Return what the next increment starts from."""
    grid = state.grid
    surfaces = [surface for surface, _ in state.balloons]
    inside = np.clip(sum(inside_share(s, grid) for s in surfaces), 0.0, 1.0)
    bone = gather_bone(state.points, grid, state.law, inside)
    loads = [pressure_load(s, grid.spacing_mm, grid.node_shape) for s in surfaces]
    return InflationProblem(
        grid=grid,
        bone=bone,
        shape=state.law.shape,
        held=state.held,
        loads=np.stack(loads).reshape(len(loads), 3, -1),
        skin=tuple(pair for pair in state.balloons if pair[1].stiffness_n_per_mm > 0.0),
        left=state.left.ravel()[bone.voxel],
        weight=state.weight,
        plate=state.plate,
    )


def moved_by(state: InflatedBone, problem: InflationProblem, found: Increment) -> InflatedBone:
    """Return the state with points and balloons carried by an increment."""
    grid, u = state.grid, found.nodes_mm
    balloons = [(s.at(carried(s.points_mm, u, grid)), skin) for s, skin in state.balloons]
    left = np.ones(grid.shape)
    left.ravel()[problem.bone.voxel] = found.left
    plate = state.plate
    if state.weight is not None:
        plate = plate + plate_motion(state.weight, grid, u, problem.bone.voxel)
    return replace(
        state,
        points=carry(state.points, problem.bone, (found.stress_mpa, found.flow), u, grid),
        balloons=tuple(balloons),
        left=left,
        moved_mm=u,
        pressure_mpa=found.pressure_mpa,
        plate=plate,
    )
