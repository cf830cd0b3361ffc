"""Whatever is mixed or done in whatever order: no ceiling is passed, no gate is gone round."""

import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings, strategies as st

from vertaug.case.errors import InputError
from vertaug.case.plan import Procedure
from vertaug.procedure_day.checklist import list_items
from vertaug.procedure_day.course import ItemState, Role, Transition, start_course
from vertaug.procedure_day.course_step import advance, record_item
from vertaug.procedure_day.local_anaesthetic import (
    add_up,
    ceiling,
    dose,
    drug_named,
    known_drugs,
    remaining_ml,
    rounded_down,
)
from vertaug.procedure_day.state import State, Step

START = datetime(2026, 3, 2, 8, tzinfo=UTC)

names = st.sampled_from(sorted(known_drugs()))
weights = st.decimals(25, 300, places=1)
volumes = st.decimals(0, 60, places=2)
factors = st.sampled_from([Fraction(1), Fraction(7, 10), Fraction(8, 10)])


@st.composite
def doses(draw):
    name = draw(names)
    percent = draw(st.sampled_from(known_drugs()[name].usual_percent))
    return dose(name, percent, draw(volumes))


@given(st.lists(doses(), max_size=4), weights, factors)
def test_shares_add_up_whatever_the_order(given_doses, weight, factor):
    mixture = add_up(given_doses, weight, factor=factor)
    turned = add_up(list(reversed(given_doses)), weight, factor=factor)
    assert mixture.total == turned.total == sum(mixture.shares)
    assert mixture.within is (mixture.total <= 1)
    assert all(share >= 0 for share in mixture.shares)


@given(st.lists(doses(), max_size=3), names, weights, factors)
def test_what_is_left_fills_up_to_the_ceiling_and_not_above(used, name, weight, factor):
    percent = known_drugs()[name].usual_percent[0]
    left = remaining_ml(name, percent, used, weight, factor=factor)
    before = add_up(used, weight, factor=factor)
    if not before.within:
        assert left == 0
        return
    printed = Fraction(str(rounded_down(left)))
    assert printed <= left
    # more than a dose can be is not tried: the ceiling of a strong drug in a heavy patient
    if left <= 200:
        after = add_up([*used, dose(name, percent, left)], weight, factor=factor)
        assert after.total == 1
        assert after.within
    if left <= 199:
        more = dose(name, percent, left + Fraction(1, 10**6))
        assert not add_up([*used, more], weight, factor=factor).within


@given(names, weights, weights, factors)
def test_a_heavier_patient_never_has_a_lower_ceiling(name, one, other, factor):
    light, heavy = sorted((one, other))
    drug = drug_named(name)
    low = ceiling(drug, light, factor=factor)
    high = ceiling(drug, heavy, factor=factor)
    assert low.mg <= high.mg <= factor * drug.most_mg


@st.composite
def walks(draw):
    """A procedure, and numbers by which one of what is legal is chosen."""
    return draw(st.sampled_from(list(Procedure))), draw(
        st.lists(st.integers(0, 10**6), min_size=20, max_size=120)
    )


def _item(course, number):
    """Answer an item, in any way; what is refused changes nothing."""
    items = list_items(course.procedure)
    states = (ItemState.DONE, ItemState.DONE, ItemState.NOT_DONE, ItemState.NOT_APPLICABLE)
    try:
        return record_item(
            course,
            items[number % len(items)].name,
            states[number // 7 % len(states)],
            time=course.last_time + timedelta(seconds=1),
            actor_role=Role.NURSE,
            note="said so",
        )
    except InputError:
        return course


def _done(course, number):
    item = list_items(course.procedure)[number]
    try:
        return record_item(
            course,
            item.name,
            ItemState.DONE,
            time=course.last_time,
            actor_role=Role.NURSE,
        )
    except InputError:
        return course


def _step(course, number):
    """Take one of the legal ways, mostly forward; a gate that is shut changes nothing."""
    forward = [way for way in course.ways if way.step is Step.FORWARD]
    # a cancelled course goes nowhere, so that it would end most walks before the table
    other = [way for way in course.ways if way.to_state is not State.CANCELLED]
    ways = forward if forward and number % 16 else other
    if not ways:
        return course
    way = ways[number // 16 % len(ways)]
    values = {"dough_seen": number % 3 != 0, "cement_age_s": float(number % 700)}
    try:
        return advance(
            course,
            way.to_state,
            time=course.last_time + timedelta(seconds=number % 50),
            actor_role=Role.OPERATOR,
            values=values,
            reason="as drawn",
        )
    except InputError:
        return course


def _go_on(course):
    """Go straight on, as far as the gates allow."""
    values = {"dough_seen": True, "cement_age_s": 300.0}
    return advance(
        course,
        [way.to_state for way in course.ways if way.step is Step.FORWARD][-1],
        time=course.last_time,
        actor_role=Role.OPERATOR,
        values=values,
    )


def _check(course):
    # an item may be found undone while cement goes in: then the next injection is refused
    last = course.entries[-1] if course.entries else None
    if isinstance(last, Transition) and last.to_state is State.INJECT:
        assert course.open_items == ()
        assert course.transitions[-1].values["dough_seen"] is True
        assert State.TIME_OUT in course.trail
        assert State.POSITIONED in course.trail
        if course.procedure is Procedure.KYPHOPLASTY:
            assert State.DEFLATE in course.trail
    times = [entry.time for entry in course.entries]
    assert times == sorted(times)


def _wander(procedure, numbers):
    """Follow drawn numbers; return whether cement was ever injected."""
    course, injected = start_course("L1", procedure, START), False
    for number in numbers:
        before = course.entries
        kind = number % 8
        if kind == 0 and number % 5 == 0:
            course = _item(course, number // 8)
        elif kind == 1:
            for index in range(len(list_items(procedure))):
                course = _done(course, index)
        else:
            course = _step(course, number // 8)
        assert course.entries[: len(before)] == before
        _check(course)
        injected |= course.state is State.INJECT
    return injected


@settings(max_examples=100, deadline=None)
@given(walks())
def test_no_way_leads_to_the_cement_past_the_gates(walk):
    _wander(*walk)


def test_such_walks_do_reach_the_cement():
    drawn = random.Random(1)
    reached = [
        _wander(procedure, [drawn.randrange(10**6) for _ in range(120)])
        for procedure in Procedure
        for _ in range(40)
    ]
    assert any(reached[:40])
    assert any(reached[40:])
    assert not all(reached)


@given(st.sampled_from(list(Procedure)), st.data())
@settings(max_examples=40, deadline=None)
def test_one_item_left_out_keeps_the_table_shut(procedure, data):
    gate = [n for n, item in enumerate(list_items(procedure)) if item.gate]
    left_out = data.draw(st.sampled_from(gate))
    course = start_course("L1", procedure, START)
    while course.state is not State.TIME_OUT:
        course = _go_on(course)
    for number in gate:
        course = course if number == left_out else _done(course, number)
    with pytest.raises(InputError, match=list_items(procedure)[left_out].name):
        _go_on(course)
    assert course.state is State.TIME_OUT
    course = _done(course, left_out)
    while course.state is not State.INJECT:
        course = _go_on(course)
        _check(course)
