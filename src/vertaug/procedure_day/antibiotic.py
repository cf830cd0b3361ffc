"""Antibiotics that sources list, what an allergy sets aside, their time before the skin."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from vertaug.case.errors import InputError
from vertaug.case.near_name import refuse_unknown
from vertaug.indications.patient_facts import PatientFacts
from vertaug.procedure_day.checklist import Finding
from vertaug.procedure_day.evidence import Evidence, evidence_of, read_table
from vertaug.procedure_day.local_anaesthetic import check_weight


@dataclass(frozen=True, slots=True, kw_only=True)
class AntibioticChoice:
    """A drug that a source lists.

    Attributes
    ----------
    name, title, words : str
    within_min : int
        Before the skin is opened.
    allergy : str
        Why not, or what is not known; empty where nothing stands against it.
    evidence : Evidence
    """

    name: str
    title: str
    words: str
    within_min: int
    allergy: str
    evidence: Evidence


def list_antibiotics(facts: PatientFacts) -> tuple[AntibioticChoice, ...]:
    """Return the listed antibiotics with what is known of the patient.

    Parameters
    ----------
    facts : PatientFacts
        ``alg.antibiotic`` (beta-lactam) and ``patient.weight_kg``.

    Raises
    ------
    InputError
        If the weight is implausible.
    """
    allergic, weight = facts.value("alg.antibiotic"), facts.number("patient.weight_kg")
    if weight is not None:
        check_weight(weight)
    return tuple(
        AntibioticChoice(
            name=name,
            title=table["title"],
            words=_dose(table, weight),
            within_min=table["within_min"],
            allergy=_allergy(allergic) if table["beta_lactam"] else "",
            evidence=evidence_of(table),
        )
        for name, table in read_table("antibiotics")["drug"].items()
    )


def _allergy(allergic: object) -> str:
    if allergic is None:
        return "allergy not known"
    return "NOT with the recorded beta-lactam allergy" if allergic else ""


def _dose(table: dict[str, Any], weight: float | None) -> str:
    words = str(table["text"])
    if "mg_per_kg" in table:
        return words if weight is None else f"{words}: {table['mg_per_kg'] * weight:.0f} mg"
    if "heavy_from_kg" in table:
        if weight is None:
            return f"{words}; {table['heavy_text']}"
        return str(table["heavy_text"]) if weight >= table["heavy_from_kg"] else words
    return words


def judge_timing(
    name: str, given_at: datetime | None, skin_at: datetime | None
) -> tuple[Finding, str]:
    """Return whether an antibiotic was in at the right time before the skin was opened.

    Parameters
    ----------
    name : str
        Of the antibiotic.
    given_at, skin_at : datetime or None
        With offsets from UTC; None is not known.

    Raises
    ------
    InputError
        If there is no such antibiotic, a time has no offset, or it was in after the skin.
    """
    known = read_table("antibiotics")["drug"]
    refuse_unknown(name, known, "antibiotic")
    if given_at is None or skin_at is None:
        return Finding.UNKNOWN, "time of the antibiotic or of the skin not known"
    for time in (given_at, skin_at):
        if time.utcoffset() is None:
            message = f"a time is expected with its offset from UTC; got {time.isoformat()}"
            raise InputError(message)
    before = skin_at.astimezone(UTC) - given_at.astimezone(UTC)
    if before < timedelta(0):
        message = (
            f"the antibiotic at {given_at.isoformat()} lies after the skin was opened at "
            f"{skin_at.isoformat()}: correct one of the times, or record that none was in before"
        )
        raise InputError(message)
    most = int(known[name]["within_min"])
    words = f"{before / timedelta(minutes=1):.0f} min before the skin (at most {most})"
    return (Finding.MET if before <= timedelta(minutes=most) else Finding.NOT_MET), words
