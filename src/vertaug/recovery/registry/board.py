"""The board of the morning: visits due and overdue, red flags, bones without treatment."""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.medication import WITHIN_DAYS
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.visit_kind import visit_days

_RED_FLAG_DAYS = 30
_TREATMENT_DAYS = 180
"""After half a year the missing treatment is in the monthly summary, no longer on the board."""


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
    """

    pseudonym: str
    procedure_no: int
    done_on: date
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What is to be done on a day."""

    today: date
    visits: tuple[DueVisit, ...]
    red_flags: tuple[RedFlag, ...]
    bone_tasks: tuple[BoneTask, ...]


def read_board(engine: Engine, today: date) -> Board:
    """Return the board of a day; patients who died or withdrew are not on it."""
    with reading(engine) as connection:
        return Board(
            today=today,
            visits=_list_visits(connection, today),
            red_flags=_list_red_flags(connection, today),
            bone_tasks=_list_bone_tasks(connection, today),
        )


def _followed(today: date) -> sa.ColumnElement[bool]:
    patient = table_of("patient")
    return sa.and_(
        patient.c.died_on.is_(None),
        sa.or_(patient.c.withdrawn_on.is_(None), patient.c.withdrawn_on > today),
        sa.or_(patient.c.lost_on.is_(None), patient.c.lost_on > today),
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
        .where(_followed(today), procedure.c.done_on >= today - timedelta(days=longest + 1))
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
    drug, visit = table_of("treatment"), table_of("visit")
    drugs = sa.select(drug.c.pseudonym).where(
        drug.c.pseudonym == procedure.c.pseudonym, drug.c.stopped_on.is_(None)
    )
    told = sa.select(visit.c.pseudonym).where(
        visit.c.pseudonym == procedure.c.pseudonym, visit.c.osteoporosis_treated
    )
    wanted = (
        sa.select(procedure.c.pseudonym, procedure.c.procedure_no, procedure.c.done_on)
        .join_from(procedure, patient, patient.c.pseudonym == procedure.c.pseudonym)
        .where(
            procedure.c.cause == "osteoporotic",
            procedure.c.done_on.between(today - timedelta(days=_TREATMENT_DAYS), today),
            _followed(today),
            ~drugs.exists(),
            ~told.exists(),
        )
        .order_by(procedure.c.done_on, procedure.c.pseudonym)
    )
    return tuple(
        BoneTask(
            pseudonym=row[0],
            procedure_no=row[1],
            done_on=row[2],
            late=(today - row[2]).days > WITHIN_DAYS,
        )
        for row in connection.execute(wanted)
    )
