"""Rows are checked and written together, all or none; or only checked."""

import gc
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from vertaug.case.errors import InputError
from vertaug.recovery.registry.audit_entry import Author
from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.definition import define_table, read_definitions
from vertaug.recovery.registry.entry import Entry, Fault, Given, Row, check_entry, show
from vertaug.recovery.registry.history import History, check_history, load_history
from vertaug.recovery.registry.pen import Pen, open_pen
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.visit_kind import note_window

_BATCH = 10_000
_MOST_FAULTS = 10_000
_LISTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeReport:
    """What became of the rows.

    Attributes
    ----------
    rows : dict of str to int
        Rows that are good, by table.
    faults : tuple of Fault
        All that is wrong, at most 10 000.
    fault_count : int
    written : bool
        The good rows are in the registry.
    notes : tuple of str
        What is odd of good rows, at most 10 000.
    """

    rows: dict[str, int]
    faults: tuple[Fault, ...]
    fault_count: int
    written: bool
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Count:
    """How many rows were good, and what was wrong."""

    rows: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    notes: list[str] = field(default_factory=list)

    def note(self, faults: Sequence[Fault]) -> None:
        self.fault_count += len(faults)
        self.faults += faults[: _MOST_FAULTS - len(self.faults)]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeRules:
    """How rows are taken.

    Attributes
    ----------
    today : date
        Nothing lies after it; else today where the clinic is.
    dry_run : bool
        Only check.
    skip_bad : bool
        Write the good rows although others are bad.
    replace : bool
        Rows change those with their keys; columns that they do not have stay.
    """

    today: date = field(default_factory=lambda: datetime.now().astimezone().date())
    dry_run: bool = False
    skip_bad: bool = False
    replace: bool = False


class _Abandoned(Exception):
    """Nothing is to be written: the transaction is taken back."""


def take_rows(
    engine: Engine,
    given: Iterable[Given],
    author: Author,
    rules: IntakeRules,
    tables: Collection[str] | None = None,
) -> IntakeReport:
    """Check rows and, if all are good, write them in one transaction.

    Parameters
    ----------
    engine : Engine
    given : iterable of Entry or Fault
        Parents before their children, as in `read_definitions`.
    author : Author
    rules : IntakeRules
    tables : collection of str or None
        Which tables come; None where ``given`` is short and may be looked through.
    """
    count = _Count()
    pseudonyms = None
    if tables is None:
        given = list(given)
        entries = [one for one in given if isinstance(one, Entry)]
        tables = {one.table for one in entries}
        pseudonyms = {str(one.values.get("pseudonym", "")).strip() for one in entries}
    whole = open_pen(engine, author) if not rules.dry_run else nullcontext(None)
    try:
        with whole as pen:
            if pen is None:
                with reading(engine) as connection:
                    history = load_history(connection, tables, pseudonyms)
            else:
                history = load_history(pen.connection, tables, pseudonyms)
            for batch in _batches(given):
                _take_batch(batch, history, rules, count, pen)
                if len(batch) == _BATCH:
                    # what a large import remembers is never garbage: the collector passes it by
                    gc.freeze()
            _refuse_bad(rules, count)
    except _Abandoned:
        return _report(count, written=False)
    finally:
        gc.unfreeze()
    return _report(count, written=True)


def _refuse_bad(rules: IntakeRules, count: _Count) -> None:
    """Leave the transaction without writing where rows are bad."""
    if rules.dry_run or (count.fault_count and not rules.skip_bad):
        raise _Abandoned


def _report(count: _Count, *, written: bool) -> IntakeReport:
    return IntakeReport(
        rows=count.rows,
        faults=tuple(count.faults),
        fault_count=count.fault_count,
        written=written,
        notes=tuple(count.notes),
    )


def _batches(given: Iterable[Given]) -> Iterator[list[Given]]:
    stream = iter(given)
    while batch := list(islice(stream, _BATCH)):
        yield batch


def _take_batch(
    batch: Sequence[Given], history: History, rules: IntakeRules, count: _Count, pen: Pen | None
) -> None:
    """Check a batch, and write its good rows while nothing was bad."""
    good: dict[str, list[Row]] = {}
    for one in batch:
        if isinstance(one, Fault):
            count.note([one])
            continue
        row, faults = check_entry(one)
        if row is not None:
            faults = check_history(row, history, rules.today, replaces=rules.replace)
        if row is None or faults:
            count.note(faults)
            continue
        history.add(row)
        odd = _find_odd(row, history)
        if odd and len(count.notes) < _MOST_FAULTS:
            count.notes.append(f"{row.place.words}{odd}")
        count.rows[row.table] = count.rows.get(row.table, 0) + 1
        # what a file does not have is not told, and stays as it is
        told = row if not rules.replace else _told_only(row, one)
        good.setdefault(row.table, []).append(told)
    if pen is None or (count.fault_count and not rules.skip_bad):
        return
    for table in (name for name in read_definitions() if name in good):
        if rules.replace:
            for row in good[table]:
                pen.replace(table, row.values)
        else:
            pen.insert(table, [row.values for row in good[table]])


def _find_odd(row: Row, history: History) -> str:
    """Return that a good row is a visit outside its window, empty where it is not."""
    if row.table != "visit" or row.values["visited_on"] is None:
        return ""
    done_on = history.procedures[row.values["pseudonym"]][row.values["procedure_no"]]
    note = note_window(row.values["kind"], done_on, row.values["visited_on"])
    return f"{row.values['pseudonym']}: {note}" if note else ""


def _told_only(row: Row, entry: Entry) -> Row:
    """Return a row with the columns that were given, and its key."""
    names = {*entry.values, *define_table(row.table).key}
    return replace(row, values={n: value for n, value in row.values.items() if n in names})


def write_entries(
    engine: Engine, entries: Sequence[Entry], author: Author, rules: IntakeRules | None = None
) -> tuple[str, ...]:
    """Write rows, all or none, and return what is odd of them.

    Raises
    ------
    InputError
        If one cannot be written; names the first of what is wrong.
    """
    with open_pen(engine, author) as pen:
        return write_with(pen, entries, IntakeRules() if rules is None else rules)


def write_with(pen: Pen, entries: Sequence[Entry], rules: IntakeRules) -> tuple[str, ...]:
    """Write rows within a transaction that does more, and return what is odd of them.

    Raises
    ------
    InputError
        If one cannot be written; the transaction is taken back.
    """
    tables = {one.table for one in entries}
    pseudonyms = {str(one.values.get("pseudonym", "")).strip() for one in entries}
    count = _Count()
    history = load_history(pen.connection, tables, pseudonyms)
    _take_batch(entries, history, rules, count, pen)
    if count.fault_count:
        raise InputError(list_faults(_report(count, written=False)))
    return tuple(count.notes)


def correct_entry(engine: Engine, entry: Entry, author: Author) -> tuple[str, ...]:
    """Change the given columns of a row, its other columns stay; return what is odd of it.

    Raises
    ------
    InputError
        If there is no such row, or it cannot hold what is given.
    """
    table, target = define_table(entry.table), table_of(entry.table)
    key = {}
    for name in table.key:
        try:
            key[name] = table.field(name).take(entry.values.get(name))
        except InputError as error:
            message = f"{entry.table}.{name}: expected {error}"
            raise InputError(message) from error
    with open_pen(engine, author) as pen:
        wanted = sa.select(target).where(*(target.c[n] == value for n, value in key.items()))
        found = pen.connection.execute(wanted).mappings().first()
        if found is None:
            words = ", ".join(f"{n} {show(value)}" for n, value in key.items())
            message = f"there is no {entry.table} with {words} that could be corrected"
            raise InputError(message)
        kept = {name: found[name] for name in table.columns}
        merged = replace(entry, values={**kept, **entry.values})
        return write_with(pen, [merged], IntakeRules(replace=True))


def list_faults(report: IntakeReport) -> str:
    """Return the first of what is wrong in one line."""
    first = "; ".join(fault.sentence for fault in report.faults[:_LISTED])
    more = report.fault_count - min(_LISTED, len(report.faults))
    rest = f"; and {more} more" if more > 0 else ""
    return f"{first}{rest}. Nothing was written"
