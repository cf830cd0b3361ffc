"""An injection of cement into a vertebra: pressure, flow, leakage, and when it ends.

Cement displaces marrow in the pores (Darcy, a piston front); each step of volume takes the
viscosity that the cement in every cell has by its age, temperature and the last shear rate.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vertaug.augmentation.cement.cannula import Press, tube_flow_mm3_per_s
from vertaug.augmentation.cement.filling_measures import (
    measure_gaps,
    measure_interdigitation,
    measure_left,
    measure_openings,
    nearest_tips,
)
from vertaug.augmentation.cement.injection_log import InjectionLog
from vertaug.augmentation.cement.injection_plan import InjectionPlan, Portion
from vertaug.augmentation.cement.injection_state import CementInBone, FlowLimits, scale_flow
from vertaug.augmentation.cement.pore_box import PoreBox, cut_to_pores
from vertaug.augmentation.cement.porous_body import PorousBody, locate_tip
from vertaug.augmentation.cement.rheology import working_window_s
from vertaug.augmentation.cement.stop_rules import Rule, Watch
from vertaug.case.errors import InputError
from vertaug.case.filling import Filling
from vertaug.numerics.darcy_multigrid import PressureSolution

Progress = Callable[[float, str], None]
"""Takes the share done, 0 to 1, and what is being done."""
_LEAST_RATE = 0.02
"""Of the wanted rate: below it nothing moves any more."""

_LEAK_LIMIT = (
    "volumes and probabilities of leakage are of the model and not a prediction: its veins and "
    "fissures were set on four virtual vertebrae so that they leak about as often as published, "
    "and how much less thick cement leaks than thin rests on an exponent fitted to one experiment"
    " in foam, measured by none; leaks count from 0.01 ml, most are too small to be seen, and a "
    "small volume must not reassure; the injection has not been compared with patients; what may "
    "be read is where the cement reaches, how near it comes to an opening, and how the samples "
    "differ"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Step:
    """One step of volume that has been decided."""

    portion: int
    tip: int
    rate_mm3_per_s: float
    seconds: float
    flow: PressureSolution
    tip_mpa: float
    syringe_mpa: float


def inject(
    body: PorousBody,
    plan: InjectionPlan,
    *,
    limits: FlowLimits | None = None,
    progress: Progress | None = None,
) -> Filling:
    """Inject cement into a vertebra.

    Parameters
    ----------
    body : PorousBody
    plan : InjectionPlan
    limits : FlowLimits, optional
    progress : callable, optional

    Raises
    ------
    InputError
        If a tip lies outside the bone, the cement is outside its working time or takes more than
        the syringe's pressure at the start, or marrow has no way out.
    ComputationError
        If the pressure does not converge or the cement does not balance.
    """
    for needle in plan.needles:
        locate_tip(body, needle.tip_lps_mm)
    _check_start(plan)
    run = _Run(cut_to_pores(body), plan, limits or FlowLimits(), progress)
    for number in range(len(plan.portions)):
        if run.reason:
            break
        run.inject_portion(number)
    return run.result()


def _check_start(plan: InjectionPlan) -> None:
    """Refuse cement that cannot be injected when the first portion begins."""
    age = plan.first_age_s
    for portion in plan.portions[:1]:
        rate = portion.rate_mm3_per_s
        plan.press(portion.tip).check(age + portion.pause_s, 0.0 if rate is None else rate)


class _Run:
    """One injection under way."""

    def __init__(
        self, cut: PoreBox, plan: InjectionPlan, limits: FlowLimits, progress: Progress | None
    ) -> None:
        body = cut.body
        self._cut, self._plan, self._limits = cut, plan, limits
        self._state = CementInBone(body, plan, limits)
        self._watch = Watch(plan.stop_rules, body)
        self._log = InjectionLog(body, plan.volume_mm3)
        self._progress = progress
        self._ends_s = working_window_s(plan.product, plan.room_c)[1] - plan.first_age_s
        self._resistance = 0.0
        self.reason = ""

    def inject_portion(self, number: int) -> None:
        """Inject one portion, or as much of it as can be."""
        portion, state, limits = self._plan.portions[number], self._state, self._limits
        if portion.pause_s > 0.0:
            state.wait(portion.pause_s)
            self._log.rest(state, number)
        if self._too_late():
            return
        left, step = portion.volume_mm3, limits.first_mm3
        self._settle(portion, step)
        while left > 1e-9 * portion.volume_mm3 and not self.reason:
            volume = min(step, left)
            # two last steps of equal size rather than a whole one and a tiny one
            if volume < left < 1.5 * volume:
                volume = 0.5 * left
            found = self._decide(number, portion, volume)
            if found is None:
                return
            self._take(found)
            left -= volume
            step = min(2.0 * step, limits.step_mm3)

    def _settle(self, portion: Portion, volume_mm3: float) -> None:
        """Find the speeds around a tip that has not been used before, and the viscosity by them."""
        age = self._plan.first_age_s + self._state.time_s
        wanted = _wanted_rate(self._plan.press(portion.tip), portion, age)
        for _ in range(2):
            _, tip_mpa = self._state.solve(portion.tip, wanted, volume_mm3 / wanted)
            self._resistance = tip_mpa / wanted

    def _decide(self, number: int, portion: Portion, volume_mm3: float) -> _Step | None:
        """Find flow and pressure of the next step; None if nothing moves any more."""
        state, plan = self._state, self._plan
        press = plan.press(portion.tip)
        age = plan.first_age_s + state.time_s
        wanted = _wanted_rate(press, portion, age)
        limit = plan.syringe.limit_mpa
        if portion.pressure_mpa is not None:
            limit = min(limit, portion.pressure_mpa)
        most = np.inf if portion.pressure_mpa is not None else wanted
        # solved at about the rate that comes out, for the shear rate
        guess = min(_possible_rate(press, age, limit, self._resistance), most)
        guess = max(guess, _LEAST_RATE * wanted)
        flow, tip_mpa = state.solve(portion.tip, guess, volume_mm3 / guess)
        self._resistance = tip_mpa / guess
        rate = min(_possible_rate(press, age, limit, self._resistance), most)
        self._watch.feel(rate, wanted, state.time_s, state.injected_mm3)
        if rate < _LEAST_RATE * wanted:
            self.reason = (
                f"the syringe's limit of {limit:g} MPa presses no more cement after "
                f"{state.injected_mm3 / 1000.0:.2f} ml"
            )
            return None
        if rate != guess:
            flow = scale_flow(flow, rate / guess)
            tip_mpa *= rate / guess
        return _Step(
            portion=number,
            tip=portion.tip,
            rate_mm3_per_s=rate,
            seconds=volume_mm3 / rate,
            flow=flow,
            tip_mpa=tip_mpa,
            syringe_mpa=tip_mpa + float(press.pressure_mpa(age, rate)),
        )

    def _take(self, step: _Step) -> None:
        """Move the cement, look, and see whether the injection ends."""
        state = self._state
        left = state.advance(step.tip, step.flow, step.rate_mm3_per_s, step.seconds)
        self._log.record(
            state,
            left,
            rate_mm3_per_s=step.rate_mm3_per_s,
            pressures_mpa=(step.tip_mpa, step.syringe_mpa),
            portion=step.portion,
        )
        self._watch.look(state.cement_share, state.leaked_mm3, state.time_s, state.injected_mm3)
        if self._progress is not None:
            done = state.injected_mm3 / self._plan.volume_mm3
            self._progress(min(done, 1.0), f"{state.injected_mm3 / 1000.0:.2f} ml injected")
        first = self._watch.first
        if self._watch.stops and first is not None:
            self.reason = f"stopped: {first.sentence}"
        else:
            self._too_late()

    def _too_late(self) -> bool:
        """Whether the cement is past its working time; the injection ends then in any case."""
        state = self._state
        if state.time_s <= self._ends_s:
            return False
        age = (self._plan.first_age_s + state.time_s) / 60.0
        text = f"{self._plan.product.title} is past its working time, {age:.1f} min after mixing"
        self._watch.note(Rule.WORKING_TIME, text, state.time_s, state.injected_mm3)
        self.reason = f"stopped: {text}"
        return True

    def result(self) -> Filling:
        """Return what was injected."""
        state, plan, spread = self._state, self._plan, self._cut.spread
        body, share = self._cut.body, state.cement_share
        full = state.saturation >= 0.5
        entered = state.entered_s()
        age = state.clock.equivalent_age_s(state.time_s, entered)
        first = self._watch.first
        tips = np.array([needle.tip_lps_mm for needle in plan.needles])
        return Filling(
            level=plan.level,
            product=plan.product.title,
            grid=self._cut.grid,
            frames=self._log.frames(state, spread),
            curve=self._log.curve(),
            leaks=self._log.leaks(),
            events=tuple(self._watch.events),
            stop_reason=self.reason or "the planned volume is injected",
            safe_volume_mm3=None if first is None else first.injected_mm3,
            injected_mm3=state.injected_mm3,
            in_bone_mm3=state.in_bone_mm3,
            in_ways_mm3=state.in_ways_mm3,
            in_body=spread(body.in_body),
            cell_tip=spread(nearest_tips(body, tips, share > 0.0)),
            age_s=spread(age.astype(np.float32), np.nan),
            body_volume_mm3=body.body_volume_mm3,
            pore_volume_mm3=float(body.pore_volume_mm3[body.in_body].sum()),
            endplate_gap_mm=measure_gaps(body, full),
            left_share=measure_left(body, share),
            tips_lps_mm=tips,
            needle_lps_mm=np.array([[n.entry_lps_mm, n.tip_lps_mm] for n in plan.needles]),
            entered_s=spread(entered.astype(np.float32), np.nan),
            interdigitated_mm3=measure_interdigitation(body, state.saturation),
            opening_gap_mm=measure_openings(body, full),
            pore_share=spread((body.pore_volume_mm3 / body.grid.voxel_volume_mm3).astype("f4")),
            syringe_limit_mpa=plan.syringe.limit_mpa,
            portion_tip=tuple(portion.tip for portion in plan.portions),
            method=_method(plan, self._limits, body),
            notes=body.notes,
            leak_limit=_LEAK_LIMIT,
            wall_limit=body.wall_limit,
        )


def _wanted_rate(press: Press, portion: Portion, age_s: float) -> float:
    """Return the wanted rate, or the one that a wanted pressure would drive through the needle."""
    if portion.rate_mm3_per_s is not None:
        return portion.rate_mm3_per_s
    assert portion.pressure_mpa is not None
    law = press.law(age_s)
    pressure_mpa = min(portion.pressure_mpa, press.syringe.limit_mpa)
    rate = float(tube_flow_mm3_per_s(law, press.tube, pressure_mpa))
    if rate <= 0.0:
        message = (
            f"{portion.pressure_mpa:g} MPa do not overcome the yield stress of the cement in the "
            "needle; give a higher pressure"
        )
        raise InputError(message)
    return rate


def _possible_rate(press: Press, age_s: float, limit_mpa: float, resistance: float) -> float:
    """Return the flow at which needle and bone in series take a pressure.

    Parameters
    ----------
    press : Press
    age_s : float
    limit_mpa : float
        At the syringe.
    resistance : float
        Of the bone, MPa s/mm3.
    """
    from scipy.optimize import brentq

    law = press.law(age_s)

    def through_needle(at_tip: float) -> float:
        return float(tube_flow_mm3_per_s(law, press.tube, limit_mpa - at_tip))

    def surplus(at_tip: float) -> float:
        return through_needle(at_tip) * resistance - at_tip

    if surplus(0.0) <= 0.0:  # nothing moves in the needle, or the bone resists nothing
        return through_needle(0.0)
    return float(brentq(surplus, 0.0, limit_mpa, xtol=1e-12 * limit_mpa, rtol=1e-10)) / resistance


def _method(plan: InjectionPlan, limits: FlowLimits, body: PorousBody) -> tuple[str, ...]:
    size = " x ".join(f"{s:.3g}" for s in body.grid.spacing_mm)
    flow = (
        f"two-phase Darcy flow on cells of {size} mm, steps of {limits.step_mm3:g} mm3; "
        f"{plan.product.title}, {plan.first_age_s / 60.0:.1f} min after mixing at "
        f"{plan.room_c:g} °C when the injection begins"
    )
    warming = (
        f"cement warms in the bone to {1 - np.exp(-1):.0%} within {limits.warming_s:g} s "
        "(a design value); the heat of its own reaction is left out of its flow"
    )
    return flow, warming, limits.mouth.describe()
