"""The keys ``augmentation`` of ``case.json``, and the figures of a spread."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from vertaug.case.augmentation_content import filling_file_names
from vertaug.case.filling import LEAK_PATHS
from vertaug.case.procedure_content import describe_augmentation
from vertaug.case.spread_figures import (
    binomial_interval,
    canal_odds,
    first_stop_capped,
    leak_odds,
    quantiles,
)
from vertaug.verification.analytic_vertebra import AnalyticVertebra


@pytest.fixture(scope="module")
def found(make_vertebroplasty):
    case = AnalyticVertebra(spacing=1.5)
    vertebra = case.spine()["L1"]
    return make_vertebroplasty(vertebra, (needle(vertebra, 5.0), needle(vertebra, -5.0)))


def needle(vertebra, x):
    from types import SimpleNamespace

    frame = vertebra.frame
    return SimpleNamespace(
        entry_lps_mm=frame.to_world([3.0 * x, 25.0, 4.0]),
        target_lps_mm=frame.to_world([x, -4.0, 0.0]),
        needle=SimpleNamespace(gauge=11),
    )


def described(found):
    record = describe_augmentation(found).vertebroplasty
    assert record is not None
    return record


def test_the_keys_that_others_rely_on(found):
    record = described(found)
    tree = record.model_dump(mode="json")
    assert tree["injected_ml"] == pytest.approx(4.0)
    assert tree["in_bone_ml"] == pytest.approx(3.94)
    assert tree["leak_ml"] == {"B": 0.06, "S": 0, "C": 0, "D": 0, "canal": 0, "track": 0}
    assert tree["safe_volume_ml"] == pytest.approx(2.6)
    assert tree["fill_fraction"] == pytest.approx(found.result.filling.fill_fraction, abs=1e-4)
    assert tree["peak_pressure_kpa"] == pytest.approx(
        1000.0 * found.result.filling.curve.tip_mpa.max(), abs=1e-3
    )
    assert tree["peak_temperature_c"] == pytest.approx(68.0)
    assert tree["stop_reason"] == "the planned volume was injected"
    assert tree["leak_is_prediction"] is False


def test_units_of_the_rest(found):
    record = described(found)
    assert record.injection.rate_ml_per_min == pytest.approx(3.0)
    assert record.injection.planned_ml == pytest.approx(4.4)
    (leak,) = record.leaks
    assert leak.largest_rate_ml_per_min == pytest.approx(0.15)
    assert leak.first_injected_ml == pytest.approx(2.9)
    assert leak.first_lps_mm == pytest.approx(found.result.filling.leaks[0].first_lps_mm, abs=1e-4)
    assert record.events[0].injected_ml == pytest.approx(2.6)
    assert record.curves.syringe_kpa[-1] == pytest.approx(920.0, rel=1e-3)
    assert record.curves.leaked_ml["B"][-1] == pytest.approx(0.06, abs=1e-6)
    assert set(record.curves.leaked_ml) == set(LEAK_PATHS)
    assert record.product.uncertain == ("viscosity_pa_s",)
    assert record.product.values["viscosity_pa_s"].high == 100.0
    assert record.opening_gap_mm["C"] is None
    assert record.opening_gap_mm["S"] == 3.25


def test_what_was_not_met_or_not_computed_is_absent(found):
    filling = replace(found.result.filling, safe_volume_mm3=None, events=())
    bare = replace(found, result=replace(found.result, filling=filling, heat=None, spread=None))
    record = described(bare)
    assert record.safe_volume_ml is None
    assert record.peak_temperature_c is None
    assert record.heat is None
    assert record.spread is None


def test_an_endplate_that_was_not_found_has_no_gap(found):
    filling = replace(found.result.filling, endplate_gap_mm=np.array([np.inf, 1.0]))
    record = described(replace(found, result=replace(found.result, filling=filling)))
    assert record.endplate_gap_mm == (None, 1.0)


def test_what_is_no_number_is_refused(found):
    filling = replace(found.result.filling, injected_mm3=float("nan"))
    with pytest.raises(ValidationError):
        describe_augmentation(replace(found, result=replace(found.result, filling=filling)))


def test_the_spread_keeps_counts_and_quantiles(found):
    spread, record = found.result.spread, described(found).spread
    assert record is not None
    assert record.samples == 32
    by_path = (spread.leaked_mm3 > spread.least_mm3).sum(axis=0)
    assert [record.leak_odds[path].count for path in LEAK_PATHS] == by_path.tolist()
    leaked = (spread.leaked_mm3 > spread.least_mm3).any(axis=1).sum()
    assert record.leak_odds["any"].count == leaked > max(by_path)
    for odds in record.leak_odds.values():
        assert odds.low_95 <= odds.share <= odds.high_95
    assert record.safe_volume_ml[2] == pytest.approx(
        np.median(spread.safe_volume_mm3) / 1000.0, abs=1e-4
    )
    towards = (spread.leaked_mm3[:, [0, 4]] > spread.least_mm3).any(axis=1).sum()
    assert record.leak_odds["towards_canal"].count == canal_odds(spread).count == towards
    assert towards > max(by_path[0], by_path[4])
    assert sum(record.first_rules.values()) == record.stopped == spread.stopped.sum()


def test_a_quantile_that_rests_on_samples_without_a_rule_is_a_least_value(found):
    spread = found.result.spread
    volumes = np.concatenate([np.linspace(1000.0, 4000.0, 20), np.full(12, 4400.0)])
    part = replace(spread, safe_volume_mm3=volumes, stopped=volumes < 4300.0)
    assert first_stop_capped(part) == (False, False, False, True, True)
    assert described_spread(found, part).safe_volume_capped == (False, False, False, True, True)
    none = replace(spread, safe_volume_mm3=np.full(32, 4400.0), stopped=np.zeros(32, bool))
    assert first_stop_capped(none) == (True,) * 5
    every = replace(spread, safe_volume_mm3=volumes, stopped=np.ones(32, bool))
    assert first_stop_capped(every) == (False,) * 5


def described_spread(found, spread):
    return described(replace(found, result=replace(found.result, spread=spread))).spread


def test_what_was_watched_for_and_the_state_of_the_cement_are_kept(found):
    record = described(found)
    assert [rule.rule for rule in record.injection.rules] == ["posterior_quarter", "disc"]
    assert record.injection.syringe_limit_kpa == pytest.approx(3215.0)
    assert record.injection.cement.viscosity_pa_s == pytest.approx((197.6, 385.0))
    assert record.heat.tissues["superior_endplate"].above_45_ml == pytest.approx(1.25)
    older = replace(found, setup=replace(found.setup, rules=(), syringe_limit_mpa=None, clock=None))
    assert described(older).injection.cement is None
    assert described(older).injection.syringe_limit_kpa is None


def test_each_note_stands_once_and_leaks_first(found):
    filling = replace(
        found.result.filling, wall_limit="no cortex is seen", notes=("a gap", "a gap")
    )
    notes = described(replace(found, result=replace(found.result, filling=filling))).notes
    assert notes[:2] == ("leaks are made up and not a prediction", "no cortex is seen")
    assert list(notes).count("a gap") == 1


def test_a_spread_whose_samples_all_failed_is_absent(found):
    empty = replace(
        found.result.spread,
        leaked_mm3=np.zeros((0, 6)),
        safe_volume_mm3=np.zeros(0),
        failed=("no tip in bone",) * 32,
    )
    assert leak_odds(empty) == ()
    assert described(replace(found, result=replace(found.result, spread=empty))).spread is None


def test_files_are_one_a_frame_and_four_more(found):
    names = filling_file_names(found.result.filling)
    assert names[0] == "vertebroplasty/L1_cement_01.nii.gz"
    assert len(names) == len(found.result.filling.frames) + 4
    assert len(filling_file_names(found.result.filling, images=False)) == len(names) - 2


@pytest.mark.parametrize(
    ("count", "samples", "low", "high"),
    # Brown, Cai and DasGupta 2001 give Wilson's interval in closed form; these by hand from it
    [
        (0, 32, 0.0, 0.1072),
        (16, 32, 0.3364, 0.6636),
        (32, 32, 0.8928, 1.0),
        (1, 10, 0.0179, 0.4042),
    ],
)
def test_wilson_interval(count, samples, low, high):
    assert binomial_interval(count, samples) == pytest.approx((low, high), abs=2e-4)


def test_the_interval_covers_the_true_share_about_as_often_as_it_says():
    share, samples = 0.2, 32
    counts = np.random.default_rng(3).binomial(samples, share, 20_000)
    limits = np.array([binomial_interval(int(n), samples) for n in range(samples + 1)])[counts]
    covered = np.mean((limits[:, 0] <= share) & (share <= limits[:, 1]))
    assert 0.93 < covered < 0.97


@pytest.mark.parametrize(("count", "samples"), [(-1, 3), (4, 3), (0, 0)])
def test_no_share_without_samples(count, samples):
    with pytest.raises(ValueError, match="samples"):
        binomial_interval(count, samples)


def test_quantiles_rise():
    found = quantiles(np.arange(101.0))
    assert found == pytest.approx((5.0, 25.0, 50.0, 75.0, 95.0))
