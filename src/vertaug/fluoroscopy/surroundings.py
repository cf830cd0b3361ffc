"""The part of the body that a CT does not cover.

A CT of the spine is often narrower than the patient. Radiographs through it alone would need
far too little dose and be far too clear, so the trunk around it is completed with water: the
faces of the CT are continued outward, up to a rounded outline about the spine.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import PatientRegion
from vertaug.case.volume import Scan, Volume
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.line_integral import (
    ProjectedField,
    integrate_field,
    prepare_field,
)
from vertaug.fluoroscopy.smoothing import blur

_ACROSS_MM, _ALONG_MM = 1.0, 5.0
"""Voxels of the completed part: across the trunk, where its outline must not show as steps, and
along it."""
_ROUNDNESS = 3.5
"""Exponent of the outline: 2 is an ellipse, more is closer to a rectangle."""
_WALL_MM = 25.0
"""Thickness of the body wall outside of lungs that the CT cuts."""
_SMOOTH_MM, _BLUR_MM = 8.0, 0.4
_BEYOND_ENDS_MM = 120.0
"""So far the trunk goes on headward and footward of the CT."""
_TISSUE_HU, _BONE_HU = -350, 250
_LUNG_G_PER_ML, _LEAST_DENSITY = 0.25, 0.1
_SPINE_TO_SKIN_MM = 65.0
"""From the middle of the spine's bone to the skin of the back, where the CT does not show it."""
_BESIDE_SPINE_MM = 20.0


@dataclass(frozen=True, slots=True)
class _Axes:
    """Which axis of a grid runs along the trunk, which from front to back."""

    long: int
    depth: int
    back_is_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """The outline to which the body is completed.

    Attributes
    ----------
    width_mm, depth_mm : float
        Left to right and front to back.
    source : str
        Where the values come from.
    """

    width_mm: float = 300.0
    depth_mm: float = 210.0
    source: str = "adult trunk at the thoracolumbar junction (design default)"

    def __post_init__(self) -> None:
        if not (100.0 <= self.width_mm <= 800.0 and 100.0 <= self.depth_mm <= 800.0):
            message = (
                "a trunk is 100 to 800 mm wide and deep; got "
                f"{self.width_mm:g} x {self.depth_mm:g} mm"
            )
            raise InputError(message)


def complete_trunk(
    scan: Scan, trunk: Trunk, patient: Volume | None = None
) -> ProjectedField | None:
    """Return the tissue around a CT as water in g/ml; None if the CT cuts no tissue.

    Its voxels meet the faces of the CT exactly, so that no tissue is counted twice.

    Parameters
    ----------
    scan : Scan
    trunk : Trunk
    patient : Volume of uint8, optional
        Values of `PatientRegion` on the scan's grid; by default by HU.
    """
    grid = scan.grid
    size = np.array(grid.shape)
    axes = _nearest_axes(grid)
    wanted = np.where(np.arange(3) == axes.long, _ALONG_MM, _ACROSS_MM)
    count = np.maximum(np.round(size * grid.spacing_mm / wanted), 1).astype(int)
    blocks = Grid(shape=_shape(count), affine=_scaled(grid, size / count))
    every = np.ix_(*(_middles(n, m) for n, m in zip(size, count, strict=True)))
    hu = scan.hu[every]
    kind = hu > _TISSUE_HU if patient is None else patient.values[every]
    if not (kind == PatientRegion.PATIENT).any():
        return None
    centre = _trunk_centre(hu, kind == PatientRegion.PATIENT, blocks, trunk)
    density = _continue_density(hu, kind, blocks, axes)
    missing = kind == PatientRegion.NOT_MEASURED
    return _extend(density, missing, blocks, (centre, trunk), axes.long)


def _extend(
    density: NDArray[np.float32],
    missing: NDArray[np.bool_],
    blocks: Grid,
    outline: "tuple[FloatArray, Trunk]",
    long_axis: int,
) -> ProjectedField | None:
    """Continue the faces of the CT outward, aside up to the outline."""
    first, last = _extent(blocks, *outline)
    affine = np.array(blocks.affine)
    affine[:3, 3] = blocks.to_world(first.astype(float))
    around = Grid(shape=_shape(last - first), affine=affine)
    axes = [np.arange(a, b) for a, b in zip(first, last, strict=True)]
    nearest = [np.clip(axis, 0, n - 1) for axis, n in zip(axes, blocks.shape, strict=True)]
    outside = [axis != near for axis, near in zip(axes, nearest, strict=True)]
    water = density[np.ix_(*nearest)]
    aside = _any_of([o for k, o in enumerate(outside) if k != long_axis], long_axis)
    inward = _depth_below_outline(around, *outline)
    water[aside & (inward < _WALL_MM) & (water > 0.0)] = 1.0
    water *= np.where(aside, np.clip(0.5 + inward / _ACROSS_MM, 0.0, 1.0), 1.0)
    water[np.ix_(*(np.flatnonzero(~o) for o in outside))] = np.where(missing, density, 0.0)
    return prepare_field(water, around) if water.any() else None


def integrate_surroundings(surroundings: ProjectedField, carm: CArm) -> FloatArray:
    """Return the water around the CT on each ray, g/ml times mm, shape (rows, columns).

    Smoothed by part of a voxel, so that the steps of the outline do not show as stripes.
    """
    exact = integrate_field(surroundings, carm)[0]
    size = _BLUR_MM * carm.source_detector_mm / carm.source_isocentre_mm
    sigma = size / carm.pitch_mm
    return blur(exact.astype(np.float32), (float(sigma[1]), float(sigma[0]))).astype(np.float64)


def find_uncovered(surroundings: ProjectedField, carm: CArm, grid: Grid) -> NDArray[np.bool_]:
    """Return the pixels that show what the CT does not cover, at the isocentre's depth.

    Beside the CT air counts as seen, beyond its ends nothing does.

    Parameters
    ----------
    surroundings : ProjectedField
    carm : CArm
    grid : Grid
        Of the CT.

    Returns
    -------
    (rows, columns) bool array
    """
    focus, corner, across, down = carm.pixel_rays
    columns, rows = carm.pixels
    share = carm.source_isocentre_mm / carm.source_detector_mm
    x = np.arange(columns)[None, :, None] * across
    y = np.arange(rows)[:, None, None] * down
    points = focus + share * (corner - focus + x + y)
    long_axis = _nearest_axes(grid).long
    along = grid.to_index(points)[..., long_axis]
    beyond = (along < -0.5) | (along > grid.shape[long_axis] - 0.5)
    nearest = np.rint(surroundings.grid.to_index(points)).astype(int)
    size = np.array(surroundings.grid.shape)
    inside = ((nearest >= 0) & (nearest < size)).all(axis=-1)
    i, j, k = np.moveaxis(np.clip(nearest, 0, size - 1), -1, 0)
    return np.asarray(beyond | (inside & (surroundings.values[i, j, k] > _LEAST_DENSITY)))


def _trunk_centre(
    hu: NDArray[Any], tissue: NDArray[np.bool_], blocks: Grid, trunk: Trunk
) -> FloatArray:
    """Return left and posterior of the trunk's middle, shape (2,)."""
    bone = np.argwhere(hu > _BONE_HU)
    spine = blocks.to_world(bone if len(bone) else np.argwhere(tissue)).mean(axis=0)
    index = np.argwhere(tissue)
    where = blocks.to_world(index)
    middle = np.abs(where[:, 0] - spine[0]) < _BESIDE_SPINE_MM
    back = spine[1] + _SPINE_TO_SKIN_MM
    if middle.any():
        hindmost = index[middle][np.argmax(where[middle, 1])]
        across = int(np.argmax(np.abs(blocks.affine[1, :3] / blocks.spacing_mm)))
        if 0 < hindmost[across] < blocks.shape[across] - 1:
            back = float(where[middle, 1].max())
    return np.array([spine[0], back - trunk.depth_mm / 2])


def _extent(blocks: Grid, centre: FloatArray, trunk: Trunk) -> tuple[Any, Any]:
    """Return the first and one past the last block of the completed trunk."""
    size = np.array(blocks.shape)
    flags = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, 8).T
    ends = blocks.to_world(flags * size - 0.5)[:, 2]
    corners = np.column_stack(
        [
            centre[0] + (flags[:, 0] - 0.5) * trunk.width_mm,
            centre[1] + (flags[:, 1] - 0.5) * trunk.depth_mm,
            np.where(flags[:, 2] > 0, ends.max() + _BEYOND_ENDS_MM, ends.min() - _BEYOND_ENDS_MM),
        ]
    )
    index = blocks.to_index(corners)
    first = np.minimum(np.floor(index.min(axis=0)).astype(int), 0)
    return first, np.maximum(np.ceil(index.max(axis=0)).astype(int) + 1, size)


def _depth_below_outline(around: Grid, centre: FloatArray, trunk: Trunk) -> FloatArray:
    """Return about how far voxels lie inside the trunk's outline in mm.

    Its shape is that of the grid, but 1 along an axis that the outline does not change along.
    """
    steps = [np.arange(n, dtype=np.float32) for n in around.shape]
    matrix, origin = around.affine[:2, :3], around.affine[:2, 3]
    total = np.zeros((), dtype=np.float32)
    for row, width in ((0, trunk.width_mm), (1, trunk.depth_mm)):
        offset = np.full((1, 1, 1), origin[row] - centre[row], dtype=np.float32)
        for axis in range(3):
            if matrix[row, axis] != 0.0:
                along = np.float32(matrix[row, axis]) * steps[axis]
                offset = offset + np.expand_dims(along, [k for k in range(3) if k != axis])
        total = total + np.abs(offset * np.float32(2.0 / width)) ** np.float32(_ROUNDNESS)
    radius = total ** np.float32(1.0 / _ROUNDNESS)
    return np.asarray((1.0 - radius) * np.float32(min(trunk.width_mm, trunk.depth_mm) / 2))


def _continue_density(
    hu: NDArray[Any], kind: NDArray[Any], blocks: Grid, axes: _Axes
) -> NDArray[np.float32]:
    """Return the density of the body, what was not measured as the nearest that was.

    It is smooth, so that nothing is drawn out into stripes, and lung is one density.
    """
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    tissue = kind == PatientRegion.PATIENT
    lung = (kind == PatientRegion.AIR) & _lies_inside(tissue, kind == PatientRegion.AIR, axes)
    body = tissue | lung
    density = np.where(lung, _LUNG_G_PER_ML, np.clip(1.0 + hu / 1000.0, 0.0, 1.0)) * body
    sigma = _SMOOTH_MM / blocks.spacing_mm
    share = gaussian_filter(body.astype(np.float32), sigma, mode="nearest")
    smooth = gaussian_filter(density.astype(np.float32), sigma, mode="nearest")
    known = smooth / np.maximum(share, 1e-3) * body
    missing = kind == PatientRegion.NOT_MEASURED
    if missing.any() and not missing.all():
        nearest = distance_transform_edt(
            missing, sampling=blocks.spacing_mm, return_distances=False, return_indices=True
        )
        known = known[tuple(nearest)]
    return np.asarray(known, dtype=np.float32)


def _lies_inside(
    tissue: NDArray[np.bool_], air: NDArray[np.bool_], axes: _Axes
) -> NDArray[np.bool_]:
    """Return which voxels have the patient behind them, and before them where skin is seen.

    Where most of the front face of a slice is air, the skin of the belly is in the CT.
    """
    order = 1 if axes.back_is_up else -1
    front_to_back = np.flip(tissue, axes.depth) if order < 0 else tissue
    before = np.maximum.accumulate(front_to_back, axis=axes.depth)
    behind = np.flip(
        np.maximum.accumulate(np.flip(front_to_back, axes.depth), axis=axes.depth), axes.depth
    )
    face = np.take(air, 0 if order > 0 else -1, axis=axes.depth)
    across = 0 if min(axes.depth, axes.long) > 0 else 1 if 1 not in (axes.depth, axes.long) else 2
    line = across - (1 if across > axes.depth else 0)
    skin_seen = np.expand_dims(face.mean(axis=line, keepdims=True) > 0.8, axes.depth)
    inside = behind & (before | ~skin_seen)
    return np.asarray(np.flip(inside, axes.depth) if order < 0 else inside)


def _nearest_axes(grid: Grid) -> _Axes:
    unit = grid.affine[:3, :3] / grid.spacing_mm
    long_axis = int(np.argmax(np.abs(unit[2])))
    sideways = np.abs(unit[1])
    sideways[long_axis] = -1.0
    depth = int(np.argmax(sideways))
    return _Axes(long=long_axis, depth=depth, back_is_up=bool(unit[1, depth] > 0))


def _middles(fine: int, coarse: int) -> NDArray[np.int_]:
    """Return the fine voxel in the middle of each block."""
    middles = ((np.arange(coarse) + 0.5) * fine / coarse).astype(int)
    return np.asarray(np.minimum(middles, fine - 1))


def _scaled(grid: Grid, factor: FloatArray) -> FloatArray:
    """Return the affine of blocks that start at the grid's own corner."""
    affine = np.array(grid.affine)
    affine[:3, :3] *= factor
    affine[:3, 3] = grid.to_world(factor / 2 - 0.5)
    return affine


def _any_of(outside: list[NDArray[np.bool_]], long_axis: int) -> NDArray[np.bool_]:
    """Return where one of two axes is outside, broadcast over the third."""
    both = outside[0][:, None] | outside[1][None, :]
    return np.asarray(np.expand_dims(both, long_axis))


def _shape(count: NDArray[np.int_]) -> tuple[int, int, int]:
    return int(count[0]), int(count[1]), int(count[2])
