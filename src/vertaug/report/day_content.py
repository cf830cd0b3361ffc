"""Pages of the day's sheet before the needle: who, what, go or no-go, anaesthesia."""

from vertaug.case.source_status import UNVERIFIED
from vertaug.procedure_day.anaesthetic_sheet import AnaestheticOfDay
from vertaug.procedure_day.checklist import KnownItem, Phase
from vertaug.procedure_day.day_sheet import DaySheet
from vertaug.procedure_day.evidence import Line
from vertaug.procedure_day.guide import Topic
from vertaug.procedure_day.local_anaesthetic import CEILING_WORDS
from vertaug.procedure_day.patient_risk import RiskOfDay
from vertaug.report import words
from vertaug.report.day_hold import hold_blocks
from vertaug.report.day_needle import needle_block, view_block
from vertaug.report.day_page import DayBlock, DayLine, DayPage, DayPages, DayTick, DayTile
from vertaug.report.day_procedure import after_page, procedure_page

LEGEND = (
    "unverified: recalled or uncertain, hold it against its source before any use. design default: "
    "set by vertaug or a site, no source. partly verified: part read, rest recalled. No mark: read "
    "in its source, or computed. Boxes are never ticked by the program; unknown is not done."
)
LABEL = "Patient label (paste here; nothing is stored)"


def describe_day(sheet: DaySheet) -> DayPages:
    """Return the pages of a sheet."""
    plan = sheet.plan
    return DayPages(
        case_name=sheet.case_name,
        level=plan.level,
        procedure=plan.procedure.value,
        sides=plan.sides.upper() or "side not planned",
        on="date ____________" if sheet.on is None else sheet.on.isoformat(),
        warnings=_warnings(sheet),
        legend=LEGEND,
        pages=(_first_page(sheet), _room_page(sheet), procedure_page(sheet), after_page(sheet)),
    )


def _warnings(sheet: DaySheet) -> tuple[str, ...]:
    plan, found = sheet.plan, []
    if plan.procedure_source != "chosen":
        found.append(f"Procedure: {plan.procedure_source}")
    if plan.record is None:
        found.append("The case has no needle plan for this procedure")
    elif not plan.record.safe:
        cut = "; ".join(f"{n.side}: {v}" for n in plan.needles for v in n.violations)
        found.append(f"This plan does NOT keep every margin. {cut}")
    if sheet.anaesthetic.blocked:
        found.append(sheet.anaesthetic.blocked)
    cautions = [caution for item in sheet.checklist for caution in item.cautions]
    found += [words.sentence(caution) for caution in dict.fromkeys(cautions)]
    return (*found, *_risk_warnings(sheet.risk))


def _risk_warnings(risk: RiskOfDay) -> list[str]:
    """Return a line for each group of risks, and what is asked for with a tumour."""
    groups: dict[str, list[str]] = {"Tumour": []} if risk.tumour else {}
    for one in risk.known:
        mark = f" ({one.evidence.mark})" if one.evidence.mark == UNVERIFIED else ""
        groups.setdefault(one.group, []).append(f"{one.words}{mark}")
    if risk.tumour and risk.missing:
        groups["Tumour"].append(f"unknown: {', '.join(risk.missing)}")
    given = risk.etiology if risk.tumour else f"cause given as {risk.etiology or 'unknown'}"
    cause = f" ({given})"
    return [
        f"{group}{cause if group == 'Tumour' else ''}: {'; '.join(said) or 'cause of the fracture'}"
        for group, said in groups.items()
    ]


def marked(line: Line) -> DayLine:
    """Return a line with how well it is known."""
    return DayLine(text=line.text, mark=line.evidence.mark)


def ticks_of(items: tuple[KnownItem, ...], phase: Phase) -> tuple[DayTick, ...]:
    """Return the boxes of a phase."""
    return tuple(
        DayTick(
            text=known.item.text,
            known="; ".join(known.known),
            missing=", ".join(known.missing),
            cautions="; ".join(known.cautions),
            mark=_short(known.item.evidence.mark),
            may_not_apply=known.item.may_not_apply,
        )
        for known in items
        if known.item.phase is phase
    )


def _short(mark: str) -> str:
    # nearly every item is the site's own choice; only what stands on memory is marked
    return "" if mark == "design default" else mark


def _first_page(sheet: DaySheet) -> DayPage:
    go = ticks_of(sheet.checklist, Phase.GO)
    half = _middle(go)
    note = "Every box before the patient is positioned. What is not known is not done."
    return DayPage(
        title="Plan and go / no-go",
        tiles=_tiles(sheet),
        top=(needle_block(sheet.plan), view_block(sheet.plan)),
        left=(DayBlock(title="Go / no-go", ticks=go[:half], note=note),),
        right=(DayBlock(title="Go / no-go, continued", ticks=go[half:]),),
        bottom=hold_blocks(sheet.holds),
    )


def _middle(ticks: tuple[DayTick, ...]) -> int:
    """Return how many boxes stand in the left column, so that both are about as long."""
    lengths = [60 + len(t.text + t.known + t.missing + t.cautions) for t in ticks]
    return min(range(len(ticks) + 1), key=lambda n: abs(sum(lengths[:n]) - sum(lengths[n:])))


def _tiles(sheet: DaySheet) -> tuple[DayTile, ...]:
    plan, drug = sheet.plan, sheet.anaesthetic
    gauges = sorted({needle.gauge for needle in plan.needles})
    tiles = [
        DayTile(label="Level", value=plan.level, detail="count again on two films"),
        DayTile(
            label="Side",
            value=plan.sides.upper() or "not planned",
            detail=f"plan {plan.number}" if plan.number else "",
        ),
        DayTile(
            label="Needle",
            value=", ".join(f"{gauge}G" for gauge in gauges) or "not planned",
            detail="" if plan.record is None else words.route(plan.record.route),
        ),
    ]
    if plan.cement_ml is not None:
        low, target, high = plan.cement_ml
        detail = f"{plan.sides_together}; range {low:.1f} to {high:.1f} ml; no goal by itself"
        tiles.append(
            DayTile(label="Cement planned", value=f"{target:.1f} ml", after="IN ALL", detail=detail)
        )
    if drug.ceilings:
        first = drug.ceilings[0]
        tiles.append(
            DayTile(
                label=f"{first.title} {first.volumes[0].percent:g} %, {CEILING_WORDS}",
                value=f"{first.volumes[0].volume_ml:.1f} ml",
                detail=f"{first.mg:g} mg at {drug.weight_kg:g} kg{_reduced(drug)}",
            )
        )
    else:
        tiles.append(DayTile(label="Local anaesthetic", value="WEIGH FIRST", detail="____ kg"))
    return tuple(tiles)


def _reduced(drug: AnaestheticOfDay) -> str:
    factor = float(drug.reduction.in_use)
    return "" if factor == 1.0 else f", reduced x {factor:g}"


def _room_page(sheet: DaySheet) -> DayPage:
    guide = dict(sheet.guide)
    sign_in = ticks_of(sheet.checklist, Phase.SIGN_IN)
    time_out = ticks_of(sheet.checklist, Phase.TIME_OUT)
    sedation = (
        *(
            DayLine(text=f"{s.title}: {s.words}", mark=s.evidence.mark)
            for s in sheet.sedation.steps
        ),
        *(marked(line) for line in sheet.sedation.rules),
        *(marked(line) for line in sheet.sedation.monitoring),
    )
    return DayPage(
        title="Sign-in, time-out, anaesthesia",
        top=(anaesthetic_block(sheet.anaesthetic),),
        left=(
            DayBlock(title="Sign-in", ticks=sign_in),
            DayBlock(title="TIME-OUT: everybody stops and listens", ticks=time_out, alarm=True),
            DayBlock(
                title="Positioning",
                lines=tuple(marked(line) for line in guide[Topic.POSITIONING]),
            ),
        ),
        right=(
            _mixture_block(sheet.anaesthetic),
            rescue_block(sheet.anaesthetic),
            DayBlock(title="Sedation and monitoring, not an order", lines=sedation),
            _antibiotic_block(sheet),
        ),
    )


def anaesthetic_block(drug: AnaestheticOfDay) -> DayBlock:
    """Return the ceilings of the local anaesthetics."""
    if not drug.ceilings:
        asked = (
            DayLine(text=f"{drug.blocked}. Weight ______ kg", strong=True),
            DayLine(text="No weight, no number: vertaug has no usual weight to fall back on."),
        )
        return DayBlock(title="Local anaesthetics", lines=asked, alarm=True)
    rows = tuple(
        (
            c.title,
            f"{c.mg:g} mg",
            *(f"{v.volume_ml:.1f} ml of {v.percent:g} %" for v in c.volumes),
            f"({c.full_mg:g} mg)",
            f"({c.law})",
        )
        for c in drug.ceilings
    )
    factor = float(drug.reduction.in_use)
    low, high = (float(value) for value in drug.reduction.allowed)
    said = drug.reduction.words
    note = f"Ceilings, rounded down, x {factor:g} ({said}; range {low:g} to {high:g}, "
    note += f"{drug.reduction.evidence.mark}). {drug.mixture.text}. {drug.reach.text}."
    lines: tuple[DayLine, ...] = ()
    if drug.allergy is not False:
        text = (
            "ALLERGY to local anaesthetics recorded" if drug.allergy else "Allergy not known: ask"
        )
        lines = (DayLine(text=text, strong=True),)
    return DayBlock(
        title=f"Local anaesthetics at {drug.weight_kg:g} kg: {CEILING_WORDS}",
        lines=lines,
        columns=("", "ceiling", "that is", "or", "not reduced", "law"),
        rows=rows,
        note=note,
        large=True,
    )


def _mixture_block(drug: AnaestheticOfDay) -> DayBlock:
    title = f"After {drug.first}, left of {drug.second}"
    if not drug.remaining:
        return DayBlock(title=title, lines=(DayLine(text=drug.blocked, strong=True),))
    return DayBlock(
        title=title,
        columns=(*(f"{r.used_ml:g} ml" for r in drug.remaining),),
        rows=(
            tuple(
                "ABOVE CEILING" if r.above_ceiling else f"{r.left_ml:.1f} ml"
                for r in drug.remaining
            ),
        ),
        note=f"Rounded down, {drug.mixture.evidence.mark}. Share used: ______ (at most 1.00)",
        large=True,
    )


def rescue_block(drug: AnaestheticOfDay) -> DayBlock:
    """Return lipid rescue by weight."""
    rescue, mark = drug.rescue, drug.rescue.evidence.mark
    if rescue.bolus_ml is None or rescue.infusion_ml_per_min is None or rescue.most_ml is None:
        text = f"{rescue.text}: volumes need the weight"
    else:
        text = (
            f"{rescue.text}: bolus {float(rescue.bolus_ml):.0f} ml, then "
            f"{float(rescue.infusion_ml_per_min):.1f} ml/min, in all at most "
            f"{float(rescue.most_ml):.0f} ml"
        )
    line = DayLine(text=f"{text} ({rescue.evidence.source})", mark=mark, strong=True)
    return DayBlock(title="Rescue", lines=(line,))


def _antibiotic_block(sheet: DaySheet) -> DayBlock:
    lines = tuple(
        DayLine(
            text=f"{a.title} {a.words}{f' - {a.allergy}' if a.allergy else ''}",
            mark=a.evidence.mark,
            strong=a.allergy.startswith("NOT"),
        )
        for a in sheet.antibiotics
    )
    return DayBlock(
        title="Antibiotic, as sources list it, not an order",
        lines=lines,
        # clinical reference 3.7
        note="In within 60 min before the skin is opened (vancomycin 120). Evidence is weak.",
    )
