"""One step further: ``advance`` and ``record_item`` return a new course.

What is not legal is refused with what is.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from vertaug.case.errors import InputError
from vertaug.indications.fact import FactValue
from vertaug.procedure_day.checklist import item_named
from vertaug.procedure_day.course import (
    ASKED_FROM,
    Course,
    ItemRecord,
    ItemState,
    Role,
    Transition,
    check_time,
)
from vertaug.procedure_day.course_value import check_text, check_values
from vertaug.procedure_day.gate import check_gate
from vertaug.procedure_day.state import State, Way, order_of


def advance(
    course: Course,
    to_state: State,
    *,
    time: datetime,
    actor_role: Role,
    values: Mapping[str, FactValue] = MappingProxyType({}),
    reason: str = "",
) -> Course:
    """Return the course with one more step.

    Raises
    ------
    InputError
        If the state may not follow (those that may are listed), a gate is shut (what is open is
        listed), a reason is missing, the time runs backwards, or a value is impossible.
    """
    way = _way(course, State(to_state))
    carried = check_values(values)
    if way.needs_reason:
        words = f"the reason to go from {course.state} to {way.to_state}"
        reason = check_text(reason, words)
    elif reason:
        reason = check_text(reason, "the reason")
    step = Transition(
        from_state=course.state,
        to_state=way.to_state,
        step=way.step,
        time=check_time(time, course.last_time),
        actor_role=Role(actor_role),
        values=carried,
        reason=reason,
    )
    check_gate(course, step)
    return replace(course, entries=(*course.entries, step))


def record_item(
    course: Course,
    name: str,
    state: ItemState,
    *,
    time: datetime,
    actor_role: Role,
    note: str = "",
) -> Course:
    """Return the course with an item of the checklist answered.

    Raises
    ------
    InputError
        If there is no such item, it is not its time yet, it always applies, or the time runs
        backwards.
    """
    item, state = item_named(name, course.procedure), ItemState(state)
    if state is ItemState.NOT_APPLICABLE:
        if not item.may_not_apply:
            message = f"{name} applies to every patient: it is done or not done"
            raise InputError(message)
        note = check_text(note, f"the reason why {name} does not apply")
    first = ASKED_FROM[item.phase]
    if order_of(course.state) < order_of(first):
        message = f"{name} is checked from {first} on; the course is at {course.state}"
        raise InputError(message)
    entry = ItemRecord(
        name=name,
        state=state,
        time=check_time(time, course.last_time),
        actor_role=Role(actor_role),
        note=check_text(note, "the note") if note else "",
    )
    return replace(course, entries=(*course.entries, entry))


def _way(course: Course, to_state: State) -> Way:
    for way in course.ways:
        if way.to_state is to_state:
            return way
    legal = [
        f"{way.to_state}{' (with a reason)' if way.needs_reason else ''}" for way in course.ways
    ]
    message = (
        f"{to_state} may not follow {course.state} in a {course.procedure}; legal are "
        f"{', '.join(legal) or 'none: the course has ended'}"
    )
    raise InputError(message)
