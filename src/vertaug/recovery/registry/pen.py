"""Write rows with their lines in the audit log, in one transaction."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from vertaug.case.errors import FormatError, InputError
from vertaug.recovery.registry.audit_entry import (
    Author,
    Event,
    Head,
    chain_entries,
    describe_change,
    hash_row,
    name_object,
)
from vertaug.recovery.registry.bulk import insert_many
from vertaug.recovery.registry.connection import writing
from vertaug.recovery.registry.definition import IDENTITY, TableDefinition, define_table
from vertaug.recovery.registry.field import Record
from vertaug.recovery.registry.schema import AUDIT, AUDIT_HEAD, SALT, table_of

_BATCH = 20_000


class Pen:
    """Writes rows and their audit entries; valid within `open_pen` only."""

    def __init__(self, connection: Connection, author: Author) -> None:
        self.connection = connection
        self._author = author
        self._head = read_head(connection, lock=True)

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add checked rows; each must have every column of its table."""
        definition, target = define_table(table), table_of(table)
        columns = stored_columns(definition)
        for start in range(0, len(rows), _BATCH):
            batch = self._with_salt(table, rows[start : start + _BATCH])
            insert_many(self.connection, target, batch)
            self.record(
                [
                    Event(
                        action="insert",
                        object=name_object(definition, row),
                        row_hash=hash_row(table, columns, row),
                    )
                    for row in batch
                ]
            )

    def replace(self, table: str, row: Mapping[str, Any]) -> None:
        """Put a checked row in the place of the one with its key; what changed is logged.

        Raises
        ------
        InputError
            If there is no such row.
        """
        definition, target = define_table(table), table_of(table)
        is_it = [target.c[name] == row[name] for name in definition.key]
        found = self.connection.execute(sa.select(target).where(*is_it)).mappings().first()
        if found is None:
            message = f"there is no {name_object(definition, row)} that could be replaced"
            raise InputError(message)
        before = dict(found)
        after = before | dict(row)
        if before == after:
            return
        self.connection.execute(sa.update(target).where(*is_it).values(dict(row)))
        # the log is for ever, a name is not
        changed = describe_change(before, after, definition.hidden)
        self.record(
            [
                Event(
                    action="update",
                    object=name_object(definition, row),
                    row_hash=hash_row(table, stored_columns(definition), after),
                    changed=changed,
                )
            ]
        )

    def delete(self, table: str, row: Record) -> None:
        """Remove a row; the log keeps that it was there."""
        definition, target = define_table(table), table_of(table)
        is_it = [target.c[name] == row[name] for name in definition.key]
        self.connection.execute(sa.delete(target).where(*is_it))
        self.record([Event(action="delete", object=name_object(definition, row))])

    def record(self, events: Sequence[Event]) -> None:
        """Chain events to the log."""
        if not events:
            return
        entries = chain_entries(events, self._author, self._head)
        insert_many(self.connection, AUDIT, entries)
        last = entries[-1]
        self._head = Head(entries=last["seq"], hash=last["hash"])
        self.connection.execute(
            sa.update(AUDIT_HEAD).values(entries=self._head.entries, hash=self._head.hash)
        )

    @staticmethod
    def _with_salt(table: str, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        if table != IDENTITY:
            return rows
        return [dict(row) | {SALT: secrets.token_hex(16)} for row in rows]


@contextmanager
def open_pen(engine: Engine, author: Author) -> Iterator[Pen]:
    """Begin to write; all that is written is kept when the block ends well, else nothing."""
    with writing(engine) as connection:
        yield Pen(connection, author)


def stored_columns(table: TableDefinition) -> tuple[str, ...]:
    """Return the columns that go into the hash of a row, in alphabetical order."""
    extra = (SALT,) if table.name == IDENTITY else ()
    return tuple(sorted((*table.columns, *extra)))


def read_head(connection: Connection, *, lock: bool = False) -> Head:
    """Return the end of the audit log; with ``lock`` other writers wait.

    Raises
    ------
    FormatError
        If the registry has lost it.
    """
    wanted = sa.select(AUDIT_HEAD.c.entries, AUDIT_HEAD.c.hash)
    row = connection.execute(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        message = (
            "the head of the audit log is missing, somebody has removed it; nothing is written "
            "until it is restored. See: vertaug registry verify"
        )
        raise FormatError(message)
    return Head(entries=int(row[0]), hash=str(row[1]))
