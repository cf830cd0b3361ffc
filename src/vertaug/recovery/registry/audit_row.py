"""Whether the rows still hold what was last logged of them."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from vertaug.recovery.registry.audit_entry import hash_row, name_object
from vertaug.recovery.registry.definition import TableDefinition, read_definitions
from vertaug.recovery.registry.field import Record
from vertaug.recovery.registry.pen import stored_columns
from vertaug.recovery.registry.schema import AUDIT, table_of

_YIELD = 5000
NO_VALUE = (KeyError, UnicodeError)
"""What a hash says of a value that vertaug could not have written: bytes, or no UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """A row that does not fit its last entry in the log, or a table that does not fit the log."""

    object: str
    fault: str


def read_any_text(connection: Connection) -> None:
    """Let text that is no UTF-8 be read from here on, so that one such cell hides nothing."""
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.driver_connection
        raw.text_factory = lambda found: found.decode("utf-8", "surrogateescape")


def show_any(text: object) -> str:
    """Return text that can be printed, whatever bytes it had."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def compare_rows(
    connection: Connection, last: dict[bytes, tuple[str, bytes | None]]
) -> tuple[list[RowFault], int]:
    """Hold every row against its last entry, and every entry against a row.

    Parameters
    ----------
    connection : Connection
    last : dict of bytes to (str, bytes or None)
        Action and hash of the last entry, by the SHA-256 of the name of the row.

    Returns
    -------
    list of RowFault
    int
        Rows that were compared.
    """
    faults: list[RowFault] = []
    rows = 0
    seen: set[bytes] = set()
    for name, table in read_definitions().items():
        columns = stored_columns(table)
        for row in _read_stored(connection, name):
            rows += 1
            try:
                object_name = name_object(table, row)
                key = hashlib.sha256(object_name.encode()).digest()
            except NO_VALUE:
                words = ", ".join(repr(row[column]) for column in table.key)
                text = "was added outside vertaug: its key holds a value of another kind"
                faults.append(RowFault(object=f"{name}[{show_any(words)}]", fault=text))
                continue
            seen.add(key)
            fault = _compare_row(table, columns, row, last.get(key, ("", None)))
            if fault:
                faults.append(RowFault(object=object_name, fault=fault))
    gone = {key for key, (action, _) in last.items() if action != "delete"} - seen
    faults += _name_gone(connection, gone) if gone else []
    return faults, rows


def _compare_row(
    table: TableDefinition, columns: tuple[str, ...], row: Record, last: tuple[str, bytes | None]
) -> str:
    """Return what is wrong with a row, empty where nothing is."""
    action, digest = last
    if action in {"", "delete"}:
        how = "was added outside vertaug" if not action else "came back after its deletion"
        return f"{how}: no entry in the log"
    try:
        same = digest is not None and hash_row(table.name, columns, row) == digest.hex()
    except NO_VALUE:
        return "was changed outside vertaug: it holds a value of another kind"
    return "" if same else "was changed outside vertaug: it is not what was last logged"


def _read_stored(connection: Connection, name: str) -> Iterator[Record]:
    """Yield rows as they stand in the database, also where a column cannot hold what is there.

    Days are ISO text, as they are hashed.
    """
    table = table_of(name)
    if connection.dialect.name != "sqlite":
        # the text of a day, for days that Python has not: infinity, before year 1
        days = [sa.cast(c, sa.Text()).label(c.name) if _is_day(c) else c for c in table.columns]
        wanted = sa.select(*days).execution_options(yield_per=_YIELD)
        yield from connection.execute(wanted).mappings()
        return
    plain = [sa.type_coerce(c, sa.types.NullType()).label(c.name) for c in table.columns]
    flags = [c.name for c in table.columns if isinstance(c.type, sa.Boolean)]
    stored = sa.select(*plain).execution_options(yield_per=_YIELD)
    for row in connection.execute(stored).mappings():
        # SQLite has no yes and no: they are 1 and 0 there, and nothing else is
        told = {n: row[n] == 1 for n in flags if type(row[n]) is int and row[n] in (0, 1)}
        yield {**row, **told} if told else row


def _is_day(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.Date)


def _name_gone(connection: Connection, gone: Iterable[bytes]) -> list[RowFault]:
    wanted = set(gone)
    names = sa.select(AUDIT.c.object).distinct().execution_options(yield_per=_YIELD)
    return [
        RowFault(object=str(name), fault="was removed outside vertaug")
        for (name,) in connection.execute(names)
        if hashlib.sha256(str(name).encode()).digest() in wanted
    ]
