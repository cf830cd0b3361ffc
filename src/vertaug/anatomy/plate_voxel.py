"""The CT voxels around an endplate, each with the box and the blur it was seen through."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.case.spine import HeightField, VertebraFrame
from vertaug.case.volume import Scan

SCANNER_SIGMA_MM = 0.6
"""In-plane blur of a body CT kernel (standard deviation), typical value."""
_INWARD_MM, _OUTWARD_MM = 2.5, 3.5
"""What is read of marrow and disc, plus half the slice."""
_HU_RANGE = (-300.0, 1500.0)
_MOST_VOXELS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlateVoxels:
    """CT voxels around a plate, one row each.

    Attributes
    ----------
    hu : (n,) float64 array
    local_mm : (n, 3) float64 array
        Centres in the vertebra frame, z out of the bone.
    tilt : (n,) float64 array
        Cosine between z and the plate's normal.
    slice_mm, blur_mm : (n,) float64 arrays
        Along the normal: the widest box of the voxel, and the standard deviation of the scanner
        and of the two other boxes.
    """

    hu: FloatArray
    local_mm: FloatArray
    tilt: FloatArray
    slice_mm: FloatArray
    blur_mm: FloatArray


def read_plate_voxels(
    field: HeightField, base: FloatArray, image: tuple[Scan, VertebraFrame], outward: float
) -> PlateVoxels:
    """Return the voxels from the marrow under an endplate to the disc beyond it.

    Parameters
    ----------
    field : HeightField
        Endplate of the mask, z over (x, y) in the vertebra frame.
    base : (nu, nv) float64 array
        The same, smoothed and free of NaN.
    image : tuple of Scan and VertebraFrame
    outward : float
        1 for the superior endplate, -1 for the inferior.
    """
    scan, frame = image
    spacing = scan.grid.spacing_mm
    slice_mm = np.linalg.norm((scan.grid.directions.T @ frame.axes[:, 2]) * spacing)
    half = 0.5 * float(slice_mm)
    index, local = _voxels_in_box(field, base, image, _OUTWARD_MM + half)
    step = float(field.u_mm[1] - field.u_mm[0])
    u, v = (
        np.rint((local[:, k] - axis[0]) / step).astype(np.intp)
        for k, axis in ((0, field.u_mm), (1, field.v_mm))
    )
    inside = (u >= 0) & (u < len(field.u_mm)) & (v >= 0) & (v < len(field.v_mm))
    index, local, u, v = index[inside], local[inside], u[inside], v[inside]
    above = outward * (local[:, 2] - base[u, v])
    near = (above > -_INWARD_MM - half) & (above < _OUTWARD_MM + half)
    near &= np.isfinite(field.height_mm[u, v])
    near &= _thin_out(local, int(near.sum()))
    index, local, u, v = index[near], local[near], u[near], v[near]
    slope_u, slope_v = (np.asarray(g) for g in np.gradient(base, step))
    normal = np.stack([-slope_u[u, v], -slope_v[u, v], np.ones(len(u))], axis=1)
    normal = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    boxes = np.abs(normal @ (frame.axes.T @ scan.grid.directions)) * spacing
    widest: FloatArray = boxes.max(axis=1)
    others = (boxes**2).sum(axis=1) - widest**2
    return PlateVoxels(
        hu=np.clip(scan.hu[tuple(index.T)].astype(np.float64), *_HU_RANGE),
        local_mm=local * [1.0, 1.0, outward],
        tilt=normal[:, 2],
        slice_mm=widest,
        blur_mm=np.sqrt(SCANNER_SIGMA_MM**2 + others / 12.0),
    )


def _voxels_in_box(
    field: HeightField, base: FloatArray, image: tuple[Scan, VertebraFrame], margin_mm: float
) -> tuple[NDArray[np.intp], FloatArray]:
    """Index and place in the vertebra frame of all voxels around a plate."""
    scan, frame = image
    height = base[np.isfinite(field.height_mm)]
    ends = (
        field.u_mm[[0, -1]],
        field.v_mm[[0, -1]],
        np.array([height.min() - margin_mm, height.max() + margin_mm]),
    )
    corners = np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3)
    bounds = scan.grid.to_index(frame.to_world(corners))
    low = np.maximum(np.floor(bounds.min(axis=0)), 0).astype(np.intp)
    high = np.minimum(np.ceil(bounds.max(axis=0)) + 1, scan.grid.shape).astype(np.intp)
    ranges = [np.arange(a, b) for a, b in zip(low, high, strict=True)]
    index = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
    return index, frame.to_local(scan.grid.to_world(index))


def _thin_out(local: FloatArray, count: int) -> NDArray[np.bool_]:
    """Choose about the most voxels that are worth the time, by place and not by storage order."""
    if count <= _MOST_VOXELS:
        return np.ones(len(local), dtype=bool)
    scatter = np.modf(np.abs(local @ [12.9898, 78.233, 37.719]))[0]
    return np.asarray(scatter < _MOST_VOXELS / count)
