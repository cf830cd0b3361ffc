"""From results to the content of ``case.json``."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
from pydantic import ValidationError

from vertaug.case.case_file import (
    SCHEMA_VERSION,
    AnatomyRecord,
    CaseDocument,
    CementRecord,
    DensityRecord,
    FractureRecord,
    LabelRecord,
    MeasurementRecord,
    NeedleRecord,
    PathRecord,
    PedicleRecord,
    PlanningRecord,
    PlanRecord,
    Provenance,
    ScanRecord,
    VertebraRecord,
    ViewRecord,
)
from vertaug.case.case_part import HeightTriple, Triple
from vertaug.case.density import DensityCalibration
from vertaug.case.errors import ComputationError
from vertaug.case.grid import FloatArray
from vertaug.case.kyphoplasty import SimulatedKyphoplasty
from vertaug.case.measurement import FractureAssessment, HeightSet, VertebraMeasurement
from vertaug.case.mechanics_content import case_stem, describe_mechanics
from vertaug.case.mechanics_record import MechanicsRecord
from vertaug.case.plan import AccessPlan, NeedlePath, PlanningResult
from vertaug.case.procedure_content import describe_augmentation
from vertaug.case.simulation import SimulatedVertebroplasty
from vertaug.case.spine import Pedicle, Spine, Vertebra
from vertaug.case.strength import StrengthAssessment


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseResults:
    """What the steps of the chain found.

    ``planning`` is None where no level was planned, ``strength``, ``vertebroplasty`` and
    ``kyphoplasty`` where they were not computed. ``kyphoplasty_strength`` is that with the cement
    of the kyphoplasty, in the bone after its balloons.
    """

    spine: Spine
    calibration: DensityCalibration
    assessment: FractureAssessment
    planning: PlanningResult | None
    strength: StrengthAssessment | None = None
    vertebroplasty: SimulatedVertebroplasty | None = None
    kyphoplasty: SimulatedKyphoplasty | None = None
    kyphoplasty_strength: StrengthAssessment | None = None

    @property
    def simulated(self) -> bool:
        """Whether any procedure was."""
        return self.vertebroplasty is not None or self.kyphoplasty is not None


def describe_case(results: CaseResults, provenance: Provenance) -> CaseDocument:
    """Return the content of ``case.json``.

    Raises
    ------
    ComputationError
        If a result is not a finite number.
    """
    try:
        return CaseDocument(
            schema_version=SCHEMA_VERSION,
            research_use_only=True,
            provenance=provenance,
            scan=_scan(results.spine),
            labels=_labels(results.spine),
            density=_density(results.calibration),
            anatomy=_anatomy(results.spine),
            fracture=_fracture(results.assessment),
            planning=_planning(results.planning) if results.planning else None,
            mechanics=_mechanics(results),
            augmentation=(
                describe_augmentation(results.vertebroplasty, results.kyphoplasty)
                if results.simulated
                else None
            ),
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = (
            f"{error.title}.{where} came out as {first['input']}, which is not a usable result; "
            "the case was not written. Please report this with the vertaug version"
        )
        raise ComputationError(message) from error


def _triple(point: FloatArray | Sequence[float]) -> Triple:
    x, y, z = (float(value) for value in point)
    return x, y, z


def _mechanics(results: CaseResults) -> MechanicsRecord | None:
    found = results.strength
    if found is None:
        return None
    return describe_mechanics(found, case_stem(found), results.kyphoplasty_strength)


def _scan(spine: Spine) -> ScanRecord:
    grid = spine.scan.grid
    return ScanRecord(
        shape=grid.shape, spacing_mm=_triple(grid.spacing_mm), **asdict(spine.scan.info)
    )


def _labels(spine: Spine) -> LabelRecord:
    labels = spine.labels
    return LabelRecord(numbering=labels.numbering, values=dict(labels.levels), notes=labels.notes)


def _density(calibration: DensityCalibration) -> DensityRecord:
    return DensityRecord(**asdict(calibration))


def _anatomy(spine: Spine) -> AnatomyRecord:
    return AnatomyRecord(
        levels={name: _vertebra(v) for name, v in spine.vertebrae.items()},
        incomplete=dict(spine.incomplete),
        notes=spine.notes,
    )


def _vertebra(vertebra: Vertebra) -> VertebraRecord:
    axes = vertebra.frame.axes
    found = {"left": vertebra.left_pedicle, "right": vertebra.right_pedicle}
    marks = vertebra.landmarks
    # a body cut by the edge has landmarks that lie outside the scan and are not a number
    points = [(f.name, getattr(marks, f.name)) for f in fields(marks)]
    return VertebraRecord(
        complete=vertebra.complete,
        cut_by=vertebra.cut_by,
        origin_lps_mm=_triple(vertebra.frame.origin_lps_mm),
        x_axis_lps=_triple(axes[:, 0]),
        y_axis_lps=_triple(axes[:, 1]),
        z_axis_lps=_triple(axes[:, 2]),
        body_volume_ml=vertebra.body_volume_mm3 / 1000,
        landmarks_lps_mm={name: _triple(p) for name, p in points if np.isfinite(p).all()},
        pedicles={side: _pedicle(p) for side, p in found.items() if p is not None},
        notes=vertebra.notes,
    )


def _pedicle(pedicle: Pedicle) -> PedicleRecord:
    return PedicleRecord(
        width_mm=pedicle.width_mm,
        height_mm=pedicle.height_mm,
        isthmus_lps_mm=_triple(pedicle.isthmus_lps_mm),
        axis_lps=_triple(pedicle.axis),
        transverse_angle_deg=pedicle.transverse_angle_deg,
        sagittal_angle_deg=pedicle.sagittal_angle_deg,
    )


def _heights(heights: HeightSet) -> HeightTriple:
    return HeightTriple(**asdict(heights))


def _fracture(assessment: FractureAssessment) -> FractureRecord:
    return FractureRecord(
        level=assessment.level,
        level_source=assessment.level_source,
        levels={name: _measurement(m) for name, m in assessment.levels.items()},
        incomplete=dict(assessment.incomplete),
    )


def _measurement(measured: VertebraMeasurement) -> MeasurementRecord:
    wall, bone, cleft = measured.posterior_wall, measured.trabecular, measured.cleft
    reference = measured.reference_mm
    return MeasurementRecord(
        complete=measured.complete,
        height_anterior_mm=measured.heights_mm.anterior,
        height_middle_mm=measured.heights_mm.middle,
        height_posterior_mm=measured.heights_mm.posterior,
        heights_3d_mm=_heights(measured.heights_3d_mm),
        own_ratios=_heights(measured.own_ratios),
        reference_mm=_heights(reference) if reference else None,
        reference_method=measured.reference_method,
        loss_percent=_heights(measured.loss_percent),
        profile_loss_percent=measured.profile_loss_percent,
        profile_loss_depth=measured.profile_loss_depth,
        genant_grade=measured.genant_grade,
        shape=measured.shape,
        depth_mm=measured.depth_mm,
        reference_levels=measured.reference_levels,
        wedge_angle_deg=measured.wedge_angle_deg,
        local_kyphosis_deg=measured.local_kyphosis_deg,
        cobb_angle_deg=measured.cobb_angle_deg,
        **asdict(wall),
        cleft_present=cleft.present,
        cleft_volume_ml=cleft.volume_ml,
        cleft_extent_mm=cleft.extent_mm,
        trabecular_hu=bone.mean_hu,
        trabecular_sd_hu=bone.sd_hu,
        trabecular_density_mg_per_ml=bone.density_mg_per_ml,
        trabecular_uncertainty_mg_per_ml=bone.uncertainty_mg_per_ml,
        body_volume_ml=measured.body_volume_ml,
        predicted_volume_ml=measured.predicted_volume_ml,
        lost_volume_ml=measured.lost_volume_ml,
        endplate_residual_mm=measured.endplate_residual_mm,
        notes=measured.notes,
    )


def _planning(planning: PlanningResult) -> PlanningRecord:
    return PlanningRecord(
        level=planning.level,
        needle=NeedleRecord(**asdict(planning.needle)),
        plans=tuple(_plan(plan) for plan in planning.plans),
        views={
            view.name: ViewRecord(
                primary_angle_deg=view.primary_angle_deg,
                secondary_angle_deg=view.secondary_angle_deg,
                sentence=view.sentence,
            )
            for view in planning.views
        },
        cement=CementRecord(**asdict(planning.cement)),
        advice=planning.advice,
        objective=planning.objective,
    )


def _plan(plan: AccessPlan) -> PlanRecord:
    return PlanRecord(
        procedure=plan.procedure,
        route=plan.route,
        sides=plan.sides,
        score=plan.score,
        score_terms=dict(plan.score_terms),
        safe=plan.safe,
        paths=tuple(_path(path) for path in plan.paths),
    )


def _path(path: NeedlePath) -> PathRecord:
    skin = path.skin_entry_lps_mm
    return PathRecord(
        side=path.side,
        entry_lps_mm=_triple(path.entry_lps_mm),
        target_lps_mm=_triple(path.target_lps_mm),
        skin_entry_lps_mm=None if skin is None else _triple(skin),
        skin_depth_mm=path.skin_depth_mm,
        gauge=path.needle.gauge,
        length_mm=path.length_mm,
        axial_angle_deg=path.axial_angle_deg,
        sagittal_angle_deg=path.sagittal_angle_deg,
        canal_clearance_mm=path.margins.canal_mm,
        cortex_clearance_mm=path.margins.pedicle_mm,
        margins=asdict(path.margins),
        gertzbein_robbins=path.gertzbein_robbins,
        entry_angle_deg=path.entry_angle_deg,
        breach_probability=path.breach_probability,
        balloon_mm=path.balloon_mm,
        tip_thirds=path.tip_thirds,
        tip_depth_fraction=path.tip_depth_fraction,
        safe=path.safe,
        violations=path.violations,
        notes=path.notes,
    )
