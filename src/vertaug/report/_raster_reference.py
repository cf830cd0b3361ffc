"""Scan conversion of triangles into a depth buffer, the obvious way."""

import numpy as np
from numpy.typing import NDArray


def scan_convert(
    corners: NDArray[np.float64], depth: NDArray[np.float64], owner: NDArray[np.int64]
) -> None:
    """Write the nearest triangle of each pixel into ``depth`` and ``owner``.

    Same contract as the compiled kernel: every triangle is tested against every pixel.
    """
    row, column = np.indices(depth.shape, dtype=np.float64)
    for m, ((ax, ay, az), (bx, by, bz), (cx, cy, cz)) in enumerate(corners):
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0.0:
            continue
        u = ((bx - column) * (cy - row) - (cx - column) * (by - row)) / area
        v = ((cx - column) * (ay - row) - (ax - column) * (cy - row)) / area
        w = 1.0 - u - v
        z = u * az + v * bz + w * cz
        nearer = (u >= 0) & (v >= 0) & (w >= 0) & (z < depth)
        depth[nearer] = z[nearer]
        owner[nearer] = m
