"""One value as people write it: yes, no, unknown, a word, a number with its unit."""

from dataclasses import dataclass, field
from typing import Any

from vertaug.case.errors import InputError
from vertaug.indications.antithrombotic_fact import AntithromboticRecord
from vertaug.indications.fact import FactDefinition, FactKind, FactValue
from vertaug.indications.fact_unit import convert, suggest_unit
from vertaug.indications.patient_facts import PatientFacts

_YES = frozenset({"yes", "true", "y"})
_NO = frozenset({"no", "false", "n"})
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFacts:
    """What a file of facts held.

    Attributes
    ----------
    facts : PatientFacts
    notes : tuple of str
        What was left out or changed, in sentences.
    antithrombotics : AntithromboticRecord
    """

    facts: PatientFacts
    notes: tuple[str, ...] = ()
    antithrombotics: AntithromboticRecord = field(default_factory=AntithromboticRecord)


def read_value(definition: FactDefinition, given: Any, unit: str = "") -> FactValue | None:
    """Return a value as it is stored; None for one that is unknown.

    Parameters
    ----------
    given : bool, number or str
        Also yes, no, unknown, or a number as text.
    unit : str
        Empty for that of the definition.

    Raises
    ------
    InputError
        If it is not a possible value of the fact.
    """
    word = given.strip() if isinstance(given, str) else given
    is_unknown = word is None or (isinstance(word, str) and word.lower() in {_UNKNOWN, ""})
    if is_unknown and _UNKNOWN not in definition.choices:
        return None
    if unit and definition.kind is not FactKind.NUMBER:
        message = f"{definition.name} is no number and has no unit; got '{unit}'"
        raise InputError(message)
    if definition.kind is FactKind.CHOICE:
        return definition.check(_choice(definition, _UNKNOWN if is_unknown else word))
    if definition.kind is FactKind.BOOL:
        if isinstance(word, str) and word.lower() in _YES | _NO:
            return word.lower() in _YES
        return definition.check(word)
    return _number(definition, word, unit)


def read_yes_no(given: Any, where: str) -> bool | None:
    """Return yes or no; None for unknown.

    Raises
    ------
    InputError
        If it is neither.
    """
    word = given.strip().lower() if isinstance(given, str) else given
    if isinstance(word, bool):
        return word
    if word is None or word == _UNKNOWN:
        return None
    if isinstance(word, str) and word in _YES | _NO:
        return word in _YES
    message = f"{where} is expected as yes, no or unknown; got {given!r}"
    raise InputError(message)


def _choice(definition: FactDefinition, word: Any) -> Any:
    if not isinstance(word, str):
        return word
    for choice in definition.choices:
        if word.lower() == choice.lower():
            return choice
    return word


def _number(definition: FactDefinition, word: Any, unit: str) -> FactValue:
    if isinstance(word, str):
        try:
            word = float(word)
        except ValueError:
            return definition.check(word)
    if isinstance(word, bool) or not isinstance(word, int | float):
        return definition.check(word)
    value = convert(definition, float(word), unit)
    try:
        return definition.check(value)
    except InputError as error:
        hint = suggest_unit(definition, value) if not unit else ""
        if not hint:
            raise
        message = f"{error}{hint}"
        raise InputError(message) from error
