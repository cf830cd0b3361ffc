"""What rows say together: parents, duplicates, and dates in their order."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from vertaug.recovery.registry.definition import IDENTITY, read_definitions
from vertaug.recovery.registry.entry import Fault, Place, Row, show
from vertaug.recovery.registry.field import FieldKind, Record
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.visit_kind import VISIT_KINDS

Key = tuple[Any, ...]
_PIECE = 500


@dataclass(slots=True)
class History:
    """What is in the registry, and in the rows before, of some patients."""

    keys: dict[str, set[Key]] = field(default_factory=dict)
    patients: dict[str, Record] = field(default_factory=dict)
    procedures: dict[Key, date] = field(default_factory=dict)
    visits: dict[Key, dict[str, date]] = field(default_factory=dict)
    last_days: dict[str, date] = field(default_factory=dict)
    record_numbers: dict[str, str] = field(default_factory=dict)
    persons: dict[Key, str] = field(default_factory=dict)

    def knows(self, table: str, key: Key) -> bool:
        """There is such a row."""
        return key in self.keys.get(table, set())

    def add(self, row: Row) -> None:
        """Remember a row."""
        values = row.values
        self.keys.setdefault(row.table, set()).add(row.key)
        if row.table == "patient":
            self.patients[values["pseudonym"]] = values
        elif row.table == "procedure":
            self.procedures[row.key] = values["done_on"]
            self._saw(values["pseudonym"], values["done_on"])
        elif row.table == "visit" and values["visited_on"] is not None:
            place = (values["pseudonym"], values["procedure_no"])
            self.visits.setdefault(place, {})[values["kind"]] = values["visited_on"]
            self._saw(values["pseudonym"], values["visited_on"])
        elif row.table == IDENTITY:
            if values["record_number"] is not None:
                self.record_numbers[values["record_number"]] = values["pseudonym"]
            person = _person(values)
            if person is not None:
                self.persons[person] = values["pseudonym"]

    def _saw(self, pseudonym: str, day: date) -> None:
        self.last_days[pseudonym] = max(day, self.last_days.get(pseudonym, day))


def _person(values: Record) -> Key | None:
    if values["name"] is None or values["birth_date"] is None:
        return None
    return (" ".join(values["name"].casefold().split()), values["birth_date"])


def load_history(
    connection: Connection, tables: Collection[str], pseudonyms: Collection[str] | None
) -> History:
    """Read what is there that rows of some tables are held against.

    Parameters
    ----------
    connection : Connection
    tables : collection of str
        Whose rows are to be checked.
    pseudonyms : collection of str or None
        Of which patients; None for all.
    """
    history = History()
    parents = {read_definitions()[name].parent for name in tables} - {""}
    needed = {*tables, *parents, "patient"}
    if set(tables) & {"patient", "procedure", "visit"}:
        needed |= {"procedure", "visit"}
    if "event" in tables:
        needed.add("procedure")
    for name in (n for n in read_definitions() if n in needed):
        for values in _read_rows(connection, name, pseudonyms):
            key = tuple([values[column] for column in read_definitions()[name].key])
            history.add(Row(table=name, values=values, place=_NOWHERE, key=key))
    return history


_NOWHERE = Place()


def _read_rows(
    connection: Connection, name: str, pseudonyms: Collection[str] | None
) -> Iterable[Record]:
    target = table_of(name)
    wanted = sa.select(*_needed_columns(target, name))
    if pseudonyms is None or name == IDENTITY:
        # a person may be known by another pseudonym
        yield from connection.execute(wanted).mappings()
        return
    names = sorted(pseudonyms)
    for start in range(0, len(names), _PIECE):
        piece = names[start : start + _PIECE]
        yield from connection.execute(wanted.where(target.c.pseudonym.in_(piece))).mappings()


def _needed_columns(target: sa.Table, name: str) -> list[sa.Column[Any]]:
    more = {
        "patient": ("enrolled_on", "died_on", "withdrawn_on", "lost_on"),
        IDENTITY: ("name", "record_number", "birth_date"),
        "procedure": ("done_on",),
        "visit": ("visited_on",),
    }
    names = (*read_definitions()[name].key, *more.get(name, ()))
    return [target.c[column] for column in dict.fromkeys(names)]


def check_history(
    row: Row, history: History, today: date, *, replaces: bool = False
) -> list[Fault]:
    """Return what is wrong with a row beside those that are there.

    Parameters
    ----------
    row : Row
    history : History
    today : date
        Nothing lies after it.
    replaces : bool
        It takes the place of the row with its key.
    """
    faults = _check_key(row, history, replaces=replaces)
    if faults:
        return faults
    faults = [
        _fault(row, name, f"a date up to today, {today.isoformat()}")
        for name in _date_columns(row.table)
        if (day := row.values[name]) is not None and day > today
    ]
    check = _CHECKS.get(row.table)
    return faults + (check(row, history) if check else [])


@cache
def _date_columns(table: str) -> tuple[str, ...]:
    fields = read_definitions()[table].fields
    return tuple(field.name for field in fields if field.kind is FieldKind.DATE)


def _fault(row: Row, column: str, expected: str) -> Fault:
    return Fault(
        place=row.place,
        column=f"{row.table}.{column}",
        found=show(row.values[column]),
        expected=expected,
    )


def _check_key(row: Row, history: History, *, replaces: bool) -> list[Fault]:
    table = read_definitions()[row.table]
    known = history.knows(row.table, row.key)
    if known != replaces:
        expected = "a row that is there already" if replaces else "a row that is not there yet"
        what = "none with" if replaces else "a second one with"
        words = ", ".join(show(value) for value in row.key)
        text = f"{what} {', '.join(table.key)} {words}"
        return [Fault(place=row.place, column=row.table, found=text, expected=expected)]
    if table.parent:
        names = read_definitions()[table.parent].key
        key = tuple(row.values[name] for name in names)
        if not history.knows(table.parent, key):
            shown = ", ".join(show(value) for value in key)
            expected = f"a {table.parent} that is in the registry or before in the import"
            found = f"{', '.join(names)} {shown}"
            return [Fault(place=row.place, column=row.table, found=found, expected=expected)]
    return []


def _check_patient(row: Row, history: History) -> list[Fault]:
    values = row.values
    faults = [
        _fault(row, name, f"a date from enrolment on, {values['enrolled_on'].isoformat()}")
        for name in ("died_on", "withdrawn_on", "lost_on")
        if values[name] is not None and values[name] < values["enrolled_on"]
    ]
    last = history.last_days.get(values["pseudonym"])
    if values["died_on"] is not None and last is not None and values["died_on"] < last:
        faults.append(_fault(row, "died_on", f"a date from the last visit on, {last}"))
    return faults


def _check_identity(row: Row, history: History) -> list[Fault]:
    values, faults = row.values, []
    pseudonym = values["pseudonym"]
    other = history.record_numbers.get(values["record_number"] or "")
    if other not in {None, pseudonym}:
        faults.append(_fault(row, "record_number", f"a patient not yet known; it is {other}'s"))
    person = _person(values)
    other = history.persons.get(person) if person is not None else None
    if other not in {None, pseudonym}:
        text = f"a person not yet known; {other} has this name and date of birth"
        faults.append(
            Fault(place=row.place, column="identity.name", found="a duplicate", expected=text)
        )
    if pseudonym in {values["name"], values["record_number"]}:
        faults.append(_fault(row, "pseudonym", "a pseudonym that is not the name or number"))
    enrolled = history.patients[pseudonym]["enrolled_on"]
    if values["birth_date"] is not None and values["birth_date"] > enrolled:
        faults.append(_fault(row, "birth_date", f"a date before enrolment, {enrolled}"))
    return faults


def _check_procedure(row: Row, history: History) -> list[Fault]:
    values = row.values
    patient = history.patients[values["pseudonym"]]
    if patient["died_on"] is not None and values["done_on"] > patient["died_on"]:
        return [_fault(row, "done_on", f"a date before death, {patient['died_on']}")]
    if values["done_on"] < patient["enrolled_on"]:
        return [_fault(row, "done_on", f"a date from enrolment on, {patient['enrolled_on']}")]
    seen = history.visits.get((values["pseudonym"], values["procedure_no"]), {})
    for kind, on in seen.items():
        if (on > values["done_on"]) if kind == "baseline" else (on < values["done_on"]):
            return [_fault(row, "done_on", f"a date that fits visit {kind} on {on}")]
    earlier = history.procedures.get((values["pseudonym"], values["procedure_no"] - 1))
    if earlier is not None and values["done_on"] < earlier:
        return [_fault(row, "done_on", f"a date from procedure before on, {earlier}")]
    return []


def _check_visit(row: Row, history: History) -> list[Fault]:
    values = row.values
    on, kind = values["visited_on"], values["kind"]
    if on is None:
        return []
    place = (values["pseudonym"], values["procedure_no"])
    done_on = history.procedures[place]
    if kind == "baseline" and on > done_on:
        return [_fault(row, "visited_on", f"a baseline up to the procedure, {done_on}")]
    if kind != "baseline" and on < done_on:
        return [_fault(row, "visited_on", f"a date from the procedure on, {done_on}")]
    died = history.patients[values["pseudonym"]]["died_on"]
    if died is not None and on > died:
        return [_fault(row, "visited_on", f"a date before death, {died}")]
    return _check_order(row, history.visits.get(place, {}))


def _check_order(row: Row, visits: Mapping[str, date]) -> list[Fault]:
    """Check that no visit passes another of the same procedure."""
    on, rank = row.values["visited_on"], VISIT_KINDS.index(row.values["kind"])
    for other, day in visits.items():
        if VISIT_KINDS.index(other) < rank and day > on:
            return [_fault(row, "visited_on", f"a date from visit {other} on, {day}")]
        if VISIT_KINDS.index(other) > rank and day < on:
            return [_fault(row, "visited_on", f"a date up to visit {other}, {day}")]
    return []


def _check_event(row: Row, history: History) -> list[Fault]:
    place = (row.values["pseudonym"], row.values["procedure_no"])
    done_on = history.procedures.get(place)
    if done_on is None:
        return [_fault(row, "procedure_no", "a procedure of this patient")]
    if row.values["onset_on"] < done_on:
        return [_fault(row, "onset_on", f"a date from the procedure on, {done_on}")]
    return []


def _check_dated(column: str) -> Callable[[Row, History], list[Fault]]:
    def check(row: Row, history: History) -> list[Fault]:
        patient = history.patients[row.values["pseudonym"]]
        died = patient["died_on"]
        if died is not None and row.values[column] > died:
            return [_fault(row, column, f"a date before death, {died}")]
        return []

    return check


def _check_treatment(row: Row, history: History) -> list[Fault]:
    started, stopped = row.values["started_on"], row.values["stopped_on"]
    if stopped is not None and stopped < started:
        return [_fault(row, "stopped_on", f"a date from the start on, {started}")]
    return _check_dated("started_on")(row, history)


_CHECKS: dict[str, Callable[[Row, History], list[Fault]]] = {
    "patient": _check_patient,
    IDENTITY: _check_identity,
    "procedure": _check_procedure,
    "visit": _check_visit,
    "event": _check_event,
    "imaging": _check_dated("imaged_on"),
    "new_fracture": _check_dated("found_on"),
    "treatment": _check_treatment,
}
