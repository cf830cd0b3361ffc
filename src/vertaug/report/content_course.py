"""A procedure step by step with its times, in a table."""

from vertaug.case.procedure_course import ProcedureCourse, StepTime
from vertaug.report.content import Table, cells

_STEPS = {
    "needle": "needle in",
    "biopsy": "biopsy",
    "balloon": "balloon in",
    "inflate": "inflation",
    "deflate": "balloons emptied and out",
    "fill": "cement injected",
    "harden": "cement hardens",
    "remove": "needles out",
}


def course_table(course: ProcedureCourse) -> Table:
    """Return the steps with their times and what these rest on.

    Parameters
    ----------
    course : ProcedureCourse
    """
    rows = [
        cells(_STEPS.get(step.step, step.step), *_times(step), step.source) for step in course.steps
    ]
    rows.append(cells("in all", duration_words(course), f"{course.fluoroscopy_s / 60.0:.1f}", ""))
    return Table(
        title="Steps and times, a model",
        columns=("Step", "Time (min)", "Beam on (min)", "From"),
        rows=tuple(rows),
        note=(
            "Only injection and hardening are simulated; all other times are assumptions, set so "
            "that the beam is on about as long as published means. No measurement of an operator, "
            "no dose."
        ),
    )


def duration_words(course: ProcedureCourse) -> str:
    """Return minutes; ``≥`` where a step had not ended."""
    return f"{'≥ ' if course.at_least else ''}{course.seconds / 60.0:.1f}"


def _times(step: StepTime) -> tuple[str, str]:
    least = "≥ " if step.at_least else ""
    return f"{least}{step.seconds / 60.0:.1f}", f"{step.fluoroscopy_s / 60.0:.1f}"
