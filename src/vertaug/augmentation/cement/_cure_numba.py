"""Cure of many places, each by itself, compiled. The readable twin is `_cure_reference`.

Powers are taken within one exponential: ``K0 exp(-E / RT) w^m x^n`` is
``exp(ln K0 - E / RT + m ln w + n ln x)``.
"""

import math

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

_MOST_PARTS = 2000
_LANES, _BLOCK = 16, 64
"""Places are dealt out in blocks, so that hot ones, which take more parts, do not fall to one
thread."""


@njit(cache=True, nogil=True, error_model="numpy")
def _final(kelvin, glass):  # type: ignore[no-untyped-def]
    return 1.0 if glass == 0.0 else min(kelvin / glass, 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _rate(w, kelvin, law, log_rate):  # type: ignore[no-untyped-def]
    left = _final(kelvin, law[4]) - w
    if w <= 0.0 or left <= 0.0:
        return 0.0
    return math.exp(log_rate - law[1] / kelvin + law[2] * math.log(w) + law[3] * math.log(left))


@njit(cache=True, nogil=True, error_model="numpy")
def _cure_place(first, start, seconds, heating, law, largest):  # type: ignore[no-untyped-def]
    """Return the degree of one place after its time."""
    log_rate = math.log(law[0])
    hottest = start + heating * max(_final(start + heating, law[4]) - first, 0.0)
    wanted = math.ceil(law[0] * math.exp(-law[1] / hottest) * seconds / largest)
    parts = int(min(max(wanted, 1), _MOST_PARTS))
    step, now = seconds / parts, first
    for _ in range(parts):
        a = _rate(now, start + heating * (now - first), law, log_rate)
        w = now + 0.5 * step * a
        b = _rate(w, start + heating * (w - first), law, log_rate)
        w = now + 0.5 * step * b
        c = _rate(w, start + heating * (w - first), law, log_rate)
        w = now + step * c
        d = _rate(w, start + heating * (w - first), law, log_rate)
        then = now + step / 6.0 * (a + 2.0 * (b + c) + d)
        # cement never cures back; steps too long to be stable end at the final degree
        now = max(min(then, _final(start + heating * (then - first), law[4])), now)
    return now


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def cure_cells(
    degree: NDArray[np.float64],
    kelvin: NDArray[np.float64],
    seconds: NDArray[np.float64],
    heating_k: NDArray[np.float64],
    law: tuple[float, float, float, float, float],
    largest: float,
    out: NDArray[np.float64],
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
        K0 in 1/s, E / R in K, m, n, T_g in K.
    largest : float
        Change of the degree, by the constant of the rate at the end of an adiabatic cure, that a
        part of the time may bring.
    out : (n,) array
    """
    count = (degree.size + _BLOCK - 1) // _BLOCK
    for lane in prange(_LANES):
        for block in range(lane, count, _LANES):
            for p in range(block * _BLOCK, min((block + 1) * _BLOCK, degree.size)):
                out[p] = _cure_place(degree[p], kelvin[p], seconds[p], heating_k[p], law, largest)
