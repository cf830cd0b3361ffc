"""How many visits were done, are due, were missed or are lost; nobody is left out."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.visit_kind import AT_PROCEDURE, VISIT_KINDS, VisitDays, visit_days

LOST_WORDS = (
    "recorded as lost before the visit, or not seen at this visit nor at any later one up to "
    "today, two or more in a row; never at baseline and 2 h, when the patient is there"
)
_STATES = (
    "done", "missed", "lost", "died", "withdrawn", "overdue", "due", "not_yet",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCount:
    """Procedures by where they stand at one visit; the counts add up to all procedures.

    Attributes
    ----------
    kind : str
    done : int
    missed : int
        The time is over or it was recorded as missed, and the patient came later or may come.
    lost : int
        See `LOST_WORDS`.
    died, withdrawn : int
        Before the visit could be done.
    overdue, due, not_yet : int
        After, in and before the window, still to be done.
    """

    kind: str
    done: int
    missed: int
    lost: int
    died: int
    withdrawn: int
    overdue: int
    due: int
    not_yet: int

    @property
    def reached(self) -> int:
        """Procedures whose visit was done or whose window has begun, the dead left out."""
        return self.done + self.missed + self.lost + self.withdrawn + self.overdue + self.due


def count_visits(connection: Connection, today: date) -> tuple[VisitCount, ...]:
    """Return the counts of every visit."""
    found: dict[str, Counter[str]] = {kind: Counter() for kind in VISIT_KINDS}
    for done_on, died, withdrawn, lost, done, missed, number in _group_courses(connection):
        course = _Course(done_on=done_on, died=died, withdrawn=withdrawn, lost=lost,
                         done=done, missed=missed)  # fmt: skip
        for kind, state in _judge_course(course, today):
            found[kind][state] += number
    return tuple(
        VisitCount(kind=kind, **{state: found[kind][state] for state in _STATES})
        for kind in VISIT_KINDS
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """One procedure; ``done`` and ``missed`` have bit n for visit n."""

    done_on: date
    died: date | None
    withdrawn: date | None
    lost: date | None
    done: int
    missed: int


def _group_courses(connection: Connection) -> list[tuple[date, date, date, date, int, int, int]]:
    """Return procedures that are alike in all that counts, with their number."""
    visit, procedure, patient = table_of("visit"), table_of("procedure"), table_of("patient")
    # bit n of the sum: visit n was done; the bits above those: it was recorded as missed
    bit = sa.case({kind: 1 << n for n, kind in enumerate(VISIT_KINDS)}, value=visit.c.kind)
    weight = sa.case({"done": 1}, value=visit.c.status, else_=1 << len(VISIT_KINDS))
    masks = (
        sa.select(visit.c.pseudonym, visit.c.procedure_no, sa.func.sum(bit * weight).label("mask"))
        .group_by(visit.c.pseudonym, visit.c.procedure_no)
        .subquery()
    )
    columns = (
        procedure.c.done_on, patient.c.died_on, patient.c.withdrawn_on, patient.c.lost_on,
        sa.func.coalesce(masks.c.mask, 0).label("mask"),
    )  # fmt: skip
    joined = procedure.join(patient, patient.c.pseudonym == procedure.c.pseudonym).outerjoin(
        masks,
        (masks.c.pseudonym == procedure.c.pseudonym)
        & (masks.c.procedure_no == procedure.c.procedure_no),
    )
    wanted = sa.select(*columns, sa.func.count()).select_from(joined).group_by(*columns)
    low = (1 << len(VISIT_KINDS)) - 1
    return [
        (*row[:4], int(row[4]) & low, int(row[4]) >> len(VISIT_KINDS), int(row[5]))
        for row in connection.execute(wanted)
    ]


def _judge_course(course: _Course, today: date) -> list[tuple[str, str]]:
    """Return every visit of a procedure with where it stands."""
    days = visit_days(course.done_on)
    over = [
        n for n, visit in enumerate(days)
        if today > visit.missed_after or course.missed >> n & 1
    ]  # fmt: skip
    last_done = course.done.bit_length() - 1
    # the empty visits after the last one that was done
    tail = [n for n in over if n > last_done]
    return [(visit.kind, _judge(course, n, visit, tail, today)) for n, visit in enumerate(days)]


def _judge(course: _Course, n: int, visit: VisitDays, tail: list[int], today: date) -> str:
    if course.done >> n & 1:
        return "done"
    for name, on in (("died", course.died), ("withdrawn", course.withdrawn)):
        if on is not None and on <= visit.missed_after:
            return name
    there = visit.kind in AT_PROCEDURE
    if not there and course.lost is not None and course.lost <= visit.missed_after:
        return "lost"
    if course.missed >> n & 1 or today > visit.missed_after:
        return "lost" if n in tail and len(tail) > 1 and not there else "missed"
    if today > visit.last:
        return "overdue"
    return "due" if today >= visit.first else "not_yet"
