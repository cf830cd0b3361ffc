"""What each eighth of a voxel of a vertebra is: body, posterior element, gap; and its mass."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.anatomy.vertebra_grid import average_over_voxels, surface_over_columns
from vertaug.augmentation.cement.bone_on_grid import settle_endplates
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import Region, Vertebra
from vertaug.fracture.interior import GAS_HU, measure_depth
from vertaug.mechanics.bone_material import keep_largest_piece

POSTERIOR = (Region.LEFT_PEDICLE, Region.RIGHT_PEDICLE, Region.ARCH)
_GAS_DEPTH_MM = 1.0
"""Dark voxels nearer to the surface are the blurred edge of lung, bowel or disc."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VertebraEighths:
    """Eighths of voxels: where they are, what is bone, and the endplates over their columns.

    Attributes
    ----------
    grid : Grid
    z_mm : (nk,) float64 array
        In the vertebra's frame.
    density_g_per_ml : (ni, nj, nk) float64 array
        Of the bone, without the gap.
    body, posterior, gap : (ni, nj, nk) bool arrays
        The gap is within the body.
    superior_mm, inferior_mm : (ni, nj) float64 arrays
        Height of the endplates; NaN beside them.
    """

    grid: Grid
    z_mm: FloatArray
    density_g_per_ml: FloatArray
    body: NDArray[np.bool_]
    posterior: NDArray[np.bool_]
    gap: NDArray[np.bool_]
    superior_mm: FloatArray
    inferior_mm: FloatArray


def divide_vertebra(
    vertebra: Vertebra, density: FloatArray, voxels: Grid, arch_mm: float
) -> VertebraEighths:
    """Return what each eighth of a voxel is.

    Parameters
    ----------
    vertebra : Vertebra
    density : (nx, ny, nz) float64 array
        On the vertebra's own grid, g/ml.
    voxels : Grid
        Along the vertebra's axes.
    arch_mm : float
        Posterior elements farther behind the body are cut.
    """
    grid, source = voxels.halved(), vertebra.regions.grid
    parts = [int(np.ceil(float(grid.spacing_mm[0] / source.spacing_mm[0]) - 1e-9))] * 3
    share = np.asarray(vertebra.occupancy.values, dtype=np.float32)
    behind = vertebra.mask(*POSTERIOR)

    def spread(values: NDArray[np.generic]) -> FloatArray:
        return average_over_voxels(values, source, grid, parts)

    whole, back = spread(share), spread(np.where(behind, share, np.float32(0.0)))
    posterior = (whole > 0.5) & (back > whole - back)
    kept = posterior & kept_region(vertebra, grid, arch_mm)
    body = settle_endplates((whole > 0.5) & ~posterior, vertebra, grid) & ~posterior
    bone = keep_largest_piece(body | kept)
    gas = _find_gas(vertebra)
    gap = (spread(gas.astype(np.float32)) > 0.5) & body & bone
    own = _own_bone(vertebra, arch_mm) & ~gas
    seen = spread(own.astype(np.float32)) > 0.0
    found = np.where(seen, spread(np.where(own, density, 0.0)), 0.0)
    first = vertebra.frame.to_local(grid.affine[:3, 3])
    x, y, z = (first[a] + grid.spacing_mm[a] * np.arange(grid.shape[a]) for a in range(3))
    column = (body & bone).any(axis=2)
    superior, inferior = (
        np.where(column, surface_over_columns(plate.surface, x, y), np.nan)
        for plate in (vertebra.superior, vertebra.inferior)
    )
    return VertebraEighths(
        grid=grid,
        z_mm=z,
        density_g_per_ml=_gather_into(bone & ~gap, found),
        body=body & bone,
        posterior=kept & bone,
        gap=gap,
        superior_mm=superior,
        inferior_mm=inferior,
    )


def _own_bone(vertebra: Vertebra, arch_mm: float) -> NDArray[np.bool_]:
    """Return the bone on the vertebra's own grid: to the endplates, without what is cut."""
    grid = vertebra.regions.grid
    bone, behind = np.asarray(vertebra.occupancy.values) > 0.5, vertebra.mask(*POSTERIOR)
    body = settle_endplates(bone & ~behind, vertebra, grid)
    return keep_largest_piece(body | (bone & behind & kept_region(vertebra, grid, arch_mm)))


def kept_region(vertebra: Vertebra, grid: Grid, arch_mm: float) -> NDArray[np.bool_]:
    """Return the voxels of a grid as wide as the body and not too far behind it.

    Parameters
    ----------
    vertebra : Vertebra
    grid : Grid
        Along the vertebra's axes.
    arch_mm : float
        Behind the body.
    """
    source = vertebra.regions.grid
    x, y, _ = np.nonzero(vertebra.mask(Region.BODY))
    ends = vertebra.frame.to_local(source.to_world([[x.min(), 0, 0], [x.max(), y.max(), 0]]))
    half = 0.5 * float(source.spacing_mm[0])
    first = vertebra.frame.to_local(grid.affine[:3, 3])
    i, j = (first[a] + grid.spacing_mm[a] * np.arange(grid.shape[a]) for a in range(2))
    wide = (i >= ends[0, 0] - half) & (i <= ends[1, 0] + half)
    near = j <= ends[1, 1] + half + arch_mm
    kept = wide[:, None] & near[None, :]
    return np.repeat(kept[:, :, None], grid.shape[2], axis=2)


def _gather_into(bone: NDArray[np.bool_], values: FloatArray) -> FloatArray:
    """Return values with those outside bone added to the nearest within."""
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~bone, return_distances=False, return_indices=True)
    stray = np.flatnonzero(~bone.ravel() & (values.ravel() != 0.0))
    place = np.ravel_multi_index([axis.ravel()[stray] for axis in nearest], bone.shape)
    out = np.where(bone, values, 0.0)
    out += np.bincount(place, values.ravel()[stray], bone.size).reshape(bone.shape)
    return out


def _find_gas(vertebra: Vertebra) -> NDArray[np.bool_]:
    """Return the gas within the body, on the vertebra's own grid."""
    body = vertebra.mask(Region.BODY)
    depth = measure_depth(body, vertebra.regions.grid.spacing_mm)
    return np.asarray(body & (np.asarray(vertebra.hu.values) < GAS_HU) & (depth > _GAS_DEPTH_MM))
