"""Days and windows in words, the same in every language setting of a computer."""

from datetime import date

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
    """Return the window of a visit."""
    first, last = visit.earliest, visit.latest
    if not visit.by_the_hour:
        return f"from {day_words(first)} to {day_words(last)}"
    if first.date() == last.date():
        return f"on {day_words(first)} from {first:%H:%M} to {last:%H:%M}"
    return f"from {day_words(first)}, {first:%H:%M}, to {day_words(last)}, {last:%H:%M}"
