"""The needles of the best plan in words and tables."""

import numpy as np

from vertaug.case.plan import AccessPlan, NeedlePath, PlanningResult, Procedure
from vertaug.case.spine import Vertebra
from vertaug.planning.rules import ROUNDING_MM, SafetyRules
from vertaug.report import words
from vertaug.report.content import Cell, Table, Tile
from vertaug.report.inputs import ReportInput
from vertaug.report.nearest import (
    ANTERIOR_WALL,
    anterior_wall_name,
    depth_on_lateral,
    tip_to_posterior_wall_mm,
    way_ahead_mm,
)
from vertaug.report.style import Mark

RISKY_BREACH, STEEP_DEG = 0.05, 40.0
"""Share of needles with aiming error that break a wall, and angle to the bone, that are marked
(design defaults)."""


def judgeable_mm(case: ReportInput) -> float:
    """Return the margin below which the scan's spacing does not allow a judgement.

    Half of the coarsest spacing: the place of a surface between two samples is not known
    better than that.
    """
    return 0.5 * float(case.spine.scan.grid.spacing_mm.max())


def mark_margin(value_mm: float, required_mm: float, judgeable: float) -> Mark:
    """Return how a margin stands: not kept, kept by less than the scan can tell, or kept."""
    if value_mm < required_mm - ROUNDING_MM:
        return Mark.CUT
    return Mark.NARROW if value_mm < required_mm + judgeable else Mark.KEPT


def margin_rows(
    path: NeedlePath, rules: SafetyRules
) -> tuple[tuple[str, float | None, float], ...]:
    """Return name, margin and required margin in mm, in the order of their danger."""
    m = path.margins
    return (
        ("canal", m.canal_mm, rules.canal_mm),
        ("pedicle wall", m.pedicle_mm, rules.pedicle_mm),
        ("pedicle wall medially", m.pedicle_medial_mm, rules.pedicle_medial_mm),
        ("pedicle wall inferiorly", m.pedicle_inferior_mm, rules.pedicle_inferior_mm),
        ("medial pedicle border on AP", m.medial_wall_mm, rules.medial_wall_mm),
        (ANTERIOR_WALL, m.anterior_wall_mm, rules.anterior_wall_mm),
        ("posterior wall (last 10 mm)", m.posterior_wall_mm, rules.posterior_wall_mm),
        ("lateral wall", m.lateral_wall_mm, rules.lateral_wall_mm),
        ("superior endplate", m.superior_endplate_mm, rules.endplate_mm),
        ("inferior endplate", m.inferior_endplate_mm, rules.endplate_mm),
        ("facet joint", m.facet_mm, rules.facet_mm),
        ("neighbouring vertebrae", m.neighbour_mm, rules.neighbour_mm),
    )


def best_plan(planning: PlanningResult | None) -> AccessPlan | None:
    """Return the first safe plan, else the first plan, else None."""
    if planning is None or not planning.plans:
        return None
    return next((p for p in planning.plans if p.safe), planning.plans[0])


def shown_paths(plan: AccessPlan) -> tuple[NeedlePath, ...]:
    """Return the paths in the order of the pictures: the patient's right one first."""
    return tuple(sorted(plan.paths, key=lambda p: p.side != "right"))


def narrow_margins(case: ReportInput, plan: AccessPlan) -> tuple[str, ...]:
    """Return the margins that are kept by less than the scan can tell, sides and name."""
    limit = judgeable_mm(case)
    sides: dict[str, list[str]] = {}
    for path in shown_paths(plan):
        for name, value, required in margin_rows(path, case.rules):
            if value is not None and mark_margin(value, required, limit) is Mark.NARROW:
                shown = wall_name(case, path) if name == ANTERIOR_WALL else name
                sides.setdefault(shown, []).append(path.side)
    return tuple(f"{' and '.join(where)} {name}" for name, where in sides.items())


def is_risky(path: NeedlePath) -> bool:
    """Whether aiming error breaks a wall too often to call a path kept without a word."""
    return path.breach_probability is not None and path.breach_probability >= RISKY_BREACH


def wall_name(case: ReportInput, path: NeedlePath) -> str:
    """Return ``anterior wall``, or that it is its antero-lateral part that the tip is nearest."""
    vertebra = case.spine[case.planning.level if case.planning else case.level or ""]
    return anterior_wall_name(vertebra, path)


def tiles(case: ReportInput) -> tuple[Tile, ...]:
    """Return the summary of the plan that is shown."""
    plan, planning = best_plan(case.planning), case.planning
    if planning is None:
        return ()
    if plan is None:
        return (
            Tile(label="Highest-scoring plan", value="none", detail=f"{planning.needle.gauge} G"),
        )
    side = {"both": "both sides", "left": "left", "right": "right"}[plan.sides]
    detail = f"{words.route(plan.route)}, {planning.needle.gauge} G"
    label = "Highest-scoring plan" if plan.safe else "Least bad plan, MARGIN CUT"
    cement = planning.cement
    return (
        Tile(label=label, value=side, detail=detail),
        Tile(
            label="Suggested cement",
            value=f"{cement.target_ml:.2f} ml",
            detail=f"range {cement.low_ml:.1f}–{cement.high_ml:.1f} ml; see Notes",
        ),
    )


def skin_words(vertebra: Vertebra, path: NeedlePath) -> tuple[str, str]:
    """Return how far from the body's centre the needle meets the skin, across and along.

    Along is the patient's head-foot axis, that of the table, not the tilted vertebra's: this
    is where the skin is marked.
    """
    if path.skin_entry_lps_mm is None:
        return "outside the scan", words.MISSING
    x, _, z = path.skin_entry_lps_mm - vertebra.frame.origin_lps_mm
    side = "left" if x >= 0 else "right"
    end = "headward" if z >= 0 else "footward"
    return f"{abs(x):.0f} mm {side}", f"{abs(z):.0f} mm {end}"


def tilt_in_patient_deg(path: NeedlePath) -> float:
    """Return the caudal inclination of a needle to the patient's axes, not the vertebra's."""
    along = path.target_lps_mm - path.entry_lps_mm
    return float(np.degrees(np.arctan2(-along[2], np.hypot(along[0], along[1]))))


def entry_words(vertebra: Vertebra, path: NeedlePath) -> str:
    """Return where the needle meets the bone, from the body's centre in the vertebra's frame."""
    x, _, z = vertebra.frame.to_local(path.entry_lps_mm)
    side, end = "left" if x >= 0 else "right", "headward" if z >= 0 else "footward"
    return f"{abs(x):.0f} {side}, {abs(z):.0f} {end}"


def _path_rows(vertebra: Vertebra, path: NeedlePath) -> tuple[tuple[str, Cell], ...]:
    """Return the geometry of one needle as label and value."""
    total = words.MISSING
    if path.skin_depth_mm is not None:
        total = words.millimetres(path.skin_depth_mm + path.length_mm)
    across_table, along_table = skin_words(vertebra, path)
    lateral = depth_on_lateral(vertebra, path)
    rows = [
        ("skin, across the table", across_table),
        ("skin, along the table", along_table),
        ("skin to bone, as scanned", words.millimetres(path.skin_depth_mm)),
        ("bone entry, mm", entry_words(vertebra, path)),
        ("bone entry, to its surface", words.whole_degrees(path.entry_angle_deg)),
        ("bone entry to tip", words.millimetres(path.length_mm)),
        ("skin to tip, as scanned", total),
        ("axial angle", words.medial(path.axial_angle_deg)),
        ("sagittal, to the endplates", words.caudal(path.sagittal_angle_deg)),
        ("sagittal, in the patient", words.caudal(tilt_in_patient_deg(path))),
        ("tip to posterior wall", words.millimetres(tip_to_posterior_wall_mm(vertebra, path))),
        ("bone ahead of the tip", words.millimetres(way_ahead_mm(vertebra, path))),
        ("tip, depth on lateral view", words.percent(_hundred(lateral))),
        ("tip, depth at its own side", words.percent(100 * path.tip_depth_fraction)),
        ("tip, thirds at its own side", tip_words(path)),
        ("pedicle breach class", path.gertzbein_robbins or "beside the pedicle"),
        ("breach, aiming error", words.percent(_hundred(path.breach_probability))),
    ]
    marks = {
        "bone entry, to its surface": (path.entry_angle_deg or 90.0) < STEEP_DEG,
        "breach, aiming error": is_risky(path),
    }
    return tuple(
        (label, Cell(text=text, mark=Mark.CAUTION if marks.get(label) else Mark.NONE))
        for label, text in rows
    )


def _hundred(share: float | None) -> float | None:
    return None if share is None else 100 * share


def tip_words(path: NeedlePath) -> str:
    """Return in which third of the body's depth, height and width the tip lies."""
    along, high, across = path.tip_thirds
    return f"{along}, {'mid' if high == 'middle' else high}, {across}"


def best_plan_tables(case: ReportInput) -> list[Table]:
    """Return needles and margins of the best plan, one column per needle."""
    plan = best_plan(case.planning)
    if plan is None or case.planning is None:
        return []
    return plan_tables(case, plan, "Highest-scoring plan" if plan.safe else "Least bad plan")


def plan_tables(case: ReportInput, plan: AccessPlan, name: str) -> list[Table]:
    """Return needles and margins of a plan, one column per needle.

    Parameters
    ----------
    case : ReportInput
        With the plan.
    plan : AccessPlan
    name : str
        Of the plan, in the title.
    """
    assert case.planning is not None  # it holds the plan
    vertebra = case.spine[case.planning.level]
    heads = tuple(p.side for p in shown_paths(plan))
    geometry = [_path_rows(vertebra, p) for p in shown_paths(plan)]
    rows = [
        (Cell(text=columns[0][0]), *(cell for _, cell in columns))
        for columns in zip(*geometry, strict=True)
        if any(cell.text != words.MISSING for _, cell in columns)
    ]
    note = (
        "Skin (across and along the table) and bone entry (along the vertebra): from the body "
        "centre, as scanned; the prone depth differs."
    )
    needle = plan.paths[0].needle
    title = f"{name}: {needle.gauge} G, outer diameter {needle.outer_diameter_mm:.2f} mm"
    first = Table(title=title, columns=("", *heads), rows=tuple(rows), note=note)
    return [first, _margins_table(case, plan, heads)]


def kyphoplasty_plan(case: ReportInput) -> AccessPlan | None:
    """Return the plan of the simulated kyphoplasty; None where it is the best one, shown anyway."""
    planning, found = case.planning, case.kyphoplasty
    if planning is None or found is None or planning.level != found.level:
        return None
    number = found.cement.setup.plan_number
    plans = [plan for plan in planning.plans if plan.procedure is Procedure.KYPHOPLASTY]
    if len(plans) < number or plans[number - 1] is best_plan(planning):
        return None
    return plans[number - 1]


def _margins_table(case: ReportInput, plan: AccessPlan, heads: tuple[str, ...]) -> Table:
    """Return the margins of a plan with required values and marks."""
    judgeable = judgeable_mm(case)
    columns = [margin_rows(p, case.rules) for p in shown_paths(plan)]
    rows = []
    for entries in zip(*columns, strict=True):
        if all(value is None for _, value, _ in entries):
            continue
        name, _, required = entries[0]
        if name == ANTERIOR_WALL:
            name = " / ".join(dict.fromkeys(wall_name(case, p) for p in shown_paths(plan)))
        row = [Cell(text=name)]
        for _, value, limit in entries:
            mark = Mark.NONE if value is None else mark_margin(value, limit, judgeable)
            text = words.millimetres(value, unit=False)
            row.append(Cell(text=text, mark=mark, strong=mark is Mark.CUT))
        rows.append((*row, Cell(text=f"≥ {required:.1f}")))
    note = (
        "Outer surface of the needle to the structure. Narrow: kept, but by less than half of "
        f"the coarsest voxel spacing ({judgeable:.1f} mm), which this scan cannot tell."
    )
    return Table(
        title="Margins in mm", columns=("", *heads, "required"), rows=tuple(rows), note=note
    )


def views_table(planning: PlanningResult) -> Table:
    """Return the C-arm working views."""
    names = {
        "ap": "True AP",
        "lateral": "True lateral",
        "barrel_left": "Down the left needle",
        "barrel_right": "Down the right needle",
    }
    rows = tuple(
        (
            Cell(text=names.get(v.name, v.name)),
            Cell(
                text=words.prone_receptor(v.primary_angle_deg, v.secondary_angle_deg), strong=True
            ),
        )
        for v in planning.views
    )
    return Table(
        title="Working views (C-arm)",
        columns=("", "prone, receptor above"),
        rows=rows,
        note=(
            "Receptor above the back, tilted from straight above toward the patient's left or "
            "right, head or feet. DICOM positioner angles of the supine patient: see Working "
            "views in words."
        ),
    )
