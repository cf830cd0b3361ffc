"""The closed surface of a balloon: its shape, volume and the load of its pressure on a grid."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray

_GOLDEN = (1.0 + 5.0**0.5) / 2.0
_FINENESS = 3
_WITHIN = np.array([[4.0, 1.0, 1.0], [1.0, 4.0, 1.0], [1.0, 1.0, 4.0]]) / 6.0
"""Three places in a triangle at which a quadratic integrand is summed exactly."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BalloonSurface:
    """A closed surface of triangles.

    Attributes
    ----------
    points_mm : (v, 3) float64 array
    triangles : (t, 3) int64 array
        Counter-clockwise seen from outside.
    """

    points_mm: FloatArray
    triangles: NDArray[np.int64]

    def corners(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the three corners of each triangle, each of shape (t, 3)."""
        a, b, c = (self.points_mm[self.triangles[:, n]] for n in range(3))
        return a, b, c

    def area_vectors_mm2(self) -> FloatArray:
        """Return the outward normal of each triangle times its area, shape (t, 3)."""
        a, b, c = self.corners()
        return np.asarray(0.5 * np.cross(b - a, c - a))

    def volume_mm3(self) -> float:
        """Return the enclosed volume."""
        middle = self.points_mm.mean(axis=0)
        a, b, c = (corner - middle for corner in self.corners())
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0)

    def area_mm2(self) -> float:
        """Return the area."""
        return float(np.linalg.norm(self.area_vectors_mm2(), axis=1).sum())

    def at(self, points_mm: FloatArray) -> "BalloonSurface":
        """Return the surface with its points elsewhere."""
        return replace(self, points_mm=points_mm)


@cache
def unit_sphere(fineness: int = _FINENESS) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return the points and triangles of an icosahedron whose sides were halved.

    Parameters
    ----------
    fineness : int
        How many times; 3 gives 642 points.
    """
    g = _GOLDEN
    corners: list[tuple[float, ...]] = [
        (-1, g, 0),
        (1, g, 0),
        (-1, -g, 0),
        (1, -g, 0),
        (0, -1, g),
        (0, 1, g),
    ]
    corners += [(0, -1, -g), (0, 1, -g), (g, 0, -1), (g, 0, 1), (-g, 0, -1), (-g, 0, 1)]
    faces = [(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4)]
    faces += [(11, 10, 2), (10, 7, 6), (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8)]
    faces += [(3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10), (8, 6, 7), (9, 8, 1)]
    points = np.array(corners) / np.hypot(1.0, g)
    triangles = np.array(faces, dtype=np.int64)
    for _ in range(fineness):
        points, triangles = _halve(points, triangles)
    points.setflags(write=False)
    return points, triangles


def _halve(
    points: FloatArray, triangles: NDArray[np.int64]
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return four triangles in place of each, with the new points on the sphere."""
    sides = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    known, place = np.unique(sides, axis=0, return_inverse=True)
    middle = points[known].sum(axis=1)
    middle /= np.linalg.norm(middle, axis=1)[:, None]
    x, y, z = (len(points) + place.reshape(-1, 3)).T
    a, b, c = triangles.T
    parts = [(a, x, z), (b, y, x), (c, z, y), (x, y, z)]
    return np.vstack([points, middle]), np.concatenate([np.stack(p, axis=1) for p in parts])


def capsule(
    middle_mm: FloatArray, axis: FloatArray, length_mm: float, radius_mm: float
) -> BalloonSurface:
    """Return a cylinder with round ends.

    Capsules of any size have the same triangles, and a point is at the same place round the axis
    and at the same part of the way from pole to pole along the surface: one can be the unfolded
    shape of another that is as long and thinner.

    Parameters
    ----------
    middle_mm : (3,) float64 array
    axis : (3,) float64 array
        Of any length.
    length_mm, radius_mm : float
        Between the ends; a sphere if the length is twice the radius.

    Raises
    ------
    InputError
        If the ends would overlap.
    """
    if not (radius_mm > 0.0 and length_mm >= 2.0 * radius_mm * (1.0 - 1e-12)):
        message = f"a balloon {length_mm} mm long cannot be {2.0 * radius_mm} mm thick"
        raise InputError(message)
    along = np.asarray(axis, dtype=np.float64) / np.linalg.norm(axis)
    points, triangles = unit_sphere()
    height = np.clip(points @ along, -1.0, 1.0)
    aside = points - height[:, None] * along
    aside /= np.maximum(np.linalg.norm(aside, axis=1), 1e-12)[:, None]
    half = max(0.5 * length_mm - radius_mm, 0.0)
    # from one pole round its end, along the straight part, round the other end
    way = np.arccos(height) / np.pi * (np.pi * radius_mm + 2.0 * half)
    straight = np.clip(way - 0.5 * np.pi * radius_mm, 0.0, 2.0 * half)
    angle = (way - straight) / radius_mm
    along_mm = half - straight + radius_mm * np.cos(angle)
    place = along_mm[:, None] * along + radius_mm * np.sin(angle)[:, None] * aside
    return BalloonSurface(points_mm=np.asarray(middle_mm) + place, triangles=triangles)


def capsule_radius(length_mm: float, volume_mm3: float) -> float:
    """Return the radius of a capsule of a length and a volume; of a sphere if it is round.

    Raises
    ------
    InputError
        If a sphere of that length holds less.
    """
    most = np.pi * length_mm**3 / 6.0
    if not 0.0 < volume_mm3 <= most * (1.0 + 1e-9):
        message = f"a balloon {length_mm} mm long holds at most {most / 1000.0:.1f} ml unstretched"
        raise InputError(message)
    # pi r^2 L - 2/3 pi r^3 = V has one root between 0 and L / 2, where its left side rises
    low, high = 0.0, 0.5 * length_mm
    for _ in range(60):
        r = 0.5 * (low + high)
        over = np.pi * r * r * (length_mm - 2.0 / 3.0 * r) > volume_mm3
        low, high = (low, r) if over else (r, high)
    return 0.5 * (low + high)


def pressure_load(
    surface: BalloonSurface, spacing_mm: float, node_shape: tuple[int, int, int]
) -> FloatArray:
    """Return the forces of a pressure of 1 MPa on the nodes, shape (3, ni, nj, nk).

    They are also how fast the enclosed volume grows with each displacement of a node.

    Parameters
    ----------
    surface : BalloonSurface
    spacing_mm : float
    node_shape : tuple of int
    """
    out = np.zeros((3, int(np.prod(node_shape))))
    normal = surface.area_vectors_mm2() / 3.0
    corners = np.stack(surface.corners(), axis=1)
    for place in np.einsum("qc,tcx->qtx", _WITHIN, corners):
        nodes, weights = node_weights_at(place, spacing_mm, node_shape)
        for axis in range(3):
            value = weights * normal[:, axis, None]
            out[axis] += np.bincount(nodes.ravel(), value.ravel(), out.shape[1])
    return out.reshape(3, *node_shape)


def node_weights_at(
    points_mm: FloatArray, spacing_mm: float, node_shape: tuple[int, int, int]
) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the eight nodes around each point and their trilinear weights, shape (n, 8) each."""
    most = np.array(node_shape) - 1
    place = np.clip(points_mm / spacing_mm, 0.0, most - 1e-9)
    low = place.astype(np.int64)
    part = place - low
    nodes, weights = [], []
    for corner in np.ndindex(2, 2, 2):
        nodes.append(np.ravel_multi_index(tuple((low + corner).T), node_shape))
        weights.append(np.where(corner, part, 1.0 - part).prod(axis=1))
    return np.stack(nodes, axis=1), np.stack(weights, axis=1)
