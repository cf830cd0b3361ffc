"""From the cement of a simulated procedure to its keys in ``case.json``."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from vertaug.case.augmentation_record import (
    CementClockRecord,
    CourseRecord,
    CurvesRecord,
    ExtravasationRecord,
    HeatRecord,
    InjectionRecord,
    LeakVolumes,
    OddsRecord,
    ProcedureRecord,
    ProductRecord,
    SpreadRecord,
    StepTimeRecord,
    StopRecord,
    TissueHeatRecord,
    WatchedRuleRecord,
)
from vertaug.case.case_part import ProductValueRecord, Triple
from vertaug.case.filling import (
    LEAK_PATHS,
    Extravasation,
    Filling,
    FillingSpread,
    HeatResult,
    InjectionCurve,
    StopEvent,
)
from vertaug.case.grid import FloatArray
from vertaug.case.plan import Procedure
from vertaug.case.procedure_course import ProcedureCourse
from vertaug.case.simulation import (
    CementClock,
    InjectionSetup,
    ProductSheet,
    ProductValue,
    SimulatedVertebroplasty,
)
from vertaug.case.spread_figures import (
    QUANTILES,
    canal_odds,
    first_stop_capped,
    leak_odds,
    quantiles,
)

ML = 1e-3
"""Of a mm3."""
ML_PER_MIN = 0.06
"""Of a mm3/s."""
KPA = 1e3
"""Of a MPa."""
BAR = 10.0
"""Of a MPa."""
ATM = 1.0 / 0.101325
"""Of a MPa; a standard atmosphere is 101.325 kPa by definition."""
PSI = 145.038
"""Of a MPa."""

FILM_VIEWS = ("ap", "lateral")


def filling_stem(level: str, procedure: Procedure = Procedure.VERTEBROPLASTY) -> str:
    """Return how the names of a case's files of a procedure begin."""
    return f"{procedure.value}/{level}"


def filling_file_names(
    filling: Filling,
    *,
    images: bool = True,
    procedure: Procedure = Procedure.VERTEBROPLASTY,
) -> tuple[str, ...]:
    """Return the names of the files of a filling, in the case folder.

    The cement at each time, the times, the curves, and an animation in each view.

    Parameters
    ----------
    filling : Filling
    images : bool
        With the animations.
    procedure : Procedure
        Whose folder they lie in.
    """
    stem = filling_stem(filling.level, procedure)
    cement = [f"{stem}_cement_{number:02d}.nii.gz" for number in range(1, len(filling.frames) + 1)]
    films = [f"{stem}_{view}.gif" for view in FILM_VIEWS] if images else []
    return *cement, f"{stem}_frames.csv", f"{stem}_curves.csv", *films


def product_values(values: Sequence[ProductValue]) -> dict[str, ProductValueRecord]:
    """Return the numbers of a product by name."""
    return {
        value.name: ProductValueRecord(
            value=value.value,
            low=value.low,
            high=value.high,
            status=value.status,
            source=value.source,
        )
        for value in values
    }


def peak_temperature_c(heat: HeatResult | None) -> float | None:
    """Return the highest temperature anywhere."""
    return None if heat is None else max(tissue.peak_c for tissue in heat.tissues)


def describe_procedure(found: SimulatedVertebroplasty, files: tuple[str, ...]) -> ProcedureRecord:
    """Return the keys of the cement of a procedure.

    Parameters
    ----------
    found : SimulatedVertebroplasty
    files : tuple of str
        Names of its files in the case folder.

    Raises
    ------
    ValidationError
        If a result is not a finite number.
    """
    filling, heat, spread = found.result.filling, found.result.heat, found.result.spread
    safe = filling.safe_volume_mm3
    superior, inferior = (float(gap) for gap in filling.endplate_gap_mm)
    return ProcedureRecord(
        level=filling.level,
        injected_ml=filling.injected_mm3 * ML,
        in_bone_ml=filling.in_bone_mm3 * ML,
        in_ways_ml=filling.in_ways_mm3 * ML,
        leak_ml=LeakVolumes(**{path: filling.leaked_mm3(path) * ML for path in LEAK_PATHS}),
        safe_volume_ml=None if safe is None else safe * ML,
        fill_fraction=filling.fill_fraction,
        peak_pressure_kpa=float(filling.curve.tip_mpa.max()) * KPA,
        peak_syringe_pressure_kpa=float(filling.curve.syringe_mpa.max()) * KPA,
        peak_temperature_c=peak_temperature_c(heat),
        stop_reason=filling.stop_reason,
        leak_is_prediction=False,
        body_volume_ml=filling.body_volume_mm3 * ML,
        pore_volume_ml=filling.pore_volume_mm3 * ML,
        endplate_gap_mm=(_known(superior), _known(inferior)),
        left_share=filling.left_share,
        opening_gap_mm=opening_gaps(filling),
        product=_product(found.setup.product),
        injection=_injection(found.setup, filling),
        leaks=tuple(_leak(leak) for leak in filling.leaks),
        events=tuple(_event(event) for event in filling.events),
        curves=_curves(filling.curve),
        heat=None if heat is None else _heat(heat),
        spread=None if spread is None else _spread(spread),
        method=filling.method,
        notes=_notes(found),
        files=files,
        course=None if found.course is None else _course(found.course),
    )


def _course(course: ProcedureCourse) -> CourseRecord:
    return CourseRecord(
        seconds=course.seconds,
        fluoroscopy_s=course.fluoroscopy_s,
        at_least=course.at_least,
        steps=tuple(StepTimeRecord(**asdict(step)) for step in course.steps),
    )


def _notes(found: SimulatedVertebroplasty) -> tuple[str, ...]:
    """Return what limits it, once each, the most important first."""
    filling = found.result.filling
    every = (filling.leak_limit, filling.wall_limit, *found.notes, *filling.notes)
    return tuple(dict.fromkeys(note for note in every if note))


def opening_gaps(filling: Filling) -> dict[str, float | None]:
    """Return the distance from cement to the nearest opening of each path, None without one."""
    gaps = filling.opening_gap_mm
    if gaps is None:
        return dict.fromkeys(LEAK_PATHS)
    return {path: _known(float(gap)) for path, gap in zip(LEAK_PATHS, gaps, strict=True)}


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _triple(point: FloatArray) -> Triple:
    x, y, z = (float(value) for value in point)
    return x, y, z


def _row(values: FloatArray, factor: float = 1.0) -> tuple[float, ...]:
    return tuple(float(value) * factor for value in values)


def _product(product: ProductSheet) -> ProductRecord:
    return ProductRecord(
        name=product.name,
        title=product.title,
        viscosity_class=product.viscosity_class,
        radiopacifier=product.radiopacifier,
        values=product_values(product.values),
        uncertain=product.uncertain,
    )


def _injection(setup: InjectionSetup, filling: Filling) -> InjectionRecord:
    return InjectionRecord(
        plan=setup.plan_number,
        plan_words=setup.plan,
        plan_safe=setup.plan_safe,
        gauge=setup.gauge,
        planned_ml=setup.planned_mm3 * ML,
        volume_source=setup.volume_source,
        rate_ml_per_min=setup.rate_mm3_per_s * ML_PER_MIN,
        stop_rules=setup.stop_rules,
        spacing_mm=setup.spacing_mm,
        seed=setup.seed,
        age_at_start_s=setup.first_age_s,
        tips_lps_mm=tuple(_triple(tip) for tip in filling.tips_lps_mm),
        rules=tuple(
            WatchedRuleRecord(rule=watched.rule, condition=watched.condition)
            for watched in setup.rules
        ),
        syringe_limit_kpa=None
        if setup.syringe_limit_mpa is None
        else setup.syringe_limit_mpa * KPA,
        cement=None if setup.clock is None else _clock(setup.clock),
    )


def _clock(clock: CementClock) -> CementClockRecord:
    return CementClockRecord(
        age_s=clock.age_s,
        viscosity_pa_s=clock.viscosity_pa_s,
        temperature_c=clock.temperature_c,
        shear_rate_per_s=clock.shear_rate_per_s,
        window_s=clock.window_s,
        start_reason=clock.start_reason,
    )


def _leak(leak: Extravasation) -> ExtravasationRecord:
    return ExtravasationRecord(
        path=leak.path,
        volume_ml=leak.volume_mm3 * ML,
        first_s=leak.first_s,
        first_injected_ml=leak.first_injected_mm3 * ML,
        first_lps_mm=_triple(leak.first_lps_mm),
        largest_rate_ml_per_min=leak.largest_rate_mm3_per_s * ML_PER_MIN,
    )


def _event(event: StopEvent) -> StopRecord:
    return StopRecord(
        rule=event.rule,
        sentence=event.sentence,
        time_s=event.time_s,
        injected_ml=event.injected_mm3 * ML,
        acted_on=event.acted_on,
    )


def _curves(curve: InjectionCurve) -> CurvesRecord:
    return CurvesRecord(
        time_s=_row(curve.time_s),
        injected_ml=_row(curve.injected_mm3, ML),
        rate_ml_per_min=_row(curve.rate_mm3_per_s, ML_PER_MIN),
        tip_kpa=_row(curve.tip_mpa, KPA),
        syringe_kpa=_row(curve.syringe_mpa, KPA),
        leaked_ml={
            path: _row(curve.leaked_mm3[:, number], ML) for number, path in enumerate(LEAK_PATHS)
        },
        portion=tuple(int(number) for number in curve.portion),
    )


def _heat(heat: HeatResult) -> HeatRecord:
    return HeatRecord(
        times_s=_row(heat.times_s),
        degree_mean=_row(heat.degree_mean),
        set_s=heat.set_s,
        tissues={
            tissue.name: TissueHeatRecord(
                peak_c=tissue.peak_c,
                above_45_s=tissue.above_45_s,
                above_50_s=tissue.above_50_s,
                cem43_min=tissue.cem43_min,
                damage=tissue.damage,
                burnt_share=tissue.burnt_share,
                history_c=_row(tissue.history_c),
                above_45_ml=_millilitres(tissue.above_45_mm3),
                above_50_ml=_millilitres(tissue.above_50_mm3),
            )
            for tissue in heat.tissues
        },
        method=heat.method,
        notes=heat.notes,
    )


def _millilitres(volume_mm3: float | None) -> float | None:
    return None if volume_mm3 is None else volume_mm3 * ML


def _spread(spread: FillingSpread) -> SpreadRecord | None:
    if len(spread.safe_volume_mm3) == 0:
        return None
    rules = Counter(rule for rule in spread.first_rule if rule)
    return SpreadRecord(
        samples=spread.samples,
        seed=spread.seed,
        least_ml=spread.least_mm3 * ML,
        leak_odds={
            odds.path: OddsRecord(
                count=odds.count, share=odds.share, low_95=odds.low, high_95=odds.high
            )
            for odds in (*leak_odds(spread), canal_odds(spread))
        },
        stopped=int(np.count_nonzero(spread.stopped)),
        first_rules=dict(rules.most_common()),
        quantiles=QUANTILES,
        safe_volume_ml=quantiles(spread.safe_volume_mm3 * ML),
        fill_fraction=quantiles(spread.fill_fraction),
        peak_tip_kpa=quantiles(spread.peak_tip_mpa * KPA),
        peak_syringe_kpa=quantiles(spread.peak_syringe_mpa * KPA),
        leaked_ml={
            path: quantiles(spread.leaked_mm3[:, number] * ML)
            for number, path in enumerate(LEAK_PATHS)
        },
        drawn={name: _row(values) for name, values in spread.drawn.items()},
        failed=spread.failed,
        safe_volume_capped=first_stop_capped(spread),
    )
