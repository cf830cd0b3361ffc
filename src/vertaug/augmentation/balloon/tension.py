"""The skin of a balloon: slack as long as it is folded, taut where it is stretched beyond that.

Each triangle carries tension along the principal directions in which it is longer than in the
unfolded balloon, in proportion to that, and none along the others (a tension field: a folded film
cannot be pressed; Pipkin, IMA J Appl Math 1986;36:85). So a balloon that has reached its own
length does not go on along the weakest way, and cannot turn concave where it is taut.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.case.grid import FloatArray

_ALIKE = 1e-9
"""Principal stretches so close are one: what they differ by is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BalloonSkin:
    """The skin in its unfolded state.

    Attributes
    ----------
    triangles : (t, 3) int64 array
    slope : (t, 3, 2) float64 array
        How a triangle's own two coordinates see its corners, 1/mm.
    area_mm2 : (t,) float64 array
    stiffness_n_per_mm : float
        Tension at a stretch of 2, modulus times thickness; 0 for no skin.
    """

    triangles: NDArray[np.int64]
    slope: FloatArray
    area_mm2: FloatArray
    stiffness_n_per_mm: float

    def pull(self, points_mm: FloatArray) -> FloatArray:
        """Return the forces with which the skin resists, on each point, shape (v, 3), N."""
        edge = np.einsum("tcx,tcm->txm", points_mm[self.triangles], self.slope)
        stretch, inside, outside = _principal(edge)
        tension = self.stiffness_n_per_mm * np.maximum(stretch - 1.0, 0.0)
        first = np.einsum("ti,tix,tim->txm", tension, outside, inside)
        forces = np.einsum("t,txm,tcm->tcx", self.area_mm2, first, self.slope)
        out = np.zeros_like(points_mm)
        np.add.at(out, self.triangles, forces)
        return out

    def taut(self, points_mm: FloatArray) -> NDArray[np.bool_]:
        """Return which triangles are stretched in any direction, shape (t,)."""
        edge = np.einsum("tcx,tcm->txm", points_mm[self.triangles], self.slope)
        return np.asarray(_principal(edge)[0].max(axis=1) > 1.0)

    def stiffness(self, points_mm: FloatArray) -> Any:
        """Return how the pull changes with the points, a sparse (3 v, 3 v) array.

        The second derivative of the energy in principal stretches (Ogden, Non-linear Elastic
        Deformations, 1984, chapter 6.1.4); never negative, as the energy of a tension field is
        convex.
        """
        from scipy.sparse import coo_array

        edge = np.einsum("tcx,tcm->txm", points_mm[self.triangles], self.slope)
        stretch, inside, outside = _principal(edge)
        modes, stiff = self._modes(inside, outside), self._stiff(stretch)
        weighed = modes * (self.area_mm2[:, None] * stiff)[:, None, :]
        matrix = weighed @ modes.transpose(0, 2, 1)
        place = (3 * self.triangles[:, :, None] + np.arange(3)).reshape(len(matrix), 9)
        rows, columns = np.repeat(place, 9, axis=1), np.tile(place, (1, 9))
        size = 3 * len(points_mm)
        values = matrix.reshape(len(matrix), 81)
        entries = (values.ravel(), (rows.ravel(), columns.ravel()))
        return coo_array(entries, shape=(size, size)).tocsr()

    def _modes(self, inside: FloatArray, outside: FloatArray) -> FloatArray:
        """Return the six ways to deform a triangle by its corners, shape (t, 9, 6).

        Longer along either principal direction, either of them out of the plane, sheared, turned.
        """
        seen = self.slope @ inside.transpose(0, 2, 1)
        normal = np.cross(outside[:, 0], outside[:, 1])
        first, second = outside[:, 0], outside[:, 1]
        pairs = ((0, first), (1, second), (0, normal), (1, normal), (1, first), (0, second))
        ways = [seen[:, :, i, None] * n[:, None, :] for i, n in pairs]
        ways[4:] = [np.sqrt(0.5) * (ways[4] + ways[5]), np.sqrt(0.5) * (ways[5] - ways[4])]
        return np.stack([way.reshape(-1, 9) for way in ways], axis=2)

    def _stiff(self, stretch: FloatArray) -> FloatArray:
        """Return the stiffness of each of them, shape (t, 6)."""
        along = self.stiffness_n_per_mm * (stretch > 1.0)
        tension = self.stiffness_n_per_mm * np.maximum(stretch - 1.0, 0.0)
        apart = stretch[:, 1] - stretch[:, 0]
        alike = apart < _ALIKE
        sheared = (tension[:, 1] - tension[:, 0]) / np.where(alike, 1.0, apart)
        sheared = np.where(alike, along[:, 1], sheared)
        turned = tension.sum(axis=1) / stretch.sum(axis=1)
        return np.column_stack([along, tension / stretch, sheared, turned])


def unfolded(surface: BalloonSurface, stiffness_n_per_mm: float) -> BalloonSkin:
    """Return the skin whose unfolded state is a surface.

    Parameters
    ----------
    surface : BalloonSurface
    stiffness_n_per_mm : float
    """
    a, b, c = surface.corners()
    one, two = b - a, c - a
    normal = np.cross(one, two)
    area = 0.5 * np.linalg.norm(normal, axis=1)
    x = one / np.linalg.norm(one, axis=1)[:, None]
    y = np.cross(normal, x) / (2.0 * area)[:, None]
    flat = np.stack([np.stack([(e * x).sum(1), (e * y).sum(1)], axis=1) for e in (one, two)], 1)
    back = np.linalg.inv(flat)
    slope = np.stack([-back.sum(axis=2), back[:, :, 0], back[:, :, 1]], axis=1)
    return BalloonSkin(
        triangles=surface.triangles,
        slope=slope,
        area_mm2=area,
        stiffness_n_per_mm=stiffness_n_per_mm,
    )


def _principal(edge: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return principal stretches (t, 2), their directions unfolded (t, 2, 2) and now (t, 2, 3)."""
    square = np.einsum("txm,txn->tmn", edge, edge)
    values, vectors = np.linalg.eigh(square)
    stretch = np.sqrt(np.maximum(values, 1e-30))
    inside = vectors.transpose(0, 2, 1)
    outside = np.einsum("txm,tim->tix", edge, inside) / stretch[:, :, None]
    return stretch, inside, outside
