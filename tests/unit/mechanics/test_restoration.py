"""Cement that gives back what an overload took."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.anatomy import analyse_spine
from vertaug.case.errors import InputError
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.mechanics.caps import model_from_vertebra
from vertaug.mechanics.comparison import StrengthOptions
from vertaug.mechanics.overload import weaken_by_strain, weaken_evenly
from vertaug.mechanics.plastic import crush
from vertaug.mechanics.restoration import (
    FillStep,
    body_volume_ml,
    find_restoring_fill,
    measure_fill,
)
from vertaug.tissue import calibrate_generic
from vertaug.verification.analytic_vertebra import AnalyticVertebra

from .blocks import make_block

VOLUMES = (0.0, 2.0, 4.0, 6.0, 8.0)
INTACT = FillStep(
    volume_ml=0.0, fill=0.0, stiffness_n_per_mm=100.0, strength_n=1000.0, definition="a"
)


def steps(stiffness, strength):
    return [
        replace(INTACT, fill=0.1 * n, stiffness_n_per_mm=k, strength_n=f)
        for n, (k, f) in enumerate(zip(stiffness, strength, strict=True))
    ]


def test_restoring_fill_lies_between_the_steps_around_it():
    found = find_restoring_fill(steps([50.0, 90.0, 110.0], [800.0, 1200.0, 1300.0]), INTACT)
    assert found.stiffness == pytest.approx(0.15)
    assert found.strength == pytest.approx(0.05)


def test_what_was_not_lost_or_not_reached_is_said():
    found = find_restoring_fill(steps([50.0, 60.0, 70.0], [1000.0, 1200.0, 1300.0]), INTACT)
    assert found.stiffness is None
    assert found.strength == 0.0


def test_series_that_cannot_be_compared_are_refused():
    series = steps([50.0, 60.0], [800.0, 900.0])
    with pytest.raises(InputError, match="one definition"):
        find_restoring_fill(series, replace(INTACT, definition="b"))
    with pytest.raises(InputError, match="rise"):
        find_restoring_fill(series[::-1], INTACT)
    with pytest.raises(InputError, match="rise"):
        find_restoring_fill([], INTACT)


def test_volume_of_the_body_leaves_out_the_caps():
    filler = np.zeros((10, 10, 14))
    filler[:, :, :2] = filler[:, :, -2:] = 2500.0
    model = make_block((10, 10, 14), np.where(filler > 0.0, 0.0, 200.0), filler=filler)
    assert body_volume_ml(model) == pytest.approx(1.0)


@pytest.fixture(scope="module")
def body():
    """An intact vertebra and where bipedicular cement spreads from."""
    vertebra = AnalyticVertebra(spacing=1.5).spine()["L1"]
    model = model_from_vertebra(vertebra, calibrate_generic(120.0), spacing_mm=3.0)
    tips = [vertebra.frame.to_world([side * 10.0, -5.0, 0.0]) for side in (-1.0, 1.0)]
    return model, tips


@pytest.mark.parametrize("weaken", [None, weaken_evenly], ids=["as scanned", "weakened"])
def test_more_cement_is_stiffer(body, weaken):
    model, tips = body
    chosen = StrengthOptions(linear_only=True)
    weak = model if weaken is None else weaken(model)
    series = [measure_fill(weak, tips, volume, chosen) for volume in VOLUMES]
    assert np.all(np.diff([s.stiffness_n_per_mm for s in series]) > 0.0)
    assert series[2].fill == pytest.approx(4.0 / body_volume_ml(model))


def test_a_crushed_vertebra_gets_stiffness_and_strength_back_with_cement(body):
    model, tips = body
    crushed = weaken_by_strain(model, crush(model))
    chosen = StrengthOptions()
    intact = measure_fill(model, tips, 0.0, chosen)
    series = [measure_fill(crushed, tips, volume, chosen) for volume in (0.0, 6.0, 12.0)]
    assert series[0].stiffness_n_per_mm < 0.6 * intact.stiffness_n_per_mm
    assert series[0].strength_n < 0.9 * intact.strength_n
    assert np.all(np.diff([s.stiffness_n_per_mm for s in series]) > 0.0)
    assert np.all(np.diff([s.strength_n for s in series]) > 0.0)


@pytest.mark.slow
def test_more_cement_is_stiffer_and_stronger_in_the_phantom():
    spec = PhantomSpec(spacing_mm=(1.5, 1.5, 1.5), field_of_view_mm=(100.0, 110.0, 110.0))
    phantom = build_phantom(spec)
    vertebra = analyse_spine(phantom.scan, phantom.labels)["L1"]
    model = model_from_vertebra(vertebra, calibrate_generic(120.0), spacing_mm=3.0)
    tips = [vertebra.frame.to_world([side * 6.5, -8.5, -1.0]) for side in (-1.0, 1.0)]
    intact = measure_fill(model, tips, 0.0)
    series = [measure_fill(weaken_evenly(model), tips, volume) for volume in VOLUMES]
    assert np.all(np.diff([s.stiffness_n_per_mm for s in series]) > 0.0)
    assert np.all(np.diff([s.strength_n for s in series]) > 0.0)
    found = find_restoring_fill(series, intact)
    # a little cement bridges a collapsed body; strength comes back first, as in Molloy 2003
    assert found.strength is not None
    assert found.stiffness is not None
    assert 0.0 < found.strength < found.stiffness < 0.3
