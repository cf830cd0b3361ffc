"""From a stepped mask on the scan's grid to a smooth share of bone on any other grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray, Grid, axis_aligned_grid
from vertaug.case.spine import VertebraFrame
from vertaug.case.volume import LabelMap
from vertaug.numerics.interpolation import resample_trilinear

_EDGE_MM = 1.0
"""Distance over which the occupancy falls from 1 to 0."""
_MARGIN_MM = 12.0
"""Free space kept around a mask."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MaskDistance:
    """Signed distance of a mask on a crop of the scan's grid, negative inside, in mm."""

    distance_mm: NDArray[np.float32]
    grid: Grid


def measure_mask_distance(
    mask: NDArray[np.bool_], grid: Grid, margin_mm: float = _MARGIN_MM
) -> MaskDistance:
    """Return the signed distance of a mask, for shape-based interpolation.

    Interpolating the distance between slices follows slanted surfaces across thick slices
    (Raya and Udupa, IEEE Trans Med Imaging 1990;9:32), where interpolating the mask makes steps.

    Parameters
    ----------
    mask : (ni, nj, nk) bool array
        Not empty.
    grid : Grid
        Of the mask.
    margin_mm : float
        Free space kept around the mask; where the mask touches the edge of the scan the
        distance is continued outward, so a cut face is flat.
    """
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    spacing = grid.spacing_mm
    pad = np.ceil(margin_mm / spacing).astype(int)
    index = np.argwhere(mask)
    start = index.min(axis=0) - pad
    stop = index.max(axis=0) + 1 + pad
    inner_start = np.maximum(start, 0)
    inner_stop = np.minimum(stop, mask.shape)
    crop = mask[tuple(slice(a, b) for a, b in zip(inner_start, inner_stop, strict=True))]
    crop = np.pad(
        crop, list(zip(inner_start - start, stop - inner_stop, strict=True)), constant_values=False
    )
    outside = distance_transform_edt(~crop, sampling=spacing)
    inside = distance_transform_edt(crop, sampling=spacing)
    # distances run from centre to centre: halve the jump across the border
    distance = outside - inside
    half = 0.5 * float(spacing.min())
    distance = np.sign(distance) * np.maximum(np.abs(distance) - half, 0.25 * half)
    distance = gaussian_filter(distance, 0.5, mode="nearest")
    a, b = tuple(int(n) for n in start), tuple(int(n) for n in stop)
    crop_grid = grid.crop(a, b)  # type: ignore[arg-type]
    return MaskDistance(distance_mm=distance.astype(np.float32), grid=crop_grid)


def index_map(source: Grid, target: Grid) -> FloatArray:
    """Return the (4, 4) map from indices of ``target`` to continuous indices of ``source``."""
    return np.asarray(np.linalg.inv(source.affine) @ target.affine)


def occupancy_on(mask_distance: MaskDistance, grid: Grid) -> NDArray[np.float32]:
    """Return the smooth share of bone on another grid, 0.5 at the surface of the mask."""
    distance = resample_trilinear(
        mask_distance.distance_mm,
        index_map(mask_distance.grid, grid),
        grid.shape,
        outside=float(mask_distance.distance_mm.max()),
    )
    return np.asarray(np.clip(0.5 - distance / (2 * _EDGE_MM), 0.0, 1.0), dtype=np.float32)


def find_other_bone(labels: LabelMap, level: str, grid: Grid) -> NDArray[np.float32]:
    """Return the smooth share of labelled bone of the other vertebrae, on the grid of one."""
    corners = labels.grid.to_index(grid.corners())
    # distances are interpolated between slices, so they must be right some way off
    reach = _MARGIN_MM / labels.grid.spacing_mm
    low = np.maximum(np.floor(corners.min(axis=0) - reach), 0).astype(int)
    high = np.minimum(np.ceil(corners.max(axis=0) + reach) + 1, labels.grid.shape).astype(int)
    a, b = tuple(int(n) for n in low), tuple(int(n) for n in high)
    box = tuple(slice(*pair) for pair in zip(a, b, strict=True))
    values = labels.values[box]
    bone = (values > 0) & (values != labels.levels[level])
    if not bone.any():
        return np.zeros(grid.shape, dtype=np.float32)
    near = labels.grid.crop(a, b)  # type: ignore[arg-type]
    return occupancy_on(measure_mask_distance(bone, near), grid)


def local_grid(
    frame: VertebraFrame, points_lps_mm: FloatArray, spacing_mm: float, margin_mm: float
) -> Grid:
    """Return the grid along the frame's axes that holds all points with a margin.

    Voxel centres lie on whole multiples of the spacing in the vertebra frame, so equal frames
    give equal grids.
    """
    local = frame.to_local(points_lps_mm)
    low = np.floor((local.min(axis=0) - margin_mm) / spacing_mm).astype(int)
    high = np.ceil((local.max(axis=0) + margin_mm) / spacing_mm).astype(int)
    i, j, k = (int(n) for n in high - low + 1)
    return axis_aligned_grid(frame.to_world(low * spacing_mm), frame.axes, spacing_mm, (i, j, k))


def local_coordinates(
    grid: Grid, frame: VertebraFrame
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return x, y, z in the vertebra frame along the axes of a local grid, each (n,)."""
    origin = frame.to_local(grid.affine[:3, 3])
    step = float(grid.spacing_mm[0])
    x, y, z = (origin[a] + step * np.arange(grid.shape[a]) for a in range(3))
    return x, y, z
