"""What a clinic sets itself: zone, phone, opening days, and any number of the recovery.

One TOML file::

    [clinic]
    timezone = "Asia/Kolkata"
    phone = "+91 172 555 0100"
    closed_weekdays = ["Sunday"]

    [activity]
    lift_kg = 2.3

    [visit.3mo]
    latest = { months = 3, days = 21 }
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from vertaug.case.errors import InputError
from vertaug.case.near_name import refuse_unknown
from vertaug.recovery.red_flag import ClinicPhone
from vertaug.recovery.schedule import ClinicDays
from vertaug.recovery.time_shift import read_zone

_PARTS = ("clinic", "activity", "response", "visit", "calendar")
_CLINIC = (
    "name", "timezone", "phone", "emergency_phone", "visit_time", "closed_weekdays",
    "closed_dates", "fever_c",
)  # fmt: skip
_CALENDAR = ("alarm_hours", "visit_minutes")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSettings:
    """How visits stand in a calendar file.

    Attributes
    ----------
    alarm_hours : tuple of int
        Before a visit counted in days or months.
    visit_minutes : int
        Length of a visit.
    """

    alarm_hours: tuple[int, ...] = (168, 24)
    visit_minutes: int = 30

    def __post_init__(self) -> None:
        for name, count, most in (
            *(("alarm_hours", hours, 24 * 60) for hours in self.alarm_hours),
            ("visit_minutes", self.visit_minutes, 24 * 60),
        ):
            if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= most:
                message = f"{name} is expected as a whole number from 1 to {most}; got {count!r}"
                raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicSite:
    """A clinic.

    Attributes
    ----------
    name : str
        Printed on the sheet; may be empty.
    zone : ZoneInfo or None
        None: not set.
    phone : ClinicPhone
    days : ClinicDays
    fever_c : float or None
    calendar : CalendarSettings
    activity, response, visits : mapping
        Numbers of its own, checked where they are used.
    """

    name: str = ""
    zone: ZoneInfo | None = None
    phone: ClinicPhone = field(default_factory=ClinicPhone)
    days: ClinicDays = field(default_factory=ClinicDays)
    fever_c: float | None = None
    calendar: CalendarSettings = field(default_factory=CalendarSettings)
    activity: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    response: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    visits: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)

    def with_phone(self, clinic: str | None, emergency: str | None) -> "ClinicSite":
        """Return the clinic with other numbers; None keeps what is set."""
        phone = ClinicPhone(
            clinic=clinic or self.phone.clinic, emergency=emergency or self.phone.emergency
        )
        return replace(self, phone=phone)


def read_site(path: Path | None) -> ClinicSite:
    """Return what a clinic set; None: nothing.

    Raises
    ------
    InputError
        If the file cannot be read, or something in it is not known or cannot be.
    """
    import tomllib

    if path is None:
        return ClinicSite()
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        message = f"the clinic's file {path} cannot be read: {error.strerror or error}"
        raise InputError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"the clinic's file {path} is expected as TOML: {error}"
        raise InputError(message) from error
    return parse_site(tree)


def parse_site(tree: Mapping[str, Any]) -> ClinicSite:
    """Return what a clinic set, from the tables of its file.

    Raises
    ------
    InputError
        If something is not known or cannot be.
    """
    for name, part in tree.items():
        refuse_unknown(name, _PARTS, "table of a clinic's file")
        if not isinstance(part, Mapping):
            message = f"[{name}] of a clinic's file is expected as a table; got {part!r}"
            raise InputError(message)
    clinic, calendar = tree.get("clinic", {}), tree.get("calendar", {})
    for given, known, part in ((clinic, _CLINIC, "clinic"), (calendar, _CALENDAR, "calendar")):
        for name in given:
            refuse_unknown(name, known, f"entry of [{part}]")
    zone = _text(clinic, "timezone")
    return ClinicSite(
        name=_text(clinic, "name") or "",
        zone=None if zone is None else read_zone(zone),
        phone=ClinicPhone(
            clinic=_text(clinic, "phone"), emergency=_text(clinic, "emergency_phone")
        ),
        days=ClinicDays(
            visit_time=read_time_of_day(clinic.get("visit_time")),
            closed_weekdays=tuple(_texts(clinic, "closed_weekdays")),
            closed_dates=tuple(_dates(clinic)),
        ),
        fever_c=_number(clinic, "fever_c"),
        calendar=_calendar(calendar),
        activity=tree.get("activity", _NOTHING),
        response=tree.get("response", _NOTHING),
        visits=tree.get("visit", _NOTHING),
    )


def _calendar(table: Mapping[str, Any]) -> CalendarSettings:
    """Return how visits stand in a calendar file."""
    usual = CalendarSettings()
    alarms = table.get("alarm_hours", usual.alarm_hours)
    if not isinstance(alarms, list | tuple):
        message = f"alarm_hours is expected as a list such as [168, 24]; got {alarms!r}"
        raise InputError(message)
    return CalendarSettings(
        alarm_hours=tuple(alarms), visit_minutes=table.get("visit_minutes", usual.visit_minutes)
    )


def read_time_of_day(given: object) -> time | None:
    """Return a time of day such as ``09:30``; None where nothing is given.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if given is None or isinstance(given, time):
        return given
    try:
        return time.fromisoformat(str(given))
    except ValueError as error:
        message = f"a time of day is expected such as 09:30; got {given!r}"
        raise InputError(message) from error


def _text(table: Mapping[str, Any], name: str) -> str | None:
    value = table.get(name)
    if value is None or isinstance(value, str):
        return value
    message = f"{name} of a clinic's file is expected as text in quotes; got {value!r}"
    raise InputError(message)


def _number(table: Mapping[str, Any], name: str) -> float | None:
    value = table.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"{name} of a clinic's file is expected as a number; got {value!r}"
        raise InputError(message)
    return float(value)


def _texts(table: Mapping[str, Any], name: str) -> list[str]:
    values = table.get(name, [])
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return values
    message = f"{name} of a clinic's file is expected as a list of texts; got {values!r}"
    raise InputError(message)


def _dates(table: Mapping[str, Any]) -> list[date]:
    """Return the days on which a clinic is closed."""
    values = table.get("closed_dates", [])
    if isinstance(values, list) and all(
        isinstance(value, date) and not isinstance(value, datetime) for value in values
    ):
        return values
    message = (
        "closed_dates of a clinic's file is expected as a list of dates such as [2027-01-26]; got "
        f"{values!r}"
    )
    raise InputError(message)
