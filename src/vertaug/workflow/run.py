"""Run one case: from its inputs to the case folder, or one step of an existing case again."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from vertaug.case.case_content import CaseResults, describe_case
from vertaug.case.case_file import (
    CASE_FILE,
    CaseDocument,
    InputFile,
    Parameters,
    Provenance,
    StepKey,
    format_case,
    read_case,
)
from vertaug.case.errors import FormatError
from vertaug.case.mechanics_content import case_stem
from vertaug.case.spine import Spine
from vertaug.case.storage import replace_text
from vertaug.workflow.calibration import GENERIC, CalibrationChoice, choose_calibration
from vertaug.workflow.chain import (
    FILES,
    MEASURE,
    READ,
    REPORT,
    TITLES,
    Chain,
    Measured,
)
from vertaug.workflow.extras import check_extras
from vertaug.workflow.fingerprint import hash_code, list_software, make_key
from vertaug.workflow.progress import ProgressListener, Reporter
from vertaug.workflow.publish import is_intact, publish, read_manifest
from vertaug.workflow.request import CaseOptions, CaseRequest, FileSource, PhantomSource
from vertaug.workflow.run_checks import (
    keep_stamp,
    level_of,
    refuse_idle_voltage,
    refuse_other_patient,
    refuse_unlabelled,
    strength_of,
)
from vertaug.workflow.step_store import StepStore
from vertaug.workflow.strength import keep_strength, want_strength
from vertaug.workflow.strength_choice import StrengthChoice
from vertaug.workflow.workspace import PRIVATE, Workspace, check_target, open_workspace


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseResult:
    """A finished case.

    Attributes
    ----------
    folder : Path
        The case.
    document : CaseDocument
        The content of its ``case.json``.
    report : Path
        The HTML report.
    pdf : Path or None
        The same as PDF.
    unchanged : bool
        Whether everything was there already and nothing was computed or written.
    replaced : str or None
        Another level whose case stood in the folder before.
    dropped_strength : bool
        Whether the case had a strength before that fits no more.
    """

    folder: Path
    document: CaseDocument
    report: Path
    pdf: Path | None
    unchanged: bool
    replaced: str | None = None
    dropped_strength: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChanges:
    """What to change when a step of an existing case is run again; None keeps it.

    Attributes
    ----------
    level : str or None
    kvp : float or None
        Tube voltage in kV.
    calibration : Path or None
        File of calibration measurements.
    generic : bool
        Go back to the generic law of the tube voltage.
    pdf : bool or None
        Also write the report as PDF.
    """

    level: str | None = None
    kvp: float | None = None
    calibration: Path | None = None
    generic: bool = False
    pdf: bool | None = None


def run_case(
    request: CaseRequest, folder: str | Path, *, progress: ProgressListener | None = None
) -> CaseResult:
    """Make a case: read, anatomy, measure, plan, files, report.

    Steps whose stored result fits are not computed again; where nothing changed at all, the
    folder is left as it is. The folder is made only when the inputs have been read, and a
    failed run leaves no new folder and an older case as it was.

    Parameters
    ----------
    folder : Path
        New, empty, or an older case.
    progress : callable, optional
        Called with a `StepProgress` as the run goes on.

    Raises
    ------
    InputError
        If the inputs or the folder cannot be used, or the folder holds a case of another CT.
    ComputationError
        If a step failed.
    StorageError
        If a file could not be written, or another run is writing to the folder.
    MissingExtraError
        If a library of the report is not installed.
    """
    folder = Path(folder)
    check_extras(pdf=request.options.pdf)
    check_target(folder)
    chain = _prepare(request, folder, Reporter(titles=TITLES, listener=progress))
    refuse_other_patient(folder, chain.inputs)
    had = strength_of(folder)
    chain = keep_strength(chain, had)
    key = _case_key(chain, folder)
    manifest = read_manifest(folder)
    if manifest is not None and manifest.key == key and is_intact(folder, manifest):
        return _result(folder, read_case(folder), unchanged=True)
    known = chain.store.path("anatomy", chain.anatomy_key).is_file()
    material = None if known else request.source.read()
    if material is not None:
        refuse_unlabelled(request.options.level, material[1])
    before = level_of(folder)
    with open_workspace(folder) as workspace:
        spine = chain.find_anatomy(lambda: material or request.source.read())
        result = _write(workspace, chain, chain.follow(spine), request.source)
    now = result.document.fracture.level
    dropped = had is not None and chain.strength is None
    return replace(result, replaced=before if before != now else None, dropped_strength=dropped)


def measure_again(
    folder: Path, changes: CaseChanges, *, progress: ProgressListener | None = None
) -> CaseResult:
    """Measure an existing case again, and what follows from it; the CT is not needed.

    Raises
    ------
    FormatError
        If the folder holds no complete case.
    """
    return _again(Path(folder), changes, frozenset({MEASURE}), progress)


def add_strength(
    folder: Path, choice: StrengthChoice, *, progress: ProgressListener | None = None
) -> CaseResult:
    """Compute the strength of a level of an existing case; the CT is not needed.

    Raises
    ------
    FormatError
        If the folder holds no complete case.
    LevelError
        If the level is not in the case, is incomplete, or holds metal.
    InputError
        If the cement has no room.
    ComputationError
        If a solution did not converge; the case stays as it was.
    """
    return _again(Path(folder), CaseChanges(), frozenset(), progress, choice)


def report_again(
    folder: Path, changes: CaseChanges, *, progress: ProgressListener | None = None
) -> CaseResult:
    """Write files and report of an existing case again; the CT is not needed.

    Raises
    ------
    FormatError
        If the folder holds no complete case.
    """
    return _again(Path(folder), changes, frozenset({REPORT}), progress)


def _prepare(request: CaseRequest, folder: Path, reporter: Reporter) -> Chain:
    reporter.start(READ)
    calibration = choose_calibration(request.options.calibration)
    refuse_idle_voltage(request.options.kvp, calibration)
    inputs = request.source.list_inputs()
    key = make_key(
        "anatomy",
        {
            "inputs": {item.role: item.sha256 for item in inputs},
            "source": request.source.ingredients(),
            "correct_orientation": request.options.correct_orientation,
        },
    )
    if calibration.sha256 is not None:
        file = InputFile(role="calibration", name=calibration.name, sha256=calibration.sha256)
        inputs = (*inputs, file)
    return Chain(
        store=StepStore(folder=folder / PRIVATE / "steps"),
        reporter=reporter,
        inputs=inputs,
        anatomy_key=key,
        options=request.options,
        calibration=calibration,
    )


def _again(
    folder: Path,
    changes: CaseChanges,
    steps: frozenset[str],
    progress: ProgressListener | None,
    strength: StrengthChoice | None = None,
) -> CaseResult:
    document = read_case(folder)
    store = StepStore(folder=folder / PRIVATE / "steps")
    stored = {step.name: step.key for step in document.provenance.steps}
    spine = store.load("anatomy", stored.get("anatomy", ""), Spine)
    measured = store.load("measure", stored.get("measure", ""), Measured)
    if spine is None or measured is None:
        message = (
            f"{folder} has lost its stored steps ({PRIVATE}/steps); "
            f"make it again with: vertaug plan CT --labels LABELS -o {folder}"
        )
        raise FormatError(message)
    given = document.provenance.parameters
    options = _changed_options(given, changes)
    check_extras(pdf=options.pdf)
    calibration = _kept_calibration(document, measured, changes)
    refuse_idle_voltage(changes.kvp, calibration)
    others = tuple(i for i in document.provenance.inputs if i.role != "calibration")
    if calibration.sha256 is not None:
        file = InputFile(role="calibration", name=calibration.name, sha256=calibration.sha256)
        others = (*others, file)
    chain = Chain(
        store=store,
        reporter=Reporter(titles=TITLES, listener=progress),
        inputs=others,
        anatomy_key=stored["anatomy"],
        options=options,
        calibration=calibration,
        again=steps,
    )
    chain = want_strength(chain, strength) if strength else keep_strength(chain, given.strength)
    with open_workspace(folder) as workspace:
        result = _write(workspace, chain, chain.follow(spine), given)
    dropped = given.strength is not None and chain.strength is None
    return replace(result, dropped_strength=dropped)


def _changed_options(given: Parameters, changes: CaseChanges) -> CaseOptions:
    options = CaseOptions(
        level=given.level if changes.level is None else changes.level,
        procedures=given.procedures,
        gauge=given.gauge,
        kvp=given.kvp if changes.kvp is None else changes.kvp,
        correct_orientation=given.correct_orientation,
        pdf=given.pdf if changes.pdf is None else changes.pdf,
    )
    return replace(options, calibration=changes.calibration)


def _kept_calibration(
    document: CaseDocument, measured: Measured, changes: CaseChanges
) -> CalibrationChoice:
    if changes.calibration is not None:
        return choose_calibration(changes.calibration)
    given = document.provenance.parameters
    if changes.generic or given.calibration == GENERIC:
        return CalibrationChoice()
    digest = next(i.sha256 for i in document.provenance.inputs if i.role == "calibration")
    return CalibrationChoice(name=given.calibration, sha256=digest, law=measured.calibration)


def _case_key(chain: Chain, folder: Path) -> str:
    options = chain.options
    return make_key(
        "case",
        {
            "measure": chain.measure_key,
            "plan": chain.plan_key(options.level or ""),
            "strength": chain.strength_key,
            "pdf": options.pdf,
            "name": folder.resolve().name,
        },
    )


def _write(
    workspace: Workspace,
    chain: Chain,
    results: CaseResults,
    source: FileSource | PhantomSource | Parameters,
) -> CaseResult:
    from vertaug.report import write_case_files, write_report
    from vertaug.report.strength_files import write_strength_files
    from vertaug.workflow.report_input import make_report_input

    document = keep_stamp(workspace.folder, _describe(chain, results, source))
    staging = workspace.staging
    chain.reporter.start(FILES)
    write_case_files(results.spine, results.assessment, results.planning, staging)
    if results.strength is not None:
        write_strength_files(results.strength, staging, case_stem(results.strength))
    chain.reporter.start(REPORT)
    name = workspace.folder.resolve().name
    write_report(
        make_report_input(results, document.provenance, name), staging, pdf=chain.options.pdf
    )
    replace_text(staging / CASE_FILE, format_case(document))
    publish(workspace, _case_key(chain, workspace.folder))
    chain.store.keep_only(chain.step_keys(results.assessment.level))
    return _result(workspace.folder, document, unchanged=False)


def _describe(
    chain: Chain, results: CaseResults, source: FileSource | PhantomSource | Parameters
) -> CaseDocument:
    options = chain.options
    parameters = Parameters(
        level=options.level,
        procedures=options.procedures,
        gauge=options.gauge,
        series=source.series,
        numbering=source.numbering,
        kvp=options.kvp,
        calibration=chain.calibration.name,
        correct_orientation=options.correct_orientation,
        pdf=options.pdf,
        strength=None if chain.strength is None else chain.strength.as_parameters(),
    )
    keys = chain.step_keys(results.assessment.level)
    provenance = Provenance(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        software=dict(list_software()),
        code_sha256=hash_code(),
        inputs=chain.inputs,
        parameters=parameters,
        steps=tuple(StepKey(name=name, key=key) for name, key in keys.items()),
    )
    return describe_case(results, provenance)


def _result(folder: Path, document: CaseDocument, *, unchanged: bool) -> CaseResult:
    pdf = folder / "report.pdf"
    return CaseResult(
        folder=folder,
        document=document,
        report=folder / "report.html",
        pdf=pdf if pdf.is_file() else None,
        unchanged=unchanged,
    )
