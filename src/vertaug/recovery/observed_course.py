"""What was seen in one patient or in a cohort of the clinic, to be drawn beside the trials."""

import math
from dataclasses import dataclass
from itertools import pairwise

from vertaug.case.errors import InputError
from vertaug.recovery.trial import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedCourse:
    """Values of one patient, or means of a cohort, by time.

    Attributes
    ----------
    label : str
        Such as ``this patient``.
    days : tuple of float
        Since the procedure, rising; 0 or less is before it.
    values : tuple of float or None
        None: the visit was planned and there is no value. It is drawn as a gap.
    n : tuple of int
        Patients behind each mean; empty of one patient.
    low, high : tuple of float or None
        95 % interval of each mean; empty where there is none.
    scale : str
        Of the values, such as ``0-10``.
    """

    label: str
    days: tuple[float, ...]
    values: tuple[float | None, ...]
    scale: str
    n: tuple[int, ...] = ()
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()

    def __post_init__(self) -> None:
        if len(self.values) != len(self.days) or not self.days:
            message = (
                f"{self.label}: as many values as days are expected, at least one; got "
                f"{len(self.values)} and {len(self.days)}"
            )
            raise InputError(message)
        for name in ("n", "low", "high"):
            given = getattr(self, name)
            if given and len(given) != len(self.days):
                message = f"{self.label}: {name} of each day is expected, or of none"
                raise InputError(message)
        if bool(self.low) != bool(self.high):
            message = f"{self.label}: both ends of the intervals are expected, or none"
            raise InputError(message)
        if any(later <= before for before, later in pairwise(self.days)):
            message = f"{self.label}: rising days are expected; got {self.days}"
            raise InputError(message)
        if any(value is not None and not math.isfinite(value) for value in self.values):
            message = f"{self.label}: a missing value is None, not {self.values}"
            raise InputError(message)

    @property
    def one_patient(self) -> bool:
        """Whether it is one patient's."""
        return not self.n

    @property
    def baseline(self) -> float | None:
        """Last value before the procedure; None where there is none."""
        found = None
        for day, value in zip(self.days, self.values, strict=True):
            if day <= 0 and value is not None:
                found = value
        return found

    @property
    def last(self) -> tuple[float, float] | None:
        """Day and value of the last visit after the procedure that has one."""
        found = None
        for day, value in zip(self.days, self.values, strict=True):
            if day > 0 and value is not None:
                found = (day, value)
        return found

    def check(self, measure: Measure) -> None:
        """Refuse values of another scale, or beyond the ends of it.

        Raises
        ------
        InputError
            If they are.
        """
        if self.scale != measure.scale:
            message = (
                f"{self.label} is on the scale {self.scale}, {measure.label} on {measure.scale}; "
                "scales are never mixed"
            )
            raise InputError(message)
        for value in self.values:
            if value is not None and not measure.low <= value <= measure.high:
                message = (
                    f"{self.label}: values between {measure.low:g} and {measure.high:g} are "
                    f"expected; got {value:g}"
                )
                raise InputError(message)
