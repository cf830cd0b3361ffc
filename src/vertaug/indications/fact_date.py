"""Dates in a file of facts: of blood tests, and of the fracture, from which its age follows."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from vertaug.case.errors import InputError
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import define_fact

ONSET, FIRST_IMAGE = "fx.onset", "fx.first_image"
"""Dates that may stand in a file instead of the age of the fracture; they are not kept."""
_DATES: Mapping[str, str] = {ONSET: "onset of pain", FIRST_IMAGE: "first image of the fracture"}


def is_date_key(key: str) -> bool:
    """Whether a key stands for a date of the fracture."""
    return key in _DATES


def read_date(given: Any, where: str) -> date:
    """Return a date.

    Raises
    ------
    InputError
        If it is none.
    """
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(str(given).strip()[:10])
    except ValueError as error:
        message = f"{where} is expected as a date such as 2026-03-31; got '{given}'"
        raise InputError(message) from error


def find_fracture_age(
    dates: Mapping[str, date], facts: Iterable[Fact], on: date
) -> tuple[list[Fact], list[str]]:
    """Return the age of the fracture from its dates, and what was done.

    The onset counts, or the first image where the onset is not given.

    Parameters
    ----------
    dates : mapping of str to date
        By ``fx.onset`` and ``fx.first_image``.
    facts : iterable of Fact
        Given ones, of which one may be the age.
    on : date
        Day of the panel.

    Raises
    ------
    InputError
        If the dates are in the wrong order or contradict a given age.
    """
    if not dates:
        return [], []
    for key, day in dates.items():
        if day > on:
            message = (
                f"{key} is {day.isoformat()}, after the day of the panel ({on.isoformat()}): "
                "correct one of the dates"
            )
            raise InputError(message)
    onset, image = dates.get(ONSET), dates.get(FIRST_IMAGE)
    if onset is not None and image is not None and image < onset:
        message = (
            f"{FIRST_IMAGE} is {image.isoformat()}, before {ONSET} ({onset.isoformat()}): the "
            "fracture was seen before it began; correct one of the dates"
        )
        raise InputError(message)
    key = ONSET if onset is not None else FIRST_IMAGE
    age = float((on - dates[key]).days)
    given = next((f.value for f in facts if f.name == "fx.age_days" and f.value is not None), None)
    if given is not None:
        if isinstance(given, float) and abs(given - age) > 1:
            message = (
                f"fx.age_days is {given:g} but {key} was {age:g} days ago: correct one of them"
            )
            raise InputError(message)
        return [], []
    note = f"from the {_DATES[key]}"
    fact = Fact(definition=define_fact("fx.age_days"), value=age, dated=on, note=note)
    return [fact], [f"fx.age_days is {age:g}, {note}; the date itself is not kept"]
