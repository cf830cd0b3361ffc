"""Perfectly plastic bricks: forces, and their change with the displacement, compiled.

Each brick has eight points with their own plastic strain. Volumetric strain is taken as its mean
over the brick (B-bar, Hughes, IJNME 1980;15:1413), so that incompressible flow does not lock.
Stresses are brought back to the yield surface along the elastic distance; the tangent is that of
the return, so that Newton's method converges quadratically.

The readable twin is `_plasticity_reference`.
"""

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_FAST: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
MISES, TRESCA = 0, 1


@numba.njit(**_FAST)
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


@numba.njit(**_FAST)
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


@numba.njit(**_FAST)
def _add_dyad(tangent, v, size):  # type: ignore[no-untyped-def]
    """Add ``size v v^T`` to the upper half of a symmetric 6 x 6 matrix, row by row."""
    n = 0
    for p in range(6):
        x = size * v[p]
        for q in range(p, 6):
            tangent[n] += x * v[q]
            n += 1


@numba.njit(**_FAST)
def _elastic_tangent(tangent, bulk, shear):  # type: ignore[no-untyped-def]
    """Fill the isotropic tangent; a shear of zero leaves the volumetric part."""
    for n in range(21):
        tangent[n] = 0.0
    lame = bulk - 2.0 / 3.0 * shear
    tangent[0] = tangent[6] = tangent[11] = lame + 2.0 * shear
    tangent[1] = tangent[2] = tangent[7] = lame
    tangent[15] = tangent[18] = tangent[20] = shear


@numba.njit(**_FAST)
def _return_mises(s, limit, bulk, shear, tangent, want):  # type: ignore[no-untyped-def]
    """Bring a deviator back to the cylinder of von Mises; return whether it was outside."""
    j2 = 0.5 * (s[0] * s[0] + s[1] * s[1] + s[2] * s[2])
    j2 += s[3] * s[3] + s[4] * s[4] + s[5] * s[5]
    length = math.sqrt(3.0 * j2)
    if length <= limit:
        return False
    share = limit / length
    if want:
        _elastic_tangent(tangent, bulk, shear * share)
        # unit deviator: s / sqrt(2 J2)
        unit = np.empty(6)
        for n in range(6):
            unit[n] = s[n] / math.sqrt(2.0 * j2)
        _add_dyad(tangent, unit, -2.0 * shear * share)
    for n in range(6):
        s[n] *= share
    return True


@numba.njit(**_FAST)
def _tresca_tangent(tangent, trial, value, axes, bulk, shear, on_edge):  # type: ignore[no-untyped-def]
    """Fill the tangent of a return to Tresca's prism from principal values before and after."""
    _elastic_tangent(tangent, bulk, 0.0)
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


@numba.njit(**_FAST)
def _return_tresca(s, limit, bulk, shear, tangent, want):  # type: ignore[no-untyped-def]
    """Bring a deviator back to Tresca's prism; return whether it was outside."""
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


@numba.njit(**_FAST)
def _strain_of(slopes, u, point, strain):  # type: ignore[no-untyped-def]
    """Fill the strain at a point of a brick from its nodal displacements."""
    g = slopes[point]
    for n in range(6):
        strain[n] = 0.0
    for n in range(8):
        x, y, z = g[n, 0], g[n, 1], g[n, 2]
        a, b, c = u[3 * n], u[3 * n + 1], u[3 * n + 2]
        strain[0] += x * a
        strain[1] += y * b
        strain[2] += z * c
        strain[3] += z * b + y * c
        strain[4] += z * a + x * c
        strain[5] += y * a + x * b


@numba.njit(**_FAST)
def _add_force(slopes, stress, point, volume, force):  # type: ignore[no-untyped-def]
    """Add the nodal forces of a stress at a point."""
    g = slopes[point]
    for n in range(8):
        x, y, z = volume * g[n, 0], volume * g[n, 1], volume * g[n, 2]
        force[3 * n] += x * stress[0] + z * stress[4] + y * stress[5]
        force[3 * n + 1] += y * stress[1] + z * stress[3] + x * stress[5]
        force[3 * n + 2] += z * stress[2] + y * stress[3] + x * stress[4]


@numba.njit(**_FAST)
def _take_nodes(u, nodes, i, j, k, out):  # type: ignore[no-untyped-def]
    for n in range(8):
        at = nodes[i + (n >> 2), j + ((n >> 1) & 1)] + k + (n & 1)
        out[3 * n], out[3 * n + 1], out[3 * n + 2] = u[0, at], u[1, at], u[2, at]


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
def stress_bricks(
    u: NDArray[np.float64],
    cells: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    nodes: NDArray[np.int64],
    slopes: NDArray[np.float64],
    volume: float,
    surface: int,
    modulus: NDArray[np.float64],
    poisson: float,
    limit: NDArray[np.float64],
    plastic: NDArray[np.float64],
    force: NDArray[np.float64],
    stress: NDArray[np.float64],
    tangent: NDArray[np.float64],
    stiffness: NDArray[np.float64],
) -> None:
    """Fill forces, stresses, tangents and stiffness left of each brick; see the reference."""
    base, first, last = cells
    want = tangent.shape[0] > 0
    for i in numba.prange(base.shape[0]):
        d, f, e, own, s = np.empty(24), np.empty(24), np.empty((8, 6)), np.empty(21), np.empty(6)
        for j in range(base.shape[1]):
            for k in range(first[i, j], last[i, j]):
                cell = base[i, j] + k
                if modulus[cell] == 0.0:
                    force[cell] = 0.0
                    stress[cell] = 0.0
                    if want:
                        tangent[cell] = 0.0
                        stiffness[cell] = 0.0
                    continue
                bulk = modulus[cell] / (3.0 * (1.0 - 2.0 * poisson))
                shear = modulus[cell] / (2.0 * (1.0 + poisson))
                _take_nodes(u, nodes, i, j, k, d)
                mean = 0.0
                for point in range(8):
                    _strain_of(slopes, d, point, e[point])
                    mean += 0.125 * (e[point, 0] + e[point, 1] + e[point, 2])
                for n in range(24):
                    f[n] = 0.0
                left = 0.0
                for point in range(8):
                    third = (e[point, 0] + e[point, 1] + e[point, 2]) / 3.0
                    for n in range(3):
                        s[n] = 2.0 * shear * (e[point, n] - third - plastic[cell, point, n])
                    for n in range(3, 6):
                        s[n] = shear * (e[point, n] - plastic[cell, point, n])
                    if want:
                        own = tangent[cell, point]
                    if surface == MISES:
                        outside = _return_mises(s, limit[cell], bulk, shear, own, want)
                    else:
                        outside = _return_tresca(s, limit[cell], bulk, shear, own, want)
                    if want and not outside:
                        _elastic_tangent(own, bulk, shear)
                    if want:
                        part = own[0] + own[6] + own[11] + 2.0 * (own[15] + own[18] + own[20])
                        left += 0.125 * (part - 3.0 * bulk) / (10.0 * shear)
                    for n in range(6):
                        stress[cell, point, n] = s[n]
                    _add_force(slopes, s, point, volume, f)
                # the mean pressure does work on the mean dilatation only
                for point in range(8):
                    for n in range(6):
                        s[n] = bulk * mean if n < 3 else 0.0
                        if n < 3:
                            stress[cell, point, n] += bulk * mean
                    _add_force(slopes, s, point, volume, f)
                for n in range(24):
                    force[cell, n] = f[n]
                if want:
                    stiffness[cell] = left


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
def change_bricks(
    u: NDArray[np.float64],
    cells: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    nodes: NDArray[np.int64],
    slopes: NDArray[np.float64],
    volume: float,
    tangent: NDArray[np.float64],
    force: NDArray[np.float64],
) -> None:
    """Fill the change of each brick's forces with a displacement; see the reference."""
    base, first, last = cells
    for i in numba.prange(base.shape[0]):
        d, f, e, s = np.empty(24), np.empty(24), np.empty((8, 6)), np.empty(6)
        for j in range(base.shape[1]):
            for k in range(first[i, j], last[i, j]):
                cell = base[i, j] + k
                _take_nodes(u, nodes, i, j, k, d)
                mean = 0.0
                for point in range(8):
                    _strain_of(slopes, d, point, e[point])
                    mean += 0.125 * (e[point, 0] + e[point, 1] + e[point, 2])
                for n in range(24):
                    f[n] = 0.0
                pressure = 0.0
                for point in range(8):
                    third = (e[point, 0] + e[point, 1] + e[point, 2]) / 3.0
                    for n in range(3):
                        e[point, n] += mean / 3.0 - third
                    own = tangent[cell, point]
                    for n in range(6):
                        s[n] = 0.0
                    at = 0
                    for p in range(6):
                        s[p] += own[at] * e[point, p]
                        at += 1
                        for q in range(p + 1, 6):
                            s[p] += own[at] * e[point, q]
                            s[q] += own[at] * e[point, p]
                            at += 1
                    third = (s[0] + s[1] + s[2]) / 3.0
                    pressure += 0.125 * third
                    for n in range(3):
                        s[n] -= third
                    _add_force(slopes, s, point, volume, f)
                for n in range(6):
                    s[n] = pressure if n < 3 else 0.0
                for point in range(8):
                    _add_force(slopes, s, point, volume, f)
                for n in range(24):
                    force[cell, n] = f[n]


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def gather_forces(
    force: NDArray[np.float64],
    cells: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    nodes: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    weight: NDArray[np.float32],
    out: NDArray[np.float64],
) -> None:
    """Fill the forces of the nodes from those of the bricks; see the reference."""
    base, first, last = nodes
    cell_base, cell_first, cell_last = cells
    for i in numba.prange(base.shape[0]):
        for j in range(base.shape[1]):
            for k in range(first[i, j], last[i, j]):
                at = base[i, j] + k
                x, y, z = 0.0, 0.0, 0.0
                for n in range(8):
                    ci, cj, ck = i - (n >> 2), j - ((n >> 1) & 1), k - (n & 1)
                    if ci < 0 or cj < 0 or ci >= cell_base.shape[0] or cj >= cell_base.shape[1]:
                        continue
                    if ck < cell_first[ci, cj] or ck >= cell_last[ci, cj]:
                        continue
                    cell = cell_base[ci, cj] + ck
                    x += force[cell, 3 * n]
                    y += force[cell, 3 * n + 1]
                    z += force[cell, 3 * n + 2]
                held = weight.shape[1] > 0
                out[0, at] = 0.0 if held and weight[0, at] == 0.0 else x
                out[1, at] = 0.0 if held and weight[1, at] == 0.0 else y
                out[2, at] = 0.0 if held and weight[2, at] == 0.0 else z
