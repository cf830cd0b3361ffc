"""The course: legal steps, gates, reasons, times, nothing forgotten."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from vertaug.case.errors import InputError
from vertaug.case.plan import Procedure
from vertaug.procedure_day.checklist import Phase, list_items
from vertaug.procedure_day.course import ItemState, Role, start_course
from vertaug.procedure_day.course_step import advance, record_item
from vertaug.procedure_day.state import State, Step, list_ways, states_of

BEFORE = (
    State.ASSESSED,
    State.IMAGED,
    State.DECIDED,
    State.CONSENTED,
    State.SCHEDULED,
    State.CHECKED_IN,
    State.TIME_OUT,
)
TO_TABLE = (State.POSITIONED, State.ANAESTHETISED, State.LOCALISED, State.ACCESS_LEFT)
BALLOON = (State.DRILL, State.BALLOON_IN, State.INFLATE, State.INFLATE_CHECK, State.DEFLATE)
DOUGH = {"dough_seen": True, "cement_age_s": 240.0}


@pytest.fixture
def walk(at):
    """Go through states, a minute each."""

    def go(course, *states, **more):
        for state in states:
            course = advance(
                course,
                state,
                time=course.last_time + timedelta(minutes=1),
                actor_role=Role.OPERATOR,
                **more,
            )
        return course

    return go


@pytest.fixture
def tick():
    """Answer items of the checklist."""

    def answer(course, names=None, state=ItemState.DONE, note=""):
        for item in list_items(course.procedure):
            if item.gate and (names is None or item.name in names):
                course = record_item(
                    course,
                    item.name,
                    state,
                    time=course.last_time,
                    actor_role=Role.NURSE,
                    note=note,
                )
        return course

    return answer


@pytest.fixture
def referred(at, procedure):
    return start_course("L1", procedure, at(0))


@pytest.fixture
def timed_out(referred, walk):
    return walk(referred, *BEFORE)


@pytest.fixture
def on_table(timed_out, tick, walk):
    return walk(tick(timed_out), *TO_TABLE)


@pytest.fixture
def mixed(on_table, walk):
    balloon = BALLOON if on_table.procedure is Procedure.KYPHOPLASTY else ()
    return walk(on_table, *balloon, State.CEMENT_MIX, State.CEMENT_WAIT)


def test_the_whole_way(mixed, walk):
    course = walk(mixed, State.INJECT, values=DOUGH)
    course = walk(course, State.INJECT_CHECK)
    course = walk(course, State.INJECT, values=DOUGH)
    course = walk(
        course, State.STOP, State.NEEDLE_OUT, State.RECOVERY, State.DISCHARGE, State.FOLLOWUP
    )
    assert course.state is State.FOLLOWUP
    assert course.ways[0].step is Step.BACK
    assert all(step.actor_role is Role.OPERATOR for step in course.transitions)


def test_a_step_returns_a_new_course(referred, walk):
    later = walk(referred, State.ASSESSED)
    assert referred.entries == ()
    assert later.state is State.ASSESSED


def test_an_illegal_step_lists_the_legal_ones(referred, walk):
    with pytest.raises(InputError, match=r"inject may not follow referred.*legal are assessed"):
        walk(referred, State.INJECT, values=DOUGH)
    with pytest.raises(InputError, match="cancelled \\(with a reason\\)"):
        walk(referred, State.DISCHARGE)


def test_the_table_is_shut_before_every_item_is_done(timed_out, tick, walk):
    with pytest.raises(InputError, match=r"unknown is not done.*identity.*stop_words"):
        walk(timed_out, State.POSITIONED)
    for item in list_items(timed_out.procedure):
        if not item.gate:
            continue
        others = {i.name for i in list_items(timed_out.procedure) if i.name != item.name}
        with pytest.raises(InputError, match=f"Open: {item.name}$"):
            walk(tick(timed_out, others), State.POSITIONED)


def test_not_done_is_not_done(timed_out, tick, walk):
    course = tick(tick(timed_out), {"labs"}, ItemState.NOT_DONE)
    with pytest.raises(InputError, match="Open: labs"):
        walk(course, State.POSITIONED)


def test_what_does_not_apply_needs_a_reason_and_is_allowed_to(timed_out, tick, walk):
    with pytest.raises(InputError, match="reason why pregnancy does not apply"):
        tick(timed_out, {"pregnancy"}, ItemState.NOT_APPLICABLE)
    with pytest.raises(InputError, match="identity applies to every patient"):
        tick(timed_out, {"identity"}, ItemState.NOT_APPLICABLE, "known here")
    course = tick(tick(timed_out), {"pregnancy"}, ItemState.NOT_APPLICABLE, "84 years")
    assert walk(course, State.POSITIONED).state is State.POSITIONED


def test_items_are_not_answered_before_their_time(referred, walk, at):
    with pytest.raises(InputError, match="said_aloud is checked from time_out on"):
        record_item(
            walk(referred, *BEFORE[:-1]),
            "said_aloud",
            ItemState.DONE,
            time=at(60),
            actor_role=Role.NURSE,
        )


def test_an_unknown_item_names_the_known(timed_out):
    with pytest.raises(InputError, match=r"has no item 'luck'.*identity"):
        timed_out.item_state("luck")


def test_whoever_goes_back_to_time_out_says_it_again(on_table, walk):
    course = walk(on_table, State.TIME_OUT, reason="level counted differently on the table")
    assert course.item_state("said_aloud") is ItemState.UNKNOWN
    assert course.item_state("identity") is ItemState.DONE
    with pytest.raises(InputError, match="said_aloud"):
        walk(course, State.POSITIONED)


def test_back_needs_a_reason_and_is_kept(on_table, walk):
    with pytest.raises(InputError, match="reason to go from access_left to localised"):
        walk(on_table, State.LOCALISED)
    course = walk(on_table, State.LOCALISED, reason="needle too medial on AP")
    step = course.transitions[-1]
    assert (step.step, step.reason) == (Step.BACK, "needle too medial on AP")
    assert len(course.entries) == len(on_table.entries) + 1
    assert course.trail[-1] is State.LOCALISED
    assert State.ACCESS_LEFT not in course.trail


def test_one_cannot_go_back_to_where_one_never_was(on_table, walk):
    with pytest.raises(InputError, match="biopsy may not follow localised"):
        walk(walk(on_table, State.LOCALISED, reason="aim again"), State.BIOPSY)


def test_no_cement_before_dough_and_its_age(mixed, walk):
    for values in ({}, {"dough_seen": False, "cement_age_s": 300.0}, {"cement_age_s": 300.0}):
        with pytest.raises(InputError, match="before it is dough"):
            walk(mixed, State.INJECT, values=values)
    with pytest.raises(InputError, match="cement_age_s"):
        walk(mixed, State.INJECT, values={"dough_seen": True})


def test_no_cement_after_its_window(on_table, walk):
    balloon = BALLOON if on_table.procedure is Procedure.KYPHOPLASTY else ()
    course = walk(on_table, *balloon)
    course = walk(course, State.CEMENT_MIX, values={"window_end_s": 540, "batch": 1})
    course = walk(course, State.CEMENT_WAIT)
    in_time = {"dough_seen": True, "cement_age_s": 540}
    assert walk(course, State.INJECT, values=in_time).state is State.INJECT
    with pytest.raises(InputError, match=r"541 s old.*new batch"):
        walk(course, State.INJECT, values={**in_time, "cement_age_s": 541})


def test_the_gate_of_the_cement_holds_on_the_way_back_too(mixed, walk):
    stopped = walk(walk(mixed, State.INJECT, values=DOUGH), State.STOP)
    with pytest.raises(InputError, match="before it is dough"):
        walk(stopped, State.INJECT, reason="more fill wanted")


def test_an_item_that_turns_out_not_done_stops_the_cement(mixed, tick, walk):
    course = tick(mixed, {"cement_lot"}, ItemState.NOT_DONE)
    with pytest.raises(InputError, match=r"no inject before.*Open: cement_lot"):
        walk(course, State.INJECT, values=DOUGH)


def test_a_kyphoplasty_has_a_balloon_before_its_cement(at, tick, walk):
    course = walk(start_course("L1", Procedure.KYPHOPLASTY, at(0)), *BEFORE)
    course = walk(tick(course), *TO_TABLE)
    with pytest.raises(InputError, match="cement_mix may not follow access_left"):
        walk(course, State.CEMENT_MIX)
    course = walk(course, *BALLOON, State.BALLOON_IN, *BALLOON[2:])
    assert walk(course, State.CEMENT_MIX).state is State.CEMENT_MIX
    again = walk(course, State.LOCALISED, reason="next level")
    again = walk(again, State.ACCESS_RIGHT)
    with pytest.raises(InputError, match="cement_mix may not follow"):
        walk(again, State.CEMENT_MIX)


def test_a_vertebroplasty_has_none(at, tick, walk):
    course = walk(start_course("T12", Procedure.VERTEBROPLASTY, at(0)), *BEFORE)
    course = walk(tick(course), *TO_TABLE)
    with pytest.raises(InputError, match="drill may not follow"):
        walk(course, State.DRILL)
    assert State.INFLATE not in states_of(Procedure.VERTEBROPLASTY)


def test_early_ends_need_a_reason(referred, on_table, walk):
    with pytest.raises(InputError, match="reason"):
        walk(referred, State.CANCELLED)
    cancelled = walk(referred, State.CANCELLED, reason="pain is gone")
    assert cancelled.ways == ()
    assert walk(on_table, State.NEEDLE_OUT, reason="hypotension").state is State.NEEDLE_OUT


def test_times_do_not_run_backwards(referred, at, walk):
    course = walk(referred, State.ASSESSED)
    with pytest.raises(InputError, match="must not run backwards"):
        advance(course, State.IMAGED, time=at(0.5), actor_role=Role.NURSE)
    same = advance(course, State.IMAGED, time=at(1), actor_role=Role.NURSE)
    assert same.state is State.IMAGED


def test_times_of_other_zones_are_compared_as_moments(referred, at):
    east = timezone(timedelta(hours=2))
    course = advance(referred, State.ASSESSED, time=at(10), actor_role=Role.NURSE)
    with pytest.raises(InputError, match="backwards"):
        advance(course, State.IMAGED, time=at(5).astimezone(east), actor_role=Role.NURSE)


def test_the_hour_that_comes_twice_in_autumn(procedure):
    zone = ZoneInfo("Europe/Berlin")
    course = start_course("L1", procedure, datetime(2026, 10, 25, 2, 50, tzinfo=zone))
    later = datetime(2026, 10, 25, 2, 10, tzinfo=zone, fold=1)
    assert advance(course, State.ASSESSED, time=later, actor_role=Role.NURSE).state
    with pytest.raises(InputError, match="backwards"):
        earlier = datetime(2026, 10, 25, 2, 10, tzinfo=zone)
        advance(course, State.ASSESSED, time=earlier, actor_role=Role.NURSE)


@pytest.mark.parametrize("time", [datetime(2026, 3, 2, 8), "2026-03-02"])
def test_a_time_without_offset_is_refused(procedure, time):
    with pytest.raises(InputError, match="date and offset"):
        start_course("L1", procedure, time)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"spo2_percent": 101}, "between 0 and 100"),
        ({"volume_ml": -1}, "between 0 and 20"),
        ({"balloon_psi": float("nan")}, "expected as a number"),
        ({"dough_sen": True}, "did you mean dough_seen"),
        ({"side": "middle"}, "left, right"),
        ({"stop_rule": ""}, "in words"),
        ({"images": "x" * 301}, "at most 300"),
        ({"batch": 1.5}, "whole number"),
    ],
)
def test_impossible_values_are_refused(referred, walk, values, said):
    with pytest.raises(InputError, match=said):
        walk(referred, State.ASSESSED, values=values)


def test_values_are_stored_and_cannot_be_changed(referred, walk):
    step = walk(referred, State.ASSESSED, values={"pain_nrs": 8}).transitions[0]
    assert step.values["pain_nrs"] == 8.0
    with pytest.raises(TypeError):
        step.values["pain_nrs"] = 1.0


@pytest.mark.parametrize("level", ["C5", "S1", "Q9"])
def test_a_course_is_of_a_level_that_is_augmented(procedure, at, level):
    with pytest.raises(InputError):
        start_course(level, procedure, at(0))


def test_every_state_but_the_last_has_a_way_on(procedure):
    for state in states_of(procedure):
        ways = list_ways(state, procedure, frozenset({State.DEFLATE}))
        assert bool(ways) is (state is not State.CANCELLED)


def test_every_gate_item_belongs_to_a_phase_before_the_needle(procedure):
    phases = {item.phase for item in list_items(procedure) if item.gate}
    assert phases == {Phase.GO, Phase.SIGN_IN, Phase.TIME_OUT}
