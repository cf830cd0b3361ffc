"""Readable twin of `_cure_numba`: whole arrays, places of equally many parts together.

A law is ``(K0, E / R, m, n, T_g)`` as in `vertaug.augmentation.cement.cure`: in 1/s, K, 1, 1, K.
"""

import numpy as np
from numpy.typing import NDArray

_MOST_PARTS = 2000
_Array = NDArray[np.float64]
_Law = tuple[float, float, float, float, float]


def constant_per_s(kelvin: _Array, law: _Law) -> _Array:
    """Return ``K0 exp(-E / RT)``."""
    return np.asarray(law[0] * np.exp(-law[1] / kelvin))


def final_degree(kelvin: _Array, law: _Law) -> _Array:
    """Return w_max: ``T / T_g``, at most 1, and 1 without a glass transition."""
    glass = law[4]
    return np.ones_like(kelvin) if glass == 0.0 else np.minimum(kelvin / glass, 1.0)


def cure_rate(degree: _Array, kelvin: _Array, law: _Law) -> _Array:
    """Return dw/dt in 1/s."""
    _, _, m, n, _ = law
    left = np.maximum(final_degree(kelvin, law) - degree, 0.0)
    return np.asarray(constant_per_s(kelvin, law) * np.maximum(degree, 0.0) ** m * left**n)


def cure_cells(
    degree: _Array,
    kelvin: _Array,
    seconds: _Array,
    heating_k: _Array,
    law: _Law,
    largest: float,
    out: _Array,
) -> None:
    """Fill ``out`` with the degrees of places that cure for a time without giving heat away.

    Parameters
    ----------
    degree, kelvin : (n,) arrays
        At the start.
    seconds : (n,) array
    heating_k : (n,) array
        Rise of temperature from a degree of 0 to 1.
    law : tuple of 5 float
    largest : float
        Change of the degree, by the constant of the rate at the end of an adiabatic cure, that a
        part of the time may bring.
    out : (n,) array
    """
    hottest = kelvin + heating_k
    hottest = kelvin + heating_k * np.maximum(final_degree(hottest, law) - degree, 0.0)
    wanted = np.ceil(constant_per_s(hottest, law) * seconds / largest)
    parts = np.clip(wanted, 1, _MOST_PARTS).astype(np.int64)
    for number in np.unique(parts):
        at = parts == number
        out[at] = _in_parts(
            (degree[at], kelvin[at], seconds[at] / number, heating_k[at]), law, int(number)
        )


def _in_parts(places: tuple[_Array, _Array, _Array, _Array], law: _Law, parts: int) -> _Array:
    """Return the degrees after equal steps of the Runge-Kutta method of fourth order."""
    first, start, step, heating = places

    def rate(value: _Array) -> _Array:
        return cure_rate(value, start + heating * (value - first), law)

    now = first
    for _ in range(parts):
        a = rate(now)
        b = rate(now + 0.5 * step * a)
        c = rate(now + 0.5 * step * b)
        d = rate(now + step * c)
        then = now + step / 6.0 * (a + 2.0 * (b + c) + d)
        # cement never cures back; steps too long to be stable end at the final degree
        final = final_degree(start + heating * (then - first), law)
        now = np.maximum(np.minimum(then, final), now)
    return now
