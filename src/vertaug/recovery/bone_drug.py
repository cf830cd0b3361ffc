"""Drugs for bone that a patient takes or took, and what must not happen when they end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from vertaug.case.errors import InputError
from vertaug.case.near_name import refuse_unknown
from vertaug.recovery.source_note import SourceNote, read_data, read_note

_DENOSUMAB = "denosumab"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugCourse:
    """A drug for bone.

    Attributes
    ----------
    drug : str
        Such as ``alendronate``.
    started : date
    stopped : date or None
        None: still taken.
    """

    drug: str
    started: date
    stopped: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "drug", self.drug.lower())
        refuse_unknown(self.drug, known_bone_drugs(), "drug for bone")
        if self.stopped is not None and self.stopped < self.started:
            message = (
                f"{self.drug} was stopped on {self.stopped}, before it was started on "
                f"{self.started}"
            )
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneWarning:
    """A sentence that must be read.

    Attributes
    ----------
    key, words : str
    urgent : bool
        Of what this patient takes.
    note : SourceNote
    """

    key: str
    words: str
    note: SourceNote
    urgent: bool = False


def known_bone_drugs() -> tuple[str, ...]:
    """Return the drugs for bone that are known."""
    table = read_data("bone_health")["drugs"]
    return (*table["bisphosphonates"], *table["others"])


def drug_warnings(drugs: Sequence[DrugCourse], today: date) -> tuple[BoneWarning, ...]:
    """Return what this patient's drugs call for; all of it is urgent.

    Raises
    ------
    InputError
        If a drug was started in the future.
    """
    for one in drugs:
        if one.started > today:
            message = f"{one.drug} was started on {one.started}, which lies after {today}"
            raise InputError(message)
    data = read_data("bone_health")
    note = next(read_note(table) for table in data["warning"] if table["key"] == _DENOSUMAB)
    followers = data["drugs"]["bisphosphonates"]
    found = []
    for one in drugs:
        if one.drug != _DENOSUMAB:
            continue
        if one.stopped is None:
            words = (
                f"Takes denosumab since {one.started}: it is never stopped or left out by itself."
            )
            found.append(BoneWarning(key="denosumab_taken", words=words, note=note, urgent=True))
        elif not _is_followed(one.stopped, drugs, followers):
            words = (
                f"Denosumab was stopped on {one.stopped} and no bisphosphonate is recorded after "
                "it: vertebrae may break in a row. Consider one now."
            )
            found.append(BoneWarning(key="denosumab_stopped", words=words, note=note, urgent=True))
    return tuple(found)


def _is_followed(last: date, drugs: Sequence[DrugCourse], followers: Sequence[str]) -> bool:
    """Whether one of ``followers`` is taken after a day."""
    return any(
        drug.drug in followers and (drug.stopped is None or drug.stopped > last) for drug in drugs
    )
