"""Scenes and surveys of a run: each made once, none where a step is stored."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from vertaug.augmentation.cement.product import cement_product
from vertaug.case.plan import Procedure
from vertaug.workflow import cement_kernels, simulate, simulation_steps
from vertaug.workflow.level_survey import surveys_of
from vertaug.workflow.simulation_choice import SimulationChoice
from vertaug.workflow.simulation_steps import (
    SimulationRun,
    SimulationStage,
    simulate_vertebroplasty,
)

PRODUCT = cement_product("low_viscosity")
STEPS = ("injection", "hardening", "samples")


def test_a_level_is_surveyed_once_for_each_size_of_cells(monkeypatch):
    from vertaug.augmentation.cement import survey

    asked = []

    def look(vertebra, calibration, scan_grid, *, spacing_mm):
        asked.append((vertebra, calibration, scan_grid, spacing_mm))
        return object()

    monkeypatch.setattr(survey, "survey_bone", look)
    scan = SimpleNamespace(grid="grid")

    class Spine(dict):
        pass

    spine = Spine(L1="first", L2="second")
    spine.scan = scan
    results = SimpleNamespace(spine=spine, calibration="law")
    surveys = surveys_of(results)
    assert asked == []
    one = surveys("L1", 1.0)
    assert surveys("L1", 1.0) is one
    others = surveys("L2", 1.0), surveys("L1", 2.0), surveys_of(results)("L1", 1.0)
    assert len({id(one), *map(id, others)}) == 4
    first, second = ("first", "law", "grid"), ("second", "law", "grid")
    assert asked == [(*first, 1.0), (*second, 1.0), (*first, 2.0), (*first, 1.0)]


@pytest.fixture
def made(monkeypatch):
    """What is computed, in order, by steps that do nothing."""
    found = []

    def scene(results, choice, product, surveys, inflated=None):
        found.append(("scene", product, surveys))
        return SimpleNamespace(plan="plan", number=len(found))

    def step(name, value):
        def compute(scene, *_):
            found.append((name, scene.number))
            return value

        return compute

    injected = SimpleNamespace(product=PRODUCT, setup="setup", filling="filling", notes=())
    monkeypatch.setattr(simulate, "set_scene", scene)
    monkeypatch.setattr(simulate, "inject_scene", step("injection", injected))
    monkeypatch.setattr(simulate, "harden_scene", step("hardening", "heat"))
    monkeypatch.setattr(simulate, "sample_scene", step("samples", "spread"))
    monkeypatch.setattr(simulate, "course_of_case", lambda *_: "course")
    monkeypatch.setattr(simulation_steps, "warm_up_cement", lambda _: None)
    monkeypatch.setattr("vertaug.workflow.injection_words.tell_short_time", lambda _: ())
    assert cement_kernels.warm_up_cement is not simulation_steps.warm_up_cement
    return SimpleNamespace(steps=found, injected=injected)


def simulated(made, *kept):
    """Simulate with some steps stored; return what was computed."""
    values = dict(zip(STEPS, (made.injected, "heat", "spread"), strict=True))

    def stored(_title, place, _kind, compute):
        return values[place[0]] if place[0] in kept else compute()

    run = SimulationRun(choice=SimulationChoice(level="L1"), product=replace(PRODUCT))
    assert run.choice.procedure is Procedure.VERTEBROPLASTY
    stage = SimulationStage(
        results="results",
        run=run,
        keys={step: step for step in STEPS},
        stored=stored,
        surveys="surveys",
        reporter=SimpleNamespace(start=lambda _: None, note=lambda *_: None),
    )
    found = simulate_vertebroplasty(stage)
    assert (found.result.filling, found.result.heat, found.result.spread) == (
        "filling",
        "heat",
        "spread",
    )
    return made.steps


SCENE = ("scene", PRODUCT, "surveys")


def test_steps_of_a_run_share_one_scene(made):
    first, *others = simulated(made)
    assert first == SCENE
    assert others == [("injection", 1), ("hardening", 1), ("samples", 1)]


def test_a_stored_injection_leaves_the_scene_to_the_first_step_that_is_computed(made):
    assert simulated(made, "injection") == [SCENE, ("hardening", 1), ("samples", 1)]


def test_stored_steps_need_no_scene(made):
    assert simulated(made, *STEPS) == []
