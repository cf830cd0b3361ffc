"""Phantomless calibration against the published fit of verse004."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.tissue import TissueMeans, calibrate_phantomless
from vertaug.tissue.attenuation import AttenuationSource, load_attenuation
from vertaug.tissue.phantomless import fit_tissues

# Calibration log of sub-verse004 (Walle, Matheson, Boyd, GigaScience 2025, giaf094).
VERSE004 = TissueMeans(
    adipose=-82.579, air=-956.834, blood=39.249, cortical_bone=1226.214, muscle=24.561
)


def test_published_fit_is_reproduced_digit_for_digit():
    fit = fit_tissues(VERSE004)
    assert fit.energy_kev == 97.0
    assert round(fit.r_squared, 6) == 0.998965
    assert round(fit.attenuation_slope, 6) == 0.000016
    assert round(fit.attenuation_intercept, 6) == 0.171240
    assert round(fit.density_slope, 6) == 0.000893
    assert round(fit.density_intercept, 6) == 0.968731
    assert round(fit.k2hpo4, 3) == 0.205
    assert round(fit.triglyceride, 3) == 0.170


def test_density_law_is_the_two_component_model_at_every_hu():
    fit, law = fit_tissues(VERSE004), calibrate_phantomless(VERSE004)
    hu = np.linspace(-200, 2000, 50)
    u = fit.attenuation_slope * hu + fit.attenuation_intercept
    density = fit.density_slope * hu + fit.density_intercept
    share = (u - fit.triglyceride) / (fit.k2hpo4 - fit.triglyceride)
    np.testing.assert_allclose(law.to_density(hu), 1000 * density * share, rtol=1e-12)
    assert law.effective_energy_kev == 97.0
    assert law.method == "phantomless"
    assert "Michalski 2020" in law.description


def test_fine_table_moves_the_energy_by_one_kev_and_trabecular_density_little():
    fine = calibrate_phantomless(VERSE004, source=AttenuationSource.FINE)
    published = calibrate_phantomless(VERSE004)
    assert fine.effective_energy_kev == pytest.approx(97.0, abs=1.0)
    assert fine.r_squared == pytest.approx(0.99897, abs=1e-4)
    gap = fine.to_density([0, 50, 100, 200]) - published.to_density([0, 50, 100, 200])
    assert np.abs(gap).max() < 2.5


def test_a_synthetic_scan_gives_its_energy_back():
    table = load_attenuation(AttenuationSource.FINE)
    row = int(np.flatnonzero(table.energy_kev == 72.5)[0])
    names = ("adipose", "air", "blood", "cortical_bone", "muscle")
    u = np.array([table.coefficient[name][row] for name in names])
    # HU that are linear in mass attenuation at 72.5 keV, from -950 to 1300
    hu = -950 + 2250 * (u - u.min()) / np.ptp(u)
    means = _unchecked(dict(zip(names, hu, strict=True)))
    fit = fit_tissues(means, source=AttenuationSource.FINE)
    assert fit.energy_kev == 72.5
    assert fit.r_squared == pytest.approx(1.0, abs=1e-12)


def _unchecked(values):
    means = object.__new__(TissueMeans)
    for name, value in values.items():
        object.__setattr__(means, name, float(value))
    return means


def test_contrast_is_noted():
    law = calibrate_phantomless(VERSE004, contrast=True)
    assert "contrast agent" in law.description
    assert law.uncertainty(80.0) == pytest.approx(np.hypot(17.9, 6.0))


@pytest.mark.parametrize(
    "wrong", [{"air": 24.0}, {"adipose": 60.0}, {"cortical_bone": 120.0}, {"muscle": np.nan}]
)
def test_implausible_means_are_refused(wrong):
    means = {
        "adipose": -100.0, "air": -990.0, "blood": 45.0, "cortical_bone": 1200.0, "muscle": 55.0
    }  # fmt: skip
    with pytest.raises(InputError, match="expected"):
        TissueMeans(**{**means, **wrong})


def test_means_that_fit_no_ct_are_refused():
    means = TissueMeans(adipose=-150.0, air=-860.0, blood=480.0, cortical_bone=520.0, muscle=5.0)
    with pytest.raises(InputError, match="do not fit a CT"):
        calibrate_phantomless(means)
