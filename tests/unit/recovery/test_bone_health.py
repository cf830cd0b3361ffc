"""Tasks of rule K01, their dates, and what must not happen to denosumab."""

from datetime import date

import pytest

from vertaug.case.errors import InputError
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.recovery.bone_drug import DrugCourse
from vertaug.recovery.bone_health import (
    METRICS,
    TaskState,
    plan_bone_health,
    read_metrics,
    task_status,
)

DAY = date(2026, 12, 1)


def facts(**given):
    return PatientFacts.of(
        Fact(definition=define_fact(name.replace("__", ".")), value=value)
        for name, value in given.items()
    )


def plan(*, fracture_on=None, drugs=(), today=None, **given):
    return plan_bone_health(facts(**given), DAY, fracture_on=fracture_on, drugs=drugs, today=today)


def due(found, key):
    return next(task.due for task in found.tasks if task.key == key)


OSTEOPOROTIC = {
    "fx__etiology": "osteoporotic",
    "patient__age_y": 79.0,
    "patient__sex": "female",
    "fx__level": "L1",
    "onc__history": False,
}


@pytest.mark.parametrize("cause", ["osteoporotic", "unknown"])
def test_the_rule_fires(cause):
    found = plan(fx__etiology=cause)
    assert found.applies is True
    assert found.tasks


@pytest.mark.parametrize("cause", ["metastasis", "myeloma", "haemangioma", "traumatic"])
def test_the_rule_does_not_fire(cause):
    found = plan(fx__etiology=cause)
    assert found.applies is False
    assert found.tasks == ()
    assert cause in found.reason


def test_a_cause_that_was_not_recorded_leaves_the_tasks_standing():
    found = plan()
    assert found.applies is None
    assert found.tasks
    assert "not recorded" in found.reason


def test_tasks_that_depend_on_the_patient():
    keys = {task.key for task in plan(**OSTEOPOROTIC).tasks}
    assert "testosterone" not in keys
    assert "myeloma_screen" not in keys
    man = plan(**{**OSTEOPOROTIC, "patient__sex": "male"})
    assert "testosterone" in {task.key for task in man.tasks}


@pytest.mark.parametrize(
    "change",
    [
        {"patient__age_y": 59.0},
        {"fx__level": "T4"},
        {"fx__etiology": "unknown"},
        {"onc__history": True},
    ],
)
def test_an_unusual_fracture_calls_for_a_look_for_myeloma(change):
    found = plan(**{**OSTEOPOROTIC, **change})
    task = next(task for task in found.tasks if task.key == "myeloma_screen")
    assert task.undecided == ""


@pytest.mark.parametrize("change", [{"patient__age_y": 60.0}, {"fx__level": "T5"}])
def test_the_borders_of_an_unusual_fracture(change):
    keys = {task.key for task in plan(**{**OSTEOPOROTIC, **change}).tasks}
    assert "myeloma_screen" not in keys


def test_what_is_unknown_leaves_a_task_undecided_not_out():
    found = {task.key: task for task in plan(fx__etiology="osteoporotic").tasks}
    assert "sex" in found["testosterone"].undecided
    assert "age" in found["myeloma_screen"].undecided
    assert found["labs"].undecided == ""


def test_weeks_of_a_bone_clinic_count_from_the_fracture():
    found = plan(**OSTEOPOROTIC, fracture_on=date(2026, 11, 1))
    assert due(found, "bone_density") == date(2027, 1, 24)
    assert due(found, "treated") == date(2027, 2, 21)
    assert due(found, "monitored") == date(2027, 10, 31)
    assert due(found, "drug_plan") == date(2026, 12, 15)
    assert due(found, "treatment_recorded") == date(2026, 12, 29)
    assert due(found, "adherence_24mo") == date(2028, 12, 1)


def test_the_age_of_the_fracture_gives_its_day():
    found = plan(**OSTEOPOROTIC, fx__age_days=30.0)
    assert due(found, "bone_density") == date(2027, 1, 24)
    assert "30 days old" in found.counted_from
    dated = PatientFacts.of(
        [
            Fact(definition=define_fact("fx.etiology"), value="osteoporotic"),
            Fact(definition=define_fact("fx.age_days"), value=10.0, dated=date(2026, 11, 11)),
        ]
    )
    assert due(plan_bone_health(dated, DAY), "bone_density") == date(2027, 1, 24)


def test_without_the_day_of_the_fracture_the_procedure_counts_and_that_is_said():
    found = plan(**OSTEOPOROTIC)
    assert due(found, "bone_density") == date(2027, 2, 23)
    assert "earlier" in found.counted_from


def test_a_fracture_after_the_procedure_is_refused():
    with pytest.raises(InputError, match="before the procedure"):
        plan(**OSTEOPOROTIC, fracture_on=date(2026, 12, 2))


def test_states_of_tasks_and_metrics():
    found = plan(**OSTEOPOROTIC, fracture_on=date(2026, 11, 1))
    done = {"bone_density": date(2027, 1, 10), "bone_clinic": date(2027, 2, 1)}
    states = {s.task.key: s.state for s in task_status(found, done, date(2027, 2, 10))}
    assert states["bone_density"] is TaskState.DONE
    assert states["bone_clinic"] is TaskState.DONE_LATE
    assert states["labs"] is TaskState.OVERDUE
    assert states["monitored"] is TaskState.OPEN
    metrics = read_metrics(task_status(found, done, date(2027, 2, 10)))
    assert set(metrics) == set(METRICS)
    assert metrics == {
        "identified": False,
        "dxa": True,
        "recorded": False,
        "treated": None,
        "monitored": None,
    }


def test_tasks_that_cannot_be_done_are_refused():
    found = plan(**OSTEOPOROTIC)
    with pytest.raises(InputError, match="did you mean labs"):
        task_status(found, {"lab": DAY}, DAY)
    with pytest.raises(InputError, match="after today"):
        task_status(found, {"labs": date(2026, 12, 5)}, DAY)
    with pytest.raises(InputError, match="bone task of this patient"):
        task_status(found, {"testosterone": DAY}, DAY)


def urgent(found):
    return [warning.key for warning in found.warnings if warning.urgent]


def test_denosumab():
    taken = DrugCourse(drug="Denosumab", started=date(2026, 1, 1))
    stopped = DrugCourse(drug="denosumab", started=date(2025, 1, 1), stopped=date(2026, 1, 1))
    after = DrugCourse(drug="zoledronate", started=date(2026, 5, 1))
    before = DrugCourse(drug="alendronate", started=date(2020, 1, 1), stopped=date(2024, 1, 1))
    assert urgent(plan(drugs=[taken])) == ["denosumab_taken"]
    assert urgent(plan(drugs=[stopped])) == ["denosumab_stopped"]
    assert urgent(plan(drugs=[stopped, before])) == ["denosumab_stopped"]
    assert urgent(plan(drugs=[stopped, after])) == []
    assert urgent(plan(fx__etiology="myeloma", drugs=[stopped])) == ["denosumab_stopped"]
    assert "denosumab" in {warning.key for warning in plan().warnings}


def test_a_drug_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="did you mean denosumab"):
        DrugCourse(drug="denosumap", started=DAY)
    with pytest.raises(InputError, match="before it was started"):
        DrugCourse(drug="denosumab", started=DAY, stopped=date(2025, 1, 1))
    with pytest.raises(InputError, match="lies after"):
        plan(drugs=[DrugCourse(drug="denosumab", started=date(2027, 1, 1))])


def test_nothing_is_ordered():
    words = " ".join(task.words for task in plan(**OSTEOPOROTIC).tasks)
    assert "recommend" not in words.lower()
    assert "consider" in words
