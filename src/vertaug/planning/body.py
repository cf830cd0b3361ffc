"""The body's shape as functions of place: walls, endplates, depth and height fractions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.case.spine import HeightField, Region, Vertebra

_COURSE_MM = 3.0
"""Standard deviation of the smoothing of a face's course."""
_STEEPEST = 1.0
"""Slope where a face ends and the next one begins: 45 degrees."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """A height field continued beyond its rim by the nearest height.

    Attributes
    ----------
    u0_mm, v0_mm, du_mm, dv_mm : float
        First sample and step of the regular sampling.
    height_mm : (nu, nv) float64 array
        Heights without gaps.
    smooth_mm : (nu, nv) float64 array
        The same smoothed over a few millimetres: where the face runs, without its roughness.
    """

    u0_mm: float
    v0_mm: float
    du_mm: float
    dv_mm: float
    height_mm: FloatArray
    smooth_mm: FloatArray

    def at(self, u_mm: FloatArray, v_mm: FloatArray) -> FloatArray:
        """Return the height at points, bilinear, held constant beyond the sampling."""
        return self._sample(self.height_mm, u_mm, v_mm)

    def course(self, u_mm: FloatArray, v_mm: FloatArray) -> FloatArray:
        """Return the smoothed height at points, as `at` does."""
        return self._sample(self.smooth_mm, u_mm, v_mm)

    def _sample(self, h: FloatArray, u_mm: FloatArray, v_mm: FloatArray) -> FloatArray:
        nu, nv = h.shape
        a = np.clip((u_mm - self.u0_mm) / self.du_mm, 0.0, nu - 1.0)
        b = np.clip((v_mm - self.v0_mm) / self.dv_mm, 0.0, nv - 1.0)
        i = np.minimum(a.astype(np.int64), max(nu - 2, 0))
        j = np.minimum(b.astype(np.int64), max(nv - 2, 0))
        i1, j1 = np.minimum(i + 1, nu - 1), np.minimum(j + 1, nv - 1)
        s, t = a - i, b - j
        low = h[i, j] * (1 - t) + h[i, j1] * t
        high = h[i1, j] * (1 - t) + h[i1, j1] * t
        return np.asarray(low * (1 - s) + high * s)


def continue_sheet(surface: HeightField, *, upright: bool = False) -> Sheet:
    """Return the face of a height field, its gaps and surroundings filled by the nearest height.

    Columns that meet the rounded rim or something behind it, such as the lower border of a
    pedicle's root, are left out: there the neighbouring face is the body's surface. Continued
    past the rim as they are, they would stand in the way of needles that are well inside.

    Parameters
    ----------
    upright : bool
        For a wall: only its slope along z counts, so that it may curve round the body.
    """
    u, v = surface.u_mm, surface.v_mm
    step = float(u[1] - u[0]), float(v[1] - v[0])
    return _sheet(u[0], v[0], step, _keep_face(np.array(surface.height_mm), step, upright=upright))


def _keep_face(height: FloatArray, step: tuple[float, float], *, upright: bool) -> FloatArray:
    """Set NaN outside the largest part without steep columns; steep ones within it stay."""
    from scipy.ndimage import binary_fill_holes, label

    seen = np.isfinite(height)
    square = np.zeros_like(height)
    for axis in (1,) if upright else (0, 1):
        change = np.diff(height, axis=axis) / step[axis]
        edge = [(0, 0), (0, 0)]
        sides = []
        for side in (0, 1):
            edge[axis] = (1 - side, side)
            sides.append(np.pad(change, edge, constant_values=np.nan))
        both = np.isfinite(sides[0]) & np.isfinite(sides[1])
        one = np.where(np.isfinite(sides[0]), sides[0], np.nan_to_num(sides[1]))
        square += np.where(both, 0.5 * (sides[0] + sides[1]), one) ** 2
    parts, count = label(seen & (square <= _STEEPEST**2))
    if not count:
        return height
    largest = 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
    keep = binary_fill_holes(parts == largest) & seen
    return np.where(keep, height, np.nan)


def _sheet(u0: float, v0: float, step: tuple[float, float], height: FloatArray) -> Sheet:
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    gaps = ~np.isfinite(height)
    if gaps.any() and not gaps.all():
        nearest = distance_transform_edt(gaps, return_distances=False, return_indices=True)
        height = height[tuple(nearest)]
    return Sheet(
        u0_mm=float(u0),
        v0_mm=float(v0),
        du_mm=float(step[0]),
        dv_mm=float(step[1]),
        height_mm=np.asarray(height, dtype=np.float64),
        smooth_mm=gaussian_filter(
            np.asarray(height, dtype=np.float64),
            [_COURSE_MM / abs(d) for d in step],
            mode="nearest",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodyShape:
    """Walls and endplates of one body in its vertebra frame.

    Attributes
    ----------
    superior, inferior : Sheet
        z over (x, y).
    anterior, posterior : Sheet
        y over (x, z).
    left, right : Sheet
        x over (y, z).
    """

    superior: Sheet
    inferior: Sheet
    anterior: Sheet
    posterior: Sheet
    left: Sheet
    right: Sheet

    @property
    def half_width_mm(self) -> float:
        """Half of the width, mean over the body's core."""
        left, right = self._core_walls()
        return float((left - right).mean()) / 2

    @property
    def middle_x_mm(self) -> float:
        """Return x half way between the lateral walls, mean over the body's core."""
        left, right = self._core_walls()
        return float((left + right).mean()) / 2

    def _core_walls(self) -> tuple[FloatArray, FloatArray]:
        # a mean over 10 mm x 6 mm does not follow the voxels as one row would
        y, z = np.meshgrid(np.arange(-5.0, 5.1), np.arange(-3.0, 3.1), indexing="ij")
        return self.left.at(y, z), self.right.at(y, z)

    def depth_fraction(self, points_mm: FloatArray) -> FloatArray:
        """Return 0 at the posterior and 1 at the anterior wall for points (n, 3), along y."""
        x, y, z = points_mm.T
        back, front = self.posterior.course(x, z), self.anterior.course(x, z)
        return np.asarray((back - y) / np.maximum(back - front, 1.0))

    def height_fraction(self, points_mm: FloatArray) -> FloatArray:
        """Return 0 at the inferior and 1 at the superior endplate for points (n, 3), along z."""
        x, y, z = points_mm.T
        low, high = self.inferior.course(x, y), self.superior.course(x, y)
        return np.asarray((z - low) / np.maximum(high - low, 1.0))

    def width_fraction(self, points_mm: FloatArray) -> FloatArray:
        """Return 0 at the right and 1 at the left wall for points (n, 3), along x."""
        x, y, z = points_mm.T
        low, high = self.right.course(y, z), self.left.course(y, z)
        return np.asarray((x - low) / np.maximum(high - low, 1.0))

    def place(self, x_mm: FloatArray, depth: FloatArray, height: FloatArray) -> FloatArray:
        """Return points (n, 3) at given x, depth fraction and height fraction."""
        z = np.zeros_like(x_mm)
        for _ in range(3):
            back, front = self.posterior.course(x_mm, z), self.anterior.course(x_mm, z)
            y = back - depth * (back - front)
            low, high = self.inferior.course(x_mm, y), self.superior.course(x_mm, y)
            z = low + height * (high - low)
        return np.stack([x_mm, y, z], axis=-1)


def body_shape(vertebra: Vertebra) -> BodyShape:
    """Return the shape of a vertebra's body."""
    left, right = _lateral_sheets(vertebra)
    return BodyShape(
        superior=continue_sheet(vertebra.superior.surface),
        inferior=continue_sheet(vertebra.inferior.surface),
        anterior=continue_sheet(vertebra.anterior_wall, upright=True),
        posterior=continue_sheet(vertebra.posterior_wall, upright=True),
        left=left,
        right=right,
    )


def _lateral_sheets(vertebra: Vertebra) -> tuple[Sheet, Sheet]:
    """Return x of the left and right wall over (y, z), finer than the voxel."""
    from scipy.ndimage import binary_dilation, gaussian_filter

    grid = vertebra.regions.grid
    spacing = float(grid.spacing_mm[0])
    origin = vertebra.frame.to_local(grid.to_world((0, 0, 0)))
    # beyond the mask's own stairs the occupancy says where the bone ends
    near = binary_dilation(vertebra.mask(Region.BODY), iterations=2).astype(np.float32)
    share = np.minimum(gaussian_filter(near, 0.7), vertebra.occupancy.values)
    sheets = []
    for flip in (False, True):
        outer = _outermost_crossing(share[::-1] if flip else share)
        index = share.shape[0] - 1 - outer if flip else outer
        x = origin[0] + spacing * index
        step = (spacing, spacing)
        sheets.append(_sheet(origin[1], origin[2], step, _keep_face(x, step, upright=True)))
    return sheets[0], sheets[1]


def _outermost_crossing(share: NDArray[np.float32]) -> FloatArray:
    """Index along the first axis where the last run above 0.5 ends; NaN in empty rows."""
    above = share > 0.5
    last = share.shape[0] - 1 - np.argmax(above[::-1], axis=0)
    after = np.minimum(last + 1, share.shape[0] - 1)
    inner = np.take_along_axis(share, last[None], axis=0)[0].astype(np.float64)
    outer = np.take_along_axis(share, after[None], axis=0)[0].astype(np.float64)
    crossing = last + np.clip((inner - 0.5) / np.maximum(inner - outer, 1e-6), 0.0, 1.0)
    return np.where(above.any(axis=0), crossing, np.nan)
