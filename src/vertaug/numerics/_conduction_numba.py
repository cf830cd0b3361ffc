"""Heat flow between the cells of a box, compiled. The readable twin is `_conduction_reference`.

Every cell sums the flows over its six faces by itself and in one order, so that nothing depends on
the number of threads; the flow over a face is the same number seen from both sides. Rows are met
through views of their neighbours, so that the inner loops run over memory; at a side of the box a
row is its own neighbour, over a face that does not conduct.
"""

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def _fill_row(t, faces, loss, gain, inverse, i, j, row):  # type: ignore[no-untyped-def]
    """Fill a row with rates of temperature."""
    gx, gy, gz = faces
    ni, nj, nk = t.shape
    here = t[i, j]
    west, east = t[max(i - 1, 0), j], t[min(i + 1, ni - 1), j]
    south, north = t[i, max(j - 1, 0)], t[i, min(j + 1, nj - 1)]
    g_west, g_east, g_south, g_north = gx[i, j], gx[i + 1, j], gy[i, j], gy[i, j + 1]
    lost, taken, share = loss[i, j], gain[i, j], inverse[i, j]
    for k in range(nk):
        centre = here[k]
        row[k] = (
            taken[k]
            - lost[k] * centre
            + (g_west[k] * (west[k] - centre) + g_east[k] * (east[k] - centre))
            + (g_south[k] * (south[k] - centre) + g_north[k] * (north[k] - centre))
        )
    above, joint = here[1:], gz[i, j, 1:nk]
    flow = np.empty(nk - 1)
    for k in range(nk - 1):
        flow[k] = joint[k] * (above[k] - here[k])
    for k in range(nk - 1):
        row[k] += flow[k]
    upper = row[1:]
    for k in range(nk - 1):
        upper[k] -= flow[k]
    for k in range(nk):
        row[k] *= share[k]


@njit(cache=True, nogil=True, error_model="numpy")
def _in_series(one, two, scale):  # type: ignore[no-untyped-def]
    return scale * (2.0 * one * two / (one + two)) if one + two > 0.0 else 0.0


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def fill_conductances(
    conductivity: NDArray[np.float64],
    area_by_length: NDArray[np.float64],
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Fill ``faces`` with the conductances of two half cells in series, 0 at the sides.

    Parameters
    ----------
    conductivity : (ni, nj, nk) array
    area_by_length : (3,) array
        Area of a face by the distance of the centres beside it, for each axis.
    faces : three arrays
        One more than cells along each axis.
    """
    gx, gy, gz = faces
    ni, nj, nk = conductivity.shape
    a, b, c = area_by_length[0], area_by_length[1], area_by_length[2]
    gx[0], gx[ni] = 0.0, 0.0
    for i in prange(ni):
        gy[i, 0], gy[i, nj] = 0.0, 0.0
        for j in range(nj):
            here = conductivity[i, j]
            if i + 1 < ni:
                for k in range(nk):
                    gx[i + 1, j, k] = _in_series(here[k], conductivity[i + 1, j, k], a)
            if j + 1 < nj:
                for k in range(nk):
                    gy[i, j + 1, k] = _in_series(here[k], conductivity[i, j + 1, k], b)
            gz[i, j, 0], gz[i, j, nk] = 0.0, 0.0
            for k in range(nk - 1):
                gz[i, j, k + 1] = _in_series(here[k], here[k + 1], c)


@njit(cache=True, parallel=True, nogil=True)
def fastest_decay(
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    loss: NDArray[np.float64],
    inverse: NDArray[np.float64],
) -> float:
    """Return a bound of the fastest decay, by the circles of Gershgorin.

    Parameters
    ----------
    faces : three arrays
        Conductances of the faces along each axis.
    loss, inverse : (ni, nj, nk) arrays
        As `heat_rate` takes them.
    """
    gx, gy, gz = faces
    ni, nj, nk = loss.shape
    fastest = np.zeros(ni)
    for i in prange(ni):
        for j in range(nj):
            for k in range(nk):
                ways = gx[i, j, k] + gx[i + 1, j, k] + gy[i, j, k] + gy[i, j + 1, k]
                ways += gz[i, j, k] + gz[i, j, k + 1]
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
    faces : three arrays
        Conductances of the faces along each axis, one more than cells along it; 0 at the sides.
    loss, gain : (ni, nj, nk) arrays
        Heat given away per degree, and taken in, by each cell.
    inverse : (ni, nj, nk) array
        One over the heat capacity of each cell.
    out : (ni, nj, nk) array
    """
    ni, nj, _ = temperature.shape
    for i in prange(ni):
        for j in range(nj):
            _fill_row(temperature, faces, loss, gain, inverse, i, j, out[i, j])


@njit(cache=True, parallel=True, nogil=True)
def add_stage(
    last: NDArray[np.float64],
    before: NDArray[np.float64],
    start: NDArray[np.float64],
    start_rate: NDArray[np.float64],
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    loss: NDArray[np.float64],
    gain: NDArray[np.float64],
    inverse: NDArray[np.float64],
    weights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` with a stage: weights of last, before, start, last's rate, start's rate.

    ``out`` may be ``before``, not ``last``.
    """
    ni, nj, nk = last.shape
    a, b, c, d, e = weights[0], weights[1], weights[2], weights[3], weights[4]
    for i in prange(ni):
        rate = np.empty(nk)
        for j in range(nj):
            _fill_row(last, faces, loss, gain, inverse, i, j, rate)
            x, y, z, r, o = last[i, j], before[i, j], start[i, j], start_rate[i, j], out[i, j]
            for k in range(nk):
                o[k] = a * x[k] + b * y[k] + c * z[k] + d * rate[k] + e * r[k]
