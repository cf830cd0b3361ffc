"""A simulated vertebroplasty of a case: injection, hardening, samples."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from vertaug.augmentation.cement.cannula import TooThickError
from vertaug.augmentation.cement.filling_measures import measure_gap_fill
from vertaug.augmentation.cement.injection import inject
from vertaug.augmentation.cement.injection_plan import (
    InjectionPlan,
    InjectionSetting,
    plan_injection,
)
from vertaug.augmentation.cement.patient_heat import HeatSetting, harden_filling
from vertaug.augmentation.cement.porous_body import PorousBody, build_porous_body
from vertaug.augmentation.cement.product import CementProduct
from vertaug.augmentation.cement.radiopacity import xray_material
from vertaug.augmentation.cement.rheology import viscosity_mpa_s, working_window_s
from vertaug.augmentation.cement.stop_rules import StopRules, list_rules
from vertaug.augmentation.cement.survey import LEAST_GAS_MM3, BoneSurvey, survey_bone
from vertaug.case.case_content import CaseResults
from vertaug.case.errors import InputError, LevelError
from vertaug.case.filling import Filling, FillingSpread, HeatResult
from vertaug.case.plan import AccessPlan, Procedure
from vertaug.case.simulation import CementClock, InjectionSetup, ProductSheet, ProductValue
from vertaug.workflow.injection_words import name_options, tell_short_time
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
    body : PorousBody
        Of the seed.
    plan : InjectionPlan
    setup : InjectionSetup
    notes : tuple of str
    """

    survey: BoneSurvey
    body: PorousBody
    plan: InjectionPlan
    setup: InjectionSetup
    notes: tuple[str, ...]


def find_injection_plan(results: CaseResults, choice: SimulationChoice) -> tuple[str, AccessPlan]:
    """Return the level and the plan whose needles are used.

    Raises
    ------
    LevelError
        If no level is treated or named, or it is not in the case or incomplete.
    InputError
        If no vertebroplasty was planned for it, or there are fewer plans.
    """
    level = choice.level or results.assessment.level
    if level is None:
        message = "this case treats no level; name the one to simulate with --level"
        raise LevelError(message)
    vertebra = results.spine[level]
    if not vertebra.complete:
        cut = ", ".join(vertebra.cut_by) or "an edge of the scan"
        message = f"{level} is incomplete (cut by {cut}); choose another level with --level"
        raise LevelError(message)
    planning = results.planning
    if planning is None or planning.level != level:
        other = "" if planning is None else f" (the plans are for {planning.level})"
        message = (
            f"no needle is planned for {level}{other}; plan it with: "
            f"vertaug measure CASE --level {level}"
        )
        raise InputError(message)
    plans = [plan for plan in planning.plans if plan.procedure is Procedure.VERTEBROPLASTY]
    if not plans:
        why = f": {'; '.join(planning.advice)}" if planning.advice else ""
        message = (
            f"there is no plan of a vertebroplasty for {level}{why}; make the case again with "
            "vertaug plan and --procedure vertebroplasty or both"
        )
        raise InputError(message)
    if choice.plan > len(plans):
        message = f"--plan is 1 to {len(plans)} for a vertebroplasty of {level}; got {choice.plan}"
        raise InputError(message)
    return level, plans[choice.plan - 1]


def set_scene(
    results: CaseResults, choice: SimulationChoice, product: CementProduct
) -> InjectionScene:
    """Survey the bone and place the needles.

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
    plan = plan_injection(
        level,
        access.paths,
        product,
        volume_ml * _MM3_PER_ML,
        InjectionSetting(rate_mm3_per_s=rate, stop_rules=StopRules(act=choice.stop_rules)),
    )
    survey = survey_bone(
        results.spine[level],
        results.calibration,
        results.spine.scan.grid,
        spacing_mm=choice.spacing_mm,
    )
    rng = np.random.default_rng(choice.seed)
    return InjectionScene(
        survey=survey,
        body=build_porous_body(survey, rng, tracks=plan.tracks),
        plan=plan,
        setup=InjectionSetup(
            plan_number=choice.plan,
            plan=_plan_words(access),
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
    when = f"half of it by {injected[half[0]]:.1f} ml and " if half.size else ""
    told = (
        f"The cement fills {when}{100.0 * share[-1]:.0f} % of the {gas_mm3 / _MM3_PER_ML:.2f} ml "
        "of gas by the end of the injection"
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
    from vertaug.augmentation.cement.sampling import sample_injections

    return sample_injections(
        scene.survey,
        scene.plan,
        choice.seed,
        samples=choice.samples,
        workers=workers,
        progress=lambda share, message: tell(f"sampling: {message}", share),
    )


def describe_product(product: CementProduct) -> ProductSheet:
    """Return a product as a sheet of numbers."""
    return ProductSheet(
        name=product.name,
        title=product.title,
        viscosity_class=_word(product.viscosity_class),
        radiopacifier=product.radiopacifier,
        values=tuple(
            ProductValue(
                name=name,
                value=cited.value,
                low=cited.low,
                high=cited.high,
                status=_word(cited.status),
                source=cited.source,
            )
            for name, cited in product.quantities.items()
        ),
    )


def _word(value: Enum) -> str:
    return str(value.value)


def _plan_words(plan: AccessPlan) -> str:
    sides = "both sides" if plan.sides == "both" else f"{plan.sides} side"
    return f"{plan.route.value.replace('_', '-')}, {sides}"
