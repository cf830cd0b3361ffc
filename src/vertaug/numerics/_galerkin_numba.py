"""Coarse operators of a body of bricks, compiled: stiffness of a grid twice as wide.

Every coarse function is interpolated linearly from eight coarse nodes, so the stiffness of a
coarse cell is the sum over its eight children of ``P^T K P``. It is exact: no mean modulus is
taken, thin struts and voids keep their own stiffness. A node's operator is its three rows of 81
numbers, for itself and its 26 neighbours. Vectors of coarse levels hold the three values of a
node side by side, with two nodes of nothing before the first and after the last one, so that
what lies beside the end of a run can be read; it is met by zeros of the operator.

The readable twin is `_galerkin_reference`.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_U = numba.uint64
_FAST: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
_SIZE = 576


@numba.njit(**_FAST)
def _sum_children(moduli, table, pattern, rows, i, j, k, out):  # type: ignore[no-untyped-def]
    """Fill the stiffness of a coarse cell from the moduli of its bricks."""
    base, first, last = rows
    for n in range(_SIZE):
        out[n] = 0
    for a in range(2):
        ci = 2 * i + a
        for b in range(2):
            cj = 2 * j + b
            if ci >= base.shape[0] or cj >= base.shape[1]:
                continue
            for c in range(2):
                ck = 2 * k + c
                if ck < first[ci, cj] or ck >= last[ci, cj]:
                    continue
                at = base[ci, cj] + ck
                for m in range(moduli.shape[0]):
                    e = moduli[m, at]
                    if e != 0.0:
                        part = table[pattern[at], m, 4 * a + 2 * b + c]
                        for n in range(_SIZE):
                            out[n] += e * part[n]


@numba.njit(**_FAST)
def _fold_rows(k, upper, bit):  # type: ignore[no-untyped-def]
    """Replace pairs of rows of nodes along one axis by those of the coarse nodes."""
    half = k.dtype.type(0.5)
    for node in range(8):
        if node & bit:
            continue
        for axis in range(3):
            low, high = (3 * node + axis) * 24, (3 * (node + bit) + axis) * 24
            if upper:
                for n in range(24):
                    v = half * k[low + n]
                    k[low + n] = v
                    k[high + n] += v
            else:
                for n in range(24):
                    v = half * k[high + n]
                    k[low + n] += v
                    k[high + n] = v


@numba.njit(**_FAST)
def _fold(k, position, work):  # type: ignore[no-untyped-def]
    """Turn a cell's stiffness into its share of the stiffness of the cell twice as wide."""
    for _ in range(2):
        for bit in (1, 2, 4):
            _fold_rows(k, (position & bit) != 0, bit)
        for a in range(24):
            for b in range(24):
                work[a * 24 + b] = k[b * 24 + a]
        for n in range(_SIZE):
            k[n] = work[n]


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
def sum_bricks(
    moduli: NDArray[Any],
    table: NDArray[Any],
    pattern: NDArray[np.int16],
    fine: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    coarse: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    out: NDArray[Any],
) -> None:
    """Fill the stiffness of coarse cells from the moduli of bricks; see the reference."""
    base, first, last = coarse
    for i in numba.prange(base.shape[0]):
        for j in range(base.shape[1]):
            for k in range(first[i, j], last[i, j]):
                _sum_children(moduli, table, pattern, fine, i, j, k, out[base[i, j] + k])


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
def sum_cells(
    stiffness: NDArray[Any],
    fine: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    coarse: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    out: NDArray[Any],
) -> None:
    """Fill the stiffness of coarse cells from that of finer cells; see the reference."""
    base, first, last = coarse
    fine_base, fine_first, fine_last = fine
    for i in numba.prange(base.shape[0]):
        one, work = np.empty(_SIZE, out.dtype), np.empty(_SIZE, out.dtype)
        for j in range(base.shape[1]):
            for k in range(first[i, j], last[i, j]):
                total = out[base[i, j] + k]
                for n in range(_SIZE):
                    total[n] = 0
                for position in range(8):
                    ci, cj = 2 * i + (position >> 2), 2 * j + ((position >> 1) & 1)
                    ck = 2 * k + (position & 1)
                    if ci >= fine_base.shape[0] or cj >= fine_base.shape[1]:
                        continue
                    if ck < fine_first[ci, cj] or ck >= fine_last[ci, cj]:
                        continue
                    given = stiffness[fine_base[ci, cj] + ck]
                    for n in range(_SIZE):
                        one[n] = given[n]
                    _fold(one, position, work)
                    for n in range(_SIZE):
                        total[n] += one[n]


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
def gather_stencil(
    stiffness: NDArray[Any],
    cells: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    nodes: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    shift: int,
    out: NDArray[Any],
) -> None:
    """Fill the blocks of every node from the stiffness of its cells; see the reference."""
    base, first, last = nodes
    cell_base, cell_first, cell_last = cells
    for i in numba.prange(base.shape[0]):
        for j in range(base.shape[1]):
            for k in range(first[i, j], last[i, j]):
                mine = out[base[i, j] + k]
                for n in range(243):
                    mine[n] = 0
                for corner in range(8):
                    a, b, c = corner >> 2, (corner >> 1) & 1, corner & 1
                    ci, cj, ck = i + shift - a, j - b, k - c
                    if ci < 0 or cj < 0 or ci >= cell_base.shape[0] or cj >= cell_base.shape[1]:
                        continue
                    if ck < cell_first[ci, cj] or ck >= cell_last[ci, cj]:
                        continue
                    given = stiffness[cell_base[ci, cj] + ck]
                    for other in range(8):
                        side = 9 * (1 - a + (other >> 2)) + 3 * (1 - b + ((other >> 1) & 1))
                        side += 1 - c + (other & 1)
                        for p in range(3):
                            for q in range(3):
                                value = given[(3 * corner + p) * 24 + 3 * other + q]
                                mine[81 * p + 3 * side + q] += value


@numba.njit(**_FAST)
def _collect(x, nodes, i, j, k, near):  # type: ignore[no-untyped-def]
    """Copy the values of a node and its 26 neighbours side by side.

    Beside the ends of a run stand values of another run: the blocks for them are zero.
    """
    base, first, last = nodes
    to = 0
    for di in range(-1, 2):
        for dj in range(-1, 2):
            a, b = i + di, j + dj
            seen = 0 <= a < base.shape[0] and 0 <= b < base.shape[1]
            seen = seen and last[a, b] > first[a, b]
            if seen and first[a, b] <= k + 1 and last[a, b] >= k:
                at = _U(3 * (base[a, b] + k) + 3)
                for n in range(_U(9)):
                    near[_U(to) + n] = x[at + n]
            else:
                for n in range(_U(9)):
                    near[_U(to) + n] = 0
            to += 9


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _product(blocks, at, near):  # type: ignore[no-untyped-def]
    """Return the product of a node's three rows with its neighbourhood."""
    s0 = s1 = s2 = near[0] * blocks.dtype.type(0)
    for n in range(_U(81)):
        v = near[n]
        s0 += blocks[at + n] * v
        s1 += blocks[at + _U(81) + n] * v
        s2 += blocks[at + _U(162) + n] * v
    return s0, s1, s2


@numba.njit(**_FAST)
def _end_node(s, task, b, d, weight, keep, take, x, y, at):  # type: ignore[no-untyped-def]
    """Write one value of the result; vectors have two nodes of nothing before the first one."""
    if task == 0:
        y[at] = s
    elif task == 1:
        y[at] = b[at] - s if weight[at] != 0.0 else b[at] * 0
    else:
        g = keep * d[at] + take * weight[at] * (b[at] - s)
        d[at] = g
        y[at] = x[at] + g


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
def sweep_stencil(
    x: NDArray[Any],
    blocks: NDArray[Any],
    nodes: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    task: int,
    b: NDArray[Any],
    d: NDArray[Any],
    weight: NDArray[Any],
    keep: float,
    take: float,
    y: NDArray[Any],
    parts: int,
) -> None:
    """Fill ``y`` from the product of a coarse operator with ``x``; see the reference."""
    base, first, last = nodes
    count = base.shape[0]
    flat = blocks.reshape(-1)
    for part in numba.prange(parts):
        near = np.empty(81, x.dtype)
        for i in range(count * part // parts, count * (part + 1) // parts):
            for j in range(base.shape[1]):
                for k in range(first[i, j], last[i, j]):
                    node = base[i, j] + k
                    _collect(x, nodes, i, j, k, near)
                    s0, s1, s2 = _product(flat, _U(243 * node), near)
                    at = _U(3 * node + 6)
                    _end_node(s0, task, b, d, weight, keep, take, x, y, at)
                    _end_node(s1, task, b, d, weight, keep, take, x, y, at + _U(1))
                    _end_node(s2, task, b, d, weight, keep, take, x, y, at + _U(2))


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
def restrict(
    fine: NDArray[Any],
    layout: tuple[int, int, int],
    fine_nodes: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    nodes: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    out: NDArray[Any],
) -> None:
    """Fill coarse forces from fine ones, the transpose of `interpolate`; see the reference."""
    fine_base, fine_first, fine_last = fine_nodes
    base, first, last = nodes
    longest = 0
    for i in range(fine_base.shape[0]):
        for j in range(fine_base.shape[1]):
            longest = max(longest, fine_last[i, j])
    half = fine.dtype.type(0.5)
    one = fine.dtype.type(1.0)
    origin, along, step = layout
    for i in numba.prange(base.shape[0]):
        line = np.empty(longest + 4, fine.dtype)
        for j in range(base.shape[1]):
            low, high = first[i, j], last[i, j]
            if high <= low:
                continue
            for p in range(3):
                for n in range(2 * low, 2 * high + 1):
                    line[n] = 0
                for di in range(-1, 2):
                    fi = 2 * i + di
                    for dj in range(-1, 2):
                        fj = 2 * j + dj
                        inside = 0 <= fi < fine_base.shape[0] and 0 <= fj < fine_base.shape[1]
                        if not inside:
                            continue
                        share = (one if di == 0 else half) * (one if dj == 0 else half)
                        at = origin + p * along + fine_base[fi, fj] * step
                        start = max(fine_first[fi, fj], 2 * low - 1)
                        stop = min(fine_last[fi, fj], 2 * high)
                        for n in range(start, stop):
                            line[n + 1] += share * fine[_U(at + n * step)]
                # line[n + 1] is fine node n
                to = 6 + p + 3 * base[i, j]
                for k in range(low, high):
                    out[_U(to + 3 * k)] = line[2 * k + 1] + half * (line[2 * k] + line[2 * k + 2])


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
def interpolate(
    coarse: NDArray[Any],
    nodes: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    fine_nodes: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    layout: tuple[int, int, int],
    weight: NDArray[Any],
    x: NDArray[Any],
) -> None:
    """Add the coarse field to the free nodes of the fine grid; see the reference."""
    fine_base, fine_first, fine_last = fine_nodes
    base, first, last = nodes
    longest = 0
    for i in range(base.shape[0]):
        for j in range(base.shape[1]):
            longest = max(longest, last[i, j])
    half = x.dtype.type(0.5)
    one = x.dtype.type(1.0)
    origin, along, step = layout
    for i in numba.prange(fine_base.shape[0]):
        line = np.empty(longest + 2, x.dtype)
        for j in range(fine_base.shape[1]):
            low, high = fine_first[i, j], fine_last[i, j]
            if high <= low:
                continue
            share = (half if i & 1 else one) * (half if j & 1 else one)
            for p in range(3):
                for n in range(low // 2, high // 2 + 2):
                    line[min(n, longest + 1)] = 0
                for ci in range(i // 2, i // 2 + (i & 1) + 1):
                    for cj in range(j // 2, j // 2 + (j & 1) + 1):
                        if ci >= base.shape[0] or cj >= base.shape[1]:
                            continue
                        at = 6 + p + 3 * base[ci, cj]
                        start = max(first[ci, cj], low // 2)
                        stop = min(last[ci, cj], high // 2 + 2)
                        for n in range(start, stop):
                            line[n] += share * coarse[_U(at + 3 * n)]
                to = origin + p * along + fine_base[i, j] * step
                for k in range(low, high):
                    a, n = k >> 1, _U(to + k * step)
                    v = line[a] if k & 1 == 0 else half * (line[a] + line[a + 1])
                    if weight[n] != 0.0:
                        x[n] += v
