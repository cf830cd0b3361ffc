"""The objective: what makes one needle path better than another.

``score = sum(weight * term) - 0.4 * sum(max(0, required + 0.3 mm - clearance)^2)``

Every term lies in [0, 1] and is smooth; clearances enter as soft minima of scale 0.25 mm while
searching and as plain minima in the reported score, which is clipped to [0, 1]. Rising terms are
logistic, 5 % at the first and 95 % at the second figure given. The weights are design defaults.

Several terms are flat where there is room: many entries are then as good as one another, and
which one wins would hang on the last hundredth of a millimetre of the labels. Two terms are
strictly convex about their optimum and settle it: the tip's (three coordinates) and the
alignment's (where the axis runs in the pedicle, through its middle, across as well as up and
down). The same patient scanned in another position gets the same plan.
"""

from dataclasses import dataclass

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.plan import Route
from vertaug.planning._clearance_layout import Feature
from vertaug.planning.goals import Approach

PENALTY_PER_MM2 = 0.4
SLACK_MM = 0.3
_SLANT, _SLANT_PENALTY = 0.57, 2.5
"""Sine of the angle to the bone's surface (35 degrees) below which an entry is penalised, and the
penalty per unit squared: 0.1 of the score at 15 degrees (design default)."""
_CORE_MM = (-3.0, -1.5, 0.0, 1.5, 3.0)
"""Where along a pedicle's core line the offset of the needle's axis is taken."""
_USUAL_SPREAD_DEG = 8.0
"""How far the routes beside the pedicle stray from their usual direction. Wider, and the height
of the entry is left open: two places 6 mm apart then score within 0.001 (design default)."""

# term: weight; they sum to 1
WEIGHTS: dict[str, float] = {
    "canal": 0.16,
    "corridor": 0.20,
    "endplates": 0.10,
    "walls": 0.06,
    "facet": 0.10,
    "tip": 0.20,
    "alignment": 0.10,
    "basivertebral": 0.04,
    "length": 0.04,
}

OBJECTIVE_TEXT = (
    "Score = weighted sum of terms in [0, 1], less 0.4 per mm² of each required margin that is "
    "missed (counted from 0.3 mm above it), less a deduction where the needle meets the bone at "
    "less than 35 degrees to its surface (0.1 at 15 degrees: it would slip). Terms and weights: "
    "canal 0.16 (needle surface to canal, rising from 0 to 3 mm); "
    "corridor 0.20 (transpedicular: surface to the outer cortex of the pedicle, -0.5 to 3 mm; "
    "beside the pedicle: height above its inferior border, where the root leaves, -2 to 6 mm); "
    "endplates 0.10 (nearer endplate, 0 to 6 mm); "
    "walls 0.06 (anterior 3 to 8 mm, lateral 0 to 6 mm); "
    "facet 0.10 (neighbours' bone and own bone along the shaft, -0.5 to 3 mm); "
    "tip 0.20 (normal distance from the ideal tip: vertebroplasty 73 % of the depth, kyphoplasty "
    "80 %, mid-height or nearer to the intact endplate, near the midline for one needle and at "
    "36 % of the half width for each of two); "
    "alignment 0.10 (transpedicular: mean square offset from the pedicle's core line, in half "
    "widths, which also decides where the other terms leave a choice; beside it: distance from "
    "convergence 28 degrees thoracic, 45 degrees far-lateral, level, in 8 degrees); "
    "basivertebral 0.04 (distance from the channel at mid-height, 2 to 8 mm; not in a collapsed "
    "body); length 0.04 (shorter bone path). "
    "A plan's score: 0.66 times the mean over its paths, 0.12 times the share of needles in the "
    "cone of error (2 mm, 2 degrees) that breach no wall, 0.10 for the usual route at the level, "
    "0.12 for reach (1 for two needles, 0.6 for one with its tip at the midline, less away from "
    "it; kyphoplasty: times the longest balloon with room, of 20 mm). Plans that keep every "
    "required margin rank before those that do not. All weights are design defaults."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PathState:
    """Paths with their features: what the terms are computed from.

    Attributes
    ----------
    targets_mm, directions : (n, 3) float64 arrays
        Tips and unit forward directions in the vertebra frame.
    features : (n, features) float64 array
        From `ClearanceFields.trace`.
    tip_ideal_mm, tip_sigma_mm : (n, 3) or (3,) float64 arrays
        Where each tip should lie and how soft that is.
    """

    targets_mm: FloatArray
    directions: FloatArray
    features: FloatArray
    tip_ideal_mm: FloatArray
    tip_sigma_mm: FloatArray

    def of(self, feature: Feature) -> FloatArray:
        """Return one feature of all paths, shape (n,)."""
        return np.asarray(self.features[:, feature])


def angles_deg(directions: FloatArray, sign: float) -> tuple[FloatArray, FloatArray]:
    """Return convergence toward the midline and caudal inclination of forward directions."""
    axial = np.degrees(np.arctan2(-sign * directions[:, 0], -directions[:, 1]))
    ahead = np.hypot(directions[:, 0], directions[:, 1])
    return axial, np.degrees(np.arctan2(-directions[:, 2], ahead))


def point_at_pedicle(state: PathState, approach: Approach) -> tuple[FloatArray, FloatArray]:
    """Where the axis crosses the pedicle's middle section.

    Returns
    -------
    across_mm, up_mm : (n,) float64 arrays
        Lateral and superior offset from the pedicle's centre.
    """
    side = approach.side
    offset = state.targets_mm - side.centre_mm
    pace = np.minimum(state.directions @ side.axis, 1.0)
    back = (offset @ side.axis) / np.maximum(pace, 0.2)
    point = offset - back[:, None] * state.directions
    return np.asarray(point @ side.width_axis), np.asarray(point @ side.height_axis)


def root_clearance(state: PathState, approach: Approach) -> FloatArray:
    """Height of the needle's lower surface above the inferior pedicle border, shape (n,)."""
    _, up = point_at_pedicle(state, approach)
    return np.asarray(up + approach.side.half_height_mm - approach.radius_mm)


def score_paths(state: PathState, approach: Approach) -> FloatArray:
    """Return the objective of each path, shape (n,); not clipped."""
    terms = path_terms(state, approach)
    total = sum(WEIGHTS[name] * value for name, value in terms.items())
    return np.asarray(total - PENALTY_PER_MM2 * penalty(state, approach))


def path_terms(state: PathState, approach: Approach) -> dict[str, FloatArray]:
    """Return the terms of each path by name, each shape (n,) in [0, 1]."""
    beside = approach.route is not Route.TRANSPEDICULAR
    corridor = (
        _rise(root_clearance(state, approach), -2.0, 6.0)
        if beside
        else _rise(state.of(Feature.PEDICLE), -0.5, 3.0)
    )
    joints = _soft_least(
        state.of(Feature.FACET), state.of(Feature.NEIGHBOUR), state.of(Feature.SHAFT)
    )
    walls = _rise(state.of(Feature.ANTERIOR), 3.0, 8.0) + _rise(state.of(Feature.LATERAL), 0, 6)
    deviation = (state.targets_mm - state.tip_ideal_mm) / state.tip_sigma_mm
    plates = _soft_least(state.of(Feature.SUPERIOR), state.of(Feature.INFERIOR))
    return {
        "canal": _rise(state.of(Feature.CANAL), 0.0, 3.0),
        "corridor": corridor,
        "endplates": _rise(plates, 0.0, 6.0),
        "walls": walls / 2,
        "facet": _rise(joints, -0.5, 3.0),
        # Cauchy instead of Gauss: still pulls from far away
        "tip": 1.0 / (1.0 + 0.5 * (deviation**2).sum(axis=1)),
        "alignment": _alignment(state, approach),
        "basivertebral": _basivertebral(state, approach),
        "length": np.clip(1.0 - state.of(Feature.ENTRY) / 100.0, 0.0, 1.0),
    }


def required_margins(approach: Approach) -> tuple[tuple[Feature, float, str], ...]:
    """Return the features that must reach a figure, with the words for the report."""
    rules = approach.rules
    common = (
        (Feature.CANAL, rules.canal_mm, "canal"),
        (Feature.SUPERIOR, rules.endplate_mm, "superior endplate"),
        (Feature.INFERIOR, rules.endplate_mm, "inferior endplate"),
        (Feature.ANTERIOR, rules.anterior_wall_mm, "anterior wall"),
        (Feature.POSTERIOR, rules.posterior_wall_mm, "posterior wall"),
        (Feature.LATERAL, rules.lateral_wall_mm, "lateral wall"),
        (Feature.FACET, rules.facet_mm, "facet joint"),
        (Feature.NEIGHBOUR, rules.neighbour_mm, "neighbouring vertebra"),
    )
    if approach.route is Route.TRANSPEDICULAR:
        return (
            *common,
            (Feature.PEDICLE, rules.pedicle_mm, "pedicle cortex"),
            (Feature.MEDIAL_WALL, rules.medial_wall_mm, "medial pedicle border"),
        )
    return (*common, (Feature.SHAFT, 0.0, "own bone along the shaft"))


def penalty(state: PathState, approach: Approach) -> FloatArray:
    """Return the sum of squared shortfalls of required margins in mm2, shape (n,)."""
    total = np.zeros(len(state.targets_mm))
    for feature, required, _ in required_margins(approach):
        total += _shortfall(state.of(feature), required)
    across, _ = point_at_pedicle(state, approach)
    total += 0.5 * np.maximum(0.0, state.of(Feature.GAP) - 0.3) ** 2
    total += 0.5 * np.maximum(0.0, state.of(Feature.FOREIGN_BONE) - 1.0) ** 2
    total += 0.5 * np.maximum(0.0, state.of(Feature.AIR) - 0.5) ** 2
    slant = np.maximum(0.0, _SLANT - state.of(Feature.INCIDENCE))
    total += _SLANT_PENALTY * slant**2
    # the tip has to be in the bone of the body
    total += _shortfall(state.of(Feature.TIP_BONE), 2.0)
    if approach.route is not Route.TRANSPEDICULAR:
        total += _shortfall(across, approach.side.half_width_mm + lateral_offset_mm(approach.route))
        total += _shortfall(root_clearance(state, approach), approach.rules.root_mm)
    return total


def lateral_offset_mm(route: Route) -> float:
    """How far lateral of the pedicle's outer border the axis passes at least (design default)."""
    return {Route.PARAPEDICULAR: 0.0, Route.FAR_LATERAL: 3.0}.get(route, 0.0)


def _shortfall(clearance: FloatArray, required: float) -> FloatArray:
    # linear beyond 6 mm, so that far candidates still rank
    miss = np.maximum(0.0, required + SLACK_MM - clearance)
    return np.where(miss < 6.0, miss**2, 12.0 * miss - 36.0)


def _alignment(state: PathState, approach: Approach) -> FloatArray:
    axial, sagittal = angles_deg(state.directions, approach.side.sign)
    if approach.route is Route.TRANSPEDICULAR:
        return np.asarray(1.0 / (1.0 + 2.0 * _offset_from_core(state, approach)))
    off = (axial - approach.convergence_deg) ** 2 + sagittal**2
    off /= _USUAL_SPREAD_DEG**2
    return np.asarray(1.0 / (1.0 + 0.5 * off))


def _offset_from_core(state: PathState, approach: Approach) -> FloatArray:
    """Mean square distance of the axis from the pedicle's core line, in half widths."""
    side = approach.side
    square = np.zeros(len(state.targets_mm))
    pace = np.minimum(state.directions[:, 1], -0.2)
    for along in _CORE_MM:
        core = side.centre_mm + along * side.axis
        way = (core[1] - state.targets_mm[:, 1]) / pace
        offset = state.targets_mm + way[:, None] * state.directions - core
        square += (offset**2).sum(axis=1)
    return np.asarray(square / len(_CORE_MM) / side.half_width_mm**2)


def _basivertebral(state: PathState, approach: Approach) -> FloatArray:
    """Distance of the tip from the basivertebral channel, as a term."""
    if approach.collapsed:
        return np.ones(len(state.targets_mm))
    start, end = approach.basivertebral_mm
    axis = end - start
    share = np.clip((state.targets_mm - start) @ axis / max(float(axis @ axis), 1.0), 0.0, 1.0)
    gap = np.linalg.norm(state.targets_mm - start - share[:, None] * axis, axis=1)
    return _rise(gap - approach.radius_mm, 2.0, 8.0)


def _rise(x: FloatArray, low: float, high: float) -> FloatArray:
    """Logistic step: 5 % at ``low``, 95 % at ``high``."""
    middle, scale = (low + high) / 2, (high - low) / 5.889
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip((x - middle) / scale, -60.0, 60.0))))


def _soft_least(*values: FloatArray, scale: float = 0.5) -> FloatArray:
    """Smooth minimum of several arrays."""
    stacked = np.stack(values)
    least = stacked.min(axis=0)
    return np.asarray(least - scale * np.log(np.exp(-(stacked - least) / scale).sum(axis=0)))
