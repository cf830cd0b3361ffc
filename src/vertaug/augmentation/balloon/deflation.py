"""Emptying of balloons, and bone that comes to rest under a weight."""

from dataclasses import replace

import numpy as np

from vertaug.augmentation.balloon.increment import IncrementLimits, borne_pressure, settle
from vertaug.augmentation.balloon.inflation import InflatedBone, moved_by, problem_of
from vertaug.case.errors import ComputationError

_STILL_MM = 0.005
"""A plate that moves less in an increment is at rest."""
_RESTS = 30
_COLLAPSED = 3.0
"""Voxels by which a plate that sinks at once has nothing under it."""
_SUDDEN = 0.5
"""Share of the pressure that is left after the first step: near the whole of it weak bone gives way
with every increment, so that more of them would leave a larger cavity."""
_DRAG_SHARE = 0.3
_SWOLLEN = 2e-3
"""Share of its volume by which a balloon may swell while it is emptied (design default)."""
_RELEASES = 6
"""Times that a pressure is halved in a step before it falls to nothing."""


def deflate(state: InflatedBone, limits: IncrementLimits, steps: int = 6) -> InflatedBone:
    """Return the bone after the pressure has fallen to nothing, at rest under the weight on it.

    Liquid is drawn out of a balloon that is emptied, so that it never swells: where bone that gives
    way would let it, that step and the ones after it are taken at half the pressure.

    Parameters
    ----------
    state : InflatedBone
    limits : IncrementLimits
    steps : int

    Raises
    ------
    ComputationError
        If an increment cannot be solved, or the bone does not bear the weight.
    """
    # the drag of the last increment bears none of it: without that share the bone would go on
    # giving way at the full pressure
    problem = problem_of(state)
    full = np.clip(borne_pressure(problem, limits), 0.0, state.pressure_mpa)
    load = (full[:, None, None] * problem.loads).sum(axis=0)
    scale = float(np.sqrt((load**2).sum()))
    start = None
    most, emptied = _SUDDEN * full, (1.0 + _SWOLLEN) * state.volumes_mm3()
    for number in range(1, steps + 1):
        share = (steps - number) / max(steps - 1, 1)
        for turn in range(_RELEASES + 1):
            found = settle(problem, share * most, limits, given=start, scale_n=scale)
            if not found.solver.converged:
                message = f"the deflation failed: {found.solver.describe()}"
                raise ComputationError(message)
            after = moved_by(state, problem, found)
            swollen = after.volumes_mm3() > emptied
            if not (share * most * swollen).any():
                break
            most = np.where(swollen, 0.5 * most if turn + 1 < _RELEASES else 0.0, most)
        state, problem, start = after, problem_of(after), found.nodes_mm
    return state if state.weight is None else come_to_rest(state, limits, scale)


def come_to_rest(state: InflatedBone, limits: IncrementLimits, scale_n: float) -> InflatedBone:
    """Return bone that a weight moves no farther; its balloons are without pressure.

    The drag of an increment bears a part of the weight while the bone moves: with nothing else
    changed the next one moves less, until it is none.

    Parameters
    ----------
    state : InflatedBone
        With a weight.
    limits : IncrementLimits
    scale_n : float
        What the forces out of balance are compared with.

    Raises
    ------
    ComputationError
        If an increment cannot be solved, or the bone does not come to rest.
    """
    weight = state.weight
    assert weight is not None
    none, start = np.zeros(len(state.balloons)), None
    limits = replace(limits, drag_mpa=_DRAG_SHARE * limits.drag_mpa)
    for _ in range(_RESTS):
        problem = problem_of(state)
        found = settle(problem, none, limits, given=start, scale_n=scale_n)
        if not found.solver.converged:
            message = f"the weight of {weight.force_n:g} N was not balanced: "
            raise ComputationError(message + found.solver.describe())
        state, start = moved_by(state, problem, found), found.nodes_mm
        sunk = float(np.abs(found.nodes_mm[2].ravel()[weight.nodes]).max())
        if sunk < _STILL_MM:
            return state
        if sunk > _COLLAPSED * state.grid.spacing_mm:
            break
    message = (
        f"the bone between the discs does not bear {weight.force_n:g} N: its plate still "
        f"sank by {sunk:.2f} mm in an increment; take a smaller load"
    )
    raise ComputationError(message)
