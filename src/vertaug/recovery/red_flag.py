"""Warning signs after the procedure: how soon somebody must see the patient, and what to say.

A sign that was not asked is not absent. Nothing here is watched by anybody, and says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vertaug.case.errors import InputError
from vertaug.case.near_name import refuse_unknown
from vertaug.recovery.source_note import SourceNote, read_data, read_note

_PHONE = re.compile(r"^\+?[0-9][0-9 ()./\-]*(?: ?(?:ext|x)\.? ?[0-9]+)?$")
_LEAST_DIGITS, _MOST_DIGITS = 3, 20
BLANK_PHONE = "____________________"
BLANK_SHORT_PHONE = "__________"
_COLDEST_C, _HOTTEST_C = 25.0, 45.0


class FlagTier(StrEnum):
    """How soon, most urgent first."""

    EMERGENCY = "emergency"
    SAME_DAY = "same_day"
    THIS_WEEK = "this_week"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicPhone:
    """Whom the patient calls.

    Attributes
    ----------
    clinic : str or None
        None: not given; a blank line stands for it.
    emergency : str or None
        Of the ambulance; None: not given, none is guessed, a blank line stands for it.
    """

    clinic: str | None = None
    emergency: str | None = None

    def __post_init__(self) -> None:
        for name, number in (("clinic", self.clinic), ("emergency", self.emergency)):
            if number is not None:
                object.__setattr__(self, name, check_phone(number, name))

    def require(self) -> str:
        """Return the number of the clinic.

        Raises
        ------
        InputError
            If it is not given: a sheet without it must not be handed out.
        """
        if self.clinic is None:
            message = (
                "a sheet with warning signs is not printed without the number to call; give it "
                "with --phone"
            )
            raise InputError(message)
        return self.clinic


def check_phone(number: str, name: str = "clinic") -> str:
    """Return a phone number as it is printed.

    Raises
    ------
    InputError
        If it is no phone number.
    """
    text = " ".join(number.split())
    digits = sum(character.isdigit() for character in text)
    if _PHONE.match(text) is None or not _LEAST_DIGITS <= digits <= _MOST_DIGITS:
        message = (
            f"the {name} phone is expected as a number such as +91 172 555 0100; got {number!r}"
        )
        raise InputError(message)
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlag:
    """A warning sign.

    Attributes
    ----------
    key : str
    tier : FlagTier
    words : str
        What the patient reads.
    why : str
        What a clinician thinks of.
    from_hours : int
        It counts from then on only.
    note : SourceNote
    """

    key: str
    tier: FlagTier
    words: str
    why: str
    from_hours: int
    note: SourceNote


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagTierAdvice:
    """A tier with its signs and what to do.

    Attributes
    ----------
    tier : FlagTier
    label, advice, coordinator : str
    signs : tuple of RedFlag
    """

    tier: FlagTier
    label: str
    advice: str
    coordinator: str
    signs: tuple[RedFlag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagResult:
    """Answers of a patient, judged.

    Attributes
    ----------
    tier : FlagTierAdvice or None
        The most urgent tier with a sign; None: no sign among those that were answered.
    found : tuple of RedFlag
    unanswered : tuple of RedFlag
        Not asked: they may be there.
    too_early : tuple of RedFlag
        There, but expected so soon after the procedure.
    banner : str
    """

    tier: FlagTierAdvice | None
    found: tuple[RedFlag, ...]
    unanswered: tuple[RedFlag, ...]
    too_early: tuple[RedFlag, ...]
    banner: str


def read_banner() -> str:
    """Return the sentence that nobody watches."""
    return str(read_data("red_flags")["banner"])


def read_flags(fever_c: float | None = None) -> tuple[RedFlag, ...]:
    """Return all warning signs, most urgent first.

    Parameters
    ----------
    fever_c : float or None
        What a clinic calls fever; None: that of the clinical reference.

    Raises
    ------
    InputError
        If the fever is none.
    """
    limit = _read_fever(fever_c)
    degrees = {"fever_c": f"{limit:.1f}", "fever_f": f"{limit * 9 / 5 + 32:.1f}"}
    return tuple(
        RedFlag(
            key=table["key"],
            tier=FlagTier(table["tier"]),
            words=table["pt"].format(**degrees),
            why=table["why"],
            from_hours=table.get("from_hours", 0),
            note=read_note(table),
        )
        for table in read_data("red_flags")["sign"]
    )


def _read_fever(fever_c: float | None) -> float:
    """Return from where on it is fever, degrees Celsius."""
    limit = float(read_data("red_flags")["fever"]["value"] if fever_c is None else fever_c)
    if not 37.0 <= limit <= 40.0:
        message = f"fever is expected to begin between 37 and 40 degrees Celsius; got {limit:g}"
        raise InputError(message)
    return limit


def advise_flags(phone: ClinicPhone, fever_c: float | None = None) -> tuple[FlagTierAdvice, ...]:
    """Return the tiers with their signs and what to do, most urgent first.

    Parameters
    ----------
    phone : ClinicPhone
        A missing number becomes a blank line.
    fever_c : float or None
    """
    signs = read_flags(fever_c)
    emergency = phone.emergency or BLANK_SHORT_PHONE
    words = {"phone": f": {phone.clinic or BLANK_PHONE}", "emergency": emergency}
    tables = read_data("red_flags")["tier"]
    return tuple(
        FlagTierAdvice(
            tier=tier,
            label=tables[tier.value]["label"],
            advice=tables[tier.value]["advice"].format(**words),
            coordinator=tables[tier.value]["coordinator"],
            signs=tuple(sign for sign in signs if sign.tier is tier),
        )
        for tier in FlagTier
    )


def check_flags(
    answers: Mapping[str, bool | None],
    hours: float,
    phone: ClinicPhone | None = None,
    *,
    temperature_c: float | None = None,
    fever_c: float | None = None,
) -> FlagResult:
    """Judge the answers of a patient.

    Parameters
    ----------
    answers : mapping of str to bool or None
        By key of the sign; None or absent: not asked.
    hours : float
        Since the procedure.
    phone : ClinicPhone or None
    temperature_c : float or None
        Measured; answers for fever where chills were not asked.
    fever_c : float or None
        What a clinic calls fever.

    Raises
    ------
    InputError
        If a sign is not known, or a temperature or time cannot be.
    """
    if hours < 0:
        message = f"warning signs are asked for after the procedure; got {hours:g} h"
        raise InputError(message)
    signs = read_flags(fever_c)
    for key in answers:
        refuse_unknown(key, tuple(sign.key for sign in signs), "warning sign")
    given = dict(answers)
    if temperature_c is not None and _is_fever(temperature_c, fever_c):
        given["fever_or_chills"] = True
    present = [sign for sign in signs if given.get(sign.key) is True]
    found = tuple(sign for sign in present if hours >= sign.from_hours)
    tiers = {advice.tier: advice for advice in advise_flags(phone or ClinicPhone(), fever_c)}
    worst = next((tier for tier in FlagTier if any(s.tier is tier for s in found)), None)
    return FlagResult(
        tier=None if worst is None else tiers[worst],
        found=found,
        unanswered=tuple(sign for sign in signs if given.get(sign.key) is None),
        too_early=tuple(sign for sign in present if hours < sign.from_hours),
        banner=read_banner(),
    )


def _is_fever(temperature_c: float, fever_c: float | None) -> bool:
    """Whether a temperature is fever.

    Raises
    ------
    InputError
        If it cannot be one of a living body.
    """
    if not _COLDEST_C <= temperature_c <= _HOTTEST_C:
        message = (
            f"a temperature between {_COLDEST_C:g} and {_HOTTEST_C:g} degrees Celsius is expected; "
            f"got {temperature_c:g} (degrees Fahrenheit?)"
        )
        raise InputError(message)
    return temperature_c >= _read_fever(fever_c)
