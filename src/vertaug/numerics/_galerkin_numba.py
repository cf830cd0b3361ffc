"""Coarse operators of a body of bricks, compiled: stiffness of a grid twice as wide.

Every coarse function is interpolated linearly from eight coarse nodes, so the stiffness of a
coarse cell is the sum over its eight children of ``P^T K P``. It is exact: no mean modulus is
taken, thin struts and voids keep their own stiffness. Stiffness is symmetric: of a cell's 24 rows
the upper triangle is kept, of a node's operator the half that `_stencil_numba` multiplies with.

The readable twin is `_galerkin_reference`.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_U = numba.uint64
_FAST: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
_WHOLE = 576
_SIZE = 300
"""Numbers of a cell's stiffness, and of its upper triangle, row by row."""


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
        for n in range(_WHOLE):
            k[n] = work[n]


@numba.njit(**_FAST)
def _unfold_triangle(given, one):  # type: ignore[no-untyped-def]
    """Fill all rows from the upper triangle."""
    n = 0
    for a in range(24):
        for b in range(a, 24):
            one[a * 24 + b] = given[n]
            one[b * 24 + a] = given[n]
            n += 1


@numba.njit(**_FAST)
def _add_triangle(one, total):  # type: ignore[no-untyped-def]
    n = 0
    for a in range(24):
        for b in range(a, 24):
            total[n] += one[a * 24 + b]
            n += 1


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
    rows = base.shape[1]
    for row in numba.prange(base.shape[0] * rows):
        i, j = row // rows, row % rows
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
    rows = base.shape[1]
    for row in numba.prange(base.shape[0] * rows):
        i, j = row // rows, row % rows
        one, work = np.empty(_WHOLE, out.dtype), np.empty(_WHOLE, out.dtype)
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
                _unfold_triangle(stiffness[fine_base[ci, cj] + ck], one)
                _fold(one, position, work)
                _add_triangle(one, total)


@numba.njit(**_FAST)
def _add_corner(given, corner, other, side, mine):  # type: ignore[no-untyped-def]
    """Add what one node of a cell feels from another one that does not come before it."""
    for p in range(3):
        for q in range(3):
            a, b = 3 * corner + p, 3 * other + q
            if a > b:
                a, b = b, a
            mine[42 * p + 3 * side + q] += given[a * (47 - a) // 2 + b]


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
    rows = base.shape[1]
    for row in numba.prange(base.shape[0] * rows):
        i, j = row // rows, row % rows
        for k in range(first[i, j], last[i, j]):
            mine = out[base[i, j] + k]
            for n in range(126):
                mine[n] = 0
            for corner in range(8):
                a, b, c = corner >> 2, (corner >> 1) & 1, corner & 1
                ci, cj, ck = i + shift - a, j - b, k - c
                if ci < 0 or cj < 0 or ci >= cell_base.shape[0] or cj >= cell_base.shape[1]:
                    continue
                if ck < cell_first[ci, cj] or ck >= cell_last[ci, cj]:
                    continue
                given = stiffness[cell_base[ci, cj] + ck]
                for other in range(corner, 8):
                    side = 9 * ((other >> 2) - a) + 3 * (((other >> 1) & 1) - b) + (other & 1) - c
                    _add_corner(given, corner, other, side, mine)


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
