"""The checklist of the day: what to check, what is known already; nothing is ticked by itself.

A fact that is known stands beside the empty box, a fact that is not known stands there as unknown.
Unknown is never done.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from vertaug.case.errors import InputError
from vertaug.case.plan import Procedure
from vertaug.indications.antithrombotic import HoldResult
from vertaug.indications.derived_fact import MEASURED
from vertaug.indications.fact import DERIVED, Fact, FactKind
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.procedure_day.evidence import Evidence, evidence_of, read_table
from vertaug.procedure_day.hold import HELD, caution_holds, word_holds


class Phase(StrEnum):
    """When an item is checked."""

    GO = "go"
    SIGN_IN = "sign_in"
    TIME_OUT = "time_out"
    SIGN_OUT = "sign_out"


class Finding(StrEnum):
    """Whether something is so; unknown is neither."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """One thing to check.

    Attributes
    ----------
    name, text : str
    phase : Phase
    gate : bool
        Whether it must be done before the patient is positioned.
    may_not_apply : bool
        Whether it may be set aside, with a reason.
    only : Procedure or None
        For one procedure only.
    facts : tuple of str
        Facts that are shown beside it.
    case : str
        What of the case is shown beside it; empty for nothing.
    evidence : Evidence
    """

    name: str
    text: str
    phase: Phase
    gate: bool
    may_not_apply: bool
    only: Procedure | None
    facts: tuple[str, ...]
    case: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """An item with what is known; still to be ticked by hand.

    Attributes
    ----------
    item : ChecklistItem
    known : tuple of str
        Of the case and the facts, in words with dates.
    missing : tuple of str
        What is not known and how to get it.
    cautions : tuple of str
        What of the known speaks against going on, or is old.
    """

    item: ChecklistItem
    known: tuple[str, ...]
    missing: tuple[str, ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFacts:
    """What the items are filled from.

    Attributes
    ----------
    facts : PatientFacts
    on : date or None
        Day of the procedure; None: ages of results are not judged.
    case : tuple of (str, str)
        Words of the case by their key: ``level``, ``sides``, ``sizes``, ``cement``, ``balloon``.
    holds : tuple of HoldResult
        Of each antithrombotic that is known.
    """

    facts: PatientFacts
    on: date | None = None
    case: tuple[tuple[str, str], ...] = ()
    holds: tuple[HoldResult, ...] = ()


@cache
def list_items(procedure: Procedure) -> tuple[ChecklistItem, ...]:
    """Return the items of a procedure in their order."""
    found = (_item(name, table) for name, table in read_table("checklist")["item"].items())
    return tuple(item for item in found if item.only in {None, procedure})


def item_named(name: str, procedure: Procedure) -> ChecklistItem:
    """Return an item.

    Raises
    ------
    InputError
        If the procedure has none of that name.
    """
    for item in list_items(procedure):
        if item.name == name:
            return item
    known = ", ".join(item.name for item in list_items(procedure))
    message = f"the checklist of a {procedure} has no item {name!r}; it has {known}"
    raise InputError(message)


def _item(name: str, table: dict[str, Any]) -> ChecklistItem:
    only = table.get("only")
    return ChecklistItem(
        name=name,
        text=table["text"],
        phase=Phase(table["phase"]),
        gate=table.get("gate", False),
        may_not_apply=table.get("may_not_apply", False),
        only=None if only is None else Procedure(only),
        facts=tuple(table.get("facts", ())),
        case=table.get("case", ""),
        evidence=evidence_of(table),
    )


def fill_checklist(procedure: Procedure, day: DayFacts) -> tuple[KnownItem, ...]:
    """Return the items with what is known of each.

    Raises
    ------
    InputError
        If a result is dated after the day of the procedure.
    """
    return tuple(_fill(item, day) for item in list_items(procedure))


def _fill(item: ChecklistItem, day: DayFacts) -> KnownItem:
    known, missing, cautions = [], [], []
    words = dict(day.case).get(item.case, "")
    if item.case and words:
        known.append(words)
    elif item.case:
        missing.append(f"{item.case}: not in the case")
    for name in item.facts:
        fact = day.facts.facts.get(name)
        definition = define_fact(name)
        if fact is None or fact.value is None or _only_repeats_the_case(fact):
            if name == LEVEL:
                cautions.append(f"{definition.label}: {NOT_GIVEN}")
            if not _follows_from_no(name, day.facts):
                missing.append(f"{definition.label} ({definition.how_to_get})")
            continue
        against = _speak_against(fact, day.on)
        known += [] if against else [word_fact(fact, day.on)]
        cautions += [*against, *_cautions(fact, day)]
    if item.name == HELD:
        known += word_holds(day.holds)
        cautions += caution_holds(day.holds)
    return KnownItem(
        item=item, known=tuple(known), missing=tuple(missing), cautions=tuple(cautions)
    )


LEVEL = "fx.level"
NOT_GIVEN = "not given, count and examine"
"""Of a level that only the case names."""


def _only_repeats_the_case(fact: Fact) -> bool:
    """Whether a fact is the case's own level: it does not confirm itself (hazard 1)."""
    return fact.name == LEVEL and fact.source == MEASURED


def _follows_from_no(name: str, facts: PatientFacts) -> bool:
    """Whether a fact need not be asked because another is known to be "no"."""
    asked_only_after = {
        "med.hold_complete": ("med.antithrombotic_active", False),
        "patient.surrogate": ("patient.consent_capacity", True),
    }
    other = asked_only_after.get(name)
    return other is not None and facts.value(other[0]) is other[1]


def word_fact(fact: Fact, on: date | None) -> str:
    """Return a known fact in words, with its date, how old it is on the day, and its origin.

    What was measured in the case or follows from other facts is told from what somebody has said.

    Raises
    ------
    InputError
        If it is dated after the day.
    """
    value, definition = fact.value, fact.definition
    if definition.kind is FactKind.BOOL:
        said = f"{definition.label}: {'yes' if value else 'no'}"
    elif definition.kind is FactKind.NUMBER:
        said = f"{definition.label} {value:g} {definition.shown_unit}".rstrip()
    else:
        said = f"{definition.label}: {value}"
    return said + _origin(fact, on)


def _origin(fact: Fact, on: date | None) -> str:
    """Return the day of a fact and where it comes from, in brackets; empty where neither is told.

    Raises
    ------
    InputError
        If it is dated after the day.
    """
    told = []
    if fact.dated is not None:
        age = age_days(fact, on)
        old = "" if age is None else ", same day" if age == 0 else f", {age} d before"
        told.append(f"{fact.dated.isoformat()}{old}")
    if fact.source == MEASURED:
        told.append("of this case, not asked")
    if fact.source == DERIVED:
        told.append(f"derived: {fact.note}" if fact.note else "derived")
    return f" ({'; '.join(told)})" if told else ""


def age_days(fact: Fact, on: date | None) -> int | None:
    """Return how old a fact is on the day of the procedure; None where a date is missing.

    Raises
    ------
    InputError
        If it is dated after that day.
    """
    if fact.dated is None or on is None:
        return None
    age = (on - fact.dated).days
    if age < 0:
        message = (
            f"{fact.name} is dated {fact.dated.isoformat()}, after the procedure on "
            f"{on.isoformat()}: correct one of the dates"
        )
        raise InputError(message)
    return age


_AGAINST: dict[str, tuple[bool, str]] = {
    "sx.pain_matches_level": (False, "pain does NOT come from this level"),
    "fx.progression": (True, "the fracture progresses"),
    "patient.pregnant": (True, "pregnant"),
    "patient.can_lie_prone": (False, "CANNOT lie prone for 30 to 60 minutes"),
    "neuro.new_deficit": (True, "new or progressive neurological deficit"),
    "alg.pmma_severe": (True, "severe ALLERGY to a component of cement"),
    "alg.contrast_severe": (True, "severe ALLERGY to contrast"),
    "alg.local_anaesthetic": (True, "ALLERGY to local anaesthetics"),
    "alg.chlorhexidine": (True, "ALLERGY to chlorhexidine"),
    "alg.antibiotic": (True, "ALLERGY to a beta-lactam antibiotic"),
    "inf.active_systemic": (True, "ACTIVE systemic infection"),
    "inf.osteomyelitis_target": (True, "osteomyelitis AT THE TARGET"),
    "inf.discitis_target": (True, "discitis AT THE TARGET"),
    "inf.local_skin": (True, "infection WHERE THE NEEDLE GOES IN"),
    "patient.consent_capacity": (False, "NO capacity to consent"),
    "med.hold_complete": (False, "antithrombotic NOT held long enough"),
}
"""Answers that a person must look at before anything goes on, in words of their own.

The label of a fact whose answer is no would say the opposite.
"""


def _speak_against(fact: Fact, on: date | None) -> list[str]:
    answer, words = _AGAINST.get(fact.name, (None, ""))
    if answer is None or fact.value is not answer:
        return []
    return [f"{words}{_origin(fact, on)}: stop and look"]


def _cautions(fact: Fact, day: DayFacts) -> list[str]:
    limits, value = read_table("checklist")["limits"], fact.value
    found = []
    numbers = {
        "lab.inr": (float("-inf"), limits["inr_most"]),
        "lab.plt": (limits["platelets_least"], float("inf")),
        "fx.n_levels_planned": (0, limits["levels_most"]),
        "sx.nrs_now": (1, 10),
    }
    if fact.name in numbers and isinstance(value, float):
        low, high = numbers[fact.name]
        if value > high:
            found.append(f"{fact.definition.label} above {high:g}")
        if value < low:
            found.append(f"{fact.definition.label} below {low:g}")
    age = age_days(fact, day.on)
    most = _most_days(fact.name, limits)
    if age is not None and most is not None and age > most:
        found.append(f"{fact.definition.label} older than {most} d")
    if most is not None and fact.dated is None:
        found.append(f"{fact.definition.label} without a date")
    return found


def _most_days(name: str, limits: dict[str, Any]) -> int | None:
    if name.startswith("lab."):
        return int(limits["lab_days"])
    if name == "fx.edema":
        return int(limits["imaging_days"])
    return None
