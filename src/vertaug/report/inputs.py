"""What the report is made from and what it leaves on disk."""

from dataclasses import dataclass, field
from pathlib import Path

from vertaug.case.density import DensityCalibration
from vertaug.case.errors import LevelError
from vertaug.case.indication_record import IndicationRecord
from vertaug.case.kyphoplasty import SimulatedKyphoplasty
from vertaug.case.measurement import FractureAssessment
from vertaug.case.plan import PlanningResult
from vertaug.case.simulation import SimulatedVertebroplasty
from vertaug.case.spine import Spine
from vertaug.case.strength import StrengthAssessment
from vertaug.fluoroscopy.patient import XrayPatient
from vertaug.planning.rules import SafetyRules
from vertaug.report.filling_films import FillingFilms
from vertaug.report.kyphoplasty_films import KyphoplastyFilms

DISCLAIMER = "Research and teaching, not for clinical decisions"
"""Stands on every page and on every figure page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRecord:
    """One file or folder that a case was made from.

    Attributes
    ----------
    role : str
        What it was used for: ``CT``, ``labels`` ...
    name : str
        Its name without the folder, so that no path of a computer is printed.
    sha256 : str or None
        Hash of its content, if it was taken.
    """

    role: str
    name: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportProvenance:
    """Where the numbers of a report come from.

    Attributes
    ----------
    case_name : str
        Short name of the case for the header of each page.
    software : tuple of (name, version)
        Programs whose version can change a number.
    inputs : tuple of InputRecord
        Files that were read.
    parameters : tuple of (name, value)
        Settings of the run, with units in the name.
    created : str or None
        Time stamp as it should be printed; None leaves it out, and then the files depend on
        the case alone.
    """

    case_name: str
    software: tuple[tuple[str, str], ...] = ()
    inputs: tuple[InputRecord, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    created: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReportInput:
    """Everything that one report shows.

    Attributes
    ----------
    planning : PlanningResult or None
        None if the case was measured only.
    strength : StrengthAssessment or None
        None where it was not computed.
    vertebroplasty : SimulatedVertebroplasty or None
        None where it was not simulated.
    filling_films : FillingFilms or None
        Radiographs of it.
    kyphoplasty : SimulatedKyphoplasty or None
        None where it was not simulated.
    kyphoplasty_films : KyphoplastyFilms or None
        Radiographs of it.
    kyphoplasty_strength : StrengthAssessment or None
        With its cement, after its balloons; None where it was not computed.
    rules : SafetyRules
        Required margins, against which the margins of the plans are marked.
    patient : XrayPatient or None
        Prepared for the radiographs of the plan; None where the report is to prepare it.
    indications : IndicationRecord or None
        The panel; None where no facts of the patient were given for the level.
    """

    spine: Spine
    calibration: DensityCalibration
    assessment: FractureAssessment
    planning: PlanningResult | None
    provenance: ReportProvenance
    strength: StrengthAssessment | None = None
    vertebroplasty: SimulatedVertebroplasty | None = None
    filling_films: FillingFilms | None = None
    kyphoplasty: SimulatedKyphoplasty | None = None
    kyphoplasty_films: KyphoplastyFilms | None = None
    kyphoplasty_strength: StrengthAssessment | None = None
    rules: SafetyRules = field(default_factory=SafetyRules)
    patient: XrayPatient | None = None
    indications: IndicationRecord | None = None

    def __post_init__(self) -> None:
        if self.planning is not None and self.planning.level not in self.spine.vertebrae:
            message = (
                f"the plan is for {self.planning.level}, which is not in this spine "
                f"({', '.join(self.spine.vertebrae) or 'no level'}); give the plan of this case"
            )
            raise LevelError(message)

    @property
    def level(self) -> str | None:
        """The level that the report is about: planned, else fractured, else none."""
        return self.planning.level if self.planning is not None else self.assessment.level


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """Files that a report left on disk.

    Attributes
    ----------
    html : Path
        The report as one self-contained page.
    pdf : Path or None
        The same as PDF; None if it was not asked for.
    figures : tuple of Path
        The pictures, also as files.
    """

    html: Path
    pdf: Path | None
    figures: tuple[Path, ...]
