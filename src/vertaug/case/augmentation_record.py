"""The keys ``augmentation`` of ``case.json``."""

from vertaug.case.balloon_record import BalloonRecord
from vertaug.case.case_part import Coefficient, Figure, Part, ProductValueRecord, Triple


class LeakVolumes(Part):
    """Volume by path: Yeom's types, a defect toward the canal, the needle's track."""

    B: Coefficient
    S: Coefficient
    C: Coefficient
    D: Coefficient
    canal: Coefficient
    track: Coefficient


class ProductRecord(Part):
    """A cement product."""

    name: str
    title: str
    viscosity_class: str
    radiopacifier: str
    values: dict[str, ProductValueRecord]
    uncertain: tuple[str, ...]


class WatchedRuleRecord(Part):
    """A stop rule that was watched for, met or not, and when it is met."""

    rule: str
    condition: str


class CementClockRecord(Part):
    """The cement in the syringe at the start and the end of the injection; ages from mixing."""

    age_s: tuple[Figure, Figure]
    viscosity_pa_s: tuple[Figure, Figure]
    temperature_c: Figure
    shear_rate_per_s: Figure
    window_s: tuple[Figure, Figure]
    start_reason: str


class InjectionRecord(Part):
    """What was chosen; ``age_at_start_s`` counts from mixing."""

    plan: int
    plan_words: str
    plan_safe: bool
    gauge: int
    planned_ml: Figure
    volume_source: str
    rate_ml_per_min: Figure
    stop_rules: bool
    spacing_mm: Figure
    seed: int
    age_at_start_s: Figure
    tips_lps_mm: tuple[Triple, ...]
    rules: tuple[WatchedRuleRecord, ...] = ()
    syringe_limit_kpa: Figure | None = None
    cement: CementClockRecord | None = None


class CurvesRecord(Part):
    """Over time; ``leaked_ml`` by path. Pressures above that of the marrow."""

    time_s: tuple[Figure, ...]
    injected_ml: tuple[Coefficient, ...]
    rate_ml_per_min: tuple[Figure, ...]
    tip_kpa: tuple[Figure, ...]
    syringe_kpa: tuple[Figure, ...]
    leaked_ml: dict[str, tuple[Coefficient, ...]]
    portion: tuple[int, ...]


class ExtravasationRecord(Part):
    """Cement that left by one path, and where it began."""

    path: str
    volume_ml: Coefficient
    first_s: Figure
    first_injected_ml: Figure
    first_lps_mm: Triple
    largest_rate_ml_per_min: Figure


class StopRecord(Part):
    """A stop rule that was met."""

    rule: str
    sentence: str
    time_s: Figure
    injected_ml: Figure
    acted_on: bool


class TissueHeatRecord(Part):
    """Heat in one tissue; ``damage`` is the Arrhenius integral, 1 is a burn.

    Times, CEM43 and damage are of the hottest cell, ``above_45_ml`` and ``above_50_ml`` volumes.
    """

    peak_c: Figure
    above_45_s: Figure
    above_50_s: Figure
    cem43_min: Figure
    damage: Coefficient
    burnt_share: Coefficient
    history_c: tuple[Figure, ...]
    above_45_ml: Figure | None = None
    above_50_ml: Figure | None = None


class HeatRecord(Part):
    """The hardening, from the end of the injection."""

    times_s: tuple[Figure, ...]
    degree_mean: tuple[Figure, ...]
    set_s: Figure | None
    tissues: dict[str, TissueHeatRecord]
    method: tuple[str, ...]
    notes: tuple[str, ...]


class OddsRecord(Part):
    """Share of samples that leaked by a path, with its 95 % interval (Wilson)."""

    count: int
    share: Figure
    low_95: Figure
    high_95: Figure


class SpreadRecord(Part):
    """Sampled injections; quantiles are those of ``quantiles``. Of the model, no prediction.

    ``safe_volume_ml`` is the volume at the first stop rule, not one that is safe; a quantile that
    is ``safe_volume_capped`` rests on samples that met no rule: it is at least that.
    """

    samples: int
    seed: int
    least_ml: Figure
    leak_odds: dict[str, OddsRecord]
    stopped: int
    first_rules: dict[str, int]
    quantiles: tuple[Figure, ...]
    safe_volume_ml: tuple[Figure, ...]
    fill_fraction: tuple[Figure, ...]
    peak_tip_kpa: tuple[Figure, ...]
    peak_syringe_kpa: tuple[Figure, ...]
    leaked_ml: dict[str, tuple[Coefficient, ...]]
    drawn: dict[str, tuple[Coefficient, ...]]
    failed: tuple[str, ...]
    safe_volume_capped: tuple[bool, ...] = ()


class StepTimeRecord(Part):
    """A step of the procedure; ``at_least`` where it had not ended."""

    step: str
    seconds: Figure
    fluoroscopy_s: Figure
    source: str
    at_least: bool


class CourseRecord(Part):
    """The steps in order with their times; most are design defaults, see their ``source``."""

    seconds: Figure
    fluoroscopy_s: Figure
    at_least: bool
    steps: tuple[StepTimeRecord, ...]


class ProcedureRecord(Part):
    """A simulated vertebroplasty, or a kyphoplasty with its balloons.

    ``safe_volume_ml`` is the volume at the first stop rule; it is not safe in itself, since leaks
    too small for a rule come before it. Absent where no rule was met: then it is at least
    ``injected_ml``. ``peak_pressure_kpa`` is in the bone at the tip,
    ``peak_temperature_c`` anywhere. ``opening_gap_mm`` is from cement to the nearest vein, fissure
    or missing wall of each path, absent where the model has none. Leak volumes are of the model
    and no prediction; cement in a vein that runs to the basivertebral foramen counts as leaked by
    B. ``in_ways_ml`` is that part of ``in_bone_ml`` in other drawn veins and fissures.
    """

    level: str
    injected_ml: Coefficient
    in_bone_ml: Coefficient
    leak_ml: LeakVolumes
    in_ways_ml: Coefficient = 0.0
    safe_volume_ml: Figure | None
    fill_fraction: Figure
    peak_pressure_kpa: Figure
    peak_syringe_pressure_kpa: Figure
    peak_temperature_c: Figure | None
    stop_reason: str
    leak_is_prediction: bool
    body_volume_ml: Figure
    pore_volume_ml: Figure
    endplate_gap_mm: tuple[Figure | None, Figure | None]
    left_share: Figure
    opening_gap_mm: dict[str, Figure | None]
    product: ProductRecord
    injection: InjectionRecord
    leaks: tuple[ExtravasationRecord, ...]
    events: tuple[StopRecord, ...]
    curves: CurvesRecord
    heat: HeatRecord | None
    spread: SpreadRecord | None
    method: tuple[str, ...]
    notes: tuple[str, ...]
    files: tuple[str, ...] = ()
    course: CourseRecord | None = None
    balloon_ml: Figure | None = None
    balloon_kpa: Figure | None = None
    height_anterior_after_mm: Figure | None = None
    wedge_angle_after_deg: Figure | None = None
    balloon: BalloonRecord | None = None


class AugmentationRecord(Part):
    """What was simulated of the procedures."""

    vertebroplasty: ProcedureRecord | None = None
    kyphoplasty: ProcedureRecord | None = None
