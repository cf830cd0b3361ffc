"""``vertaug bench``: what it prints. The figures themselves are tested with the problems."""

import json

import pytest

from vertaug.workflow import bench_xray
from vertaug.workflow.bench import Measurement


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
