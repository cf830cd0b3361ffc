"""Treating the weak bone behind the fracture: tasks with dates (rule K01), warnings, metrics.

Of all that follows an augmentation this has the best evidence. The tasks stand for fractures of
osteoporosis and of unknown cause. Where the cause was not recorded they stand too, as undecided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from vertaug.case.errors import InputError
from vertaug.case.near_name import refuse_unknown
from vertaug.indications.patient_facts import PatientFacts
from vertaug.recovery.bone_drug import BoneWarning, DrugCourse, drug_warnings
from vertaug.recovery.source_note import SourceNote, read_data, read_note
from vertaug.recovery.time_shift import TimeShift, shift_date

_HIGH_LEVELS = ("T1", "T2", "T3", "T4")
_YOUNG_YEARS = 60
METRICS = ("identified", "dxa", "treated", "monitored", "recorded")
"""Of a fracture liaison service, and the treatment that is recorded by 4 weeks."""


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    OVERDUE = "overdue"
    DONE = "done"
    DONE_LATE = "done late"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneTask:
    """A task.

    Attributes
    ----------
    key, words : str
    patient_words : str
        Empty where it is none of the patient's.
    due : date
        Last day.
    metric : str
        Which metric it answers; empty for none.
    undecided : str
        What is not known, so that the task may not be needed; empty where it is.
    note : SourceNote
    """

    key: str
    words: str
    patient_words: str
    due: date
    metric: str
    undecided: str
    note: SourceNote


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneHealthPlan:
    """What to do about the bone.

    Attributes
    ----------
    applies : bool or None
        Whether the rule fires; None: the cause of the fracture was not recorded.
    reason : str
    counted_from : str
        What the weeks of a fracture liaison service are counted from.
    tasks : tuple of BoneTask
        By date; none where the rule does not fire.
    warnings : tuple of BoneWarning
    note : SourceNote
        Of the rule.
    """

    applies: bool | None
    reason: str
    counted_from: str
    tasks: tuple[BoneTask, ...]
    warnings: tuple[BoneWarning, ...]
    note: SourceNote


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStanding:
    """A task and where it stands.

    Attributes
    ----------
    task : BoneTask
    state : TaskState
    done_on : date or None
    """

    task: BoneTask
    state: TaskState
    done_on: date | None = None


def plan_bone_health(
    facts: PatientFacts,
    procedure_on: date,
    *,
    fracture_on: date | None = None,
    drugs: Sequence[DrugCourse] = (),
    today: date | None = None,
) -> BoneHealthPlan:
    """Return tasks and warnings for one patient.

    Parameters
    ----------
    facts : PatientFacts
        Cause, level, age, sex; what is unknown leaves a task undecided, not out.
    procedure_on : date
    fracture_on : date or None
        None: from ``fx.age_days`` where that is known, else the procedure counts.
    drugs : sequence of DrugCourse
        For bone, as taken.
    today : date or None
        For the warnings about drugs; None: the day of the procedure.

    Raises
    ------
    InputError
        If the fracture lies after the procedure.
    """
    if fracture_on is not None and fracture_on > procedure_on:
        message = (
            f"the fracture ({fracture_on}) is expected before the procedure ({procedure_on}); "
            "check both dates"
        )
        raise InputError(message)
    data = read_data("bone_health")
    applies, reason = _decide(facts, data["rule"])
    start, counted_from = _fracture_day(facts, procedure_on, fracture_on)
    tasks: list[BoneTask] = []
    if applies is not False:
        for table in data["task"]:
            wanted, undecided = _condition(facts, table.get("when", ""))
            if wanted is not False:
                tasks.append(_task(table, procedure_on, start, undecided))
    general = () if applies is False else tuple(_warning(table) for table in data["warning"])
    own = drug_warnings(drugs, procedure_on if today is None else today)
    return BoneHealthPlan(
        applies=applies,
        reason=reason,
        counted_from=counted_from,
        tasks=tuple(sorted(tasks, key=lambda task: task.due)),
        warnings=(*own, *general),
        note=read_note(data["rule"]),
    )


def _decide(facts: PatientFacts, rule: Mapping[str, Any]) -> tuple[bool | None, str]:
    """Return whether the rule fires, and why."""
    cause = facts.value("fx.etiology")
    if cause is None:
        reason = (
            "The cause of the fracture is not recorded: the tasks stand until it is (rule "
            f"{rule['id']} lists them for osteoporosis and for an unknown cause)."
        )
        return None, reason
    listed = cause in rule["etiologies"]
    verb = "lists these tasks" if listed else "lists no bone tasks"
    return listed, f"Cause of the fracture: {cause}. Rule {rule['id']} {verb}."


def _fracture_day(
    facts: PatientFacts, procedure_on: date, fracture_on: date | None
) -> tuple[date, str]:
    """Return the day from which weeks are counted, and what it is."""
    if fracture_on is not None:
        return fracture_on, f"the fracture on {fracture_on}"
    age_days = facts.number("fx.age_days")
    if age_days is None:
        return procedure_on, (
            "the procedure, because the day of the fracture is not known: the true dates are "
            "earlier"
        )
    seen = facts.facts["fx.age_days"].dated
    day = (seen or procedure_on) - timedelta(days=round(age_days))
    if day > procedure_on:
        return procedure_on, "the procedure"
    whose = "" if seen else ", as of the procedure"
    return day, f"the fracture, {age_days:g} days old{whose}: {day}"


def _condition(facts: PatientFacts, name: str) -> tuple[bool | None, str]:
    """Return whether a task is wanted, and what is missing to say so."""
    if name == "male":
        sex = facts.value("patient.sex")
        return (None, "sex not recorded") if sex is None else (sex == "male", "")
    if name == "unusual_fracture":
        return _unusual(facts)
    return True, ""


def _unusual(facts: PatientFacts) -> tuple[bool | None, str]:
    """Return whether a fracture calls for a look for myeloma: any sign is enough."""
    age, level = facts.number("patient.age_y"), facts.value("fx.level")
    cause, cancer = facts.value("fx.etiology"), facts.value("onc.history")
    signs = (
        ("age", None if age is None else age < _YOUNG_YEARS),
        ("level", None if level is None else level in _HIGH_LEVELS),
        ("cause", None if cause is None else cause == "unknown"),
        ("history of cancer", None if cancer is None else cancer is True),
    )
    if any(sign is True for _, sign in signs):
        return True, ""
    unknown = [name for name, sign in signs if sign is None]
    if unknown:
        return None, f"{', '.join(unknown)} not recorded"
    return False, ""


def _task(
    table: Mapping[str, Any], procedure_on: date, fracture_on: date, undecided: str
) -> BoneTask:
    if "due_weeks_of_fracture" in table:
        due = fracture_on + timedelta(weeks=table["due_weeks_of_fracture"])
    elif "due_months" in table:
        due = shift_date(procedure_on, TimeShift(months=table["due_months"]))
    else:
        due = procedure_on + timedelta(days=table["due_days"])
    return BoneTask(
        key=table["key"],
        words=table["words"],
        patient_words=table["pt"],
        due=due,
        metric=table.get("metric", ""),
        undecided=undecided,
        note=read_note(table),
    )


def _warning(table: Mapping[str, Any]) -> BoneWarning:
    return BoneWarning(key=table["key"], words=table["words"], note=read_note(table))


def task_status(
    plan: BoneHealthPlan, done: Mapping[str, date], today: date
) -> tuple[TaskStanding, ...]:
    """Return where each task stands.

    Parameters
    ----------
    plan : BoneHealthPlan
    done : mapping of str to date
        By key of the task.
    today : date

    Raises
    ------
    InputError
        If a task is not in the plan, or was done in the future.
    """
    for key, day in done.items():
        refuse_unknown(key, tuple(task.key for task in plan.tasks), "bone task of this patient")
        if day > today:
            message = f"task {key} was done on {day}, which lies after today, {today}"
            raise InputError(message)
    return tuple(_standing(task, done.get(task.key), today) for task in plan.tasks)


def _standing(task: BoneTask, done_on: date | None, today: date) -> TaskStanding:
    if done_on is not None:
        state = TaskState.DONE if done_on <= task.due else TaskState.DONE_LATE
    else:
        state = TaskState.OPEN if today <= task.due else TaskState.OVERDUE
    return TaskStanding(task=task, state=state, done_on=done_on)


def read_metrics(standings: Sequence[TaskStanding]) -> Mapping[str, bool | None]:
    """Return the metrics of one patient: done in time, not recorded in time, or still open (None).

    Metrics of tasks that are not in the plan are left out.
    """
    words = {
        TaskState.DONE: True,
        TaskState.DONE_LATE: False,
        TaskState.OVERDUE: False,
        TaskState.OPEN: None,
    }
    return {one.task.metric: words[one.state] for one in standings if one.task.metric}
