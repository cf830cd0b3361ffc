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


def blend_normals(
    corners: NDArray[np.float64],
    faces: NDArray[np.int64],
    normals: NDArray[np.float64],
    owner: NDArray[np.int64],
    depth: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write the unit normal of each pixel that a triangle covers into ``out``.

    Same contract as the compiled kernel, all pixels at once.
    """
    hit = np.isfinite(depth)
    row, column = np.nonzero(hit)
    own = corners[owner[hit]]
    x, y = own[..., 0] - column[:, None], own[..., 1] - row[:, None]
    across = [x[:, a] * y[:, b] - x[:, b] * y[:, a] for a, b in ((1, 2), (2, 0), (0, 1))]
    weight = np.stack(across, axis=-1)
    weight /= weight.sum(axis=1, keepdims=True)
    blended = np.einsum("nk,nkc->nc", weight, normals[faces[owner[hit]]])
    out[hit] = blended / np.maximum(np.linalg.norm(blended, axis=1, keepdims=True), 1e-9)
