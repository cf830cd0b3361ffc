"""The bone around a pedicle moved with its edges, so that clearances follow the CT too."""

from dataclasses import replace

import numpy as np

from vertaug.anatomy.scan_voxel import voxels_around
from vertaug.case.grid import FloatArray
from vertaug.case.spine import Pedicle, Vertebra, VertebraFrame
from vertaug.case.volume import Volume
from vertaug.numerics.interpolation import sample_trilinear

_ALONG_MM, _UP_MM, _ACROSS_MM = 6.0, 6.0, 3.0
"""How far from the section of the isthmus the bone follows (standard deviations): before and
behind it, above and below the pedicle, and beside its edges. Design defaults: about the length
of a pedicle, the room to the next endplate, and less than half the canal."""
_REACH = 2.5
"""Standard deviations beyond which nothing moves."""
_STILL_MM = 0.02


def pedicle_axes(pedicle: Pedicle, frame: VertebraFrame) -> FloatArray:
    """Return unit vectors across (level in the vertebra), up and along, as columns in LPS."""
    along = pedicle.axis @ frame.axes
    across = np.array([-along[1], along[0], 0.0]) / np.hypot(along[0], along[1])
    local = np.stack([across, np.cross(along, across), along], axis=1)
    return np.asarray(frame.axes @ local)


def move_bone(vertebra: Vertebra, before: Pedicle, after: Pedicle) -> Vertebra:
    """Return the vertebra with the bone near a pedicle shifted as its edges were.

    The medial and the lateral edge move by what the section's centre and width changed, inward
    only: the mask's narrowest section can be too narrow by a step that the sections beside it do
    not share, and bone is not added on its evidence. Between the edges the shift runs evenly,
    away from them it fades, so that the opposite wall of the canal and the body stay. Occupancy
    and regions follow; the HU do not.

    Parameters
    ----------
    vertebra : Vertebra
        Its occupancy shows ``before``.
    before, after : Pedicle
        The pedicle on the mask, and with its edges from the CT.
    """
    axes = pedicle_axes(before, vertebra.frame)
    shift = float((after.isthmus_lps_mm - before.isthmus_lps_mm) @ axes[:, 0])
    widening = 0.5 * (after.width_mm - before.width_mm)
    edges = (max(shift - widening, 0.0), min(shift + widening, 0.0))
    if max(np.abs(edges)) < _STILL_MM:
        return vertebra
    half = np.array([0.5 * before.width_mm, 0.5 * before.height_mm])
    grid = vertebra.occupancy.grid
    reach = np.array([half[0] + _REACH * _ACROSS_MM, half[1] + _REACH * _UP_MM, _REACH * _ALONG_MM])
    index, place = voxels_around(grid, before.isthmus_lps_mm, axes, reach)
    moved = _shift_at(place, half, edges)[:, None] * axes[:, 0]
    source = index - grid.to_index(grid.affine[:3, 3] + moved)
    nearest = np.clip(np.rint(source).astype(int), 0, np.array(grid.shape) - 1)
    occupancy, regions = (np.array(v.values) for v in (vertebra.occupancy, vertebra.regions))
    occupancy[tuple(index.T)] = sample_trilinear(vertebra.occupancy.values, source)
    regions[tuple(index.T)] = vertebra.regions.values[tuple(nearest.T)]
    return replace(
        vertebra,
        occupancy=Volume(values=occupancy, grid=grid),
        regions=Volume(values=regions, grid=grid),
    )


def _shift_at(place: FloatArray, half: FloatArray, edges: tuple[float, float]) -> FloatArray:
    """Shift across the pedicle at points (n, 3) across, up and along it, in mm; (n,)."""
    across, up, along = place.T
    # places after the move: there the new edges lie
    low, high = edges[0] - half[0], edges[1] + half[0]
    beside = np.maximum(np.maximum(low - across, across - high), 0.0) / _ACROSS_MM
    above = np.maximum(np.abs(up) - half[1], 0.0) / _UP_MM
    fade = np.exp(-0.5 * (beside**2 + above**2 + (along / _ALONG_MM) ** 2))
    return np.asarray(fade * np.interp(across, [low, high], edges))
