"""What a fact of the patient is: yes, no, a number with its unit, a choice; or unknown."""

import math
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from vertaug.case.errors import InputError

FactValue = bool | float | str
"""A known value: yes or no, a number in the unit of its definition, or one of its choices."""


_SHOWN_UNITS = {
    "a": "years",
    "d": "days",
    "Cel": "°C",
    "deg": "°",
    "[hnsf'U]": "HU",
    "10*9/L": "×10⁹/L",
}


def show_unit(unit: str) -> str:
    """Return a UCUM unit as people read it; what stands in braces is none."""
    return "" if unit.startswith("{") else _SHOWN_UNITS.get(unit, unit)


class FactKind(StrEnum):
    """What a fact can be."""

    BOOL = "bool"
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactDefinition:
    """A fact that rules, scores and sheets can ask for.

    Attributes
    ----------
    name : str
        Group and name, such as ``lab.inr``.
    kind : FactKind
    label : str
        Words for a clinician.
    how_to_get : str
        Where the value comes from when it is missing.
    unit : str
        UCUM unit of a number; empty for a pure number.
    low, high : float or None
        Values outside are impossible and refused.
    whole : bool
        The number is a whole one.
    choices : tuple of str
        Of a choice.
    """

    name: str
    kind: FactKind
    label: str
    how_to_get: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    whole: bool = False
    choices: tuple[str, ...] = ()

    def check(self, value: FactValue) -> FactValue:
        """Return ``value`` as it is stored.

        Raises
        ------
        InputError
            If it is of another kind, impossible, or not one of the choices.
        """
        if self.kind is FactKind.BOOL:
            return self._check_bool(value)
        if self.kind is FactKind.CHOICE:
            return self._check_choice(value)
        return self._check_number(value)

    def _check_bool(self, value: FactValue) -> bool:
        if isinstance(value, bool):
            return value
        message = f"{self.name} ({self.label}) is expected as yes or no; got {value!r}"
        raise InputError(message)

    def _check_choice(self, value: FactValue) -> str:
        if isinstance(value, str) and value in self.choices:
            return value
        message = (
            f"{self.name} ({self.label}) is expected as one of {', '.join(self.choices)}; "
            f"got {value!r}"
        )
        raise InputError(message)

    def _check_number(self, value: FactValue) -> float:
        words = f"{self.name} ({self.label})"
        if isinstance(value, bool | str) or not math.isfinite(value):
            message = f"{words} is expected as a number{self._in_unit}; got {value!r}"
            raise InputError(message)
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not low <= value <= high:
            message = f"{words} is expected between {low:g} and {high:g}{self._in_unit}"
            message += f"; got {value:g}"
            raise InputError(message)
        if self.whole and value != round(value):
            message = f"{words} is expected as a whole number; got {value:g}"
            raise InputError(message)
        return float(value)

    @property
    def shown_unit(self) -> str:
        """The unit as people read it."""
        return show_unit(self.unit)

    @property
    def _in_unit(self) -> str:
        return f" {self.shown_unit}" if self.shown_unit else ""


DERIVED = "derived"
"""Source of a fact that follows from others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact of a patient.

    Attributes
    ----------
    definition : FactDefinition
    value : bool, float, str or None
        None: unknown, which is never "no".
    dated : date or None
        When it was found.
    source : str
        Where it comes from: a file, the case, by hand.
    note : str
        How it was found, such as the modality of an image.
    """

    definition: FactDefinition
    value: FactValue | None
    dated: date | None = None
    source: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.value is not None:
            object.__setattr__(self, "value", self.definition.check(self.value))

    @property
    def name(self) -> str:
        """Name of the definition."""
        return self.definition.name
