"""Scan conversion of triangles into a depth buffer, compiled."""

import math

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


@numba.njit(cache=True)
def blend_normals(
    corners: NDArray[np.float64],
    faces: NDArray[np.int64],
    normals: NDArray[np.float64],
    owner: NDArray[np.int64],
    depth: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write the unit normal of each pixel that a triangle covers into ``out``.

    Parameters
    ----------
    corners : (m, 3, 3) float64 array
        As for `scan_convert`.
    faces : (m, 3) int64 array
    normals : (n, 3) float64 array
        Of the vertices, blended by the place of the pixel in its triangle.
    owner : (rows, columns) int64 array
    depth : (rows, columns) float64 array
        As `scan_convert` leaves them.
    out : (rows, columns, 3) float64 array
        Modified where the depth is finite.
    """
    rows, columns = depth.shape
    for r in range(rows):
        for c in range(columns):
            if depth[r, c] == np.inf:
                continue
            m = owner[r, c]
            ax, ay = corners[m, 0, 0] - c, corners[m, 0, 1] - r
            bx, by = corners[m, 1, 0] - c, corners[m, 1, 1] - r
            cx, cy = corners[m, 2, 0] - c, corners[m, 2, 1] - r
            u, v, w = bx * cy - cx * by, cx * ay - ax * cy, ax * by - bx * ay
            total = u + v + w
            u, v, w = u / total, v / total, w / total
            i, j, k = faces[m, 0], faces[m, 1], faces[m, 2]
            x = u * normals[i, 0] + v * normals[j, 0] + w * normals[k, 0]
            y = u * normals[i, 1] + v * normals[j, 1] + w * normals[k, 1]
            z = u * normals[i, 2] + v * normals[j, 2] + w * normals[k, 2]
            length = max(math.sqrt(x * x + y * y + z * z), 1e-9)
            out[r, c, 0], out[r, c, 1], out[r, c, 2] = x / length, y / length, z / length
