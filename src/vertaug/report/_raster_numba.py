"""Scan conversion of triangles into a depth buffer, compiled."""

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True)
def scan_convert(
    corners: NDArray[np.float64], depth: NDArray[np.float64], owner: NDArray[np.int64]
) -> None:
    """Write the nearest triangle of each pixel into ``depth`` and ``owner``.

    Parameters
    ----------
    corners : (m, 3, 3) float64 array
        Corners of the triangles as (column, row, depth); pixel centres at whole numbers.
    depth : (rows, columns) float64 array
        Modified: depth of the nearest triangle; starts at inf.
    owner : (rows, columns) int64 array
        Modified: number of that triangle; the earlier one where two are equally near.
    """
    rows, columns = depth.shape
    for m in range(corners.shape[0]):
        ax, ay, az = corners[m, 0]
        bx, by, bz = corners[m, 1]
        cx, cy, cz = corners[m, 2]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0.0:
            continue
        first_row = max(0, int(np.ceil(min(ay, by, cy))))
        last_row = min(rows - 1, int(np.floor(max(ay, by, cy))))
        first_column = max(0, int(np.ceil(min(ax, bx, cx))))
        last_column = min(columns - 1, int(np.floor(max(ax, bx, cx))))
        for r in range(first_row, last_row + 1):
            for c in range(first_column, last_column + 1):
                u = ((bx - c) * (cy - r) - (cx - c) * (by - r)) / area
                v = ((cx - c) * (ay - r) - (ax - c) * (cy - r)) / area
                w = 1.0 - u - v
                if u >= 0.0 and v >= 0.0 and w >= 0.0:
                    z = u * az + v * bz + w * cz
                    if z < depth[r, c]:
                        depth[r, c] = z
                        owner[r, c] = m
