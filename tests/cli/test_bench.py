"""``vertaug bench``: what it prints. The figures themselves are tested with the problems."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from vertaug.workflow import bench_mechanics, bench_xray
from vertaug.workflow.bench import Measurement
from vertaug.workflow.bench_mechanics import BlockProblem, MechanicsProblems
from vertaug.workflow.bench_solve import model_of_block


@pytest.fixture
def measured(monkeypatch):
    made = (
        Measurement(name="projection, 256", value=39.6, unit="ms", limit=40.0),
        Measurement(name="error", value=0.02, unit="1", limit=0.01),
    )

    def measure(tell):
        tell("projection", 0.5)
        return made

    monkeypatch.setattr(bench_xray, "measure_xray", measure)


def test_json_has_value_unit_limit_and_passed(run, measured):
    said = run("bench", "xray", "--json", "--quiet")
    assert said.code == 0
    assert json.loads(said.out) == {
        "results": [
            {"name": "projection, 256", "value": 39.6, "unit": "ms", "limit": 40.0, "passed": True},
            {"name": "error", "value": 0.02, "unit": "1", "limit": 0.01, "passed": False},
        ]
    }


def test_words_say_what_is_not_kept(run, measured):
    said = run("bench")
    lines = said.out.splitlines()
    assert len(lines) == 2
    assert "39.6 ms" in lines[0]
    assert lines[0].endswith("limit 40 ms  kept")
    assert lines[1].endswith("limit 0.01  NOT KEPT")
    assert "1/1 xray: projection" in said.err


def test_an_unknown_suite_is_refused(run):
    said = run("bench", "cements")
    assert said.code == 2
    assert "xray" in said.err


@pytest.mark.parametrize("option", ["--large", "--first-compile"])
def test_an_option_of_the_other_suite_is_refused(run, option):
    said = run("bench", "xray", option)
    assert said.code == 2
    assert said.err == f"error: {option} belongs to: vertaug bench mechanics; got xray\n"
    assert said.out == ""


def test_a_file_that_is_not_json_is_refused_before_anything_is_timed(run, tmp_path):
    said = run("bench", "mechanics", "-o", tmp_path / "figures.csv")
    assert said.code == 2
    assert said.err == "error: figures are written as .json; got figures.csv\n"


def test_no_threads_are_refused(run):
    said = run("bench", "mechanics", "--threads", "0")
    assert said.code == 2
    assert "--threads" in said.err


def test_figures_also_go_to_a_file(run, measured, tmp_path):
    said = run("bench", "xray", "-o", tmp_path / "figures.json", "--quiet")
    assert said.out.endswith("NOT KEPT\n")
    assert said.err == ""
    written = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert [figure["value"] for figure in written["results"]] == [39.6, 0.02]


@pytest.fixture
def tiny(monkeypatch):
    """Blocks that a moment solves, in place of the standard ones."""
    blocks = (
        BlockProblem(name="1k", shape=(12, 12, 12), repeats=1),
        BlockProblem(name="4k", shape=(16, 16, 20), repeats=2, limit_s=60.0),
    )
    problems = MechanicsProblems(blocks=blocks, product=(12, 12, 12), crushed=bench_model)
    monkeypatch.setattr(bench_mechanics, "STANDARD", problems)
    limits = bench_mechanics.measure_limits
    monkeypatch.setattr(bench_mechanics, "measure_limits", lambda: limits(100_000, 100))


def bench_model():
    """A cube that yields within the default curve."""
    cube = np.full((8, 8, 8), 300.0)
    return replace(model_of_block(cube), height_mm=8.0, strength_mpa=np.full(cube.shape, 1.5))


@pytest.mark.slow
def test_mechanics_says_every_figure(run, tiny):
    said = run("bench", "mechanics", "--json", "--threads", "1")
    assert said.code == 0, said.err
    results = json.loads(said.out)["results"]
    assert all(set(r) == {"name", "value", "unit", "limit", "passed"} for r in results)
    assert all(math.isfinite(r["value"]) and r["value"] > 0.0 for r in results)
    assert all((r["limit"] is None) == (r["passed"] is None) for r in results)
    named = {r["name"]: r for r in results}
    assert len(named) == len(results)
    for size in ("1k", "4k"):
        assert named[f"{size}: iterations"]["passed"]
        assert named[f"{size}: true residual"]["passed"]
    assert named["4k: linear solution"]["unit"] == "s"
    assert named["4k: linear solution"]["limit"] == 60.0
    assert {r["unit"] for r in results} <= {"1", "s", "us", "B", "GFlop/s", "GB/s"}
    assert "crushing to 1.9 %, Tresca, 512 elements" in named
    assert "crushing to 1.9 %, von Mises, 512 elements" in named
    assert named["new process to the solution of 1k, kernels cached"]["limit"] == 1.0
    assert "1/1 mechanics: linear solution, 4k" in said.err


def test_a_figure_without_a_limit_ends_after_its_unit():
    from vertaug.cli.bench import list_figures

    limited = Measurement(name="time", value=1.5, unit="us", limit=2.0)
    free = Measurement(name="operations", value=21.25, unit="GFlop/s")
    count = Measurement(name="elements", value=450712.0, unit="1")
    lines = list_figures((limited, free, count))
    assert lines[0].endswith("1.5 us       limit 2 us  kept")
    assert lines[1].endswith("21.2 GFlop/s")
    assert lines[2].endswith(" 450712")
