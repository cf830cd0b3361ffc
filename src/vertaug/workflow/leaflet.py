"""The leaflet of a case: facts read, content chosen, pictures drawn, both files written."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from vertaug.case.bone_shift import BoneShift
from vertaug.case.case_file import CaseDocument, read_case
from vertaug.case.plan import Procedure
from vertaug.recovery.leaflet.leaflet import LeafletRequest, compose_leaflet
from vertaug.report.leaflet import LeafletFiles, require_leaflet_extras, write_leaflet
from vertaug.report.leaflet_picture import draw_leaflet_pictures
from vertaug.workflow.balloon_step import InflatedVertebra
from vertaug.workflow.patient_file import find_patient_facts, list_fired_rules
from vertaug.workflow.step_store import StepStore
from vertaug.workflow.workspace import PRIVATE


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeLeaflet:
    """A leaflet on disk, and what a person still has to do or know.

    Attributes
    ----------
    files : LeafletFiles
    level : str
    notes : tuple of str
    """

    files: LeafletFiles
    level: str
    notes: tuple[str, ...]


def make_leaflet(
    folder: Path,
    request: LeafletRequest,
    *,
    facts: Path | None = None,
    out: Path | None = None,
    large: bool = False,
) -> MadeLeaflet:
    """Write the leaflet of a case.

    What its indication panel says to the patient is printed; facts of a file are of this leaflet
    only.

    Parameters
    ----------
    folder : Path
        Of the case.
    request : LeafletRequest
        Its facts and rules are replaced by those found.
    facts : Path, optional
        File of facts; those that the case has kept otherwise.
    out : Path, optional
        Where to; the case folder otherwise.
    large : bool
        Large print.

    Raises
    ------
    FormatError, LevelError
        If there is no case, or it names no bone to treat.
    InputError
        If a fact is not known, or its value impossible.
    StorageError
        If a file cannot be written.
    """
    require_leaflet_extras()
    case = read_case(folder)
    today = date.today()
    found = find_patient_facts(case, facts, today)
    # facts of a file have a panel of their own: that of the case may be of other facts
    rules = list_fired_rules(case, None if facts is None else found, today)
    known = replace(request, facts=found.facts, rules=rules)
    leaflet = compose_leaflet(case, known)
    balloon = Procedure.KYPHOPLASTY in leaflet.situation.simulated
    shift = _find_shift(folder, case) if balloon else None
    pictures = draw_leaflet_pictures(leaflet, folder, case, shift)
    files = write_leaflet(leaflet, pictures, out or folder, large=large)
    shown = len(pictures.after) - 1 if pictures.after else 0
    notes = list(found.notes)
    if not leaflet.phone:
        notes.append("write the phone number of your team on its line before you hand it out")
    if not pictures.before:
        notes.append(
            "without a picture of the patient's bone: labels/levels.nii.gz of the case is missing, "
            "damaged or without it"
        )
    elif shown < len(leaflet.situation.simulated):
        notes.append("a simulated result is not shown: the case has lost what it was drawn from")
    if leaflet.words.word("page", "unreviewed"):
        notes.append("the translation has not been reviewed by a clinician; every page says so")
    return MadeLeaflet(files=files, level=leaflet.situation.level, notes=tuple(notes))


def _find_shift(folder: Path, case: CaseDocument) -> BoneShift | None:
    """Return how the balloons moved the bone; None where the stored step is gone."""
    keys = {step.name: step.key for step in case.provenance.steps}
    store = StepStore(folder=folder / PRIVATE / "steps")
    found = store.load("balloon", keys.get("balloon", ""), InflatedVertebra)
    return None if found is None else found.shift
