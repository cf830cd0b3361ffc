"""Smoothing against SciPy's."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from vertaug.fluoroscopy.smoothing import blur, smooth_slowly


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).random((67, 91)).astype(np.float32)


@pytest.mark.parametrize("sigma", [(0.4, 0.7), (1.3, 1.3), (2.0, 0.0)])
def test_a_narrow_gaussian(image, sigma):
    expected = gaussian_filter(image.astype(float), sigma, mode="nearest", truncate=3.0)
    np.testing.assert_allclose(blur(image, sigma), expected, atol=2e-6)


@pytest.mark.parametrize("sigma", [5.0, 20.0, 40.0])
def test_a_wide_gaussian(image, sigma):
    expected = gaussian_filter(image.astype(float), sigma, mode="constant", truncate=3.0)
    smooth = smooth_slowly(image, sigma)
    assert np.abs(smooth - expected).max() < 0.02
    assert smooth.flags.c_contiguous


def test_a_constant_stays_inside(image):
    flat = np.full((300, 200), 2.0, np.float32)
    np.testing.assert_allclose(blur(flat, (1.0, 2.0)), 2.0, atol=1e-6)
    assert smooth_slowly(flat, 16.0)[150, 100] == pytest.approx(2.0, abs=1e-4)
