"""Plain twins of `_membrane_numba`."""

import numpy as np
from numpy.typing import NDArray

_ASIDE = (1.234e-7, 2.345e-7)


def fill_inside(
    points: NDArray[np.float64],
    triangles: NDArray[np.int64],
    spacing: float,
    lines: int,
    out: NDArray[np.float64],
) -> None:
    """Fill the share of each voxel within a closed surface.

    Lines run along the third axis; the length that each has within the surface is exact.

    Parameters
    ----------
    points : (v, 3) array
        Corners, mm, from the corner of the grid.
    triangles : (t, 3) int64 array
        Counter-clockwise seen from outside.
    spacing : float
        Side of a voxel, mm.
    lines : int
        Along each side of a voxel.
    out : (ni, nj, nk) array
    """
    d = spacing / lines
    ends = np.arange(out.shape[2]) * spacing
    a, b, c = (points[triangles[:, n]] for n in range(3))
    both = (b - a)[:, 0] * (c - a)[:, 1] - (c - a)[:, 0] * (b - a)[:, 1]
    out[:] = 0.0
    for i, j in np.ndindex(out.shape[0] * lines, out.shape[1] * lines):
        at = np.array([(i + 0.5) * d + _ASIDE[0], (j + 0.5) * d + _ASIDE[1]])
        way = at - a[:, :2]
        with np.errstate(divide="ignore", invalid="ignore"):
            p = (way[:, 0] * (c - a)[:, 1] - (c - a)[:, 0] * way[:, 1]) / both
            q = ((b - a)[:, 0] * way[:, 1] - way[:, 0] * (b - a)[:, 1]) / both
            hit = (both != 0.0) & (p >= 0.0) & (q >= 0.0) & (p + q <= 1.0)
        height = a[hit, 2] + p[hit] * (b - a)[hit, 2] + q[hit] * (c - a)[hit, 2]
        below = np.clip((height[:, None] - ends) / spacing, 0.0, 1.0)
        out[i // lines, j // lines] += np.sign(both[hit]) @ below / lines**2


def carry_points(
    points: NDArray[np.float64],
    u: NDArray[np.float64],
    spacing: float,
    out: NDArray[np.float64],
) -> None:
    """Fill points moved with a displacement of the nodes.

    Parameters
    ----------
    points : (n, 3) array
        mm, from the corner of the grid; what lies outside moves with the nearest place inside.
    u : (3, ni + 1, nj + 1, nk + 1) array
        mm.
    spacing : float
    out : (n, 3) array
    """
    most = np.array(u.shape[1:]) - 1
    place = np.clip(points / spacing, 0.0, most - 1e-9)
    low = place.astype(np.int64)
    part = place - low
    out[:] = points
    for corner in np.ndindex(2, 2, 2):
        weight = np.where(corner, part, 1.0 - part).prod(axis=1)
        i, j, k = (low + corner).T
        out += (weight * u[:, i, j, k]).T


def sum_points(
    voxel: NDArray[np.int64],
    mass: NDArray[np.float64],
    stress: NDArray[np.float64],
    count: NDArray[np.int64],
    total: NDArray[np.float64],
    mean: NDArray[np.float64],
) -> None:
    """Fill what the points in each voxel have together.

    Parameters
    ----------
    voxel : (n,) int64 array
        In which each point lies, numbered along the last axis.
    mass : (n,) array
    stress : (n, 6) array
    count, total : (voxels,) arrays
        How many points and what mass.
    mean : (voxels, 6) array
        Of the stress.
    """
    size = count.size
    count[:] = np.bincount(voxel, minlength=size)
    total[:] = np.bincount(voxel, mass, size)
    for p in range(6):
        mean[:, p] = np.bincount(voxel, stress[:, p], size) / np.maximum(count, 1)
