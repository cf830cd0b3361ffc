"""Standard problems: what is said of them, and their answers. Times are not tested."""

import time

import pytest

from vertaug.fluoroscopy.line_integral import prepare_field
from vertaug.verification.xray import make_projection_volume
from vertaug.workflow.bench import Measurement, time_call_ms
from vertaug.workflow.bench_xray import find_projection_errors, measure_xray


def test_a_figure_above_its_limit_does_not_pass():
    made = {"name": "time", "unit": "ms", "limit": 5.0}
    assert Measurement(value=5.0, **made).passed
    assert not Measurement(value=5.01, **made).passed
    assert not Measurement(value=float("nan"), **made).passed


def test_a_time_is_that_of_one_call():
    assert 10.0 <= time_call_ms(lambda: time.sleep(0.01), repeats=3) < 500.0


def test_a_wrong_field_is_an_error_of_the_projection(monkeypatch):
    """The check itself can fail: rays of another length are found out."""
    import vertaug.workflow.bench_xray as bench

    volume = make_projection_volume()
    true = bench.integrate_field
    monkeypatch.setattr(
        bench,
        "integrate_field",
        lambda field, arm, *, interactive=False: (
            true(field, arm, interactive=interactive) * (1.0 if interactive else 1.001)
        ),
    )
    errors = find_projection_errors(prepare_field(volume.values, volume.grid))
    assert errors.exact == pytest.approx(1e-3, rel=0.1)


def test_xray_keeps_its_limits_of_accuracy():
    said = []
    found = measure_xray(lambda message, fraction: said.append((message, fraction)))
    assert len({m.name for m in found}) == len(found) == 15
    # times depend on what else the machine does
    exact = [m for m in found if m.unit == "1"]
    assert len(exact) == 6
    assert all(m.passed for m in exact), exact
    assert all(m.value > 0.0 for m in found if m.unit == "ms")
    fractions = [fraction for _, fraction in said]
    assert fractions == sorted(fractions)
