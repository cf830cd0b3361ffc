"""Bringing a stress back to the yield surface at one point, compiled.

Stresses and strains are (11, 22, 33, 23, 13, 12) with engineering shears; tangents are the upper
half of a symmetric 6 x 6 matrix, row by row. The return goes along the elastic distance (perfect
plasticity, associated); the tangent is its derivative (Simo and Hughes, Computational
Inelasticity, 1998, 3.3; in principal axes de Souza Neto, Peric, Owen, 2008, 8).

The readable twin is `_return_mapping_reference`.
"""

import math
from typing import Any

import numba
import numpy as np

_PLAIN: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


@numba.njit(**_PLAIN)
def _largest_shear(s):  # type: ignore[no-untyped-def]
    """Return the difference of the largest and the smallest principal stress of a deviator."""
    j2 = 0.5 * (s[0] * s[0] + s[1] * s[1] + s[2] * s[2])
    j2 += s[3] * s[3] + s[4] * s[4] + s[5] * s[5]
    if j2 <= 0.0:
        return 0.0
    j3 = s[0] * s[1] * s[2] + 2.0 * s[3] * s[4] * s[5]
    j3 -= s[0] * s[3] * s[3] + s[1] * s[4] * s[4] + s[2] * s[5] * s[5]
    sine = -1.5 * math.sqrt(3.0) * j3 / (j2 * math.sqrt(j2))
    lode = math.asin(min(max(sine, -1.0), 1.0)) / 3.0
    return 2.0 * math.sqrt(j2) * math.cos(lode)


@numba.njit(**_PLAIN)
def _principal(s, values, axes):  # type: ignore[no-untyped-def]
    """Fill principal values in falling order and their axes as columns, by Jacobi's rotations."""
    a = np.empty((3, 3))
    a[0, 0], a[1, 1], a[2, 2] = s[0], s[1], s[2]
    a[1, 2] = a[2, 1] = s[3]
    a[0, 2] = a[2, 0] = s[4]
    a[0, 1] = a[1, 0] = s[5]
    for p in range(3):
        for q in range(3):
            axes[p, q] = 1.0 if p == q else 0.0
    for _ in range(12):
        off = abs(a[0, 1]) + abs(a[0, 2]) + abs(a[1, 2])
        if off <= 1e-15 * (abs(a[0, 0]) + abs(a[1, 1]) + abs(a[2, 2]) + off):
            break
        for p in range(2):
            for q in range(p + 1, 3):
                if a[p, q] == 0.0:
                    continue
                ratio = (a[q, q] - a[p, p]) / (2.0 * a[p, q])
                t = 1.0 / (abs(ratio) + math.sqrt(ratio * ratio + 1.0))
                if ratio < 0.0:
                    t = -t
                c = 1.0 / math.sqrt(t * t + 1.0)
                d = t * c
                for k in range(3):
                    x, y = a[k, p], a[k, q]
                    a[k, p], a[k, q] = c * x - d * y, d * x + c * y
                for k in range(3):
                    x, y = a[p, k], a[q, k]
                    a[p, k], a[q, k] = c * x - d * y, d * x + c * y
                for k in range(3):
                    x, y = axes[k, p], axes[k, q]
                    axes[k, p], axes[k, q] = c * x - d * y, d * x + c * y
    for p in range(3):
        values[p] = a[p, p]
    for p in range(2):
        for q in range(2 - p):
            if values[q] < values[q + 1]:
                values[q], values[q + 1] = values[q + 1], values[q]
                for k in range(3):
                    axes[k, q], axes[k, q + 1] = axes[k, q + 1], axes[k, q]


@numba.njit(**_PLAIN)
def _add_dyad(tangent, v, size):  # type: ignore[no-untyped-def]
    """Add ``size v v^T`` to the upper half of a symmetric 6 x 6 matrix, row by row."""
    n = 0
    for p in range(6):
        x = size * v[p]
        for q in range(p, 6):
            tangent[n] += x * v[q]
            n += 1


@numba.njit(**_PLAIN)
def elastic_tangent(tangent, bulk, shear):  # type: ignore[no-untyped-def]
    """Fill the isotropic tangent; a shear of zero leaves the volumetric part."""
    for n in range(21):
        tangent[n] = 0.0
    lame = bulk - 2.0 / 3.0 * shear
    tangent[0] = tangent[6] = tangent[11] = lame + 2.0 * shear
    tangent[1] = tangent[2] = tangent[7] = lame
    tangent[15] = tangent[18] = tangent[20] = shear


@numba.njit(**_PLAIN)
def return_mises(s, limit, bulk, shear, tangent, want):  # type: ignore[no-untyped-def]
    """Bring a deviator back to the cylinder of von Mises; return whether it was outside."""
    j2 = 0.5 * (s[0] * s[0] + s[1] * s[1] + s[2] * s[2])
    j2 += s[3] * s[3] + s[4] * s[4] + s[5] * s[5]
    length = math.sqrt(3.0 * j2)
    if length <= limit:
        return False
    share = limit / length
    if want:
        elastic_tangent(tangent, bulk, shear * share)
        # unit deviator: s / sqrt(2 J2)
        unit = np.empty(6)
        for n in range(6):
            unit[n] = s[n] / math.sqrt(2.0 * j2)
        _add_dyad(tangent, unit, -2.0 * shear * share)
    for n in range(6):
        s[n] *= share
    return True


@numba.njit(**_PLAIN)
def _tresca_tangent(tangent, trial, value, axes, bulk, shear, on_edge):  # type: ignore[no-untyped-def]
    """Fill the tangent of a return to Tresca's prism from principal values before and after."""
    elastic_tangent(tangent, bulk, 0.0)
    dyads = np.empty((3, 6))
    for p in range(3):
        x, y, z = axes[0, p], axes[1, p], axes[2, p]
        dyads[p, 0], dyads[p, 1], dyads[p, 2] = x * x, y * y, z * z
        dyads[p, 3], dyads[p, 4], dyads[p, 5] = y * z, x * z, x * y
    v = np.empty(6)
    if not on_edge:
        # what is left in the plane of the principal deviator: along (1, -2, 1) / sqrt 6
        for n in range(6):
            v[n] = (dyads[0, n] - 2.0 * dyads[1, n] + dyads[2, n]) / math.sqrt(6.0)
        _add_dyad(tangent, v, 2.0 * shear)
    for p in range(2):
        for q in range(p + 1, 3):
            gap = trial[p] - trial[q]
            if gap > 1e-12 * (abs(trial[0]) + abs(trial[2])):
                left = shear * (value[p] - value[q]) / gap
            else:
                left = 0.0
            x0, y0, z0 = axes[0, p], axes[1, p], axes[2, p]
            x1, y1, z1 = axes[0, q], axes[1, q], axes[2, q]
            v[0], v[1], v[2] = x0 * x1, y0 * y1, z0 * z1
            v[3] = 0.5 * (y0 * z1 + z0 * y1)
            v[4] = 0.5 * (x0 * z1 + z0 * x1)
            v[5] = 0.5 * (x0 * y1 + y0 * x1)
            _add_dyad(tangent, v, 4.0 * left)


@numba.njit(**_PLAIN)
def return_tresca(s, limit, bulk, shear, tangent, want):  # type: ignore[no-untyped-def]
    """Bring a deviator back to Tresca's prism; return whether it was outside."""
    j2 = 0.5 * (s[0] * s[0] + s[1] * s[1] + s[2] * s[2])
    j2 += s[3] * s[3] + s[4] * s[4] + s[5] * s[5]
    # the prism contains the cylinder of 2 sqrt(J2) = limit
    if 4.0 * j2 <= limit * limit:
        return False
    if _largest_shear(s) <= limit:
        return False
    trial, value, axes = np.empty(3), np.empty(3), np.empty((3, 3))
    _principal(s, trial, axes)
    over = trial[0] - trial[2] - limit
    value[0], value[1], value[2] = trial[0] - 0.5 * over, trial[1], trial[2] + 0.5 * over
    on_edge = False
    if value[1] > value[0]:
        value[0] = value[1] = limit / 3.0
        value[2] = -2.0 * limit / 3.0
        on_edge = True
    elif value[1] < value[2]:
        value[0] = 2.0 * limit / 3.0
        value[1] = value[2] = -limit / 3.0
        on_edge = True
    if want:
        _tresca_tangent(tangent, trial, value, axes, bulk, shear, on_edge)
    for n in range(6):
        s[n] = 0.0
    for p in range(3):
        x, y, z = axes[0, p], axes[1, p], axes[2, p]
        s[0] += value[p] * x * x
        s[1] += value[p] * y * y
        s[2] += value[p] * z * z
        s[3] += value[p] * y * z
        s[4] += value[p] * x * z
        s[5] += value[p] * x * y
    return True
