"""A vertebra on another grid along its own axes, for models made of voxels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import HeightField, Vertebra
from vertaug.numerics.interpolation import extend_nearest, resample_trilinear, sample_trilinear


def frame_grid(
    vertebra: Vertebra,
    bone: NDArray[np.bool_],
    spacing_mm: FloatArray,
    margin_mm: FloatArray,
) -> Grid:
    """Return a grid along a vertebra's axes around its bone and endplates.

    Voxel centres lie on whole multiples of the spacing in the vertebra frame.

    Parameters
    ----------
    vertebra : Vertebra
    bone : (nx, ny, nz) bool array
        On the vertebra's own grid; not empty.
    spacing_mm, margin_mm : (3,) float64 arrays
        Voxel size, and free space beyond the surface of bone and endplates.
    """
    frame = vertebra.frame
    index = np.argwhere(bone)
    source = vertebra.regions.grid
    ends = frame.to_local(source.to_world([index.min(axis=0), index.max(axis=0)]))
    margin = 0.5 * float(source.spacing_mm[0]) + margin_mm
    plates = [
        limit(field.surface.height_mm)
        for limit, field in ((np.nanmin, vertebra.inferior), (np.nanmax, vertebra.superior))
    ]
    low = np.minimum(ends[0], [np.inf, np.inf, plates[0]]) - margin
    high = np.maximum(ends[1], [-np.inf, -np.inf, plates[1]]) + margin
    first, last = np.floor(low / spacing_mm), np.ceil(high / spacing_mm)
    i, j, k = (int(n) for n in last - first + 1)
    affine = np.eye(4)
    affine[:3, :3] = frame.axes * spacing_mm
    affine[:3, 3] = frame.to_world(first * spacing_mm)
    return Grid(shape=(i, j, k), affine=affine)


def average_over_voxels(
    values: NDArray[np.generic], source: Grid, grid: Grid, parts: Sequence[int]
) -> FloatArray:
    """Return the mean of a field over each voxel of another grid.

    Parameters
    ----------
    values : array of shape ``source.shape``
        Outside its grid the least value counts.
    source, grid : Grid
        Of the field, and the wanted one.
    parts : sequence of 3 int
        Samples taken in a voxel along each axis.
    """
    fine = np.eye(4)
    fine[:3, :3] = np.diag(1.0 / np.asarray(parts, dtype=np.float64))
    fine[:3, 3] = 0.5 / np.asarray(parts, dtype=np.float64) - 0.5
    a, b, c = (int(p) for p in parts)
    i, j, k = grid.shape
    sampled = resample_trilinear(
        values,
        np.linalg.inv(source.affine) @ grid.affine @ fine,
        (i * a, j * b, k * c),
        outside=float(np.min(values)),
    )
    blocks = sampled.reshape(i, a, j, b, k, c)
    return np.asarray(blocks.mean(axis=(1, 3, 5), dtype=np.float64))


def surface_over_columns(field: HeightField, x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the heights of a surface over columns (nx, ny), NaN beside it."""
    seen = np.isfinite(field.height_mm)
    filled = extend_nearest(field.height_mm, seen)
    step = float(field.u_mm[1] - field.u_mm[0]), float(field.v_mm[1] - field.v_mm[0])
    u, v = np.meshgrid((x - field.u_mm[0]) / step[0], (y - field.v_mm[0]) / step[1], indexing="ij")
    points = np.stack([u, v, np.zeros_like(u)], axis=-1)
    covered = sample_trilinear(seen[:, :, None].astype(np.float32), points) > 0.5
    return np.asarray(np.where(covered, sample_trilinear(filled[:, :, None], points), np.nan))


def settle_at_surface(
    bone: NDArray[np.bool_], height: FloatArray, z: FloatArray, longest_fill_mm: float = np.inf
) -> NDArray[np.bool_]:
    """Let bone end at a surface: cut what lies above, fill between mask and surface.

    Parameters
    ----------
    bone : (nx, ny, nz) bool array
    height : (nx, ny) float64 array
        Of the surface along the third axis; NaN leaves a column as it is.
    z : (nz,) float64 array
        Coordinates along the third axis; give both with the other sign for a lower surface.
    longest_fill_mm : float
        A longer gap between mask and surface stays empty: beside a waist, a column has bone at one
        rim only.
    """
    covered = np.isfinite(height)[:, :, None]
    above = z > np.nan_to_num(height)[:, :, None]
    top = np.where(bone, z, -np.inf).max(axis=2)[:, :, None]
    near = np.nan_to_num(height)[:, :, None] - top <= longest_fill_mm
    return np.asarray(np.where(covered, ~above & (bone | (near & (z > top))), bone))
