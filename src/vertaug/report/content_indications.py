"""The indication panel in the report: emergencies first, bodies side by side, no verdict."""

from collections.abc import Iterable

from vertaug.case.indication_record import (
    BodyRecord,
    FindingRecord,
    IndicationRecord,
    MissingRecord,
    UsedFactRecord,
)
from vertaug.indications.patient_facts import define_fact
from vertaug.report import words
from vertaug.report.content import Cell, ReportPart, Status, Table, TextBlock, cells
from vertaug.report.content_holds import hold_tables, hold_task_rows, score_tables
from vertaug.report.style import Mark

_MOST_MISSING = 24
_FIFTHS = {"gt_fifth": "more than a fifth", "lt_fifth": "a fifth at most"}
_NONE_HOLDS = "No rule holds"
NEVER_A_VERDICT = (
    "What sources say of these facts, side by side; they disagree, and this is never one verdict. "
    "A fact that is unknown is never taken as no."
)


def indication_part(panel: IndicationRecord | None, level: str | None) -> ReportPart | None:
    """Return everything under the heading of the indications; None without a panel.

    Parameters
    ----------
    panel : IndicationRecord or None
    level : str or None
        That the report is about.
    """
    if panel is None:
        return None
    lists = (
        ("Absolute contraindications", panel.absolute, "abs_ci"),
        ("Relative contraindications, and what would clear them", panel.relative, "rel_ci"),
        ("Reasons for", panel.reasons_for, "for"),
        ("Reasons against", panel.against, "against"),
    )
    tables = [_findings_table(panel, title, found, effect) for title, found, effect in lists]
    tables[2:2] = hold_tables(panel)
    tables += [bodies_table(panel), *score_tables(panel), gates_table(panel), missing_table(panel)]
    tables.append(_findings_table(panel, "Tasks", panel.tasks, "task"))
    for title, found, effect in (
        ("Technique", panel.techniques, "tech"),
        ("Information", panel.information, "inform"),
    ):
        if found:
            tables.append(_findings_table(panel, title, found, effect))
    return ReportPart(
        title=f"Indications, {level}" if level else "Indications",
        key=_findings_table(panel, "Emergencies", panel.emergencies, "emergency"),
        limits=TextBlock(title="How to read this", paragraphs=_limits(panel)),
        tables=tuple(tables),
        pictures=(),
        text=(_method(panel),),
        appendix=(facts_table(panel), *off_tables(panel)),
        limits_first=True,
    )


def warn_of_emergency(status: Status, panel: IndicationRecord | None) -> Status:
    """Return the sentence at the top of the report with what the panel adds to it."""
    if panel is None:
        return status
    advice = (first_page_words(panel), *status.advice)
    urgent = [f"{f.id}: {f.say}" for f in panel.emergencies]
    if not urgent:
        return Status(mark=status.mark, text=status.text, advice=advice, unchecked=status.unchecked)
    text = f"EMERGENCY by the facts of the patient. {' '.join(urgent)}"
    # what is planned stands back
    return Status(
        mark=Mark.CUT,
        text=text,
        advice=tuple(
            line for line in (advice[0], status.text, status.unchecked, *advice[1:]) if line
        ),
    )


def first_page_words(panel: IndicationRecord) -> str:
    """Return the line of the first page that points to the panel."""
    parts = []
    for name, found, effect in (
        ("emergencies", panel.emergencies, "emergency"),
        ("absolute contraindications", panel.absolute, "abs_ci"),
        ("relative contraindications", panel.relative, "rel_ci"),
    ):
        holds = ", ".join(f.id for f in found) or "none holds"
        still_open = [rule.id for rule in panel.undecided if rule.effect == effect]
        left = f" ({len(still_open)} not excluded, facts are missing)" if still_open else ""
        parts.append(f"{name}: {holds}{left}")
    late = any("past their review date" in note for note in panel.notes)
    old = " Some rules are past their review date." if late else ""
    return (
        f"Facts of the patient, {panel.evaluated_at}: {'; '.join(parts)}. Reasons for and against "
        f"by source, never one verdict: see Indications.{old}"
    )


def _limits(panel: IndicationRecord) -> tuple[str, ...]:
    changed = tuple(
        f"Changed by the site: {p.name} is {p.value:g} instead of {p.default:g} {p.unit}".strip()
        + f" ({p.source})."
        for p in panel.changed_parameters
    )
    return (NEVER_A_VERDICT, *changed, *(words.sentence(note) for note in panel.notes))


def _method(panel: IndicationRecord) -> TextBlock:
    return TextBlock(
        title="Indications: method",
        paragraphs=(
            (
                f"Rules {panel.rule_pack} {panel.rule_pack_version}, day {panel.evaluated_at}, "
                f"panel {panel.hash[:16]}. Three-valued logic: what asks for an unknown fact is "
                "undecided. Strength, strongest first: RCT-sham, RCT-open, SR-mixed, "
                "observational, consensus, expert, payer; beside it what the source itself calls "
                "it. Unverified: from knowledge, not checked against the source. Full citations: "
                "vertaug "
                "indications CASE --explain RULE."
            ),
        ),
    )


def _findings_table(
    panel: IndicationRecord, title: str, findings: Iterable[FindingRecord], effect: str
) -> Table:
    """Return the rules of one list that hold; below, those that nobody can exclude."""
    rows = [_finding_row(finding) for finding in findings]
    rows += hold_task_rows(panel) if effect == "task" else ()
    still_open = [rule for rule in panel.undecided if rule.effect == effect]
    ruled_out = effect in {"emergency", "abs_ci", "rel_ci"}
    note = ""
    if still_open and not ruled_out:
        note = f"Undecided, facts are missing: {', '.join(rule.id for rule in still_open)}."
    if not rows:
        rows.append(cells("–", "", f"{_NONE_HOLDS}."))
    if still_open and ruled_out:
        rows += [
            (
                Cell(text=rule.id),
                Cell(text="", chip="not excluded"),
                Cell(
                    text=rule.say,
                    mark=Mark.UNVERIFIED if rule.unverified else Mark.NONE,
                    detail=f"Missing: {_named(rule.missing)}",
                ),
            )
            for rule in still_open
        ]
    return Table(
        title=title,
        columns=("Rule", "Strength", "What the source says"),
        rows=tuple(rows),
        note=note,
        urgent=effect == "emergency" and bool(panel.emergencies),
    )


def _finding_row(finding: FindingRecord) -> tuple[Cell, ...]:
    details = [f"{finding.cited}; {finding.status}; graded: {finding.grade}"]
    details += [f"{body} sees it otherwise: {text}" for body, text in finding.alternatives.items()]
    if finding.clears:
        details.append(f"Cleared by: {finding.clears}")
    if finding.override is not None:
        by = f" by {finding.override.user}" if finding.override.user else ""
        details.append(f"OVERRIDDEN{by}: {finding.override.reason}")
    mark = Mark.UNVERIFIED if finding.unverified else Mark.NONE
    return (
        Cell(text=finding.id, strong=True),
        Cell(text="", chip=finding.strength),
        Cell(text=finding.say, mark=mark, detail=" · ".join(d.rstrip(".") for d in details)),
    )


def _named(names: Iterable[str]) -> str:
    return ", ".join(define_fact(name).label for name in names)


def bodies_table(panel: IndicationRecord) -> Table:
    """Return what each body says of the patient."""
    covering = [body for body in panel.sources if body.stance != "does not cover"]
    left = [body.name for body in panel.sources if body.stance == "does not cover"]
    return Table(
        title="What each body says of this patient",
        columns=("Body", "", "Says"),
        rows=tuple(_body_row(body) for body in covering),
        note=f"Do not cover this patient: {'; '.join(left)}." if left else "",
    )


def _body_row(body: BodyRecord) -> tuple[Cell, ...]:
    year = "" if body.year is None or str(body.year) in body.name else f" ({body.year})"
    said, details = list(body.says), []
    if body.missing:
        details.append(f"Covers {body.population}; not known here: {_named(body.missing)}.")
    for would in body.would_say:
        if body.missing and would.missing != body.missing:
            continue  # first whether it covers the patient
        one = " one of" if len(would.texts) > 1 else ""
        said.append(f"Would say{one}: {' / '.join(would.texts)}")
        if would.missing != body.missing:
            details.append(f"Depends on: {_named(would.missing)}.")
    details += [words.sentence(span) for span in body.ranges]
    if body.otherwise and body.would_say and not body.says and not body.missing:
        details.append(f"Otherwise: {body.otherwise}")
    unread = body.status == "recalled"
    details += [
        body.note,
        "" if body.status in {"verified", "recalled"} else words.sentence(body.status),
    ]
    return (
        Cell(text=f"{body.name}{year}", strong=True),
        Cell(text="", chip=body.stance),
        Cell(
            text=" ".join(said) or "Not known whether it covers this patient.",
            mark=Mark.UNVERIFIED if unread else Mark.NONE,
            detail=" ".join(part for part in details if part),
        ),
    )


def gates_table(panel: IndicationRecord) -> Table:
    """Return the criteria of payers and national bodies, in a box of their own."""
    rows = [
        (
            Cell(text=gate.gate.replace("_onc", ", malignant").replace("_", " "), strong=True),
            Cell(text="", chip=gate.state),
            Cell(
                text=_gate_words(gate.state, gate.say),
                detail="; ".join(
                    part
                    for part in (
                        f"Missing: {_named(gate.missing)}" if gate.state == "unknown" else "",
                        f"{gate.id}, {', '.join(gate.sources).replace('_', ' ')}, {gate.status}",
                    )
                    if part
                ),
            ),
        )
        for gate in panel.gates
    ]
    return Table(
        title="Criteria of payers and national bodies",
        lead="Whether a payer or a national body would cover it. No evidence, no clinical advice.",
        columns=("Criterion", "", ""),
        rows=tuple(rows),
        boxed=True,
    )


def _gate_words(state: str, say: str) -> str:
    if state == "met":
        return say
    if state == "does not apply":
        return "Made for other patients: does not apply."
    return "Criteria not met." if state == "not met" else "Not known: facts are missing."


def missing_table(panel: IndicationRecord) -> Table:
    """Return what to find out, first what would change most."""
    shown, rest = panel.missing[:_MOST_MISSING], panel.missing[_MOST_MISSING:]
    rows = [_missing_row(fact) for fact in shown]
    return Table(
        title="Missing facts, first what would change most",
        columns=("Fact", "Asked by", "How to get it"),
        rows=tuple(rows) or (cells("–", "", "No rule asks for an unknown fact."),),
        note=f"And {', '.join(fact.label for fact in rest)}." if rest else "",
    )


def _missing_row(fact: MissingRecord) -> tuple[Cell, ...]:
    return (
        Cell(text=fact.label, strong=True),
        Cell(text=" ".join(fact.asked_by_rules)),
        Cell(text=fact.how_to_get),
    )


def facts_table(panel: IndicationRecord) -> Table:
    """Return the facts that were used, with where they come from."""
    return Table(
        title="Facts used",
        columns=("Fact", "Value", "Where it comes from"),
        rows=tuple(
            (
                Cell(text=fact.label),
                Cell(text=value_words(fact), strong=True),
                Cell(text=_origin(fact)),
            )
            for fact in panel.facts
        ),
    )


def value_words(fact: UsedFactRecord) -> str:
    """Return a known value with its unit."""
    if isinstance(fact.value, bool):
        return "yes" if fact.value else "no"
    if isinstance(fact.value, float | int):
        rounded = round(float(fact.value), 1)
        return f"{rounded:g} {fact.unit}".strip()
    return _FIFTHS.get(fact.value, fact.value.replace("_", " "))


def _origin(fact: UsedFactRecord) -> str:
    parts = [fact.source, fact.note]
    if fact.age_days is not None:
        parts.append("of the day" if fact.age_days == 0 else f"{fact.age_days} days old")
    return "; ".join(part for part in parts if part)


def off_tables(panel: IndicationRecord) -> tuple[Table, ...]:
    """Return the rules that are off, because nobody checked them against their source."""
    if not panel.off:
        return ()
    rows = tuple(
        (
            Cell(text=rule.id, strong=True),
            Cell(text=", ".join(rule.sources)),
            Cell(text=rule.say, mark=Mark.UNVERIFIED),
        )
        for rule in panel.off
    )
    table = Table(
        title="Rules that are off",
        lead="Recalled, not checked against their source; not used here (--all-rules uses them).",
        columns=("Rule", "Source", "What it would say"),
        rows=rows,
    )
    return (table,)
