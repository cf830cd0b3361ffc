"""Products with the stiffness of a body of bricks, compiled.

A brick is met in its modes (sums and differences of its corners along the axes), in which few
terms are coupled: some 230 operations instead of 1152. Bricks of a row are worked on in blocks
of `BLOCK`, so that every loop runs over neighbours in memory. Each thread owns a slab of planes
of nodes and computes the bricks at its border once more: nothing is written by two threads,
and the order of additions does not depend on their number.

No products are fused and no sums ordered by the compiler: it would choose otherwise in the process
that compiles than for those that load its code.

The readable twin is `_brick_reference`.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from vertaug.numerics._vector_numba import dot_part
from vertaug.numerics.fused import fma

_U = numba.uint64
BLOCK = 64
_B = _U(BLOCK)
_NOTHING = np.float32(0.0)
_PLAIN: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


@numba.njit(**_PLAIN)
def load_pairs(row, at, many, w, to):  # type: ignore[no-untyped-def]
    """Write sums and differences of neighbours."""
    for n in range(many):
        a, b = row[at + n], row[at + n + _U(1)]
        w[to + n] = a + b
        w[to + _B + n] = b - a


@numba.njit(**_PLAIN)
def add_pairs(row, at, many, t, to):  # type: ignore[no-untyped-def]
    """Add forces back to the nodes of a row, from their sums and differences."""
    row[at] += t[to] - t[to + _B]
    for n in range(_U(1), many):
        before = n - _U(1)
        row[at + n] += (t[to + n] - t[to + _B + n]) + (t[to + before] + t[to + _B + before])
    end = many - _U(1)
    row[at + many] += t[to + end] + t[to + _B + end]


@numba.njit(inline="always")
def _mix(q, n, e, f):  # type: ignore[no-untyped-def]
    """Return a coefficient of a brick of one material, or of a mixture of two."""
    if f is None:
        return e * q[0, n]
    return e * q[0, n] + f * q[1, n]


@numba.njit(**_PLAIN)
def _respond(w, first, second, at, many, q, t):  # type: ignore[no-untyped-def]
    """Turn modes of displacement into modes of force for a block of bricks.

    ``w`` holds for the four rows of nodes (bit 0: y, bit 1: z) and the axes (z, y, x) sums and
    differences along x; ``t`` is filled the same way.
    """
    for n in range(many):
        e = first[at + n]
        f = None if second is None else second[at + n]
        # a: displacement along x, the third component
        p, r = w[_U(4) * _B + n] + w[_U(10) * _B + n], w[_U(16) * _B + n] + w[_U(22) * _B + n]
        s, v = w[_U(10) * _B + n] - w[_U(4) * _B + n], w[_U(22) * _B + n] - w[_U(16) * _B + n]
        a2, a3, a6 = s + v, r - p, v - s
        p, r = w[_U(5) * _B + n] + w[_U(11) * _B + n], w[_U(17) * _B + n] + w[_U(23) * _B + n]
        s, v = w[_U(11) * _B + n] - w[_U(5) * _B + n], w[_U(23) * _B + n] - w[_U(17) * _B + n]
        a1, a5, a4, a7 = p + r, r - p, s + v, v - s
        # b: along y
        p, r = w[_U(2) * _B + n] + w[_U(8) * _B + n], w[_U(14) * _B + n] + w[_U(20) * _B + n]
        s, v = w[_U(8) * _B + n] - w[_U(2) * _B + n], w[_U(20) * _B + n] - w[_U(14) * _B + n]
        b2, b3, b6 = s + v, r - p, v - s
        p, r = w[_U(3) * _B + n] + w[_U(9) * _B + n], w[_U(15) * _B + n] + w[_U(21) * _B + n]
        s, v = w[_U(9) * _B + n] - w[_U(3) * _B + n], w[_U(21) * _B + n] - w[_U(15) * _B + n]
        b1, b5, b4, b7 = p + r, r - p, s + v, v - s
        # c: along z
        p, r = w[n] + w[_U(6) * _B + n], w[_U(12) * _B + n] + w[_U(18) * _B + n]
        s, v = w[_U(6) * _B + n] - w[n], w[_U(18) * _B + n] - w[_U(12) * _B + n]
        c2, c3, c6 = s + v, r - p, v - s
        p, r = w[_B + n] + w[_U(7) * _B + n], w[_U(13) * _B + n] + w[_U(19) * _B + n]
        s, v = w[_U(7) * _B + n] - w[_B + n], w[_U(19) * _B + n] - w[_U(13) * _B + n]
        c1, c5, c4, c7 = p + r, r - p, s + v, v - s
        # forces
        k1, k2, k4 = _mix(q, 1, e, f), _mix(q, 2, e, f), _mix(q, 4, e, f)
        fa1 = fma(_mix(q, 0, e, f), a1, fma(k1, b2, k2 * c3))
        fb2 = fma(k1, a1, fma(_mix(q, 3, e, f), b2, k4 * c3))
        fc3 = fma(k2, a1, fma(k4, b2, _mix(q, 5, e, f) * c3))
        k7, k10, k13 = _mix(q, 7, e, f), _mix(q, 10, e, f), _mix(q, 13, e, f)
        fa2 = fma(_mix(q, 6, e, f), a2, k7 * b1)
        fb1 = fma(k7, a2, _mix(q, 8, e, f) * b1)
        fa3 = fma(_mix(q, 9, e, f), a3, k10 * c1)
        fc1 = fma(k10, a3, _mix(q, 11, e, f) * c1)
        fb3 = fma(_mix(q, 12, e, f), b3, k13 * c2)
        fc2 = fma(k13, b3, _mix(q, 14, e, f) * c2)
        k16, k19, k22 = _mix(q, 16, e, f), _mix(q, 19, e, f), _mix(q, 22, e, f)
        fa4 = fma(_mix(q, 15, e, f), a4, k16 * c6)
        fc6 = fma(_mix(q, 17, e, f), c6, k16 * a4)
        fa5 = fma(_mix(q, 18, e, f), a5, k19 * b6)
        fb6 = fma(_mix(q, 20, e, f), b6, k19 * a5)
        fb4 = fma(_mix(q, 21, e, f), b4, k22 * c5)
        fc5 = fma(_mix(q, 23, e, f), c5, k22 * b4)
        k25, k26, k28 = _mix(q, 25, e, f), _mix(q, 26, e, f), _mix(q, 28, e, f)
        fa6 = fma(_mix(q, 24, e, f), a6, fma(k25, c4, k26 * b5))
        fb5 = fma(k26, a6, fma(_mix(q, 27, e, f), b5, k28 * c4))
        fc4 = fma(k25, a6, fma(k28, b5, _mix(q, 29, e, f) * c4))
        fa7, fb7, fc7 = _mix(q, 30, e, f) * a7, _mix(q, 31, e, f) * b7, _mix(q, 32, e, f) * c7
        # back to rows
        s, v = fa2 + fa3, fa3 - fa2
        t[_U(4) * _B + n], t[_U(10) * _B + n] = fa6 - s, -v - fa6
        t[_U(16) * _B + n], t[_U(22) * _B + n] = v - fa6, s + fa6
        s, v, p, r = fa1 + fa7, fa1 - fa7, fa4 + fa5, fa4 - fa5
        t[_U(5) * _B + n], t[_U(11) * _B + n] = s - p, v + r
        t[_U(17) * _B + n], t[_U(23) * _B + n] = v - r, s + p
        s, v = fb2 + fb3, fb3 - fb2
        t[_U(2) * _B + n], t[_U(8) * _B + n] = fb6 - s, -v - fb6
        t[_U(14) * _B + n], t[_U(20) * _B + n] = v - fb6, s + fb6
        s, v, p, r = fb1 + fb7, fb1 - fb7, fb4 + fb5, fb4 - fb5
        t[_U(3) * _B + n], t[_U(9) * _B + n] = s - p, v + r
        t[_U(15) * _B + n], t[_U(21) * _B + n] = v - r, s + p
        s, v = fc2 + fc3, fc3 - fc2
        t[n], t[_U(6) * _B + n] = fc6 - s, -v - fc6
        t[_U(12) * _B + n], t[_U(18) * _B + n] = v - fc6, s + fc6
        s, v, p, r = fc1 + fc7, fc1 - fc7, fc4 + fc5, fc4 - fc5
        t[_B + n], t[_U(7) * _B + n] = s - p, v + r
        t[_U(13) * _B + n], t[_U(19) * _B + n] = v - r, s + p


@numba.njit(**_PLAIN)
def _take_rest(y, b, weight, at, end):  # type: ignore[no-untyped-def]
    for n in range(at, end):
        y[n] = b[n] - y[n] if weight[n] != 0.0 else y[n] * _NOTHING


@numba.njit(**_PLAIN)
def _step(y, u, b, d, weight, keep, take, at, end):  # type: ignore[no-untyped-def]
    for n in range(at, end):
        g = keep * d[n] + take * weight[n] * (b[n] - y[n])
        d[n] = g
        y[n] = u[n] + g


@numba.njit(**_PLAIN)
def _mask_and_dot(y, u, weight, at, end):  # type: ignore[no-untyped-def]
    for n in range(at, end):
        y[n] = y[n] if weight[n] != 0.0 else y[n] * _NOTHING
    return dot_part(y, u, at, end)


@numba.njit(**_PLAIN)
def _sweep_slab(  # type: ignore[no-untyped-def]
    u, first, second, q, cells, nodes, planes, task, b, d, weight, keep, take, y, dots, z0, z1
):
    cell_base, cell_first, cell_last = cells
    node_base = nodes
    slabs = cell_base.shape[0]
    w = np.empty(24 * BLOCK, u.dtype)
    t = np.empty(24 * BLOCK, u.dtype)
    for axis in range(3):
        y[axis, planes[z0] : planes[z0 + 1]] = 0
        if z1 == slabs + 1 and z0 != slabs:
            y[axis, planes[slabs] : planes[slabs + 1]] = 0
    for i in range(max(z0 - 1, 0), min(z1, slabs)):
        upper = i + 1 < z1
        if upper and i + 1 > z0:
            for axis in range(3):
                y[axis, planes[i + 1] : planes[i + 2]] = 0
        low, high = 0 if i >= z0 else 2, 4 if upper else 2
        for j in range(cell_base.shape[1]):
            for k in range(cell_first[i, j], cell_last[i, j], BLOCK):
                many = _U(min(BLOCK, cell_last[i, j] - k))
                for r in range(4):
                    at = _U(node_base[i + (r >> 1), j + (r & 1)] + k)
                    for axis in range(3):
                        load_pairs(u[axis], at, many, w, _U((r * 3 + axis) * 2) * _B)
                _respond(w, first, second, _U(cell_base[i, j] + k), many, q, t)
                for r in range(low, high):
                    at = _U(node_base[i + (r >> 1), j + (r & 1)] + k)
                    for axis in range(3):
                        add_pairs(y[axis], at, many, t, _U((r * 3 + axis) * 2) * _B)
        if i >= z0:
            _finish(u, task, b, d, weight, keep, take, y, dots, i, planes[i], planes[i + 1])
    if z1 == slabs + 1:
        at, end = planes[slabs], planes[slabs + 1]
        _finish(u, task, b, d, weight, keep, take, y, dots, slabs, at, end)


@numba.njit(**_PLAIN)
def _finish(u, task, b, d, weight, keep, take, y, dots, i, at, end):  # type: ignore[no-untyped-def]
    for axis in range(3):
        if task == 1:
            _take_rest(y[axis], b[axis], weight[axis], at, end)
        elif task == 2:
            _step(y[axis], u[axis], b[axis], d[axis], weight[axis], keep, take, at, end)
        elif task == 3:
            part = _mask_and_dot(y[axis], u[axis], weight[axis], at, end)
            dots[i] = part if axis == 0 else dots[i] + part


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def sweep(
    u: NDArray[Any],
    first: NDArray[Any],
    second: NDArray[Any] | None,
    q: NDArray[Any],
    cells: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    nodes: NDArray[np.int64],
    planes: NDArray[np.int64],
    task: int,
    b: NDArray[Any],
    d: NDArray[Any],
    weight: NDArray[Any],
    keep: float,
    take: float,
    y: NDArray[Any],
    dots: NDArray[np.float64],
    parts: int,
) -> None:
    """Fill ``y`` from the product of the stiffness with ``u``; see the reference."""
    count = nodes.shape[0]
    for part in numba.prange(parts):
        z0, z1 = count * part // parts, count * (part + 1) // parts
        if z1 > z0:
            _sweep_slab(
                u,
                first,
                second,
                q,
                cells,
                nodes,
                planes,
                task,
                b,
                d,
                weight,
                keep,
                take,
                y,
                dots,
                z0,
                z1,
            )
