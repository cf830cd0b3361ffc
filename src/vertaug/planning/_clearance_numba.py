"""Compiled clearance of straight needles: one pass along each path through all fields."""

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from vertaug.planning._clearance_layout import (
    BIG,
    INCIDENCE_MM,
    N_CHANNELS,
    N_FEATURES,
    N_FINE,
    RING_POINTS,
    SHAFT_START_MM,
    SLAB_FADE_MM,
)


@njit(cache=True, inline="always")
def _ramp(x, low, high):  # type: ignore[no-untyped-def]
    """Smooth step from 0 at ``low`` to 1 at ``high``."""
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@njit(cache=True, inline="always")
def _is_outside(stack, x, y, z):  # type: ignore[no-untyped-def]
    ni, nj, nk, _ = stack.shape
    return x < 0.0 or y < 0.0 or z < 0.0 or x > ni - 1.0 or y > nj - 1.0 or z > nk - 1.0


@njit(cache=True, inline="always")
def _sample(stack, x, y, z, out, first):  # type: ignore[no-untyped-def]
    """Trilinear values of all channels at an index point, the border's beyond the grid."""
    ni, nj, nk, channels = stack.shape
    x, y, z = min(max(x, 0.0), ni - 1.0), min(max(y, 0.0), nj - 1.0), min(max(z, 0.0), nk - 1.0)
    i, j, k = min(int(x), ni - 2), min(int(y), nj - 2), min(int(z), nk - 2)
    u, v, w = x - i, y - j, z - k
    w000, w001 = (1 - u) * (1 - v) * (1 - w), (1 - u) * (1 - v) * w
    w010, w011 = (1 - u) * v * (1 - w), (1 - u) * v * w
    w100, w101 = u * (1 - v) * (1 - w), u * (1 - v) * w
    w110, w111 = u * v * (1 - w), u * v * w
    for c in range(channels):
        out[first + c] = (
            w000 * stack[i, j, k, c]
            + w001 * stack[i, j, k + 1, c]
            + w010 * stack[i, j + 1, k, c]
            + w011 * stack[i, j + 1, k + 1, c]
            + w100 * stack[i + 1, j, k, c]
            + w101 * stack[i + 1, j, k + 1, c]
            + w110 * stack[i + 1, j + 1, k, c]
            + w111 * stack[i + 1, j + 1, k + 1, c]
        )


@njit(cache=True, inline="always")
def _sample_bone(stack, x, y, z):  # type: ignore[no-untyped-def]
    """Trilinear value of the first channel at an index point; far outside the grid."""
    ni, nj, nk, _ = stack.shape
    if _is_outside(stack, x, y, z):
        return BIG
    i, j, k = min(int(x), ni - 2), min(int(y), nj - 2), min(int(z), nk - 2)
    u, v, w = x - i, y - j, z - k
    c00 = stack[i, j, k, 0] * (1 - w) + stack[i, j, k + 1, 0] * w
    c01 = stack[i, j + 1, k, 0] * (1 - w) + stack[i, j + 1, k + 1, 0] * w
    c10 = stack[i + 1, j, k, 0] * (1 - w) + stack[i + 1, j, k + 1, 0] * w
    c11 = stack[i + 1, j + 1, k, 0] * (1 - w) + stack[i + 1, j + 1, k + 1, 0] * w
    return (c00 * (1 - v) + c01 * v) * (1 - u) + (c10 * (1 - v) + c11 * v) * u


@njit(cache=True)
def _across(direction, pedicle):  # type: ignore[no-untyped-def]
    """Two unit vectors across the needle; the first as near to the pedicle's width as can be."""
    dx, dy, dz = direction[0], direction[1], direction[2]
    ax, ay, az = pedicle[6], pedicle[7], pedicle[8]
    dot = ax * dx + ay * dy + az * dz
    ax -= dot * dx
    ay -= dot * dy
    az -= dot * dz
    norm = max(np.sqrt(ax * ax + ay * ay + az * az), 1e-9)
    ax, ay, az = ax / norm, ay / norm, az / norm
    return ax, ay, az, dy * az - dz * ay, dz * ax - dx * az, dx * ay - dy * ax


@njit(cache=True)
def _along_shaft(bones, entry, settings):  # type: ignore[no-untyped-def]
    """Clearance to the own bone from some way dorsal of the entry."""
    radius, step, soft = settings[4], settings[5], settings[7]
    least, total = BIG, 0.0
    for m in range(len(bones)):
        if m * step < entry + SHAFT_START_MM:
            continue
        gain = bones[m] - radius
        least = min(least, gain)
        if soft > 0.0:
            total += step * np.exp(-min(max(gain, -20.0), 60.0) / soft)
    if soft > 0.0:
        return min(BIG, -soft * np.log(total)) if total > 1e-60 else BIG
    return least


@njit(cache=True)
def _incidence(stack, target, direction, entry, settings):  # type: ignore[no-untyped-def]
    """Sine of the angle between the needle and the bone's surface at the entry."""
    x = (target[0] - entry * direction[0] - settings[0]) / settings[3]
    y = (target[1] - entry * direction[1] - settings[1]) / settings[3]
    z = (target[2] - entry * direction[2] - settings[2]) / settings[3]
    h = INCIDENCE_MM / settings[3]
    gx = _sample_bone(stack, x + h, y, z) - _sample_bone(stack, x - h, y, z)
    gy = _sample_bone(stack, x, y + h, z) - _sample_bone(stack, x, y - h, z)
    gz = _sample_bone(stack, x, y, z + h) - _sample_bone(stack, x, y, z - h)
    norm = max(np.sqrt(gx * gx + gy * gy + gz * gz), 1e-9)
    inward = -(gx * direction[0] + gy * direction[1] + gz * direction[2])
    return min(max(inward / norm, 0.0), 1.0)


@njit(cache=True, parallel=True)
def trace_paths(
    stack: NDArray[np.float32],
    walls: NDArray[np.float32],
    targets: NDArray[np.float64],
    directions: NDArray[np.float64],
    pedicle: NDArray[np.float64],
    settings: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Features of each path; the layout is in `vertaug.planning._clearance_layout`.

    Parameters
    ----------
    stack : (ni, nj, nk, fine channels) float32 array
        Fields on the local grid; a path ends where it leaves it.
    walls : (mi, mj, mk, other channels) float32 array
        Fields on the coarse grid around the body.
    targets, directions : (n, 3) float64 arrays
        Tips and unit forward directions in the vertebra frame.
    pedicle : (13,) float64 array
        Centre, axis and width direction (unit vectors), start and end of the slab along the
        axis, sign of x on this side, distance of the medial border from the mid-plane.
    settings : (13,) float64 array
        Grid origin (3) and spacing, radius, step, length, softness, tip part, origin (3) and
        spacing of the coarse grid.

    Returns
    -------
    (n, features) float64 array
    """
    n = targets.shape[0]
    out = np.empty((n, N_FEATURES))
    spacing, radius, step = settings[3], settings[4], settings[5]
    length, soft, tip_part = settings[6], settings[7], settings[8]
    count = int(length / step) + 1
    for p in prange(n):
        value = np.empty(N_CHANNELS)
        low = np.full(9, BIG)
        total = np.zeros(9)
        weight = np.empty(9)
        clear = np.empty(9)
        for f in range(N_FEATURES):
            out[p, f] = 0.0
        entry, gap, pending, air, foreign = 0.0, 0.0, 0.0, 0.0, 0.0
        was_bone, last_bone = False, BIG
        medial = BIG
        bones = np.full(count, BIG)
        ax, ay, az, bx, by, bz = _across(directions[p], pedicle)
        walked = 0
        for m in range(count):
            s = m * step
            x = targets[p, 0] - s * directions[p, 0]
            y = targets[p, 1] - s * directions[p, 1]
            z = targets[p, 2] - s * directions[p, 2]
            fx, fy, fz = (
                (x - settings[0]) / spacing,
                (y - settings[1]) / spacing,
                (z - settings[2]) / spacing,
            )
            if _is_outside(stack, fx, fy, fz):
                if m == 0:
                    for c in range(6):
                        out[p, 9 + c] = -BIG
                    continue
                break
            _sample(stack, fx, fy, fz, value, 0)
            _sample(
                walls,
                (x - settings[9]) / settings[12],
                (y - settings[10]) / settings[12],
                (z - settings[11]) / settings[12],
                value,
                N_FINE,
            )
            bone, front = value[0], -value[8]
            bones[m] = bone
            walked = m + 1
            if m == 0:
                out[p, 9], out[p, 10] = -value[5], -value[6]
                out[p, 11], out[p, 12] = -value[7], -value[8]
                out[p, 13], out[p, 14] = -value[9], -bone
            # bone entry: the crossing farthest from the tip; gap: what lies outside before it
            if bone < 0.0:
                gap += pending
                pending, air, foreign = 0.0, 0.0, 0.0
                was_bone = True
            else:
                if was_bone:
                    entry = s - step * bone / max(bone - last_bone, 1e-9)
                    was_bone = False
                pending += step * _ramp(bone, 0.0, 0.5)
                air += step * _ramp(-value[4], 300.0, 500.0)
                other = _ramp(bone, 0.5, 2.5) * _ramp(value[2], 0.5, 2.5)
                foreign += step * other * _ramp(value[4], 200.0, 450.0)
            last_bone = bone
            dx, dy, dz = x - pedicle[0], y - pedicle[1], z - pedicle[2]
            along = dx * pedicle[3] + dy * pedicle[4] + dz * pedicle[5]
            slab = _ramp(along, pedicle[9], pedicle[9] + SLAB_FADE_MM) * (
                1.0 - _ramp(along, pedicle[10] - SLAB_FADE_MM, pedicle[10])
            )
            slab *= 1.0 - _ramp(front, 0.0, 1.5)
            if s < radius:
                continue
            if front < 0.0 and along > pedicle[9]:
                medial = min(medial, pedicle[11] * x - radius - pedicle[12])
            # inside the body: in front of the posterior wall and medial to the lateral walls
            body = _ramp(front, 0.0, 2.0) * (1.0 - _ramp(value[9], -2.0, 0.0))
            tip = body * (1.0 - _ramp(s, tip_part - 1.0, tip_part + 1.0))
            clear[0], weight[0] = value[1], 1.0
            clear[2], weight[2] = -value[5], body
            clear[3], weight[3] = -value[6], body
            clear[4], weight[4] = -value[7], tip
            clear[5], weight[5] = front, tip
            clear[6], weight[6] = -value[9], tip
            clear[7], weight[7] = value[3], 1.0
            clear[8], weight[8] = value[2], 1.0
            if slab > 0.0:
                for q in range(RING_POINTS):
                    phi = 2.0 * np.pi * q / RING_POINTS
                    e, f = radius * np.cos(phi), radius * np.sin(phi)
                    gain = -_sample_bone(
                        stack,
                        (x + e * ax + f * bx - settings[0]) / spacing,
                        (y + e * ay + f * by - settings[1]) / spacing,
                        (z + e * az + f * bz - settings[2]) / spacing,
                    )
                    if soft > 0.0:
                        part = step * slab / RING_POINTS
                        total[1] += part * np.exp(-min(max(gain, -20.0), 60.0) / soft)
                    elif slab > 0.5:
                        low[1] = min(low[1], gain)
            for c in range(9):
                if c == 1:
                    continue
                gain = clear[c] - radius
                if soft > 0.0:
                    total[c] += step * weight[c] * np.exp(-min(max(gain, -20.0), 60.0) / soft)
                elif weight[c] > 0.5:
                    low[c] = min(low[c], gain)
        for c in range(9):
            if soft > 0.0:
                out[p, c] = min(BIG, -soft * np.log(total[c])) if total[c] > 1e-60 else BIG
            else:
                out[p, c] = low[c]
        if was_bone:
            entry = length
        out[p, 15], out[p, 16] = entry, gap
        out[p, 17], out[p, 18] = air, foreign
        out[p, 19] = medial
        out[p, 20] = _along_shaft(bones[:walked], entry, settings)
        out[p, 21] = _incidence(stack, targets[p], directions[p], entry, settings)
    return out
