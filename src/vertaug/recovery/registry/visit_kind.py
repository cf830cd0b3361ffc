"""The visits of the follow-up in their order, and on which days each is due."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from vertaug.recovery.registry.definition import define_table
from vertaug.recovery.time_shift import TimeShift, shift_date
from vertaug.recovery.visit import VisitDefinition, read_visits

VISIT_KINDS = define_table("visit").field("kind").choices
"""In the order of time."""
AT_PROCEDURE = frozenset({"baseline", "2h"})
"""Visits of who is there to be treated: they may be left out, but nobody is lost before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDays:
    """First and last day of the window, and the last on which a late visit is still asked for."""

    kind: str
    first: date
    last: date
    missed_after: date


@cache
def visit_days(done_on: date) -> tuple[VisitDays, ...]:
    """Return the days of all visits of a procedure, by the schedule of the recovery.

    The registry knows days, not times: hours become the day on which they may end.
    """
    return tuple(
        VisitDays(
            kind=visit.key,
            first=_day(done_on, visit.earliest, early=True),
            last=_day(done_on, visit.latest),
            missed_after=_day(done_on, visit.missed_after),
        )
        for visit in _visits()
    )


def note_window(kind: str, done_on: date, visited_on: date) -> str:
    """Return in words that a visit lies outside the days of its kind, empty where it does not.

    A late visit is one of its kind until it is given up (``missed_after``).

    Parameters
    ----------
    kind : str
    done_on, visited_on : date
        Of the procedure and of the visit.
    """
    days = next(one for one in visit_days(done_on) if one.kind == kind)
    if days.first <= visited_on <= days.missed_after:
        return ""
    return (
        f"visit {kind} on {visited_on} is outside its window, {days.first} to {days.last} (late "
        f"until {days.missed_after}); it is recorded and counted as {kind}"
    )


@cache
def _visits() -> tuple[VisitDefinition, ...]:
    return read_visits()


def _day(start: date, shift: TimeShift, *, early: bool = False) -> date:
    if shift.hours:
        return start + timedelta(days=0 if early else -(-shift.hours // 24))
    return shift_date(start, shift)
