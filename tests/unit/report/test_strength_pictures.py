"""Pictures of a strength in the report."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from vertaug.mechanics.comparison import StrengthOptions, assess_strength
from vertaug.report.strength_pictures import strength_pictures
from vertaug.tissue import calibrate_generic
from vertaug.verification.analytic_vertebra import AnalyticVertebra

OPTIONS = StrengthOptions(spacing_mm=4.0, cement_ml=3.0)


@pytest.fixture(scope="module")
def assessments():
    vertebra, law = AnalyticVertebra(spacing=1.5).spine()["L1"], calibrate_generic(120.0)
    return (
        assess_strength(vertebra, law, OPTIONS),
        assess_strength(vertebra, law, replace(OPTIONS, linear_only=True, cement_ml=None)),
    )


def draw(strength):
    return strength_pictures(SimpleNamespace(strength=strength))


def test_a_crushed_vertebra_has_its_curve_and_its_plastic_strain(assessments):
    curve, failure = draw(assessments[0])
    assert "as it is, with 3 ml of cement" in curve.caption
    assert f"{assessments[0].height_mm:.1f} mm" in curve.caption
    assert "1.9 %" in failure.caption
    assert len({curve.name, failure.name}) == 2
    assert all(picture.png.startswith(b"\x89PNG") for picture in (curve, failure))


def test_a_linear_computation_shows_energy_and_no_curve(assessments):
    (picture,) = draw(assessments[1])
    assert "0.68 %" in picture.caption
    assert "nergy" in picture.caption


def test_a_case_without_strength_has_none():
    assert draw(None) == ()
