"""When the clocks of a zone are put forward or back, as a calendar file states it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from icalendar import Timezone

_DAY = timedelta(days=1)
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneChange:
    """From when on a zone has an offset.

    Attributes
    ----------
    onset : datetime
        On the clocks as they were before, without zone (RFC 5545, 3.6.5).
    before, after : timedelta
        Offsets from UTC.
    summer : bool
    name : str
        Of the new time, such as CEST.
    """

    onset: datetime
    before: timedelta
    after: timedelta
    summer: bool
    name: str


def zone_changes(zone: ZoneInfo, first: date, last: date) -> tuple[ZoneChange, ...]:
    """Return the offset on the first day, then each change until the last day.

    Parameters
    ----------
    zone : ZoneInfo
    first, last : date
    """
    moment = datetime.combine(first, time(), tzinfo=UTC)
    end = datetime.combine(last, time(), tzinfo=UTC)
    offset = _offset(zone, moment)
    found = [_change(zone, moment, offset)]
    while moment < end:
        later = moment + _DAY
        if _state(zone, later) != _state(zone, moment):
            at = _find_change(zone, moment, later)
            found.append(_change(zone, at, _offset(zone, at - timedelta(seconds=1))))
        moment = later
    return tuple(found)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or _NONE


def _state(zone: ZoneInfo, moment: datetime) -> tuple[timedelta, str]:
    local = moment.astimezone(zone)
    return local.utcoffset() or _NONE, local.tzname() or ""


def _find_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first second with the state of ``after``."""
    low, high = 0, round((after - before).total_seconds())
    start = _state(zone, before)
    while high - low > 1:
        middle = (low + high) // 2
        if _state(zone, before + timedelta(seconds=middle)) == start:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)


def _change(zone: ZoneInfo, at: datetime, before: timedelta) -> ZoneChange:
    local = at.astimezone(zone)
    return ZoneChange(
        onset=(at + before).replace(tzinfo=None),
        before=before,
        after=local.utcoffset() or _NONE,
        summer=bool(local.dst()),
        name=local.tzname() or zone.key,
    )


def zone_component(zone: ZoneInfo, first: date, last: date) -> "Timezone":
    """Return the zone as a part of a calendar file, valid from the first to the last day."""
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

    component = Timezone()
    component.add("tzid", zone.key)
    for change in zone_changes(zone, first, last):
        part = TimezoneDaylight() if change.summer else TimezoneStandard()
        part.add("dtstart", change.onset)
        part.add("tzoffsetfrom", change.before)
        part.add("tzoffsetto", change.after)
        part.add("tzname", change.name)
        component.add_component(part)
    return component
