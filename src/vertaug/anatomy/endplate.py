"""Endplates and walls of the body as height fields, finer than the voxel."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import AnatomyError
from vertaug.case.grid import FloatArray
from vertaug.case.spine import HeightField

Axes = tuple[FloatArray, FloatArray, FloatArray]

_RIM_MM = 3.0
"""Rounded rim left out of the planes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedPlane:
    """Plane ``z = offset + slope_x x + slope_y y``."""

    offset_mm: float
    slope_x: float
    slope_y: float

    @property
    def normal(self) -> FloatArray:
        """Unit normal pointing superior, in the frame of the fit."""
        n = np.array([-self.slope_x, -self.slope_y, 1.0])
        return np.asarray(n / np.linalg.norm(n))


def find_surface(
    occupancy: NDArray[np.float32], part: NDArray[np.bool_], axes: Axes, axis: int, *, last: bool
) -> HeightField:
    """Return the outermost surface of a part along one axis of the grid.

    Parameters
    ----------
    occupancy : (nx, ny, nz) float32 array
        Share of bone.
    part : (nx, ny, nz) bool array
        The part of the bone whose surface is sought.
    axes : tuple of float64 arrays
        Coordinates along x, y, z in mm.
    axis : int
        Axis along which the height is taken.
    last : bool
        The end with the largest coordinate, else the smallest.

    Returns
    -------
    HeightField
        Over the two other axes, in their order; NaN where the part is absent.
    """
    size = part.shape[axis]
    seen = part.any(axis=axis)
    flipped = np.flip(part, axis=axis) if last else part
    first = flipped.argmax(axis=axis)
    place = size - 1 - first if last else first
    beyond = np.clip(place + (1 if last else -1), 0, size - 1)
    inner = np.take_along_axis(occupancy, np.expand_dims(place, axis), axis=axis).squeeze(axis)
    outer = np.take_along_axis(occupancy, np.expand_dims(beyond, axis), axis=axis).squeeze(axis)
    drop = np.maximum(inner - outer, 1e-6)
    share = np.where(inner > outer, np.clip((inner - 0.5) / drop, 0.0, 1.0), 0.5)
    coordinate = axes[axis]
    step = float(coordinate[1] - coordinate[0])
    height = coordinate[place] + share * (step if last else -step)
    others = [axes[a] for a in range(3) if a != axis]
    return HeightField(u_mm=others[0], v_mm=others[1], height_mm=np.where(seen, height, np.nan))


def find_endplates(
    occupancy: NDArray[np.float32], body: NDArray[np.bool_], axes: Axes
) -> tuple[HeightField, HeightField]:
    """Return the superior and inferior endplate of a body.

    The endplates cover the columns of the body's waist and its overhanging rims; a column of
    which only the flank of the other rim is met is left out.
    """
    top = find_surface(occupancy, body, axes, 2, last=True)
    bottom = find_surface(occupancy, body, axes, 2, last=False)
    span = top.height_mm - bottom.height_mm
    mid = 0.5 * (np.nanmedian(top.height_mm) + np.nanmedian(bottom.height_mm))
    waist = body[:, :, np.abs(axes[2] - mid) <= 2.0].any(axis=2)
    waist = waist & (span > 3.0)
    if waist.sum() < 30:
        message = "the endplates cannot be found: the body is too small or too flat"
        raise AnatomyError(message)
    return _keep_plate(top, waist, 1.0), _keep_plate(bottom, waist, -1.0)


def _keep_plate(field: HeightField, waist: NDArray[np.bool_], sign: float) -> HeightField:
    """Drop columns outside the waist that lie far inward of the plate beside them."""
    from scipy.ndimage import distance_transform_edt

    step = float(field.u_mm[1] - field.u_mm[0])
    distance, nearest = distance_transform_edt(~waist, return_indices=True)
    beside = field.height_mm[tuple(nearest)]
    inward = sign * (beside - field.height_mm)
    keep = waist | ((distance * step <= 5.0) & (inward < 3.0))
    return HeightField(
        u_mm=field.u_mm, v_mm=field.v_mm, height_mm=np.where(keep, field.height_mm, np.nan)
    )


def fit_plane(field: HeightField) -> FittedPlane:
    """Return the robust best plane of an endplate without its rim.

    Iteratively reweighted least squares with Cauchy weights of 1 mm, so that a Schmorl node or
    a depressed part does not tilt the plane of the rest.
    """
    from scipy.ndimage import distance_transform_edt

    step = float(field.u_mm[1] - field.u_mm[0])
    seen = np.isfinite(field.height_mm)
    depth = distance_transform_edt(np.pad(seen, 1))[1:-1, 1:-1] * step
    inner = depth > _RIM_MM
    if inner.sum() < 20:
        inner = seen
    u, v = np.meshgrid(field.u_mm, field.v_mm, indexing="ij")
    design = np.stack([np.ones(inner.sum()), u[inner], v[inner]], axis=1)
    z = field.height_mm[inner]
    weight = np.ones(len(z))
    for _ in range(10):
        root = np.sqrt(weight)
        coefficients, *_ = np.linalg.lstsq(design * root[:, None], z * root, rcond=None)
        weight = 1.0 / (1.0 + (z - design @ coefficients) ** 2)
    offset, slope_x, slope_y = (float(c) for c in coefficients)
    return FittedPlane(offset_mm=offset, slope_x=slope_x, slope_y=slope_y)
