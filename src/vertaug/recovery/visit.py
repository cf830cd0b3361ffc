"""The follow-up visits that are planned after a procedure: when, in which window, what is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vertaug.case.errors import InputError
from vertaug.case.near_name import refuse_unknown
from vertaug.recovery.source_note import SITE, SourceNote, read_data, read_note
from vertaug.recovery.time_shift import TimeShift

_TIMES = ("due", "earliest", "latest", "missed_after")
_SPAN_LIMITS = {"hours": 24 * 7, "days": 1000, "months": 60}
"""Longer ones are a slip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDefinition:
    """A visit of the follow-up plan.

    Attributes
    ----------
    key : str
        Short name, such as ``3mo``.
    label : str
        Words, such as ``3 months``.
    how : str
        Where or how it takes place.
    due, earliest, latest, missed_after : TimeShift
        After the procedure: when it is due, the window, and when it is given up.
    capture : tuple of str
        What is asked and measured.
    imaging : str
        Empty where none is planned.
    in_calendar : bool
        Whether it stands in the patient's calendar.
    note : SourceNote
        Of the visit.
    window_note : SourceNote
        Of the window.
    """

    key: str
    label: str
    how: str
    due: TimeShift
    earliest: TimeShift
    latest: TimeShift
    missed_after: TimeShift
    capture: tuple[str, ...]
    imaging: str
    in_calendar: bool
    note: SourceNote
    window_note: SourceNote


def read_visits(site: Mapping[str, Any] | None = None) -> tuple[VisitDefinition, ...]:
    """Return the visits in their order (clinical reference, part 4.4).

    Parameters
    ----------
    site : mapping or None
        Times that a clinic sets itself: key of a visit, then ``due``, ``earliest``, ``latest``,
        ``missed_after`` with ``hours``, ``days`` or ``months``.

    Raises
    ------
    InputError
        If a visit or time is not known, or not a whole number.
    """
    tables = read_data("visits")
    own = {} if site is None else site
    for key in own:
        refuse_unknown(key, tuple(tables), "visit")
    return tuple(_definition(key, table, own.get(key, {})) for key, table in tables.items())


def _definition(key: str, table: Mapping[str, Any], own: Mapping[str, Any]) -> VisitDefinition:
    if not isinstance(own, Mapping):
        message = f"[visit.{key}] is expected as a table of {', '.join(_TIMES)}; got {own!r}"
        raise InputError(message)
    for name in own:
        refuse_unknown(name, _TIMES, f"time of visit {key}")
    times = {name: _shift(key, name, own.get(name, table[name])) for name in _TIMES}
    return VisitDefinition(
        key=key,
        label=table["label"],
        how=table["how"],
        capture=tuple(table["capture"]),
        imaging=table["imaging"],
        in_calendar=table["in_calendar"],
        note=read_note(table),
        window_note=SITE if own else _DEFAULT_WINDOW,
        **times,
    )


_DEFAULT_WINDOW = read_note({"source": "clinical reference 4.4", "status": "design default"})


def _shift(key: str, name: str, table: object) -> TimeShift:
    """Return a span of time of a visit."""
    if not isinstance(table, Mapping):
        message = f"{name} of visit {key} is expected as a table such as {{ days = 7 }}"
        raise InputError(message)
    for unit, count in table.items():
        refuse_unknown(unit, tuple(_SPAN_LIMITS), f"unit of {name} of visit {key}")
        most = _SPAN_LIMITS[unit]
        if not isinstance(count, int) or isinstance(count, bool) or abs(count) > most:
            message = (
                f"{name} of visit {key} is expected as a whole number of {unit}, at most {most}; "
                f"got {count!r}"
            )
            raise InputError(message)
    return TimeShift(**table)
