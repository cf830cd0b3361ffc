"""A column of the registry: what it may hold, and how text becomes its value."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from vertaug.case.errors import InputError, LevelError
from vertaug.case.level import parse_level

Value = str | int | float | bool | date | None
"""A stored value; None where it is unknown."""
Record = Mapping[Any, Any]
"""Values by column; rows of SQLAlchemy can be asked by more than names."""

_YES = frozenset({"1", "yes", "true", "y"})
_NO = frozenset({"0", "no", "false", "n"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""And halves of characters, which no file can hold."""
_PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,39}")
OLDEST_TOLD = 89
TOP_AGE = "90+"
"""What exports tell of an older one (45 CFR 164.514(b)(2)(i)(C))."""
_LONGEST = 4000


class FieldKind(StrEnum):
    """What a column holds."""

    CODE = "code"
    NOTE = "note"
    CHOICE = "choice"
    WHOLE = "whole"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    LEVEL = "level"


_NUMERIC = frozenset({FieldKind.WHOLE, FieldKind.NUMBER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column.

    Attributes
    ----------
    name : str
        Ends with the unit of a quantity.
    kind : FieldKind
    label : str
        Words for a clinician.
    unit : str
        UCUM; empty where there is none.
    low, high : float or None
        Values outside are impossible and refused.
    choices : tuple of str
    required : bool
        A row without it is refused.
    identifies : bool
        It names the person.
    """

    name: str
    kind: FieldKind
    label: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    identifies: bool = False

    @property
    def expected(self) -> str:
        """What a value looks like, in words."""
        if self.name == "pseudonym":
            return "3 to 40 letters, digits, - or _"
        if self.kind is FieldKind.CHOICE:
            return "one of " + ", ".join(self.choices)
        if self.kind in _NUMERIC:
            kind = "a whole number" if self.kind is FieldKind.WHOLE else "a number"
            unit = f" {self.unit}" if self.unit not in {"", "1"} else ""
            if self.low is None or self.high is None:
                return f"{kind}{unit}"
            return f"{kind} from {self.low:.10g} to {self.high:.10g}{unit}"
        return {
            FieldKind.FLAG: "yes or no",
            FieldKind.DATE: "a date such as 2026-11-30",
            FieldKind.LEVEL: "a level: C1-C7, T1-T13, L1-L6 or S1",
        }.get(self.kind, "text without control characters, at most 4000 characters")

    def take(self, given: object) -> Value:
        """Return the value that is stored for ``given``, text or a value of its kind.

        Empty text is unknown.

        Raises
        ------
        InputError
            If it cannot be stored; the message is what was expected.
        """
        if given is None or (isinstance(given, str) and not given.strip()):
            if self.required:
                message = f"a value: {self.expected}"
                raise InputError(message)
            return None
        try:
            return self._convert(given)
        except (ValueError, TypeError, OverflowError) as error:
            raise InputError(self.expected) from error

    def _convert(self, given: object) -> Value:
        if self.kind in _NUMERIC:
            return self._as_number(given)
        if self.kind is FieldKind.DATE:
            return _as_date(given)
        if self.kind is FieldKind.FLAG:
            return _as_flag(given)
        text = given if self.kind is FieldKind.NOTE else str(given).strip()
        if not isinstance(text, str):
            raise TypeError(given)
        return self._as_text(text)

    def _as_text(self, text: str) -> str:
        if self.kind is FieldKind.LEVEL:
            return _as_level(text)
        if self.kind is FieldKind.CHOICE:
            if text not in self.choices:
                raise ValueError(text)
            return text
        if len(text) > _LONGEST or _CONTROL.search(text):
            raise ValueError(text)
        if self.name == "pseudonym" and not _PSEUDONYM.fullmatch(text):
            raise ValueError(text)
        return text

    def _as_number(self, given: object) -> float | int:
        if isinstance(given, bool):
            raise TypeError(given)
        if self.name == "age_y" and given == TOP_AGE:
            given = OLDEST_TOLD + 1
        value = float(given) if isinstance(given, int | float | str) else math.nan
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not (math.isfinite(value) and low <= value <= high):
            raise ValueError(given)
        if self.kind is FieldKind.NUMBER:
            return value + 0.0  # no minus zero
        if value != round(value):
            raise ValueError(given)
        return round(value)

    def write(self, value: Value) -> str:
        """Return a value as text, as files have it; unknown is empty."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, date):
            return value.isoformat()
        return repr(value) if isinstance(value, float) else str(value)


def _as_flag(given: object) -> bool:
    if isinstance(given, bool):
        return given
    text = str(given).strip().lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise ValueError(given)


def _as_date(given: object) -> date:
    if isinstance(given, date):
        return date(given.year, given.month, given.day)
    text = str(given).strip()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(given)
    return date.fromisoformat(text)


def _as_level(text: str) -> str:
    try:
        return parse_level(text)
    except LevelError as error:
        raise ValueError(text) from error
