"""The steps of a vertebroplasty and a kyphoplasty: which may follow on which, and their times.

Injection and hardening take what the simulation found. All other times are design defaults; those
with the beam on are set so that they come near the published means (clinical reference 3.7): a
vertebroplasty of one level 4.9 min, a kyphoplasty 10.1 min, of which the balloons 4.3 min and the
cement 1.5 to 3.7 min. They are no measurement of an operator.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from vertaug.case.errors import InputError
from vertaug.case.filling import HeatResult, InjectionCurve
from vertaug.case.plan import Procedure
from vertaug.case.procedure_course import ProcedureCourse, StepTime
from vertaug.case.source_status import SourceStatus
from vertaug.tissue.cited_value import CitedValue


class Step(StrEnum):
    """A step of a procedure on one level."""

    NEEDLE = "needle"
    BIOPSY = "biopsy"
    BALLOON = "balloon"
    INFLATE = "inflate"
    DEFLATE = "deflate"
    FILL = "fill"
    HARDEN = "harden"
    REMOVE = "remove"


_NEXT: dict[Step | None, tuple[Step, ...]] = {
    None: (Step.NEEDLE,),
    Step.NEEDLE: (Step.NEEDLE, Step.BIOPSY, Step.BALLOON, Step.FILL),
    Step.BIOPSY: (Step.NEEDLE, Step.BALLOON, Step.FILL),
    Step.BALLOON: (Step.BALLOON, Step.INFLATE),
    Step.INFLATE: (Step.INFLATE, Step.DEFLATE),
    Step.DEFLATE: (Step.INFLATE, Step.FILL),
    Step.FILL: (Step.FILL, Step.HARDEN),
    Step.HARDEN: (Step.REMOVE,),
    Step.REMOVE: (),
}
"""What may follow on a step (clinical reference 3: access, biopsy, balloon in, inflate and check,
deflate, inject and check, needle out)."""
_OF_BALLOONS = (Step.BALLOON, Step.INFLATE, Step.DEFLATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedTime:
    """How long a step takes that nothing simulates.

    Attributes
    ----------
    seconds, fluoroscopy_s : CitedValue
        The second is the part with the beam on.
    """

    seconds: CitedValue
    fluoroscopy_s: CitedValue


def _default(value: float, source: str, unit: str = "s") -> CitedValue:
    return CitedValue(
        value=value, status=SourceStatus.UNCERTAIN, source=f"design default: {source}", unit=unit
    )


_NEEDLE = FixedTime(
    seconds=_default(300.0, "a needle with its views, per side"),
    fluoroscopy_s=_default(
        90.0, "two needles and 3.6 ml of cement come to the 4.9 min of a vertebroplasty"
    ),
)
_BIOPSY = FixedTime(
    seconds=_default(60.0, "through the needle that is there"),
    fluoroscopy_s=_default(5.0, "one look"),
)
_BALLOON = FixedTime(
    seconds=_default(120.0, "drill, check, put in, per side"),
    fluoroscopy_s=_default(60.0, "two balloons of 3.5 ml come to the 4.3 min of the device"),
)
_INFLATION = FixedTime(
    seconds=_default(20.0, "turn the handle, read the pressure, look; per step and side"),
    fluoroscopy_s=_default(8.0, "two balloons of 3.5 ml come to the 4.3 min of the device"),
)
_INFLATION_ML = _default(
    0.5, "inflated by 0.25 to 0.5 ml, with a view each time (clinical reference 3.5)", "ml"
)
_DEFLATION = FixedTime(
    seconds=_default(30.0, "under vacuum, and out"),
    fluoroscopy_s=_default(15.0, "one look at each side"),
)
_REMOVAL = FixedTime(
    seconds=_default(60.0, "turn and draw the needles"),
    fluoroscopy_s=_default(5.0, "one look"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTimes:
    """How long steps take that nothing simulates.

    Attributes
    ----------
    needle, balloon : FixedTime
        For each; a balloon is drilled for and put in.
    biopsy : FixedTime
    inflation : FixedTime
        For each step of an inflation in each balloon.
    inflation_ml : CitedValue
        Volume of such a step.
    deflation, removal : FixedTime
        For all balloons and all needles together.
    """

    needle: FixedTime = _NEEDLE
    biopsy: FixedTime = _BIOPSY
    balloon: FixedTime = _BALLOON
    inflation: FixedTime = _INFLATION
    inflation_ml: CitedValue = _INFLATION_ML
    deflation: FixedTime = _DEFLATION
    removal: FixedTime = _REMOVAL


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureState:
    """How far a procedure has come.

    Attributes
    ----------
    procedure : Procedure
    done : tuple of StepTime
    """

    procedure: Procedure
    done: tuple[StepTime, ...] = ()

    def allowed(self) -> tuple[Step, ...]:
        """Return the steps that may follow; none once the needles are out.

        A vertebroplasty has no balloon; a kyphoplasty is filled only after one was emptied.
        """
        last = Step(self.done[-1].step) if self.done else None
        following = _NEXT[last]
        if self.procedure is Procedure.VERTEBROPLASTY:
            return tuple(step for step in following if step not in _OF_BALLOONS)
        emptied = any(time.step == Step.DEFLATE for time in self.done)
        return tuple(step for step in following if step is not Step.FILL or emptied)

    def then(self, time: StepTime) -> "ProcedureState":
        """Return the procedure after one more step.

        Raises
        ------
        InputError
            If that step may not follow; says which may.
        """
        allowed = self.allowed()
        if time.step not in allowed:
            after = self.done[-1].step if self.done else "the start"
            may = ", ".join(allowed) or "nothing: the procedure has ended"
            message = (
                f"{time.step} may not follow on {after} in a {self.procedure.value}; allowed: {may}"
            )
            raise InputError(message)
        return replace(self, done=(*self.done, time))


def course_of(
    needles: int,
    curve: InjectionCurve,
    heat: HeatResult | None,
    *,
    inflated_ml: tuple[float, ...] = (),
    biopsy: bool = False,
    times: StepTimes | None = None,
) -> ProcedureCourse:
    """Return a procedure on one level, step by step with its times.

    Parameters
    ----------
    needles : int
    curve : InjectionCurve
        Of the cement; the beam is on while it flows.
    heat : HeatResult or None
        Of the hardening; None leaves that step at 0 s as a least value.
    inflated_ml : tuple of float
        In each balloon at the end of the inflation; none for a vertebroplasty.
    biopsy : bool
    times : StepTimes, optional

    Raises
    ------
    InputError
        If there is no needle.
    """
    known = times or StepTimes()
    procedure = Procedure.KYPHOPLASTY if inflated_ml else Procedure.VERTEBROPLASTY
    steps = [_fixed(Step.NEEDLE, known.needle)] * needles
    if biopsy:
        steps.append(_fixed(Step.BIOPSY, known.biopsy))
    if inflated_ml:
        turns = sum(np.ceil(ml / known.inflation_ml.value - 1e-6) for ml in inflated_ml)
        steps += [_fixed(Step.BALLOON, known.balloon)] * len(inflated_ml)
        steps.append(_fixed(Step.INFLATE, known.inflation, float(turns)))
        steps.append(_fixed(Step.DEFLATE, known.deflation))
    steps += [_filling(curve), _hardening(heat), _fixed(Step.REMOVE, known.removal)]
    state = ProcedureState(procedure=procedure)
    for step in steps:
        state = state.then(step)
    return ProcedureCourse(procedure=procedure, steps=state.done)


def _fixed(step: Step, time: FixedTime, times: float = 1.0) -> StepTime:
    return StepTime(
        step=step.value,
        seconds=times * time.seconds.value,
        fluoroscopy_s=times * time.fluoroscopy_s.value,
        source=time.seconds.source,
    )


def _filling(curve: InjectionCurve) -> StepTime:
    """Return the injection: the beam is off between portions."""
    time = curve.time_s
    flows = np.diff(curve.injected_mm3) > 0.0
    return StepTime(
        step=Step.FILL.value,
        seconds=float(time[-1]),
        fluoroscopy_s=float(np.diff(time)[flows].sum()),
        source="the simulated injection; the beam is on while cement flows",
    )


def _hardening(heat: HeatResult | None) -> StepTime:
    ended = heat is not None and heat.set_s is not None
    seconds = 0.0
    if heat is not None:
        seconds = float(heat.times_s[-1]) if heat.set_s is None else heat.set_s
    return StepTime(
        step=Step.HARDEN.value,
        seconds=seconds,
        fluoroscopy_s=0.0,
        source="the simulated hardening, until the cement has set",
        at_least=not ended,
    )
