"""From a strength assessment to the keys ``mechanics`` of ``case.json``."""

from dataclasses import asdict

from vertaug.case.mechanics_record import (
    CompetitorRecord,
    CurveRecord,
    FailureLoadRecord,
    LoadLevelRecord,
    MechanicsRecord,
    SensitivityRecord,
    StateRecord,
)
from vertaug.case.strength import (
    DensitySensitivity,
    StrengthAssessment,
    StrengthCurve,
    StrengthState,
)


def describe_mechanics(found: StrengthAssessment) -> MechanicsRecord:
    """Return the keys ``mechanics``.

    Raises
    ------
    ValidationError
        If a result is not a finite number.
    """
    return MechanicsRecord(
        level=found.level,
        before=_state(found.before),
        after_vertebroplasty=None if found.after is None else _state(found.after),
        after_kyphoplasty=None,
        cement_ml=found.cement_ml,
        load_ratio=found.load_ratio,
        load_ratios=found.load_ratios,
        stiffness_ratio=found.stiffness_ratio,
        competitors=CompetitorRecord(**asdict(found.competitors)),
        density_sensitivity=_sensitivity(found.sensitivity),
        height_mm=found.height_mm,
        spacing_mm=found.spacing_mm,
        voxels=found.voxels,
        method=found.method,
        notes=found.notes,
    )


def _state(state: StrengthState) -> StateRecord:
    return StateRecord(
        stiffness_n_per_mm=state.stiffness_n_per_mm,
        failure_load_n=state.failure_load_n,
        failure_load_definition=state.main,
        bending_nmm_per_rad=dict(state.bending_nmm_per_rad),
        failure_loads=tuple(FailureLoadRecord(**asdict(f)) for f in state.failure_loads),
        curve=None if state.curve is None else _curve(state.curve),
        yielded_share=dict(state.yielded),
        levels=tuple(LoadLevelRecord(**asdict(level)) for level in state.levels),
        asymmetry=state.asymmetry,
        peak_energy_mpa=state.peak_energy_mpa,
    )


def _curve(curve: StrengthCurve) -> CurveRecord:
    return CurveRecord(
        displacement_mm=tuple(float(v) for v in curve.displacement_mm),
        force_n=tuple(float(v) for v in curve.force_n),
        yielded_share=tuple(float(v) for v in curve.yielded),
    )


def _sensitivity(found: DensitySensitivity | None) -> SensitivityRecord | None:
    if found is None:
        return None
    return SensitivityRecord(
        density_mg_per_ml=found.density_mg_per_ml,
        uncertainty_mg_per_ml=found.uncertainty_mg_per_ml,
        stiffness_n_per_mm=found.stiffness_n_per_mm,
        failure_load_n=found.failure_load_n,
        failure_load_definition=found.definition,
    )
