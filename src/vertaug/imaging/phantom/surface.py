"""Distances to the exact surfaces of the phantom."""

from collections.abc import Callable

import numpy as np

from vertaug.case.grid import FloatArray

_COARSE_MM = 1.6
_FINE_MM = 0.6
_NEWTON_STEPS = 6
_ON_SURFACE_MM = 1e-4
_WALKS = 10

Field = Callable[[FloatArray], FloatArray]


def find_gradient(field: Field, points: FloatArray, step: float = 1e-4) -> FloatArray:
    """Return the gradient of a field at points (n, 3), by central differences."""
    out = np.empty_like(points)
    for axis in range(3):
        shift = np.zeros(3)
        shift[axis] = step
        out[:, axis] = (field(points + shift) - field(points - shift)) / (2 * step)
    return out


def project_to_surface(field: Field, points: FloatArray) -> FloatArray:
    """Move points (n, 3) along the gradient to the zero of the field, by Newton's method."""
    moved = points.copy()
    for _ in range(_NEWTON_STEPS):
        value = field(moved)
        todo = np.abs(value) > _ON_SURFACE_MM / 10
        if not todo.any():
            break
        gradient = find_gradient(field, moved[todo])
        square = np.maximum((gradient**2).sum(axis=1), 0.05)
        step = np.clip(value[todo] / square, -1.0, 1.0)
        moved[todo] -= step[:, None] * gradient
    return moved


def sample_surface(field: Field, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return points (n, 3) on the zero of a field in a box, about 0.5 mm apart."""
    axes = [np.arange(a, b + _COARSE_MM, _COARSE_MM) for a, b in zip(low, high, strict=True)]
    coarse = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    near = coarse[np.abs(field(coarse)) < 1.6 * _COARSE_MM]
    count = int(np.ceil(_COARSE_MM / _FINE_MM))
    offsets = ((np.arange(count) + 0.5) / count - 0.5) * _COARSE_MM
    fine = np.stack(np.meshgrid(offsets, offsets, offsets, indexing="ij"), axis=-1).reshape(-1, 3)
    points = (near[:, None, :] + fine[None, :, :]).reshape(-1, 3)
    points = points[np.abs(field(points)) < 0.7 * _FINE_MM]
    points = project_to_surface(field, points)
    return points[np.abs(field(points)) < _ON_SURFACE_MM]


class ExactSurface:
    """The zero of a signed function, ready to give distances.

    Parameters
    ----------
    field : callable
        Maps points (n, 3) to values; negative inside, near the surface a distance to first
        order.
    low, high : (3,) float64 array
        Box that holds the surface.
    """

    def __init__(self, field: Field, low: FloatArray, high: FloatArray) -> None:
        from scipy.spatial import cKDTree

        self._field = field
        self._points = sample_surface(field, low, high)
        self._tree = cKDTree(self._points)

    def points_and_normals(self) -> tuple[FloatArray, FloatArray]:
        """Return the samples (n, 3) of the surface and their outward unit normals."""
        normals = find_gradient(self._field, self._points)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        return self._points, normals

    def signed_distance(self, points: FloatArray) -> FloatArray:
        """Return the distance of points (n, 3), negative inside.

        The nearest surface sample starts a walk on the surface: to the foot of the point on the
        tangent plane, back to the surface, and again, as long as the distance falls.
        """
        distance, nearest = self._tree.query(points)
        best = self._points[nearest]
        reach = np.full(len(points), 1.0)
        for _ in range(_WALKS):
            normal = find_gradient(self._field, best)
            normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
            offset = points - best
            along = offset - (offset * normal).sum(axis=1, keepdims=True) * normal
            length = np.linalg.norm(along, axis=1)
            scale = reach * np.minimum(1.0, 0.6 / np.maximum(length, 1e-12))
            moved = project_to_surface(self._field, best + along * scale[:, None])
            value = np.linalg.norm(points - moved, axis=1)
            better = (value < distance) & (np.abs(self._field(moved)) < _ON_SURFACE_MM)
            best[better], distance[better] = moved[better], value[better]
            reach = np.where(better, reach, reach * 0.5)
        return np.asarray(np.where(self._field(points) > 0, distance, -distance))
