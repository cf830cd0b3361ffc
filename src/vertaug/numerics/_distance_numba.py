"""Compiled projection to a surface and search for its closest point."""

import math

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

_ROUNDS = 2  # of asking neighbours; more move nothing by 0.1 voxel


@njit(cache=True, inline="always")
def _square(feet, foot, i, j, k):  # type: ignore[no-untyped-def]
    dx = feet[foot, 0] - i
    dy = feet[foot, 1] - j
    dz = feet[foot, 2] - k
    return dx * dx + dy * dy + dz * dz


@njit(cache=True)
def _descend(feet, home, foot_of_voxel, foot, i, j, k):  # type: ignore[no-untyped-def]
    """Walk over the surface from foot to neighbouring foot while the distance falls."""
    ni, nj, nk = foot_of_voxel.shape
    best = _square(feet, foot, i, j, k)
    for _ in range(12):
        a0, b0, c0 = home[foot, 0], home[foot, 1], home[foot, 2]
        start = foot
        for a in range(max(a0 - 1, 0), min(a0 + 2, ni)):
            for b in range(max(b0 - 1, 0), min(b0 + 2, nj)):
                for c in range(max(c0 - 1, 0), min(c0 + 2, nk)):
                    other = foot_of_voxel[a, b, c]
                    if other < 0:
                        continue
                    d = _square(feet, other, i, j, k)
                    if d < best or (d == best and other < foot):
                        best = d
                        foot = other
        if foot == start:
            break
    return foot


@njit(cache=True, inline="always")
def _sample(field, x, y, z):  # type: ignore[no-untyped-def]
    """Trilinear value; beyond the border the border's value."""
    ni, nj, nk = field.shape
    x, y, z = min(max(x, 0.0), ni - 1.0), min(max(y, 0.0), nj - 1.0), min(max(z, 0.0), nk - 1.0)
    i, j, k = min(int(x), max(ni - 2, 0)), min(int(y), max(nj - 2, 0)), min(int(z), max(nk - 2, 0))
    a, b, c = min(i + 1, ni - 1), min(j + 1, nj - 1), min(k + 1, nk - 1)
    u, v, w = x - i, y - j, z - k
    low = (field[i, j, k] * (1 - v) + field[i, b, k] * v) * (1 - w)
    low += (field[i, j, c] * (1 - v) + field[i, b, c] * v) * w
    high = (field[a, j, k] * (1 - v) + field[a, b, k] * v) * (1 - w)
    high += (field[a, j, c] * (1 - v) + field[a, b, c] * v) * w
    return low * (1 - u) + high * u


@njit(cache=True, parallel=True)
def project_to_surface(
    field: NDArray[np.float32], home: NDArray[np.int32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Newton steps along the gradient from voxel centres to the 0.5 level.

    Parameters
    ----------
    field : (ni, nj, nk) float32 array
        Smooth share of the shape.
    home : (n, 3) int32 array
        Voxels beside the level.

    Returns
    -------
    feet, normals : (n, 3) float32 arrays
        Index coordinates on the surface, at most 1.5 voxels from the start, and the unit
        gradient there.
    """
    n = home.shape[0]
    ni, nj, nk = field.shape
    feet = np.empty((n, 3), dtype=np.float32)
    normals = np.empty((n, 3), dtype=np.float32)
    for p in prange(n):
        x, y, z = float(home[p, 0]), float(home[p, 1]), float(home[p, 2])
        gx, gy, gz = 0.0, 0.0, 0.0
        for _ in range(4):
            gx = _sample(field, x + 0.5, y, z) - _sample(field, x - 0.5, y, z)
            gy = _sample(field, x, y + 0.5, z) - _sample(field, x, y - 0.5, z)
            gz = _sample(field, x, y, z + 0.5) - _sample(field, x, y, z - 0.5)
            square = max(gx * gx + gy * gy + gz * gz, 1e-4)
            move = (0.5 - _sample(field, x, y, z)) / square
            length = abs(move) * math.sqrt(gx * gx + gy * gy + gz * gz)
            move *= min(1.0, 0.7 / max(length, 1e-9))
            x, y, z = x + move * gx, y + move * gy, z + move * gz
        # a foot farther than a voxel diagonal is a failed projection: keep it near its voxel
        dx, dy, dz = x - home[p, 0], y - home[p, 1], z - home[p, 2]
        share = min(1.0, 1.5 / max(math.sqrt(dx * dx + dy * dy + dz * dz), 1e-9))
        feet[p, 0] = min(max(home[p, 0] + share * dx, 0.0), ni - 1.0)
        feet[p, 1] = min(max(home[p, 1] + share * dy, 0.0), nj - 1.0)
        feet[p, 2] = min(max(home[p, 2] + share * dz, 0.0), nk - 1.0)
        size = max(math.sqrt(gx * gx + gy * gy + gz * gz), 1e-9)
        normals[p, 0], normals[p, 1], normals[p, 2] = gx / size, gy / size, gz / size
    return feet, normals


@njit(cache=True, parallel=True)
def _ask_neighbours(feet, owner, reach):  # type: ignore[no-untyped-def]
    """Take a neighbouring voxel's foot where it is closer.

    The walk from one start ends in the first dip. Near a medial surface that is the wrong side,
    and the depth too large; beside it stands a voxel that found the right one.
    """
    ni, nj, nk = owner.shape
    out = owner.copy()
    for i in prange(ni):
        for j in range(nj):
            for k in range(nk):
                foot = owner[i, j, k]
                best = _square(feet, foot, i, j, k)
                if best > reach * reach:
                    continue
                for n in range(6):
                    a = min(max(i + (n == 0) - (n == 1), 0), ni - 1)
                    b = min(max(j + (n == 2) - (n == 3), 0), nj - 1)
                    c = min(max(k + (n == 4) - (n == 5), 0), nk - 1)
                    other = owner[a, b, c]
                    d = _square(feet, other, i, j, k)
                    if d < best or (d == best and other < foot):
                        best, foot = d, other
                out[i, j, k] = foot
    return out


@njit(cache=True, parallel=True)
def measure_distance(
    field: NDArray[np.float32],
    feet: NDArray[np.float32],
    normals: NDArray[np.float32],
    home: NDArray[np.int32],
    foot_of_voxel: NDArray[np.int32],
    nearest: NDArray[np.int32],
    reach: float,
) -> NDArray[np.float32]:
    """Signed distance in voxels to the closest foot, or to its tangent plane where that is close.

    The feet stand about a voxel apart; measured to the points alone, the distance close to the
    surface would be too long by up to a third of a voxel.

    Parameters
    ----------
    field : (ni, nj, nk) float32 array
        Share of the shape; above 0.5 the distance is negative.
    feet, normals : (n, 3) float32 arrays
        Surface points in voxel units and unit normals.
    home : (n, 3) int32 array
        The border voxel each foot belongs to.
    foot_of_voxel : (ni, nj, nk) int32 array
        The foot of each border voxel, -1 elsewhere.
    nearest : (3, ni, nj, nk) int32 array
        The border voxel nearest to each voxel, where the search starts.
    reach : float
        Beyond this distance in voxels the foot of the nearest border voxel is taken as it is.

    Returns
    -------
    (ni, nj, nk) float32 array
    """
    ni, nj, nk = foot_of_voxel.shape
    owner = np.empty((ni, nj, nk), dtype=np.int32)
    for i in prange(ni):
        for j in range(nj):
            for k in range(nk):
                foot = foot_of_voxel[nearest[0, i, j, k], nearest[1, i, j, k], nearest[2, i, j, k]]
                if _square(feet, foot, i, j, k) < reach * reach:
                    foot = _descend(feet, home, foot_of_voxel, foot, i, j, k)
                owner[i, j, k] = foot
    for _ in range(_ROUNDS):
        owner = _ask_neighbours(feet, owner, reach)
    out = np.empty((ni, nj, nk), dtype=np.float32)
    for i in prange(ni):
        for j in range(nj):
            for k in range(nk):
                foot = owner[i, j, k]
                dx, dy, dz = i - feet[foot, 0], j - feet[foot, 1], k - feet[foot, 2]
                square = dx * dx + dy * dy + dz * dz
                along = abs(dx * normals[foot, 0] + dy * normals[foot, 1] + dz * normals[foot, 2])
                value = along if square - along * along < 1.0 else math.sqrt(square)
                out[i, j, k] = -value if field[i, j, k] > 0.5 else value
    return out
