"""From a panel to what ``case.json`` and the report hold of it, and back from given facts."""

from collections.abc import Iterable
from datetime import date, timedelta

from vertaug.case.indication_record import (
    BodyRecord,
    ChangedParameterRecord,
    FindingRecord,
    GateRecord,
    GivenFact,
    IndicationRecord,
    MissingRecord,
    OffRuleRecord,
    OverrideRecord,
    UndecidedRecord,
    UsedFactRecord,
    WouldSayRecord,
)
from vertaug.indications.body_statement import BodyRow
from vertaug.indications.fact import Fact
from vertaug.indications.finding import Finding, Override
from vertaug.indications.hold_record import describe_holds
from vertaug.indications.panel import IndicationPanel
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.score_record import describe_score
from vertaug.indications.source import read_sources

GIVEN = "given"
"""Source of a fact that the user gave, where the case keeps it."""


def describe_panel(panel: IndicationPanel, notes: Iterable[str] = ()) -> IndicationRecord:
    """Return the panel as it is written.

    Parameters
    ----------
    panel : IndicationPanel
    notes : iterable of str
        Further ones, such as where given and measured facts differ.
    """
    known = (fact for fact in panel.facts.facts.values() if fact.value is not None)
    return IndicationRecord(
        rule_pack_version=panel.pack_version,
        rule_pack=panel.pack_name or "vertaug",
        rule_pack_sha256=panel.pack_sha256,
        evaluated_at=panel.evaluated.isoformat(),
        emergencies=tuple(map(_finding, panel.emergencies)),
        absolute=tuple(map(_finding, panel.absolute)),
        relative=tuple(map(_finding, panel.relative)),
        reasons_for=tuple(map(_finding, panel.reasons_for)),
        against=tuple(map(_finding, panel.reasons_against)),
        gates=tuple(map(_gate, panel.gates)),
        techniques=tuple(map(_finding, panel.techniques)),
        information=tuple(map(_finding, panel.information)),
        sources=tuple(map(_body, panel.bodies)),
        missing=tuple(
            MissingRecord(
                fact=missing.name,
                label=missing.definition.label,
                asked_by_rules=missing.rules,
                how_to_get=missing.definition.how_to_get,
            )
            for missing in panel.missing
        ),
        tasks=tuple(map(_finding, panel.tasks)),
        undecided=tuple(map(_undecided, panel.undecided)),
        off=tuple(
            OffRuleRecord(id=rule.name, say=rule.say, sources=rule.sources, status=rule.status)
            for rule in panel.off_rules
        ),
        facts=tuple(_used_fact(fact, panel.evaluated) for fact in known),
        overrides=tuple(map(_override, panel.overrides)),
        changed_parameters=tuple(
            ChangedParameterRecord(
                name=p.name, value=p.value, default=p.default, unit=p.unit, source=p.source
            )
            for p in panel.changed
        ),
        notes=(*panel.notes, *notes),
        hash=panel.hash,
        blood_thinners=describe_holds(
            panel.holds, panel.hold_results, panel.hold_tasks, panel.evaluated
        ),
        scores=tuple(map(describe_score, panel.scores)),
    )


def _finding(finding: Finding) -> FindingRecord:
    rule = finding.rule
    return FindingRecord(
        id=rule.name,
        say=rule.say,
        sources=rule.sources,
        years=tuple(read_sources()[key].year for key in rule.sources),
        grade=rule.grade,
        strength=rule.strength,
        status=rule.status,
        unverified=rule.unverified,
        facts=tuple(fact.name for fact in finding.facts),
        clears=finding.clears,
        alternatives=dict(rule.alternatives),
        override=None if finding.override is None else _override(finding.override),
    )


def _undecided(finding: Finding) -> UndecidedRecord:
    return UndecidedRecord(
        id=finding.rule.name,
        effect=finding.rule.effect,
        say=finding.rule.say,
        unverified=finding.rule.unverified,
        missing=finding.missing,
    )


def _override(override: Override) -> OverrideRecord:
    return OverrideRecord(rule=override.rule, reason=override.reason, user=override.user)


def _gate(finding: Finding) -> GateRecord:
    rule = finding.rule
    return GateRecord(
        id=rule.name,
        gate=rule.gate,
        state=finding.gate_state or "",
        say=rule.say,
        sources=rule.sources,
        status=rule.status,
        missing=finding.missing,
    )


def _body(row: BodyRow) -> BodyRecord:
    body = row.body
    return BodyRecord(
        source=body.source.key,
        name=body.name,
        year=body.source.year,
        population=body.population,
        stance=row.stance,
        says=row.says,
        would_say=_would_say(row),
        otherwise=body.otherwise,
        missing=row.missing,
        note=body.note,
        status=body.source.status,
        payer=body.payer,
        ranges=row.ranges,
    )


def _would_say(row: BodyRow) -> tuple[WouldSayRecord, ...]:
    """Return statements that ask for the same facts together."""
    grouped: dict[tuple[str, ...], list[str]] = {}
    for text, missing in row.would_say:
        grouped.setdefault(missing, []).append(text)
    return tuple(WouldSayRecord(texts=tuple(t), missing=m) for m, t in grouped.items())


def _used_fact(fact: Fact, on: date) -> UsedFactRecord:
    assert fact.value is not None
    return UsedFactRecord(
        name=fact.name,
        label=fact.definition.label,
        value=fact.value,
        unit=fact.definition.shown_unit,
        source=fact.source,
        note=fact.note,
        age_days=_age(fact, on),
    )


def _age(fact: Fact, on: date) -> int | None:
    return None if fact.dated is None else (on - fact.dated).days


def keep_facts(facts: PatientFacts, on: date) -> tuple[GivenFact, ...]:
    """Return known facts as a case keeps them: without dates and sources.

    Parameters
    ----------
    facts : PatientFacts
        As given.
    on : date
        Day of the panel, from which their age is counted.
    """
    return tuple(
        GivenFact(name=fact.name, value=fact.value, age_days=_age(fact, on), note=fact.note)
        for fact in facts.facts.values()
        if fact.value is not None
    )


def restore_facts(given: Iterable[GivenFact], on: date) -> PatientFacts:
    """Return the facts that a case has kept.

    Raises
    ------
    InputError
        If one is not a possible value of its fact.
    """
    return PatientFacts.of(
        Fact(
            definition=define_fact(each.name),
            value=each.value,
            dated=None if each.age_days is None else on - timedelta(days=each.age_days),
            source=GIVEN,
            note=each.note,
        )
        for each in given
    )
