"""What a patient takes of one drug in a day."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from vertaug.case.errors import InputError

Exact = Decimal | int | str
"""A number without rounding: ``2.5`` as text or Decimal, never as float."""
_MILLIGRAMS = {"mg": Decimal(1), "g": Decimal(1000), "ug": Decimal("0.001")}
_OTHER_UNITS = {
    "mcg": "ug",
    "µg": "ug",
    "μg": "ug",
    "mcg/h": "ug/h",
    "µg/h": "ug/h",
    "μg/h": "ug/h",
}
_MOST_TIMES = 24
_TEXT = re.compile(
    r"^(?P<drug>[A-Za-z][A-Za-z \-]*?)\s+(?P<amount>\d+(?:\.\d+)?)\s*(?P<unit>\S+?)"
    r"(?:\s+(?:x\s*)?(?P<times>\d+(?:\.\d+)?)(?:\s*(?:x|times)?(?:\s*/\s*d| a day| daily)?))?$"
)
PER_HOUR = "ug/h"


class DoseRoute(StrEnum):
    """How a drug is taken."""

    ORAL = "oral"
    TRANSDERMAL = "transdermal"
    INTRAVENOUS = "intravenous"
    INTRAMUSCULAR = "intramuscular"
    SUBCUTANEOUS = "subcutaneous"
    INTRANASAL = "intranasal"
    BUCCAL = "buccal"
    RECTAL = "rectal"
    NEURAXIAL = "neuraxial"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalgesicDose:
    """A drug and how much of it is taken.

    Attributes
    ----------
    drug : str
    amount : Decimal
        Of one dose, or of a patch an hour.
    unit : str
        ``mg``, ``g`` or ``ug``; ``ug/h`` of a patch.
    times_per_day : Decimal
        As taken, not as prescribed; 1 of a patch.
    route : DoseRoute
    """

    drug: str
    amount: Decimal
    unit: str = "mg"
    times_per_day: Decimal = Decimal(1)
    route: DoseRoute = DoseRoute.ORAL

    def __post_init__(self) -> None:
        unit = _OTHER_UNITS.get(self.unit, self.unit)
        if unit not in {*_MILLIGRAMS, PER_HOUR}:
            message = (
                f"the unit of {self.drug} is expected as mg, g, ug, or ug/h of a patch; got "
                f"{self.unit!r}"
            )
            raise InputError(message)
        object.__setattr__(self, "unit", unit)
        amount = _exact(self.amount, f"the amount of {self.drug}")
        times = _exact(self.times_per_day, f"how often {self.drug} is taken a day")
        if times > _MOST_TIMES:
            message = f"{self.drug} is taken at most {_MOST_TIMES} times a day; got {times}"
            raise InputError(message)
        if unit == PER_HOUR and times != 1:
            message = (
                f"a patch of {self.drug} gives its ug/h all day: give the sum of all patches once, "
                f"not {times} times"
            )
            raise InputError(message)
        object.__setattr__(self, "amount", amount)
        object.__setattr__(self, "times_per_day", times)
        object.__setattr__(self, "drug", " ".join(self.drug.lower().split()))

    @property
    def per_hour(self) -> bool:
        """Whether the amount is that of a patch an hour."""
        return self.unit == PER_HOUR

    @property
    def daily_mg(self) -> Decimal:
        """What is taken in a day, mg; of a patch, micrograms an hour are no mg: refused.

        Raises
        ------
        InputError
            If the amount is one an hour.
        """
        if self.per_hour:
            message = f"{self.drug} in ug/h has no daily mg here"
            raise InputError(message)
        return self.amount * _MILLIGRAMS[self.unit] * self.times_per_day


def _exact(value: object, what: str) -> Decimal:
    """Return a number above zero without rounding."""
    if isinstance(value, (float, bool)):
        message = f"{what} is expected as a text or Decimal, such as '2.5', not as {value!r}"
        raise InputError(message)
    try:
        found = Decimal(value)  # type: ignore[arg-type]
    except (InvalidOperation, TypeError, ValueError) as error:
        message = f"{what} is expected as a number; got {value!r}"
        raise InputError(message) from error
    if not found.is_finite() or found <= 0:
        message = f"{what} is expected above 0 (leave out what is not taken); got {value}"
        raise InputError(message)
    return found


def take(
    drug: str,
    amount: Exact,
    times_per_day: Exact = 1,
    *,
    unit: str = "mg",
    route: DoseRoute = DoseRoute.ORAL,
) -> AnalgesicDose:
    """Return a dose from plain numbers.

    Raises
    ------
    InputError
        If a number or unit cannot be.
    """
    return AnalgesicDose(
        drug=drug,
        amount=_exact(amount, f"the amount of {drug}"),
        times_per_day=_exact(times_per_day, f"how often {drug} is taken a day"),
        unit=unit,
        route=route,
    )


def read_dose(text: str) -> AnalgesicDose:
    """Return a dose from words: ``oxycodone 10 mg x2``, ``fentanyl 25 ug/h``.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    found = _TEXT.match(text.strip())
    if found is None:
        message = (
            "a drug is expected such as 'oxycodone 10 mg x2' (twice a day) or 'fentanyl 25 ug/h'; "
            f"got {text!r}"
        )
        raise InputError(message)
    unit = _OTHER_UNITS.get(found["unit"], found["unit"])
    patch = unit == PER_HOUR
    if found["times"] is None and not patch:
        message = f"how often a day is missing in {text!r}; such as '{text.strip()} x2'"
        raise InputError(message)
    return take(
        found["drug"],
        found["amount"],
        found["times"] or 1,
        unit=unit,
        route=DoseRoute.TRANSDERMAL if patch else DoseRoute.ORAL,
    )
