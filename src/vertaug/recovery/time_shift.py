"""Adding time as a clinic counts it: hours by the clock that runs, days and months by the calendar.

Two hours after a procedure are two hours, whatever the clocks on the wall do in that night. Seven
days after it is the same time of day a week later, and one month after 31 January is the last day
of February.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from vertaug.case.errors import InputError

FIRST_YEAR, LAST_YEAR = 1984, 2199
"""The first vertebroplasty was done in 1984 (Galibert and Deramond); later years are a slip."""
_MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeShift:
    """A span of time: hours that pass, or months and days of the calendar.

    Attributes
    ----------
    hours : int
        That pass; alone.
    days, months : int
        Of the calendar; months are added first.
    """

    hours: int = 0
    days: int = 0
    months: int = 0

    def __post_init__(self) -> None:
        if self.hours and (self.days or self.months):
            message = (
                "a time is given in hours, or in days and months; got "
                f"{self.hours} h with {self.months} months and {self.days} days"
            )
            raise InputError(message)

    @property
    def elapsed(self) -> bool:
        """Whether it is counted by the clock that runs."""
        return bool(self.hours)


def read_zone(name: str) -> ZoneInfo:
    """Return a time zone of the IANA list, such as ``Asia/Kolkata``.

    Raises
    ------
    InputError
        If there is no such zone on this computer.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        message = (
            f"there is no time zone '{name}' on this computer; expected a name such as "
            "Asia/Kolkata or Europe/Berlin (if there are none at all: pip install tzdata)"
        )
        raise InputError(message) from error


def read_local_time(text: str, zone: tzinfo | None) -> datetime:
    """Return a time of ISO 8601, with its own offset or in ``zone``.

    Parameters
    ----------
    text : str
        Such as ``2026-12-01T10:30``.
    zone : tzinfo or None
        Of the clinic; None: the text must carry an offset.

    Raises
    ------
    InputError
        If it cannot be read, has no zone, never was on the clinic's clocks or was there twice.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"a time is expected such as 2026-12-01T10:30; got '{text}' ({error})"
        raise InputError(message) from error
    if "T" not in text.upper() and " " not in text.strip():
        message = f"a date with its time of day is expected, such as {text}T10:30; got '{text}'"
        raise InputError(message)
    if found.tzinfo is not None:
        return check_moment(found if zone is None else found.astimezone(zone))
    if zone is None:
        message = f"the time zone of '{text}' is not known; give one such as Asia/Kolkata"
        raise InputError(message)
    return check_moment(_on_the_wall(found, zone, text))


def _on_the_wall(naive: datetime, zone: tzinfo, text: str) -> datetime:
    """Return the moment when the clinic's clocks showed ``naive``."""
    first, second = naive.replace(tzinfo=zone), naive.replace(tzinfo=zone, fold=1)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        message = f"{text} is no time of day in {zone}: the clocks were put forward over it"
        raise InputError(message)
    if first.utcoffset() != second.utcoffset():
        message = (
            f"{text} comes twice in {zone}, when the clocks are put back; give the offset too: "
            f"{first.isoformat()} or {second.isoformat()}"
        )
        raise InputError(message)
    return first


def check_moment(moment: datetime) -> datetime:
    """Return ``moment`` if it has a time zone and lies in years that can be.

    Raises
    ------
    InputError
        If it has none, or lies before the first vertebroplasty or in the far future.
    """
    if moment.utcoffset() is None:
        message = f"the time zone of {moment.isoformat()} is not known; give an aware time"
        raise InputError(message)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        message = (
            f"a year between {FIRST_YEAR} (the first vertebroplasty) and {LAST_YEAR} is expected; "
            f"got {moment.isoformat()}"
        )
        raise InputError(message)
    return moment


def shift_date(day: date, shift: TimeShift) -> date:
    """Return the date after months, then days; a day that a month lacks becomes its last."""
    counted = day.year * _MONTHS + day.month - 1 + shift.months
    year, month = divmod(counted, _MONTHS)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)) + timedelta(days=shift.days)


def shift_moment(moment: datetime, shift: TimeShift, at: time | None = None) -> datetime:
    """Return the moment after a span of time, in the zone of ``moment``.

    Parameters
    ----------
    moment : datetime
        Aware.
    shift : TimeShift
    at : time or None
        Time of day for spans of the calendar; None: that of ``moment``.

    Notes
    -----
    A time of day that the clocks skip becomes the one after the skip; of one that comes twice the
    first is taken.
    """
    zone = moment.tzinfo
    if shift.elapsed or not (shift.days or shift.months):
        return (moment.astimezone(UTC) + timedelta(hours=shift.hours)).astimezone(zone)
    clock = (at or moment.time()).replace(tzinfo=None, fold=0)
    wall = datetime.combine(shift_date(moment.date(), shift), clock, tzinfo=zone)
    return wall.astimezone(UTC).astimezone(zone)


def start_of_day(day: date, zone: tzinfo | None) -> datetime:
    """Return the first moment of a day; where midnight is skipped, the one after it."""
    midnight = datetime.combine(day, time(), tzinfo=zone)
    return midnight.astimezone(UTC).astimezone(zone)


def end_of_day(day: date, zone: tzinfo | None) -> datetime:
    """Return the last whole second of a day."""
    next_day = start_of_day(day + timedelta(days=1), zone)
    return (next_day.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone)
