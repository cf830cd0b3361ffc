"""Values at any place from scattered ones: a weighted plane through those nearby.

Moving least squares of first order (Lancaster and Salkauskas, Math Comp 1981;37:141) with
Wendland's kernel ``(1 - q)^4 (4 q + 1)`` (Adv Comput Math 1995;4:389): values that are linear in
space are met exactly, also beyond the last point.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

_Array = NDArray[np.float64]
_LEAST_POINTS = 16
"""Where fewer lie within reach, the reach grows until it holds more (design default)."""
_GROWN = 1.25
_FLAT = 1e-3
"""Mean square distance, as a share of the squared reach, of points that lie in a plane: they say
nothing of a slope across it (design default)."""
_AT_ONCE = 2000


def fit_locally(places: _Array, points: _Array, values: _Array, reach: float) -> _Array:
    """Return values at places from those of points nearby.

    Parameters
    ----------
    places : (m, 3) float64 array
    points : (n, 3) float64 array
        At least one.
    values : (n, c) float64 array
    reach : float
        At which a point no longer counts; in the unit of the places.

    Returns
    -------
    (m, c) float64 array
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(points)
    parts = [
        _fit_some(places[start : start + _AT_ONCE], tree, values, reach)
        for start in range(0, len(places), _AT_ONCE)
    ]
    return np.concatenate([np.zeros((0, values.shape[1])), *parts])


def _fit_some(places: _Array, tree: "cKDTree", values: _Array, reach: float) -> _Array:
    count = min(_LEAST_POINTS, tree.n)
    furthest = tree.query(places, k=[count])[0][:, 0]
    radius = np.maximum(reach, _GROWN * furthest)
    near = tree.query_ball_point(places, radius, return_sorted=True)
    number = np.array([len(n) for n in near])
    point = np.concatenate([np.asarray(n, dtype=np.int64) for n in near])
    start = np.concatenate([[0], np.cumsum(number)[:-1]])
    place = np.repeat(np.arange(len(places)), number)
    offset = (np.asarray(tree.data)[point] - places[place]) / radius[place, None]
    q = np.minimum(np.sqrt((offset**2).sum(axis=1)), 1.0)
    weight = (1.0 - q) ** 4 * (4.0 * q + 1.0)
    weight = weight / np.add.reduceat(weight, start)[place]
    here = values[point]
    middle = np.add.reduceat(weight[:, None] * offset, start)
    mean = np.add.reduceat(weight[:, None] * here, start)
    offset = offset - middle[place]
    here = here - mean[place]
    spread = np.add.reduceat(weight[:, None, None] * offset[:, :, None] * offset[:, None, :], start)
    common = np.add.reduceat(weight[:, None, None] * offset[:, :, None] * here[:, None, :], start)
    size, along = np.linalg.eigh(spread)
    inverse = np.where(size > _FLAT, 1.0 / np.maximum(size, _FLAT), 0.0)
    slope = np.einsum("nij,nj,nkj,nkc->nic", along, inverse, along, common)
    return np.asarray(mean - np.einsum("ni,nic->nc", middle, slope))
