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
from vertaug.augmentation.balloon.foam_law import DENSEST_G_PER_ML
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
from vertaug.mechanics.model import VertebraModel
from vertaug.numerics.interpolation import sample_trilinear
from vertaug.tissue.bone_law import check_density_unit

_A_SIDE = 4
"""Cubes along each side of a voxel (design default)."""
_SMOOTHING_MM = 0.75
"""Over which volume of bone and room are spread before they are compared: cubes part where bone was
stretched (design default)."""
_LEAST_ROOM = 0.02


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeflatedModel:
    """A vertebra after balloons, before cement.

    Attributes
    ----------
    model : VertebraModel
    cavity : (ni, nj, nk) bool array
        Voxels that are mostly cavity: empty.
    before_mg, drilled_mg, after_mg : float
        Mass of bone, K2HPO4-equivalent: of the body as scanned, of what was taken out for the
        folded balloons, of the body after them.
    """

    model: VertebraModel
    cavity: NDArray[np.bool_]
    before_mg: float
    drilled_mg: float
    after_mg: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Carried:
    """Where the cubes of bone went.

    Attributes
    ----------
    volume : (ni, nj, nk) float64 array
        Of bone as it was before that lies in each voxel after, as a share of the voxel.
    shift : (ni, nj, nk, 3) float64 array
        How far the bone in each voxel came, in voxels; beside bone as far as the nearest.
    drilled : (ni, nj, nk) float64 array
        Share of each voxel before whose bone was taken out.
    """

    volume: FloatArray
    shift: FloatArray
    drilled: FloatArray


def model_after_balloons(
    vertebra: Vertebra,
    calibration: DensityCalibration,
    found: DeflatedBone,
    material: BoneMaterial | None = None,
    *,
    spacing_mm: float = 1.0,
) -> DeflatedModel:
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
    grid = _widened(sample_grid(vertebra, spacing_mm, caps.beyond_mm), found)
    scanned = sample_body(vertebra, calibration, grid)
    check_density_unit(scanned.density[scanned.bone], material.density)
    carried = _carry(scanned.bone, grid, found)
    void = cavity_share(found.cavities, found.voxels, grid)
    sample = _moved_sample(vertebra, calibration, found, (scanned, carried, void))
    volume = grid.voxel_volume_mm3 / 1000.0
    bone = np.where(scanned.bone, np.maximum(scanned.density, 0.0), 0.0)
    return DeflatedModel(
        model=model_between_caps(sample, depth_of(vertebra.frame, grid), material, caps),
        cavity=void > 0.5,
        before_mg=float(bone.sum()) * volume,
        drilled_mg=float((bone * carried.drilled).sum()) * volume,
        after_mg=float(np.maximum(sample.density[sample.bone], 0.0).sum()) * volume,
    )


def _widened(grid: Grid, found: DeflatedBone) -> Grid:
    """Return a grid that reaches as much farther as bone moved, in whole voxels."""
    most = np.abs(found.moved_mm).max(axis=(0, 1, 2)).astype(np.float64)
    i, j, k = (int(n) for n in np.ceil(most / grid.spacing_mm))
    a, b, c = grid.shape
    return grid.crop((-i, -j, -k), (a + i, b + j, c + k))


def _carry(bone: NDArray[np.bool_], grid: Grid, found: DeflatedBone) -> _Carried:
    voxels = np.argwhere(bone)
    flat = np.ravel_multi_index(tuple(voxels.T), grid.shape)
    size, each = int(np.prod(grid.shape)), 1.0 / _A_SIDE**3
    volume, drilled, moves = np.zeros(size), np.zeros(size), np.zeros((3, size))
    ends = (np.arange(_A_SIDE) + 0.5) / _A_SIDE - 0.5
    to_eighths = np.linalg.inv(found.eighths.affine) @ grid.affine
    for offset in np.stack(np.meshgrid(ends, ends, ends, indexing="ij"), axis=-1).reshape(-1, 3):
        place = voxels + offset
        eighth = place @ to_eighths[:3, :3].T + to_eighths[:3, 3]
        nearest = np.clip(np.floor(eighth + 0.5), 0, np.array(found.drilled.shape) - 1)
        out = found.drilled[tuple(nearest.astype(np.int64).T)]
        drilled += each * np.bincount(flat[out], minlength=size)
        move = _moves_at(eighth[~out], found) / grid.spacing_mm
        cell, weight = _overlaps(place[~out] + move, grid.shape)
        volume += each * np.bincount(cell, weight, size)
        for along in range(3):
            moves[along] += each * np.bincount(cell, weight * np.tile(move[:, along], 8), size)
    shift = np.divide(moves, volume, out=np.zeros_like(moves), where=volume > 0.0)
    return _Carried(
        volume=volume.reshape(grid.shape),
        shift=_continued(shift.T.reshape(*grid.shape, 3), volume.reshape(grid.shape) > 0.0),
        drilled=drilled.reshape(grid.shape),
    )


def _moves_at(eighth: FloatArray, found: DeflatedBone) -> FloatArray:
    """Return how far the bone at indices of eighths moved, mm, shape (n, 3)."""
    inside = np.clip(eighth, 0.0, np.array(found.drilled.shape) - 1.0)
    return np.stack([sample_trilinear(found.moved_mm[..., a], inside) for a in range(3)], axis=1)


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


def _continued(values: FloatArray, known: NDArray[np.bool_]) -> FloatArray:
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~known, return_distances=False, return_indices=True)
    return np.asarray(values[tuple(nearest)])


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
    room = np.where(bone, 1.0 - void, 0.0)
    held, free = (_smooth(values, grid) for values in (carried.volume, room))
    compacted = np.divide(held, free, out=np.ones_like(free), where=free > _LEAST_ROOM)
    denser = np.maximum(density, 0.0) * compacted * (1.0 - void) + np.minimum(density, 0.0)
    return BodySample(
        level=vertebra.level,
        grid=grid,
        density=np.where(bone, np.minimum(denser, 1000.0 * DENSEST_G_PER_ML), density),
        bone=bone,
        superior=plates[0],
        inferior=plates[1],
    )


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
