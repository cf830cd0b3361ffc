"""Run one case, from its inputs to the case folder."""

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
    SimulationParameters,
    StepKey,
    StrengthParameters,
    format_case,
    read_case,
)
from vertaug.case.mechanics_content import case_stem
from vertaug.case.plan import Procedure
from vertaug.case.storage import replace_text
from vertaug.workflow.calibration import choose_calibration
from vertaug.workflow.chain import (
    ADDED_STEPS,
    FILES,
    READ,
    REPORT,
    TITLES,
    Chain,
)
from vertaug.workflow.extras import check_extras
from vertaug.workflow.fingerprint import hash_code, list_software, make_key
from vertaug.workflow.optional_steps import keep_added, parameters_for
from vertaug.workflow.progress import ProgressListener, Reporter
from vertaug.workflow.publish import is_intact, publish, read_manifest
from vertaug.workflow.request import CaseRequest, FileSource, PhantomSource
from vertaug.workflow.run_checks import (
    keep_stamp,
    level_of,
    parameters_of,
    refuse_idle_voltage,
    refuse_other_patient,
    refuse_unlabelled,
    step_keys_of,
)
from vertaug.workflow.simulation_choice import simulation_choice_of
from vertaug.workflow.step_store import StepStore
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
    dropped_strength : StrengthParameters or None
        Of a strength that fits no more.
    dropped_simulations : tuple of Procedure
        Simulated procedures that the case had before and that fit no more.
    dropped_samples : tuple of (Procedure, int)
        Sampled injections of older simulations that were replaced by ones without.
    sketched_ml : float or None
        Volume of the sketched cement whose strength was replaced by one with simulated cement.
    dropped_cement : StrengthParameters or None
        Of a strength with cement that was replaced by one without.
    replaced_simulations : tuple of SimulationParameters
        Of older simulations whose place another of the same procedure took.
    dropped_kyphoplasty_strength : bool
        Whether the strength after a kyphoplasty fits no more, though the strength is there.
    idle_indications : str or None
        Level of which the facts of the patient are, where the case treats another one now.
    """

    folder: Path
    document: CaseDocument
    report: Path
    pdf: Path | None
    unchanged: bool
    replaced: str | None = None
    dropped_strength: StrengthParameters | None = None
    dropped_simulations: tuple[Procedure, ...] = ()
    dropped_samples: tuple[tuple[Procedure, int], ...] = ()
    sketched_ml: float | None = None
    dropped_cement: StrengthParameters | None = None
    replaced_simulations: tuple[SimulationParameters, ...] = ()
    dropped_kyphoplasty_strength: bool = False
    idle_indications: str | None = None


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
    had = parameters_of(folder)
    chain = keep_added(chain, had)
    there = find_unchanged(chain, folder)
    if there is not None:
        return there
    known = chain.store.path("anatomy", chain.anatomy_key).is_file()
    material = None if known else request.source.read()
    if material is not None:
        refuse_unlabelled(request.options.level, material[1])
    before = level_of(folder)
    with open_workspace(folder) as workspace:
        spine = chain.find_anatomy(lambda: material or request.source.read())
        result = write_case(workspace, chain, chain.follow(spine), request.source)
    now = result.document.fracture.level
    result = replace(result, replaced=before if before != now else None)
    return result if had is None else say_changes(result, chain, had)


def find_unchanged(chain: Chain, folder: Path) -> CaseResult | None:
    """Return the case that is there if the chain would make the same, file by file, else None."""
    manifest = read_manifest(folder)
    if manifest is None or manifest.key != _case_key(chain, folder):
        return None
    if not is_intact(folder, manifest):
        return None
    return _result(folder, read_case(folder), unchanged=True)


def say_changes(result: CaseResult, chain: Chain, before: Parameters) -> CaseResult:
    """Return the result with what the older case had and this one has not."""
    strength, now = before.strength, chain.strength
    sketched = cement = None
    if strength is not None and now is not None:
        had = strength.cement_ml is not None or strength.simulated_cement
        if now.simulated_cement:
            sketched = strength.cement_ml
        elif had and now.cement_ml is None:
            cement = strength
    return replace(
        result,
        dropped_strength=strength if now is None else None,
        idle_indications=idle_level(chain, result.document),
        dropped_simulations=tuple(
            procedure
            for procedure in Procedure
            if parameters_for(before, procedure) is not None and chain.run_of(procedure) is None
        ),
        dropped_samples=_dropped_samples(before, chain),
        replaced_simulations=_replaced(before, chain),
        sketched_ml=sketched,
        dropped_cement=cement,
        dropped_kyphoplasty_strength=(
            strength is not None
            and now is not None
            and strength.kyphoplasty_cement
            and not now.kyphoplasty_cement
        ),
    )


def idle_level(chain: Chain, document: CaseDocument) -> str | None:
    """Return the level of facts that make no panel, because the case treats another one."""
    chosen = chain.indications
    if chosen is None or document.indications is not None:
        return None
    return chosen.level or "no level"


def _replaced(before: Parameters, chain: Chain) -> tuple[SimulationParameters, ...]:
    """Return the older simulations that were of another injection than those that are there now."""
    replaced = []
    for procedure in Procedure:
        had, run = parameters_for(before, procedure), chain.run_of(procedure)
        if had is None or run is None:
            continue
        if simulation_choice_of(had).injection_part() != run.choice.injection_part():
            replaced.append(had)
    return tuple(replaced)


def _dropped_samples(before: Parameters, chain: Chain) -> tuple[tuple[Procedure, int], ...]:
    dropped = []
    for procedure in Procedure:
        had, run = parameters_for(before, procedure), chain.run_of(procedure)
        if had is not None and had.samples and run is not None and not run.choice.samples:
            dropped.append((procedure, had.samples))
    return tuple(dropped)


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


def _case_key(chain: Chain, folder: Path) -> str:
    options = chain.options
    return make_key(
        "case",
        {
            "measure": chain.measure_key,
            "plan": chain.plan_key(options.level or ""),
            "strength": chain.strength_key,
            "after balloons": chain.after_balloons_keys,
            "simulation": chain.simulation_keys,
            "kyphoplasty": chain.kyphoplasty_keys,
            "pdf": options.pdf,
            "indications": None if chain.indications is None else chain.indications.own_part(),
            "name": folder.resolve().name,
        },
    )


def write_case(
    workspace: Workspace,
    chain: Chain,
    results: CaseResults,
    source: FileSource | PhantomSource | Parameters,
) -> CaseResult:
    """Write files, report and ``case.json`` of results, all together.

    Parameters
    ----------
    workspace : Workspace
    chain : Chain
        That made the results.
    results : CaseResults
    source : FileSource, PhantomSource or Parameters
        For the options of the input that the case remembers.

    Raises
    ------
    StorageError
        If a file cannot be written.
    """
    from vertaug.report import write_case_files, write_report
    from vertaug.report.filling_files import write_filling_files
    from vertaug.report.filling_films import take_case_films, view_case
    from vertaug.report.kyphoplasty_files import write_kyphoplasty_files
    from vertaug.report.kyphoplasty_films import take_kyphoplasty_films
    from vertaug.report.strength_files import write_strength_files
    from vertaug.workflow.report_input import make_report_input

    had = step_keys_of(workspace.folder)
    document = keep_stamp(workspace.folder, _describe(chain, results, source))
    staging = workspace.staging
    chain.reporter.start(FILES)
    write_case_files(results.spine, results.assessment, results.planning, staging)
    if results.strength is not None:
        write_strength_files(
            results.strength, staging, case_stem(results.strength), results.kyphoplasty_strength
        )
    views = view_case(results)
    films = take_case_films(results, views)
    if results.vertebroplasty is not None:
        write_filling_files(results.vertebroplasty.result.filling, films, results.spine, staging)
    kyphoplasty_films = take_kyphoplasty_films(results, views)
    if results.kyphoplasty is not None:
        write_kyphoplasty_files(results.kyphoplasty, kyphoplasty_films, results.spine, staging)
    chain.reporter.start(REPORT)
    name = workspace.folder.resolve().name
    write_report(
        make_report_input(
            results,
            document.provenance,
            name,
            films,
            kyphoplasty_films,
            indications=document.indications,
            patient=None if views is None else views.patient,
        ),
        staging,
        pdf=chain.options.pdf,
    )
    replace_text(staging / CASE_FILE, format_case(document))
    publish(workspace, _case_key(chain, workspace.folder))
    chain.store.keep_only(chain.step_keys(results.assessment.level), had, unfinished=ADDED_STEPS)
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
        simulation=(None if chain.simulation is None else chain.simulation.choice.as_parameters()),
        kyphoplasty=(
            None if chain.kyphoplasty is None else chain.kyphoplasty.choice.as_parameters()
        ),
        indications=None if chain.indications is None else chain.indications.as_parameters(),
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
    document = describe_case(results, provenance)
    if chain.indications is None:
        return document
    panel = chain.indications.record_case(document)
    return document.model_copy(update={"indications": panel})


def case_there(folder: Path, document: CaseDocument) -> CaseResult:
    """Return a case as it lies in its folder."""
    return _result(folder, document, unchanged=True)


def _result(folder: Path, document: CaseDocument, *, unchanged: bool) -> CaseResult:
    pdf = folder / "report.pdf"
    return CaseResult(
        folder=folder,
        document=document,
        report=folder / "report.html",
        pdf=pdf if pdf.is_file() else None,
        unchanged=unchanged,
    )
