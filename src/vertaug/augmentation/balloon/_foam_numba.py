"""Stresses of crushable bone, one point a voxel, compiled.

Strains and stresses are (11, 22, 33, 23, 13, 12) with engineering shears, tension positive. The
readable twin is `_foam_reference`.
"""

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_FAST: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
_TURNS, _CLOSE = 40, 1e-12


@numba.njit(**_FAST)
def _gradient(u, at, step, q, g):  # type: ignore[no-untyped-def]
    """Fill the gradient of a displacement at the middle of a voxel, g[component, axis]."""
    si, sj = step
    for c in range(3):
        f = u[c]
        a0, a1, a2, a3 = f[at], f[at + 1], f[at + sj], f[at + sj + 1]
        b0, b1, b2, b3 = f[at + si], f[at + si + 1], f[at + si + sj], f[at + si + sj + 1]
        g[c, 0] = q * (b0 + b1 + b2 + b3 - a0 - a1 - a2 - a3)
        g[c, 1] = q * (a2 + a3 + b2 + b3 - a0 - a1 - b0 - b1)
        g[c, 2] = q * (a1 + a3 + b1 + b3 - a0 - a2 - b0 - b2)


@numba.njit(**_FAST)
def _turn_stress(s, g, t):  # type: ignore[no-untyped-def]
    """Fill a stress carried along with the rotation of an increment (Jaumann)."""
    w0, w1 = 0.5 * (g[2, 1] - g[1, 2]), 0.5 * (g[0, 2] - g[2, 0])
    w2 = 0.5 * (g[1, 0] - g[0, 1])
    t[0] = s[0] + 2.0 * (w1 * s[4] - w2 * s[5])
    t[1] = s[1] + 2.0 * (w2 * s[5] - w0 * s[3])
    t[2] = s[2] + 2.0 * (w0 * s[3] - w1 * s[4])
    t[3] = s[3] + w2 * s[4] - w1 * s[5] + w0 * (s[1] - s[2])
    t[4] = s[4] - w2 * s[3] + w0 * s[5] + w1 * (s[2] - s[0])
    t[5] = s[5] + w1 * s[3] - w0 * s[4] + w2 * (s[0] - s[1])


@numba.njit(**_FAST)
def _return_foam(t, limit2, shape, bulk, shear):  # type: ignore[no-untyped-def]
    """Bring a stress back to the ellipse; return the share of the shear that is left, and flow."""
    mean = (t[0] + t[1] + t[2]) / 3.0
    d0, d1, d2 = t[0] - mean, t[1] - mean, t[2] - mean
    q2 = 1.5 * (d0 * d0 + d1 * d1 + d2 * d2) + 3.0 * (t[3] * t[3] + t[4] * t[4] + t[5] * t[5])
    if q2 + shape * mean * mean <= limit2:
        return 1.0, 0.0
    flow = 0.0
    for _ in range(_TURNS):
        a, b = 1.0 + 3.0 * shear * flow, 1.0 + bulk * shape * flow
        over = q2 / (a * a) + shape * mean * mean / (b * b) - limit2
        if over <= _CLOSE * limit2:
            break
        fall = 6.0 * shear * q2 / (a * a * a)
        fall += 2.0 * bulk * shape * shape * mean * mean / (b * b * b)
        flow += over / fall
    a, b = 1.0 + 3.0 * shear * flow, 1.0 + bulk * shape * flow
    mean /= b
    t[0], t[1], t[2] = d0 / a + mean, d1 / a + mean, d2 / a + mean
    t[3] /= a
    t[4] /= a
    t[5] /= a
    q2 /= a * a
    return 1.0 / a, flow * math.sqrt(q2 + shape * shape * mean * mean / 4.5)


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
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
    """Fill the stresses after an increment of displacement; see the reference."""
    q, size = 0.25 / spacing, 1.0 + shape / 9.0
    for n in numba.prange(corner.size):
        g, t = np.empty((3, 3)), np.empty(6)
        _gradient(u, corner[n], step, q, g)
        for p in range(6):
            t[p] = before[n, p]
        spread = g[0, 0] + g[1, 1] + g[2, 2]
        volumetric = (bulk[n] - 2.0 * shear[n] / 3.0) * spread
        for p in range(3):
            t[p] += 2.0 * shear[n] * g[p, p] + volumetric + apart[n]
        t[3] += shear[n] * (g[1, 2] + g[2, 1])
        t[4] += shear[n] * (g[0, 2] + g[2, 0])
        t[5] += shear[n] * (g[0, 1] + g[1, 0])
        limit2 = limit[n] * limit[n] * size
        left[n], flow[n] = _return_foam(t, limit2, shape, bulk[n], shear[n])
        for p in range(3):
            t[p] -= apart[n]
        for p in range(6):
            after[n, p] = t[p]
            out[n, p] = volume[n] * t[p]
        _take_even(g, taken[n], out[n])


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
def turn_cells(
    u: NDArray[np.float64],
    corner: NDArray[np.int64],
    step: tuple[int, int],
    spacing: float,
    stress: NDArray[np.float64],
) -> None:
    """Turn stresses with the rotation of an increment; see the reference."""
    q = 0.25 / spacing
    for n in numba.prange(corner.size):
        g, t = np.empty((3, 3)), np.empty(6)
        _gradient(u, corner[n], step, q, g)
        _turn_stress(stress[n], g, t)
        for p in range(6):
            stress[n, p] = t[p]


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
def add_forces(
    stress: NDArray[np.float64],
    corner: NDArray[np.int64],
    planes: NDArray[np.int64],
    step: tuple[int, int],
    spacing: float,
    out: NDArray[np.float64],
) -> None:
    """Add the forces of stresses in the middle of voxels to the nodes; see the reference."""
    q = 0.25 / spacing
    many = planes.size - 1
    # planes of voxels two apart share no node
    for first in range(2):
        for half in numba.prange((many + 1 - first) // 2):
            i = 2 * half + first
            for n in range(planes[i], planes[i + 1]):
                _add_force(stress[n], corner[n], step, q, out)


@numba.njit(**_FAST)
def _add_force(s, at, step, q, out):  # type: ignore[no-untyped-def]
    si, sj = step
    for a in range(2):
        x = q if a else -q
        for b in range(2):
            y = q if b else -q
            for c in range(2):
                z = q if c else -q
                node = at + a * si + b * sj + c
                out[0, node] += x * s[0] + y * s[5] + z * s[4]
                out[1, node] += x * s[5] + y * s[1] + z * s[3]
                out[2, node] += x * s[4] + y * s[3] + z * s[2]


@numba.njit(**_FAST)
def _take_even(g, lame_shear, out):  # type: ignore[no-untyped-def]
    """Take the stress of an elastic voxel away, its two moduli times its volume given."""
    lame, shear = lame_shear[0], lame_shear[1]
    spread = lame * (g[0, 0] + g[1, 1] + g[2, 2])
    for p in range(3):
        out[p] -= 2.0 * shear * g[p, p] + spread
    out[3] -= shear * (g[1, 2] + g[2, 1])
    out[4] -= shear * (g[0, 2] + g[2, 0])
    out[5] -= shear * (g[0, 1] + g[1, 0])
