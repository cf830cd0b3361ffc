"""A row that somebody wants to write, and what is wrong with it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from vertaug.case.errors import InputError
from vertaug.recovery.prom.answer import check_answers
from vertaug.recovery.prom.instrument import ScoreScale, find_instrument
from vertaug.recovery.registry.definition import TableDefinition, define_table
from vertaug.recovery.registry.field import Record

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a row comes from: a file and the number of its row, the heading being row 1."""

    file: str = ""
    row: int = 0

    @property
    def words(self) -> str:
        """In front of a message; empty where a row does not come from a file."""
        return f"{self.file}, row {self.row}: " if self.file else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that keeps a row from being written.

    Attributes
    ----------
    place : Place
    column : str
        ``table.column``, or the table where it is about the row.
    found : str
        What stands there.
    expected : str
    """

    place: Place
    column: str
    found: str
    expected: str

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        return f"{self.place.words}{self.column}: expected {self.expected}; got {self.found}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row to be written: text or values by column; columns that are absent are unknown."""

    table: str
    values: Mapping[str, object]
    place: Place = field(default_factory=Place)


Given = Entry | Fault
"""A row as it was read, or why it could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A checked row with a value for each column."""

    table: str
    values: Record
    place: Place
    key: tuple[Any, ...]


def show(value: object) -> str:
    """Return a value as a message has it."""
    if value is None or value == "":
        return "nothing"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def check_entry(entry: Entry) -> tuple[Row | None, list[Fault]]:
    """Return the row with typed values, or all that is wrong with it on its own.

    Raises
    ------
    InputError
        If there is no such table.
    """
    table = define_table(entry.table)
    faults = [
        Fault(
            place=entry.place,
            column=f"{entry.table}.{name}",
            found="a column of this name",
            expected=f"one of the columns {', '.join(table.columns)}",
        )
        for name in entry.values.keys() - table.columns
    ]
    values = _take_values(table, entry, faults)
    if not faults:
        faults += _check_row(entry, values)
    if faults:
        return None, faults
    key = tuple([values[name] for name in table.key])
    return Row(table=entry.table, values=values, place=entry.place, key=key), []


def _take_values(table: TableDefinition, entry: Entry, faults: list[Fault]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in table.fields:
        given = entry.values.get(column.name)
        if given is None and not column.required:
            values[column.name] = None
            continue
        try:
            values[column.name] = column.take(given)
        except InputError as error:
            faults.append(
                Fault(
                    place=entry.place,
                    column=f"{entry.table}.{column.name}",
                    found=show(given),
                    expected=str(error),
                )
            )
    return values


_GRADES: dict[str, Sequence[str]] = {"ctcae": "12345", "sir": "ABCDEF", "cirse": "123456"}


def _check_row(entry: Entry, values: Mapping[str, Any]) -> list[Fault]:
    """Check what columns of one row say together."""
    check = _TOGETHER.get(entry.table)
    return [
        Fault(
            place=entry.place, column=f"{entry.table}.{column}",
            found=show(values[column]), expected=expected,
        )
        for column, expected in (check(values) if check else ())
    ]  # fmt: skip


def _check_visit(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    if values["status"] == "done":
        faults = []
        if values["visited_on"] is None:
            faults.append(("visited_on", "the date of a visit that was done"))
        if values["missed_why"] is not None:
            faults.append(("missed_why", "nothing for a visit that was done"))
        return faults
    held = ("visited_on", "mme_per_day", "nonopioid_count", "walking", "neuro_normal", "red_flag")
    return [(n, "nothing for a missed visit") for n in held if values[n] is not None]


def _check_grade(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    grading, grade = values["grading"], values["grade"]
    if (grading is None) != (grade is None):
        return [("grade", "a grade with the name of its grading, or neither")]
    if grading is not None and grade not in set(_GRADES[grading]):
        return [("grade", f"a grade of {grading}: {', '.join(_GRADES[grading])}")]
    return []


def _check_leak(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    paths = [name for name in ("leak_b", "leak_s", "leak_c", "leak_d") if values[name]]
    if values["leak_seen"] is False and paths:
        return [(name, "no leak where none was seen") for name in paths]
    if values["leak_seen"] is False and values["leak_ml"]:
        return [("leak_ml", "no volume where no leak was seen")]
    return []


def _check_score(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    answered, asked = values["answered"], values["asked"]
    faults = []
    if answered is not None and asked is not None and answered > asked:
        faults.append(("answered", f"at most the {asked} items that were asked"))
    scale, expected = find_scale(values["instrument"], values["score"])
    if scale is None:
        column, words = expected
        return [*faults, (column, words)]
    # the index of EQ-5D-5L has the name of its value set behind its scale
    if values["scale"] != scale.scale and not values["scale"].startswith(f"{scale.scale}, "):
        faults.append(("scale", f"{scale.scale}; scales are never mixed"))
    value = values["value"]
    if value is not None and not scale.low <= value <= scale.high:
        faults.append(("value", f"a value from {scale.low:g} to {scale.high:g}"))
    return faults


@cache
def find_scale(instrument: str, score: str) -> tuple[ScoreScale | None, tuple[str, str]]:
    """Return a score of an instrument; where it is unknown, the wrong column and what was expected.

    Parameters
    ----------
    instrument : str
        Its id as it is stored.
    score : str
    """
    try:
        known = find_instrument(instrument)
        if known.id != instrument:
            return None, ("instrument", known.id)
        return known.find_scale(score), ("", "")
    except InputError as error:
        column = "score" if "has no score" in str(error) else "instrument"
        return None, (column, f"a known one: {error}")


def _check_questionnaire(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    try:
        known = find_instrument(values["instrument"])
    except InputError as error:
        return [("instrument", f"a known one: {error}")]
    if known.id != values["instrument"]:
        return [("instrument", known.id)]
    try:
        check_answers(known, read_answers(values["answers"]))
    except InputError as error:
        return [("answers", f"answers that are possible: {error}")]
    return []


def read_answers(text: str | None) -> dict[str, Any]:
    """Return answers by item from their JSON.

    Raises
    ------
    InputError
        If it is no object of JSON.
    """
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        message = 'answers are expected as JSON such as {"q1": 1, "q2": null}'
        raise InputError(message)
    return found


_TOGETHER: dict[str, Callable[[Mapping[str, Any]], Sequence[tuple[str, str]]]] = {
    "visit": _check_visit,
    "event": _check_grade,
    "procedure_level": _check_leak,
    "score": _check_score,
    "questionnaire": _check_questionnaire,
}
"""Each returns wrong columns with what was expected."""
