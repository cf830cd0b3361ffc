"""The list of all plans in the report."""

from vertaug.case.plan import AccessPlan, NeedlePath
from vertaug.report import words
from vertaug.report.content import Cell, Table, cells
from vertaug.report.content_plan import is_risky, narrow_margins, shown_paths
from vertaug.report.inputs import ReportInput
from vertaug.report.style import Mark

_MOST_NAMED = 3
"""Narrow margins that a row names; of more it says how many."""


def candidates_table(case: ReportInput) -> Table:
    """Return all plans, by procedure and best first; the number is the rank over all."""
    if case.planning is None:
        return Table(title="All plans", columns=(), rows=())
    plans = case.planning.plans
    return Table(
        title=f"All plans at {case.planning.level}, by procedure, best first",
        columns=(
            "No.", "Procedure, needle", "Route", "Side", "Score", "Canal", "Pedicle",
            "Front wall", "Bone entry to tip", "Medial / caudal", "Breach",
            "Margins, skin",
        ),
        rows=tuple(
            _candidate_row(case, n, plan)
            for procedure in dict.fromkeys(p.procedure for p in plans)
            for n, plan in case.planning.numbered()
            if plan.procedure is procedure
        ),
        note=(
            "Lengths in mm. Canal, pedicle, front wall and breach: the worse one of both needles. "
            "Two values: right · left. Caudal: to the endplates, negative is cranial. Kept: all "
            "bone and canal margins are kept. Narrow: kept by less than the scan can tell. "
            "Breach: needles with aiming error that break a wall. Balloon: the longest with room. "
            "Score: of the needle's geometry alone (see Method); "
            "compare it within a procedure, it does not choose between the two. Of equal scores "
            "(to 0.01) the one that aiming error breaks less often is first, then both sides. "
            "No.: as in the names of the files."
        ),
    )  # fmt: skip


def _candidate_row(case: ReportInput, number: int, plan: AccessPlan) -> tuple[Cell, ...]:
    """Return one plan as a row."""
    paths = shown_paths(plan)
    canal = min(p.margins.canal_mm for p in paths)
    pedicle = [p.margins.pedicle_mm for p in paths if p.margins.pedicle_mm is not None]
    angles = " · ".join(
        f"{words.whole_degrees(p.axial_angle_deg)} / {words.whole_degrees(p.sagittal_angle_deg)}"
        for p in paths
    )
    narrow = narrow_margins(case, plan)
    caution = any(is_risky(p) or p.skin_entry_lps_mm is None for p in paths)
    kept = Mark.NARROW if narrow else Mark.CAUTION if caution else Mark.KEPT
    mark = kept if plan.safe else Mark.CUT
    return (
        Cell(text=str(number), strong=True),
        *cells(
            _procedure_words(plan),
            words.route(plan.route),
            plan.sides,
            f"{plan.score:.2f}",
            words.millimetres(canal, unit=False),
            words.millimetres(min(pedicle) if pedicle else None, unit=False),
            words.millimetres(min(p.margins.anterior_wall_mm for p in paths), unit=False),
            " · ".join(f"{p.length_mm:.0f}" for p in paths),
            angles,
            _breach_words(plan),
        ),
        Cell(text=_state_words(plan, narrow), mark=mark),
    )


def _breach_words(plan: AccessPlan) -> str:
    known = [p.breach_probability for p in plan.paths if p.breach_probability is not None]
    return words.percent(100 * max(known)) if known else words.MISSING


def balloon_words(path: NeedlePath) -> str | None:
    """Return the longest balloon with room on a path, None where no balloon is planned."""
    if path.balloon_mm is None:
        return None
    return f"{path.balloon_mm:g} mm" if path.balloon_mm > 0 else "none with room"


def _procedure_words(plan: AccessPlan) -> str:
    """Return procedure, gauge and, for a kyphoplasty, the balloons."""
    gauges = dict.fromkeys(f"{p.needle.gauge} G" for p in plan.paths)
    text = f"{words.procedure(plan.procedure)}, {' · '.join(gauges)}"
    balloons = [b for b in map(balloon_words, shown_paths(plan)) if b is not None]
    if not balloons:
        return text
    return f"{text}, balloon {' · '.join(dict.fromkeys(balloons))}"


def _state_words(plan: AccessPlan, narrow: tuple[str, ...]) -> str:
    """Return whether a plan keeps its margins, which are narrow, and whether the skin is seen."""
    parts = ["kept"]
    if not plan.safe:
        sides: dict[str, list[str]] = {}
        for path in shown_paths(plan):
            for text in path.violations:
                sides.setdefault(text, []).append(path.side)
        several = len(plan.paths) > 1
        cut = [f"{' and '.join(who)}: {v}" if several else v for v, who in sides.items()]
        parts = [f"not kept: {'; '.join(cut)}" if cut else "not kept"]
    if narrow:
        named = f"{len(narrow)} margins" if len(narrow) > _MOST_NAMED else ", ".join(narrow)
        parts.append(f"narrow: {named}")
    unseen = [p.side for p in plan.paths if p.skin_entry_lps_mm is None]
    if unseen:
        where = f" ({unseen[0]})" if len(unseen) < len(plan.paths) else ""
        parts.append(f"skin outside the scan{where}")
    return "; ".join(parts)
