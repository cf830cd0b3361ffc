"""Many rows into a table at once, straight to the driver: a large import is mostly this."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection


def insert_many(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that have a value for every column.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    table : Table
    rows : sequence of mapping
        Values as Python has them; what is no column is left out.
    """
    if not rows:
        return
    columns = [column.name for column in table.columns]
    if connection.dialect.name != "sqlite":
        statement = _write_insert(table, columns, [f"%({name})s" for name in columns])
        connection.exec_driver_sql(statement, [dict(row) for row in rows])
        return
    statement = _write_insert(table, columns, ["?"] * len(columns))
    # SQLite has no dates: SQLAlchemy reads them from ISO text
    dates = {c.name for c in table.columns if isinstance(c.type, sa.Date)}
    if not dates:
        connection.exec_driver_sql(statement, [tuple([row[n] for n in columns]) for row in rows])
        return
    takes = [(name, name in dates) for name in columns]
    connection.exec_driver_sql(
        statement, [tuple([_as_text(row[n]) if d else row[n] for n, d in takes]) for row in rows]
    )


def _as_text(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _write_insert(table: sa.Table, columns: Sequence[str], places: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join(places)})'
