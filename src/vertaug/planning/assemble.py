"""Finished paths put together as plans, and their rank."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.level import LEVELS
from vertaug.case.plan import AccessPlan, NeedlePath, Procedure, Route
from vertaug.planning.path import FinishedPath
from vertaug.planning.rules import ROUNDING_MM

_ROUTE_ORDER = tuple(Route)
_SIDES_ORDER = ("both", "left", "right")
# plan score: path objective, cone of error, usual route, reach; design defaults
_SHARE = {"paths": 0.66, "cone": 0.12, "route": 0.10, "reach": 0.12}
_PIN_LENGTH_MM = 120.0
_ALONE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PathKey:
    """Which search a path came from."""

    procedure: Procedure
    route: Route
    side: str
    paired: bool


def assemble_plans(level: str, paths: dict[PathKey, FinishedPath]) -> tuple[AccessPlan, ...]:
    """Return one-sided and bilateral plans of each procedure and route, best first."""
    found = {(k.procedure, k.route, k.side, k.paired): path for k, path in paths.items()}
    plans = []
    for (procedure, route, side, paired), path in found.items():
        if not paired:
            plans.append(_plan(level, procedure, route, (side, [path])))
        elif side == "left" and (procedure, route, "right", True) in found:
            pair = [path, found[procedure, route, "right", True]]
            plans.append(_plan(level, procedure, route, ("both", pair)))
    return tuple(sorted(plans, key=_rank))


def _rank(plan: AccessPlan) -> tuple[bool, float, float, int, int]:
    # rounding: differences below 0.005 say nothing, what is named here decides then
    breach = max((path.breach_probability or 0.0 for path in plan.paths), default=0.0)
    order = _SIDES_ORDER.index(plan.sides), _ROUTE_ORDER.index(plan.route)
    return (not plan.safe, -round(plan.score, 2), round(breach, 2), *order)


def _plan(
    level: str, procedure: Procedure, route: Route, members: tuple[str, Sequence[FinishedPath]]
) -> AccessPlan:
    sides, finished = members
    paths = tuple(member.path for member in finished)
    if len(paths) == 2:
        paths = check_collision(*paths)
    terms = {
        name: float(np.mean([dict(member.terms)[name] for member in finished]))
        for name, _ in finished[0].terms
    }
    parts = {
        "paths": float(np.mean([member.score for member in finished])),
        "cone": 1.0 - float(np.mean([path.breach_probability or 0.0 for path in paths])),
        "route": route_preference(level, route),
        "reach": _reach(procedure, finished),
    }
    return AccessPlan(
        procedure=procedure,
        route=route,
        sides=sides,
        paths=paths,
        score=sum(_SHARE[name] * value for name, value in parts.items()),
        score_terms=(*parts.items(), *terms.items()),
        safe=all(path.safe for path in paths),
    )


def route_preference(level: str, route: Route) -> float:
    """Return 1 for the usual route of a level, less for others (clinical reference 3.4).

    T9-L5 transpedicular; T5-T8 parapedicular or narrow transpedicular; T1-T4 beside the pedicle.
    The figures are design defaults.
    """
    number = LEVELS.index(level)
    if number >= LEVELS.index("T9"):
        return {Route.TRANSPEDICULAR: 1.0, Route.PARAPEDICULAR: 0.3}.get(route, 0.0)
    if number >= LEVELS.index("T5"):
        return {Route.TRANSPEDICULAR: 0.8, Route.PARAPEDICULAR: 1.0}.get(route, 0.0)
    return {Route.TRANSPEDICULAR: 0.5, Route.PARAPEDICULAR: 1.0}.get(route, 0.0)


def _reach(procedure: Procedure, finished: Sequence[FinishedPath]) -> float:
    """How well the device serves both halves of the body, in [0, 1].

    One needle gets 0.6 at most: cement on one side alone lets the body toggle (Liebschner 2001),
    one balloon lifts with half the force (bench data; physics reference 2.3, 5).
    """
    both = 1.0
    if len(finished) == 1:
        both = _ALONE * float(np.exp(-0.5 * (finished[0].midline_share / 0.25) ** 2))
    if procedure is Procedure.VERTEBROPLASTY:
        return both
    return both * float(np.mean([(member.path.balloon_mm or 0.0) / 20.0 for member in finished]))


def check_collision(left: NeedlePath, right: NeedlePath) -> tuple[NeedlePath, NeedlePath]:
    """Flag two needles that overlap: axes closer than the sum of their radii."""
    gap = needle_gap_mm(left, right)
    if gap >= -ROUNDING_MM:
        return left, right
    words = f"needles of both sides collide: they overlap by {-gap:.1f} mm"
    return (
        replace(left, safe=False, violations=(*left.violations, words)),
        replace(right, safe=False, violations=(*right.violations, words)),
    )


def needle_gap_mm(first: NeedlePath, second: NeedlePath) -> float:
    """Return the distance between the surfaces of two needles; negative where they overlap."""
    axes = [_axis_points(path) for path in (first, second)]
    between = np.linalg.norm(axes[0][:, None] - axes[1][None], axis=-1)
    return float(between.min()) - first.needle.radius_mm - second.needle.radius_mm


def _axis_points(path: NeedlePath) -> FloatArray:
    outward = path.entry_lps_mm - path.target_lps_mm
    outward = outward / np.linalg.norm(outward)
    return np.asarray(path.target_lps_mm + np.arange(0.0, _PIN_LENGTH_MM, 0.5)[:, None] * outward)
