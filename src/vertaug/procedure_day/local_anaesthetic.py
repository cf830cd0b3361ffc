"""Ceilings of local anaesthetics by weight, for mixtures too. Ceilings, not orders.

Doses are exact fractions of the decimals that were given, so that a dose right at its ceiling is
within it and the next step above is not. Without a weight there is no ceiling.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from math import floor
from typing import Any

from vertaug.case.errors import InputError
from vertaug.case.near_name import refuse_unknown
from vertaug.procedure_day.evidence import Evidence, evidence_of, read_table

Number = int | float | str | Decimal | Fraction
"""Decimals as written: a float counts as the shortest decimal that prints it."""

CEILING_WORDS = "ceiling, not an order"
MG_PER_ML_OF_ONE_PERCENT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAnaesthetic:
    """A drug, plain or with epinephrine.

    Attributes
    ----------
    name, title : str
    mg_per_kg, most_mg : Fraction
        The ceiling by weight, and whatever the weight.
    usual_percent : tuple of Fraction
        Solutions that volumes are given for.
    strongest_percent : Fraction
        Strongest solution for injection.
    evidence : Evidence
    """

    name: str
    title: str
    mg_per_kg: Fraction
    most_mg: Fraction
    usual_percent: tuple[Fraction, ...]
    strongest_percent: Fraction
    evidence: Evidence

    def check_percent(self, percent: Number) -> Fraction:
        """Return the strength of a solution.

        Raises
        ------
        InputError
            If there is no such solution for injection.
        """
        found = exact(percent, f"the strength of {self.title} in %")
        if not 0 < found <= self.strongest_percent:
            message = (
                f"{self.title} for injection has above 0 to {float(self.strongest_percent):g} %; "
                f"got {float(found):g} %. 1 % is 10 mg/ml: look at the unit"
            )
            raise InputError(message)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The most of one drug for one patient.

    Attributes
    ----------
    drug : LocalAnaesthetic
    weight_kg, factor, mg : Fraction
        ``factor`` is that of the reduction, 1 without.
    capped : bool
        Whether the ceiling for any weight holds, not that by weight.
    """

    drug: LocalAnaesthetic
    weight_kg: Fraction
    factor: Fraction
    mg: Fraction
    capped: bool

    def volume_ml(self, percent: Number) -> Fraction:
        """Return the volume of a solution that holds it.

        Raises
        ------
        InputError
            If there is no such solution.
        """
        return self.mg / (MG_PER_ML_OF_ONE_PERCENT * self.drug.check_percent(percent))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """A volume of a solution.

    Attributes
    ----------
    drug : LocalAnaesthetic
    percent, volume_ml : Fraction
    """

    drug: LocalAnaesthetic
    percent: Fraction
    volume_ml: Fraction

    @property
    def mg(self) -> Fraction:
        """What it holds."""
        return MG_PER_ML_OF_ONE_PERCENT * self.percent * self.volume_ml


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Doses of one session together.

    Attributes
    ----------
    doses : tuple of Dose
    shares : tuple of Fraction
        Of each dose in the ceiling of its drug.
    """

    doses: tuple[Dose, ...]
    shares: tuple[Fraction, ...]

    @property
    def total(self) -> Fraction:
        """Sum of the shares; the ceiling of the mixture is 1."""
        return sum(self.shares, Fraction(0))

    @property
    def within(self) -> bool:
        """Whether the ceiling is kept; right at it, it is."""
        return self.total <= 1


def exact(value: Number, what: str) -> Fraction:
    """Return a number as the decimal that was written.

    Raises
    ------
    InputError
        If it is not a finite number.
    """
    if isinstance(value, Fraction):
        return value
    message = f"{what} is expected as a number; got {value!r}"
    if isinstance(value, bool):
        raise InputError(message)
    try:
        return Fraction(Decimal(str(value).strip()))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise InputError(message) from error


@cache
def known_drugs() -> dict[str, LocalAnaesthetic]:
    """Return the local anaesthetics by name."""
    return {
        name: LocalAnaesthetic(
            name=name,
            title=table["title"],
            mg_per_kg=Fraction(table["mg_per_kg"]),
            most_mg=Fraction(table["most_mg"]),
            usual_percent=tuple(Fraction(text) for text in table["usual_percent"]),
            strongest_percent=Fraction(table["strongest_percent"]),
            evidence=evidence_of(table),
        )
        for name, table in _tables()["drug"].items()
    }


def drug_named(name: str) -> LocalAnaesthetic:
    """Return a local anaesthetic.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    known = known_drugs()
    refuse_unknown(name, known, "local anaesthetic")
    return known[name]


def check_weight(weight_kg: Number | None) -> Fraction:
    """Return a weight that a ceiling can be computed with.

    Raises
    ------
    InputError
        If it is not known, or implausible in an adult. There is no usual weight to fall back on.
    """
    if weight_kg is None:
        message = "the weight is not known, so there is no ceiling: weigh the patient"
        raise InputError(message)
    weight = exact(weight_kg, "the weight in kg")
    low, high = (Fraction(_tables()["weight_kg"][key]) for key in ("low", "high"))
    if not low <= weight <= high:
        message = (
            f"a weight of {float(weight):g} kg is implausible in an adult; expected {low} to "
            f"{high} kg: weigh again, and look at the unit"
        )
        raise InputError(message)
    return weight


def check_factor(factor: Number) -> Fraction:
    """Return a reduction of the ceilings.

    Raises
    ------
    InputError
        If it is not above 0 and at most 1.
    """
    found = exact(factor, "the factor of the ceiling")
    if not 0 < found <= 1:
        message = f"a ceiling is reduced by a factor above 0 to 1; got {float(found):g}"
        raise InputError(message)
    return found


def ceiling(
    drug: LocalAnaesthetic, weight_kg: Number | None, *, factor: Number = Fraction(1)
) -> Ceiling:
    """Return the most of a drug for a weight: mg per kg, but not above that for any weight.

    Parameters
    ----------
    drug : LocalAnaesthetic
    weight_kg : number or None
    factor : number
        Of the reduction, see `vertaug.procedure_day.reduction.judge_reduction`; it lowers the
        ceiling for any weight too.

    Raises
    ------
    InputError
        Without a weight, with an implausible one, or a factor outside 0 to 1.
    """
    weight, reduced = check_weight(weight_kg), check_factor(factor)
    by_weight = drug.mg_per_kg * weight
    return Ceiling(
        drug=drug,
        weight_kg=weight,
        factor=reduced,
        mg=reduced * min(by_weight, drug.most_mg),
        capped=by_weight > drug.most_mg,
    )


def dose(name: str, percent: Number, volume_ml: Number) -> Dose:
    """Return a volume of a solution of a named drug.

    Raises
    ------
    InputError
        If there is no such drug or solution, or the volume is below 0 or above 200 ml.
    """
    drug = drug_named(name)
    volume = exact(volume_ml, f"the volume of {drug.title} in ml")
    if not 0 <= volume <= 200:
        message = f"a volume of {drug.title} is expected from 0 to 200 ml; got {float(volume):g} ml"
        raise InputError(message)
    return Dose(drug=drug, percent=drug.check_percent(percent), volume_ml=volume)


def add_up(
    doses: Iterable[Dose], weight_kg: Number | None, *, factor: Number = Fraction(1)
) -> Mixture:
    """Return doses with their shares of the ceilings.

    Raises
    ------
    InputError
        As `ceiling`.
    """
    weight, given = check_weight(weight_kg), tuple(doses)
    shares = tuple(one.mg / ceiling(one.drug, weight, factor=factor).mg for one in given)
    return Mixture(doses=given, shares=shares)


def remaining_ml(
    name: str,
    percent: Number,
    after: Iterable[Dose],
    weight_kg: Number | None,
    *,
    factor: Number = Fraction(1),
) -> Fraction:
    """Return the volume of a solution up to the ceiling, after other doses; 0 where none is left.

    Parameters
    ----------
    name : str
        Of the drug.
    percent : number
    after : iterable of Dose
        What the patient has had.
    weight_kg : number or None
    factor : number

    Raises
    ------
    InputError
        As `ceiling`.
    """
    left = max(1 - add_up(after, weight_kg, factor=factor).total, Fraction(0))
    full = ceiling(drug_named(name), weight_kg, factor=factor)
    return left * full.volume_ml(percent)


def rounded_down(value: Fraction, digits: int = 1) -> float:
    """Return a ceiling as it is printed: never above what it is."""
    steps: int = 10**digits
    return floor(value * steps) / steps


def _tables() -> dict[str, Any]:
    return read_table("local_anaesthetics")
