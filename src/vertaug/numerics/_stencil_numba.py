"""Products with a coarse operator of which each pair of nodes is stored once, compiled.

A node keeps three rows of 42 numbers: for itself and the 13 neighbours that do not come before it.
What it feels from them and what they feel from it are found in one pass over these numbers: half
the memory of whole rows, and quicker. The parts of a run are put down side by side first and
added afterwards, since adding each to its neighbours at once would wait for the sum before.

Vectors of coarse levels hold the three values of a node side by side, with two nodes of nothing
before the first and after the last one, so that what lies beside the end of a run can be read; it
is met by zeros of the operator. Each thread owns a slab of planes and computes the plane before it
once more: nothing is written by two threads, and the order of additions does not depend on their
number.

The readable twin is `_stencil_reference`.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_U = numba.uint64
_FAST: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
_ROWS = 4
"""Rows of nodes behind a row: at (0, 1), (1, -1), (1, 0), (1, 1)."""


@numba.njit(**_FAST)
def _find_rows(nodes, i, j, rows):  # type: ignore[no-untyped-def]
    """Fill where the rows behind a row are: first entry in a vector, first and last node."""
    base, first, last = nodes
    for r in range(_ROWS):
        a, b = i + (r > 0), j + (1 if r == 0 else r - 2)
        rows[r] = 0
        if a < base.shape[0] and 0 <= b < base.shape[1] and last[a, b] > first[a, b]:
            rows[r, 0], rows[r, 1], rows[r, 2] = 6 + 3 * base[a, b], first[a, b], last[a, b]


@numba.njit(**_FAST)
def _collect(x, own, k, rows, v):  # type: ignore[no-untyped-def]
    """Copy the values of a node and of those behind it side by side.

    Beside the ends of a run stand values of another run: the blocks for them are zero.
    """
    for n in range(_U(6)):
        v[n] = x[own + n]
    for r in range(_ROWS):
        to = _U(6 + 9 * r)
        if rows[r, 1] <= k + 1 and rows[r, 2] >= k and rows[r, 2] > 0:
            at = _U(rows[r, 0] + 3 * k - 3)
            for n in range(_U(9)):
                v[to + n] = x[at + n]
        else:
            for n in range(_U(9)):
                v[to + n] = 0


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _multiply(blocks, at, v, part):  # type: ignore[no-untyped-def]
    """Fill what a node feels, entries 0 to 2, and what those behind it feel from it."""
    s0 = s1 = s2 = v[0] * blocks.dtype.type(0)
    x0, x1, x2 = v[0], v[1], v[2]
    for n in range(_U(42)):
        b0, b1, b2 = blocks[at + n], blocks[at + _U(42) + n], blocks[at + _U(84) + n]
        s0 += b0 * v[n]
        s1 += b1 * v[n]
        s2 += b2 * v[n]
        part[n] = b0 * x0 + b1 * x1 + b2 * x2
    part[0], part[1], part[2] = s0, s1, s2


@numba.njit(**_FAST)
def _add_own(parts, first, last, at, y):  # type: ignore[no-untyped-def]
    """Add the parts of a run to its own nodes."""
    for k in range(first, last):
        n = k - first + 2
        for p in range(3):
            y[_U(at + 3 * k + p)] += parts[n, p] + parts[n - 1, p + 3]


@numba.njit(**_FAST)
def _add_behind(parts, first, last, column, row, y):  # type: ignore[no-untyped-def]
    """Add the parts of a run to the nodes of a row behind it."""
    for k in range(max(row[1], first - 1), min(row[2], last + 1)):
        n = k - first + 2
        at = row[0] + 3 * k - column
        for p in range(column, column + 3):
            y[_U(at + p)] += parts[n, p + 3] + parts[n - 1, p + 6] + parts[n + 1, p]


@numba.njit(**_FAST)
def _sweep_plane(x, blocks, nodes, i, own, behind, work, y):  # type: ignore[no-untyped-def]
    """Add the parts of a plane to its own nodes, to those of the plane behind it, or to both."""
    base, first, last = nodes
    v, parts, rows = work
    for j in range(base.shape[1]):
        low, high = first[i, j], last[i, j]
        if high <= low:
            continue
        _find_rows(nodes, i, j, rows)
        for k in range(low, high):
            node = base[i, j] + k
            _collect(x, _U(6 + 3 * node), k, rows, v)
            _multiply(blocks, _U(126 * node), v, parts[k - low + 2])
        # line k - first + 2 holds the parts of node k, two lines of nothing before and behind
        parts[high - low + 2 : high - low + 4] = 0
        if own:
            _add_own(parts, low, high, 6 + 3 * base[i, j], y)
        for r in range(0 if own else 1, _ROWS if behind else 1):
            _add_behind(parts, low, high, 6 + 9 * r, rows[r], y)


@numba.njit(**_FAST)
def _end_plane(task, x, b, d, weight, keep, take, y, at, end):  # type: ignore[no-untyped-def]
    """Turn a product into the result."""
    if task == 1:
        for n in range(at, end):
            y[n] = b[n] - y[n] if weight[n] != 0.0 else b[n] * 0
    elif task == 2:
        for n in range(at, end):
            g = keep * d[n] + take * weight[n] * (b[n] - y[n])
            d[n] = g
            y[n] = x[n] + g


@numba.njit(**_FAST)
def _find_plane(nodes, i, size):  # type: ignore[no-untyped-def]
    """Return the first entry of a plane in a vector."""
    base, first, _ = nodes
    return _U(6 + 3 * (base[i, 0] + first[i, 0] if i < base.shape[0] else size))


@numba.njit(**_FAST)
def _longest_run(nodes):  # type: ignore[no-untyped-def]
    _, first, last = nodes
    longest = 0
    for i in range(first.shape[0]):
        for j in range(first.shape[1]):
            longest = max(longest, last[i, j] - first[i, j])
    return longest


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
    count, size, flat = nodes[0].shape[0], blocks.shape[0], blocks.reshape(-1)
    lines = _longest_run(nodes) + 4
    for part in numba.prange(parts):
        z0, z1 = count * part // parts, count * (part + 1) // parts
        if z1 > z0:
            work = (
                np.empty(42, x.dtype),
                np.zeros((lines, 42), x.dtype),
                np.empty((_ROWS, 3), np.int64),
            )
            y[_find_plane(nodes, z0, size) : _find_plane(nodes, z0 + 1, size)] = 0
            if z0 > 0:
                _sweep_plane(x, flat, nodes, z0 - 1, False, True, work, y)
            for i in range(z0, z1):
                at, end = _find_plane(nodes, i, size), _find_plane(nodes, i + 1, size)
                behind = i + 1 < z1
                if behind:
                    y[end : _find_plane(nodes, i + 2, size)] = 0
                _sweep_plane(x, flat, nodes, i, True, behind, work, y)
                _end_plane(task, x, b, d, weight, keep, take, y, at, end)
