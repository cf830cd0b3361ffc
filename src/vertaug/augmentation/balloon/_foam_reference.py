"""Plain twins of `_foam_numba`."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

_PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def _gradients(
    u: NDArray[np.float64], corner: NDArray[np.int64], step: tuple[int, int], spacing: float
) -> NDArray[np.float64]:
    """Return the gradient at the middle of each voxel, shape (n, component, axis)."""
    out = np.zeros((corner.size, 3, 3))
    for a in (0, 1):
        for b in (0, 1):
            for c in (0, 1):
                value = u[:, corner + a * step[0] + b * step[1] + c].T
                for axis, side in enumerate((a, b, c)):
                    out[:, :, axis] += (2 * side - 1) * 0.25 / spacing * value
    return out


def _tensor(s: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([[s[0], s[5], s[4]], [s[5], s[1], s[3]], [s[4], s[3], s[2]]])


def _vector(t: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([t[p] for p in _PAIRS])


def stress_cells(
    u: NDArray[np.float64],
    corner: NDArray[np.int64],
    step: tuple[int, int],
    spacing: float,
    shape: float,
    before: NDArray[np.float64],
    bulk: NDArray[np.float64],
    shear: NDArray[np.float64],
    limit: NDArray[np.float64],
    apart: NDArray[np.float64],
    volume: NDArray[np.float64],
    taken: NDArray[np.float64],
    after: NDArray[np.float64],
    left: NDArray[np.float64],
    flow: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill the stresses after an increment of displacement.

    The yield surface is ``q^2 + a^2 p^2 = (1 + a^2 / 9) Y^2`` with von Mises' stress q, the mean
    stress p and the uniaxial strength Y; plastic flow is normal to it (Deshpande and Fleck, J Mech
    Phys Solids 2000;48:1253). ``a = 0`` is von Mises' surface. The surface of
    broken bone is moved toward compression: its p is the mean stress plus a constant.

    Parameters
    ----------
    u : (3, nodes) array
        Increment of displacement, mm, on all nodes of a box.
    corner : (n,) int64 array
        Node of each voxel with the lowest indices.
    step : (int, int)
        From a node to its neighbour along the first and the second axis; 1 along the third.
    spacing : float
        Side of a voxel, mm.
    shape : float
        ``a^2``.
    before : (n, 6) array
        Stress before the increment, MPa.
    bulk, shear, limit : (n,) arrays
        Moduli and uniaxial strength, MPa.
    apart : (n,) array
        By how much the surface is moved toward compression, MPa; 0 for whole bone.
    volume : (n,) array
        Of bone, mm3.
    taken : (n, 2) array
        Lame's modulus and the shear modulus, times the volume, of an elastic voxel whose stress is
        taken away: with its whole stiffness added, only its resistance to hourglass modes stays.
    after : (n, 6) array
        Stress after the increment.
    left : (n,) array
        Share of the shear modulus that is left: of the stress beyond the mean over what an elastic
        voxel would bear.
    flow : (n,) array
        Equivalent plastic strain of the increment.
    out : (n, 6) array
        Stress times volume, less what is taken away.
    """
    for n, g in enumerate(_gradients(u, corner, step, spacing)):
        strain = (g + g.T) / 2.0
        trial = _tensor(before[n]) + 2.0 * shear[n] * strain
        trial += (bulk[n] - 2.0 * shear[n] / 3.0) * np.trace(strain) * np.eye(3)
        trial += apart[n] * np.eye(3)
        mean = float(np.trace(trial)) / 3.0
        deviator = trial - mean * np.eye(3)
        q2 = 1.5 * float((deviator**2).sum())
        limit2 = (1.0 + shape / 9.0) * limit[n] ** 2
        left[n], flow[n] = 1.0, 0.0
        if q2 + shape * mean**2 > limit2:
            deviator, mean, left[n], flow[n] = _flow(
                (deviator, mean, q2), limit2, shape, (bulk[n], shear[n])
            )
        after[n] = _vector(deviator + (mean - apart[n]) * np.eye(3))
        out[n] = volume[n] * after[n] - _even(strain, taken[n])


def turn_cells(
    u: NDArray[np.float64],
    corner: NDArray[np.int64],
    step: tuple[int, int],
    spacing: float,
    stress: NDArray[np.float64],
) -> None:
    """Turn stresses with the rotation of an increment (Jaumann), in place.

    Parameters
    ----------
    u : (3, nodes) array
    corner, step, spacing
        As in `stress_cells`.
    stress : (n, 6) array
    """
    for n, g in enumerate(_gradients(u, corner, step, spacing)):
        turn, s = (g - g.T) / 2.0, _tensor(stress[n])
        stress[n] = _vector(s + turn @ s - s @ turn)


def _even(strain: NDArray[np.float64], taken: NDArray[np.float64]) -> NDArray[np.float64]:
    return _vector(taken[0] * np.trace(strain) * np.eye(3) + 2.0 * taken[1] * strain)


def _flow(
    trial: tuple[NDArray[np.float64], float, float],
    limit2: float,
    shape: float,
    moduli: tuple[float, float],
) -> tuple[NDArray[np.float64], float, float, float]:
    """Return deviator and mean of the stress on the surface, what is left, and the flow."""
    (deviator, mean, q2), (bulk, shear) = trial, moduli

    def over(flow: float) -> float:
        a, b = 1.0 + 3.0 * shear * flow, 1.0 + bulk * shape * flow
        return q2 / a**2 + shape * mean**2 / b**2 - limit2

    high = 1.0 / shear
    while over(high) > 0.0:
        high *= 2.0
    flow = float(brentq(over, 0.0, high, xtol=1e-300, rtol=1e-14))
    a, b = 1.0 + 3.0 * shear * flow, 1.0 + bulk * shape * flow
    deviator, mean, q2 = deviator / a, mean / b, q2 / a**2
    return deviator, mean, 1.0 / a, flow * float(np.sqrt(q2 + shape**2 * mean**2 / 4.5))


def add_forces(
    stress: NDArray[np.float64],
    corner: NDArray[np.int64],
    planes: NDArray[np.int64],
    step: tuple[int, int],
    spacing: float,
    out: NDArray[np.float64],
) -> None:
    """Add the forces of stresses in the middle of voxels to the nodes.

    Parameters
    ----------
    stress : (n, 6) array
        Times volume, N mm.
    corner, step, spacing
        As in `stress_cells`; the voxels one plane across the first axis after the other.
    planes : (planes + 1,) int64 array
        Where each plane of voxels begins.
    out : (3, nodes) array
        N.
    """
    for s, at in zip(stress, corner, strict=True):
        for a in (0, 1):
            for b in (0, 1):
                for c in (0, 1):
                    slope = (2.0 * np.array([a, b, c]) - 1.0) * 0.25 / spacing
                    out[:, at + a * step[0] + b * step[1] + c] += _tensor(s) @ slope
