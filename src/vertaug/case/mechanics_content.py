"""From a strength assessment to the keys ``mechanics`` of ``case.json``."""

from dataclasses import asdict

from vertaug.case.mechanics_record import (
    CompetitorRecord,
    CurveRecord,
    DiscLoadRecord,
    EndplateRecord,
    FailureLoadRecord,
    KyphoplastyStrengthRecord,
    LoadLevelRecord,
    MechanicsRecord,
    NeighbourRecord,
    SensitivityRecord,
    StateRecord,
)
from vertaug.case.strength import (
    DensitySensitivity,
    DiscLoad,
    StrengthAssessment,
    StrengthCurve,
    StrengthState,
)
from vertaug.case.strength_words import unusable_words


def case_stem(found: StrengthAssessment) -> str:
    """Return how the names of a case's files of a strength begin."""
    return f"mechanics/{found.level}"


def strength_file_names(
    found: StrengthAssessment, stem: str, kyphoplasty: StrengthAssessment | None = None
) -> tuple[str, ...]:
    """Return the names of the files of a strength.

    ``<stem>_before.vtu`` and ``.inp``, with cement the same ``_after``, with that of a kyphoplasty
    ``_kyphoplasty``, and ``<stem>_curve.csv`` where it was crushed.
    """
    states = [name for name, _ in named_states(found, kyphoplasty)]
    names = [f"{stem}_{state}{kind}" for state in states for kind in (".vtu", ".inp")]
    if found.before.curve is not None:
        names.append(f"{stem}_curve.csv")
    return tuple(names)


def named_states(
    found: StrengthAssessment, kyphoplasty: StrengthAssessment | None = None
) -> tuple[tuple[str, StrengthState], ...]:
    """Return the states of a level as its files name them."""
    states = (
        ("before", found.before),
        ("after", found.after),
        ("kyphoplasty", None if kyphoplasty is None else kyphoplasty.after),
    )
    return tuple((name, state) for name, state in states if state is not None)


def describe_mechanics(
    found: StrengthAssessment,
    stem: str | None = None,
    kyphoplasty: StrengthAssessment | None = None,
) -> MechanicsRecord:
    """Return the keys ``mechanics``.

    Parameters
    ----------
    found : StrengthAssessment
    stem : str, optional
        How the names of its files begin; None where none are written.
    kyphoplasty : StrengthAssessment, optional
        Of the same level with the cement of a kyphoplasty.

    Raises
    ------
    ValidationError
        If a result is not a finite number.
    """
    other = None if kyphoplasty is None else kyphoplasty.after
    return MechanicsRecord(
        level=found.level,
        before=_state(found.before),
        after_vertebroplasty=None if found.after is None else _state(found.after),
        after_kyphoplasty=None if other is None else _state(other),
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
        files=() if stem is None else strength_file_names(found, stem, kyphoplasty),
        assumed_cement=found.assumed_cement,
        intact_neighbour=(
            None if found.neighbour is None else NeighbourRecord(**asdict(found.neighbour))
        ),
        no_intact_neighbour=found.no_neighbour,
        before_not_usable=unusable_words(found),
        kyphoplasty=None if kyphoplasty is None else _kyphoplasty(kyphoplasty),
    )


def _kyphoplasty(found: StrengthAssessment) -> KyphoplastyStrengthRecord:
    after = found.after_height_mm
    return KyphoplastyStrengthRecord(
        cement_ml=found.cement_ml,
        load_ratio=found.load_ratio,
        load_ratios=found.load_ratios,
        stiffness_ratio=found.stiffness_ratio,
        height_mm=found.height_mm if after is None else after,
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
        disc_load=None if state.disc_load is None else _disc_load(state.disc_load),
    )


def _disc_load(found: DiscLoad) -> DiscLoadRecord:
    return DiscLoadRecord(
        stiffness_n_per_mm=found.stiffness_n_per_mm,
        plates=tuple(EndplateRecord(**asdict(plate)) for plate in found.plates),
    )


def _curve(curve: StrengthCurve) -> CurveRecord:
    bone = curve.yielded_bone
    return CurveRecord(
        displacement_mm=tuple(float(v) for v in curve.displacement_mm),
        force_n=tuple(float(v) for v in curve.force_n),
        yielded_share=tuple(float(v) for v in curve.yielded),
        yielded_bone_share=None if bone is None else tuple(float(v) for v in bone),
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
