"""A spine and its CT as they are after the bone of one level was moved.

The bone of the level lies where it went, the levels above are turned and shifted as one, with the
outer face of the disc between, and those below stay. Between them, in discs and soft tissue, every
place moves as the nearest bones do, each by the square of how near it is; farther from the spine
nothing moves. Facet joints and ligaments are not kept together: they give way as discs do.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.moved_vertebra import came_to, move_vertebra
from vertaug.case.bone_shift import BoneShift
from vertaug.case.grid import FloatArray, Grid, axis_aligned_grid
from vertaug.case.level import LEVELS
from vertaug.case.spine import Spine, Vertebra
from vertaug.case.volume import LabelMap, Scan
from vertaug.numerics.interpolation import extend_nearest, sample_trilinear, sample_vectors

_COARSE_MM = 2.0
"""Of the grid on which motion between the bones is computed."""
_REACH_MM = 110.0
"""Above and below the level: beyond, films and sections do not look."""
_STILL_MM, _FADE_MM = 30.0, 20.0
"""So far from bones nothing moves any more, and over the last of it the motion dies away."""
_LEAST_MM = 1e-3
"""What moved less keeps its own voxel."""
_SLAB = 1_000_000
"""Voxels of the CT that are moved at once."""


def move_spine(spine: Spine, level: str, shift: BoneShift) -> Spine:
    """Return a spine with a level, and the CT about it, after its bone was moved.

    Labels, other levels and the patient's outline stay: the CT alone shows them moved.

    Parameters
    ----------
    spine : Spine
    level : str
    shift : BoneShift
        Of that level.
    """
    own = move_vertebra(spine[level], shift)
    moved = {**spine.vertebrae, level: own}
    return replace(spine, vertebrae=moved, scan=_move_scan(spine, own, shift))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Between:
    """Motion between bones.

    Attributes
    ----------
    grid : Grid
    came_mm : (ni, nj, nk, 3) float64 array
        How far what is in a voxel now has come.
    """

    grid: Grid
    came_mm: FloatArray


def _move_scan(spine: Spine, own: Vertebra, shift: BoneShift) -> Scan:
    """Return the CT with what was moved where it is now, in its own type of number."""
    scan = spine.scan
    between = _between(spine.labels, own, shift)
    low, high = _box_in(scan.grid, between.grid)
    hu = np.array(scan.hu)
    deep = max(_SLAB // int(np.prod((high - low)[:2]) or 1), 1)
    for start in range(int(low[2]), int(high[2]), deep):
        first = np.array([low[0], low[1], start])
        last = np.array([high[0], high[1], min(start + deep, int(high[2]))])
        part = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
        hu[part] = _moved_part(scan, first, last, (between, own, shift))
    return replace(scan, hu=hu)


def _moved_part(
    scan: Scan,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    motion: tuple[_Between, Vertebra, BoneShift],
) -> NDArray[np.generic]:
    """Return a part of the CT."""
    between, own, shift = motion
    index = np.moveaxis(np.indices(tuple((last - first).tolist())), 0, -1) + first
    place = scan.grid.to_world(index)
    came = sample_vectors(between.came_mm, between.grid.to_index(place))
    bone = sample_trilinear(own.occupancy.values, own.occupancy.grid.to_index(place)) > 0.5
    came[bone] = came_to(shift, place[bone])
    moved = np.abs(came).max(axis=-1) > _LEAST_MM
    origin = scan.grid.to_index(place[moved] - came[moved])
    brought = sample_trilinear(scan.hu, np.clip(origin, 0.0, np.array(scan.grid.shape) - 1.0))
    if np.issubdtype(scan.hu.dtype, np.integer):
        brought = np.rint(brought)
    out = np.array(scan.hu[tuple(slice(a, b) for a, b in zip(first, last, strict=True))])
    out[moved] = brought.astype(out.dtype)
    return out


def _between(labels: LabelMap, own: Vertebra, shift: BoneShift) -> _Between:
    """Return the motion between the bones about a level."""
    from scipy.ndimage import distance_transform_edt

    grid = _coarse_grid(labels, own)
    place = grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1))
    bone = sample_trilinear(own.occupancy.values, own.occupancy.grid.to_index(place)) > 0.5
    nearest = extend_nearest(np.where(bone[..., None], came_to(shift, place), 0.0), bone)
    rank = LEVELS.index(own.level)
    above = [name for name in labels.levels if LEVELS.index(name) < rank]
    below = [name for name in labels.levels if LEVELS.index(name) > rank]
    upward = np.zeros_like(place)
    if shift.above is not None:
        upward = place - shift.above.origin_of(place)
    groups = (
        (bone, nearest),
        (_holds(labels, above, place - upward) & ~bone, upward),
        (_holds(labels, below, place) & ~bone, np.zeros_like(place)),
    )
    total, weights = np.zeros_like(place), np.zeros(grid.shape)
    away = np.full(grid.shape, np.inf)
    for mask, came in groups:
        if not mask.any():
            continue
        distance = distance_transform_edt(~mask, sampling=_COARSE_MM)
        # within a bone its own motion alone
        weight = np.maximum(distance, 1e-3 * _COARSE_MM) ** -2
        total += weight[..., None] * came
        weights += weight
        away = np.minimum(away, distance)
    kept = np.clip((_STILL_MM - away) / _FADE_MM, 0.0, 1.0)
    return _Between(grid=grid, came_mm=total / weights[..., None] * kept[..., None])


def _coarse_grid(labels: LabelMap, own: Vertebra) -> Grid:
    """Return a grid in LPS about the labelled bones within reach of a level."""
    index = np.argwhere(labels.values > 0)
    place = labels.grid.to_world(index)
    middle = own.frame.origin_lps_mm
    near = place[np.abs(place[:, 2] - middle[2]) < _REACH_MM]
    low, high = near.min(axis=0) - _STILL_MM, near.max(axis=0) + _STILL_MM
    i, j, k = (int(n) for n in np.ceil((high - low) / _COARSE_MM) + 1)
    return axis_aligned_grid(low, np.eye(3), _COARSE_MM, (i, j, k))


def _holds(labels: LabelMap, levels: list[str], place_lps_mm: FloatArray) -> NDArray[np.bool_]:
    """Return where the bone of levels lies at places."""
    index = np.floor(labels.grid.to_index(place_lps_mm) + 0.5).astype(np.int64)
    inside = ((index >= 0) & (index < labels.grid.shape)).all(axis=-1)
    at = tuple(np.moveaxis(np.clip(index, 0, np.array(labels.grid.shape) - 1), -1, 0))
    wanted = [labels.levels[name] for name in levels]
    return np.asarray(inside & np.isin(labels.values[at], wanted))


def _box_in(grid: Grid, other: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last index of a grid, one too far, that another one covers."""
    index = grid.to_index(other.corners())
    low = np.clip(np.floor(index.min(axis=0)), 0, grid.shape).astype(np.int64)
    return low, np.clip(np.ceil(index.max(axis=0)) + 1, low, grid.shape).astype(np.int64)
