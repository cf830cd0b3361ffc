"""Gates of the course: no patient on the table before go/no-go, no cement before it is dough."""

from vertaug.case.errors import InputError
from vertaug.procedure_day.course import Course, Transition
from vertaug.procedure_day.state import State, Step


def check_gate(course: Course, step: Transition) -> None:
    """Refuse a step whose gate is shut.

    Raises
    ------
    InputError
        With what is missing.
    """
    if step.from_state is State.TIME_OUT and step.step is Step.FORWARD:
        _check_items(course, step)
    if step.to_state is State.INJECT:
        _check_items(course, step)
        _check_cement(course, step)


def _check_items(course: Course, step: Transition) -> None:
    still = course.open_items
    if still:
        message = (
            f"{course.level}: no {step.to_state} before every go/no-go item is done; unknown is "
            f"not done. Open: {', '.join(still)}"
        )
        raise InputError(message)


def _check_cement(course: Course, step: Transition) -> None:
    if step.values.get("dough_seen") is not True:
        message = (
            "no cement is injected before it is dough: it does not drip and does not stick. "
            "Say dough_seen = true once somebody has looked"
        )
        raise InputError(message)
    age = step.values.get("cement_age_s")
    if not isinstance(age, float):
        message = "the age of the cement is needed with every injection: cement_age_s, from mixing"
        raise InputError(message)
    end = _window_end_s(course)
    if end is not None and age > end:
        message = (
            f"the cement is {age:.0f} s old and its window ended at {end:.0f} s: mix a new batch"
        )
        raise InputError(message)


def _window_end_s(course: Course) -> float | None:
    """Return the end of the window of the batch that was mixed last; None where none was given."""
    for step in reversed(course.transitions):
        if step.to_state is State.CEMENT_MIX:
            end = step.values.get("window_end_s")
            return end if isinstance(end, float) else None
    return None
