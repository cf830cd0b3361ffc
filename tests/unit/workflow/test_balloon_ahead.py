"""An inflation beside a run: when there is one, and what it needs."""

from dataclasses import replace

import numba
import pytest

from vertaug.workflow import balloon_ahead
from vertaug.workflow.balloon_ahead import BalloonTask, inflate_ahead, inflate_task
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
