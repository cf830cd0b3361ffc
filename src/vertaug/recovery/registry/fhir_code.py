"""Codes and small parts of FHIR R4 resources (clinical reference 6.2 to 6.6).

Where no code was verified there is text alone: codes are never guessed.
"""

from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

Resource = dict[str, Any]
"""A resource as JSON has it."""

SNOMED, LOINC, UCUM = "http://snomed.info/sct", "http://loinc.org", "http://unitsofmeasure.org"
SYSTEM = "urn:vertaug:registry"
"""Of what the registry names itself."""

_LEVELS = {
    "C1": "14806007", "C2": "39976000", "C3": "113205007", "C4": "5329002", "C5": "36978003",
    "C6": "36054005", "C7": "87391001", "T1": "64864005", "T2": "53733008", "T3": "1626008",
    "T4": "73071006", "T5": "56401006", "T6": "45296009", "T7": "62487009", "T8": "11068009",
    "T9": "82687006", "T10": "7610001", "T11": "12989004", "T12": "23215003", "L1": "66794005",
    "L2": "14293000", "L3": "36470004", "L4": "11994002", "L5": "49668003",
}  # fmt: skip
"""SNOMED CT of vertebrae (DICOM PS3.16, clinical reference 6.2, verified)."""
_FRACTURE = "42942008"
"""Compression fracture of vertebral column (clinical reference 6.3, best candidate)."""
_PAIN = "72514-3"
"""Pain severity 0-10 verbal numeric (LOINC; clinical reference 6.4)."""
_COBB = "285285000"
"""Cobb angle (SNOMED CT, CID 7550; clinical reference 6.2, verified)."""


def id_of(name: str) -> str:
    """Return the same UUID for the same name, so that two exports can be compared."""
    return str(uuid5(NAMESPACE_URL, f"{SYSTEM}:{name}"))


def uuid_of(name: str) -> str:
    """Return the URN of a name, see `id_of`."""
    return f"urn:uuid:{id_of(name)}"


def text_only(words: str) -> Resource:
    """Return a concept that has no code."""
    return {"text": words}


def coded(system: str, code: str, words: str) -> Resource:
    """Return a concept with its code."""
    return {"coding": [{"system": system, "code": code, "display": words}], "text": words}


def site_of(level: str) -> Resource:
    """Return the body site of a level; levels without a code have text."""
    words = f"{level} vertebra"
    return coded(SNOMED, _LEVELS[level], words) if level in _LEVELS else text_only(words)


def fracture_code() -> Resource:
    """Return the code of a vertebral compression fracture."""
    return coded(SNOMED, _FRACTURE, "Compression fracture of vertebral column")


def pain_code(words: str) -> Resource:
    """Return the code of pain from 0 to 10."""
    return coded(LOINC, _PAIN, "Pain severity - 0-10 verbal numeric rating [Score] - Reported") | {
        "text": words
    }


def cobb_code() -> Resource:
    """Return the code of local kyphosis, a Cobb angle."""
    return coded(SNOMED, _COBB, "Cobb angle") | {"text": "local kyphosis (Cobb angle)"}


def quantity(value: float, unit: str) -> Resource:
    """Return a quantity in UCUM units."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def day(value: date | None) -> str | None:
    """Return a date as FHIR has it."""
    return None if value is None else value.isoformat()


def without_empty(resource: Resource) -> Resource:
    """Return a resource without elements that are unknown: FHIR has no nulls."""
    return {name: value for name, value in resource.items() if value not in (None, [], {}, "")}


def observe(
    name: str, subject: Resource, code: Resource, on: date | None, value: Resource
) -> Resource:
    """Return an observation.

    Parameters
    ----------
    name : str
        That no other observation has.
    subject : dict
        Reference to the patient.
    code, value : dict
        ``value`` has one element ``value[x]``, or ``dataAbsentReason``.
    on : date or None
    """
    return without_empty(
        {
            "resourceType": "Observation",
            "id": id_of(name),
            "status": "final",
            "code": code,
            "subject": subject,
            "effectiveDateTime": day(on),
            **value,
        }
    )


def absent() -> Resource:
    """Return what stands in place of an unknown value."""
    system = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
    return {"dataAbsentReason": {"coding": [{"system": system, "code": "unknown"}]}}
