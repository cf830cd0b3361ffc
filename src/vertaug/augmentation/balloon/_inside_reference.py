"""Plain twins of `_inside_numba`."""

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
