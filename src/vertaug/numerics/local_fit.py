"""Values at any place from scattered ones: a weighted plane through those nearby.

Moving least squares of first order (Lancaster and Salkauskas, Math Comp 1981;37:141) with
Wendland's kernel ``(1 - q)^4 (4 q + 1)`` (Adv Comput Math 1995;4:389): values that are linear in
space are met exactly, also beyond the last point.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from scipy.spatial import cKDTree

_Array = NDArray[np.float64]
_LEAST_POINTS = 16
"""Where fewer lie within reach, the reach grows until it holds more (design default)."""
_GROWN = 1.25
_FLAT = 1e-3
"""Mean square distance, as a share of the squared reach, of points that lie in a plane: they say
nothing of a slope across it (design default)."""
_BLOCK = 512
"""Places whose points are weighed at once: memory."""
_MOST_CELLS = 200
"""Along each axis, in which points are looked up."""


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

    if not len(places):
        return np.zeros((0, values.shape[1]))
    radius = _radius(places, cKDTree(points), reach)
    middle, mean, spread, common = _moments(places, radius, (points, values), reach)
    toward = _across(spread, middle)
    return np.asarray(mean - np.einsum("ni,nic->nc", toward, common))


def weigh_locally(places: _Array, points: _Array, reach: float) -> "csr_array":
    """Return the weights with which values of points give those at places.

    For points whose values change while they are taken for the same places: the product with them
    is that of `fit_locally`.

    Parameters
    ----------
    places, points, reach
        As in `fit_locally`.

    Returns
    -------
    csr_array of shape (m, n)
    """
    from scipy.sparse import csr_array, vstack
    from scipy.spatial import cKDTree

    if not len(places):
        return csr_array((0, len(points)))
    tree = cKDTree(points)
    blocks = (places[start : start + _BLOCK] for start in range(0, len(places), _BLOCK))
    return csr_array(vstack([_weigh_block(block, tree, reach) for block in blocks]))


def _weigh_block(places: _Array, tree: "cKDTree", reach: float) -> "csr_array":
    """Return the rows of `weigh_locally` of some places."""
    from scipy.sparse import csr_array

    radius = _radius(places, tree, reach)
    near = tree.query_ball_point(places, radius)
    many = np.array([len(one) for one in near])
    column = np.concatenate([np.asarray(one, dtype=np.int64) for one in near])
    row = np.repeat(np.arange(len(places)), many)
    apart = (tree.data[column] - places[row]) / radius[row, None]
    away = np.minimum(np.linalg.norm(apart, axis=1), 1.0)
    weight = (1.0 - away) ** 4 * (4.0 * away + 1.0)
    start = np.concatenate([[0], np.cumsum(many)[:-1]])

    def total(values: _Array) -> _Array:
        return np.asarray(np.add.reduceat(values, start, axis=0))

    weight /= total(weight)[row]
    middle = total(weight[:, None] * apart)
    apart -= middle[row]
    spread = total(weight[:, None, None] * apart[:, :, None] * apart[:, None, :])
    weight *= 1.0 - np.einsum("pi,pi->p", _across(spread, middle)[row], apart)
    return csr_array((weight, (row, column)), shape=(len(places), tree.n))


def _radius(places: _Array, tree: "cKDTree", reach: float) -> _Array:
    """Return the reach about each place, grown where too few points lie within it."""
    count = min(_LEAST_POINTS, tree.n)
    furthest = tree.query(places, k=[count])[0][:, 0]
    return np.asarray(np.maximum(reach, _GROWN * furthest))


def _across(spread: _Array, middle: _Array) -> _Array:
    """Return the middle of the points over their spread, (m, 3): its part of a slope is taken."""
    size, along = np.linalg.eigh(spread)
    inverse = np.where(size > _FLAT, 1.0 / np.maximum(size, _FLAT), 0.0)
    toward = np.einsum("nij,nj,nkj,nk->ni", along, inverse, along, middle, optimize=True)
    return np.asarray(toward, dtype=np.float64)


def _moments(
    places: _Array, radius: _Array, given: tuple[_Array, _Array], reach: float
) -> tuple[_Array, _Array, _Array, _Array]:
    """Return the weighted moments of the points within a radius of each place."""
    from vertaug.numerics._local_fit_numba import weigh_near

    points, values = (np.asarray(array, dtype=np.float64) for array in given)
    low = points.min(axis=0)
    edge = max(0.5 * reach, float(np.ptp(points, axis=0).max()) / _MOST_CELLS)
    cell = np.floor((points - low) / edge).astype(np.int64)
    i, j, k = (int(n) + 1 for n in cell.max(axis=0))
    flat = (cell[:, 0] * j + cell[:, 1]) * k + cell[:, 2]
    order = np.argsort(flat, kind="stable")
    first = np.searchsorted(flat[order], np.arange(i * j * k + 1))
    many, kinds = len(places), values.shape[1]
    out = (
        np.zeros((many, 3)),
        np.zeros((many, kinds)),
        np.zeros((many, 3, 3)),
        np.zeros((many, 3, kinds)),
    )
    cells = (first.astype(np.int64), low, edge, (i, j, k))
    weigh_near(
        np.ascontiguousarray(places, dtype=np.float64),
        radius,
        np.ascontiguousarray(points[order]),
        np.ascontiguousarray(values[order]),
        cells,
        out,
    )
    return out
