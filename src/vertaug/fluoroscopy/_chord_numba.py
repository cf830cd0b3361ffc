"""Chords of solids on the rays of pixels, compiled. The readable twin is `_chord_reference`."""

import math

import numba
import numpy as np
from numpy.typing import NDArray

CYLINDER, BALL, BOX = 0, 1, 2


@numba.njit(inline="always")
def _clip(p, q, low, high, s0, s1):  # type: ignore[no-untyped-def]
    """Cut [s0, s1] to where low <= p + s q <= high."""
    if q == 0.0:
        if p < low or p > high:
            return 1.0, 0.0
        return s0, s1
    first, second = (low - p) / q, (high - p) / q
    return max(s0, min(first, second)), min(s1, max(first, second))


@numba.njit(inline="always")
def _clip_round(a, b, c, s0, s1):  # type: ignore[no-untyped-def]
    """Cut [s0, s1] to where a s^2 + 2 b s + c <= 0."""
    if a == 0.0:
        if c > 0.0:
            return 1.0, 0.0
        return s0, s1
    disc = b * b - a * c
    if disc <= 0.0:
        return 1.0, 0.0
    root = math.sqrt(disc)
    return max(s0, (-b - root) / a), min(s1, (-b + root) / a)


@numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def add_chords(
    world: NDArray[np.float64],
    inverse: NDArray[np.float64],
    kind: int,
    sign: float,
    out: NDArray[np.float64],
) -> None:
    """Add the chords of a solid, times ``sign``; see the reference."""
    fx = inverse[0, 0] * world[0, 0] + inverse[0, 1] * world[0, 1]
    fx += inverse[0, 2] * world[0, 2] + inverse[0, 3]
    fy = inverse[1, 0] * world[0, 0] + inverse[1, 1] * world[0, 1]
    fy += inverse[1, 2] * world[0, 2] + inverse[1, 3]
    fz = inverse[2, 0] * world[0, 0] + inverse[2, 1] * world[0, 1]
    fz += inverse[2, 2] * world[0, 2] + inverse[2, 3]
    for v in numba.prange(out.shape[0]):
        for u in range(out.shape[1]):
            x = world[1, 0] + u * world[2, 0] + v * world[3, 0] - world[0, 0]
            y = world[1, 1] + u * world[2, 1] + v * world[3, 1] - world[0, 1]
            z = world[1, 2] + u * world[2, 2] + v * world[3, 2] - world[0, 2]
            dx = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] * z
            dy = inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2] * z
            dz = inverse[2, 0] * x + inverse[2, 1] * y + inverse[2, 2] * z
            s0, s1 = 0.0, 1.0
            if kind == CYLINDER:
                a, b = dx * dx + dy * dy, dx * fx + dy * fy
                s0, s1 = _clip_round(a, b, fx * fx + fy * fy - 1.0, s0, s1)
                s0, s1 = _clip(fz, dz, 0.0, 1.0, s0, s1)
            elif kind == BALL:
                a, b = dx * dx + dy * dy + dz * dz, dx * fx + dy * fy + dz * fz
                s0, s1 = _clip_round(a, b, fx * fx + fy * fy + fz * fz - 1.0, s0, s1)
            else:
                s0, s1 = _clip(fx, dx, -1.0, 1.0, s0, s1)
                s0, s1 = _clip(fy, dy, -1.0, 1.0, s0, s1)
                s0, s1 = _clip(fz, dz, -1.0, 1.0, s0, s1)
            if s1 > s0:
                out[v, u] += sign * (s1 - s0) * math.sqrt(x * x + y * y + z * z)
