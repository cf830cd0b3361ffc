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


def known_bone_drugs() -> tuple[str, ...]:
    """Return the drugs for bone that are known."""
    table = read_data("bone_health")["drugs"]
    return (*table["bisphosphonates"], *table["others"])


def drug_warnings(
    drugs: Sequence[DrugCourse], today: date
) -> tuple[tuple[str, str, SourceNote], ...]:
    """Return key, words and source of what this patient's drugs call for.

    Raises
    ------
    InputError
        If a drug was started in the future.
    """
    for one in drugs:
        if one.started > today:
            message = f"{one.drug} was started on {one.started}, which lies after {today}"
            raise InputError(message)
    notes = {table["key"]: read_note(table) for table in read_data("bone_health")["warning"]}
    followers = read_data("bone_health")["drugs"]["bisphosphonates"]
    found = []
    for one in drugs:
        if one.drug == _DENOSUMAB and one.stopped is None:
            words = (
                f"Takes denosumab since {one.started}: it is never stopped or left out by itself."
            )
            found.append(("denosumab_taken", words, notes["denosumab"]))
        elif one.drug == _DENOSUMAB and one.stopped is not None:
            last = one.stopped
            follows = any(
                other.drug in followers and (other.stopped is None or other.stopped > last)
                for other in drugs
            )
            if not follows:
                words = (
                    f"Denosumab was stopped on {last} and no bisphosphonate is recorded after it: "
                    "vertebrae may break in a row. Consider one now."
                )
                found.append(("denosumab_stopped", words, notes["denosumab"]))
    return tuple(found)
