"""The steps of a procedure: which may follow on which, and how long they take."""

from types import SimpleNamespace

import numpy as np
import pytest

from vertaug.augmentation.procedure_steps import (
    FixedTime,
    ProcedureState,
    Step,
    StepTimes,
    course_of,
)
from vertaug.case.errors import InputError
from vertaug.case.plan import Procedure
from vertaug.case.procedure_course import StepTime
from vertaug.case.source_status import SourceStatus
from vertaug.tissue.cited_value import CitedValue


def step(name):
    return StepTime(step=name, seconds=1.0, fluoroscopy_s=0.5, source="test")


def done(procedure, *names):
    state = ProcedureState(procedure=procedure)
    for name in names:
        state = state.then(step(name))
    return state


def curve_of(times, volumes):
    return SimpleNamespace(
        time_s=np.asarray(times, dtype=float), injected_mm3=np.asarray(volumes, dtype=float)
    )


def heat_of(set_s):
    return SimpleNamespace(times_s=np.array([0.0, 300.0, 900.0]), set_s=set_s)


FLOW = curve_of([0.0, 20.0, 35.0, 60.0], [0.0, 1000.0, 1000.0, 2000.0])
"""20 s of flow, a pause of 15 s, 25 s of flow."""


def test_the_whole_of_a_kyphoplasty_is_allowed_and_then_nothing():
    names = ("needle", "biopsy", "needle", "balloon", "balloon", "inflate", "inflate", "deflate")
    state = done(Procedure.KYPHOPLASTY, *names, "fill", "fill", "harden", "remove")
    assert state.allowed() == ()
    assert [time.step for time in state.done][:3] == ["needle", "biopsy", "needle"]
    with pytest.raises(InputError, match=r"needle may not follow on remove .*: the procedure has"):
        state.then(step("needle"))


@pytest.mark.parametrize(
    ("procedure", "names", "wrong", "allowed"),
    [
        (Procedure.KYPHOPLASTY, (), "fill", "needle"),
        (Procedure.KYPHOPLASTY, ("needle",), "fill", "needle, biopsy, balloon"),
        (Procedure.KYPHOPLASTY, ("needle", "balloon"), "fill", "balloon, inflate"),
        (Procedure.KYPHOPLASTY, ("needle", "balloon", "inflate"), "fill", "inflate, deflate"),
        (Procedure.KYPHOPLASTY, ("needle", "balloon"), "deflate", "balloon, inflate"),
        (Procedure.VERTEBROPLASTY, ("needle",), "balloon", "needle, biopsy, fill"),
        (Procedure.VERTEBROPLASTY, ("needle", "fill"), "remove", "fill, harden"),
        (Procedure.VERTEBROPLASTY, ("needle", "fill", "harden"), "fill", "remove"),
    ],
)
def test_what_is_out_of_order_says_what_is_allowed(procedure, names, wrong, allowed):
    state = done(procedure, *names)
    after = names[-1] if names else "the start"
    words = f"^{wrong} may not follow on {after} in a {procedure.value}; allowed: {allowed}$"
    with pytest.raises(InputError, match=words):
        state.then(step(wrong))


def test_a_balloon_may_be_inflated_again_after_it_was_emptied():
    state = done(Procedure.KYPHOPLASTY, "needle", "balloon", "inflate", "deflate")
    assert state.allowed() == (Step.INFLATE, Step.FILL)


def test_states_are_new_values():
    first = ProcedureState(procedure=Procedure.VERTEBROPLASTY)
    assert first.then(step("needle")).done == (step("needle"),)
    assert first.done == ()


def test_the_beam_is_on_while_cement_flows():
    course = course_of(1, FLOW, heat_of(480.0))
    times = {time.step: time for time in course.steps}
    assert course.procedure is Procedure.VERTEBROPLASTY
    assert (times["fill"].seconds, times["fill"].fluoroscopy_s) == (60.0, 45.0)
    assert (times["harden"].seconds, times["harden"].fluoroscopy_s) == (480.0, 0.0)
    assert not course.at_least


def test_cement_that_has_not_set_is_a_least_time():
    assert course_of(1, FLOW, heat_of(None)).steps[-2].seconds == 900.0
    for heat in (heat_of(None), None):
        assert course_of(1, FLOW, heat).at_least
    assert course_of(1, FLOW, None).steps[-2].seconds == 0.0


def test_inflation_takes_a_step_each_half_millilitre_in_each_balloon():
    def cited(value, unit="s"):
        return CitedValue(value=value, source="test", status=SourceStatus.UNCERTAIN, unit=unit)

    def fixed(seconds, beam):
        return FixedTime(seconds=cited(seconds), fluoroscopy_s=cited(beam))

    times = StepTimes(
        needle=fixed(100.0, 10.0),
        biopsy=fixed(7.0, 3.0),
        balloon=fixed(50.0, 5.0),
        inflation=fixed(4.0, 1.0),
        inflation_ml=cited(0.5, "ml"),
        deflation=fixed(30.0, 2.0),
        removal=fixed(20.0, 1.0),
    )
    # 1.2 ml take three steps, 2.0 ml four
    course = course_of(2, FLOW, heat_of(480.0), inflated_ml=(1.2, 2.0), biopsy=True, times=times)
    assert [time.step for time in course.steps] == [
        *("needle", "needle", "biopsy", "balloon", "balloon", "inflate", "deflate"),
        *("fill", "harden", "remove"),
    ]
    assert course.steps[5].seconds == 28.0
    assert course.seconds == 200.0 + 7.0 + 100.0 + 28.0 + 30.0 + 60.0 + 480.0 + 20.0
    assert course.fluoroscopy_s == 20.0 + 3.0 + 10.0 + 7.0 + 2.0 + 45.0 + 1.0


def test_without_a_needle_there_is_no_procedure():
    with pytest.raises(InputError, match="fill may not follow on the start"):
        course_of(0, FLOW, heat_of(480.0))


def test_times_with_the_beam_come_near_the_published_means():
    """Clinical reference 3.7: 4.9 +- 3.3 min, 10.1 +- 2.2 min, the balloons 4.3 min of it."""
    # 3.6 ml at 3 ml/min in four portions with 15 s between
    times, volumes = [0.0], [0.0]
    for portion in range(4):
        if portion:
            times.append(times[-1] + 15.0)
            volumes.append(volumes[-1])
        times.append(times[-1] + 18.0)
        volumes.append(volumes[-1] + 900.0)
    cement = curve_of(times, volumes)
    plain = course_of(2, cement, heat_of(480.0))
    balloons = course_of(2, cement, heat_of(480.0), inflated_ml=(3.5, 3.5))
    assert plain.fluoroscopy_s / 60.0 == pytest.approx(4.9, abs=0.8)
    added = balloons.fluoroscopy_s - plain.fluoroscopy_s
    assert added / 60.0 == pytest.approx(4.3, abs=0.3)
    assert balloons.fluoroscopy_s / 60.0 == pytest.approx(10.1, abs=2.2)
