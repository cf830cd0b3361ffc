"""Heat flow between the cells of a box, compiled. The readable twin is `_conduction_reference`.

Fields are met as one line of cells whose neighbours lie a stride away. A face belongs to the cell
before it and conducts nothing at the far side of the box, so that what a stride reaches beyond a
side does not count. Every cell sums the flows over its six faces by itself and in one order, so
that nothing depends on the number of threads; the flow over a face is the same number seen from
both sides.
"""

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

_BLOCK = 512
"""Cells that are met together: their fields stay near."""


@njit(cache=True, nogil=True)
def _exchange(rate, here, near, faces):  # type: ignore[no-untyped-def]
    """Add what comes over the faces between two rows of cells."""
    for q in range(rate.size):
        rate[q] += faces[q] * (near[q] - here[q])


@njit(cache=True, nogil=True)
def _exchange_both(rate, here, before, into, after, out_of):  # type: ignore[no-untyped-def]
    """Add what comes from the rows before and after, over their faces."""
    for q in range(rate.size):
        rate[q] += into[q] * (before[q] - here[q]) + out_of[q] * (after[q] - here[q])


@njit(cache=True, nogil=True)
def _lose(rate, here, lost):  # type: ignore[no-untyped-def]
    for q in range(rate.size):
        rate[q] = -lost[q] * here[q]


@njit(cache=True, nogil=True)
def _add_flows(t, faces, strides, lo, rate):  # type: ignore[no-untyped-def]
    """Add heat per time from neighbours to cells from ``lo``; all fields are one line."""
    gx, gy, gz = faces
    hi = lo + rate.size
    for axis in range(3):
        s = strides[axis]
        g = gx if axis == 0 else (gy if axis == 1 else gz)
        if lo >= s and hi + s <= t.size:
            before, after = slice(lo - s, hi - s), slice(lo + s, hi + s)
            _exchange_both(rate, t[lo:hi], t[before], g[before], t[after], g[lo:hi])
            continue
        first, last = max(lo, s), min(hi, t.size - s)
        if first < hi:
            _exchange(rate[first - lo :], t[first:hi], t[first - s : hi - s], g[first - s : hi - s])
        if lo < last:
            _exchange(rate[: last - lo], t[lo:last], t[lo + s : last + s], g[lo:last])


@njit(cache=True, nogil=True)
def _lines(faces):  # type: ignore[no-untyped-def]
    gx, gy, gz = faces
    return gx.reshape(gx.size), gy.reshape(gy.size), gz.reshape(gz.size)


@njit(cache=True, nogil=True)
def _combine(out, rate, inverse, last, before, a, b, c):  # type: ignore[no-untyped-def]
    for q in range(out.size):
        out[q] = a * last[q] + b * before[q] + c * (rate[q] * inverse[q])


@njit(cache=True, nogil=True)
def _add_share(out, start_rate, d):  # type: ignore[no-untyped-def]
    for q in range(out.size):
        out[q] += d * start_rate[q]


@njit(cache=True, nogil=True, error_model="numpy")
def _in_series(one, two, scale):  # type: ignore[no-untyped-def]
    return scale * (2.0 * one * two / (one + two)) if one + two > 0.0 else 0.0


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def fill_conductances(
    conductivity: NDArray[np.float64],
    area_by_length: NDArray[np.float64],
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Fill the conductances of faces, two half cells in series.

    Parameters
    ----------
    conductivity : (ni, nj, nk) array
    area_by_length : (3,) array
        Area of a face by the distance of the centres beside it, for each axis.
    faces : three (ni, nj, nk) arrays
        Of the face to the next cell along each axis; 0 at the far side.
    """
    gx, gy, gz = faces
    ni, nj, nk = conductivity.shape
    a, b, c = area_by_length[0], area_by_length[1], area_by_length[2]
    for i in prange(ni):
        for j in range(nj):
            here = conductivity[i, j]
            east, north = conductivity[min(i + 1, ni - 1), j], conductivity[i, min(j + 1, nj - 1)]
            to_east, to_north = a if i + 1 < ni else 0.0, b if j + 1 < nj else 0.0
            for k in range(nk):
                gx[i, j, k] = _in_series(here[k], east[k], to_east)
                gy[i, j, k] = _in_series(here[k], north[k], to_north)
            for k in range(nk - 1):
                gz[i, j, k] = _in_series(here[k], here[k + 1], c)
            gz[i, j, nk - 1] = 0.0


@njit(cache=True, parallel=True, nogil=True)
def fastest_decay(
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    loss: NDArray[np.float64],
    inverse: NDArray[np.float64],
) -> float:
    """Return a bound of the fastest decay, by the circles of Gershgorin.

    Parameters
    ----------
    faces : three (ni, nj, nk) arrays
        As `heat_rate` takes them.
    loss, inverse : (ni, nj, nk) arrays
        As `heat_rate` takes them.
    """
    gx, gy, gz = faces
    ni, nj, nk = loss.shape
    fastest = np.zeros(ni)
    for i in prange(ni):
        for j in range(nj):
            for k in range(nk):
                ways = gx[i, j, k] + gy[i, j, k] + gz[i, j, k]
                ways += gx[i - 1, j, k] if i > 0 else 0.0
                ways += gy[i, j - 1, k] if j > 0 else 0.0
                ways += gz[i, j, k - 1] if k > 0 else 0.0
                fastest[i] = max(fastest[i], (loss[i, j, k] + 2.0 * ways) * inverse[i, j, k])
    return float(fastest.max())


@njit(cache=True, parallel=True, nogil=True)
def heat_rate(
    temperature: NDArray[np.float64],
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    loss: NDArray[np.float64],
    gain: NDArray[np.float64],
    inverse: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` with the rate of temperature of every cell.

    Parameters
    ----------
    temperature : (ni, nj, nk) array
    faces : three (ni, nj, nk) arrays
        Conductance of the face to the next cell along each axis; 0 at the far side.
    loss, gain : (ni, nj, nk) arrays
        Heat given away per degree, and taken in, by each cell.
    inverse : (ni, nj, nk) array
        One over the heat capacity of each cell.
    out : (ni, nj, nk) array
    """
    size, ways = temperature.size, _lines(faces)
    strides = (temperature.shape[1] * temperature.shape[2], temperature.shape[2], 1)
    t, lost, taken = temperature.reshape(size), loss.reshape(size), gain.reshape(size)
    share, rate = inverse.reshape(size), out.reshape(size)
    for block in prange((size + _BLOCK - 1) // _BLOCK):
        lo = block * _BLOCK
        hi = min(lo + _BLOCK, size)
        _lose(rate[lo:hi], t[lo:hi], lost[lo:hi])
        _add_share(rate[lo:hi], taken[lo:hi], 1.0)
        _add_flows(t, ways, strides, lo, rate[lo:hi])
        for q in range(lo, hi):
            rate[q] *= share[q]


@njit(cache=True, parallel=True, nogil=True)
def add_stage(
    last: NDArray[np.float64],
    before: NDArray[np.float64],
    start_rate: NDArray[np.float64],
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    loss: NDArray[np.float64],
    inverse: NDArray[np.float64],
    weights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` with the change since the start up to a stage.

    Parameters
    ----------
    last, before : (ni, nj, nk) arrays
        Changes since the start up to the two stages before it.
    start_rate : (ni, nj, nk) array
        Of temperature, at the start.
    faces : three (ni, nj, nk) arrays
        As `heat_rate` takes them.
    loss, inverse : (ni, nj, nk) arrays
        As `heat_rate` takes them. What a cell takes in whatever its temperature is in the rate at
        the start.
    weights : (4,) array
        Of last, before, the rate of the last change, the rate at the start.
    out : (ni, nj, nk) array
        May be ``before``, not ``last``.
    """
    size, ways = last.size, _lines(faces)
    strides = (last.shape[1] * last.shape[2], last.shape[2], 1)
    t, y, o = last.reshape(size), before.reshape(size), out.reshape(size)
    lost, share, r = loss.reshape(size), inverse.reshape(size), start_rate.reshape(size)
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    for block in prange((size + _BLOCK - 1) // _BLOCK):
        lo = block * _BLOCK
        hi = min(lo + _BLOCK, size)
        rate = np.empty(hi - lo)
        _lose(rate, t[lo:hi], lost[lo:hi])
        _add_flows(t, ways, strides, lo, rate)
        _combine(o[lo:hi], rate, share[lo:hi], t[lo:hi], y[lo:hi], a, b, c)
        _add_share(o[lo:hi], r[lo:hi], d)
