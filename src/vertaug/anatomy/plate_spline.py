"""Tensor-product B-splines over the extent of an endplate."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vertaug.case.grid import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlateSplines:
    """B-splines over a rectangle of the vertebra's x and y, even knots.

    Attributes
    ----------
    low, high : (2,) float64 arrays
        Corners of the rectangle in mm.
    step_mm : float
        Largest distance of the knots.
    degree : int
        1 for bilinear, 3 for bicubic.
    """

    low: FloatArray
    high: FloatArray
    step_mm: float
    degree: int

    @property
    def shape(self) -> tuple[int, int]:
        """Number of splines along x and y."""
        pieces = np.maximum(np.ceil((self.high - self.low) / self.step_mm), 1).astype(int)
        return int(pieces[0]) + self.degree, int(pieces[1]) + self.degree

    def at(self, u_mm: FloatArray, v_mm: FloatArray) -> "csr_matrix":
        """Values of all splines at points; (points, splines)."""
        from scipy.interpolate import BSpline
        from scipy.sparse import csr_matrix

        rows, width = len(u_mm), self.degree + 1
        parts = []
        for axis, x in enumerate((u_mm, v_mm)):
            pieces = self.shape[axis] - self.degree
            step = (self.high[axis] - self.low[axis]) / pieces
            knots = self.low[axis] + step * np.arange(-self.degree, pieces + self.degree + 1)
            inside = np.clip(x, knots[self.degree], knots[-self.degree - 1] - 1e-9)
            parts.append(BSpline.design_matrix(inside, knots, self.degree))
        (iu, iv), (wu, wv) = (
            [p.indices.reshape(rows, width) for p in parts],
            [p.data.reshape(rows, width) for p in parts],
        )
        index = (iu[:, :, None] * self.shape[1] + iv[:, None, :]).ravel()
        value = (wu[:, :, None] * wv[:, None, :]).ravel()
        start = np.arange(rows + 1) * width**2
        return csr_matrix((value, index, start), shape=(rows, self.shape[0] * self.shape[1]))

    def roughness(self, order: int) -> FloatArray:
        """Sum of all squared differences of one order between neighbouring coefficients."""
        count = self.shape[0] * self.shape[1]
        total = np.zeros((count, count))
        for k in range(order + 1):
            u, v = (
                np.diff(np.eye(n), m, axis=0)
                for n, m in zip(self.shape, (k, order - k), strict=True)
            )
            both = np.kron(u.T @ u, v.T @ v)
            total += (2.0 if 0 < k < order else 1.0) * both
        return total
