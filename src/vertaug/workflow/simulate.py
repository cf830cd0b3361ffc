"""The cement of a simulated procedure of a case: injection, hardening, samples."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from vertaug.augmentation.cement.cannula import TooThickError
from vertaug.augmentation.cement.filling_measures import measure_gap_fill
from vertaug.augmentation.cement.injection import inject
from vertaug.augmentation.cement.injection_plan import (
    InjectionPlan,
    InjectionSetting,
    PlacedNeedle,
    place_needle,
    plan_injection,
)
from vertaug.augmentation.cement.patient_heat import HeatSetting, harden_filling
from vertaug.augmentation.cement.porous_body import PorousBody
from vertaug.augmentation.cement.product import CementProduct
from vertaug.augmentation.cement.radiopacity import xray_material
from vertaug.augmentation.cement.rheology import viscosity_mpa_s, working_window_s
from vertaug.augmentation.cement.stop_rules import StopRules, list_rules
from vertaug.augmentation.cement.survey import LEAST_GAS_MM3, BoneSurvey
from vertaug.augmentation.deflated_survey import (
    compact_survey,
    porous_body_after_balloon,
    survey_deflated,
)
from vertaug.augmentation.procedure_steps import course_of
from vertaug.case.case_content import CaseResults
from vertaug.case.filling import Filling, FillingSpread, HeatResult
from vertaug.case.grid import FloatArray
from vertaug.case.procedure_course import ProcedureCourse
from vertaug.case.simulation import CementClock, InjectionSetup
from vertaug.workflow.balloon_step import InflatedVertebra
from vertaug.workflow.injection_words import name_options, tell_short_time
from vertaug.workflow.level_survey import Surveys
from vertaug.workflow.procedure_plan import find_injection_plan, plan_words
from vertaug.workflow.product_sheet import describe_product
from vertaug.workflow.simulation_choice import SimulationChoice
from vertaug.workflow.simulation_limits import list_simulation_limits

Tell = Callable[[str, float], None]
"""Takes (message, fraction)."""
_MM3_PER_ML = 1000.0
_MM3_PER_S = 1000.0 / 60.0
"""Of a ml/min."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InjectedCement:
    """What the injection step stores.

    Attributes
    ----------
    product : CementProduct
        With all its values, since a file of the user need not be there any more.
    setup : InjectionSetup
    filling : Filling
    notes : tuple of str
        Limits of this case.
    """

    product: CementProduct
    setup: InjectionSetup
    filling: Filling
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InjectionScene:
    """The bone with its needles, ready to be injected.

    Attributes
    ----------
    survey : BoneSurvey
        After the balloons, where there were some.
    void : (ni, nj, nk) float64 array
        Share of each of its cells that a balloon left free; all 0 without one.
    body : PorousBody
        Of the seed.
    plan : InjectionPlan
    setup : InjectionSetup
    notes : tuple of str
    """

    survey: BoneSurvey
    void: FloatArray
    body: PorousBody
    plan: InjectionPlan
    setup: InjectionSetup
    notes: tuple[str, ...]


def set_scene(
    results: CaseResults,
    choice: SimulationChoice,
    product: CementProduct,
    surveys: Surveys,
    inflated: InflatedVertebra | None = None,
) -> InjectionScene:
    """Place the needles in the surveyed bone.

    Parameters
    ----------
    results : CaseResults
    choice : SimulationChoice
    product : CementProduct
    surveys : callable
        Of the case, as `surveys_of` returns it.
    inflated : InflatedVertebra, optional
        After balloons: the needles are drawn back or on to the middle of their cavities.

    Raises
    ------
    LevelError, InputError
        If level, plan, density or volume cannot be used, or a needle's tip lies outside the bone.
    """
    level, access = find_injection_plan(results, choice)
    xray_material(product)  # the filling is shown on radiographs: refused before it is computed
    assert results.planning is not None  # refused above
    volume_ml, source = choice.volume_ml, "as asked for"
    if volume_ml is None:
        volume_ml = results.planning.cement.target_ml
        source = "target of the plan"
    rate = choice.rate_ml_per_min * _MM3_PER_S
    needles = tuple(place_needle(path) for path in access.paths)
    if inflated is None:
        survey = surveys(level, choice.spacing_mm)
        void = np.zeros(survey.bone.grid.shape)
    else:
        needles = _at_cavities(needles, inflated)
        survey, void = _after_balloons(results, level, choice.spacing_mm, inflated)
    setting = InjectionSetting(rate_mm3_per_s=rate, stop_rules=StopRules(act=choice.stop_rules))
    plan = plan_injection(level, needles, product, volume_ml * _MM3_PER_ML, setting)
    rng = np.random.default_rng(choice.seed)
    return InjectionScene(
        survey=survey,
        void=void,
        body=porous_body_after_balloon(survey, void, rng, tracks=plan.tracks),
        plan=plan,
        setup=InjectionSetup(
            plan_number=choice.plan,
            plan=plan_words(access),
            gauge=access.paths[0].needle.gauge,
            product=describe_product(product),
            planned_mm3=volume_ml * _MM3_PER_ML,
            rate_mm3_per_s=rate,
            volume_source=source,
            stop_rules=choice.stop_rules,
            spacing_mm=choice.spacing_mm,
            seed=choice.seed,
            first_age_s=plan.first_age_s,
            plan_safe=access.safe,
            rules=list_rules(plan.stop_rules, working_window_s(product, plan.room_c)[1]),
            syringe_limit_mpa=plan.syringe.limit_mpa,
            syringe_source=plan.syringe.source,
        ),
        notes=(
            *list_simulation_limits(results, level, access, volume_ml),
            *tell_short_time(plan),
        ),
    )


def _at_cavities(
    needles: tuple[PlacedNeedle, ...], inflated: InflatedVertebra
) -> tuple[PlacedNeedle, ...]:
    return tuple(
        replace(needle, tip_lps_mm=tip)
        for needle, tip in zip(needles, inflated.tips_lps_mm, strict=True)
    )


def _after_balloons(
    results: CaseResults, level: str, spacing_mm: float, inflated: InflatedVertebra
) -> tuple[BoneSurvey, FloatArray]:
    """Return the bone and the free space that cement meets after balloons."""
    survey = survey_deflated(
        results.spine[level],
        results.calibration,
        inflated.shift,
        results.spine.scan.grid,
        spacing_mm=spacing_mm,
    )
    return compact_survey(survey, inflated.bone)


def inject_scene(scene: InjectionScene, tell: Tell) -> InjectedCement:
    """Inject the cement.

    Raises
    ------
    InputError
        If a tip lies outside the bone, or the cement cannot be injected.
    ComputationError
        If the pressure does not converge or the volume does not balance.
    """
    try:
        filling = inject(
            scene.body,
            scene.plan,
            progress=lambda share, message: tell(f"cement: {message}", share),
        )
    except TooThickError as error:
        raise name_options(error) from error
    return InjectedCement(
        product=scene.plan.product,
        setup=replace(scene.setup, clock=cement_clock(scene.plan, filling)),
        filling=filling,
        notes=(*scene.notes, *_tell_gap_fill(scene, filling)),
    )


def _tell_gap_fill(scene: InjectionScene, filling: Filling) -> tuple[str, ...]:
    """Return how cement fills the gas of a cleft, in a sentence; nothing without gas."""
    gas_mm3 = scene.survey.bone.gas_mm3
    if gas_mm3 < LEAST_GAS_MM3:
        return ()
    share = measure_gap_fill(scene.body, scene.survey.bone.gas_share, filling.frames)
    injected = np.array([frame.injected_mm3 for frame in filling.frames]) / _MM3_PER_ML
    half = np.flatnonzero(share >= 0.5)
    when = f"half by {injected[half[0]]:.1f} ml and " if half.size else ""
    told = (
        f"Of the {gas_mm3 / _MM3_PER_ML:.2f} ml of gas the cement fills {when}"
        f"{100.0 * share[-1]:.0f} % by the end of the injection"
    )
    return (told,)


def cement_clock(plan: InjectionPlan, filling: Filling) -> CementClock:
    """Return age and viscosity of the cement in the syringe at both ends of an injection.

    Parameters
    ----------
    plan : InjectionPlan
    filling : Filling
        Of that plan.
    """
    product, window = plan.product, working_window_s(plan.product, plan.room_c)
    shear = product.viscosity_at_per_s.value
    ages = (plan.first_age_s, plan.first_age_s + float(filling.curve.time_s[-1]))
    first, last = (1e6 * float(viscosity_mpa_s(product, a, plan.room_c, shear)) for a in ages)
    middle = abs(plan.first_age_s - 0.5 * sum(window)) < 1.0
    return CementClock(
        age_s=ages,
        viscosity_pa_s=(first, last),
        temperature_c=plan.room_c,
        shear_rate_per_s=shear,
        window_s=window,
        start_reason="the middle of the working window" if middle else "as asked for",
    )


def harden_scene(scene: InjectionScene, injected: InjectedCement, tell: Tell) -> HeatResult:
    """Let the cement harden.

    Raises
    ------
    InputError
        If there is no cement.
    """
    tell("heat equation", 0.0)
    setting = HeatSetting(cement_c=scene.plan.room_c)
    return harden_filling(injected.filling, scene.survey, injected.product, setting)


def sample_scene(
    scene: InjectionScene, choice: SimulationChoice, workers: int | None, tell: Tell
) -> FillingSpread:
    """Inject into vertebrae drawn about the patient's.

    Raises
    ------
    ComputationError
        If no sample could be computed.
    """
    from vertaug.augmentation.cement.sampling import SampleSetting, sample_injections

    return sample_injections(
        scene.survey,
        scene.plan,
        choice.seed,
        samples=choice.samples,
        workers=workers,
        setting=SampleSetting(void=scene.void if scene.void.any() else None),
        progress=lambda share, message: tell(f"sampling: {message}", share),
    )


def course_of_case(
    injected: InjectedCement, heat: HeatResult, inflated: InflatedVertebra | None
) -> ProcedureCourse:
    """Return the procedure step by step, with its times."""
    filling = injected.filling
    balloons = () if inflated is None else inflated.course.reached_ml
    return course_of(len(filling.tips_lps_mm), filling.curve, heat, inflated_ml=balloons)
