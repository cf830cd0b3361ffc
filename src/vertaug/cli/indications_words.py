"""The panel and the explanation of a rule in lines of text."""

from collections.abc import Iterable
from typing import Any

from vertaug.case.indication_record import (
    BodyRecord,
    FindingRecord,
    IndicationRecord,
)
from vertaug.cli.indications_lines import (
    list_hold_tasks,
    list_holds,
    list_scores,
    wrap_line,
)
from vertaug.indications.explanation import TRUTH_WORDS, Explanation
from vertaug.indications.panel import IndicationPanel
from vertaug.indications.source import Source

_MOST_MISSING = 15
NOT_A_VERDICT = (
    "What sources say of these facts, side by side; never one verdict. Unknown is never no. "
    "Research and teaching, not for clinical decisions."
)


def list_panel(panel: IndicationRecord) -> list[str]:
    """Return the panel in its order: emergencies first, then contraindications, then reasons."""
    lines = [
        f"Indication panel of {panel.evaluated_at}, rules {_pack(panel)}",
        *wrap_line(NOT_A_VERDICT),
    ]
    lines += [line for note in panel.notes for line in wrap_line(f"note: {note}")]
    lists: tuple[tuple[str, tuple[FindingRecord, ...], str], ...] = (
        ("EMERGENCIES", panel.emergencies, "emergency"),
        ("ABSOLUTE CONTRAINDICATIONS", panel.absolute, "abs_ci"),
        ("RELATIVE CONTRAINDICATIONS", panel.relative, "rel_ci"),
        ("REASONS FOR", panel.reasons_for, "for"),
        ("REASONS AGAINST", panel.against, "against"),
        ("TECHNIQUE", panel.techniques, "tech"),
        ("INFORMATION", panel.information, "inform"),
    )
    for title, findings, effect in lists:
        lines += _list_findings(panel, title, findings, effect)
    lines += list_holds(panel)
    lines += ["", "CRITERIA OF PAYERS AND NATIONAL BODIES (no evidence, no clinical advice)"]
    for gate in panel.gates:
        asks = f"; missing: {', '.join(gate.missing)}" if gate.state == "unknown" else ""
        lines += wrap_line(f"{gate.id} {gate.gate}: {gate.state}{asks}", "  ")
        if gate.state == "met":
            lines += wrap_line(gate.say, "      ")
    lines += ["", "WHAT EACH BODY SAYS"]
    for body in panel.sources:
        lines += _list_body(body)
    lines += list_scores(panel)
    lines += _list_missing(panel)
    lines += _list_findings(panel, "TASKS", panel.tasks, "task")
    lines += list_hold_tasks(panel)
    if panel.off:
        lines += ["", "OFF, NOT CHECKED AGAINST THEIR SOURCE (--all-rules turns them on)"]
        lines.append("  whether they hold here was not looked at")
        for rule in panel.off:
            source = ", ".join(rule.sources).replace("_", " ")
            lines += wrap_line(f"{rule.id} {rule.say} [{source}]", "  ")
    return lines


def _pack(panel: IndicationRecord) -> str:
    changed = "".join(
        f", {p.name} = {p.value:g} instead of {p.default:g}" for p in panel.changed_parameters
    )
    return f"{panel.rule_pack} {panel.rule_pack_version}{changed}"


def _list_findings(
    panel: IndicationRecord, title: str, findings: Iterable[FindingRecord], effect: str
) -> list[str]:
    """Return the rules of one list that hold, and those that nobody can exclude."""
    still_open = [rule for rule in panel.undecided if rule.effect == effect]
    findings = tuple(findings)
    if not findings and not still_open and effect in {"tech", "inform"}:
        return []
    lines = ["", title]
    for finding in findings:
        mark = "  UNVERIFIED" if finding.unverified else ""
        cited = f"[{finding.strength}; {finding.cited}]"
        lines += wrap_line(f"{finding.id} {finding.say} {cited}{mark}", "  ")
        if finding.clears:
            lines += wrap_line(f"cleared by: {finding.clears}", "      ")
        if finding.override is not None:
            by = f" ({finding.override.user})" if finding.override.user else ""
            lines += wrap_line(f"overridden{by}: {finding.override.reason}", "      ")
    if not findings:
        lines.append("  none holds")
    if still_open and effect == "emergency":
        for rule in still_open:
            lines += wrap_line(f"not excluded: {rule.id}; missing: {', '.join(rule.missing)}", "  ")
    elif still_open:
        word = "not excluded" if effect in {"abs_ci", "rel_ci"} else "undecided"
        lines += wrap_line(f"{word}: {', '.join(rule.id for rule in still_open)}", "  ")
    return lines


def _list_body(body: BodyRecord) -> list[str]:
    year = "" if body.year is None or str(body.year) in body.name else f" ({body.year})"
    mark = "" if body.status == "verified" else f", {body.status}"
    head = f"{body.name}{year}{mark}"
    if body.stance == "does not cover":
        return wrap_line(f"{head}: does not cover this patient ({body.population})", "  ")
    lines = wrap_line(head, "  ")
    if body.missing:
        asks = f"covers {body.population}; not known here: {', '.join(body.missing)}"
        lines += wrap_line(asks, "      ")
    lines += [line for text in body.says for line in wrap_line(f"says: {text}", "      ")]
    for would in body.would_say:
        if body.missing and would.missing != body.missing:
            continue  # first whether it covers the patient
        one = "one of: " if len(would.texts) > 1 else ""
        said = f"would say, depending on {', '.join(would.missing)}: {one}{' / '.join(would.texts)}"
        lines += wrap_line(said, "      ")
    lines += [line for span in body.ranges for line in wrap_line(span, "      ")]
    if body.otherwise and body.would_say and not body.says and not body.missing:
        lines += wrap_line(f"otherwise: {body.otherwise}", "      ")
    return lines


def _list_missing(panel: IndicationRecord) -> list[str]:
    if not panel.missing:
        return ["", "MISSING FACTS", "  none that a rule asks for"]
    lines = ["", "MISSING FACTS, first what would change most"]
    for fact in panel.missing[:_MOST_MISSING]:
        rules = ", ".join(fact.asked_by_rules)
        lines += wrap_line(f"{fact.fact}: {fact.label} ({fact.how_to_get}); {rules}", "  ")
    more = [fact.fact for fact in panel.missing[_MOST_MISSING:]]
    return [*lines, *wrap_line(f"and {', '.join(more)}", "  ")] if more else lines


def list_explanation(found: Explanation, panel: IndicationPanel) -> list[str]:
    """Return why a rule holds, does not, or is undecided."""
    rule = found.rule
    off = "" if rule not in panel.off_rules else "; off in this panel (--all-rules turns it on)"
    lines = [
        f"{rule.name} ({rule.effect}): {TRUTH_WORDS[found.truth]}{off}",
        *wrap_line(rule.say, "  "),
        f"  strength {rule.strength}; the source calls it: {rule.grade}; {rule.status}",
        f"  read last by: {rule.reviewer or 'nobody'}; read again by {rule.review_by.isoformat()}",
    ]
    for body, effect in rule.alternatives:
        lines += wrap_line(f"{body} sees it otherwise: {effect}", "  ")
    if rule.clears:
        lines += wrap_line(f"cleared by: {rule.clears}", "  ")
    lines.append("Condition")
    lines += [f"  {'  ' * p.depth}{TRUTH_WORDS[p.truth]:8}{p.text}" for p in found.parts]
    lines.append("Facts")
    for each in found.facts:
        value = (
            "unknown" if each.fact is None else _value(each.fact.value, each.definition.shown_unit)
        )
        open_words = "; could decide it" if each.decisive else ""
        lines += wrap_line(f"{each.definition.name} ({each.definition.label}): {value}"
                       f"{_origin(each.fact)}{open_words}", "  ")  # fmt: skip
    if found.parameters:
        lines.append("Parameters")
        lines += [
            f"  P.{p.name} = {p.value:g}{f' {p.unit}' if p.unit else ''} "
            f"(default {p.default:g}, {p.low:g} to {p.high:g}; {p.source})"
            for p in found.parameters
        ]
    lines.append("Sources")
    for source in found.sources:
        lines += wrap_line(_cite(source), "  ")
    return [*lines, *(line for old in panel.stale for line in wrap_line(f"note: {old.words}"))]


def _cite(source: Source) -> str:
    citation = (
        "" if source.citation_status == "verified" else f"; citation {source.citation_status}"
    )
    read = f"; read: {source.read_at}" if source.read_at else ""
    return f"{source.key}: {source.citation} [content {source.status}{citation}{read}]"


def _origin(fact: Any) -> str:
    if fact is None or fact.value is None:
        return ""
    dated = "" if fact.dated is None else fact.dated.isoformat()
    parts = [part for part in (fact.source, dated, fact.note) if part]
    return f" [{'; '.join(parts)}]" if parts else ""


def _value(value: object, unit: str) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{shown} {unit}".strip()


def write_explanation(found: Explanation, panel: IndicationPanel) -> dict[str, Any]:
    """Return the explanation for programs."""
    rule = found.rule
    return {
        "id": rule.name,
        "effect": rule.effect,
        "truth": TRUTH_WORDS[found.truth],
        "on": rule not in panel.off_rules,
        "when": rule.when,
        "say": rule.say,
        "clears": rule.clears,
        "grade": rule.grade,
        "strength": rule.strength,
        "status": rule.status,
        "parts": [
            {"depth": p.depth, "text": p.text, "truth": TRUTH_WORDS[p.truth]} for p in found.parts
        ],
        "facts": [
            {
                "name": each.definition.name,
                "value": None if each.fact is None else each.fact.value,
                "unit": each.definition.unit,
                "could_decide": each.decisive,
            }
            for each in found.facts
        ],
        "parameters": {p.name: p.value for p in found.parameters},
        "sources": [
            {"key": s.key, "citation": s.citation, "year": s.year, "status": s.status}
            for s in found.sources
        ],
    }
