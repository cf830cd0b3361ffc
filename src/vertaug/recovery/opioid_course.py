"""How the opioids of a patient fall over the days, and since when none are taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from vertaug.case.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class OpioidCourse:
    """What a diary says.

    Attributes
    ----------
    free_since : date or None
        First day without opioids after which none were recorded; None: not reached.
    days_to_free : int or None
        From the procedure.
    missing : tuple of date
        Days between the procedure and the last entry of which nothing is known.
    certain : bool
        No day is missing just before or after ``free_since``.
    """

    free_since: date | None
    days_to_free: int | None
    missing: tuple[date, ...]
    certain: bool


def follow_opioids(diary: Mapping[date, Decimal | None], procedure: date) -> OpioidCourse:
    """Return when a patient stopped taking opioids.

    Parameters
    ----------
    diary : mapping of date to Decimal or None
        MME of each day; None and absent days are unknown, not days without opioids.
    procedure : date

    Raises
    ------
    InputError
        If a total is negative, or an entry lies before the procedure.
    """
    for day, mme in diary.items():
        if day < procedure:
            message = f"the diary of {day} lies before the procedure, {procedure}"
            raise InputError(message)
        if mme is not None and mme < 0:
            message = f"MME are not negative; got {mme} on {day}"
            raise InputError(message)
    known = {day: mme for day, mme in sorted(diary.items()) if mme is not None}
    if not known:
        return OpioidCourse(free_since=None, days_to_free=None, missing=(), certain=False)
    last = max(known)
    span = [procedure + timedelta(days=n) for n in range((last - procedure).days + 1)]
    missing = tuple(day for day in span if day not in known)
    taken = [day for day, mme in known.items() if mme > 0]
    free = [day for day in known if not taken or day > max(taken)]
    since = min(free, default=None)
    if since is None:
        return OpioidCourse(free_since=None, days_to_free=None, missing=missing, certain=True)
    start = max(taken, default=procedure)
    return OpioidCourse(
        free_since=since,
        days_to_free=(since - procedure).days,
        missing=missing,
        certain=not any(start <= day for day in missing),
    )
