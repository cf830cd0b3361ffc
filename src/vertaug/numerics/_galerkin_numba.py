"""Coarse operators of a body of bricks: stiffness between the nodes of a grid twice as wide, compiled.

Every coarse function is interpolated linearly from eight coarse nodes, so the stiffness of a
coarse cell is the sum over its eight children of ``P^T K P``. It is exact: no mean modulus is
taken, thin struts and voids keep their own stiffness. Operators are kept as blocks of 3 x 3
between a node and its neighbours; of each pair of opposite neighbours one block is enough.

The readable twin is `_galerkin_reference`.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_U = numba.uint64
_FAST = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
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
    for turn in range(2):
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
                at = base[i, j] + k
                for n in range(126):
                    out[n, at] = 0
                for corner in range(8):
                    a, b, c = corner >> 2, (corner >> 1) & 1, corner & 1
                    ci, cj, ck = i + shift - a, j - b, k - c
                    if ci < 0 or cj < 0 or ci >= cell_base.shape[0] or cj >= cell_base.shape[1]:
                        continue
                    if ck < cell_first[ci, cj] or ck >= cell_last[ci, cj]:
                        continue
                    given = stiffness[cell_base[ci, cj] + ck]
                    for other in range(8):
                        di, dj, dk = (other >> 2) - a, ((other >> 1) & 1) - b, (other & 1) - c
                        side = 9 * di + 3 * dj + dk
                        if side < 0:
                            continue
                        for p in range(3):
                            for q in range(3):
                                value = given[(3 * corner + p) * 24 + 3 * other + q]
                                out[side * 9 + 3 * p + q, at] += value


@numba.njit(**_FAST)
def _add_block(acc, blocks, x, n, stride, to, at, other, size, many):  # type: ignore[no-untyped-def]
    """Add three terms to a run of products; all arrays are flat, all numbers unsigned."""
    n1, n2 = n + stride, n + stride + stride
    x1, x2 = other + size, other + size + size
    for k in range(many):
        acc[to + k] += (
            blocks[n + at + k] * x[other + k]
            + blocks[n1 + at + k] * x[x1 + k]
            + blocks[n2 + at + k] * x[x2 + k]
        )


@numba.njit(**_FAST)
def _product_row(x, blocks, size, nodes, i, j, acc, width):  # type: ignore[no-untyped-def]
    """Fill the products of one run of nodes, three stretches of ``width``."""
    base, first, last = nodes
    for n in range(3 * width):
        acc[n] = 0
    for di in range(-1, 2):
        if i + di < 0 or i + di >= base.shape[0]:
            continue
        for dj in range(-1, 2):
            if j + dj < 0 or j + dj >= base.shape[1]:
                continue
            low, high = first[i + di, j + dj], last[i + di, j + dj]
            for dk in range(-1, 2):
                start, stop = max(first[i, j], low - dk), min(last[i, j], high - dk)
                if stop <= start:
                    continue
                many = _U(stop - start)
                own = _U(base[i, j] + start)
                other = _U(base[i + di, j + dj] + start + dk)
                side = 9 * di + 3 * dj + dk
                for p in range(3):
                    to = _U(p * width + start - first[i, j])
                    if side >= 0:
                        n = _U(side * 9 + 3 * p) * size
                        _add_block(acc, blocks, x, n, size, to, own, other, size, many)
                    else:
                        # the block of the opposite side, transposed
                        n = _U(-side * 9 + p) * size
                        _add_block(
                            acc, blocks, x, n, _U(3) * size, to, other, other, size, many
                        )


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
    flat_x, flat_blocks, size = x.reshape(-1), blocks.reshape(-1), _U(x.shape[1])
    width = 1
    for i in range(count):
        for j in range(base.shape[1]):
            width = max(width, last[i, j] - first[i, j])
    for part in numba.prange(parts):
        acc = np.empty(3 * width, x.dtype)
        for i in range(count * part // parts, count * (part + 1) // parts):
            for j in range(base.shape[1]):
                many = last[i, j] - first[i, j]
                if many <= 0:
                    continue
                _product_row(flat_x, flat_blocks, size, nodes, i, j, acc, width)
                at = base[i, j] + first[i, j]
                for p in range(3):
                    out, given, shift = y[p], b[p], p * width
                    step, w, u = d[p], weight[p], x[p]
                    if task == 0:
                        for k in range(many):
                            out[at + k] = acc[shift + k]
                    elif task == 1:
                        for k in range(many):
                            free = w[at + k] != 0.0
                            out[at + k] = given[at + k] - acc[shift + k] if free else 0.0
                    else:
                        for k in range(many):
                            g = keep * step[at + k]
                            g += take * w[at + k] * (given[at + k] - acc[shift + k])
                            step[at + k] = g
                            out[at + k] = u[at + k] + g


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
def restrict(
    fine: NDArray[Any],
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
                        given, shift = fine[p], fine_base[fi, fj]
                        start = max(fine_first[fi, fj], 2 * low - 1)
                        stop = min(fine_last[fi, fj], 2 * high)
                        for n in range(start, stop):
                            line[n + 1] += share * given[shift + n]
                # line[n + 1] is fine node n
                to = base[i, j]
                for k in range(low, high):
                    out[p, to + k] = line[2 * k + 1] + half * (line[2 * k] + line[2 * k + 2])


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True, fastmath={"contract"})
def interpolate(
    coarse: NDArray[Any],
    nodes: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    fine_nodes: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
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
                        given, shift = coarse[p], base[ci, cj]
                        start = max(first[ci, cj], low // 2)
                        stop = min(last[ci, cj], high // 2 + 2)
                        for n in range(start, stop):
                            line[n] += share * given[shift + n]
                to, w, out = fine_base[i, j], weight[p], x[p]
                for k in range(low, high):
                    a = k >> 1
                    v = line[a] if k & 1 == 0 else half * (line[a] + line[a + 1])
                    if w[to + k] != 0.0:
                        out[to + k] += v
