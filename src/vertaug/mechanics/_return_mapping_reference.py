"""Bringing a stress back to the yield surface at one point, plain, for tests.

Same signatures as `_return_mapping_numba`. Stresses and strains are (11, 22, 33, 23, 13, 12)
with engineering shears.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_UPPER = np.triu_indices(6)
_STEP = 1e-6


def _to_tensor(s: Array) -> Array:
    return np.array([[s[0], s[5], s[4]], [s[5], s[1], s[3]], [s[4], s[3], s[2]]])


def _to_vector(t: Array) -> Array:
    return np.array([t[0, 0], t[1, 1], t[2, 2], t[1, 2], t[0, 2], t[0, 1]])


def elastic_tangent(tangent: Array, bulk: float, shear: float) -> None:
    """Fill the isotropic tangent.

    Parameters
    ----------
    tangent : (21,) float64 array
        Filled: the upper half of a symmetric 6 x 6 matrix, row by row.
    bulk, shear : float
        Moduli in MPa; a shear of zero leaves the volumetric part.
    """
    matrix = np.zeros((6, 6))
    matrix[:3, :3] = bulk - 2.0 / 3.0 * shear
    matrix[np.arange(3), np.arange(3)] += 2.0 * shear
    matrix[np.arange(3, 6), np.arange(3, 6)] = shear
    tangent[:] = matrix[_UPPER]


def _mises(s: Array, limit: float) -> Array:
    tensor = _to_tensor(s)
    length = np.sqrt(1.5 * np.sum(tensor**2))
    return np.asarray(s * min(1.0, limit / max(length, 1e-300)))


def _tresca(s: Array, limit: float) -> Array:
    """Return the nearest deviator with a largest shear within the limit, in principal axes."""
    (low, middle, high), axes = np.linalg.eigh(_to_tensor(s))
    over = high - low - limit
    if over <= 0.0:
        return s
    values = np.array([low + over / 2.0, middle, high - over / 2.0])
    if middle > values[2]:
        values = limit * np.array([-2.0, 1.0, 1.0]) / 3.0
    elif middle < values[0]:
        values = limit * np.array([-1.0, -1.0, 2.0]) / 3.0
    return _to_vector(axes @ np.diag(values) @ axes.T)


def _bring_back(
    back: Callable[[Array, float], Array],
    s: Array,
    limit: float,
    moduli: tuple[float, float],
    tangent: Array | None,
) -> bool:
    bulk, shear = moduli
    trial = np.array(s)
    found = back(trial, limit)
    outside = bool(np.any(found != trial))
    if outside and tangent is not None:
        matrix = np.zeros((6, 6))
        size = _STEP * limit / (2.0 * shear)
        for n in range(6):
            strain = np.zeros(6)
            strain[n] = size
            mean = strain[:3].sum() / 3.0
            change = 2.0 * shear * np.concatenate([strain[:3] - mean, strain[3:] / 2.0])
            matrix[:, n] = (back(trial + change, limit) - back(trial - change, limit)) / (2 * size)
            matrix[:3, n] += bulk * 3.0 * mean / size
        tangent[:] = matrix[_UPPER]
    s[:] = found
    return outside


def return_mises(
    s: Array, limit: float, bulk: float, shear: float, tangent: Array, want: bool
) -> bool:
    """Bring a deviator back to the cylinder of von Mises.

    Parameters
    ----------
    s : (6,) float64 array
        Trial deviator in MPa; changed.
    limit : float
        Uniaxial yield stress.
    bulk, shear : float
        Elastic moduli.
    tangent : (21,) float64 array
        With ``want`` filled with the change of the whole stress with the strain, if outside.
    want : bool

    Returns
    -------
    bool
        Whether the trial stress was outside.
    """
    return _bring_back(_mises, s, limit, (bulk, shear), tangent if want else None)


def return_tresca(
    s: Array, limit: float, bulk: float, shear: float, tangent: Array, want: bool
) -> bool:
    """Bring a deviator back to Tresca's prism; parameters as in `return_mises`."""
    return _bring_back(_tresca, s, limit, (bulk, shear), tangent if want else None)
