"""What heat does to tissue: time above a temperature, CEM43 and Henriques' damage.

Physics reference 3.3. Over a step the temperature is taken as linear in time, so that the
exponentials are integrated exactly or nearly so.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vertaug.augmentation.cement.cure import KELVIN
from vertaug.case.grid import FloatArray

BURN_C = (45.0, 50.0)
"""Temperatures above which time is counted."""
CEM_ABOVE, CEM_BELOW = 0.5, 0.25
"""R of CEM43 above 43 degrees C (physics reference 3.3, recalled) and below (Sapareto and Dewey,
Int J Radiat Oncol Biol Phys 1984;10:787, recalled)."""
_CEM_C = 43.0
HENRIQUES_PER_S = 3.1e98
"""A (physics reference 3.3, recalled)."""
HENRIQUES_K = 75_000.0
"""Activation energy by the gas constant (physics reference 3.3, verified)."""


def seconds_above(
    before_c: ArrayLike, after_c: ArrayLike, seconds: float, limit_c: float
) -> FloatArray:
    """Return how long of a step the temperature was above a limit.

    Parameters
    ----------
    before_c, after_c : array-like
        At the ends of the step.
    seconds : float
    limit_c : float
    """
    one, two = (np.asarray(t, np.float64) - limit_c for t in (before_c, after_c))
    over = np.maximum(one, 0.0) + np.maximum(two, 0.0)
    span = np.abs(one) + np.abs(two)
    return np.asarray(seconds * np.divide(over, span, out=np.zeros_like(span), where=span > 0.0))


def cem43_minutes(before_c: ArrayLike, after_c: ArrayLike, seconds: float) -> FloatArray:
    """Return the equivalent minutes at 43 degrees C of a step, ``integral R^(43 - T) dt``.

    Parameters
    ----------
    before_c, after_c : array-like
    seconds : float
    """
    one, two = (np.asarray(t, np.float64) for t in (before_c, after_c))
    hot = seconds_above(one, two, seconds, _CEM_C)
    rates = [
        _mean_exponential(*(np.log(base) * (_CEM_C - clip(t, _CEM_C)) for t in (one, two)))
        for base, clip in ((CEM_ABOVE, np.maximum), (CEM_BELOW, np.minimum))
    ]
    return np.asarray((hot * rates[0] + (seconds - hot) * rates[1]) / 60.0)


def henriques_damage(before_c: ArrayLike, after_c: ArrayLike, seconds: float) -> FloatArray:
    """Return the damage of a step, ``integral A exp(-75000 K / T) dt``; 1 is a burn.

    Parameters
    ----------
    before_c, after_c : array-like
    seconds : float
    """
    one, two = (
        np.log(HENRIQUES_PER_S) - HENRIQUES_K / (np.asarray(t, np.float64) + KELVIN)
        for t in (before_c, after_c)
    )
    return np.asarray(seconds * _mean_exponential(one, two))


def _mean_exponential(one: FloatArray, two: FloatArray) -> FloatArray:
    """Return the mean of the exponentials of exponents between two."""
    change, first, last = two - one, np.exp(one), np.exp(two)
    near = np.abs(change) < 1e-4
    mean = (last - first) / np.where(near, 1.0, change)
    return np.asarray(np.where(near, 0.5 * (first + last), mean))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ThermalDose:
    """Dose of some places so far; `add` returns the dose after a step.

    Attributes
    ----------
    peak_c : (n,) array
    above_s : (2, n) array
        Above the temperatures of `BURN_C`.
    cem43_min, damage : (n,) arrays
    """

    peak_c: FloatArray
    above_s: FloatArray
    cem43_min: FloatArray
    damage: FloatArray

    @classmethod
    def start(cls, temperature_c: FloatArray) -> "ThermalDose":
        """Return no dose yet."""
        none = np.zeros(len(temperature_c))
        return cls(
            peak_c=temperature_c.copy(),
            above_s=np.zeros((2, len(none))),
            cem43_min=none,
            damage=none,
        )

    def add(self, before_c: FloatArray, after_c: FloatArray, seconds: float) -> "ThermalDose":
        """Return the dose after a step between two temperatures."""
        above = [seconds_above(before_c, after_c, seconds, limit) for limit in BURN_C]
        return ThermalDose(
            peak_c=np.maximum(self.peak_c, after_c),
            above_s=self.above_s + np.stack(above),
            cem43_min=self.cem43_min + cem43_minutes(before_c, after_c, seconds),
            damage=self.damage + henriques_damage(before_c, after_c, seconds),
        )
