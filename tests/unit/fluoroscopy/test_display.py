"""The grey scale of the monitor."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.fluoroscopy import _display_numba as fast, _display_reference as readable
from vertaug.fluoroscopy.display import (
    GreyMap,
    GreyScale,
    describe_curve,
    describe_detail,
    list_greys,
    prepare_grey,
    show_grey,
)


@pytest.fixture(scope="module")
def image():
    """A wedge of tissue with a bone, beside it air."""
    rows, columns = 80, 100
    thickness = np.linspace(100.0, 200.0, rows)[:, None] * np.ones(columns)
    thickness[30:50, 40:60] += 25.0
    thickness[:, :12] = 0.0
    return np.exp(-0.02 * thickness).astype(np.float32)


@pytest.fixture(scope="module")
def patient(image):
    return image < 0.5


def test_dense_is_dark_and_air_is_white(image, patient):
    scale = GreyScale()
    grey = prepare_grey(image, patient, 1.0, scale)
    shown = show_grey(image, np.ones_like(patient), 1.0, grey, scale)
    assert shown[40, 50] < shown[40, 80] - 20
    assert shown[:, :9].min() > 240
    assert shown[:, :9].max() <= 255


def test_metal_is_darker_than_bone_and_leaves_the_rest_alone(image, patient):
    scale = GreyScale(sharpening=0.0)
    grey = prepare_grey(image, patient, 1.0, scale)
    field = np.ones_like(patient)
    before = show_grey(image, field, 1.0, grey, scale)
    with_metal = image.copy()
    with_metal[60:64, 20:90] *= 0.02
    after = show_grey(with_metal, field, 1.0, grey, scale)
    assert after[60:64, 20:90].max() < 30
    assert before[patient].min() > 30
    same = np.ones_like(patient)
    same[60:64, 20:90] = False
    np.testing.assert_array_equal(before[same], after[same])


def test_what_is_denser_than_bone_is_told_apart(image, patient):
    """Balloon, cement, needle and the needle inside the cement are four different greys."""
    scale = GreyScale(sharpening=0.0)
    grey = prepare_grey(image, patient, 1.0, scale)
    field = np.ones_like(patient)
    levels = []
    for let_through in (1.0, 0.3, 0.1, 0.05, 0.005):
        denser = image.copy()
        denser[40:45, 45:55] *= let_through
        shown = show_grey(denser, field, 1.0, grey, scale)
        levels.append(int(np.median(shown[40:45, 45:55])))
    assert levels == sorted(levels, reverse=True)
    assert len(set(levels)) == 5


@pytest.mark.parametrize("pitch", [0.3, 2.0])
@pytest.mark.parametrize(
    "scale",
    [GreyScale(), GreyScale(sharpening=0.0), GreyScale(highlight=0.0, shadow=0.0, inverted=True)],
)
def test_the_fast_way_agrees_with_the_readable_one(pitch, scale):
    rng = np.random.default_rng(3)
    signal = np.exp(-rng.uniform(0.0, 12.0, (37, 53))).astype(np.float32)
    signal[3, 4] = 0.0
    offset = rng.normal(0.0, 0.2, signal.shape).astype(np.float32)
    grey = GreyMap(offset=offset, black=-6.0, white=-2.0)
    given = (signal, offset, describe_curve(grey, scale), describe_detail(scale, pitch))
    made = [np.empty(signal.shape, np.uint8) for _ in range(2)]
    for module, out in zip((fast, readable), made, strict=True):
        module.show_signal(*given, list_greys(scale), out)
    difference = np.abs(made[0].astype(int) - made[1])
    assert difference.max() <= 1
    assert difference.mean() < 0.01
    assert np.ptp(made[0]) > 200


def test_an_edge_of_metal_gets_no_bright_line(image, patient):
    scale = GreyScale()
    grey = prepare_grey(image, patient, 0.5, scale)
    field = np.ones_like(patient)
    plain = show_grey(image, field, 0.5, grey, scale).astype(int)
    with_metal = image.copy()
    with_metal[60:64, 20:90] *= 0.02
    beside = show_grey(with_metal, field, 0.5, grey, scale).astype(int)[54:59, 25:85]
    assert (beside - plain[54:59, 25:85]).max() <= 20


def test_harmonisation_brings_thick_and_thin_together(image, patient):
    field = np.ones_like(patient)
    spread = {}
    for share in (0.0, 0.9):
        scale = GreyScale(harmonisation=share, harmonised_mm=20.0, gamma=1.0)
        grey = prepare_grey(image, patient, 1.0, scale)
        shown = show_grey(image, field, 1.0, grey, scale).astype(float)
        bone = shown[40, 80] - shown[40, 50]
        spread[share] = (shown[25, 75] - shown[55, 75]) / bone
    assert spread[0.9] < 0.7 * spread[0.0]


def test_shutters_are_black_and_inversion_turns_grey_round(image, patient):
    field = np.ones_like(patient)
    field[:10] = False
    plain, turned = GreyScale(gamma=1.0), GreyScale(gamma=1.0, inverted=True)
    grey = prepare_grey(image, patient & field, 1.0, plain)
    shown = show_grey(image, field, 1.0, grey, plain)
    inverted = show_grey(image, field, 1.0, grey, turned)
    assert shown[:10].max() == 0
    assert inverted[:10].max() == 0
    total = shown[10:].astype(int) + inverted[10:]
    assert abs(total - 255).max() <= 1


def test_nothing_but_a_flat_field_is_shown_without_a_fault(patient):
    flat = np.full(patient.shape, 0.1, np.float32)
    scale = GreyScale()
    grey = prepare_grey(flat, np.ones_like(patient), 1.0, scale)
    assert np.ptp(show_grey(flat, np.ones_like(patient), 1.0, grey, scale)) <= 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"harmonisation": 1.5},
        {"window_percent": (50.0, 40.0)},
        {"gamma": 0.0},
        {"shadow": 0.8, "highlight": 0.2},
    ],
)
def test_what_is_no_grey_scale_is_refused(wrong):
    with pytest.raises(InputError, match="harmonisation"):
        GreyScale(**wrong)
