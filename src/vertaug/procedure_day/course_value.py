"""Values that a transition may carry, each with its possible range."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from vertaug.case.errors import InputError
from vertaug.case.near_name import refuse_unknown
from vertaug.indications.fact import FactDefinition, FactKind, FactValue
from vertaug.procedure_day.evidence import read_table

LONGEST_TEXT = 300


@cache
def known_values() -> Mapping[str, FactDefinition]:
    """Return what a transition may carry, by name; a text has no choices."""
    found = {}
    for name, table in read_table("course_values").items():
        text = table["kind"] == "text"
        found[name] = FactDefinition(
            name=name,
            kind=FactKind.CHOICE if text else FactKind(table["kind"]),
            label=table["label"],
            how_to_get="",
            unit=table.get("unit", ""),
            low=table.get("low"),
            high=table.get("high"),
            whole=table.get("whole", False),
            choices=tuple(table.get("choices", ())),
        )
    return MappingProxyType(found)


def check_values(values: Mapping[str, FactValue]) -> Mapping[str, FactValue]:
    """Return values as they are stored.

    Raises
    ------
    InputError
        If a name is not known, or a value is impossible.
    """
    return MappingProxyType({name: _check(name, value) for name, value in values.items()})


def _check(name: str, value: FactValue) -> FactValue:
    known = known_values()
    refuse_unknown(name, known, "value of a transition")
    definition = known[name]
    if definition.kind is FactKind.CHOICE and not definition.choices:
        return check_text(value, definition.label)
    return definition.check(value)


def check_text(value: object, what: str) -> str:
    """Return a short text.

    Raises
    ------
    InputError
        If it is no text, empty, or too long.
    """
    if not isinstance(value, str) or not value.strip():
        message = f"{what} is expected in words; got {value!r}"
        raise InputError(message)
    if len(value) > LONGEST_TEXT:
        message = f"{what} is expected in at most {LONGEST_TEXT} characters; got {len(value)}"
        raise InputError(message)
    return value.strip()
