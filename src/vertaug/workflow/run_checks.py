"""What a run refuses before it starts, and what it keeps of an older case."""

from pathlib import Path

from vertaug.case.case_file import CaseDocument, InputFile, Parameters, read_case
from vertaug.case.errors import FormatError, InputError, LevelError
from vertaug.case.level import sort_levels
from vertaug.case.volume import LabelMap
from vertaug.workflow.calibration import GENERIC, CalibrationChoice


def refuse_other_patient(folder: Path, inputs: tuple[InputFile, ...]) -> None:
    """Keep a case of another CT from being replaced; other labels of the same CT may be tried."""
    try:
        before = read_case(folder).provenance.inputs
    except FormatError:
        return
    old, new = (next((i for i in given if i.role == "CT"), None) for given in (before, inputs))
    if (old and old.sha256) != (new and new.sha256):
        made_from = f"the CT {old.name}" if old else "the built-in phantom"
        message = (
            f"{folder} already holds a case made from {made_from}, with other content than what "
            "was given now; nothing was changed. Name another folder with -o, or remove that one"
        )
        raise InputError(message)


def level_of(folder: Path) -> str | None:
    """Return the level that the case in a folder treats, None if there is none."""
    try:
        return read_case(folder).fracture.level
    except FormatError:
        return None


def parameters_of(folder: Path) -> Parameters | None:
    """Return what was chosen for the case in a folder, None if there is none."""
    try:
        return read_case(folder).provenance.parameters
    except FormatError:
        return None


def step_keys_of(folder: Path) -> dict[str, str]:
    """Return the keys of the steps of the case in a folder, none if there is no case."""
    try:
        return {step.name: step.key for step in read_case(folder).provenance.steps}
    except FormatError:
        return {}


def refuse_idle_voltage(kvp: float | None, calibration: CalibrationChoice) -> None:
    """Refuse a tube voltage that would change nothing."""
    if kvp is not None and calibration.name != GENERIC:
        message = (
            f"--kvp has no effect: the density comes from {calibration.name}; leave it out, or "
            "go back to the generic law with --calibration generic"
        )
        raise InputError(message)


def refuse_unlabelled(level: str | None, labels: LabelMap) -> None:
    """Refuse a level without a label before the anatomy takes its time."""
    if level is not None and level not in labels.levels:
        present = ", ".join(sort_levels(labels.levels))
        message = f"level {level} is not in this scan; the labels name {present}"
        raise LevelError(message)


def keep_stamp(folder: Path, document: CaseDocument) -> CaseDocument:
    """Keep the time stamp of an older case that says the same."""
    try:
        before = read_case(folder)
    except FormatError:
        return document
    stamp = {"created": before.provenance.created}
    kept = document.model_copy(update={"provenance": document.provenance.model_copy(update=stamp)})
    return kept if kept == before else document
