"""The contract of ``case.json``: every key, its unit in its name, checked when read and written.

Keys may be added under one schema version; renaming or removing one raises it (decision 0002).
"""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vertaug.case.augmentation_record import AugmentationRecord
from vertaug.case.case_part import Coefficient, Figure, HeightTriple, Part, Triple
from vertaug.case.errors import FormatError
from vertaug.case.indication_record import IndicationParameters, IndicationRecord
from vertaug.case.measurement import FractureShape
from vertaug.case.mechanics_record import MechanicsRecord
from vertaug.case.plan import Procedure, Route

SCHEMA_VERSION = 1
"""Version of the keys below."""

CASE_FILE = "case.json"


class InputFile(Part):
    """A file or folder that the case was made from: its name without folders, and its hash."""

    role: str
    name: str
    sha256: str


class StepKey(Part):
    """A step of the chain and the key of its stored result."""

    name: str
    key: str


class StrengthParameters(Part):
    """What the user chose for strength."""

    level: str | None
    cement_ml: Figure | None
    surface: str
    linear_only: bool
    spacing_mm: Figure
    simulated_cement: bool = False
    kyphoplasty_cement: bool = False


class BalloonParameters(Part):
    """What the user chose for the balloons of a kyphoplasty.

    ``name`` is absent where the one that fits was taken, ``volume_ml`` where it was what the
    balloon is rated for; ``balloons_sha256`` is of all values of the balloons that could be taken,
    ``balloons`` the name of the file that they came from, absent for built-in ones.
    """

    name: str | None
    balloons: str | None
    balloons_sha256: str
    volume_ml: Figure | None
    preload_n: Figure
    contact_mm: Figure
    spacing_mm: Figure
    fracture_age: str = "fresh"


class SimulationParameters(Part):
    """What the user chose for a simulated procedure.

    ``product_sha256`` is of all values of the product; ``products`` is the name of the file that
    it came from, absent for a built-in one. ``balloon`` is absent for a vertebroplasty.
    """

    level: str | None
    procedure: Procedure
    product: str
    product_sha256: str
    products: str | None
    volume_ml: Figure | None
    rate_ml_per_min: Figure
    plan: int
    samples: int
    seed: int
    stop_rules: bool
    spacing_mm: Figure
    balloon: BalloonParameters | None = None


class Parameters(Part):
    """What the user chose; ``strength``, ``simulation`` and ``kyphoplasty`` if computed.

    ``simulation`` is that of a vertebroplasty, ``indications`` what was given for the panel.
    """

    level: str | None
    procedures: tuple[Procedure, ...]
    gauge: int | None
    series: str | None
    numbering: str | None
    kvp: Figure | None
    calibration: str
    correct_orientation: bool
    pdf: bool
    strength: StrengthParameters | None = None
    simulation: SimulationParameters | None = None
    kyphoplasty: SimulationParameters | None = None
    indications: IndicationParameters | None = None


class Provenance(Part):
    """Where the results come from; ``created`` is the only time stamp of the case (UTC)."""

    created: str
    software: dict[str, str]
    code_sha256: str
    inputs: tuple[InputFile, ...]
    parameters: Parameters
    steps: tuple[StepKey, ...]


class ScanRecord(Part):
    """The CT."""

    source_format: str
    shape: tuple[int, int, int]
    spacing_mm: Triple
    kvp: Figure | None
    slice_thickness_mm: Figure | None
    scanner: str | None
    kernel: str | None
    contrast: bool | None
    patient_position: str | None
    notes: tuple[str, ...]


class LabelRecord(Part):
    """The labels; ``values`` are those of ``labels.nii.gz``."""

    numbering: str
    values: dict[str, int]
    notes: tuple[str, ...]


class DensityRecord(Part):
    """The density calibration: ``intercept + slope * HU + quadratic * HU**2``, K2HPO4."""

    method: str
    description: str
    slope_mg_per_ml_per_hu: Coefficient
    intercept_mg_per_ml: Figure
    quadratic_mg_per_ml_per_hu2: Coefficient
    relative_uncertainty: Figure
    offset_uncertainty_mg_per_ml: Figure
    effective_energy_kev: Figure | None
    r_squared: Coefficient | None


class PedicleRecord(Part):
    """One pedicle."""

    width_mm: Figure
    height_mm: Figure
    isthmus_lps_mm: Triple
    axis_lps: Triple
    transverse_angle_deg: Figure
    sagittal_angle_deg: Figure


class VertebraRecord(Part):
    """The anatomy of one vertebra; axes are the columns x (left), y (posterior), z (superior)."""

    complete: bool
    cut_by: tuple[str, ...]
    origin_lps_mm: Triple
    x_axis_lps: Triple
    y_axis_lps: Triple
    z_axis_lps: Triple
    body_volume_ml: Figure
    landmarks_lps_mm: dict[str, Triple]
    pedicles: dict[str, PedicleRecord]
    notes: tuple[str, ...]


class AnatomyRecord(Part):
    """All vertebrae, and the labelled levels that could not be analysed with the reason."""

    levels: dict[str, VertebraRecord]
    incomplete: dict[str, str]
    notes: tuple[str, ...]


class MeasurementRecord(Part):
    """Everything measured on one level."""

    complete: bool
    height_anterior_mm: Figure
    height_middle_mm: Figure
    height_posterior_mm: Figure
    heights_3d_mm: HeightTriple
    own_ratios: HeightTriple
    reference_mm: HeightTriple | None
    reference_method: str
    loss_percent: HeightTriple
    profile_loss_percent: Figure | None = None
    profile_loss_depth: Figure | None = None
    depth_mm: Figure | None = None
    reference_levels: tuple[str, ...] = ()
    genant_grade: int
    shape: FractureShape
    wedge_angle_deg: Figure
    local_kyphosis_deg: Figure | None
    cobb_angle_deg: Figure | None
    retropulsion_mm: Figure | None
    canal_depth_mm: Figure | None
    canal_reference_mm: Figure | None
    canal_compromise_percent: Figure | None
    cleft_present: bool
    cleft_volume_ml: Figure
    cleft_extent_mm: Figure
    trabecular_hu: Figure
    trabecular_sd_hu: Figure
    trabecular_density_mg_per_ml: Figure | None
    trabecular_uncertainty_mg_per_ml: Figure | None
    body_volume_ml: Figure
    predicted_volume_ml: Figure | None
    lost_volume_ml: Figure | None
    endplate_residual_mm: tuple[Figure, Figure]
    notes: tuple[str, ...]


class FractureRecord(Part):
    """The level to treat and every level measured."""

    level: str | None
    level_source: str
    levels: dict[str, MeasurementRecord]
    incomplete: dict[str, str]


class PathRecord(Part):
    """One needle path; clearances are those of the needle's outer surface."""

    side: str
    entry_lps_mm: Triple
    target_lps_mm: Triple
    skin_entry_lps_mm: Triple | None
    skin_depth_mm: Figure | None
    gauge: int
    length_mm: Figure
    axial_angle_deg: Figure
    sagittal_angle_deg: Figure
    canal_clearance_mm: Figure
    cortex_clearance_mm: Figure | None
    margins: dict[str, Figure | None]
    gertzbein_robbins: str | None
    entry_angle_deg: Figure | None = None
    breach_probability: Figure | None
    balloon_mm: Figure | None = None
    tip_thirds: tuple[str, str, str]
    tip_depth_fraction: Figure
    safe: bool
    violations: tuple[str, ...]
    notes: tuple[str, ...]


class PlanRecord(Part):
    """One way to do the procedure; plans are ranked, best first."""

    procedure: Procedure
    route: Route
    sides: str
    score: Figure
    score_terms: dict[str, Figure]
    safe: bool
    paths: tuple[PathRecord, ...]


class ViewRecord(Part):
    """C-arm angles in DICOM signs: LAO and cranial positive."""

    primary_angle_deg: Figure
    secondary_angle_deg: Figure
    sentence: str


class NeedleRecord(Part):
    """The needle that was planned with."""

    gauge: int
    outer_diameter_mm: Figure
    usable_length_mm: Figure
    source: str


class CementRecord(Part):
    """Cement volume to aim for."""

    low_ml: Figure
    target_ml: Figure
    high_ml: Figure
    basis: str


class PlanningRecord(Part):
    """All plans of one level."""

    level: str
    needle: NeedleRecord
    plans: tuple[PlanRecord, ...]
    views: dict[str, ViewRecord]
    cement: CementRecord
    advice: tuple[str, ...]
    objective: str


class CaseDocument(Part):
    """All of ``case.json``.

    ``planning`` is absent where no level was planned, ``mechanics`` where no strength was
    computed, ``augmentation`` where nothing was simulated, ``indications`` where no facts of the
    patient were given for the level.
    """

    schema_version: int
    research_use_only: bool
    provenance: Provenance
    scan: ScanRecord
    labels: LabelRecord
    density: DensityRecord
    anatomy: AnatomyRecord
    fracture: FractureRecord
    planning: PlanningRecord | None
    mechanics: MechanicsRecord | None = None
    augmentation: AugmentationRecord | None = None
    indications: IndicationRecord | None = None


def format_case(document: CaseDocument) -> str:
    """Return the text of ``case.json``."""
    tree = document.model_dump(mode="json")
    return json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_case(folder: str | Path) -> CaseDocument:
    """Read and check the ``case.json`` of a case folder.

    Raises
    ------
    FormatError
        If there is none, or it is damaged or written by a newer version.
    """
    path = Path(folder) / CASE_FILE
    if not path.is_file():
        message = (
            f"{folder} is not a case of vertaug: it holds no {CASE_FILE}; "
            f"make one with: vertaug plan CT --labels LABELS -o {folder}"
        )
        raise FormatError(message)
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read: {error}; make the case again"
        raise FormatError(message) from error
    _check_version(tree, path)
    try:
        return CaseDocument.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"{path} is damaged: {where}: {first['msg']}; make the case again"
        raise FormatError(message) from error


def _check_version(tree: Any, path: Path) -> None:
    version = tree.get("schema_version") if isinstance(tree, dict) else None
    if not isinstance(version, int) or version < 1:
        message = f"{path} has no schema version; it is not a case file of vertaug"
        raise FormatError(message)
    if version > SCHEMA_VERSION:
        message = (
            f"{path} was written by a newer version of vertaug (schema {version}, this one "
            f"reads up to {SCHEMA_VERSION}); update vertaug to open it"
        )
        raise FormatError(message)
