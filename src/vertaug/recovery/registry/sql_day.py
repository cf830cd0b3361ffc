"""Spans of days in SQL, which SQLite and PostgreSQL write differently."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection


def days_between(
    connection: Connection, earlier: sa.ColumnElement[Any], later: sa.ColumnElement[Any]
) -> sa.ColumnElement[int]:
    """Return the days from one date to a later one."""
    if connection.dialect.name == "sqlite":
        span = sa.func.julianday(later) - sa.func.julianday(earlier)
        return sa.cast(span, sa.Integer)
    return sa.cast(later - earlier, sa.Integer)


def count_if(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """Return how many rows fulfil a condition; unknown is not counted."""
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)
