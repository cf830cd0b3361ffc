"""The load under which a spine lies when a balloon is inflated.

With a weight on the upper face (`dead_weight`) that is its force, which stays what it is. Without
one the outer faces of the discs are moved toward each other until the discs bear the wanted force,
and held there: an inflation starts from that stress, and the force changes as the balloon grows
(`axial_force_n`).
"""

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.balance import InflationProblem
from vertaug.augmentation.balloon.bone_points import gather_bone, inside_share
from vertaug.augmentation.balloon.deflation import come_to_rest
from vertaug.augmentation.balloon.increment import Increment, IncrementLimits, settle
from vertaug.augmentation.balloon.inflation import InflatedBone, moved_by, problem_of
from vertaug.case.errors import ComputationError, InputError
from vertaug.case.grid import FloatArray
from vertaug.case.source_status import SourceStatus
from vertaug.tissue.cited_value import CitedValue

PRONE_N = CitedValue(
    value=100.0,
    status=SourceStatus.VERIFIED,
    source="during surgery, in the protocol of Spine J 2022;22:2072 (physics reference 5)",
    unit="N",
)
"""Axial force on a spine in the prone patient."""
_TRIAL_MM = 0.05
_TRIES = 8
_NEAR = 0.02
_MOST_N = 5000.0


def axial_force_n(state: InflatedBone) -> float:
    """Return the compressive force that the stresses of the discs carry, N.

    The mean of those in the outermost layer of voxels at either end.

    Parameters
    ----------
    state : InflatedBone
    """
    grid = state.grid
    inside = np.zeros(grid.shape)
    for surface, _ in state.balloons:
        inside += inside_share(surface, grid)
    bone = gather_bone(state.points, grid, state.law, np.clip(inside, 0.0, 1.0))
    layer = bone.voxel % grid.shape[2]
    return _mean_force(layer, bone.stress_mpa[:, 2], bone.volume_mm3, state)


def preload(
    state: InflatedBone, force_n: float, limits: IncrementLimits | None = None
) -> InflatedBone:
    """Return bone under an axial force before its inflation.

    Parameters
    ----------
    state : InflatedBone
        As placed: its balloons are folded and without pressure.
    force_n : float
        Compression; 0 returns the state as it is. Of a state with a weight that of the weight.
    limits : IncrementLimits, optional

    Raises
    ------
    InputError
        If the force is not from 0 to 5000 N or not that of the weight, or the bone is inflated
        already.
    ComputationError
        If the forces cannot be balanced, or the bone does not bear so much.
    """
    if not 0.0 <= force_n <= _MOST_N:
        message = f"a spine lies under 0 to {_MOST_N:g} N; got {force_n:g} N"
        raise InputError(message)
    if state.moved_mm is not None:
        message = "a load is put on before the balloons are inflated"
        raise InputError(message)
    if state.weight is not None and state.weight.force_n != force_n:
        message = f"{state.weight.force_n:g} N lie on this spine; got {force_n:g} N"
        raise InputError(message)
    if force_n == 0.0:
        return state
    limits = limits or IncrementLimits()
    top = state.held[2].reshape(state.grid.node_shape)[:, :, -1]
    scale = force_n / max(float(top.sum()), 1.0) ** 0.5
    if state.weight is not None:
        return come_to_rest(state, limits, scale)
    return _squeezed(state, force_n, limits, scale)


def _squeezed(
    state: InflatedBone, force_n: float, limits: IncrementLimits, scale: float
) -> InflatedBone:
    """Return bone whose ends have been moved toward each other until they bear a force."""
    problem = problem_of(state)
    way, ways, forces = _TRIAL_MM, [0.0], [0.0]
    given = _squeeze(state, way)
    for _ in range(_TRIES):
        found = settle(problem, np.zeros(len(state.balloons)), limits, given=given, scale_n=scale)
        if not found.solver.converged:
            message = f"the load of {force_n:g} N was not balanced: {found.solver.describe()}"
            raise ComputationError(message)
        force = _carried(problem, found, state)
        if abs(force - force_n) <= _NEAR * force_n:
            return moved_by(state, problem, found)
        ways, forces = [*ways, way], [*forces, force]
        way = _secant(ways, forces, force_n)
        if way > state.grid.spacing_mm:
            break
        given = found.nodes_mm * (way / ways[-1])
    message = (
        f"the bone between the discs does not bear {force_n:g} N within a voxel of compression: it "
        f"bore {max(forces):.0f} N; take a smaller load"
    )
    raise ComputationError(message)


def _secant(ways: list[float], forces: list[float], force_n: float) -> float:
    """Return the way on the straight line through the last two, at most three times the last."""
    slope = (forces[-1] - forces[-2]) / (ways[-1] - ways[-2])
    if slope <= 0.0:
        return 3.0 * ways[-1]
    return float(np.clip(ways[-1] + (force_n - forces[-1]) / slope, 1e-6, 3.0 * max(ways)))


def _squeeze(state: InflatedBone, way_mm: float) -> FloatArray:
    """Return a displacement of the held nodes that brings the two ends nearer by a way.

    All of it in the outermost voxels, which are disc: a first guess that strains bone would make it
    yield.
    """
    nodes = np.zeros((3, *state.grid.node_shape))
    nodes[2, :, :, 0], nodes[2, :, :, -1] = 0.5 * way_mm, -0.5 * way_mm
    return np.where(state.held.reshape(nodes.shape), nodes, 0.0)


def _carried(problem: InflationProblem, found: Increment, state: InflatedBone) -> float:
    layer = problem.bone.voxel % state.grid.shape[2]
    return _mean_force(layer, found.stress_mpa[:, 2], problem.bone.volume_mm3, state)


def _mean_force(
    layer: NDArray[np.int64], axial_mpa: FloatArray, volume_mm3: FloatArray, state: InflatedBone
) -> float:
    """Return the force of the stresses in the outermost layers; the mean over a layer is exact."""
    ends = (layer == 0) | (layer == state.grid.shape[2] - 1)
    return -0.5 * float((axial_mpa * volume_mm3)[ends].sum()) / state.grid.spacing_mm
