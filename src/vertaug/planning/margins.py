"""The margins of a final path, its grade, and what it does not keep."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.plan import PathMargins, Route
from vertaug.planning._clearance_layout import SLAB_FADE_MM, Feature
from vertaug.planning.clearance import ClearanceFields, Trace
from vertaug.planning.goals import Approach
from vertaug.planning.objective import PathState, required_margins, root_clearance
from vertaug.planning.rules import ROUNDING_MM

_QUARTERS = {"medial": 180.0, "lateral": 0.0, "superior": 90.0, "inferior": 270.0}
_RAY_SPREAD_DEG = (-30.0, -15.0, 0.0, 15.0, 30.0)
_RAY_STEP_MM = 0.25
_STEP_MM = 0.05
"""Along a final path. With 0.25 mm a clearance came out up to 0.2 mm too large: the tip's part
begins and ends between two samples."""
_RAY_REACH_MM = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyCheck:
    """Margins of one path with the verdict of the rules."""

    margins: PathMargins
    gertzbein_robbins: str | None
    violations: tuple[str, ...]


def gertzbein_robbins(pedicle_mm: float) -> str:
    """Return the grade of a pedicle breach.

    A: none; B: < 2 mm; C: 2 to < 4; D: 4 to < 6; E: 6 mm or more, or outside the pedicle
    (Gertzbein and Robbins, Spine 1990;15:11; limits as in s11701-024-02001-w).

    Parameters
    ----------
    pedicle_mm : float
        Clearance of the needle surface to the outer cortex; negative is a breach.
    """
    breach = -pedicle_mm
    if breach <= ROUNDING_MM:
        return "A"
    return next((g for g, limit in (("B", 2.0), ("C", 4.0), ("D", 6.0)) if breach < limit), "E")


def check_path(
    fields: ClearanceFields, approach: Approach, state: PathState, air_mm: float
) -> SafetyCheck:
    """Return margins, grade and violations of a single path (``state`` holds one, plain minima).

    Parameters
    ----------
    air_mm : float
        Length through air-like tissue between skin and bone.
    """
    through = approach.route is Route.TRANSPEDICULAR
    quarters = pedicle_quarters(fields, approach, state) if through else {}
    # two ways to take it, a ring of points and rays; the report has one figure, the smaller
    pedicle = min(_of(state, Feature.PEDICLE), *quarters.values()) if through else None
    margins = PathMargins(
        canal_mm=_of(state, Feature.CANAL),
        pedicle_mm=pedicle,
        anterior_wall_mm=_of(state, Feature.ANTERIOR),
        posterior_wall_mm=_of(state, Feature.POSTERIOR),
        lateral_wall_mm=_of(state, Feature.LATERAL),
        superior_endplate_mm=_of(state, Feature.SUPERIOR),
        inferior_endplate_mm=_of(state, Feature.INFERIOR),
        facet_mm=_met(_of(state, Feature.FACET)),
        neighbour_mm=_met(_of(state, Feature.NEIGHBOUR)),
        pedicle_medial_mm=quarters.get("medial"),
        pedicle_lateral_mm=quarters.get("lateral"),
        pedicle_superior_mm=quarters.get("superior"),
        pedicle_inferior_mm=quarters.get("inferior"),
        medial_wall_mm=_met(_of(state, Feature.MEDIAL_WALL)) if approach.side.found else None,
    )
    grade = None if margins.pedicle_mm is None else gertzbein_robbins(margins.pedicle_mm)
    violations = _violations(approach, state, margins, air_mm)
    return SafetyCheck(margins=margins, gertzbein_robbins=grade, violations=violations)


def pedicle_quarters(
    fields: ClearanceFields, approach: Approach, state: PathState
) -> dict[str, float]:
    """Return the clearance to the pedicle's cortex in each quarter of its cross-section.

    Rays leave the axis at right angles, five within 30 degrees of each of the four directions,
    wherever the axis is inside the pedicle; the shortest way to the outer cortex less the radius.
    """
    side = approach.side
    target, direction = state.targets_mm[0], state.directions[0]
    pace = max(float(direction @ side.axis), 0.2)
    centre = float((target - side.centre_mm) @ side.axis) / pace
    ahead = max(float(side.centre_mm[1]) - _wall_y(approach), 0.0) / max(-float(direction[1]), 0.2)
    # like the margin itself: to where the slab has faded to half
    start = side.slab_start_mm + SLAB_FADE_MM / 2
    s = np.arange(centre - ahead, centre - start / pace, 0.5)
    points = target - s[:, None] * direction
    lateral = side.width_axis - (side.width_axis @ direction) * direction
    lateral /= np.linalg.norm(lateral)
    up = np.cross(direction, lateral)
    up *= np.sign(up[2])
    out = np.arange(0.0, _RAY_REACH_MM, _RAY_STEP_MM)
    clear = {}
    for name, middle in _QUARTERS.items():
        turn = np.radians(middle + np.array(_RAY_SPREAD_DEG))[:, None]
        rays = np.cos(turn) * lateral + np.sin(turn) * up
        places = points[:, None, None] + out[:, None] * rays[None, :, None, :]
        clear[name] = _first_exit(fields.bone_distance(places)) - approach.radius_mm
    return clear


def _wall_y(approach: Approach) -> float:
    x, z = approach.side.centre_mm[[0, 2]]
    return float(approach.shape.posterior.at(np.array([x]), np.array([z]))[0])


def _first_exit(distance: FloatArray) -> float:
    """Shortest way along any ray to the place where the bone ends, finer than the step."""
    outside = distance >= 0.0
    first = np.argmax(outside, axis=-1)
    leaves = outside.any(axis=-1)
    before = np.maximum(first - 1, 0)
    far = np.take_along_axis(distance, first[..., None], axis=-1)[..., 0]
    near = np.take_along_axis(distance, before[..., None], axis=-1)[..., 0]
    share = np.where(first > 0, -near / np.maximum(far - near, 1e-9), 0.0)
    way = np.where(first > 0, (before + share) * _RAY_STEP_MM, 0.0)
    return float(np.where(leaves, way, _RAY_REACH_MM).min())


def _violations(
    approach: Approach, state: PathState, margins: PathMargins, air_mm: float
) -> tuple[str, ...]:
    rules = approach.rules
    known: list[tuple[str, float | None, float]] = [
        (name, margins.pedicle_mm if feature is Feature.PEDICLE else _of(state, feature), required)
        for feature, required, name in required_margins(approach)
    ]
    known += [
        ("medial pedicle cortex", margins.pedicle_medial_mm, rules.pedicle_medial_mm),
        ("inferior pedicle cortex", margins.pedicle_inferior_mm, rules.pedicle_inferior_mm),
        ("lateral pedicle cortex", margins.pedicle_lateral_mm, rules.pedicle_mm),
        ("superior pedicle cortex", margins.pedicle_superior_mm, rules.pedicle_mm),
    ]
    found = [
        _words(name, value, required)
        for name, value, required in known
        if value is not None and value < required - ROUNDING_MM
    ]
    root = float(root_clearance(state, approach)[0])
    if approach.route is not Route.TRANSPEDICULAR and root < rules.root_mm - ROUNDING_MM:
        found.append(_words("nerve root below the pedicle", root, rules.root_mm))
    for name, length, most in (
        ("outside bone between entry and tip", _of(state, Feature.GAP), rules.inside_bone_gap_mm),
        ("through lung or air", max(air_mm, _of(state, Feature.AIR)), rules.air_mm),
        (
            "through bone without a label (rib?)",
            _of(state, Feature.FOREIGN_BONE),
            rules.foreign_bone_mm,
        ),
    ):
        if length > most + ROUNDING_MM:
            found.append(f"{length:.1f} mm {name}, at most {most:.1f} mm allowed")
    if _of(state, Feature.TIP_BONE) < 0.0:
        found.append("the tip lies outside the bone")
    # the margins of the body start inside it: a tip that never arrives has none to miss
    deep = _of(state, Feature.TIP_POSTERIOR)
    if deep < rules.posterior_wall_mm - ROUNDING_MM:
        found.append(
            f"the tip lies {abs(deep):.1f} mm "
            f"{'behind' if deep < -ROUNDING_MM else 'in front of'} the "
            f"posterior wall, at least {rules.posterior_wall_mm:.1f} mm in front of it required"
        )
    return tuple(found)


def _words(name: str, value: float, required: float) -> str:
    if value < -ROUNDING_MM:
        return f"{name}: cut by {-value:.1f} mm, clearance of {required:.1f} mm required"
    return f"{name}: clearance {max(value, 0.0):.1f} mm, {required:.1f} mm required"


def _of(state: PathState, feature: Feature) -> float:
    return float(state.features[0, feature])


def _met(value: float) -> float | None:
    """None stands for "nothing there to meet"; the fields end 12 mm from the shape."""
    return value if value < 25.0 else None


def plain_trace(approach: Approach) -> Trace:
    """Return how final paths are walked: steps that lose no margin, plain minima."""
    return Trace(
        radius_mm=approach.radius_mm, step_mm=_STEP_MM, tip_part_mm=approach.rules.tip_part_mm
    )
