"""An inflation beside a run: when there is one, and what it needs."""

from dataclasses import replace

import numba
import pytest

from vertaug.workflow import balloon_ahead
from vertaug.workflow.balloon_ahead import BalloonTask, inflate_ahead, inflate_task, task_ahead
from vertaug.workflow.simulation_choice import SimulationChoice
from vertaug.workflow.step_store import StepStore

KEYS = {"anatomy": "a", "measure": "m", "plan": "p", "balloon": "b"}


@pytest.fixture
def task(tmp_path):
    return BalloonTask(
        store=StepStore(folder=tmp_path), keys=KEYS, choice=SimulationChoice(), balloons={}
    )


@pytest.fixture
def two_threads():
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("needs two cores")
    numba.set_num_threads(2)
    yield
    numba.set_num_threads(1)


def test_without_a_task_or_a_second_core_nothing_begins(task, monkeypatch):
    monkeypatch.setattr(balloon_ahead, "start_aside", None)
    with inflate_ahead(None):
        pass
    with inflate_ahead(task):
        assert numba.get_num_threads() == 1  # as for all tests


def test_a_store_without_the_case_is_left_as_it_is(task, tmp_path):
    inflate_task(task)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("two_threads")
def test_what_fails_in_the_other_process_is_left_to_the_run(task, tmp_path):
    with inflate_ahead(replace(task, keys={})):
        assert numba.get_num_threads() == 1
    assert numba.get_num_threads() == 2
    assert not list(tmp_path.iterdir())


def test_what_is_stored_or_comes_at_once_is_no_task(task):
    given = task.store, task.keys, task.choice
    assert task_ahead(*given, {}) is None
    assert task_ahead(*given, {"10/2": "balloon"}).keys == task.keys
    place = task.store.path("balloon", "b")
    place.touch()
    assert task_ahead(*given, {"10/2": "balloon"}) is None
    place.unlink()
    for step in ("anatomy", "measure", "plan"):
        task.store.path(step, task.keys[step]).touch()
    assert task_ahead(*given, {"10/2": "balloon"}) is None
