"""Sequences: dose, temporal filter, last-image hold."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.case.grid import Grid
from vertaug.case.volume import Scan, ScanInfo
from vertaug.fluoroscopy import CArm, Cylinder, fix_view, prepare_patient, record
from vertaug.fluoroscopy.view import add_matter, hold_matter


@pytest.fixture(scope="module")
def view():
    hu = np.full((40, 40, 40), -1000, np.int16)
    hu[4:36, 4:36] = 40
    hu[16:24, 16:24, 8:32] = 600
    affine = np.diag([5.0, 5.0, 5.0, 1.0])
    affine[:3, 3] = -97.5
    scan = Scan(
        hu=hu,
        grid=Grid(shape=hu.shape, affine=affine),
        info=ScanInfo(source_format="phantom"),
    )
    arm = CArm(isocentre_lps_mm=np.zeros(3), pixels=(48, 40), detector_mm=(180.0, 150.0))
    return fix_view(prepare_patient(scan), arm)


def rod(x):
    return Cylinder(
        start_lps_mm=np.array([x, 10.0, -60.0]), end_lps_mm=np.array([x, 10.0, 60.0]), radius_mm=4.0
    )


def test_dose_is_the_sum_of_its_pulses(view):
    cine = record(view, [[], [rod(0.0)], [rod(5.0)]])
    one = view.exposure
    assert cine.exposure.frames == 3
    assert cine.exposure.mas == pytest.approx(3 * one.mas)
    assert cine.exposure.kerma_area_ugy_cm2 == pytest.approx(3 * one.kerma_area_ugy_cm2)
    assert cine.exposure.reference_kerma_ugy == pytest.approx(3 * one.reference_kerma_ugy)


def test_the_last_image_stays_without_further_dose(view):
    cine = record(view, [[], [rod(0.0)]])
    held = cine.last_image_hold
    np.testing.assert_array_equal(held.grey, cine.frames[-1].grey)
    assert held.exposure.mas == 0.0
    assert held.exposure.kerma_area_ugy_cm2 == 0.0
    assert held.exposure.frames == 0


def test_persistence_keeps_a_share_of_the_image_before(view):
    cine = record(view, [[rod(-20.0)], [rod(20.0)]], persistence=0.5)
    alone = record(view, [[rod(20.0)]]).frames[0].signal
    first = cine.frames[0].signal
    np.testing.assert_allclose(cine.frames[1].signal, 0.5 * (first + alone), rtol=1e-6)


def test_persistence_lowers_noise(view):
    still = [[]] * 8
    noisy = record(view, still, np.random.default_rng(1), persistence=0.0).frames[-1].signal
    calm = record(view, still, np.random.default_rng(1), persistence=0.7).frames[-1].signal
    clean = record(view, still).frames[-1].signal
    # a recursive filter of persistence p leaves the share (1 - p) / (1 + p) of the variance
    ratio = np.var(calm - clean) / np.var(noisy - clean)
    assert ratio == pytest.approx(0.3 / 1.7, rel=0.25)


def test_two_runs_are_the_same_and_seeds_differ(view):
    first, again, other = (
        record(view, [[], []], np.random.default_rng(seed)).frames[-1].grey for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize(
    ("rate", "persistence", "steps"), [(0.1, 0.5, [[]]), (7.5, 1.0, [[]]), (7.5, 0.5, [])]
)
def test_what_is_no_sequence_is_refused(view, rate, persistence, steps):
    with pytest.raises(InputError, match="sequence"):
        record(view, steps, pulses_per_second=rate, persistence=persistence)


def test_pulses_of_a_still_step_are_those_of_a_sequence_that_repeats_it(view):
    steps = [[], [rod(0.0)], [rod(5.0)]]
    kept = record(view, steps, np.random.default_rng(3), pulses_a_step=3)
    every = record(view, [s for s in steps for _ in range(3)], np.random.default_rng(3))
    assert len(kept.frames) == 3
    for one, other in zip(kept.frames, every.frames[2::3], strict=True):
        np.testing.assert_array_equal(one.signal, other.signal)
        np.testing.assert_array_equal(one.grey, other.grey)


def test_a_step_without_a_pulse_is_refused(view):
    with pytest.raises(InputError, match="at least one pulse; got 0"):
        record(view, [[]], pulses_a_step=0)


def test_what_is_held_in_a_view_is_seen_as_if_it_were_added(view):
    held = hold_matter(view, [rod(0.0), rod(9.0)])
    across = Cylinder(
        start_lps_mm=np.array([-30.0, 0.0, 3.0]), end_lps_mm=np.array([30.0, 0.0, 3.0]),
        radius_mm=3.0,
    )  # fmt: skip
    for more in ([], [across], [rod(-30.0)]):
        np.testing.assert_array_equal(
            add_matter(held, more), add_matter(view, [rod(0.0), rod(9.0), *more])
        )
    assert (add_matter(held, []) < add_matter(view, [])).any()
    assert view.held is None


def test_what_is_held_beside_the_detector_changes_nothing(view):
    held = hold_matter(view, [rod(5000.0)])
    np.testing.assert_array_equal(add_matter(held, [rod(0.0)]), add_matter(view, [rod(0.0)]))
