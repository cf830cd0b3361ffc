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
from vertaug.recovery.registry.field import OLDEST_TOLD, FieldKind, Record
from vertaug.recovery.registry.pseudonym import plain_number
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.visit_kind import VISIT_KINDS
from vertaug.recovery.time_shift import FIRST_YEAR

Key = tuple[Any, ...]
_LIVED = {
    "procedure": ("done_on",),
    "visit": ("visited_on",),
    "event": ("onset_on",),
    "imaging": ("imaged_on",),
    "new_fracture": ("found_on",),
    "treatment": ("started_on", "stopped_on"),
}
"""Days on which the patient was alive, by table."""
_FIRST_DAY = date(FIRST_YEAR, 1, 1)
_OLDER = {"birth_date", "started_on"}
"""Days that may lie before it: of birth, and of a drug that was taken already."""
_PIECE = 500


@dataclass(slots=True)
class History:
    """What is in the registry, and in the rows before, of some patients."""

    keys: dict[str, set[Key]] = field(default_factory=dict)
    patients: dict[str, Record] = field(default_factory=dict)
    procedures: dict[str, dict[int, date]] = field(default_factory=dict)
    visits: dict[Key, dict[str, date]] = field(default_factory=dict)
    onsets: dict[Key, date] = field(default_factory=dict)
    last_days: dict[str, tuple[date, str]] = field(default_factory=dict)
    record_numbers: dict[str, str] = field(default_factory=dict)
    known_as: dict[str, str] = field(default_factory=dict)
    persons: dict[Key, str] = field(default_factory=dict)
    births: dict[str, date] = field(default_factory=dict)

    def knows(self, table: str, key: Key) -> bool:
        """There is such a row."""
        return key in self.keys.get(table, set())

    def add(self, row: Row) -> None:
        """Remember a row."""
        values = row.values
        self.keys.setdefault(row.table, set()).add(row.key)
        if row.table == "patient":
            self.patients[values["pseudonym"]] = values
            self.known_as[values["pseudonym"].upper()] = values["pseudonym"]
        elif row.table == "procedure":
            done = self.procedures.setdefault(values["pseudonym"], {})
            done[values["procedure_no"]] = values["done_on"]
        elif row.table == "visit" and values["visited_on"] is not None:
            place = (values["pseudonym"], values["procedure_no"])
            self.visits.setdefault(place, {})[values["kind"]] = values["visited_on"]
        elif row.table == "event":
            place = (values["pseudonym"], values["procedure_no"])
            self.onsets[place] = min(values["onset_on"], self.onsets.get(place, date.max))
        elif row.table == IDENTITY:
            self._add_person(values)
        for name in _LIVED.get(row.table, ()):
            day = values[name]
            last = self.last_days.get(values["pseudonym"])
            if day is not None and (last is None or day > last[0]):
                self.last_days[values["pseudonym"]] = (day, row.table)

    def _add_person(self, values: Record) -> None:
        pseudonym = values["pseudonym"]
        if values["record_number"] is not None:
            self.record_numbers[plain_number(values["record_number"])] = pseudonym
        if values["birth_date"] is not None:
            self.births[pseudonym] = values["birth_date"]
        person = _person(values)
        if person is not None:
            self.persons[person] = pseudonym


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
    if "patient" in tables:
        needed |= {*_LIVED, IDENTITY}
    if "procedure" in tables:
        needed |= {"visit", "event"}
    if "event" in tables:
        needed.add("procedure")
    for name in (n for n in read_definitions() if n in needed):
        # a person may be known by another pseudonym
        whose = None if name == IDENTITY and IDENTITY in tables else pseudonyms
        for values in _read_rows(connection, name, whose):
            key = tuple([values[column] for column in read_definitions()[name].key])
            history.add(Row(table=name, values=values, place=_NOWHERE, key=key))
    if "patient" in tables and pseudonyms is not None:
        history.known_as |= _read_known(connection, pseudonyms)
    return history


def _read_known(connection: Connection, pseudonyms: Collection[str]) -> dict[str, str]:
    """Return the pseudonyms that differ from some only in case, by their capitals."""
    target = table_of("patient")
    capitals = sa.func.upper(target.c.pseudonym)
    names = sorted({name.upper() for name in pseudonyms})
    return {
        str(name).upper(): str(name)
        for start in range(0, len(names), _PIECE)
        for (name,) in connection.execute(
            sa.select(target.c.pseudonym).where(capitals.in_(names[start : start + _PIECE]))
        )
    }


_NOWHERE = Place()


def _read_rows(
    connection: Connection, name: str, pseudonyms: Collection[str] | None
) -> Iterable[Record]:
    target = table_of(name)
    wanted = sa.select(*_needed_columns(target, name))
    if pseudonyms is None:
        yield from connection.execute(wanted).mappings()
        return
    names = sorted(pseudonyms)
    for start in range(0, len(names), _PIECE):
        piece = names[start : start + _PIECE]
        yield from connection.execute(wanted.where(target.c.pseudonym.in_(piece))).mappings()


def _needed_columns(target: sa.Table, name: str) -> list[sa.Column[Any]]:
    more = {
        "patient": ("enrolled_on", "age_y", "died_on", "withdrawn_on", "lost_on"),
        IDENTITY: ("name", "record_number", "birth_date"),
        "event": ("procedure_no",),
    }
    names = (*read_definitions()[name].key, *more.get(name, ()), *_LIVED.get(name, ()))
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
    faults += [
        _fault(row, name, f"a date from {FIRST_YEAR} on, when vertebroplasty began")
        for name in _date_columns(row.table)
        if name not in _OLDER and (day := row.values[name]) is not None and day < _FIRST_DAY
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
    other = history.known_as.get(values["pseudonym"].upper())
    if other not in {None, values["pseudonym"]} and not history.knows("patient", row.key):
        text = f"a pseudonym that differs from {other} in more than capitals"
        faults.append(_fault(row, "pseudonym", text))
    faults += _check_age(row, "age_y", values, history.births.get(values["pseudonym"]))
    last = history.last_days.get(values["pseudonym"])
    if values["died_on"] is not None and last is not None and values["died_on"] < last[0]:
        faults.append(_fault(row, "died_on", f"a date from the last {last[1]} on, {last[0]}"))
    done = history.procedures.get(values["pseudonym"])
    if done is None:
        return faults
    first, latest = min(done.values()), max(done.values())
    if values["enrolled_on"] > first:
        faults.append(_fault(row, "enrolled_on", f"a date up to the first procedure, {first}"))
    if values["withdrawn_on"] is not None and values["withdrawn_on"] < latest:
        text = f"a date from the last procedure on, {latest}"
        faults.append(_fault(row, "withdrawn_on", text))
    return faults


def _check_identity(row: Row, history: History) -> list[Fault]:
    values, faults = row.values, []
    pseudonym = values["pseudonym"]
    other = history.record_numbers.get(plain_number(values["record_number"] or ""))
    if other not in {None, pseudonym}:
        faults.append(_fault(row, "record_number", f"a patient not yet known; it is {other}'s"))
    person = _person(values)
    other = history.persons.get(person) if person is not None else None
    if other not in {None, pseudonym}:
        text = f"a person not yet known; {other} has this name and date of birth"
        faults.append(
            Fault(place=row.place, column="identity.name", found="a duplicate", expected=text)
        )
    told = {plain_number(values[name] or "") for name in ("name", "record_number")}
    if plain_number(pseudonym) in told:
        faults.append(_fault(row, "pseudonym", "a pseudonym that is not the name or number"))
    patient = history.patients[pseudonym]
    enrolled = patient["enrolled_on"]
    if values["birth_date"] is not None and values["birth_date"] > enrolled:
        faults.append(_fault(row, "birth_date", f"a date before enrolment, {enrolled}"))
    return faults + _check_age(row, "birth_date", patient, values["birth_date"])


def _check_age(row: Row, column: str, patient: Record, born: date | None) -> list[Fault]:
    """Check that age and date of birth fit each other; one year may be how it is counted."""
    age, on = patient["age_y"], patient["enrolled_on"]
    if age is None or born is None:
        return []
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    # exports tell of the oldest no more than that they are
    oldest = age == OLDEST_TOLD + 1 and years > OLDEST_TOLD
    if oldest or abs(age - years) <= 1:
        return []
    other = f"age_y, {age}" if column == "birth_date" else f"birth_date: {years} on enrolment"
    return [_fault(row, column, f"what fits {other}, to one year")]


def _check_procedure(row: Row, history: History) -> list[Fault]:
    values = row.values
    patient = history.patients[values["pseudonym"]]
    if patient["died_on"] is not None and values["done_on"] > patient["died_on"]:
        return [_fault(row, "done_on", f"a date before death, {patient['died_on']}")]
    if values["done_on"] < patient["enrolled_on"]:
        return [_fault(row, "done_on", f"a date from enrolment on, {patient['enrolled_on']}")]
    withdrawn = patient["withdrawn_on"]
    if withdrawn is not None and values["done_on"] > withdrawn:
        return [_fault(row, "done_on", f"a date up to the withdrawal of consent, {withdrawn}")]
    return _check_beside(row, history)


def _check_beside(row: Row, history: History) -> list[Fault]:
    """Check a procedure against its visits and events, and the patient's other procedures."""
    pseudonym, number, on = (row.values[n] for n in ("pseudonym", "procedure_no", "done_on"))
    for kind, day in history.visits.get((pseudonym, number), {}).items():
        if (day > on) if kind == "baseline" else (day < on):
            return [_fault(row, "done_on", f"a date that fits visit {kind} on {day}")]
    onset = history.onsets.get((pseudonym, number))
    if onset is not None and onset < on:
        return [_fault(row, "done_on", f"a date up to its first event, {onset}")]
    for other, day in history.procedures.get(pseudonym, {}).items():
        if other < number and day > on:
            return [_fault(row, "done_on", f"a date from procedure {other} on, {day}")]
        if other > number and day < on:
            return [_fault(row, "done_on", f"a date up to procedure {other}, {day}")]
    return []


def _check_visit(row: Row, history: History) -> list[Fault]:
    values = row.values
    on, kind = values["visited_on"], values["kind"]
    if on is None:
        return []
    place = (values["pseudonym"], values["procedure_no"])
    done_on = history.procedures[place[0]][place[1]]
    if kind == "baseline" and on > done_on:
        return [_fault(row, "visited_on", f"a baseline up to the procedure, {done_on}")]
    if kind != "baseline" and on < done_on:
        return [_fault(row, "visited_on", f"a date from the procedure on, {done_on}")]
    return _check_alive(row, history) or _check_order(row, history.visits.get(place, {}))


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
    done = history.procedures.get(row.values["pseudonym"], {})
    done_on = done.get(row.values["procedure_no"])
    if done_on is None:
        return [_fault(row, "procedure_no", "a procedure of this patient")]
    if row.values["onset_on"] < done_on:
        return [_fault(row, "onset_on", f"a date from the procedure on, {done_on}")]
    return _check_alive(row, history)


def _check_alive(row: Row, history: History) -> list[Fault]:
    died = history.patients[row.values["pseudonym"]]["died_on"]
    return [
        _fault(row, name, f"a date before death, {died}")
        for name in _LIVED[row.table]
        if died is not None and (day := row.values[name]) is not None and day > died
    ]


def _check_treatment(row: Row, history: History) -> list[Fault]:
    started, stopped = row.values["started_on"], row.values["stopped_on"]
    if stopped is not None and stopped < started:
        return [_fault(row, "stopped_on", f"a date from the start on, {started}")]
    return _check_alive(row, history)


_CHECKS: dict[str, Callable[[Row, History], list[Fault]]] = {
    "patient": _check_patient,
    IDENTITY: _check_identity,
    "procedure": _check_procedure,
    "visit": _check_visit,
    "event": _check_event,
    "imaging": _check_alive,
    "new_fracture": _check_alive,
    "treatment": _check_treatment,
}
