"""Where a plane cuts a closed surface of triangles."""

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.report.plane import PicturePlane

_ASIDE_MM = 1e-7
"""A corner in the plane counts as this far behind it, so that each triangle is cut in two edges."""


def cut_mesh(
    points_lps_mm: FloatArray, triangles: NDArray[np.int64], plane: PicturePlane
) -> tuple[FloatArray, ...]:
    """Return the closed lines in which a plane cuts a closed surface.

    Parameters
    ----------
    points_lps_mm : (n, 3) array
    triangles : (m, 3) int64 array
        Each edge belongs to two of them.
    plane : PicturePlane

    Returns
    -------
    tuple of (k, 2) float64 arrays
        In picture mm; the first point is repeated at the end.
    """
    points = np.asarray(points_lps_mm, dtype=np.float64)
    depth = plane.depth_mm(points)
    depth = np.where(np.abs(depth) < _ASIDE_MM, _ASIDE_MM, depth)
    links: dict[tuple[int, int], list[tuple[int, int]]] = {}
    sides = depth[triangles] > 0.0
    for corners, side in zip(triangles.tolist(), sides.tolist(), strict=True):
        if all(side) or not any(side):
            continue
        first, second = (
            (min(a, b), max(a, b))
            for a, b, here, there in (
                (corners[n], corners[n - 1], side[n], side[n - 1]) for n in range(3)
            )
            if here != there
        )
        links.setdefault(first, []).append(second)
        links.setdefault(second, []).append(first)
    return tuple(_place(loop, points, depth, plane) for loop in _loops(links))


def _loops(links: dict[tuple[int, int], list[tuple[int, int]]]) -> list[list[tuple[int, int]]]:
    """Return the edges of each closed line in order."""
    found, seen = [], set()
    for start in links:
        if start in seen:
            continue
        loop, here = [], start
        while here not in seen:
            seen.add(here)
            loop.append(here)
            here = next((edge for edge in links[here] if edge not in seen), start)
        found.append([*loop, start])
    return found


def _place(
    loop: list[tuple[int, int]], points: FloatArray, depth: FloatArray, plane: PicturePlane
) -> FloatArray:
    """Return where the plane meets each edge, in picture mm."""
    first, second = np.array(loop).T
    share = (depth[first] / (depth[first] - depth[second]))[:, None]
    return plane.to_picture(points[first] + share * (points[second] - points[first]))
