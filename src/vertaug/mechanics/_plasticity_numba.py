"""Perfectly plastic bricks: forces, and their change with the displacement, compiled.

Each brick has eight points with their own plastic strain. Volumetric strain is taken as its mean
over the brick (B-bar, Hughes, IJNME 1980;15:1413), so that incompressible flow does not lock.
Stresses are brought back to the yield surface along the elastic distance; the tangent is that of
the return, so that Newton's method converges quadratically, but for the share of the elastic one
that is asked for.

The readable twin is `_plasticity_reference`.
"""

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from vertaug.mechanics._return_mapping_numba import return_mises, return_tresca
from vertaug.numerics._brick_numba import BLOCK, add_pairs, load_pairs

_U = numba.uint64
_B = _U(BLOCK)
_GAUSS = 1.0 / math.sqrt(3.0)
_UPPER = np.array(
    [
        [0, 1, 2, 3, 4, 5],
        [1, 6, 7, 8, 9, 10],
        [2, 7, 11, 12, 13, 14],
        [3, 8, 12, 15, 16, 17],
        [4, 9, 13, 16, 18, 19],
        [5, 10, 14, 17, 19, 20],
    ]
)
"""Where an entry of a symmetric 6 x 6 matrix stands in its upper half."""
_PLAIN: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
MISES, TRESCA = 0, 1


@numba.njit(**_PLAIN)
def _to_modes(w, many, m):  # type: ignore[no-untyped-def]
    """Fill the modes of displacement of a block: stretch 8 axis + mode of ``m``.

    Modes are 1, x, y, z, xy, xz, yz, xyz with x along the last axis; see `_brick_numba`.
    """
    for axis in range(3):
        r0, r1 = _U(2 * axis) * _B, _U(2 * axis + 6) * _B
        r2, r3 = _U(2 * axis + 12) * _B, _U(2 * axis + 18) * _B
        to = _U(8 * axis) * _B
        for n in range(many):
            p, r = w[r0 + n] + w[r1 + n], w[r2 + n] + w[r3 + n]
            s, v = w[r1 + n] - w[r0 + n], w[r3 + n] - w[r2 + n]
            m[to + _U(2) * _B + n] = s + v
            m[to + _U(3) * _B + n] = r - p
            m[to + _U(6) * _B + n] = v - s
            p, r = w[r0 + _B + n] + w[r1 + _B + n], w[r2 + _B + n] + w[r3 + _B + n]
            s, v = w[r1 + _B + n] - w[r0 + _B + n], w[r3 + _B + n] - w[r2 + _B + n]
            m[to + _B + n] = p + r
            m[to + _U(4) * _B + n] = s + v
            m[to + _U(5) * _B + n] = r - p
            m[to + _U(7) * _B + n] = v - s


@numba.njit(**_PLAIN)
def _from_modes(m, many, t):  # type: ignore[no-untyped-def]
    """Fill the rows of force of a block from the modes of force."""
    for axis in range(3):
        at = _U(8 * axis) * _B
        r0, r1 = _U(2 * axis) * _B, _U(2 * axis + 6) * _B
        r2, r3 = _U(2 * axis + 12) * _B, _U(2 * axis + 18) * _B
        for n in range(many):
            f2, f3, f6 = m[at + _U(2) * _B + n], m[at + _U(3) * _B + n], m[at + _U(6) * _B + n]
            t[r0 + n], t[r1 + n] = f6 - f2 - f3, f2 - f3 - f6
            t[r2 + n], t[r3 + n] = f3 - f2 - f6, f2 + f3 + f6
            f1, f4 = m[at + _B + n], m[at + _U(4) * _B + n]
            f5, f7 = m[at + _U(5) * _B + n], m[at + _U(7) * _B + n]
            t[r0 + _B + n], t[r1 + _B + n] = f1 - f4 - f5 + f7, f1 + f4 - f5 - f7
            t[r2 + _B + n], t[r3 + _B + n] = f1 - f4 + f5 - f7, f1 + f4 + f5 + f7


@numba.njit(**_PLAIN)
def _strain_point(m, many, point, q, e):  # type: ignore[no-untyped-def]
    """Fill the strains of a block at a point, with the mean dilatation of each brick."""
    x = _GAUSS if point & 1 else -_GAUSS
    y = _GAUSS if point & 2 else -_GAUSS
    z = _GAUSS if point & 4 else -_GAUSS
    qz, qy, qx = q
    a, b, c = _U(16) * _B, _U(8) * _B, _U(0)
    for n in range(many):
        a4, a5, a6, a7 = m[a + _U(4) * _B + n], m[a + _U(5) * _B + n], 0.0, m[a + _U(7) * _B + n]
        a6 = m[a + _U(6) * _B + n]
        b4, b5, b6 = m[b + _U(4) * _B + n], m[b + _U(5) * _B + n], m[b + _U(6) * _B + n]
        b7 = m[b + _U(7) * _B + n]
        c4, c5, c6 = m[c + _U(4) * _B + n], m[c + _U(5) * _B + n], m[c + _U(6) * _B + n]
        c7 = m[c + _U(7) * _B + n]
        a1, a2, a3 = m[a + _B + n], m[a + _U(2) * _B + n], m[a + _U(3) * _B + n]
        b1, b2, b3 = m[b + _B + n], m[b + _U(2) * _B + n], m[b + _U(3) * _B + n]
        c1, c2, c3 = m[c + _B + n], m[c + _U(2) * _B + n], m[c + _U(3) * _B + n]
        # parts beyond the mean, whose dilatation is left out
        ex = qx * (y * a4 + z * a5 + y * z * a7)
        ey = qy * (x * b4 + z * b6 + x * z * b7)
        ez = qz * (x * c5 + y * c6 + x * y * c7)
        third = (ex + ey + ez) / 3.0
        e[n] = qz * c3 + ez - third
        e[_B + n] = qy * b2 + ey - third
        e[_U(2) * _B + n] = qx * a1 + ex - third
        e[_U(3) * _B + n] = qy * (a2 + x * a4 + z * a6 + x * z * a7) + qx * (
            b1 + y * b4 + z * b5 + y * z * b7
        )
        e[_U(4) * _B + n] = qz * (a3 + x * a5 + y * a6 + x * y * a7) + qx * (
            c1 + y * c4 + z * c5 + y * z * c7
        )
        e[_U(5) * _B + n] = qz * (b3 + x * b5 + y * b6 + x * y * b7) + qy * (
            c2 + x * c4 + z * c6 + x * z * c7
        )


@numba.njit(**_PLAIN)
def _force_point(s, many, point, q, volume, f):  # type: ignore[no-untyped-def]
    """Add the modes of force of the stresses at a point; the transpose of `_strain_point`."""
    x = _GAUSS if point & 1 else -_GAUSS
    y = _GAUSS if point & 2 else -_GAUSS
    z = _GAUSS if point & 4 else -_GAUSS
    qz, qy, qx = volume * q[0], volume * q[1], volume * q[2]
    a, b, c = _U(16) * _B, _U(8) * _B, _U(0)
    for n in range(many):
        s0, s1, s2 = s[n], s[_B + n], s[_U(2) * _B + n]
        mean = (s0 + s1 + s2) / 3.0
        f[c + _U(3) * _B + n] += qz * s0
        f[b + _U(2) * _B + n] += qy * s1
        f[a + _B + n] += qx * s2
        d0, d1, d2 = qz * (s0 - mean), qy * (s1 - mean), qx * (s2 - mean)
        s3, s4, s5 = s[_U(3) * _B + n], s[_U(4) * _B + n], s[_U(5) * _B + n]
        y3, x3, z4, x4, z5, y5 = qy * s3, qx * s3, qz * s4, qx * s4, qz * s5, qy * s5
        f[a + _U(2) * _B + n] += y3
        f[b + _B + n] += x3
        f[a + _U(3) * _B + n] += z4
        f[c + _B + n] += x4
        f[b + _U(3) * _B + n] += z5
        f[c + _U(2) * _B + n] += y5
        f[a + _U(4) * _B + n] += y * d2 + x * y3
        f[a + _U(5) * _B + n] += z * d2 + x * z4
        f[a + _U(6) * _B + n] += z * y3 + y * z4
        f[a + _U(7) * _B + n] += y * z * d2 + x * z * y3 + x * y * z4
        f[b + _U(4) * _B + n] += x * d1 + y * x3
        f[b + _U(5) * _B + n] += z * x3 + x * z5
        f[b + _U(6) * _B + n] += z * d1 + y * z5
        f[b + _U(7) * _B + n] += x * z * d1 + y * z * x3 + x * y * z5
        f[c + _U(4) * _B + n] += y * x4 + x * y5
        f[c + _U(5) * _B + n] += x * d0 + z * x4
        f[c + _U(6) * _B + n] += y * d0 + z * y5
        f[c + _U(7) * _B + n] += x * y * d0 + y * z * x4 + x * z * y5


@numba.njit(**_PLAIN)
def _multiply_row(flat, places, many, e, s, to):  # type: ignore[no-untyped-def]
    """Fill one component of stress from the six of strain."""
    n0, n1, n2, n3, n4, n5 = places
    for n in range(many):
        s[to + n] = (
            flat[n0 + n] * e[n]
            + flat[n1 + n] * e[_B + n]
            + flat[n2 + n] * e[_U(2) * _B + n]
            + flat[n3 + n] * e[_U(3) * _B + n]
            + flat[n4 + n] * e[_U(4) * _B + n]
            + flat[n5 + n] * e[_U(5) * _B + n]
        )


@numba.njit(**_PLAIN)
def _tangent_point(tangent, start, point, many, e, s):  # type: ignore[no-untyped-def]
    """Fill the stresses of a block at a point from its strains and its 168 rows of tangents."""
    for p in range(6):
        places = (
            start + _U(21 * point + _UPPER[p, 0]) * many,
            start + _U(21 * point + _UPPER[p, 1]) * many,
            start + _U(21 * point + _UPPER[p, 2]) * many,
            start + _U(21 * point + _UPPER[p, 3]) * many,
            start + _U(21 * point + _UPPER[p, 4]) * many,
            start + _U(21 * point + _UPPER[p, 5]) * many,
        )
        _multiply_row(tangent, places, many, e, s, _U(p) * _B)


@numba.njit(**_PLAIN)
def _fill_elastic(modulus, poisson, at, many, point, tangent):  # type: ignore[no-untyped-def]
    """Fill the elastic tangents of a block at a point; others are put in their place later."""
    shear, lame = 0.5 / (1.0 + poisson), poisson / ((1.0 + poisson) * (1.0 - 2.0 * poisson))
    for p in range(6):
        for r in range(p, 6):
            share = 0.0
            if p == r:
                share = lame + 2.0 * shear if p < 3 else shear
            elif r < 3:
                share = lame
            to = _U(21 * point + _UPPER[p, r]) * many
            for n in range(many):
                tangent[to + n] = share * modulus[at + n]


@numba.njit(**_PLAIN)
def _stress_point(e, many, point, matter, at, s, settled, tangent, left, want, settle):  # type: ignore[no-untyped-def]
    """Fill the stresses of a block at a point, and where asked its tangents and plastic strains."""
    surface, modulus, poisson, limit, plastic, kept = matter
    one, own = np.empty(6), np.empty(21)
    for n in range(many):
        cell = at + n
        young = modulus[cell]
        bulk, shear = young / (3.0 * (1.0 - 2.0 * poisson)), young / (2.0 * (1.0 + poisson))
        spread = e[n] + e[BLOCK + n] + e[2 * BLOCK + n]
        for p in range(6):
            v = e[p * BLOCK + n] - plastic[6 * point + p, cell]
            one[p] = 2.0 * shear * (v - spread / 3.0) if p < 3 else shear * v
        outside = False
        if young > 0.0:
            if surface == MISES:
                outside = return_mises(one, limit[cell], bulk, shear, own, want)
            else:
                outside = return_tresca(one, limit[cell], bulk, shear, own, want)
        if settle:
            for p in range(6):
                v = e[p * BLOCK + n]
                row = 6 * point + p
                if not outside:
                    settled[row, cell] = plastic[row, cell]
                elif p < 3:
                    settled[row, cell] = v - spread / 3.0 - one[p] / (2.0 * shear)
                else:
                    settled[row, cell] = v - one[p] / shear
        if want and outside:
            for p in range(21):
                to = (21 * point + p) * many + n
                tangent[to] = own[p] + kept * (tangent[to] - own[p])
            part = own[0] + own[6] + own[11] + 2.0 * (own[15] + own[18] + own[20])
            left[n] += 0.125 * (part - 3.0 * bulk) / (10.0 * shear)
        elif young > 0.0:
            left[n] += 0.125
        for p in range(6):
            s[p * BLOCK + n] = one[p] + bulk * spread if p < 3 else one[p]


@numba.njit(**_PLAIN)
def _clear(y, planes, i):  # type: ignore[no-untyped-def]
    for axis in range(3):
        y[axis, planes[i] : planes[i + 1]] = 0.0


@numba.njit(**_PLAIN)
def _work_slab(u, body, q, volume, matter, settled, tangent, left, y, slab, change):  # type: ignore[no-untyped-def]
    """Sum the forces of the bricks at the planes of nodes of a slab."""
    (base, first, last), nodes, planes = body
    z0, z1 = slab
    slabs = base.shape[0]
    w, t = np.empty(24 * BLOCK), np.empty(24 * BLOCK)
    m, f = np.empty(24 * BLOCK), np.empty(24 * BLOCK)
    e, s = np.empty(6 * BLOCK), np.empty(6 * BLOCK)
    want = tangent.shape[0] > 0 and not change
    new, share = np.empty(168 * BLOCK if want else 1), np.empty(BLOCK)
    for i in range(z0, z1):
        _clear(y, planes, i)
    for i in range(max(z0 - 1, 0), min(z1, slabs)):
        low, high = 0 if i >= z0 else 2, 4 if i + 1 < z1 else 2
        for j in range(base.shape[1]):
            for k in range(first[i, j], last[i, j], BLOCK):
                many = _U(min(BLOCK, last[i, j] - k))
                at = base[i, j] + k
                for r in range(4):
                    node = _U(nodes[i + (r >> 1), j + (r & 1)] + k)
                    for axis in range(3):
                        load_pairs(u[axis], node, many, w, _U((r * 3 + axis) * 2) * _B)
                _to_modes(w, many, m)
                f[:] = 0.0
                share[:] = 0.0
                for point in range(8):
                    _strain_point(m, many, point, q, e)
                    if change:
                        _tangent_point(tangent, _U(168 * at), point, many, e, s)
                    else:
                        if want:
                            _fill_elastic(matter[1], matter[2], at, many, point, new)
                        settle, many_ = settled.shape[0] > 0 and i >= z0, np.int64(many)
                        _stress_point(
                            e, many_, point, matter, at, s, settled, new, share, want, settle
                        )
                    _force_point(s, many, point, q, volume, f)
                if want and i >= z0:
                    for n in range(_U(168) * many):
                        tangent[_U(168 * at) + n] = new[n]
                    for c in range(np.int64(many)):
                        left[at + c] = share[c]
                _from_modes(f, many, t)
                for r in range(low, high):
                    node = _U(nodes[i + (r >> 1), j + (r & 1)] + k)
                    for axis in range(3):
                        add_pairs(y[axis], node, many, t, _U((r * 3 + axis) * 2) * _B)


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def stress_bricks(
    u: NDArray[np.float64],
    cells: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    nodes: NDArray[np.int64],
    planes: NDArray[np.int64],
    spacing: NDArray[np.float64],
    surface: int,
    modulus: NDArray[np.float64],
    poisson: float,
    limit: NDArray[np.float64],
    plastic: NDArray[np.float64],
    kept: float,
    settled: NDArray[np.float64],
    tangent: NDArray[np.float32],
    left: NDArray[np.float64],
    y: NDArray[np.float64],
    parts: int,
) -> None:
    """Fill the forces of the nodes, and what is left of the stiffness; see the reference."""
    q = (0.25 / spacing[0], 0.25 / spacing[1], 0.25 / spacing[2])
    volume = spacing[0] * spacing[1] * spacing[2] / 8.0
    count = nodes.shape[0]
    for part in numba.prange(parts):
        body = (cells, nodes, planes)
        matter = (surface, modulus, poisson, limit, plastic, kept)
        slab = (count * part // parts, count * (part + 1) // parts)
        _work_slab(u, body, q, volume, matter, settled, tangent, left, y, slab, False)


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def change_bricks(
    u: NDArray[np.float64],
    cells: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    nodes: NDArray[np.int64],
    planes: NDArray[np.int64],
    spacing: NDArray[np.float64],
    tangent: NDArray[np.float32],
    weight: NDArray[np.float32],
    y: NDArray[np.float64],
    dots: NDArray[np.float64],
    parts: int,
) -> None:
    """Fill the change of the forces with a displacement; see the reference."""
    q = (0.25 / spacing[0], 0.25 / spacing[1], 0.25 / spacing[2])
    volume = spacing[0] * spacing[1] * spacing[2] / 8.0
    count = nodes.shape[0]
    none, line = np.empty((0, 0)), np.empty(0)
    for part in numba.prange(parts):
        body, matter = (cells, nodes, planes), (0, line, 0.0, line, none, 0.0)
        z0, z1 = count * part // parts, count * (part + 1) // parts
        _work_slab(u, body, q, volume, matter, none, tangent, line, y, (z0, z1), True)
        for i in range(z0, z1):
            total = 0.0
            for axis in range(3):
                for n in range(planes[i], planes[i + 1]):
                    v = y[axis, n] if weight[axis, n] != 0.0 else 0.0
                    y[axis, n] = v
                    total += v * u[axis, n]
            dots[i] = total
