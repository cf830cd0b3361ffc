"""An inflation beside a run: when there is one, and what it needs."""

from dataclasses import replace

import numba
import pytest

from vertaug.workflow import balloon_ahead
from vertaug.workflow.balloon_ahead import (
    BalloonTask,
    balloon_task,
    has_time,
    inflate_ahead,
    inflate_task,
)
from vertaug.workflow.simulation_choice import SimulationChoice
from vertaug.workflow.step_store import StepStore

KEYS = {"anatomy": "a", "measure": "m", "plan": "p", "balloon": "b"}


@pytest.fixture
def task(tmp_path):
    return BalloonTask(
        store=StepStore(folder=tmp_path), keys=KEYS, choice=SimulationChoice(), balloons={}
    )


def test_without_a_task_nothing_begins(monkeypatch):
    monkeypatch.setattr(balloon_ahead, "start_aside", None)
    with inflate_ahead(None):
        assert numba.get_num_threads() == 1  # as for all tests


def test_a_store_without_the_case_is_left_as_it_is(task, tmp_path):
    assert inflate_task(task, 3) == 3
    assert not list(tmp_path.iterdir())


def test_what_fails_in_the_other_process_is_left_to_the_run(task, tmp_path):
    with inflate_ahead(replace(task, keys={})):
        pass
    assert not list(tmp_path.iterdir())


def test_what_is_stored_is_no_task(task):
    given = task.store, task.keys, task.choice
    assert balloon_task(*given, {}) is None
    assert balloon_task(*given, {"10/2": "balloon"}).keys == task.keys
    task.store.path("balloon", "b").touch()
    assert balloon_task(*given, {"10/2": "balloon"}) is None


def test_a_second_process_needs_a_core_and_something_else_to_do(task, monkeypatch):
    assert not has_time(task)  # tests run on one thread
    monkeypatch.setattr(numba, "get_num_threads", lambda: 2)
    assert has_time(task)
    for step in ("anatomy", "measure", "plan"):
        task.store.path(step, task.keys[step]).touch()
    assert not has_time(task)
