"""The sentence at the top of the report: what is planned, and what speaks against it."""

from dataclasses import replace

from vertaug.anatomy.level_gap import describe_gaps
from vertaug.anatomy.vertebra import FLAT_MM
from vertaug.case.measurement import VertebraMeasurement
from vertaug.case.plan import AccessPlan, PlanningResult, Route
from vertaug.report import words
from vertaug.report.content import Status
from vertaug.report.content_fracture import WITHIN, canal_loss_is_told, is_told, wall_error_mm
from vertaug.report.content_indications import warn_of_emergency
from vertaug.report.content_injection import first_page_words as vertebroplasty_words
from vertaug.report.content_kyphoplasty import first_page_words as kyphoplasty_words
from vertaug.report.content_plan import (
    STEEP_DEG,
    best_plan,
    is_risky,
    narrow_margins,
    shown_paths,
)
from vertaug.report.content_strength import first_page_words
from vertaug.report.inputs import ReportInput
from vertaug.report.style import Mark

UNCHECKED = "Ribs, vessels, nerve roots, pleura, kidney and bowel are not checked."
_MOST_NAMED = 4
"""Narrow margins that the headline names; of more it says how many."""


def status(case: ReportInput) -> Status:
    """Return the sentence at the top of the first page, and where simulations stand."""
    found = _status(case)
    more: tuple[str, ...] = ()
    if case.vertebroplasty is not None:
        more = (vertebroplasty_words(case.vertebroplasty),)
    if case.kyphoplasty is not None:
        more = (*more, kyphoplasty_words(case.kyphoplasty))
    if case.strength is not None:
        more = (*more, first_page_words(case.strength))
    if case.kyphoplasty_strength is not None:
        more = (*more, first_page_words(case.kyphoplasty_strength))
    return warn_of_emergency(replace(found, advice=(*found.advice, *more)), case.indications)


def _status(case: ReportInput) -> Status:
    planning = case.planning
    doubts = _doubts_of_case(case)
    if planning is None:
        text = "Measured only: no needle path was planned for this case."
        if case.assessment.level is None:
            text = f"No fractured level found. {text}"
        return Status(mark=Mark.NONE, text=text, advice=(*doubts, case.assessment.level_source))
    advice = (*doubts, *planning.advice)
    plan = best_plan(planning)
    if plan is not None and plan.safe:
        keep = "needle keeps" if len(plan.paths) == 1 else "needles keep"
        text = (
            f"{words.procedure(plan.procedure).capitalize()}, {words.route(plan.route)}, "
            f"{words.sides(plan.sides)}, {planning.needle.gauge} G: the {keep} all bone and "
            f"canal margins{_narrow_words(case, plan)}{_doubt_words(plan)}. "
            f"{_count_safe(planning)}"
        )
        own = case.assessment.levels.get(planning.level)
        intact = own is not None and own.genant_grade == 0
        text = f"{_level_words(case, planning.level)}{text}"
        doubtful = doubts or narrow_margins(case, plan) or _doubt_words(plan)
        mark = Mark.NONE if intact else Mark.CAUTION if doubtful else Mark.KEPT
        return Status(mark=mark, text=text, advice=advice, unchecked=UNCHECKED)
    if plan is None:
        text = f"No path could be planned at {planning.level} with {planning.needle.gauge} G."
    else:
        text = (
            f"NO PATH KEEPS ALL BONE AND CANAL MARGINS at {planning.level} with "
            f"{planning.needle.gauge} G. The least bad one is drawn in red."
        )
    return Status(mark=Mark.CUT, text=text, advice=advice, unchecked=UNCHECKED)


def _narrow_words(case: ReportInput, plan: AccessPlan) -> str:
    """Return how many margins are narrow and which, as part of a sentence."""
    narrow = narrow_margins(case, plan)
    if not narrow:
        return ""
    number = sum(1 + text.startswith("right and left") for text in narrow)
    count = "one margin" if number == 1 else f"{number} margins"
    if number > _MOST_NAMED:
        return f"; {count} narrow, see Margins"
    return f"; {count} narrow: {', '.join(narrow)}"


def _doubt_words(plan: AccessPlan) -> str:
    """Return what else speaks against the needles of a plan, as part of a sentence."""
    parts = []
    for path in shown_paths(plan):
        if is_risky(path):
            share = words.percent(100 * (path.breach_probability or 0.0))
            parts.append(f"with aiming error the {path.side} one breaks a wall in {share}")
        if path.entry_angle_deg is not None and path.entry_angle_deg < STEEP_DEG:
            parts.append(f"the {path.side} one meets the bone at {path.entry_angle_deg:.0f}°")
        if path.skin_entry_lps_mm is None:
            parts.append(f"skin of the {path.side} one outside the scan")
    return "".join(f"; {part}" for part in parts)


def _level_words(case: ReportInput, level: str) -> str:
    """Return that the level is not fractured, and which level has a higher grade, if so."""
    levels = case.assessment.levels
    own = levels[level].genant_grade if level in levels else 0
    text = f"{level} shows no fracture by its heights (grade 0). " if own == 0 else ""
    worse = [m for m in levels.values() if m.genant_grade > own]
    if worse:
        most = max(m.genant_grade for m in worse)
        names = " and ".join(m.level for m in worse if m.genant_grade == most)
        more = f", {level} grade {own}" if own else ""
        text += f"{names}: grade {most}{more}. "
    return text


def _count_safe(planning: PlanningResult) -> str:
    safe, total = [p for p in planning.plans if p.safe], len(planning.plans)
    if total < 2:
        return ""
    text = f"{len(safe)} of {total} plans keep their margins"
    if len(safe) == total:
        text = f"All {total} plans keep their margins"
    risky = sum(any(is_risky(path) for path in plan.paths) for plan in safe)
    if risky:
        text += f"; {risky} of these break a wall in 5 % or more with aiming error"
    return f"{text}."


def _doubts_of_case(case: ReportInput) -> tuple[str, ...]:
    """Return where the wrong level may be treated, and what this body holds against needles."""
    centres = {name: v.frame.origin_lps_mm for name, v in case.spine.vertebrae.items()}
    gaps = describe_gaps(case.spine.labels.levels, centres)
    doubts = [words.sentence(text) for text in gaps]
    own = case.assessment.levels.get(case.planning.level) if case.planning is not None else None
    if own is not None:
        doubts += _body_doubts(own, wall_error_mm(case))
    plan = best_plan(case.planning)
    if plan is not None and plan.route is Route.PARAPEDICULAR:
        doubts.append("This route runs along the rib, which is not checked: look at it in the CT.")
    return tuple(doubts)


def _body_doubts(own: VertebraMeasurement, error_mm: float) -> list[str]:
    """Return what is wrong with the body that the operator must know before the needle."""
    doubts = []
    wall, posterior = own.posterior_wall, own.heights_mm.posterior
    if own.genant_grade > 0 and is_told(wall, error_mm):
        compromise = wall.canal_compromise_percent
        canal = ""
        if compromise is not None:
            doubt = "" if canal_loss_is_told(wall, error_mm) else f" ({WITHIN})"
            canal = f", canal compromised by {words.percent(compromise)}{doubt}"
        doubts.append(
            f"The posterior wall of {own.level} stands "
            f"{words.millimetres(wall.retropulsion_mm)} into the canal{canal}."
        )
    if own.cleft.present:
        doubts.append(
            f"{own.level} holds gas ({own.cleft.volume_ml:.1f} ml): in patients cement runs into a "
            "cleft first and a balloon opens it first; the tips are not aimed at it."
        )
    if posterior < FLAT_MM:
        doubts.append(
            f"{own.level} is crushed to {posterior:.0f} mm at its posterior wall: margins to "
            "pedicles and endplates are rough."
        )
    return doubts
