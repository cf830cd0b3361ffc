"""Whether the ceilings of local anaesthetics are reduced for a patient, and lipid rescue by weight.

Unknown is never "no": where it is not known whether the patient is elderly, debilitated, or has
liver or heart disease, the lower ceiling stands first.
"""

from dataclasses import dataclass
from fractions import Fraction

from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.procedure_day.evidence import Evidence, evidence_of, read_table
from vertaug.procedure_day.local_anaesthetic import Number, check_weight

_ILLNESS = ("patient.frail", "patient.heart_failure", "cardiopulm.severe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """By how much the ceilings are reduced.

    Attributes
    ----------
    applies : bool or None
        None: not known.
    factor : Fraction
        Used where it applies or is not known.
    allowed : tuple of Fraction
        Range of the factor.
    words : str
        Why.
    missing : tuple of str
        Facts that would decide it.
    evidence : Evidence
    """

    applies: bool | None
    factor: Fraction
    allowed: tuple[Fraction, Fraction]
    words: str
    missing: tuple[str, ...]
    evidence: Evidence

    @property
    def in_use(self) -> Fraction:
        """Factor of the ceilings that stand first: 1 only where it is known not to apply."""
        return Fraction(1) if self.applies is False else self.factor


@dataclass(frozen=True, slots=True, kw_only=True)
class LipidRescue:
    """Lipid emulsion of 20 % against toxicity, by weight.

    Attributes
    ----------
    text : str
    bolus_ml, infusion_ml_per_min, most_ml : Fraction or None
        None without a weight.
    evidence : Evidence
    """

    text: str
    bolus_ml: Fraction | None
    infusion_ml_per_min: Fraction | None
    most_ml: Fraction | None
    evidence: Evidence


def judge_reduction(facts: PatientFacts) -> Reduction:
    """Return whether the ceilings are reduced.

    Parameters
    ----------
    facts : PatientFacts
        ``patient.age_y``, ``patient.frail``, ``patient.heart_failure``, ``cardiopulm.severe``.
    """
    table = read_table("local_anaesthetics")["reduction"]
    low, high = (Fraction(text) for text in table["range"])
    reasons, missing = _reasons(facts, int(table["elderly_from_y"]))
    if reasons:
        applies: bool | None = True
        words = f"reduced: {', '.join(reasons)}"
    elif missing:
        applies = None
        asked = ", ".join(define_fact(name).label for name in missing)
        words = f"not known: {asked}; the reduced ceilings stand first until it is"
    else:
        applies, words = False, "not reduced: none of the reasons is present"
    return Reduction(
        applies=applies,
        factor=Fraction(table["factor"]),
        allowed=(low, high),
        words=words,
        missing=() if reasons else tuple(missing),
        evidence=evidence_of(table),
    )


def _reasons(facts: PatientFacts, elderly_from_y: int) -> tuple[list[str], list[str]]:
    """Return the reasons that are present, and the facts that are not known.

    ``patient.frail`` asks for all of them at once: a "no" to it leaves nothing to ask.
    """
    reasons, missing = [], []
    age = facts.number("patient.age_y")
    if age is None:
        missing.append("patient.age_y")
    elif age >= elderly_from_y:
        reasons.append(f"{age:g} years")
    words = ("debilitated, liver or heart disease", "heart failure", "severe heart or lung disease")
    for name, text in zip(_ILLNESS, words, strict=True):
        value = facts.value(name)
        if value is None:
            missing.append(name)
        elif value:
            reasons.append(text)
    return reasons, [] if facts.value("patient.frail") is False else missing


def lipid_rescue(weight_kg: Number | None) -> LipidRescue:
    """Return the volumes of lipid emulsion; none without a weight.

    Raises
    ------
    InputError
        If the weight is implausible.
    """
    table = read_table("local_anaesthetics")["rescue"]
    weight = None if weight_kg is None else check_weight(weight_kg)

    def times(key: str) -> Fraction | None:
        return None if weight is None else Fraction(table[key]) * weight

    bolus = times("bolus_ml_per_kg")
    return LipidRescue(
        text=table["text"],
        bolus_ml=None if bolus is None else min(bolus, Fraction(table["bolus_most_ml"])),
        infusion_ml_per_min=times("infusion_ml_per_kg_min"),
        most_ml=times("total_ml_per_kg"),
        evidence=evidence_of(table),
    )
