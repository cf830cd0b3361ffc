"""Weighted moments of scattered values, plain, for tests. Same signature as `_local_fit_numba`."""

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]


def weigh_near(
    places: _Array,
    radius: _Array,
    points: _Array,
    values: _Array,
    cells: tuple[NDArray[np.int64], _Array, float, tuple[int, int, int]],
    out: tuple[_Array, _Array, _Array, _Array],
) -> None:
    """Fill the weighted moments of the points about each place.

    Offsets count from the place and in units of its radius; the weights add up to 1.

    Parameters
    ----------
    places : (m, 3) float64 array
    radius : (m,) float64 array
        At which a point no longer counts.
    points : (n, 3) float64 array
        Sorted by their cells.
    values : (n, c) float64 array
    cells : tuple
        First point of each cell, with the end (cells + 1,); lowest corner; edge; number of cells
        along each axis. Not needed here.
    out : tuple of float64 arrays
        Mean offset (m, 3); mean value (m, c); spread of the offsets (m, 3, 3); common spread of
        offsets and values (m, 3, c).
    """
    del cells
    middle, mean, spread, common = out
    for n, (place, reach) in enumerate(zip(places, radius, strict=True)):
        offset = (points - place) / reach
        q = np.minimum(np.sqrt((offset**2).sum(axis=1)), 1.0)
        weight = (1.0 - q) ** 4 * (4.0 * q + 1.0)
        weight = weight / weight.sum()
        middle[n], mean[n] = weight @ offset, weight @ values
        apart, other = offset - middle[n], values - mean[n]
        spread[n] = (weight[:, None] * apart).T @ apart
        common[n] = (weight[:, None] * apart).T @ other
