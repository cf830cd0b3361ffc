"""Pieces of a body that move as rigid bodies: sums over nodes and bricks."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True)
def count_faces(modulus: NDArray[Any], least: float, like: float) -> tuple[int, int]:
    """Return the faces of bricks, and those that join like ones, see the reference."""
    ni, nj, nk = modulus.shape
    faces = joined = 0
    for i in range(ni):
        for j in range(nj):
            for k in range(nk):
                own = modulus[i, j, k]
                if own < least or own <= 0.0:
                    continue
                # each face once: those toward the start only where no brick stands there
                for axis in range(3):
                    a, b, c = i - (axis == 0), j - (axis == 1), k - (axis == 2)
                    before = modulus[a, b, c] if min(a, b, c) >= 0 else 0.0
                    faces += before < least or before <= 0.0
                    a, b, c = i + (axis == 0), j + (axis == 1), k + (axis == 2)
                    after = modulus[a, b, c] if a < ni and b < nj and c < nk else 0.0
                    faces += 1
                    low, high = min(own, after), max(own, after)
                    joined += low >= least and low > 0.0 and low >= like * high
    return faces, joined


@numba.njit(cache=True)
def gather_wrenches(
    forces: NDArray[Any],
    piece: NDArray[Any],
    arm: NDArray[Any],
    out: NDArray[Any],
) -> None:
    """Fill the force and the moment of each piece, see the reference."""
    out[:] = 0.0
    for n in range(piece.size):
        p = piece[n]
        if p < 0:
            continue
        fx, fy, fz = forces[0, n], forces[1, n], forces[2, n]
        x, y, z = arm[0, n], arm[1, n], arm[2, n]
        out[p, 0] += fx
        out[p, 1] += fy
        out[p, 2] += fz
        out[p, 3] += y * fz - z * fy
        out[p, 4] += z * fx - x * fz
        out[p, 5] += x * fy - y * fx


@numba.njit(cache=True)
def add_motions(
    motions: NDArray[Any],
    piece: NDArray[Any],
    arm: NDArray[Any],
    free: NDArray[Any],
    out: NDArray[Any],
) -> None:
    """Add the displacement of rigid pieces, see the reference."""
    for n in range(piece.size):
        p = piece[n]
        if p < 0:
            continue
        x, y, z = arm[0, n], arm[1, n], arm[2, n]
        a, b, c = motions[p, 3], motions[p, 4], motions[p, 5]
        if free[0, n]:
            out[0, n] += motions[p, 0] + b * z - c * y
        if free[1, n]:
            out[1, n] += motions[p, 1] + c * x - a * z
        if free[2, n]:
            out[2, n] += motions[p, 2] + a * y - b * x


@numba.njit(cache=True)
def list_pairs(
    pieces: NDArray[Any],
    count: int,
    out: NDArray[Any],
) -> int:
    """Fill the pairs of pieces that bricks join, see the reference."""
    found = 0
    own = np.empty(8, dtype=np.int64)
    for b in range(pieces.shape[0]):
        size = _sort_distinct(pieces[b], own)
        for one in range(size):
            for other in range(size):
                out[found] = count * own[one] + own[other]
                found += 1
    return found


@numba.njit(cache=True)
def _sort_distinct(
    corners: NDArray[Any],
    own: NDArray[Any],
) -> int:
    """Fill the distinct pieces of a brick in rising order; return how many."""
    size = 0
    for a in range(8):
        p = corners[a]
        if p < 0:
            continue
        at = size
        while at > 0 and own[at - 1] > p:
            at -= 1
        if at > 0 and own[at - 1] == p:
            continue
        for n in range(size, at, -1):
            own[n] = own[n - 1]
        own[at] = p
        size += 1
    return size


@numba.njit(cache=True)
def sum_links(
    pieces: NDArray[Any],
    arms: NDArray[Any],
    free: NDArray[Any],
    moduli: NDArray[Any],
    stiffness: NDArray[Any],
    count: int,
    keys: NDArray[Any],
    out: NDArray[Any],
) -> None:
    """Add the stiffness that pairs of rigid pieces feel, see the reference."""
    matrix = np.empty((24, 24))
    motion = np.empty((24, 6))
    product = np.empty((3, 6))
    for b in range(pieces.shape[0]):
        matrix[:] = 0.0
        for m in range(moduli.shape[0]):
            for r in range(24):
                for s in range(24):
                    matrix[r, s] += moduli[m, b] * stiffness[m, r, s]
        for a in range(8):
            _fill_motion(arms[b, a], free[b, a], motion[3 * a : 3 * a + 3])
        for a in range(8):
            if pieces[b, a] < 0:
                continue
            for c in range(8):
                if pieces[b, c] < 0:
                    continue
                for r in range(3):
                    for s in range(6):
                        total = 0.0
                        for t in range(3):
                            total += matrix[3 * a + r, 3 * c + t] * motion[3 * c + t, s]
                        product[r, s] = total
                at = np.searchsorted(keys, count * np.int64(pieces[b, a]) + pieces[b, c])
                for r in range(6):
                    for s in range(6):
                        total = 0.0
                        for t in range(3):
                            total += motion[3 * a + t, r] * product[t, s]
                        out[at, r, s] += total


@numba.njit(cache=True)
def _fill_motion(
    arm: NDArray[Any],
    free: NDArray[Any],
    out: NDArray[Any],
) -> None:
    """Fill the displacement of a corner for each rigid motion of its piece."""
    x, y, z = arm[0], arm[1], arm[2]
    out[:] = 0.0
    out[0, 0] = out[1, 1] = out[2, 2] = 1.0
    out[0, 4], out[0, 5] = z, -y
    out[1, 3], out[1, 5] = -z, x
    out[2, 3], out[2, 4] = y, -x
    for axis in range(3):
        if not free[axis]:
            out[axis] = 0.0
