"""Needles and views of the plan as tables of the day's sheet."""

from math import ceil

from vertaug.case.plan import Route
from vertaug.planning.robustness import CONE_RUNS
from vertaug.planning.rules import SafetyRules
from vertaug.procedure_day.day_plan import DayPlan, NeedleOfDay
from vertaug.report import words
from vertaug.report.day_page import DayBlock, DayLine

_VIEWS = {
    "ap": "True AP",
    "lateral": "True lateral",
    "barrel_left": "Down the left needle",
    "barrel_right": "Down the right needle",
}


def needle_block(plan: DayPlan) -> DayBlock:
    """Return the needles of the plan as a table, the patient's right one first."""
    if not plan.needles:
        return DayBlock(
            title="Needles",
            lines=(DayLine(text="Not planned in this case.", strong=True),),
        )
    rows = [
        ("skin, from the body's centre", *(_skin(n) for n in plan.needles)),
        ("skin to bone / to tip, as scanned", *(_depths(n) for n in plan.needles)),
        ("toward the midline", *(words.medial(n.axial_angle_deg) for n in plan.needles)),
        ("head or feet, in the patient", *(words.caudal(n.tilt_deg) for n in plan.needles)),
        ("clearance to the canal", *(words.millimetres(n.canal_mm) for n in plan.needles)),
        ("a wall broken in runs with aiming error", *(_breach(n) for n in plan.needles)),
    ]
    if any(n.balloon_mm for n in plan.needles):
        rows.append(("balloon", *(f"{n.balloon_mm or 0:g} mm" for n in plan.needles)))
    return DayBlock(
        title="Needles (patient's right and left)",
        columns=("", *(f"{n.side.upper()}  {n.gauge}G" for n in plan.needles)),
        rows=tuple(rows),
        note="Planned on the CT as scanned; prone depth and angles differ: confirm on the films. "
        f"{_walls(plan)}",
        large=True,
    )


def _skin(needle: NeedleOfDay) -> str:
    if needle.skin_left_mm is None or needle.skin_head_mm is None:
        return "outside the scan"
    side = "left" if needle.skin_left_mm >= 0 else "right"
    end = "headward" if needle.skin_head_mm >= 0 else "footward"
    return f"{abs(needle.skin_left_mm):.0f} mm {side}, {abs(needle.skin_head_mm):.0f} mm {end}"


def _depths(needle: NeedleOfDay) -> str:
    if needle.skin_depth_mm is None or needle.reach_mm is None:
        return f"{words.MISSING} (bone to tip {needle.length_mm:.0f} mm)"
    return f"{needle.skin_depth_mm:.0f} / {needle.reach_mm:.0f} mm"


def _breach(needle: NeedleOfDay) -> str:
    """Return in how many runs a wall broke, rounded up: a share of 0 is no proof of safety."""
    share = needle.breach_probability
    if share is None:
        return words.MISSING
    return f"{ceil(round(share * CONE_RUNS, 3))} of {CONE_RUNS} runs"


def _walls(plan: DayPlan) -> str:
    """Return which walls the runs look at, and how far the aim errs in them."""
    through = plan.record is not None and plan.record.route is Route.TRANSPEDICULAR
    pedicle = "pedicle, " if through else ""
    rules = SafetyRules()
    return (
        f"Walls of the runs: canal, {pedicle}endplates, front wall, neighbour; aim off by up to "
        f"{rules.cone_offset_mm:g} mm and {rules.cone_angle_deg:g}°; errors of the CT and of a "
        "moving patient are not in them."
    )


def view_block(plan: DayPlan) -> DayBlock:
    """Return the working views, with blanks for those of the day."""
    rows = tuple(
        (
            _VIEWS.get(view.name, view.name),
            words.prone_receptor(view.primary_angle_deg, view.secondary_angle_deg),
            view.angles,
            "____° / ____°",
        )
        for view in plan.views
    )
    return DayBlock(
        title="C-arm, prone, receptor above",
        columns=("view", "turn the receptor", "DICOM, supine", "used today"),
        rows=rows or (("true AP and lateral", words.MISSING, words.MISSING, ""),),
    )
