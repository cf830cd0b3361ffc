"""Needle access planning for one vertebra."""

from collections.abc import Sequence

from vertaug.case.errors import InputError, LevelError
from vertaug.case.instrument import NEEDLE_GAUGES, Needle, needle_of_gauge
from vertaug.case.level import AUGMENTABLE_LEVELS
from vertaug.case.plan import (
    AccessPlan,
    NeedlePath,
    PlanningResult,
    Procedure,
    Route,
    WorkingView,
)
from vertaug.case.spine import Spine
from vertaug.planning.assemble import PathKey, assemble_plans
from vertaug.planning.body import body_shape
from vertaug.planning.candidates import candidate_paths
from vertaug.planning.cannula import leave_out_thin, passes_balloon
from vertaug.planning.cement_target import cement_target
from vertaug.planning.clearance import build_fields
from vertaug.planning.goals import Approach, default_gauge, make_aim, routes_of_level
from vertaug.planning.objective import OBJECTIVE_TEXT
from vertaug.planning.path import FinishedPath, Site, finish_path
from vertaug.planning.refine import search
from vertaug.planning.rules import SafetyRules
from vertaug.planning.side import SideGeometry, side_geometry
from vertaug.planning.views import standard_views, view_of_needle

_DEFAULT_RULES = SafetyRules()
_SIDES = ("left", "right")
_ROUTE_WORDS = {
    Route.TRANSPEDICULAR: "transpedicular",
    Route.PARAPEDICULAR: "parapedicular",
    Route.FAR_LATERAL: "far-lateral",
}
Paths = dict[PathKey, FinishedPath]


def plan_access(
    spine: Spine,
    level: str,
    needle: Needle | None,
    procedures: Sequence[Procedure],
    *,
    rules: SafetyRules = _DEFAULT_RULES,
) -> PlanningResult:
    """Plan the needle access to one vertebra.

    Paths come from an objective over all pairs of sampled bone entries and sampled targets; the
    best few are refined continuously (`vertaug.planning.objective` states the objective). The
    result is the same, bit by bit, for any number of threads.

    Parameters
    ----------
    spine : Spine
        Analysed spine.
    level : str
        Level to treat.
    needle : Needle or None
        Needle for all procedures; None takes the usual one of level and procedure.
    procedures : sequence of Procedure
        At least one.
    rules : SafetyRules
        Required margins.

    Returns
    -------
    PlanningResult
        One-sided and bilateral plans for each procedure and route, safe ones first, best first.
        Where nothing is safe the best unsafe paths stay, with their violations.

    Raises
    ------
    LevelError
        If the level is not in the scan or its vertebra is cut by the edge of the scan.
    InputError
        If no procedure is given, or the needle is too thin for the balloon of the only one.
    PlanError
        If the vertebra has no canal to keep clear of.
    """
    if not procedures:
        message = "planning needs at least one procedure: vertebroplasty, kyphoplasty or both"
        raise InputError(message)
    wanted = tuple(dict.fromkeys(Procedure(p) for p in procedures))
    site = _open_site(spine, level)
    needles = {
        procedure: needle or needle_of_gauge(default_gauge(level, procedure))
        for procedure in wanted
    }
    needles, refused = leave_out_thin(needles, rules)
    wanted = tuple(needles)
    paths: Paths = {}
    for chosen in dict.fromkeys(needles.values()):
        group = [p for p in wanted if needles[p] == chosen]
        paths |= _find_paths(site, chosen, group, rules)
    plans = assemble_plans(level, paths)
    return PlanningResult(
        level=level,
        needle=needles[wanted[0]],
        plans=plans,
        views=_views(level, site, plans),
        cement=cement_target(site.vertebra),
        advice=(*refused, *_advice(site, paths, needles, rules)),
        objective=OBJECTIVE_TEXT,
    )


def _open_site(spine: Spine, level: str) -> Site:
    vertebra = spine[level]
    if level not in AUGMENTABLE_LEVELS:
        message = f"planning works on thoracic and lumbar levels, not on {level}"
        raise LevelError(message)
    if not vertebra.complete:
        faces = ", ".join(vertebra.cut_by) or "an unknown"
        message = (
            f"{level} is cut by the {faces} edge of the scan, so no path can be checked; "
            "take a scan that holds the whole vertebra"
        )
        raise LevelError(message)
    shape = body_shape(vertebra)
    fields = build_fields(vertebra, shape, spine.patient)
    sides = {name: side_geometry(vertebra, shape, name) for name in _SIDES}
    return Site(spine=spine, vertebra=vertebra, shape=shape, fields=fields, sides=sides)


def _find_paths(
    site: Site, needle: Needle, procedures: Sequence[Procedure], rules: SafetyRules
) -> Paths:
    """Best path of each route, side and purpose with one needle."""
    paths: Paths = {}
    for side in site.sides.values():
        for route in routes_of_level(site.vertebra.level):
            if side.found or route is not Route.TRANSPEDICULAR:
                paths |= _search_route(site, side, route, (needle, procedures, rules))
    return paths


def _search_route(
    site: Site,
    side: SideGeometry,
    route: Route,
    task: tuple[Needle, Sequence[Procedure], SafetyRules],
) -> Paths:
    needle, procedures, rules = task
    approach = Approach(
        route=route, side=side, shape=site.shape, rules=rules, radius_mm=needle.radius_mm
    )
    aims = [
        make_aim(site.vertebra, site.shape, side.sign, procedure, paired=paired)
        for procedure in procedures
        for paired in (True, False)
    ]
    candidates = candidate_paths(site.fields, site.shape, side, route)
    found = search(site.fields, approach, aims, candidates)
    return {
        PathKey(
            procedure=aim.procedure, route=route, side=side.side, paired=aim.paired
        ): finish_path(site, approach, aim, best, needle)
        for aim, best in zip(aims, found, strict=bool(found))
    }


def _views(level: str, site: Site, plans: Sequence[AccessPlan]) -> tuple[WorkingView, ...]:
    views = list(standard_views(level, site.vertebra.frame))
    for side in _SIDES:
        path = _first_path(plans, side)
        if path is not None:
            views.append(view_of_needle(f"barrel_{side}", path))
    return tuple(views)


def _first_path(plans: Sequence[AccessPlan], side: str) -> NeedlePath | None:
    """Path on a side of the best plan, else of the best plan that has one."""
    return next((path for plan in plans for path in plan.paths if path.side == side), None)


def _advice(
    site: Site, paths: Paths, needles: dict[Procedure, Needle], rules: SafetyRules
) -> tuple[str, ...]:
    """Return what to know where a side has no pedicle, no path or no safe path."""
    advice = [
        f"No {side} pedicle was found at {site.vertebra.level}: no transpedicular path there."
        for side in _SIDES
        if not site.sides[side].found
    ]
    for procedure, needle in needles.items():
        sides: dict[str, list[str]] = {}
        for side in _SIDES:
            own = {k: p for k, p in paths.items() if (k.procedure, k.side) == (procedure, side)}
            text = _advice_for_side(site, own, (procedure, side, needle), rules)
            sides.setdefault(text, []).append(side)
        name = procedure.value.capitalize()
        advice += [f"{name}, {' and '.join(who)}: {text}" for text, who in sides.items() if text]
    return tuple(advice)


def _advice_for_side(
    site: Site, own: Paths, what: tuple[Procedure, str, Needle], rules: SafetyRules
) -> str:
    """Say which margin fails on the first route of a side, and what would help; empty if none."""
    procedure, side, needle = what
    geometry = site.sides[side]
    routes = routes_of_level(site.vertebra.level)
    first = routes[0] if geometry.found else routes[1]
    safe = {key.route for key, member in own.items() if member.path.safe}
    if first in safe:
        return ""
    text = f"no {_ROUTE_WORDS[first]} path with {needle.gauge}G keeps all margins"
    members = [member for key, member in own.items() if key.route is first]
    if members:
        best = max(members, key=lambda member: member.score)
        text += f"; the best one fails on {'; '.join(best.path.violations)}"
    else:
        text += "; no candidate reaches the body"
    others = [_ROUTE_WORDS[route] for route in routes if route in safe]
    if others:
        text += f". With {needle.gauge}G a {' or '.join(others)} path keeps them"
    for gauge in NEEDLE_GAUGES:
        thinner = needle_of_gauge(gauge)
        if thinner.outer_diameter_mm >= needle.outer_diameter_mm:
            continue
        if procedure is Procedure.KYPHOPLASTY and not passes_balloon(thinner, rules):
            continue
        found = _search_route(site, geometry, first, (thinner, [procedure], rules))
        if any(member.path.safe for member in found.values()):
            return f"{text}. With {gauge}G a {_ROUTE_WORDS[first]} path keeps them."
    return (
        f"{text}. No {_ROUTE_WORDS[first]} path with a thinner gauge that can be used keeps them."
    )
