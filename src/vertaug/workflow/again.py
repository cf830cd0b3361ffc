"""Run one step of an existing case again, or add one; the CT is not needed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from vertaug.case.case_file import CaseDocument, InputFile, Parameters, read_case
from vertaug.case.errors import FormatError
from vertaug.case.spine import Spine
from vertaug.workflow.calibration import GENERIC, CalibrationChoice, choose_calibration
from vertaug.workflow.chain import MEASURE, REPORT, TITLES, Chain
from vertaug.workflow.extras import check_extras
from vertaug.workflow.indication_choice import IndicationChoice, indication_choice_of
from vertaug.workflow.measured import Measured
from vertaug.workflow.optional_steps import keep_added, want_simulation, want_strength
from vertaug.workflow.progress import ProgressListener, Reporter
from vertaug.workflow.request import CaseOptions
from vertaug.workflow.run import (
    CaseResult,
    case_there,
    find_unchanged,
    say_changes,
    write_case,
)
from vertaug.workflow.run_checks import refuse_idle_voltage
from vertaug.workflow.simulation_steps import SimulationRun
from vertaug.workflow.step_store import StepStore
from vertaug.workflow.strength_choice import StrengthChoice
from vertaug.workflow.workspace import PRIVATE, open_workspace


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


def measure_again(
    folder: Path, changes: CaseChanges, *, progress: ProgressListener | None = None
) -> CaseResult:
    """Measure an existing case again, and what follows from it; the CT is not needed.

    Raises
    ------
    FormatError
        If the folder holds no complete case.
    """
    return _again(Path(folder), changes, _Rerun(steps=frozenset({MEASURE})), progress)


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

    def add(chain: Chain, document: CaseDocument) -> Chain:
        kept = keep_added(chain, document.provenance.parameters, strength=False)
        return want_strength(kept, choice, document.fracture.level)

    return _again(Path(folder), CaseChanges(), _Rerun(add=add), progress)


def add_simulation(
    folder: Path,
    *runs: SimulationRun,
    strength: bool = True,
    progress: ProgressListener | None = None,
) -> CaseResult:
    """Simulate procedures on a level of an existing case; the CT is not needed.

    Parameters
    ----------
    folder : Path
    runs : SimulationRun
        One for each procedure, with its product and balloons.
    strength : bool
        Also compute the strength with the cement of the vertebroplasty, where one is simulated.
    progress : callable, optional

    Raises
    ------
    FormatError
        If the folder holds no complete case.
    LevelError, InputError
        If level, plan, product, balloon or volume cannot be used.
    ComputationError
        If a computation failed; the case stays as it was.
    """

    def add(chain: Chain, document: CaseDocument) -> Chain:
        return want_simulation(chain, runs, document.provenance.parameters, strength=strength)

    return _again(Path(folder), CaseChanges(), _Rerun(add=add), progress)


def add_indications(
    folder: Path, choice: IndicationChoice, *, progress: ProgressListener | None = None
) -> CaseResult:
    """Write the indication panel of an existing case; the CT is not needed.

    Parameters
    ----------
    folder : Path
    choice : IndicationChoice
        Its facts stay in the case, and the panel is made again whenever the case changes.

    Raises
    ------
    FormatError
        If the folder holds no complete case.
    InputError
        If the facts or rules cannot be used, or the facts are those of another level.
    """
    return _again(Path(folder), CaseChanges(), _add_panel(choice), progress)


def foresee_indications(folder: Path, choice: IndicationChoice) -> CaseResult:
    """Return what `add_indications` would leave out of a case; nothing is computed or written.

    Parameters
    ----------
    folder : Path
    choice : IndicationChoice

    Returns
    -------
    CaseResult
        The case as it is; ``dropped_...`` tell what it would have no more.

    Raises
    ------
    FormatError
        If the folder holds no complete case.
    InputError
        If the facts or rules cannot be used, or the facts are those of another level.
    """
    ready = _prepare(Path(folder), CaseChanges(), _add_panel(choice), None)
    there = case_there(ready.folder, ready.document)
    told = say_changes(there, ready.chain, ready.document.provenance.parameters)
    return replace(told, idle_indications=None)


def _add_panel(choice: IndicationChoice) -> "_Rerun":
    def add(chain: Chain, document: CaseDocument) -> Chain:
        own = replace(choice, level=document.fracture.level)
        own.weigh_case(document)  # refused before anything is written
        own = indication_choice_of(own.as_parameters())  # as when the case is written again
        return keep_added(replace(chain, indications=own), document.provenance.parameters)

    return _Rerun(add=add)


def report_again(
    folder: Path, changes: CaseChanges, *, progress: ProgressListener | None = None
) -> CaseResult:
    """Write files and report of an existing case again; the CT is not needed.

    Raises
    ------
    FormatError
        If the folder holds no complete case.
    """
    return _again(Path(folder), changes, _Rerun(steps=frozenset({REPORT})), progress)


def _keep(chain: Chain, document: CaseDocument) -> Chain:
    return keep_added(chain, document.provenance.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rerun:
    """Steps computed in any case, and how the chain gets its optional steps."""

    steps: frozenset[str] = frozenset()
    add: Callable[[Chain, CaseDocument], Chain] = _keep


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ready:
    """An older case with the chain that writes it again."""

    folder: Path
    document: CaseDocument
    spine: Spine
    chain: Chain


def _again(
    folder: Path,
    changes: CaseChanges,
    rerun: _Rerun,
    progress: ProgressListener | None,
) -> CaseResult:
    ready = _prepare(folder, changes, rerun, progress)
    chain, given = ready.chain, ready.document.provenance.parameters
    there = None if rerun.steps else find_unchanged(chain, folder)
    if there is not None:
        return there
    with open_workspace(folder) as workspace:
        result = write_case(workspace, chain, chain.follow(ready.spine), given)
    return say_changes(result, chain, given)


def _prepare(
    folder: Path,
    changes: CaseChanges,
    rerun: _Rerun,
    progress: ProgressListener | None,
) -> _Ready:
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
        again=rerun.steps,
    )
    added = rerun.add(chain, document)
    return _Ready(folder=folder, document=document, spine=spine, chain=added)


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
