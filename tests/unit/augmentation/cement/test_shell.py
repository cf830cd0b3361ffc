import numpy as np
import pytest
from scipy.special import erf

from vertaug.augmentation.cement.shell import _integrate

DEPTH = np.arange(-2.5, 5.01, 0.25)
CORTEX, INSIDE, OUTSIDE = 940.0, 60.0, 30.0


def blurred(thickness, sigma=0.9, shift=0.0):
    """Soft tissue, shell, cancellous bone, seen through a Gaussian blur."""

    def step(at):
        return 0.5 * (1.0 + erf((DEPTH - shift - at) / (sigma * np.sqrt(2.0))))

    edges = step(0.0), step(thickness)
    return OUTSIDE + (CORTEX - OUTSIDE) * edges[0] + (INSIDE - CORTEX) * edges[1]


@pytest.mark.parametrize("thickness", [0.1, 0.35, 0.8])
@pytest.mark.parametrize("sigma", [0.5, 0.9])
def test_a_shell_far_thinner_than_the_blur_keeps_its_thickness(thickness, sigma):
    found = _integrate(blurred(thickness, sigma)[None], DEPTH, np.array([2.5]), CORTEX)
    assert found[0] == pytest.approx(thickness, abs=0.05)


def test_a_mask_that_is_off_changes_little():
    found = [
        _integrate(blurred(0.4, shift=s)[None], DEPTH, np.array([2.5]), CORTEX)[0]
        for s in (-0.5, 0.5)
    ]
    assert found == pytest.approx([0.4, 0.4], abs=0.08)


def test_no_shell_is_found_where_there_is_none():
    assert _integrate(blurred(0.0)[None], DEPTH, np.array([2.5]), CORTEX)[0] < 0.05


def test_gas_outside_and_bone_beyond_do_not_count():
    gas = np.where(DEPTH < -1.5, -400.0, blurred(0.4))
    bone = np.where(DEPTH < -1.9, 500.0, blurred(0.4))
    for profile in (gas, bone):
        found = _integrate(profile[None], DEPTH, np.array([2.5]), CORTEX)
        assert found[0] == pytest.approx(0.4, abs=0.17)
