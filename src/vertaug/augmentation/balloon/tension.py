"""The skin of a balloon: slack as long as it is folded, taut where it is stretched beyond that.

Each triangle carries tension along the principal directions in which it is longer than in the
unfolded balloon, in proportion to that, and none along the others (a tension field: a folded film
cannot be pressed; Pipkin, IMA J Appl Math 1986;36:85). So a balloon that has reached its own
length does not go on along the weakest way, and cannot turn concave where it is taut.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.case.grid import FloatArray


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
        from vertaug.augmentation.balloon._skin_numba import pull_triangles

        out = np.zeros_like(points_mm)
        pull_triangles(
            points_mm, self.triangles, self.slope, self.area_mm2, self.stiffness_n_per_mm, out
        )
        return out

    def taut(self, points_mm: FloatArray) -> NDArray[np.bool_]:
        """Return which triangles are stretched in any direction, shape (t,)."""
        edge = np.einsum("tcx,tcm->txm", points_mm[self.triangles], self.slope)
        square = np.einsum("txm,txn->tmn", edge, edge)
        first, second, mixed = square[:, 0, 0], square[:, 1, 1], square[:, 0, 1]
        # the square of the longer of the two principal stretches
        longer = 0.5 * (first + second) + np.hypot(0.5 * (first - second), mixed)
        return np.asarray(longer > 1.0)


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
