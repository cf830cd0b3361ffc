"""Adverse events and leaks, each with the procedures or levels that it is counted of."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from vertaug.recovery.registry.definition import define_table
from vertaug.recovery.registry.interval import Share, exact_share
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.sql_day import count_if


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRate:
    """One type of event.

    Attributes
    ----------
    type : str
    events : int
        All of the type, near misses left out.
    by_procedure : Share
        Procedures with one or more.
    by_level : Share
        Levels with one or more that was recorded with its level.
    serious, near_misses : int
    """

    type: str
    events: int
    by_procedure: Share
    by_level: Share
    serious: int
    near_misses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakRate:
    """Cement seen outside the vertebra, by how it was looked for.

    Attributes
    ----------
    procedure, looked_with : str
    share : Share
        Of levels that were looked at.
    not_recorded : int
        Levels of which nothing is recorded.
    """

    procedure: str
    looked_with: str
    share: Share
    not_recorded: int


def count_events(connection: Connection) -> tuple[EventRate, ...]:
    """Return the rates of all types, also of those that never happened."""
    event, level = table_of("event"), table_of("procedure_level")
    procedures = _count_rows(connection, table_of("procedure"))
    levels = _count_rows(connection, level)
    harm = sa.func.coalesce(event.c.near_miss, sa.false()).is_(False)
    wanted = sa.select(
        event.c.type,
        count_if(harm),
        count_if(harm & event.c.serious),
        count_if(event.c.near_miss),
    ).group_by(event.c.type)
    totals = {row[0]: row[1:] for row in connection.execute(wanted)}
    keys = (event.c.type, event.c.pseudonym, event.c.procedure_no)
    hit_procedures = _count_groups(connection, sa.select(*keys).where(harm).distinct())
    treated = sa.and_(
        level.c.pseudonym == event.c.pseudonym,
        level.c.procedure_no == event.c.procedure_no,
        level.c.level == event.c.level,
    )
    hit_levels = _count_groups(
        connection,
        sa.select(*keys, event.c.level).where(harm).join_from(event, level, treated).distinct(),
    )
    return tuple(
        EventRate(
            type=name,
            events=int(totals.get(name, (0, 0, 0))[0]),
            by_procedure=exact_share(hit_procedures.get(name, 0), procedures),
            by_level=exact_share(hit_levels.get(name, 0), levels),
            serious=int(totals.get(name, (0, 0, 0))[1]),
            near_misses=int(totals.get(name, (0, 0, 0))[2]),
        )
        for name in define_table("event").field("type").choices
    )


def _count_rows(connection: Connection, table: sa.Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _count_groups(connection: Connection, keys: sa.Select[tuple[str, str, int]]) -> dict[str, int]:
    rows = keys.subquery()
    wanted = sa.select(rows.c.type, sa.func.count()).group_by(rows.c.type)
    return {str(name): int(number) for name, number in connection.execute(wanted)}


def count_leaks(connection: Connection) -> tuple[LeakRate, ...]:
    """Return the rates of leaks by procedure and by how they were looked for.

    CT shows far more leaks than radiographs, so they are never put together.
    """
    procedure, level = table_of("procedure"), table_of("procedure_level")
    same = (level.c.pseudonym == procedure.c.pseudonym) & (
        level.c.procedure_no == procedure.c.procedure_no
    )
    group = (procedure.c.procedure, level.c.leak_looked_with)
    wanted = (
        sa.select(
            *group,
            count_if(level.c.leak_seen),
            sa.func.count(level.c.leak_seen),
            sa.func.count(),
        )
        .join_from(procedure, level, same)
        .group_by(*group)
    )
    rates = [
        LeakRate(
            procedure=name,
            looked_with=looked or "not recorded",
            share=exact_share(int(seen), int(known)),
            not_recorded=int(rows - known),
        )
        for name, looked, seen, known, rows in connection.execute(wanted)
    ]
    return tuple(sorted(rates, key=lambda rate: (rate.procedure, rate.looked_with)))
