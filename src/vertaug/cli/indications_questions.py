"""Questions in the terminal for missing facts, the weightiest first."""

from dataclasses import replace
from datetime import date

import typer

from vertaug.case.case_file import CaseDocument
from vertaug.case.errors import InputError
from vertaug.indications.fact import Fact, FactDefinition, FactKind, FactValue
from vertaug.indications.fact_date import read_date
from vertaug.indications.fact_value import read_value
from vertaug.indications.identity import keep_age
from vertaug.indications.missing_fact import MissingFact
from vertaug.workflow.indication_choice import IndicationChoice

_STOP = frozenset({"stop", "quit", "q"})
_HAND = "by hand"


class _StopAskingError(Exception):
    """The user has had enough."""


def ask_facts(choice: IndicationChoice, document: CaseDocument | None) -> IndicationChoice:
    """Return the choice with the answers; what the case has measured is not asked.

    The end of the input ends the questions, as 'stop' does. After each answer the next question is
    the one that would change the panel most.

    Raises
    ------
    InputError
        If the facts contradict each other.
    """
    typer.echo(
        "Facts of the patient. Enter leaves one unknown, 'stop' ends. Unknown is never no. "
        "Do not type names or birth dates."
    )
    asked: set[str] = set()
    while True:
        found = _next(choice, document, asked)
        if found is None:
            return choice
        asked.add(found.name)
        try:
            fact = _ask(found, choice.evaluated)
        except _StopAskingError:
            return choice
        if fact is None:
            continue
        wider = replace(choice, facts=choice.facts.with_facts([fact]))
        try:
            _next(wider, document, asked)
        except InputError as error:
            typer.echo(f"  {error}; this answer is left out")
            continue
        choice = wider


def _next(
    choice: IndicationChoice, document: CaseDocument | None, asked: set[str]
) -> MissingFact | None:
    panel = choice.weigh() if document is None else choice.weigh_case(document)[0]
    return next((fact for fact in panel.missing if fact.name not in asked), None)


def _ask(missing: MissingFact, on: date) -> Fact | None:
    """Ask until the answer can be used; None for one that is not known."""
    definition = missing.definition
    while True:
        given = _prompt(f"{definition.label} ({_expected(definition)})", missing)
        if not given:
            return None
        try:
            value = _read(definition, given)
            dated = _ask_date(on) if definition.name.startswith("lab.") else None
        except InputError as error:
            typer.echo(f"  {error}")
            continue
        return Fact(definition=definition, value=value, dated=dated, source=_HAND)


def _read(definition: FactDefinition, given: str) -> FactValue | None:
    """Return an answer: a number may be followed by its unit."""
    if definition.kind is not FactKind.NUMBER:
        return read_value(definition, given)
    number, _, unit = given.replace(",", ".").partition(" ")
    value = read_value(definition, number, unit.strip())
    if definition.name == "patient.age_y" and isinstance(value, float):
        return keep_age(value)[0]
    return value


def _expected(definition: FactDefinition) -> str:
    if definition.kind is FactKind.BOOL:
        return "yes, no"
    if definition.kind is FactKind.CHOICE:
        return ", ".join(definition.choices)
    return f"{definition.low:g} to {definition.high:g} {definition.shown_unit}".rstrip()


def _prompt(question: str, missing: MissingFact | None = None) -> str:
    if missing is not None:
        rules = ", ".join(missing.rules)
        typer.echo(f"{missing.name}: {missing.definition.how_to_get}; asked by {rules}")
    try:
        answer = str(typer.prompt(f"  {question}", default="", show_default=False)).strip()
    except typer.Abort as error:  # what was answered so far is not lost
        raise _StopAskingError from error
    if answer.lower() in _STOP:
        raise _StopAskingError
    return answer


def _ask_date(on: date) -> date | None:
    """Return when a blood test was taken; None where nobody knows."""
    given = _prompt("date of the test, YYYY-MM-DD")
    if not given:
        return None
    dated = read_date(given, "the date")
    if dated > on:
        message = f"the date is {dated.isoformat()}, after the day of the panel ({on.isoformat()})"
        raise InputError(message)
    return dated
