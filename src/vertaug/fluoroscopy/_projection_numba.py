"""Exact line integrals through a voxel grid by running sums along one axis, compiled.

The table holds, for every column of voxels along the axis c, the running sum of its integer
values. Inside one column the integral of a ray is the difference of two entries, so only the
planes where the ray changes column cost anything: some tens of them in a view along c, where a
walk from voxel to voxel would meet every plane. Sums are integers and positions fixed-point, so
a result does not depend on the order of work, and rounding stays at the ninth digit.

A ray is c-parametrised: o(t) = o0 + mo t, m(t) = m0 + mm t with t the coordinate along c. Planes
of o and of m are summed in two independent loops. Both must agree about which of two crossings
comes first; where they are closer than `_NEAR` the slow loop decides by comparing the same
fixed-point depths (`_settle`).

The readable twin is `_projection_reference`.
"""

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_U = numba.uint64
_L = np.int64
_SHIFT = 40
_ONE = float(1 << _SHIFT)
_MASK = (1 << _SHIFT) - 1
_HALF = 1 << (_SHIFT - 1)
_NEAR = 1 << 12
# The fraction of a voxel is kept to 28 bits: with values below 2^30 over the longest side, and
# at most three such sides of crossings, sums of fractions stay below 2^61.
_FRACTION_SHIFT = 12
_FRACTION_MASK = (1 << 28) - 1
_FRACTION = 1.0 / (1 << 28)
_FLAT = 1e-12
_TURN = float(1 << 32)


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def sum_columns(
    values: NDArray[Any], strides: NDArray[np.int64], scale: float, table: NDArray[Any]
) -> None:
    """Fill a table with running sums of scaled values; see the reference."""
    no, nm, nc = table.shape[0], table.shape[1], table.shape[2] - 1
    for o in numba.prange(no):
        total = np.zeros(nm, np.int64)
        for m in range(nm):
            table[o, m, 0] = 0
        for c0 in range(0, nc, 16):
            for m in range(nm):
                acc = total[m]
                at = o * strides[0] + m * strides[1]
                for c in range(c0, min(c0 + 16, nc)):
                    acc += _L(math.floor(values[at + c * strides[2]] * scale + 0.5))
                    table[o, m, c + 1] = acc
                total[m] = acc


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def sum_coded_columns(
    codes: NDArray[np.int16],
    strides: NDArray[np.int64],
    lowest: int,
    meaning: NDArray[np.int64],
    table: NDArray[Any],
) -> None:
    """Fill a table with running sums of ``meaning[code - lowest]``; see the reference."""
    no, nm, nc = table.shape[0], table.shape[1], table.shape[2] - 1
    last = meaning.shape[0] - 1
    for o in numba.prange(no):
        total = np.zeros(nm, np.int64)
        for m in range(nm):
            table[o, m, 0] = 0
        for c0 in range(0, nc, 16):
            for m in range(nm):
                acc = total[m]
                at = o * strides[0] + m * strides[1]
                for c in range(c0, min(c0 + 16, nc)):
                    code = _L(codes[at + c * strides[2]]) - lowest
                    acc += meaning[min(max(code, 0), last)]
                    table[o, m, c + 1] = acc
                total[m] = acc


@numba.njit(inline="always")
def _enter(start, slope, cells, lo, hi):  # type: ignore[no-untyped-def]
    """Return the part of [lo, hi] inside the cells along one axis, and 1 / slope."""
    if abs(slope) > _FLAT:
        inverse = 1.0 / slope
        first, second = -start * inverse, (cells - start) * inverse
        return max(lo, min(first, second)), min(hi, max(first, second)), inverse
    if start < 0.0 or start >= cells:
        return lo, lo - 1.0, 0.0
    return lo, hi, 0.0


@numba.njit(inline="always")
def _cell(position, cells):  # type: ignore[no-untyped-def]
    return min(max(_L(math.floor(position)), 0), cells - 1)


@numba.njit(inline="always")
def _ladder(first, count, start, inverse, lo, hi):  # type: ignore[no-untyped-def]
    """Return depth of the first plane, its step, both fixed-point, and the depth as a number.

    The step is cut toward zero, so that no plane comes to lie outside [lo, hi].
    """
    if count == 0:
        return _L(0), _L(0), 0.0
    depth = min(max((first - start) * inverse, lo), hi)
    fixed = _L(depth * _ONE)
    if count == 1:
        return fixed, _L(0), depth
    last = min(max((first + count - 1 - start) * inverse, lo), hi)
    span = _L(last * _ONE) - fixed
    step = abs(span) // (count - 1)
    return fixed, step if span >= 0 else -step, depth


@numba.njit(inline="always")
def _settle(position, depth, rises, plane0, depth0, step, low, high, inclusive):  # type: ignore[no-untyped-def]
    """Return the cell at a crossing by comparing depths exactly as the other loop does."""
    plane = (position + _HALF) >> _SHIFT
    other = depth0 + (plane - plane0) * step
    crossed = other <= depth if inclusive else other < depth
    cell = plane if crossed == rises else plane - 1
    return min(max(cell, low), high)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cross_single(table, plane, count, depth, step, own, position, drift, other):  # type: ignore[no-untyped-def]
    whole = _L(0)
    part = _L(0)
    base = plane * own
    for _ in range(count):
        if ((position + _NEAR) & _MASK) < 2 * _NEAR:
            return 0.0, 0.0, False
        q = base + (position >> _SHIFT) * other + (depth >> _SHIFT)
        before = _L(table[_U(q - own)])
        after = _L(table[_U(q)])
        gap = before - after
        whole += gap
        gap = _L(table[_U(q - own + 1)]) - _L(table[_U(q + 1)]) - gap
        part += ((depth >> _FRACTION_SHIFT) & _FRACTION_MASK) * gap
        depth += step
        position += drift
        base += own
    return whole + part * _FRACTION, 0.0, True


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cross_pair(table, plane, count, depth, step, own, position, drift, other):  # type: ignore[no-untyped-def]
    whole = _L(0)
    part_high = _L(0)
    part_low = _L(0)
    base = plane * own
    for _ in range(count):
        if ((position + _NEAR) & _MASK) < 2 * _NEAR:
            return 0.0, 0.0, False
        q = base + (position >> _SHIFT) * other + (depth >> _SHIFT)
        gap = table[_U(q - own)] - table[_U(q)]
        whole += gap
        gap = table[_U(q - own + 1)] - table[_U(q + 1)] - gap
        low = _L(np.int32(gap))
        fraction = (depth >> _FRACTION_SHIFT) & _FRACTION_MASK
        part_low += fraction * low
        part_high += fraction * ((gap - low) >> 32)
        depth += step
        position += drift
        base += own
    low = _L(np.int32(whole))
    high = (whole - low) >> 32
    return high + part_high * _FRACTION, low + part_low * _FRACTION, True


@numba.njit(inline="always")
def _unwrap(high, low):  # type: ignore[no-untyped-def]
    """Return both integrals of a ray from sums that may have left the 32 bits of a value.

    Along a slanted surface the sum of one loop alone leaves them, and what the lower value loses
    the upper one gains; the integrals themselves stay below 2^30.
    """
    turns = math.floor(low / _TURN + 0.5)
    high += turns
    return high - math.floor(high / _TURN + 0.5) * _TURN, low - turns * _TURN


@numba.njit(inline="always")
def _split(entry, pair):  # type: ignore[no-untyped-def]
    """Return both values of an entry; the second is 0 in a table of single values."""
    if pair:
        low = _L(np.int32(entry))
        return float((_L(entry) - low) >> 32), float(low)
    return float(entry), 0.0


@numba.njit(inline="always")
def _column(table, column, depth, pair):  # type: ignore[no-untyped-def]
    """Return the running sums of a column at a depth."""
    k = _L(depth)
    fraction = depth - k
    high, low = _split(table[_U(column + k)], pair)
    next_high, next_low = _split(table[_U(column + k + 1)], pair)
    return high + fraction * (next_high - high), low + fraction * (next_low - low)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cross_careful(table, strides, walk, other, low, high, inclusive, pair):  # type: ignore[no-untyped-def]
    """Sum the crossings of one axis, settling which of two near crossings comes first.

    ``walk`` is (plane, count, depth, step, position, drift) of this axis, ``other`` (rises,
    plane, depth, step) of the other one.
    """
    plane, count, depth, step, position, drift = walk
    rises, plane0, depth0, step0 = other
    own, across = strides
    sum_high, sum_low = 0.0, 0.0
    for n in range(count):
        cell = position >> _SHIFT
        if ((position + _NEAR) & _MASK) < 2 * _NEAR:
            cell = _settle(position, depth, rises, plane0, depth0, step0, low, high, inclusive)
        q = (plane + n) * own + cell * across
        t = depth / _ONE
        before_high, before_low = _column(table, q - own, t, pair)
        after_high, after_low = _column(table, q, t, pair)
        sum_high += before_high - after_high
        sum_low += before_low - after_low
        depth += step
        position += drift
    return sum_high, sum_low


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _integrate_ray(table, shape, origin, ray, pair):  # type: ignore[no-untyped-def]
    """Return the integrals over t of both values of a table along one ray.

    ``ray`` runs from ``origin`` to ``origin + ray``; nothing beyond either end is counted.
    """
    no, nm, nc = shape
    stride_m = nc + 1
    stride_o = nm * stride_m
    slope_o, slope_m = ray[0] / ray[2], ray[1] / ray[2]
    o0, m0 = origin[0] - slope_o * origin[2], origin[1] - slope_m * origin[2]
    end = origin[2] + ray[2]
    lo, hi = max(0.0, min(origin[2], end)), min(float(nc), max(origin[2], end))
    lo, hi, inverse_o = _enter(o0, slope_o, no, lo, hi)
    lo, hi, inverse_m = _enter(m0, slope_m, nm, lo, hi)
    if hi <= lo:
        return 0.0, 0.0
    o_in, o_out = _cell(o0 + slope_o * lo, no), _cell(o0 + slope_o * hi, no)
    m_in, m_out = _cell(m0 + slope_m * lo, nm), _cell(m0 + slope_m * hi, nm)
    start = _column(table, o_in * stride_o + m_in * stride_m, lo, pair)
    stop = _column(table, o_out * stride_o + m_out * stride_m, hi, pair)
    high, low = stop[0] - start[0], stop[1] - start[1]
    o_low, m_low = min(o_in, o_out), min(m_in, m_out)
    o_count, m_count = abs(o_out - o_in), abs(m_out - m_in)
    o_depth, o_step, o_at = _ladder(o_low + 1, o_count, o0, inverse_o, lo, hi)
    m_depth, m_step, m_at = _ladder(m_low + 1, m_count, m0, inverse_m, lo, hi)
    # positions in the other axis at the first plane, and how they drift from plane to plane
    o_place = _L((m0 + slope_m * o_at) * _ONE)
    o_drift = _L(slope_m * inverse_o * _ONE) if o_count > 1 else _L(0)
    m_place = _L((o0 + slope_o * m_at) * _ONE)
    m_drift = _L(slope_o * inverse_m * _ONE) if m_count > 1 else _L(0)
    if pair:
        a = _cross_pair(
            table, o_low + 1, o_count, o_depth, o_step, stride_o, o_place, o_drift, stride_m
        )
        b = _cross_pair(
            table, m_low + 1, m_count, m_depth, m_step, stride_m, m_place, m_drift, stride_o
        )
    else:
        a = _cross_single(
            table, o_low + 1, o_count, o_depth, o_step, stride_o, o_place, o_drift, stride_m
        )
        b = _cross_single(
            table, m_low + 1, m_count, m_depth, m_step, stride_m, m_place, m_drift, stride_o
        )
    a_high, a_low = a[0], a[1]
    b_high, b_low = b[0], b[1]
    if not (a[2] and b[2]):
        a_high, a_low = _cross_careful(
            table,
            (stride_o, stride_m),
            (o_low + 1, o_count, o_depth, o_step, o_place, o_drift),
            (slope_m > 0.0, m_low + 1, m_depth, m_step),
            m_low,
            m_low + m_count,
            True,
            pair,
        )
        b_high, b_low = _cross_careful(
            table,
            (stride_m, stride_o),
            (m_low + 1, m_count, m_depth, m_step, m_place, m_drift),
            (slope_o > 0.0, o_low + 1, o_depth, o_step),
            o_low,
            o_low + o_count,
            False,
            pair,
        )
    sign_o = 1.0 if slope_o > 0.0 else -1.0
    sign_m = 1.0 if slope_m > 0.0 else -1.0
    high += sign_o * a_high + sign_m * b_high
    low += sign_o * a_low + sign_m * b_low
    return _unwrap(high, low) if pair else (high, low)


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def integrate_single(
    table: NDArray[Any],
    shape: tuple[int, int, int],
    rays: NDArray[np.float64],
    world: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill ``out[0]`` with line integrals of a table of single values; see the reference."""
    for v in numba.prange(out.shape[1]):
        origin = (rays[0, 0], rays[0, 1], rays[0, 2])
        for u in range(out.shape[2]):
            ray = (
                rays[1, 0] + u * rays[2, 0] + v * rays[3, 0] - rays[0, 0],
                rays[1, 1] + u * rays[2, 1] + v * rays[3, 1] - rays[0, 1],
                rays[1, 2] + u * rays[2, 2] + v * rays[3, 2] - rays[0, 2],
            )
            x = world[1, 0] + u * world[2, 0] + v * world[3, 0] - world[0, 0]
            y = world[1, 1] + u * world[2, 1] + v * world[3, 1] - world[0, 1]
            z = world[1, 2] + u * world[2, 2] + v * world[3, 2] - world[0, 2]
            high, _ = _integrate_ray(table, shape, origin, ray, False)
            out[0, v, u] = high * (math.sqrt(x * x + y * y + z * z) / abs(ray[2]))


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def integrate_pair(
    table: NDArray[Any],
    shape: tuple[int, int, int],
    rays: NDArray[np.float64],
    world: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill both planes of ``out`` with line integrals of a table of pairs; see the reference."""
    for v in numba.prange(out.shape[1]):
        origin = (rays[0, 0], rays[0, 1], rays[0, 2])
        for u in range(out.shape[2]):
            ray = (
                rays[1, 0] + u * rays[2, 0] + v * rays[3, 0] - rays[0, 0],
                rays[1, 1] + u * rays[2, 1] + v * rays[3, 1] - rays[0, 1],
                rays[1, 2] + u * rays[2, 2] + v * rays[3, 2] - rays[0, 2],
            )
            x = world[1, 0] + u * world[2, 0] + v * world[3, 0] - world[0, 0]
            y = world[1, 1] + u * world[2, 1] + v * world[3, 1] - world[0, 1]
            z = world[1, 2] + u * world[2, 2] + v * world[3, 2] - world[0, 2]
            high, low = _integrate_ray(table, shape, origin, ray, True)
            length = math.sqrt(x * x + y * y + z * z) / abs(ray[2])
            out[0, v, u] = high * length
            out[1, v, u] = low * length
