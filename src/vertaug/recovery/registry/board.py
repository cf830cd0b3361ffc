"""The board of the morning: visits due and overdue, red flags, bones without treatment."""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.made_up import is_made_up
from vertaug.recovery.registry.medication import WITHIN_DAYS, is_followed, is_untreated
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.visit_kind import visit_days

_RED_FLAG_DAYS = 30
_RECENT_DAYS = 180
"""Older procedures without treatment come after the others on the board; none is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueVisit:
    """A visit that is to be made."""

    pseudonym: str
    procedure_no: int
    kind: str
    first: date
    last: date
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlag:
    """A red flag that was told in the last 30 days."""

    pseudonym: str
    procedure_no: int
    kind: str
    visited_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneTask:
    """An osteoporotic patient without a recorded treatment.

    Attributes
    ----------
    late : bool
        More than four weeks have passed.
    recent : bool
        Not more than 180 days have passed.
    """

    pseudonym: str
    procedure_no: int
    done_on: date
    late: bool
    recent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What is to be done on a day.

    Attributes
    ----------
    today : date
    visits : tuple of DueVisit
    red_flags : tuple of RedFlag
    bone_tasks : tuple of BoneTask
        Of all procedures, those of the last 180 days first, the oldest of them on top.
    bone_since : date
        First day that is recent.
    made_up : bool
        The patients are those of an example, of nobody.
    """

    today: date
    visits: tuple[DueVisit, ...]
    red_flags: tuple[RedFlag, ...]
    bone_tasks: tuple[BoneTask, ...]
    bone_since: date
    made_up: bool


def read_board(engine: Engine, today: date) -> Board:
    """Return the board of a day; patients who died or withdrew are not on it."""
    with reading(engine) as connection:
        return Board(
            today=today,
            visits=_list_visits(connection, today),
            red_flags=_list_red_flags(connection, today),
            bone_tasks=_list_bone_tasks(connection, today),
            bone_since=today - timedelta(days=_RECENT_DAYS),
            made_up=is_made_up(connection),
        )


def _list_visits(connection: Connection, today: date) -> tuple[DueVisit, ...]:
    procedure, patient, visit = table_of("procedure"), table_of("patient"), table_of("visit")
    longest = max((d.missed_after - today).days for d in visit_days(today))
    key = (procedure.c.pseudonym, procedure.c.procedure_no)
    open_ones = (
        sa.select(*key, procedure.c.done_on, visit.c.kind)
        .select_from(
            procedure.join(patient, patient.c.pseudonym == procedure.c.pseudonym).outerjoin(
                visit,
                (visit.c.pseudonym == procedure.c.pseudonym)
                & (visit.c.procedure_no == procedure.c.procedure_no),
            )
        )
        .where(is_followed(today), procedure.c.done_on >= today - timedelta(days=longest + 1))
    )
    seen: dict[tuple[str, int, date], set[str]] = {}
    for pseudonym, number, done_on, kind in connection.execute(open_ones):
        seen.setdefault((pseudonym, number, done_on), set()).add(kind)
    due = [
        DueVisit(
            pseudonym=pseudonym, procedure_no=number, kind=days.kind,
            first=days.first, last=days.last, overdue=today > days.last,
        )
        for (pseudonym, number, done_on), kinds in seen.items()
        for days in visit_days(done_on)
        if days.kind not in kinds and days.first <= today <= days.missed_after
    ]  # fmt: skip
    return tuple(sorted(due, key=lambda one: (not one.overdue, one.last, one.pseudonym)))


def _list_red_flags(connection: Connection, today: date) -> tuple[RedFlag, ...]:
    visit, patient = table_of("visit"), table_of("patient")
    wanted = (
        sa.select(visit.c.pseudonym, visit.c.procedure_no, visit.c.kind, visit.c.visited_on)
        .join_from(visit, patient, patient.c.pseudonym == visit.c.pseudonym)
        .where(
            visit.c.red_flag,
            visit.c.visited_on.between(today - timedelta(days=_RED_FLAG_DAYS), today),
            patient.c.died_on.is_(None),
        )
        .order_by(visit.c.visited_on.desc(), visit.c.pseudonym)
    )
    return tuple(
        RedFlag(pseudonym=row[0], procedure_no=row[1], kind=row[2], visited_on=row[3])
        for row in connection.execute(wanted)
    )


def _list_bone_tasks(connection: Connection, today: date) -> tuple[BoneTask, ...]:
    procedure, patient = table_of("procedure"), table_of("patient")
    since = today - timedelta(days=_RECENT_DAYS)
    wanted = (
        sa.select(procedure.c.pseudonym, procedure.c.procedure_no, procedure.c.done_on)
        .join_from(procedure, patient, patient.c.pseudonym == procedure.c.pseudonym)
        .where(is_untreated(today), is_followed(today))
        .order_by(procedure.c.done_on < since, procedure.c.done_on, procedure.c.pseudonym)
    )
    return tuple(
        BoneTask(
            pseudonym=row[0],
            procedure_no=row[1],
            done_on=row[2],
            late=(today - row[2]).days > WITHIN_DAYS,
            recent=row[2] >= since,
        )
        for row in connection.execute(wanted)
    )
