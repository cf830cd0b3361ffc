"""From the bone outward: where the needle's axis meets the skin, and what it crosses."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.spine import Spine
from vertaug.numerics.interpolation import sample_trilinear

_STEP_MM = 0.5
_REACH_MM = 300.0
_AIR_HU = -400.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkinWay:
    """The stretch between skin and bone.

    Attributes
    ----------
    entry_lps_mm : (3,) float64 array or None
        Where the axis meets the skin; None if that lies outside the scan.
    depth_mm : float or None
        Skin to bone entry.
    air_mm : float
        Length through lung or other air-like tissue inside the patient.
    note : str
        Why there is no skin entry; empty if there is one.
    """

    entry_lps_mm: FloatArray | None
    depth_mm: float | None
    air_mm: float
    note: str


def way_to_skin(spine: Spine, bone_entry_lps_mm: FloatArray, outward: FloatArray) -> SkinWay:
    """Follow the axis from the bone entry outward to the first air around the patient.

    Parameters
    ----------
    bone_entry_lps_mm, outward : (3,) float64 arrays
        Point and unit direction away from the vertebra, LPS.
    """
    grid = spine.patient.grid
    travel = np.arange(0.0, _REACH_MM, _STEP_MM)
    points = bone_entry_lps_mm + travel[:, None] * outward
    index = grid.to_index(points)
    inside_scan = np.all((index >= 0.0) & (index <= np.array(grid.shape) - 1.0), axis=1)
    ends = np.flatnonzero(~inside_scan)
    last = int(ends[0]) if len(ends) else len(travel)
    low, high = _bounding_slices(index[: max(last, 1)], grid.shape)
    crop = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    body = sample_trilinear(spine.patient.values[crop], index[:last] - low, 0.0)
    hu = sample_trilinear(spine.scan.hu[crop], index[:last] - low, 0.0)
    outside = np.flatnonzero(body < 0.5)
    stop = int(outside[0]) if len(outside) else last
    # the rim of the body holds skin folds and partial volume, not lung
    air = float(_STEP_MM * (hu[: max(stop - int(5.0 / _STEP_MM), 0)] < _AIR_HU).sum())
    if not len(outside):
        note = (
            "the skin on this path lies outside the scan: skin entry and depth are unknown; "
            f"the scan ends {travel[max(last - 1, 0)]:.0f} mm from the bone entry"
        )
        return SkinWay(entry_lps_mm=None, depth_mm=None, air_mm=air, note=note)
    depth = float(travel[stop])
    if stop > 0:
        share = (body[stop - 1] - 0.5) / max(body[stop - 1] - body[stop], 1e-9)
        depth = float(travel[stop - 1] + _STEP_MM * share)
    return SkinWay(
        entry_lps_mm=bone_entry_lps_mm + depth * outward, depth_mm=depth, air_mm=air, note=""
    )


def _bounding_slices(
    index: FloatArray, shape: tuple[int, int, int]
) -> tuple[FloatArray, FloatArray]:
    """Voxels around the path: sampling copies its input, and the whole scan is large."""
    low = np.clip(np.floor(index.min(axis=0)) - 1, 0, np.array(shape) - 1)
    high = np.clip(np.ceil(index.max(axis=0)) + 2, 1, np.array(shape))
    return low, high
