"""How a gain by cement is said: as a range over the definitions of the failure load."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

RISING = 0.1
"""Slope at the end of a curve, relative to the elastic one, from which on the curve still rises;
a design default."""


def two_figures(value: float) -> str:
    """Return two significant figures, without an exponent."""
    size = abs(value)
    return f"{value:.0f}" if size >= 9.95 else f"{value:.1f}" if size >= 0.995 else f"{value:.2f}"


def gain_range(ratios: Mapping[str, float]) -> str:
    """Return the gains by all definitions as one range.

    Parameters
    ----------
    ratios : mapping of str to float
        Load after over before, by the name of the definition; at least one.
    """
    low, high = two_figures(min(ratios.values())), two_figures(max(ratios.values()))
    return f"{low} times" if low == high else f"{low} to {high} times, by definition"


def end_slope(
    displacement_mm: Sequence[float] | NDArray[np.float64],
    force_n: Sequence[float] | NDArray[np.float64],
    stiffness_n_per_mm: float,
) -> float | None:
    """Return the slope of the last step of a curve as a share of the elastic stiffness.

    None for a curve without a step.
    """
    if len(force_n) < 2:
        return None
    step = (force_n[-1] - force_n[-2]) / (displacement_mm[-1] - displacement_mm[-2])
    return float(step) / stiffness_n_per_mm


def still_rises(slope: float | None) -> bool:
    """Whether a curve with this slope at its end still rises."""
    return slope is not None and slope > RISING
