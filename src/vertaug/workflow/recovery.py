"""Plan the recovery of a case and write it beside it."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from vertaug.case.case_file import CaseDocument, read_case
from vertaug.recovery.dose import read_dose
from vertaug.recovery.recovery_plan import RecoveryCase, RecoveryPlan, plan_recovery
from vertaug.recovery.time_shift import read_local_time
from vertaug.workflow.patient_file import find_patient_facts
from vertaug.workflow.recovery_request import (
    RecoveryRequest,
    find_zone,
    read_bone_drugs,
    read_clinic,
    read_day,
    read_diary,
    read_end,
)

if TYPE_CHECKING:
    from vertaug.report.recovery_files import RecoveryFiles

RECOVERY_FOLDER = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryOutput:
    """Where the recovery goes, and how.

    Attributes
    ----------
    folder : Path or None
        None: ``recovery`` in the case.
    pdf : bool or None
        None: where the number to call is known.
    full_words : bool
        In the calendar.
    """

    folder: Path | None = None
    pdf: bool | None = None
    full_words: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryResult:
    """What was planned and written.

    Attributes
    ----------
    plan : RecoveryPlan
    files : RecoveryFiles
    notes : tuple of str
        What of the given facts was left out or changed.
    """

    plan: RecoveryPlan
    files: "RecoveryFiles"
    notes: tuple[str, ...]


def _plan_case(
    document: CaseDocument, name: str, request: RecoveryRequest
) -> tuple[RecoveryPlan, tuple[str, ...]]:
    """Return the recovery of a case, and notes on the facts that were given."""
    site = read_clinic(request)
    zone = find_zone(request, site)
    procedure_at = read_local_time(request.procedure_at, zone)
    zone = zone or procedure_at.tzinfo
    patient = find_patient_facts(document, request.facts, procedure_at.date())
    case = RecoveryCase(
        name=name,
        level=document.fracture.level,
        facts=patient.facts,
        procedure=request.procedure,
        fracture_on=(
            None
            if request.fracture_on is None
            else read_day(request.fracture_on, "the day of the fracture")
        ),
        drugs=read_bone_drugs(request.bone_drugs),
        doses=tuple(read_dose(text) for text in request.doses) if request.doses else None,
    )
    plan = plan_recovery(
        case,
        procedure_at,
        site,
        read_diary(request, zone),
        ended_at=read_end(request, procedure_at),
    )
    return plan, patient.notes


def calendar_token(document: CaseDocument) -> str:
    """Return what tells this case from others and does not change when it is made again."""
    inputs = sorted(one.sha256 for one in document.provenance.inputs)
    # the phantom has no inputs, but steps whose keys are of its content
    known = inputs or sorted(step.key for step in document.provenance.steps)[:1]
    level = document.fracture.level or ""
    return sha256("\n".join((*known, level)).encode("utf-8")).hexdigest()


def write_case_recovery(
    folder: Path, request: RecoveryRequest, output: RecoveryOutput | None = None
) -> RecoveryResult:
    """Plan the recovery of a case and write its files.

    Raises
    ------
    InputError
        If something given cannot be used.
    FormatError
        If the folder holds no case.
    MissingExtraError
        If a library is missing.
    StorageError
        If a file cannot be written.
    """
    from vertaug.report.recovery_files import write_recovery

    where = RecoveryOutput() if output is None else output
    document = read_case(folder)
    plan, notes = _plan_case(document, folder.resolve().name, request)
    files = write_recovery(
        plan,
        where.folder or folder / RECOVERY_FOLDER,
        token=calendar_token(document),
        pdf=where.pdf,
        full_words=where.full_words,
    )
    return RecoveryResult(plan=plan, files=files, notes=notes)
