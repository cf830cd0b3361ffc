"""When each follow-up visit is due, and which of them are done, due or missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from vertaug.case.errors import InputError
from vertaug.case.near_name import refuse_unknown
from vertaug.recovery.time_shift import (
    check_moment,
    end_of_day,
    shift_moment,
    start_of_day,
)
from vertaug.recovery.visit import VisitDefinition, read_visits

_SAME_DAY_HOURS = 12
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicDays:
    """When a clinic sees patients.

    Attributes
    ----------
    visit_time : time or None
        Of visits counted in days or months; None: the procedure's time of day.
    closed_weekdays : tuple of str
        Such as ``Sunday``.
    closed_dates : tuple of date
    """

    visit_time: time | None = None
    closed_weekdays: tuple[str, ...] = ()
    closed_dates: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        for name in self.closed_weekdays:
            refuse_unknown(name, _WEEKDAYS, "day of the week")
        if len(set(self.closed_weekdays)) == len(_WEEKDAYS):
            message = "a clinic that is closed on all days of the week can see nobody"
            raise InputError(message)

    def is_open(self, day: date) -> bool:
        """Whether the clinic sees patients on a day."""
        return _WEEKDAYS[day.weekday()] not in self.closed_weekdays and day not in self.closed_dates


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVisit:
    """A visit with its times, all in the clinic's zone.

    Attributes
    ----------
    definition : VisitDefinition
    due : datetime
        By the plan.
    proposed : datetime
        The same, or the nearest day in the window on which the clinic is open.
    earliest, latest : datetime
        First and last moment of the window; of visits counted in days, whole days.
    missed_after : datetime
        Until then a late visit is still asked for.
    closed : bool
        The clinic is closed on all days of the window.
    """

    definition: VisitDefinition
    due: datetime
    proposed: datetime
    earliest: datetime
    latest: datetime
    missed_after: datetime
    closed: bool = False

    @property
    def key(self) -> str:
        """Short name of the visit."""
        return self.definition.key

    @property
    def by_the_hour(self) -> bool:
        """Whether it is counted in hours, from the end of the procedure."""
        return self.definition.due.elapsed

    @property
    def on_the_day(self) -> bool:
        """Whether it is due some hours after the end, on the day of the procedure."""
        return 0 < self.definition.due.hours <= _SAME_DAY_HOURS

    def in_window(self, moment: datetime) -> bool:
        """Whether a moment lies in the window."""
        return _instant(self.earliest) <= _instant(moment) <= _instant(self.latest)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """The follow-up of one procedure.

    Attributes
    ----------
    procedure_at : datetime
        In the clinic's zone.
    visits : tuple of PlannedVisit
        In their order.
    ended_at : datetime or None
        End of the procedure, from which hours count; None: not known, and the times of visits
        counted in hours are the earliest that can be.
    """

    procedure_at: datetime
    visits: tuple[PlannedVisit, ...]
    ended_at: datetime | None = None

    def visit(self, key: str) -> PlannedVisit:
        """Return a visit.

        Raises
        ------
        InputError
            If there is none of that key.
        """
        refuse_unknown(key, tuple(v.key for v in self.visits), "visit")
        return next(v for v in self.visits if v.key == key)


class VisitState(StrEnum):
    """Where a visit stands."""

    LATER = "not yet"
    OPEN = "in window"
    DUE = "due"
    OVERDUE = "overdue"
    MISSED = "missed"
    DONE = "done"
    DONE_OUTSIDE = "done outside window"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitStanding:
    """A visit and where it stands.

    Attributes
    ----------
    visit : PlannedVisit
    state : VisitState
    done_at : datetime or None
        In the clinic's zone.
    """

    visit: PlannedVisit
    state: VisitState
    done_at: datetime | None = None


def _instant(moment: datetime) -> datetime:
    # two times of one zone would be compared by the wall, which shows some hours twice
    return moment.astimezone(UTC)


def schedule_visits(
    procedure_at: datetime,
    days: ClinicDays | None = None,
    definitions: Sequence[VisitDefinition] | None = None,
    *,
    ended_at: datetime | None = None,
) -> FollowUp:
    """Return all visits with due time and window.

    Parameters
    ----------
    procedure_at : datetime
        Aware, in the clinic's zone: days, months and windows are those of that zone.
    days : ClinicDays or None
        None: open every day, visits at the procedure's time of day.
    definitions : sequence of VisitDefinition or None
        None: those of the clinical reference.
    ended_at : datetime or None
        End of the procedure, aware: hours count from it. None: not known, so that they can only
        count from ``procedure_at``.

    Raises
    ------
    InputError
        If the time has no zone or cannot be, the end lies before the start or a day after it, or
        the times of a visit are in the wrong order.
    """
    check_moment(procedure_at)
    end = None if ended_at is None else check_end(procedure_at, ended_at)
    clinic = ClinicDays() if days is None else days
    wanted = read_visits() if definitions is None else tuple(definitions)
    visits = tuple(_plan(one, procedure_at, end or procedure_at, clinic) for one in wanted)
    for before, after in pairwise(visits):
        if _instant(after.due) <= _instant(before.due):
            message = (
                f"visit {after.key} must be due after visit {before.key}; got "
                f"{after.due.isoformat()} and {before.due.isoformat()}"
            )
            raise InputError(message)
    return FollowUp(procedure_at=procedure_at, visits=visits, ended_at=end)


_LONGEST_PROCEDURE = timedelta(hours=12)
"""A longer one is a slip (design default)."""


def check_end(procedure_at: datetime, ended_at: datetime) -> datetime:
    """Return the end of a procedure in the zone of its start.

    Raises
    ------
    InputError
        If it has no zone, lies before the start, or so long after it that it is a slip.
    """
    end = check_moment(ended_at).astimezone(procedure_at.tzinfo)
    if not timedelta(0) <= _instant(end) - _instant(procedure_at) <= _LONGEST_PROCEDURE:
        message = (
            f"the procedure is expected to end up to {_LONGEST_PROCEDURE.seconds // 3600} h after "
            f"its start, {procedure_at.isoformat()}; got {end.isoformat()}"
        )
        raise InputError(message)
    return end


def _plan(
    one: VisitDefinition, procedure_at: datetime, end: datetime, clinic: ClinicDays
) -> PlannedVisit:
    """Return one visit with its times: hours from the end, days and months from the day."""
    due, earliest, latest, missed = (
        shift_moment(end if shift.elapsed else procedure_at, shift, at)
        for shift, at in (
            (one.due, clinic.visit_time),
            (one.earliest, None),
            (one.latest, None),
            (one.missed_after, None),
        )
    )
    if not one.earliest.elapsed and earliest != procedure_at:
        earliest = start_of_day(earliest.date(), procedure_at.tzinfo)
    if not one.latest.elapsed and latest != procedure_at:
        latest = end_of_day(latest.date(), procedure_at.tzinfo)
    if not one.missed_after.elapsed and missed != procedure_at:
        missed = end_of_day(missed.date(), procedure_at.tzinfo)
    times = [_instant(moment) for moment in (earliest, due, latest, missed)]
    if times != sorted(times):
        message = (
            f"the times of visit {one.key} are in the wrong order: earliest "
            f"{earliest.isoformat()}, due {due.isoformat()}, latest {latest.isoformat()}, missed "
            f"after {missed.isoformat()}; expected each not before the one named before it"
        )
        raise InputError(message)
    planned = PlannedVisit(
        definition=one,
        due=due,
        proposed=due,
        earliest=earliest,
        latest=latest,
        missed_after=missed,
    )
    return _on_an_open_day(planned, clinic)


def _on_an_open_day(visit: PlannedVisit, clinic: ClinicDays) -> PlannedVisit:
    """Move the proposed day to the nearest open one of the window, of two the later."""
    counted_in_days = bool(visit.definition.due.days or visit.definition.due.months)
    if not counted_in_days or clinic.is_open(visit.due.date()):
        return visit
    span = (visit.latest.date() - visit.earliest.date()).days
    for away in range(1, span + 1):
        for sign in (1, -1):
            day = visit.due.date() + timedelta(days=sign * away)
            wall = datetime.combine(day, visit.due.time(), tzinfo=visit.due.tzinfo)
            moment = wall.astimezone(UTC).astimezone(visit.due.tzinfo)
            if clinic.is_open(day) and visit.in_window(moment):
                return replace(visit, proposed=moment)
    return replace(visit, closed=True)


def visit_status(
    schedule: FollowUp, done: Mapping[str, datetime], now: datetime
) -> tuple[VisitStanding, ...]:
    """Return where each visit stands.

    A visit that was not made is due from its due time to the end of its window, overdue until it
    is given up, then missed: a missing value, never a zero.

    Parameters
    ----------
    schedule : FollowUp
    done : mapping of str to datetime
        Aware times of the visits that were made, by key.
    now : datetime
        Aware.

    Raises
    ------
    InputError
        If a visit is not known, has no zone, lies in the future, before the procedure or in the
        wrong order.
    """
    check_moment(now)
    made = [(schedule.visit(key), check_moment(at)) for key, at in done.items()]
    _check_order(schedule, made, now)
    zone = schedule.procedure_at.tzinfo
    found = {visit.key: at.astimezone(zone) for visit, at in made}
    return tuple(
        VisitStanding(visit=v, state=_state(v, found.get(v.key), now), done_at=found.get(v.key))
        for v in schedule.visits
    )


def _check_order(
    schedule: FollowUp, made: Sequence[tuple[PlannedVisit, datetime]], now: datetime
) -> None:
    """Refuse visits in the future, before the procedure or in the wrong order."""
    for visit, at in made:
        if _instant(at) > _instant(now):
            message = f"visit {visit.key} at {at.isoformat()} lies after now, {now.isoformat()}"
            raise InputError(message)
        follows = _instant(visit.due) > _instant(schedule.procedure_at)
        if follows and _instant(at) < _instant(schedule.procedure_at):
            message = (
                f"visit {visit.key} at {at.isoformat()} lies before the procedure, "
                f"{schedule.procedure_at.isoformat()}"
            )
            raise InputError(message)
    ordered = sorted(made, key=lambda pair: _instant(pair[0].due))
    for (before, at), (after, later) in pairwise(ordered):
        if _instant(later) < _instant(at):
            message = (
                f"visit {after.key} at {later.isoformat()} lies before visit {before.key} at "
                f"{at.isoformat()}; check both dates"
            )
            raise InputError(message)


def _state(visit: PlannedVisit, done_at: datetime | None, now: datetime) -> VisitState:
    if done_at is not None:
        return VisitState.DONE if visit.in_window(done_at) else VisitState.DONE_OUTSIDE
    moment = _instant(now)
    limits = (
        (visit.earliest, VisitState.LATER),
        (visit.due, VisitState.OPEN),
    )
    for limit, state in limits:
        if moment < _instant(limit):
            return state
    if moment <= _instant(visit.latest):
        return VisitState.DUE
    return VisitState.OVERDUE if moment <= _instant(visit.missed_after) else VisitState.MISSED
