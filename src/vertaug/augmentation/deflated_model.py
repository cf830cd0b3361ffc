"""The model of a vertebra after balloons were inflated in it and emptied: compacted bone, a cavity.

The bone of each voxel of the model before is cut into cubes that move with the points of the
balloon's model. Where they end says from where bone came to a voxel, and how much of it is pressed
into the room that the cavity leaves there. The density is that of the CT where the bone came from,
times that compaction; the outer surface moves the same way, and the bone ends at the moved
endplates. Where nothing moved, the model is the one before, bit for bit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.cavity import cavity_share
from vertaug.augmentation.deflated_bone import DeflatedBone, with_moved_plates
from vertaug.case.density import DensityCalibration
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import Vertebra
from vertaug.mechanics.body_sample import (
    BodySample,
    bone_share,
    depth_of,
    end_at_plates,
    list_parts,
    plates_over,
    sample_body,
    sample_grid,
)
from vertaug.mechanics.bone_material import BoneMaterial
from vertaug.mechanics.caps import CapShape, model_between_caps
from vertaug.mechanics.changed_body import ChangedBody
from vertaug.numerics.interpolation import extend_nearest, sample_trilinear, sample_vectors
from vertaug.tissue.bone_law import check_density_unit

_A_SIDE = 4
"""Cubes along each side of a voxel (design default)."""
_SMOOTHING_MM = 0.75
"""Over which the bone that came and that is expected are spread before they are compared: cubes
part where bone was stretched (design default)."""
_ROUNDING_MG_PER_ML = 1e-9
_LEAST_MG_PER_ML = 1e-3
"""Where less bone is expected around a voxel, what was brought there is not counted."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Carried:
    """Where the cubes of bone went.

    Attributes
    ----------
    density : (ni, nj, nk) float64 array
        Mass of bone that lies in each voxel after, mg per ml of the voxel.
    shift : (ni, nj, nk, 3) float64 array
        How far the bone in each voxel came, in voxels; beside bone as far as the nearest.
    drilled : float
        Sum over the voxels before of the density that was taken out.
    """

    density: FloatArray
    shift: FloatArray
    drilled: float


def model_after_balloons(
    vertebra: Vertebra,
    calibration: DensityCalibration,
    found: DeflatedBone,
    material: BoneMaterial | None = None,
    *,
    spacing_mm: float = 1.0,
) -> ChangedBody:
    """Return the model of a body after balloons, on the voxels of the one before.

    Parameters
    ----------
    vertebra : Vertebra
        As the CT shows it.
    calibration : DensityCalibration
        To K2HPO4-equivalent density.
    found : DeflatedBone
    material : BoneMaterial, optional
    spacing_mm : float
        Of the voxels. Where the bone moved, the grid reaches as much farther.

    Raises
    ------
    InputError
        If the densities are not those of bone, or a cap does not touch the bone.
    """
    material, caps = material or BoneMaterial(), CapShape()
    grid = sample_grid(vertebra, spacing_mm, caps.beyond_mm)
    grid = grid.widened(np.abs(found.moved_mm).max(axis=(0, 1, 2)))
    scanned = sample_body(vertebra, calibration, grid)
    check_density_unit(scanned.density[scanned.bone], material.density)
    bone = np.where(scanned.bone, np.maximum(scanned.density, 0.0), 0.0)
    carried = _carry(bone, scanned.bone, found, grid)
    void = cavity_share(found.cavities, found.voxels, grid)
    sample = _moved_sample(vertebra, calibration, found, (scanned, carried, void))
    volume = grid.voxel_volume_mm3 / 1000.0
    return ChangedBody(
        model=model_between_caps(sample, depth_of(vertebra.frame, grid), material, caps),
        cavity=void > 0.5,
        scanned_mg=float(bone.sum()) * volume,
        taken_mg=carried.drilled * volume,
        left_mg=float(np.maximum(sample.density[sample.bone], 0.0).sum()) * volume,
    )


def _carry(
    density: FloatArray, bone: NDArray[np.bool_], found: DeflatedBone, grid: Grid
) -> _Carried:
    """Return where the bone of each voxel went."""
    voxels = np.argwhere(bone)
    held, each = density[bone], 1.0 / _A_SIDE**3
    shape, size, drilled = grid.shape, int(np.prod(grid.shape)), 0.0
    mass, volume, moves = np.zeros(size), np.zeros(size), np.zeros((3, size))
    ends = (np.arange(_A_SIDE) + 0.5) / _A_SIDE - 0.5
    to_eighths = np.linalg.inv(found.eighths.affine) @ grid.affine
    for offset in np.stack(np.meshgrid(ends, ends, ends, indexing="ij"), axis=-1).reshape(-1, 3):
        place = voxels + offset
        eighth = place @ to_eighths[:3, :3].T + to_eighths[:3, 3]
        nearest = np.clip(np.floor(eighth + 0.5), 0, np.array(found.drilled.shape) - 1)
        out = found.drilled[tuple(nearest.astype(np.int64).T)]
        drilled += each * float(held[out].sum())
        move = _moves_at(eighth[~out], found) / grid.spacing_mm
        cell, weight = _overlaps(place[~out] + move, shape)
        volume += each * np.bincount(cell, weight, size)
        mass += each * np.bincount(cell, weight * np.tile(held[~out], 8), size)
        for along in range(3):
            moves[along] += each * np.bincount(cell, weight * np.tile(move[:, along], 8), size)
    shift = np.divide(moves, volume, out=np.zeros_like(moves), where=volume > 0.0)
    return _Carried(
        density=mass.reshape(shape),
        shift=extend_nearest(shift.T.reshape(*shape, 3), volume.reshape(shape) > 0.0),
        drilled=drilled,
    )


def _moves_at(eighth: FloatArray, found: DeflatedBone) -> FloatArray:
    """Return how far the bone at indices of eighths moved, mm, shape (n, 3)."""
    inside = np.clip(eighth, 0.0, np.array(found.drilled.shape) - 1.0)
    return sample_vectors(found.moved_mm, inside)


def _overlaps(
    place: FloatArray, shape: tuple[int, int, int]
) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the eight voxels that each cube meets and its shares in them, both (8 n,)."""
    low = place - 0.5 / _A_SIDE
    first = np.floor(low + 0.5)
    within = np.minimum((first + 0.5 - low) * _A_SIDE, 1.0)
    cells, weights = [], []
    for corner in np.ndindex(2, 2, 2):
        index = np.clip(first + corner, 0, np.array(shape) - 1).astype(np.int64)
        cells.append(np.ravel_multi_index(tuple(index.T), shape))
        weights.append(np.where(corner, 1.0 - within, within).prod(axis=1))
    return np.concatenate(cells), np.concatenate(weights)


def _moved_sample(
    vertebra: Vertebra,
    calibration: DensityCalibration,
    found: DeflatedBone,
    before: tuple[BodySample, _Carried, FloatArray],
) -> BodySample:
    """Return the bone after the balloons."""
    scanned, carried, void = before
    grid, source = scanned.grid, vertebra.regions.grid
    share = _brought(bone_share(vertebra), source, grid, carried.shift) > 0.5
    moved = (carried.shift != 0.0).any(axis=-1)
    ct = _brought(calibration.to_density(vertebra.hu.values), source, grid, carried.shift)
    density = np.where(moved, ct, scanned.density)
    plates = plates_over(with_moved_plates(vertebra, found), grid, share)
    bone = end_at_plates(share, plates, depth_of(vertebra.frame, grid)) & (void <= 0.5)
    expected = np.where(bone, np.maximum(density, 0.0) * (1.0 - void), 0.0)
    brought = _gathered(carried.density, bone)
    denser = _compacted(expected, brought, grid) + np.minimum(density, 0.0)
    return BodySample(
        level=vertebra.level,
        grid=grid,
        density=np.where(bone, denser, density),
        bone=bone,
        superior=plates[0],
        inferior=plates[1],
    )


def _gathered(brought: FloatArray, bone: NDArray[np.bool_]) -> FloatArray:
    """Return what was brought with all of it in voxels of bone: beside them, in the nearest."""
    from scipy.ndimage import distance_transform_edt

    stray = np.flatnonzero(~bone.ravel() & (brought.ravel() > 0.0))
    nearest = distance_transform_edt(~bone, return_distances=False, return_indices=True)
    cell = np.ravel_multi_index([axis.ravel()[stray] for axis in nearest], bone.shape)
    out = np.where(bone, brought, 0.0)
    out += np.bincount(cell, brought.ravel()[stray], bone.size).reshape(bone.shape)
    return np.asarray(out)


def _compacted(expected: FloatArray, brought: FloatArray, grid: Grid) -> FloatArray:
    """Return the expected density with what was brought in excess of it, or less, spread over it.

    Parameters
    ----------
    expected, brought : (ni, nj, nk) float64 arrays
        Densities of the voxels: the CT's where the bone came from, and that of the cubes. The mass
        is that of the cubes; where both are the same nothing is changed.
    grid : Grid
    """
    around, more = _smooth(expected, grid), brought - expected
    counts = (around > _LEAST_MG_PER_ML) & (np.abs(more) > _ROUNDING_MG_PER_ML)
    excess = np.divide(more, around, out=np.zeros_like(around), where=counts)
    return np.maximum(expected * (1.0 + _smooth(excess, grid)), 0.0)


def _brought(
    values: NDArray[np.generic], source: Grid, grid: Grid, shift: FloatArray
) -> FloatArray:
    """Return the mean of a field over each voxel where its bone came from."""
    parts = list_parts(source, grid)
    index_map = np.linalg.inv(source.affine) @ grid.affine
    index = np.moveaxis(np.indices(grid.shape), 0, -1) - shift
    total = np.zeros(grid.shape)
    least = float(np.min(values))
    for part in np.ndindex(*parts):
        offset = (np.array(part) + 0.5) / np.array(parts) - 0.5
        place = (index + offset) @ index_map[:3, :3].T + index_map[:3, 3]
        total += sample_trilinear(values, place, outside=least)
    return total / float(np.prod(parts))


def _smooth(values: FloatArray, grid: Grid) -> FloatArray:
    from scipy.ndimage import gaussian_filter

    sigma = _SMOOTHING_MM / grid.spacing_mm
    return np.asarray(gaussian_filter(values, sigma, mode="constant", truncate=3.0))
