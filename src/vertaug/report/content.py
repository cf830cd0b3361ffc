"""What a report says, before it is laid out: the same for HTML and PDF."""

from dataclasses import dataclass

from vertaug.report.inputs import ReportInput
from vertaug.report.style import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One entry of a table: its text, how it stands, and whether it is bold.

    Attributes
    ----------
    chip : str
        A word in a frame before the text.
    detail : str
        In small letters below it.
    """

    text: str
    mark: Mark = Mark.NONE
    strong: bool = False
    chip: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the first column names the rows, ``lead`` stands above it and ``note`` below.

    One that is ``boxed`` stands apart from what is beside it, an ``urgent`` one in alarm.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    lead: str = ""
    boxed: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure of the summary: a label, a large value, a line of detail."""

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The sentence at the top about the plan, what was not checked, and advice if it is cut."""

    mark: Mark
    text: str
    advice: tuple[str, ...] = ()
    unchecked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    """A heading with paragraphs."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPart:
    """What stands under a heading of its own: limits first, method last.

    Attributes
    ----------
    pictures : tuple of str
        Names of the pictures that stand here, after the tables; with a ``key`` after that.
    text : tuple of TextBlock
        Method, files and further limits.
    key : Table or None
        Few figures that stand before everything else.
    appendix : tuple of Table
        After everything else.
    limits_first : bool
        How it is read stands before the key.
    """

    title: str
    limits: TextBlock
    tables: tuple[Table, ...]
    pictures: tuple[str, ...]
    text: tuple[TextBlock, ...]
    key: Table | None = None
    appendix: tuple[Table, ...] = ()
    limits_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContent:
    """The whole report in words and tables; pictures are joined by name.

    Attributes
    ----------
    left, right : tuple of Table
        Tables of the first page beside each other.
    wide : tuple of Table
        Tables of the later pages over the full width.
    text : tuple of TextBlock
        Notes, method and sources.
    provenance : tuple of Table
        Inputs, software and parameters.
    vertebroplasty, strength : ReportPart or None
        None where they were not computed.
    kyphoplasty : tuple of ReportPart
        Balloons, then cement; none where it was not simulated.
    comparison : ReportPart or None
        Of both procedures on one level.
    indications : ReportPart or None
        None where no facts of the patient were given.
    """

    title: str
    case_name: str
    created: str
    status: Status
    tiles: tuple[Tile, ...]
    left: tuple[Table, ...]
    right: tuple[Table, ...]
    wide: tuple[Table, ...]
    text: tuple[TextBlock, ...]
    provenance: tuple[Table, ...]
    vertebroplasty: ReportPart | None = None
    strength: ReportPart | None = None
    kyphoplasty: tuple[ReportPart, ...] = ()
    comparison: ReportPart | None = None
    indications: ReportPart | None = None


def cells(*texts: str) -> tuple[Cell, ...]:
    """Return a row of plain cells."""
    return tuple(Cell(text=t) for t in texts)


def _height_of_strength(case: ReportInput) -> float | None:
    """Return the height of the body that the strength of the same level rests on."""
    found = case.strength
    return found.height_mm if found is not None and found.level == case.level else None


def _kyphoplasty_plan(case: ReportInput) -> tuple[Table, ...]:
    """Return the tables of the kyphoplasty's plan, where it is not the best one."""
    from vertaug.report.content_plan import kyphoplasty_plan, plan_tables

    plan = kyphoplasty_plan(case)
    if plan is None or case.kyphoplasty is None:
        return ()
    number = case.kyphoplasty.cement.setup.plan_number
    return tuple(plan_tables(case, plan, f"Plan {number} of the kyphoplasty"))


def _kyphoplasty_parts(case: ReportInput) -> tuple[ReportPart, ...]:
    """Return balloons and cement of the kyphoplasty, none where it was not simulated."""
    from vertaug.report.content_kyphoplasty import kyphoplasty_parts

    if case.kyphoplasty is None:
        return ()
    return kyphoplasty_parts(case.kyphoplasty, case.kyphoplasty_strength, _kyphoplasty_plan(case))


def build_content(case: ReportInput) -> ReportContent:
    """Put the case into words and tables."""
    from vertaug.report import content_fracture, content_list, content_method, content_plan
    from vertaug.report.content_comparison import comparison_part
    from vertaug.report.content_indications import indication_part
    from vertaug.report.content_injection import injection_part
    from vertaug.report.content_status import status
    from vertaug.report.content_strength import strength_part

    level = case.level
    title = f"Vertebral augmentation plan, {level}" if case.planning else "Spine measurement"
    if case.planning is None and level is not None:
        title = f"Vertebral fracture measurement, {level}"
    wide = [content_fracture.levels_table(case)]
    left: list[Table] = []
    right: list[Table] = []
    measurement = case.assessment.levels.get(level) if level is not None else None
    if measurement is not None:
        left += [content_fracture.heights_table(measurement, _height_of_strength(case))]
        findings = content_fracture.findings_table(measurement, case)
        (left if case.planning is not None else right).append(findings)
    if case.planning is not None:
        left += [content_plan.views_table(case.planning)]
        right += content_plan.best_plan_tables(case)
        wide += [content_list.candidates_table(case)]
    found, simulated = case.strength, case.vertebroplasty
    if found is not None and found.level != level:
        title = f"{title}; strength: {found.level}"
    own = None if found is None else case.assessment.levels.get(found.level)
    return ReportContent(
        title=title,
        case_name=case.provenance.case_name,
        created=case.provenance.created or "",
        status=status(case),
        tiles=(*content_fracture.tiles(case), *content_plan.tiles(case)),
        left=tuple(left),
        right=tuple(right),
        wide=tuple(wide),
        text=tuple(content_method.text_blocks(case)),
        provenance=content_method.provenance_tables(case),
        vertebroplasty=None if simulated is None else injection_part(simulated, found),
        strength=None if found is None else strength_part(found, own, case.kyphoplasty_strength),
        kyphoplasty=_kyphoplasty_parts(case),
        indications=indication_part(case.indications, level),
        comparison=comparison_part(simulated, case.kyphoplasty, (found, case.kyphoplasty_strength)),
    )
