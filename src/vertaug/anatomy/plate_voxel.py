"""The CT voxels around an endplate, each with the box and the blur it was seen through."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.anatomy.scan_voxel import SCANNER_SIGMA_MM, spacing_along, voxels_around
from vertaug.case.grid import FloatArray
from vertaug.case.spine import HeightField, VertebraFrame
from vertaug.case.volume import Scan

_INWARD_MM, _OUTWARD_MM = 2.5, 3.5
"""What is read of marrow and disc, plus half the slice."""
_GAS_HU, _MOST_HU = -100.0, 1500.0
"""Gas says nothing of the plate and is left out; metal is clipped to bone, so that no single voxel
decides."""
_MOST_VOXELS = 10_000
"""More do not make the plate better known, only the fit slower."""
_SCATTER = np.array([12.9898, 78.233, 37.719])
"""Incommensurate with any spacing: the fraction of their sum chooses voxels without a pattern."""


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
    half = 0.5 * spacing_along(scan.grid, frame.axes[:, 2])
    index, local = _voxels_near(field, base, image, _OUTWARD_MM + half)
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
    near &= scan.hu[tuple(index.T)] > _GAS_HU  # false for NaN also
    near &= _thin_out(local, int(near.sum()))
    index, local, u, v = index[near], local[near], u[near], v[near]
    slope_u, slope_v = (np.asarray(g) for g in np.gradient(base, step))
    normal = np.stack([-slope_u[u, v], -slope_v[u, v], np.ones(len(u))], axis=1)
    normal = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    boxes = np.abs(normal @ (frame.axes.T @ scan.grid.directions)) * scan.grid.spacing_mm
    widest: FloatArray = boxes.max(axis=1)
    others = (boxes**2).sum(axis=1) - widest**2
    return PlateVoxels(
        hu=np.minimum(scan.hu[tuple(index.T)].astype(np.float64), _MOST_HU),
        local_mm=local * [1.0, 1.0, outward],
        tilt=normal[:, 2],
        slice_mm=widest,
        blur_mm=np.sqrt(SCANNER_SIGMA_MM**2 + others / 12.0),
    )


def _voxels_near(
    field: HeightField, base: FloatArray, image: tuple[Scan, VertebraFrame], margin_mm: float
) -> tuple[NDArray[np.intp], FloatArray]:
    """Index and place in the vertebra frame of all voxels around a plate."""
    scan, frame = image
    height = base[np.isfinite(field.height_mm)]
    low = np.array([field.u_mm[0], field.v_mm[0], height.min() - margin_mm])
    high = np.array([field.u_mm[-1], field.v_mm[-1], height.max() + margin_mm])
    middle = 0.5 * (low + high)
    centre = frame.to_world(middle)
    index, place = voxels_around(scan.grid, centre, frame.axes, 0.5 * (high - low))
    return index, place + middle


def _thin_out(local: FloatArray, count: int) -> NDArray[np.bool_]:
    """Choose about the most voxels that are worth the time, by place and not by storage order."""
    if count <= _MOST_VOXELS:
        return np.ones(len(local), dtype=bool)
    scatter = np.modf(np.abs(local @ _SCATTER))[0]
    return np.asarray(scatter < _MOST_VOXELS / count)
