"""The follow-up as a calendar file (.ics, RFC 5545).

A calendar is seen by others and copied to servers: by default its titles say that there is a visit
and nothing else. No name stands in it. The same follow-up gives the same bytes.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from vertaug.case.errors import MissingExtraError
from vertaug.recovery.clinic_site import ClinicSite
from vertaug.recovery.date_words import day_words, window_words
from vertaug.recovery.schedule import FollowUp, PlannedVisit
from vertaug.recovery.zone_rule import zone_component

if TYPE_CHECKING:
    from icalendar import Calendar, Event

PLAIN_TITLE = "Follow-up visit"
_MINUTES_BEFORE = 15
"""Alarm of a visit that is counted in hours."""


def calendar_bytes(
    follow_up: FollowUp,
    token: str,
    site: ClinicSite | None = None,
    *,
    full_words: bool = False,
    issued_at: datetime | None = None,
) -> bytes:
    """Return the calendar file.

    Parameters
    ----------
    follow_up : FollowUp
    token : str
        Tells this follow-up from others and stays the same when its dates change, so that a
        calendar moves its visits instead of showing them twice. Only its hash is written.
    site : ClinicSite or None
        Phone, length of a visit, alarms.
    full_words : bool
        What the visit is for and what is asked; else nothing about health.
    issued_at : datetime or None
        Aware; None: the time of the procedure.

    Raises
    ------
    MissingExtraError
        If icalendar is not installed.
    """
    try:
        from icalendar import Calendar
    except ImportError as error:
        message = (
            "a calendar file needs icalendar, which is not installed; install it with: pip install "
            '"vertaug[clinic]"'
        )
        raise MissingExtraError(message) from error
    clinic = ClinicSite() if site is None else site
    calendar = Calendar()
    calendar.add("prodid", "-//vertaug//follow-up//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    stamp = (follow_up.procedure_at if issued_at is None else issued_at).astimezone(UTC)
    for visit in follow_up.visits:
        # some hours after an end that is not known are no time of a calendar
        fixed = follow_up.ended_at is not None or not visit.on_the_day
        if visit.definition.in_calendar and fixed:
            event = _event(visit, clinic, full_words=full_words)
            event.add("uid", _uid(token, visit.key))
            event.add("dtstamp", stamp)
            calendar.add_component(event)
    _add_zone(calendar, follow_up)
    return bytes(calendar.to_ical())


def _uid(token: str, key: str) -> str:
    return f"{sha256(f'vertaug follow-up {token} {key}'.encode()).hexdigest()[:32]}@vertaug"


def _add_zone(calendar: "Calendar", follow_up: FollowUp) -> None:
    """Add the rules of the zone, of the years of the follow-up only."""
    zone = follow_up.procedure_at.tzinfo
    if not isinstance(zone, ZoneInfo) or zone.key == "UTC":
        return
    first = follow_up.procedure_at.date() - timedelta(days=366)
    last = max(visit.latest for visit in follow_up.visits).date() + timedelta(days=366)
    calendar.subcomponents.insert(0, zone_component(zone, first, last))


def _event(visit: PlannedVisit, clinic: ClinicSite, *, full_words: bool) -> "Event":
    """Return one visit."""
    from icalendar import Event

    event = Event()
    title = f"Back treatment: visit at {visit.definition.label}" if full_words else PLAIN_TITLE
    event.add("summary", title)
    # in UTC: on the night of a clock change the wall clock does not tell how long a visit is
    end = visit.proposed.astimezone(UTC) + timedelta(minutes=clinic.calendar.visit_minutes)
    event.add("dtstart", _zoned(visit.proposed))
    event.add("dtend", _zoned(end.astimezone(visit.proposed.tzinfo)))
    event.add("class", "PRIVATE")
    event.add("description", _description(visit, clinic, full_words=full_words))
    for before in _alarms(visit, clinic):
        event.add_component(_alarm(before))
    return event


def _zoned(moment: datetime) -> datetime:
    """Return a moment as a calendar can hold it.

    A fixed offset has no name, and the second pass of an hour that comes twice cannot be written:
    both become UTC.
    """
    named = isinstance(moment.tzinfo, ZoneInfo) and moment.fold == 0
    return moment if named else moment.astimezone(UTC)


def _description(visit: PlannedVisit, clinic: ClinicSite, *, full_words: bool) -> str:
    lines = [f"Possible {window_words(visit)}."]
    if visit.proposed != visit.due:
        lines.append(f"The exact day would be {day_words(visit.due)}; the clinic is closed then.")
    if visit.closed:
        lines.append("The clinic is closed on all of these days: ask for another day.")
    if clinic.phone.clinic is not None:
        lines.append(f"To change it, call {clinic.phone.clinic}.")
    if full_words:
        lines.append(f"How: {visit.definition.how}.")
        lines.append(f"What is asked: {'; '.join(visit.definition.capture)}.")
        if visit.definition.imaging:
            lines.append(f"Imaging: {visit.definition.imaging}.")
    lines.append("Planned by software for research and teaching; the clinic decides.")
    return "\n".join(lines)


def _alarms(visit: PlannedVisit, clinic: ClinicSite) -> tuple[timedelta, ...]:
    if visit.by_the_hour:
        return (timedelta(minutes=_MINUTES_BEFORE),)
    return tuple(timedelta(hours=hours) for hours in clinic.calendar.alarm_hours)


def _alarm(before: timedelta) -> Any:
    """Return an alarm some time before a visit."""
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", PLAIN_TITLE)
    alarm.add("trigger", -before)
    return alarm
