"""From the best sampled candidates to the continuous optimum."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.planning.clearance import ClearanceFields, Trace
from vertaug.planning.goals import Aim, Approach
from vertaug.planning.objective import PathState, score_paths

_SOFT_MM = 0.25
_STEP_MM = 0.5
_LENGTH_MM = 70.0
_DIFFERENCE_MM = 0.25
_STARTS = 4
_APART_MM = 3.0
_BACK_PLANE_MM = 10.0
_MOST_STEPS = 60
_SHORTEST_STEP_MM = 0.01
_FIRST_INVERSE, _FIRST_TRUST_MM = 50.0, 1.5
"""A slope of 0.02 per mm is usual here: the first step is then about 1 mm."""
_STILL = 5e-3
"""Slope per mm above which a search that came to rest at a kink is started once more."""

IndexArray = NDArray[np.intp]
Slope = Callable[[FloatArray, IndexArray], tuple[FloatArray, FloatArray]]
"""Maps (k, n) points of the functions with the (k,) numbers to (k,) values and (k, n) gradients."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BestPath:
    """Result of one search: tip, forward direction, objective; vertebra frame."""

    target_mm: FloatArray
    direction: FloatArray
    objective: float


def soft_trace(approach: Approach, step_mm: float = _STEP_MM) -> Trace:
    """Return how paths are walked while searching."""
    return Trace(
        radius_mm=approach.radius_mm,
        step_mm=step_mm,
        length_mm=_LENGTH_MM,
        softness_mm=_SOFT_MM,
        tip_part_mm=approach.rules.tip_part_mm,
    )


def search(
    fields: ClearanceFields,
    approach: Approach,
    aims: Sequence[Aim],
    candidates: tuple[FloatArray, FloatArray],
) -> list[BestPath]:
    """Return the best path for each aim; an empty list without candidates.

    All candidates are traced once and scored for each aim; the best few of each are then
    refined together.
    """
    targets, directions = candidates
    if not len(targets):
        return []
    features = fields.trace(targets, directions, approach.side, soft_trace(approach, 1.0))
    points = _to_parameters(targets, directions, approach)
    starts, owners = [], []
    for number, aim in enumerate(aims):
        state = PathState(
            targets_mm=targets,
            directions=directions,
            features=features,
            tip_ideal_mm=aim.tip_mm,
            tip_sigma_mm=aim.sigma_mm,
        )
        for k in _spread_best(points, score_paths(state, approach)):
            starts.append(points[k])
            owners.append(number)
    owner = np.array(owners)
    ideal = np.array([aims[n].tip_mm for n in owners])
    sigma = np.array([aims[n].sigma_mm for n in owners])
    slope = _objective_slope(fields, approach, ideal, sigma)
    points, values = minimise(slope, np.array(starts))
    found_targets, found_directions = _from_parameters(points, approach)
    best = [np.flatnonzero(owner == n)[np.argmin(values[owner == n])] for n in range(len(aims))]
    return [
        BestPath(
            target_mm=found_targets[k], direction=found_directions[k], objective=-float(values[k])
        )
        for k in best
    ]


def _spread_best(points: FloatArray, scores: FloatArray) -> list[int]:
    """Return the indices of the best candidates that differ by more than a few mm."""
    chosen: list[int] = []
    for k in np.argsort(-scores, kind="stable"):
        if all(np.linalg.norm(points[k] - points[c]) > _APART_MM for c in chosen):
            chosen.append(int(k))
        if len(chosen) == _STARTS:
            break
    return chosen


def _objective_slope(
    fields: ClearanceFields, approach: Approach, ideal: FloatArray, sigma: FloatArray
) -> Slope:
    """Return value and gradient of the negated objective for k paths at once.

    A path has five parameters: its tip, and where its axis crosses a coronal plane behind the
    pedicle, all in mm, so that the problem is well scaled. Gradients are central differences
    over 0.25 mm, wide enough to smooth the kinks of trilinear fields; the value is the mean over
    the same points, so that both belong together.
    """
    trace = soft_trace(approach)
    shifts = np.concatenate([np.eye(5), -np.eye(5)]) * _DIFFERENCE_MM
    many = len(shifts)

    def slope(x: FloatArray, which: IndexArray) -> tuple[FloatArray, FloatArray]:
        targets, directions = _from_parameters((x[:, None] + shifts).reshape(-1, 5), approach)
        state = PathState(
            targets_mm=targets,
            directions=directions,
            features=fields.trace(targets, directions, approach.side, trace),
            tip_ideal_mm=np.repeat(ideal[which], many, axis=0),
            tip_sigma_mm=np.repeat(sigma[which], many, axis=0),
        )
        scores = -score_paths(state, approach).reshape(-1, many)
        gradient = (scores[:, :5] - scores[:, 5:]) / (2 * _DIFFERENCE_MM)
        return scores.mean(axis=1), gradient

    return slope


def minimise(slope: Slope, start: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Minimise k independent smooth functions of a few parameters in mm together.

    BFGS with a trust length: a step that does not lower the value is shortened instead. A search
    that shortened its steps to nothing on a slope, as at a kink, starts afresh once from there.

    Parameters
    ----------
    slope : callable
        Value and gradient of the functions with given numbers at points; those that have
        come to rest are not asked again.
    start : (k, n) float64 array

    Returns
    -------
    points : (k, n) float64 array
    values : (k,) float64 array
    """
    x = np.array(start, dtype=np.float64)
    count, size = x.shape
    value, gradient = slope(x, np.arange(count))
    first = np.eye(size) * _FIRST_INVERSE
    inverse = np.tile(first, (count, 1, 1))
    trust = np.full(count, _FIRST_TRUST_MM)
    fresh = np.ones(count, dtype=bool)
    for _ in range(_MOST_STEPS):
        stuck = fresh & (trust <= _SHORTEST_STEP_MM)
        stuck &= np.linalg.norm(gradient, axis=1) > _STILL
        inverse[stuck], trust[stuck], fresh[stuck] = first, _FIRST_TRUST_MM, False
        step = -np.einsum("kij,kj->ki", inverse, gradient)
        length = np.linalg.norm(step, axis=1)
        step *= np.minimum(1.0, trust / np.maximum(length, 1e-12))[:, None]
        active = np.minimum(length, trust) > _SHORTEST_STEP_MM
        if not active.any():
            break
        step[~active] = 0.0
        moving = np.flatnonzero(active)
        new_value, new_gradient = value.copy(), gradient.copy()
        new_value[moving], new_gradient[moving] = slope((x + step)[moving], moving)
        change = new_gradient - gradient
        inverse = _bfgs_update(inverse, step, change, active)
        better = active & (new_value < value)
        x[better] += step[better]
        value, gradient = (
            np.where(better, new_value, value),
            np.where(better[:, None], new_gradient, gradient),
        )
        trust = np.where(better, np.minimum(1.6 * trust, 3.0), np.where(active, 0.4 * trust, trust))
    return x, value


def _bfgs_update(
    inverse: FloatArray, step: FloatArray, change: FloatArray, active: FloatArray
) -> FloatArray:
    """Return the updated inverse Hessians; those without positive curvature stay."""
    curvature = np.einsum("ki,ki->k", step, change)
    use = active & (curvature > 1e-10)
    rho = 1.0 / np.where(use, curvature, 1.0)
    size = step.shape[1]
    left = np.eye(size) - rho[:, None, None] * step[:, :, None] * change[:, None, :]
    new = left @ inverse @ np.swapaxes(left, 1, 2)
    new += rho[:, None, None] * step[:, :, None] * step[:, None, :]
    return np.where(use[:, None, None], new, inverse)


def _back_plane(approach: Approach) -> float:
    return float(approach.side.centre_mm[1]) + _BACK_PLANE_MM


def _to_parameters(targets: FloatArray, directions: FloatArray, approach: Approach) -> FloatArray:
    pace = np.minimum(directions[:, 1], -0.1)
    back = (targets[:, 1] - _back_plane(approach)) / pace
    point = targets - back[:, None] * directions
    return np.concatenate([targets, point[:, [0, 2]]], axis=1)


def _from_parameters(x: FloatArray, approach: Approach) -> tuple[FloatArray, FloatArray]:
    targets = x[:, :3]
    back = np.stack([x[:, 3], np.full(len(x), _back_plane(approach)), x[:, 4]], axis=1)
    directions = targets - back
    return targets, directions / np.linalg.norm(directions, axis=1, keepdims=True)
