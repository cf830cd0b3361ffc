"""What each body says of this patient, side by side: they disagree, and none is the verdict.

The same language as that of the rules: a body says something, would say it once some fact is
known, or does not cover the patient.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any

from vertaug.case.packaged_data import read_packaged_text
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.rule_expression import (
    Expression,
    evaluate,
    list_open_facts,
    parse_expression,
)
from vertaug.indications.rule_pack import load_yaml, read_own_pack
from vertaug.indications.score.derived import score_ranges
from vertaug.indications.source import Source, read_sources


class Stance(StrEnum):
    """How far a body speaks of this patient."""

    SAYS = "says"
    WOULD_SAY = "would say"
    NOT_COVERED = "does not cover"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Something that a body says of patients for whom a condition holds."""

    condition: Expression
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body whose criteria are known.

    Attributes
    ----------
    source : Source
    name : str
    population : str
        Whom it covers, in words.
    covers : Expression
        The same for a patient.
    statements : tuple of Statement
    otherwise : str
        What it says of a covered patient for whom no statement holds.
    note : str
        Funding, limits, and how its words are read here.
    payer : bool
        Criteria of a payer or a national body, which are no evidence.
    """

    source: Source
    name: str
    population: str
    covers: Expression
    statements: tuple[Statement, ...]
    otherwise: str
    note: str
    payer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRow:
    """What one body says of this patient.

    Attributes
    ----------
    body : Body
    stance : Stance
    says : tuple of str
        Statements that hold.
    would_say : tuple of (str, tuple of str)
        Statements that would hold with some unknown facts, and these.
    missing : tuple of str
        Unknown facts that decide whether it covers the patient at all.
    ranges : tuple of str
        What an undecided score that it asks for could still become.
    """

    body: Body
    stance: Stance
    says: tuple[str, ...]
    would_say: tuple[tuple[str, tuple[str, ...]], ...]
    missing: tuple[str, ...]
    ranges: tuple[str, ...] = ()


@cache
def read_bodies() -> tuple[Body, ...]:
    """Return the bodies in the order in which they are shown (clinical reference 1.1)."""
    text = read_packaged_text("vertaug.indications", "bodies.yaml")
    return tuple(_body(table) for table in load_yaml(text, "bodies.yaml"))


def _body(table: Mapping[str, Any]) -> Body:
    return Body(
        source=read_sources()[table["source"]],
        name=table["name"],
        population=table["population"],
        covers=parse_expression(table["covers"]),
        statements=tuple(
            Statement(condition=parse_expression(each["when"]), text=each["says"])
            for each in table["statements"]
        ),
        otherwise=table.get("otherwise", ""),
        note=table.get("note", ""),
        payer=table.get("payer", False),
    )


def say_bodies(bodies: Iterable[Body], facts: PatientFacts) -> tuple[BodyRow, ...]:
    """Return what each body says of a patient, by its own thresholds whatever the site has set.

    A cause that is stated as unknown excludes no body: it would say something once it is known.
    """
    facts = facts.with_open_cause()
    values, ranges = read_own_pack().values, score_ranges(facts)
    rows = (_say(body, facts, values) for body in bodies)
    return tuple(replace(row, ranges=_ranges_of(row, ranges)) for row in rows)


def _ranges_of(row: BodyRow, ranges: Mapping[str, str]) -> tuple[str, ...]:
    """Return what the undecided scores that decide this row could still become."""
    asked = {*row.missing, *(name for _, missing in row.would_say for name in missing)}
    return tuple(
        f"{define_fact(name).label}: {span} by what is known"
        for name, span in ranges.items()
        if name in asked
    )


def _say(body: Body, facts: PatientFacts, values: Mapping[str, float]) -> BodyRow:
    covered = evaluate(body.covers, facts, values)
    if covered is False:
        return BodyRow(body=body, stance=Stance.NOT_COVERED, says=(), would_say=(), missing=())
    missing = list_open_facts(body.covers, facts, values)
    truths = [(each, evaluate(each.condition, facts, values)) for each in body.statements]
    says = tuple(each.text for each, truth in truths if truth)
    would = tuple(
        (each.text, list_open_facts(each.condition, facts, values))
        for each, truth in truths
        if truth is None
    )
    if covered and not says and not would and body.otherwise:
        says = (body.otherwise,)
    if covered is None:
        would = (*((text, missing) for text in says), *would)
        says = ()
    stance = Stance.SAYS if says else Stance.WOULD_SAY
    return BodyRow(body=body, stance=stance, says=says, would_say=would, missing=missing)
