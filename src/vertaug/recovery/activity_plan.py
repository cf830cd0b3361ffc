"""What to do and what to leave after the procedure, by day; every number may be a clinic's own."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from vertaug.case.errors import InputError
from vertaug.recovery.site_value import SiteValue, read_values
from vertaug.recovery.source_note import CitedSentence, SourceNote, read_data, read_note
from vertaug.recovery.time_shift import TimeShift, check_moment, shift_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPhase:
    """Some days of the plan.

    Attributes
    ----------
    key, label : str
    start : datetime
    end : datetime or None
        None: open.
    do, leave : tuple of str
    values : tuple of SiteValue
        Numbers in its sentences, with what published sheets span.
    note : SourceNote
    """

    key: str
    label: str
    start: datetime
    end: datetime | None
    do: tuple[str, ...]
    leave: tuple[str, ...]
    values: tuple[SiteValue, ...]
    note: SourceNote


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPlan:
    """The plan of one patient.

    Attributes
    ----------
    phases : tuple of ActivityPhase
        By time; some overlap.
    advice : tuple of CitedSentence
        What holds all the time.
    values : mapping of str to SiteValue
    lift_until, drive_from : date
        Last day of the limit of lifting; first day of driving.
    """

    phases: tuple[ActivityPhase, ...]
    advice: tuple[CitedSentence, ...]
    values: Mapping[str, SiteValue]
    lift_until: date
    drive_from: date


def plan_activity(
    procedure_at: datetime,
    site: Mapping[str, Any] | None = None,
    *,
    ended_at: datetime | None = None,
) -> ActivityPlan:
    """Return what to do by day.

    Parameters
    ----------
    procedure_at : datetime
        Aware, in the clinic's zone.
    site : mapping or None
        Numbers of a clinic, by the names of ``data/activity.toml``.
    ended_at : datetime or None
        End of the procedure, from which hours count; None: not known.

    Raises
    ------
    InputError
        If the time has no zone, or a number is not known or cannot be.
    """
    check_moment(procedure_at)
    moments = (procedure_at, procedure_at if ended_at is None else ended_at)
    data = read_data("activity")
    values = read_values(data["value"], site, "activity")
    _check_order(values)
    words = {name: value.text for name, value in values.items()}
    advice = tuple(
        CitedSentence(key=table["key"], words=table["words"].format(**words), note=read_note(table))
        for table in data["advice"]
    )
    return ActivityPlan(
        phases=tuple(_phase(table, moments, values) for table in data["phase"]),
        advice=advice,
        values=values,
        lift_until=_day(procedure_at, 7 * values["lift_weeks"].value),
        drive_from=_day(procedure_at, values["no_driving_days"].value),
    )


def _day(procedure_at: datetime, days: float) -> date:
    """Return the day that many days later; part of a day counts as a whole one."""
    return shift_moment(procedure_at, TimeShift(days=math.ceil(days))).date()


def _shift(table: Mapping[str, Any], values: Mapping[str, SiteValue]) -> TimeShift:
    """Return a span of time that is a number or the name of a value; parts become whole ones."""
    ((unit, given),) = table.items()
    count = math.ceil(values[given].value if isinstance(given, str) else given)
    return TimeShift(days=7 * count) if unit == "weeks" else TimeShift(**{unit: count})


def _moment(
    table: Mapping[str, Any], moments: tuple[datetime, datetime], values: Mapping[str, SiteValue]
) -> datetime:
    """Return a moment: hours count from the end of the procedure, days and weeks from its day."""
    return shift_moment(moments["hours" in table], _shift(table, values))


def _check_order(values: Mapping[str, SiteValue]) -> None:
    """Refuse numbers that contradict each other."""
    limits = (("lie_flat_hours", values["in_room_hours"].value), ("in_room_hours", 24.0))
    for name, most in limits:
        if values[name].value > most:
            message = f"{name} of activity is expected at most {most:g} h; got {values[name].text}"
            raise InputError(message)
    if values["loading_week"].value <= 1:
        message = "loading_week of activity is expected after week 1"
        raise InputError(message)


def _phase(
    table: Mapping[str, Any],
    moments: tuple[datetime, datetime],
    values: Mapping[str, SiteValue],
) -> ActivityPhase:
    """Return a phase; ``moments`` are start and end of the procedure."""
    sentences = " ".join((table["label"], *table["do"], *table["leave"]))
    used = tuple(value for name, value in values.items() if f"{{{name}}}" in sentences)
    words = {value.name: value.text for value in used}
    end = table.get("to")
    return ActivityPhase(
        key=table["key"],
        label=table["label"].format(**words),
        start=_moment(table["from"], moments, values),
        end=None if end is None else _moment(end, moments, values),
        do=tuple(text.format(**words) for text in table["do"]),
        leave=tuple(text.format(**words) for text in table["leave"]),
        values=used,
        note=read_note(table),
    )
