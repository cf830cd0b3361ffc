"""Local anaesthetics of one patient for the sheet: ceilings, volumes, what is left after another.

Without a weight the sheet has no number here, only the order to weigh.
"""

from dataclasses import dataclass
from fractions import Fraction

from vertaug.indications.patient_facts import PatientFacts
from vertaug.procedure_day.evidence import Evidence, Line, evidence_of, read_table
from vertaug.procedure_day.local_anaesthetic import (
    Ceiling,
    ceiling,
    check_weight,
    dose,
    drug_named,
    known_drugs,
    remaining_ml,
    rounded_down,
)
from vertaug.procedure_day.reduction import LipidRescue, Reduction, judge_reduction, lipid_rescue

_FIRST, _SECOND = ("lidocaine_plain", Fraction(1)), ("bupivacaine_plain", Fraction(1, 4))
_STEPS_ML = (5, 10, 15, 20, 25, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeCeiling:
    """The most of one solution, rounded down.

    Attributes
    ----------
    percent, volume_ml : float
    """

    percent: float
    volume_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugCeiling:
    """The ceiling of one drug, rounded down.

    Attributes
    ----------
    name, title : str
    mg : float
        In use: reduced, unless it is known that it is not.
    full_mg : float
        Not reduced.
    capped : bool
        Whether the ceiling for any weight holds.
    law : str
        Such as ``4.5 mg/kg, at most 300 mg``.
    volumes : tuple of VolumeCeiling
        Of the ceiling in use.
    evidence : Evidence
    """

    name: str
    title: str
    mg: float
    full_mg: float
    capped: bool
    law: str
    volumes: tuple[VolumeCeiling, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What is left of a second solution after a volume of a first.

    Attributes
    ----------
    used_ml, left_ml : float
    above_ceiling : bool
        Whether ``used_ml`` alone is above the ceiling of the first; then nothing is left.
    """

    used_ml: float
    left_ml: float
    above_ceiling: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AnaestheticOfDay:
    """Ceilings of one patient.

    Attributes
    ----------
    weight_kg : float or None
    blocked : str
        Why there is no ceiling; empty where there is one.
    reduction : Reduction
    ceilings : tuple of DrugCeiling
        Empty without a weight.
    first, second : str
        The solutions of ``remaining``.
    remaining : tuple of Remaining
    mixture, reach : Line
    allergy : bool or None
        To local anaesthetics; None is not known.
    rescue : LipidRescue
    """

    weight_kg: float | None
    blocked: str
    reduction: Reduction
    ceilings: tuple[DrugCeiling, ...]
    first: str
    second: str
    remaining: tuple[Remaining, ...]
    mixture: Line
    reach: Line
    allergy: bool | None
    rescue: LipidRescue


def compose_anaesthetic(facts: PatientFacts) -> AnaestheticOfDay:
    """Return the ceilings of a patient.

    Raises
    ------
    InputError
        If the weight is implausible in an adult.
    """
    weight, allergy = facts.number("patient.weight_kg"), facts.value("alg.local_anaesthetic")
    reduction = judge_reduction(facts)
    if weight is not None:
        check_weight(weight)
    return AnaestheticOfDay(
        weight_kg=weight,
        blocked="" if weight is not None else "NO CEILING WITHOUT A WEIGHT: weigh the patient",
        reduction=reduction,
        ceilings=() if weight is None else _ceilings(weight, reduction),
        first=_words(*_FIRST),
        second=_words(*_SECOND),
        remaining=() if weight is None else _remaining(weight, reduction.in_use),
        mixture=_line("mixture"),
        reach=_line("reach"),
        allergy=allergy if isinstance(allergy, bool) else None,
        rescue=lipid_rescue(weight),
    )


def _line(name: str) -> Line:
    table = read_table("local_anaesthetics")[name]
    return Line(name=name, text=table["text"], evidence=evidence_of(table))


def _words(name: str, percent: Fraction) -> str:
    return f"{drug_named(name).title} {float(percent):g} %"


def _ceilings(weight_kg: float, reduction: Reduction) -> tuple[DrugCeiling, ...]:
    return tuple(
        _of_drug(ceiling(drug, weight_kg, factor=reduction.in_use), ceiling(drug, weight_kg))
        for drug in known_drugs().values()
    )


def _of_drug(found: Ceiling, full: Ceiling) -> DrugCeiling:
    drug = found.drug
    return DrugCeiling(
        name=drug.name,
        title=drug.title,
        mg=rounded_down(found.mg, 0),
        full_mg=rounded_down(full.mg, 0),
        capped=found.capped,
        law=f"{float(drug.mg_per_kg):g} mg/kg, at most {float(drug.most_mg):g} mg",
        volumes=tuple(
            VolumeCeiling(percent=float(percent), volume_ml=rounded_down(found.volume_ml(percent)))
            for percent in drug.usual_percent
        ),
        evidence=drug.evidence,
    )


def _remaining(weight_kg: float, factor: Fraction) -> tuple[Remaining, ...]:
    """Return the ladder down to where nothing is left."""
    name, percent = _FIRST
    most_ml = ceiling(drug_named(name), weight_kg, factor=factor).volume_ml(percent)
    found = []
    for used in _STEPS_ML:
        before = [dose(*_FIRST, used)]
        left = remaining_ml(*_SECOND, before, weight_kg, factor=factor)
        found.append(
            Remaining(used_ml=float(used), left_ml=rounded_down(left), above_ceiling=used > most_ml)
        )
        if left == 0:
            break
    return tuple(found)
