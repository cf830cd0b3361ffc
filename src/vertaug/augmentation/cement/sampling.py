"""The same injection into many vertebrae as the patient's may be: how sure a leak is.

Drawn for each sample: the cement's viscosity, the permeability of the bone and its heterogeneity,
veins and fissures that the CT cannot show, the rate, where the needles end, and how much more
thick cement resists at mouths. Stop rules are recorded but not acted on, so that leaks are those of
the planned volume.
"""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field, replace

import numpy as np

from vertaug.augmentation.cement.injection import inject
from vertaug.augmentation.cement.injection_plan import InjectionPlan, PlacedNeedle
from vertaug.augmentation.cement.injection_state import FlowLimits
from vertaug.augmentation.cement.porous_body import (
    BoneSetting,
    PorousBody,
    build_porous_body,
    locate_tip,
    open_void,
)
from vertaug.augmentation.cement.survey import BoneSurvey
from vertaug.case.errors import ComputationError, InputError, VertaugError
from vertaug.case.filling import LEAK_PATHS, LEAST_LEAK_MM3, Filling, FillingSpread
from vertaug.case.grid import FloatArray
from vertaug.numerics.thread_limit import one_thread
from vertaug.numerics.worker_processes import map_in_processes

_REDRAWS = 50
_EASY = 0.8
"""Of the largest rate that the syringe can press when the injection begins: an operator whose
cement is thicker than expected presses more slowly (design default)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """How far things may be from what is planned.

    Attributes
    ----------
    permeability_log_sd : float
        Of a factor on the permeability of all of the bone. 0.37: between the lumbar cores of Baroud
        2004, 1.26 of 3.44e-8 m2 (physics reference 4.1, verified).
    rate_log_sd : float
        Of the rate. A design value, uncertain.
    tip_sd_mm : float
        Of a tip's place along each axis. 1 mm: two standard deviations are the 2 mm of the clinical
        reference 3.4 (a design value).
    vary_viscosity : bool
        Within the product's range (triangular in the logarithm, most likely as given).
    vary_mouth : bool
        The exponent of the closure at mouths, within its range (triangular, most likely as given).
    least_mm3 : float
        What counts as a leak. 10 mm3, a drop of 2.7 mm: a design value, uncertain.
    """

    permeability_log_sd: float = 0.37
    rate_log_sd: float = 0.25
    tip_sd_mm: float = 1.0
    vary_viscosity: bool = True
    vary_mouth: bool = True
    least_mm3: float = LEAST_LEAK_MM3

    def __post_init__(self) -> None:
        spreads = (self.permeability_log_sd, self.rate_log_sd, self.tip_sd_mm)
        if min(spreads) < 0.0 or max(spreads[:2]) > 2.0 or spreads[2] > 10.0:
            message = (
                "spreads of 0 to 2 (logarithms) and 0 to 10 mm are expected; got "
                f"{spreads[0]:g}, {spreads[1]:g} and {spreads[2]:g} mm"
            )
            raise InputError(message)
        if self.least_mm3 < 0.0:
            message = f"a leak's least volume is at least 0; got {self.least_mm3:g} mm3"
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleSetting:
    """What samples share.

    Attributes
    ----------
    bone : BoneSetting
    limits : FlowLimits
    uncertainty : Uncertainty
    void : (ni, nj, nk) float64 array or None
        Share of each cell of the survey that is free space, as a balloon leaves it; the same in
        all samples.
    """

    bone: BoneSetting = field(default_factory=BoneSetting)
    limits: FlowLimits = field(default_factory=FlowLimits)
    uncertainty: Uncertainty = field(default_factory=Uncertainty)
    void: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    """All that a sample needs beside its seed."""

    survey: BoneSurvey
    plan: InjectionPlan
    setting: SampleSetting


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sample:
    """What is kept of a sample; or why there is none."""

    drawn: dict[str, float] = field(default_factory=dict)
    leaked_mm3: FloatArray = field(default_factory=lambda: np.zeros(len(LEAK_PATHS)))
    safe_mm3: float = 0.0
    first_rule: str = ""
    peak_mpa: tuple[float, float] = (0.0, 0.0)
    fill: float = 0.0
    failure: str = ""


def sample_injections(
    survey: BoneSurvey,
    plan: InjectionPlan,
    seed: int,
    *,
    samples: int = 32,
    workers: int | None = None,
    setting: SampleSetting | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> FillingSpread:
    """Inject into vertebrae drawn about the patient's.

    The result depends on the seed and not on the number of workers. With more than one worker the
    caller's main module has to be importable (``if __name__ == "__main__":``).

    Parameters
    ----------
    survey : BoneSurvey
    plan : InjectionPlan
    seed : int
    samples : int
    workers : int, optional
        Processes of one thread each. Default: the cores at hand.
    setting : SampleSetting, optional
    progress : callable, optional
        Takes the share done and what is being done.

    Raises
    ------
    InputError
        If a number cannot be used.
    ComputationError
        If no sample could be computed; says why.
    """
    if samples < 1 or (workers is not None and workers < 1):
        message = f"at least one sample and one worker are expected; got {samples} and {workers}"
        raise InputError(message)
    quiet = replace(plan, stop_rules=replace(plan.stop_rules, act=False))
    task = _Task(survey=survey, plan=quiet, setting=setting or SampleSetting())
    seeds = np.random.SeedSequence(seed).spawn(samples)
    found = []
    # closed also when it is left early: processes end with it
    with closing(_run(task, seeds, min(workers or _cores(), samples))) as run:
        for number, sample in enumerate(run):
            found.append(sample)
            if progress is not None:
                progress((number + 1) / samples, f"injection {number + 1} of {samples}")
    return _collect(found, seed, task)


def _cores() -> int:
    import os

    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _run(task: _Task, seeds: list[np.random.SeedSequence], workers: int) -> Generator[_Sample]:
    """Give the samples in the order of their seeds."""
    if workers == 1:
        with one_thread():
            yield from (_inject_sample(task, seed) for seed in seeds)
        return
    with closing(map_in_processes(_inject_sample, task, seeds, workers)) as found:
        yield from found


def _inject_sample(task: _Task, seed: np.random.SeedSequence) -> _Sample:
    rng = np.random.default_rng(seed)
    plan, bone, drawn = _draw(task, rng)
    try:
        body = build_porous_body(task.survey, rng, bone, plan.tracks)
        if task.setting.void is not None:
            body = open_void(body, task.setting.void)
        plan = _draw_tips(plan, body, task.setting.uncertainty.tip_sd_mm, rng)
        # last of all, so that all else is drawn as without it
        limits = _draw_mouth(task.setting, rng)
        drawn["exponent at mouths"] = limits.mouth.exponent.value
        filling = inject(body, plan, limits=limits)
    except VertaugError as error:
        return _Sample(drawn=drawn, failure=str(error))
    drawn["widest vein or fissure, mm"] = max((way.size_mm for way in body.ways), default=0.0)
    moved = [
        float(np.linalg.norm(a.tip_lps_mm - b.tip_lps_mm))
        for a, b in zip(plan.needles, task.plan.needles, strict=True)
    ]
    drawn["farthest tip, mm"] = max(moved)
    return _keep(filling, drawn)


def _keep(filling: Filling, drawn: dict[str, float]) -> _Sample:
    safe = filling.safe_volume_mm3
    return _Sample(
        drawn=drawn,
        leaked_mm3=filling.curve.leaked_mm3[-1],
        safe_mm3=filling.injected_mm3 if safe is None else safe,
        first_rule=filling.events[0].rule if filling.events else "",
        peak_mpa=(float(filling.curve.tip_mpa.max()), float(filling.curve.syringe_mpa.max())),
        fill=filling.fill_fraction,
    )


def _draw(
    task: _Task, rng: np.random.Generator
) -> tuple[InjectionPlan, BoneSetting, dict[str, float]]:
    """Draw viscosity, permeability and rate."""
    spread, plan, bone = task.setting.uncertainty, task.plan, task.setting.bone
    given = plan.product.viscosity_pa_s
    viscosity = given.value
    if spread.vary_viscosity and given.low is not None and given.high is not None:
        low, mode, high = np.log([given.low, given.value, given.high])
        if low < high:
            viscosity = float(np.exp(rng.triangular(low, mode, high)))
    product = replace(plan.product, viscosity_pa_s=replace(given, value=viscosity))
    looseness = float(np.exp(spread.permeability_log_sd * rng.standard_normal()))
    law = replace(
        bone.permeability,
        transverse_mm2=bone.permeability.transverse_mm2 * looseness,
        superior_mm2=bone.permeability.superior_mm2 * looseness,
    )
    hurry = float(np.exp(spread.rate_log_sd * rng.standard_normal()))
    plan = _press_within_limit(replace(plan, product=product), hurry)
    drawn = {
        "viscosity, Pa s": viscosity,
        "permeability, times": looseness,
        "rate, times": _first_rate(plan) / _first_rate(task.plan),
    }
    return plan, replace(bone, permeability=law), drawn


def _first_rate(plan: InjectionPlan) -> float:
    """Return the first wanted rate; 1 where pressure is given."""
    return plan.portions[0].rate_mm3_per_s or 1.0


def _press_within_limit(plan: InjectionPlan, hurry: float) -> InjectionPlan:
    """Return the plan at another rate, but no more than the syringe can press at first."""
    portions = []
    for portion in plan.portions:
        if portion.rate_mm3_per_s is None:
            portions.append(portion)
            continue
        most = float(plan.press(portion.tip).largest_flow_mm3_per_s(plan.first_age_s))
        rate = min(hurry * portion.rate_mm3_per_s, _EASY * most)
        portions.append(replace(portion, rate_mm3_per_s=rate))
    return replace(plan, portions=tuple(portions))


def _draw_tips(
    plan: InjectionPlan, body: PorousBody, sd_mm: float, rng: np.random.Generator
) -> InjectionPlan:
    """Return the plan with its tips elsewhere, within the bone."""
    needles: list[PlacedNeedle] = []
    for needle in plan.needles:
        moved = needle
        for _ in range(_REDRAWS):
            moved = needle.moved(sd_mm * rng.standard_normal(3))
            if _is_porous(body, moved.tip_lps_mm):
                break
        needles.append(moved)
    return replace(plan, needles=tuple(needles))


def _draw_mouth(setting: SampleSetting, rng: np.random.Generator) -> FlowLimits:
    """Draw the exponent of the closure at mouths."""
    limits = setting.limits
    given = limits.mouth.exponent
    if not setting.uncertainty.vary_mouth or given.low is None or given.high is None:
        return limits
    if given.low == given.high:
        return limits
    exponent = float(rng.triangular(given.low, given.value, given.high))
    return replace(limits, mouth=limits.mouth.with_exponent(exponent, source="drawn"))


def _is_porous(body: PorousBody, tip_lps_mm: FloatArray) -> bool:
    try:
        locate_tip(body, tip_lps_mm)
    except InputError:
        return False
    return True


def _collect(found: list[_Sample], seed: int, task: _Task) -> FillingSpread:
    kept = [sample for sample in found if not sample.failure]
    failed = tuple(dict.fromkeys(sample.failure for sample in found if sample.failure))
    if not kept:
        message = f"none of {len(found)} sampled injections could be computed: {failed[0]}"
        raise ComputationError(message)
    least = task.setting.uncertainty.least_mm3
    leaked = np.array([sample.leaked_mm3 for sample in kept])
    peaks = np.array([sample.peak_mpa for sample in kept])
    return FillingSpread(
        seed=seed,
        samples=len(kept),
        leak_probability=(leaked > least).mean(axis=0),
        least_mm3=least,
        leaked_mm3=leaked,
        safe_volume_mm3=np.array([sample.safe_mm3 for sample in kept]),
        stopped=np.array([bool(sample.first_rule) for sample in kept]),
        first_rule=tuple(sample.first_rule for sample in kept),
        peak_tip_mpa=peaks[:, 0],
        peak_syringe_mpa=peaks[:, 1],
        fill_fraction=np.array([sample.fill for sample in kept]),
        drawn={key: np.array([sample.drawn[key] for sample in kept]) for key in kept[0].drawn},
        planned_mm3=task.plan.volume_mm3,
        failed=failed,
    )
