"""Generic and phantom calibration."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.tissue import (
    calibrate_from_phantom,
    calibrate_generic,
    calibrate_mindways,
    note_contrast,
)


@pytest.mark.parametrize(
    ("kvp", "hu_per_mg"), [(80, 1.82), (100, 1.51), (110, 1.42), (120, 1.33), (140, 1.21)]
)
def test_generic_slope_by_voltage(kvp, hu_per_mg):
    law = calibrate_generic(kvp)
    assert law.to_density(100.0) == pytest.approx(100.0 / hu_per_mg)
    assert f"{kvp} kV" in law.description
    assert law.method == "generic"


def test_generic_slope_keeps_falling_to_the_ends_of_the_range():
    slopes = [calibrate_generic(kv).slope_mg_per_ml_per_hu for kv in (70, 80, 140, 150)]
    assert slopes == sorted(slopes)
    assert 1 / slopes[0] == pytest.approx(1.82 + 0.155)
    assert 1 / slopes[-1] == pytest.approx(1.21 - 0.06)


@pytest.mark.parametrize("kvp", [None, 40.0, 200.0])
def test_unknown_voltage_is_assumed_and_said(kvp):
    law, known = calibrate_generic(kvp), calibrate_generic(120)
    assert law.to_density(100.0) == pytest.approx(known.to_density(100.0))
    assert "120 kV assumed" in law.description
    assert law.uncertainty(100.0) > known.uncertainty(100.0)


def test_contrast_is_noted_and_widens_the_uncertainty_without_changing_the_density():
    plain, contrast = calibrate_generic(120), calibrate_generic(120, contrast=True)
    assert "6 mg/ml" in contrast.description
    assert "6 mg/ml" not in plain.description
    assert contrast.to_density(80.0) == plain.to_density(80.0)
    offset = contrast.offset_uncertainty_mg_per_ml
    assert offset == pytest.approx(np.hypot(plain.offset_uncertainty_mg_per_ml, 6.0))
    assert note_contrast(plain) == contrast


def test_phantom_line_is_recovered_exactly():
    density = np.array([0.0, 50.0, 100.0, 200.0])
    law = calibrate_from_phantom(1.3 * density + 4.0, density)
    np.testing.assert_allclose(law.to_density([4.0, 134.0]), [0.0, 100.0], atol=1e-9)
    assert law.r_squared == pytest.approx(1.0)
    # rods on a line: what is left is the accuracy of the method and marrow fat
    assert law.uncertainty(100.0) == pytest.approx(np.hypot(6.7, 11.0))


def test_phantom_uncertainty_comes_from_the_residuals():
    density = np.array([0.0, 100.0, 200.0, 300.0])
    off = np.array([2.0, -2.0, -2.0, 2.0])  # orthogonal to the line, so it stays as residual
    law = calibrate_from_phantom(1.25 * density + off, density)
    assert law.slope_mg_per_ml_per_hu == pytest.approx(0.8)
    assert law.offset_uncertainty_mg_per_ml == pytest.approx(np.hypot(np.sqrt(16 / 2) * 0.8, 11.0))
    assert "4 rods" in law.description


def test_two_rods_say_that_the_residual_is_unknown():
    law = calibrate_from_phantom([0.0, 130.0], [0.0, 100.0])
    assert law.relative_uncertainty == pytest.approx(0.078)
    assert "residual unknown" in law.description


@pytest.mark.parametrize(
    ("hu", "density", "words"),
    [
        ([10.0], [0.0], "at least two rods"),
        ([10.0, 20.0], [0.0, 50.0, 100.0], "equal length"),
        ([10.0, np.nan], [0.0, 100.0], "finite"),
        ([10.0, 20.0], [100.0, 105.0], "span only"),
        ([200.0, 100.0, 0.0], [0.0, 100.0, 200.0], "rising line"),
        ([0.0, 300.0, 20.0, 280.0], [0.0, 100.0, 200.0, 300.0], "rising line"),
    ],
)
def test_bad_phantom_readings_are_refused(hu, density, words):
    with pytest.raises(InputError, match=words):
        calibrate_from_phantom(hu, density)


def test_mindways_formula():
    water = np.array([1012.0, 1057.0, 1104.0, 1120.0, 923.0])
    potassium = np.array([-52.0, -53.0, 59.0, 157.0, 376.0])
    sigma_ref, beta_ref = 1.5, -1010.0
    law = calibrate_mindways(water + sigma_ref * potassium + beta_ref, water, potassium)
    expected = (100.0 - (beta_ref + 999.6)) / (sigma_ref - 0.2174)
    assert law.to_density(100.0) == pytest.approx(expected)
    assert "sigma_ref 1.5000" in law.description


@pytest.mark.parametrize(
    ("hu", "density"),
    [
        ([0.0, 1000.0, 2000.0], [0.0, 75.0, 150.0]),  # 13 HU per mg/ml: g/ml or another salt
        ([0.0, 10.0, 20.0], [0.0, 75.0, 150.0]),
        ([500.0, 600.0, 700.0], [0.0, 75.0, 150.0]),  # air added, or readings beside the rods
    ],
)
def test_lines_that_no_scanner_gives_are_refused(hu, density):
    with pytest.raises(InputError, match="not that of K2HPO4 rods"):
        calibrate_from_phantom(hu, density)


def test_mindways_uncertainty_uses_the_patients_slope():
    water = np.array([1012.0, 1057.0, 1104.0, 1120.0, 923.0])
    potassium = np.array([-52.0, -53.0, 59.0, 157.0, 376.0])
    off = np.array([3.0, -3.0, 2.0, -2.0, 0.0])
    law = calibrate_mindways(water + 1.5 * potassium - 1010.0 + off, water, potassium)
    slope, intercept = np.polyfit(potassium, 1.5 * potassium + off, 1)
    rest = 1.5 * potassium + off - slope * potassium - intercept
    error = np.sqrt(rest @ rest / 3) / (slope - 0.2174)
    assert law.offset_uncertainty_mg_per_ml == pytest.approx(np.hypot(error, 11.0))


def test_mindways_needs_a_water_density_for_each_rod():
    with pytest.raises(InputError, match="one water density per rod"):
        calibrate_mindways([0.0, 100.0], [1000.0], [0.0, 100.0])
