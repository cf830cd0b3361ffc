"""Where an endplate ends in the CT, finer than the voxels of the mask.

A mask follows a slanted endplate in steps of a voxel, and thick slices hide up to half their
thickness. The CT shows the bony endplate as a ridge between marrow and disc; its place is known
to a fraction of the voxel from the values around it.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.anatomy.plate_fit import fit_plate
from vertaug.anatomy.scan_voxel import CORTEX_HU, SCANNER_SIGMA_MM, spacing_along
from vertaug.case.grid import FloatArray
from vertaug.case.spine import HeightField, VertebraFrame
from vertaug.case.volume import Scan
from vertaug.numerics.interpolation import sample_trilinear

_STEP_MM = 0.5
_FEWEST = 30
"""Columns that make a surface."""
_MASK_STEPS_MM = np.array([2.0, 1.2])
"""Smoothing that takes the steps of its voxels out of a mask's surface, across and along the
sagittal plane (standard deviation)."""
_INWARD_MM, _OUTWARD_MM = 1.5, 3.5
"""What is read of marrow and disc beside the plate, plus half the spacing: little of the marrow,
which may be dense below a broken plate."""
_THICKNESS_MM = (0.2, 1.6)
_READ_TOGETHER_MM = np.array([1.6, 0.8])
"""Neighbouring columns that are read together, across and along the sagittal plane: wide across,
narrow along, so that the walls in front and behind do not reach into the plate."""
_THIN_MM, _THICK_MM = 1.5, 1.9
"""Voxel sizes across an endplate up to which single columns place it, and from which they come
in steps; between them both ways of reading count in proportion. Design defaults: scans of 1.5 mm
and less on one side, 2 mm slices even where they cross the plate at 20 degrees on the other."""
_FIT_SHARE = 0.5
"""Share of the smooth surface across thick slices; tried on the phantom."""
_LEAST_SHARE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ridge:
    """Result of the fit for each column: place of the outer edge and how sure it is."""

    edge_mm: FloatArray
    weight: FloatArray


def refine_endplate(
    field: HeightField, scan: Scan, frame: VertebraFrame, *, upper: bool
) -> HeightField:
    """Return an endplate, z over (x, y), with its heights taken from the CT (`refine_surface`).

    Across thick slices the mean with one smooth surface through all voxels (`fit_plate`) is
    taken: at the rim and in the middle the two err in opposite ways.
    """
    outward = 1.0 if upper else -1.0
    ridge = refine_surface(field, scan, frame, axis=2, outward=outward)
    seen = np.isfinite(field.height_mm)
    share = _FIT_SHARE * thick_share(spacing_along(scan.grid, frame.axes[:, 2]))
    if share < _LEAST_SHARE or seen.sum() < _FEWEST:
        return ridge
    smooth = fit_plate(field, _smooth_mask(field, seen), (scan, frame), outward)
    return replace(ridge, height_mm=(1.0 - share) * ridge.height_mm + share * smooth)


def refine_surface(
    field: HeightField, scan: Scan, frame: VertebraFrame, *, axis: int, outward: float
) -> HeightField:
    """Return a face of the body with its heights taken from the CT where the CT shows it.

    Around the smoothed surface of the mask each column of the CT is fitted by
    ``disc + (marrow - disc) step + content ridge``, both blurred by the scanner and the slice
    thickness; the ridge's centre and half its thickness give the outer edge. Columns where the
    ridge does not stand out of the noise keep the height of the mask.

    Parameters
    ----------
    field : HeightField
        Face of the mask along one axis of the vertebra frame, over the two others.
    scan : Scan
    frame : VertebraFrame
    axis : int
        That axis: 1 for the anterior and posterior wall, 2 for the endplates.
    outward : float
        Direction out of the bone along it, 1 or -1.
    """
    seen = np.isfinite(field.height_mm)
    if seen.sum() < _FEWEST:
        return field
    step = float(field.u_mm[1] - field.u_mm[0])
    base = _smooth_mask(field, seen)
    spacing = spacing_along(scan.grid, frame.axes[:, axis])
    offsets = np.arange(-_INWARD_MM - 0.5 * spacing, _OUTWARD_MM + 0.5 * spacing, _STEP_MM)
    profiles = _read_columns((field, base, axis), (scan, frame), outward * offsets)
    ridge = _fit_ridges(profiles, offsets, spacing)
    weight = np.zeros(field.height_mm.shape)
    height = base.copy()
    weight[seen] = ridge.weight
    height[seen] = base[seen] + outward * ridge.edge_mm
    half_slice = 0.5 * spacing * thick_share(spacing)
    sigma = np.maximum(_READ_TOGETHER_MM, half_slice) / step
    blended = _smooth(height, np.where(seen, weight + 1e-6, 0.0), sigma)
    trust = _smooth(weight, seen.astype(np.float64), sigma)
    share = np.clip(trust / 0.5, 0.0, 1.0) * _ridge_share(spacing)
    refined = np.where(seen, share * blended + (1 - share) * field.height_mm, np.nan)
    return HeightField(u_mm=field.u_mm, v_mm=field.v_mm, height_mm=refined)


def _ridge_share(spacing_mm: float) -> float:
    """How much the ridge counts against the mask: 1 for thin slices, half for thick ones.

    Across thick slices a ridge is drawn to the nearest slice, the surface of a mask to the middle
    between two. Their mean errs by half as much as either, over half the distance.
    """
    return float(np.clip(1.0 - 0.5 * (spacing_mm - 1.25) / 0.75, 0.5, 1.0))


def _smooth_mask(field: HeightField, seen: NDArray[np.bool_]) -> FloatArray:
    """Surface of the mask without the steps of its voxels."""
    step = float(field.u_mm[1] - field.u_mm[0])
    return _smooth(field.height_mm, seen.astype(np.float64), _MASK_STEPS_MM / step)


def _smooth(values: FloatArray, weight: FloatArray, sigma: FloatArray) -> FloatArray:
    """Gaussian mean of the weighted values."""
    from scipy.ndimage import gaussian_filter

    filled = np.where(weight > 0, np.nan_to_num(values), 0.0) * weight
    total = gaussian_filter(weight, sigma, mode="constant")
    mean = gaussian_filter(filled, sigma, mode="constant") / np.maximum(total, 1e-12)
    return np.asarray(np.where(weight > 0, mean, np.nan_to_num(values)))


def thick_share(spacing_mm: float) -> float:
    """How far voxels of a size across an endplate count as thick slices, from 0 to 1."""
    return float(np.clip((spacing_mm - _THIN_MM) / (_THICK_MM - _THIN_MM), 0.0, 1.0))


def _read_columns(
    face: tuple[HeightField, FloatArray, int],
    image: tuple[Scan, VertebraFrame],
    offsets: FloatArray,
) -> FloatArray:
    """CT along one axis through a face, out of the marrow; (columns, offsets)."""
    from scipy.ndimage import gaussian_filter

    field, base, axis = face
    scan, frame = image
    seen = np.isfinite(field.height_mm)
    u, v = np.meshgrid(field.u_mm, field.v_mm, indexing="ij")
    local = np.empty((*base.shape, len(offsets), 3))
    across, along = (a for a in range(3) if a != axis)
    local[..., across], local[..., along] = u[:, :, None], v[:, :, None]
    local[..., axis] = base[:, :, None] + offsets
    index = scan.grid.to_index(frame.to_world(local))
    hu = sample_trilinear(np.clip(scan.hu, -300, 1500), index, outside=0.0)
    hu[~seen] = 0.0
    step = float(field.u_mm[1] - field.u_mm[0])
    sigma = _READ_TOGETHER_MM / step
    weight = gaussian_filter(seen.astype(np.float64), sigma, mode="constant")
    mean = gaussian_filter(hu, (*sigma, 0.0), mode="constant")
    mean /= np.maximum(weight, 1e-6)[:, :, None]
    return np.asarray(mean[seen])


def _fit_ridges(profiles: FloatArray, offsets: FloatArray, spacing_mm: float) -> _Ridge:
    """Least squares over the place of the ridge, linear in disc, marrow and content."""
    from scipy.special import ndtr

    # box of the slice and triangle of the interpolation, as variances
    sigma = float(np.sqrt(SCANNER_SIGMA_MM**2 + spacing_mm**2 / 12 + spacing_mm**2 / 6))
    reach = 0.6 + 0.75 * spacing_mm
    places = np.arange(-reach, reach + 0.05, 0.1)
    residual = np.empty((len(places), len(profiles)))
    content = np.empty_like(residual)
    level = np.empty_like(residual)
    for n, place in enumerate(places):
        t = (offsets - place) / sigma
        ridge = np.exp(-0.5 * t**2) / (sigma * np.sqrt(2 * np.pi))
        design = np.stack([np.ones_like(t), ndtr(-t), ridge], axis=1)
        solution, *_ = np.linalg.lstsq(design, profiles.T, rcond=None)
        rest = profiles.T - design @ solution
        residual[n] = (rest**2).sum(axis=0)
        content[n] = solution[2]
        level[n] = solution[0] + 0.5 * solution[1]
    # a ridge must be bright; elsewhere the place of the mask is as good as any
    dull = float(residual.max()) + 1.0
    residual = np.where(content > 0, residual, dull)
    best = residual.argmin(axis=0)
    column = np.arange(len(profiles))
    found = (content[best, column] > 0) & (best > 0) & (best < len(places) - 1)
    centre = places[best] + _vertex(residual, best, column)
    excess = np.maximum(CORTEX_HU - level[best, column], 300.0)
    thickness = np.clip(content[best, column] / excess, *_THICKNESS_MM)
    noise = np.sqrt(np.where(found, residual[best, column], 1.0) / max(len(offsets) - 4, 1))
    height = content[best, column] / (sigma * np.sqrt(2 * np.pi))
    weight = np.clip((height / np.maximum(noise, 1.0) - 2.0) / 4.0, 0.0, 1.0)
    return _Ridge(edge_mm=centre + 0.5 * thickness, weight=np.where(found, weight, 0.0))


def _vertex(residual: FloatArray, best: NDArray[np.intp], column: NDArray[np.intp]) -> FloatArray:
    """Offset of the parabola's lowest point from the best place, in mm."""
    inner = np.clip(best, 1, len(residual) - 2)
    a, b, c = (residual[inner + n, column] for n in (-1, 0, 1))
    bend = np.maximum(a - 2 * b + c, 1e-9)
    return np.asarray(0.1 * np.clip(0.5 * (a - c) / bend, -1.0, 1.0))
