from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.cement.cannula import Tube
from vertaug.augmentation.cement.injection_plan import (
    InjectionSetting,
    PlacedNeedle,
    plan_injection,
)
from vertaug.augmentation.cement.injection_state import FlowLimits
from vertaug.augmentation.cement.mouth import fitted_mouth_law
from vertaug.augmentation.cement.product import cement_product
from vertaug.augmentation.cement.sampling import SampleSetting, Uncertainty, sample_injections
from vertaug.augmentation.cement.survey import survey_bone
from vertaug.case.errors import ComputationError, InputError
from vertaug.case.instrument import needle_of_gauge

COARSE = SampleSetting(limits=FlowLimits(step_mm3=100.0))


@pytest.fixture(scope="module")
def survey(plain, law):
    return survey_bone(plain[0], law, plain[1], spacing_mm=2.0)


@pytest.fixture(scope="module")
def plan(plain):
    frame = plain[0].frame
    needles = tuple(
        PlacedNeedle(
            entry_lps_mm=frame.to_world([side * 14.0, 40.0, 4.0]),
            tip_lps_mm=frame.to_world([side * 9.0, -5.0, 0.0]),
            needle=needle_of_gauge(11),
            tube=Tube(bore_mm=2.4, length_mm=150.0),
        )
        for side in (1.0, -1.0)
    )
    setting = InjectionSetting(first_age_s=200.0)
    return plan_injection("L1", needles, cement_product("low_viscosity"), 1200.0, setting)


@pytest.fixture(scope="module")
def spread(survey, plan):
    return sample_injections(survey, plan, 11, samples=4, workers=1, setting=COARSE)


def test_samples_differ_and_are_counted(spread, plan):
    assert spread.samples == 4
    assert spread.failed == ()
    assert spread.planned_mm3 == 1200.0
    assert spread.leaked_mm3.shape == (4, 6)
    np.testing.assert_array_equal(
        spread.leak_probability, (spread.leaked_mm3 > spread.least_mm3).mean(axis=0)
    )
    assert len(np.unique(spread.peak_tip_mpa)) == 4
    assert (spread.safe_volume_mm3 <= 1200.0 + 1e-9).all()
    np.testing.assert_array_equal(spread.stopped, [bool(rule) for rule in spread.first_rule])
    product = plan.product.viscosity_pa_s
    viscosity = spread.drawn["viscosity, Pa s"]
    assert (viscosity > product.low).all()
    assert (viscosity < product.high).all()
    assert 0.0 < spread.drawn["farthest tip, mm"].max() < 6.0


def test_the_number_of_processes_changes_nothing(survey, plan, spread):
    told = []
    other = sample_injections(
        survey,
        plan,
        11,
        samples=4,
        workers=2,
        setting=COARSE,
        progress=lambda share, text: told.append((share, text)),
    )
    np.testing.assert_array_equal(other.leaked_mm3, spread.leaked_mm3)
    np.testing.assert_array_equal(other.peak_tip_mpa, spread.peak_tip_mpa)
    assert told[-1] == (1.0, "injection 4 of 4")


def test_more_samples_keep_the_first_ones_and_another_seed_does_not(survey, plan, spread):
    fewer = sample_injections(survey, plan, 11, samples=1, workers=1, setting=COARSE)
    assert fewer.peak_tip_mpa[0] == spread.peak_tip_mpa[0]
    other = sample_injections(survey, plan, 12, samples=1, workers=1, setting=COARSE)
    assert other.peak_tip_mpa[0] != spread.peak_tip_mpa[0]


def test_without_uncertainty_only_the_bone_is_drawn(survey, plan):
    certain = Uncertainty(
        permeability_log_sd=0.0, rate_log_sd=0.0, tip_sd_mm=0.0, vary_viscosity=False
    )
    found = sample_injections(
        survey, plan, 3, samples=1, workers=1, setting=replace(COARSE, uncertainty=certain)
    )
    assert found.drawn["viscosity, Pa s"][0] == plan.product.viscosity_pa_s.value
    assert found.drawn["permeability, times"][0] == 1.0
    assert found.drawn["rate, times"][0] == 1.0
    assert found.drawn["farthest tip, mm"][0] == 0.0


def test_what_cannot_be_sampled_is_refused(survey, plan):
    with pytest.raises(InputError, match="at least one sample"):
        sample_injections(survey, plan, 1, samples=0)
    with pytest.raises(InputError, match="spreads of 0 to 2"):
        Uncertainty(tip_sd_mm=-1.0)
    late = replace(plan, first_age_s=2000.0)
    with pytest.raises(ComputationError, match=r"none of 2 sampled injections.*working time"):
        sample_injections(survey, late, 1, samples=2, workers=1, setting=COARSE)


def test_the_exponent_at_mouths_is_drawn_last(survey, plan, spread):
    """All else is drawn as without it, and without a range it is as given."""
    exponent = fitted_mouth_law().exponent
    drawn = spread.drawn["exponent at mouths"]
    assert (drawn > exponent.low).all()
    assert (drawn < exponent.high).all()
    assert len(np.unique(drawn)) == 4
    zero = FlowLimits(step_mm3=100.0, mouth=fitted_mouth_law().with_exponent(0.0))
    certain = sample_injections(
        survey, plan, 11, samples=2, workers=1, setting=replace(COARSE, limits=zero)
    )
    np.testing.assert_array_equal(certain.drawn.pop("exponent at mouths"), 0.0)
    for name, values in certain.drawn.items():
        np.testing.assert_array_equal(values, spread.drawn[name][:2])
    fixed = replace(COARSE, uncertainty=Uncertainty(vary_mouth=False))
    found = sample_injections(survey, plan, 11, samples=1, workers=1, setting=fixed)
    assert found.drawn["exponent at mouths"][0] == exponent.value
