"""Codes of clinical vocabularies by concept; without a verified code, text and an empty code.

The numbers are facts of the vocabularies; their use follows the licences of their owners: SNOMED
CT (affiliate licence outside the subset of DICOM), LOINC (free, with its notice), CPT (numbers
only: its descriptions belong to the American Medical Association).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from vertaug.case.check_digit import is_loinc, is_snomed_concept
from vertaug.case.errors import InputError, LevelError
from vertaug.case.level import parse_level
from vertaug.case.near_name import ask_meant, find_near
from vertaug.case.packaged_data import read_packaged_toml
from vertaug.case.source_status import SourceStatus

CARRIED = frozenset({SourceStatus.VERIFIED, SourceStatus.DESIGN_DEFAULT})
"""Statuses under which a code is carried; with any other, only the text is."""


class CodeSystem(StrEnum):
    """Vocabularies, by their designator in DICOM (PS3.16, table 8-1)."""

    SNOMED = "SCT"
    LOINC = "LN"
    UCUM = "UCUM"
    DICOM = "DCM"
    ICD10_CM = "I10C"
    ICD10_PCS = "I10P"
    CPT = "C4"
    PRIVATE = "99PVP"

    @property
    def uri(self) -> str:
        """Address by which FHIR names the vocabulary; empty for the private one."""
        return _URIS.get(self.value, "")


_URIS = {
    "SCT": "http://snomed.info/sct",
    "LN": "http://loinc.org",
    "UCUM": "http://unitsofmeasure.org",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "I10P": "http://www.cms.gov/Medicare/Coding/ICD10",
    "C4": "http://www.ama-assn.org/go/cpt",
}

_CHECKS = {CodeSystem.SNOMED: is_snomed_concept, CodeSystem.LOINC: is_loinc}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalCode:
    """What a vocabulary calls a concept.

    Attributes
    ----------
    concept : str
        Name in vertaug, such as ``vertebra.L1``.
    system : CodeSystem
    code : str
        Empty where no code of the vocabulary is verified: then only the text is exchanged.
    text : str
        Meaning in plain words; empty for CPT.
    status : SourceStatus
        How the code is known; those of the private scheme are design defaults.
    sources : tuple of str
        Where it was read.
    note : str

    Raises
    ------
    InputError
        If a code is carried whose status is none of `CARRIED`, or its check digit is wrong.
    """

    concept: str
    system: CodeSystem
    code: str
    text: str
    status: SourceStatus
    sources: tuple[str, ...]
    note: str = ""

    def __post_init__(self) -> None:
        if not self.code:
            return
        if self.status not in CARRIED:
            message = f"the code of {self.concept} is {self.status}: carry its text only"
            raise InputError(message)
        check = _CHECKS.get(self.system)
        if check is not None and not check(self.code):
            message = f"{self.code} ({self.concept}) fails the check digit of {self.system.value}"
            raise InputError(message)

    @property
    def is_coded(self) -> bool:
        """Whether there is a code, not only a text."""
        return bool(self.code)


@cache
def read_codes() -> tuple[ClinicalCode, ...]:
    """Return the whole table, in its order."""
    return tuple(
        ClinicalCode(
            concept=row["concept"],
            system=CodeSystem(row["system"]),
            code=row["code"],
            text=row["text"],
            status=SourceStatus(row["status"]),
            sources=tuple(row["sources"]),
            note=row.get("note", ""),
        )
        for row in read_packaged_toml("vertaug.case", "codes")["codes"]
    )


def find_code(concept: str, *, system: CodeSystem | None = None) -> ClinicalCode:
    """Return the code of a concept.

    Parameters
    ----------
    concept : str
        Name in the table, such as ``vertebra.L1`` or ``pain_severity``.
    system : CodeSystem, optional
        Vocabulary, where several know the concept; the first of the table otherwise.

    Raises
    ------
    InputError
        If the table has no such concept, or not in that vocabulary.
    """
    found = [row for row in read_codes() if row.concept == concept]
    if not found:
        near = find_near(concept, (row.concept for row in read_codes()))
        message = f"there is no code for '{concept}'{ask_meant(near)}"
        raise InputError(message)
    if system is None:
        return found[0]
    for row in found:
        if row.system is system:
            return row
    known = ", ".join(row.system.value for row in found)
    message = f"'{concept}' has no entry in {system.value}; the table knows {known}"
    raise InputError(message)


def level_code(level: str) -> ClinicalCode:
    """Return the SNOMED CT code of a vertebra.

    Parameters
    ----------
    level : str
        C1 to L6, T13 and S1 to S5, in any writing of `vertaug.case.level.parse_level`. What has no
        verified code (T13, L6, S2 to S5) comes back with text only.

    Raises
    ------
    LevelError
        If the text names no vertebra.
    """
    name = level.strip().upper()
    if name not in _SACRAL:
        name = parse_level(level)
    try:
        return find_code(f"vertebra.{name}", system=CodeSystem.SNOMED)
    except InputError as error:  # a level of `parse_level` that the table lacks
        message = f"the table of codes lacks the vertebra {name}"
        raise LevelError(message) from error


_SACRAL = frozenset({"S2", "S3", "S4", "S5"})


@cache
def level_names() -> Mapping[str, str]:
    """Return the level of each SNOMED CT code of one vertebra."""
    return MappingProxyType(
        {
            row.code: row.concept.removeprefix("vertebra.")
            for row in read_codes()
            if row.concept.startswith("vertebra.") and row.is_coded
        }
    )
