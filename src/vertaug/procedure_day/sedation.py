"""Mild sedation: steps that sources name and what is monitored. Not orders."""

from dataclasses import dataclass
from functools import cache

from vertaug.case.errors import InputError
from vertaug.procedure_day.evidence import Evidence, Line, evidence_of, read_lines, read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class SedationStep:
    """What a source names as one step of a drug.

    Attributes
    ----------
    name, title, unit : str
    step, combined_step : tuple of float
        Low and high, alone and with the other drug, which halves both.
    usual_most : float or None
        Of the session; None where no source at hand names one.
    holds : bool or None
        Whether the source is for this patient's age; None: the age is not known.
    words : str
    evidence : Evidence
    """

    name: str
    title: str
    unit: str
    step: tuple[float, float]
    combined_step: tuple[float, float]
    usual_most: float | None
    holds: bool | None
    words: str
    evidence: Evidence


def list_sedation(age_y: float | None) -> tuple[SedationStep, ...]:
    """Return the steps for an age.

    Raises
    ------
    InputError
        If the age is impossible.
    """
    if age_y is not None and not 0 <= age_y <= 125:
        message = f"an age is expected within 0 to 125 years; got {age_y:g}"
        raise InputError(message)
    return tuple(_step(name, age_y) for name in read_table("sedation")["drug"])


def _step(name: str, age_y: float | None) -> SedationStep:
    table = read_table("sedation")["drug"][name]
    least_age = table.get("from_age_y")
    holds = True if least_age is None else None if age_y is None else age_y >= least_age
    low, high = table["step"]
    most, unit = table.get("usual_most"), table["unit"]
    if holds is False:
        words = f"the source is for {least_age} years and above: local protocol"
    else:
        words = f"steps of {low:g} to {high:g} {unit}"
        words += f", combined {low / 2:g} to {high / 2:g}"
        words += f"; usually at most {most:g} {unit} in all" if most is not None else ""
        words += f"; source is for {least_age} years and above" if holds is None else ""
    return SedationStep(
        name=name,
        title=table["title"],
        unit=unit,
        step=(low, high),
        combined_step=(low / 2, high / 2),
        usual_most=most,
        holds=holds,
        words=words,
        evidence=evidence_of(table),
    )


@cache
def sedation_rules() -> tuple[Line, ...]:
    """Return what holds for any sedation."""
    return read_lines(read_table("sedation")["rule"])


@cache
def monitoring() -> tuple[Line, ...]:
    """Return what is monitored."""
    return read_lines(read_table("sedation")["monitoring"])
