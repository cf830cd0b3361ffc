"""Days and windows in words, the same in every language setting of a computer."""

from datetime import date, datetime

from vertaug.recovery.schedule import PlannedVisit

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip


def day_words(day: date, *, short: bool = False) -> str:
    """Return a day: ``Tue 1 Dec 2026``; short: without weekday and year."""
    words = f"{day.day} {_MONTHS[day.month - 1]}"
    return words if short else f"{_DAYS[day.weekday()]} {words} {day.year}"


def window_words(visit: PlannedVisit) -> str:
    """Return the window of a visit; of one counted in hours, from the end of the procedure."""
    earliest, latest = visit.definition.earliest, visit.definition.latest
    if visit.by_the_hour and earliest.elapsed and latest.elapsed:
        return f"{earliest.hours} to {latest.hours} hours after the end"
    return f"from {day_words(visit.earliest)} to {day_words(visit.latest)}"


def due_words(visit: PlannedVisit, ended_at: datetime | None = None) -> str:
    """Return about when a visit is due: nobody has booked it, so that no time of day is given.

    Parameters
    ----------
    visit : PlannedVisit
    ended_at : datetime or None
        End of the procedure; None: hours after it are named, without a clock.
    """
    if not visit.on_the_day:
        return day_words(visit.proposed)
    after = f"{visit.definition.due.hours} hours after the end"
    if ended_at is None:
        return after
    return f"{day_words(visit.due)}, {visit.due:%H:%M} ({after})"
