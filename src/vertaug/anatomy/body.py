"""The vertebral body: all bone in front of the posterior wall, continued across the pedicles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.anatomy.canal import CanalAxis
from vertaug.case.errors import AnatomyError
from vertaug.case.grid import FloatArray

Axes = tuple[FloatArray, FloatArray, FloatArray]

_GAP_MM = 2.0
"""Bone has ended after this much background; shorter gaps are veins and clefts."""
_PEDICLE_START_MM = 1.0
"""The pedicle starts this far behind the line that continues the posterior wall: its base
flares into the body."""
_SIDE_ROOM_MM = 3.0
"""How far the posterior corners may stand out beyond the sides of the body."""
_CORE_MM = 5.0
_HALF_WIDTHS_PER_SD = 2.1
"""Half the width of the canal's opening, between ellipse (2) and triangle (2.45)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PosteriorBorder:
    """Where body ends and pedicles begin, per height.

    Attributes
    ----------
    z_mm : (nz,) float64 array
        Heights, the z axis of the grid.
    canal_x_mm, canal_y_mm : (nz,) float64 arrays
        Centre of the canal.
    canal_half_width_mm : float
        Half the width of the canal's opening.
    wall_left_mm, wall_right_mm : (nz,) float64 arrays
        y of the posterior wall near the left and right edge of the canal.
    side_left_mm, side_right_mm : float
        Distance of the sides of the body from its axis.
    """

    z_mm: FloatArray
    canal_x_mm: FloatArray
    canal_y_mm: FloatArray
    canal_half_width_mm: float
    wall_left_mm: FloatArray
    wall_right_mm: FloatArray
    side_left_mm: float
    side_right_mm: float


def find_body(
    occupancy: NDArray[np.float32], axes: Axes, canal: CanalAxis
) -> tuple[NDArray[np.bool_], PosteriorBorder]:
    """Separate the body from pedicles and arch.

    In front of the canal all bone up to the canal is body, also a fragment pushed back. Beside
    the canal the body ends at the line through the left and right edge of the posterior wall.

    Parameters
    ----------
    occupancy : (nx, ny, nz) float32 array
        Share of bone; axes near left, posterior, superior; the origin inside the body.
    axes : tuple of float64 arrays
        Coordinates along x, y, z in mm, equal steps.
    canal : CanalAxis
        Found in the same frame.

    Returns
    -------
    body : (nx, ny, nz) bool array
    border : PosteriorBorder

    Raises
    ------
    AnatomyError
        If no body is found around the origin.
    """
    bone = occupancy > 0.5
    border = _find_border(bone, axes, canal)
    x = axes[0][:, None, None]
    y = axes[1][None, :, None]
    inside = bone & (y <= _limit_behind(border, x, _PEDICLE_START_MM))
    inside &= (x <= border.side_left_mm + _SIDE_ROOM_MM) | (y < 0)
    inside &= (x >= -border.side_right_mm - _SIDE_ROOM_MM) | (y < 0)
    return _main_part(inside), border


def measure_body_volume(
    occupancy: NDArray[np.float32],
    body: NDArray[np.bool_],
    border: PosteriorBorder,
    axes: Axes,
) -> float:
    """Return the volume of a body in mm3, cut from the pedicles at the line of its wall.

    The share of bone counts on both sides of the surface: what lies above 0.5 alone would miss
    half of every edge voxel.
    """
    from scipy.ndimage import binary_dilation

    step = float(axes[1][1] - axes[1][0])
    around = binary_dilation(body, np.ones((3, 3, 3), dtype=bool), iterations=2)
    other = (occupancy > 0.5) & ~body
    behind = axes[1][None, :, None] - _limit_behind(border, axes[0][:, None, None], 0.0)
    in_front = np.clip(0.5 - behind / step, 0.0, 1.0)
    share = np.where(around & ~other, occupancy * in_front, 0.0)
    return float(share.sum(dtype=np.float64)) * step**3


def _limit_behind(border: PosteriorBorder, x: FloatArray, pedicle_start_mm: float) -> FloatArray:
    """Return the y at which the body ends, over x (nx, 1, 1) and height."""
    beside = x - border.canal_x_mm
    inner = 0.7 * border.canal_half_width_mm
    share = np.clip(0.5 + beside / (2 * inner), -1.0, 2.0)
    line = border.wall_right_mm + share * (border.wall_left_mm - border.wall_right_mm)
    limit = np.where(
        np.abs(beside) < 0.9 * border.canal_half_width_mm,
        np.maximum(border.canal_y_mm, line + pedicle_start_mm),
        line + pedicle_start_mm,
    )
    return np.asarray(limit)


def body_slices(bone: NDArray[np.bool_], axes: Axes) -> NDArray[np.bool_]:
    """Heights at which the middle of the body is bone, shape (nz,)."""
    from scipy.ndimage import label

    near_x, near_y = np.abs(axes[0]) <= _CORE_MM, np.abs(axes[1]) <= _CORE_MM
    share = bone[near_x][:, near_y].mean(axis=(0, 1))
    labels, count = label(share > 0.6)
    if count == 0:
        message = "no vertebral body found: there is no bone where the body's centre is expected"
        raise AnatomyError(message)
    distance = [np.abs(axes[2][labels == n]).min() for n in range(1, count + 1)]
    return np.asarray(labels == 1 + int(np.argmin(distance)))


def _find_border(bone: NDArray[np.bool_], axes: Axes, canal: CanalAxis) -> PosteriorBorder:
    x, _, z = axes
    slices = body_slices(bone, axes)
    canal_x = canal.centre_xy_mm[0] + canal.slope[0] * z
    canal_y = canal.centre_xy_mm[1] + canal.slope[1] * z
    # from the spread, not from the outermost columns: one voxel must not move the border
    half_width = _HALF_WIDTHS_PER_SD * float(x[np.nonzero(canal.opening)[0]].std())
    end = _last_bone(bone, axes)  # (nx, nz): y where the bone in front of the canal ends
    walls = []
    for side in (1.0, -1.0):
        place = side * (x[:, None] - canal_x) / half_width
        near = (place > 0.45) & (place < 0.85)
        wall = np.where(near & (end <= canal_y + 1.0), end, np.nan)
        walls.append(_smooth_over_height(_median_over_width(wall), slices))
    sides = _find_sides(bone, axes, slices)
    return PosteriorBorder(
        z_mm=z,
        canal_x_mm=canal_x,
        canal_y_mm=canal_y,
        canal_half_width_mm=half_width,
        wall_left_mm=walls[0],
        wall_right_mm=walls[1],
        side_left_mm=sides[0],
        side_right_mm=sides[1],
    )


def _last_bone(bone: NDArray[np.bool_], axes: Axes) -> FloatArray:
    """Y at which the bone ends on the way back from the body's middle, shape (nx, nz)."""
    y = axes[1]
    step = float(y[1] - y[0])
    start = int(np.argmin(np.abs(y)))
    gap = max(round(_GAP_MM / step), 1)
    behind = ~bone[:, start:, :]
    run = np.stack([behind[:, n : n + gap].all(axis=1) for n in range(behind.shape[1])], axis=1)
    first = np.where(run.any(axis=1), run.argmax(axis=1), behind.shape[1] - 1)
    return np.asarray(np.where(first > 0, y[start] + (first - 0.5) * step, np.nan))


def _median_over_width(wall: FloatArray) -> FloatArray:
    """Median over the columns that see the wall, NaN at heights where none does; (nz,)."""
    seen = np.isfinite(wall).any(axis=0)
    out = np.full(wall.shape[1], np.nan)
    out[seen] = np.nanmedian(wall[:, seen], axis=0)
    return out


def _smooth_over_height(wall: FloatArray, slices: NDArray[np.bool_]) -> FloatArray:
    """Robust straight line plus smoothed rest through the heights where the wall is seen."""
    place = np.arange(len(wall), dtype=np.float64)
    seen = np.isfinite(wall) & slices
    if seen.sum() < 3:
        seen = np.isfinite(wall)
    if seen.sum() < 3:
        message = "the posterior wall of the body is not found in front of the canal"
        raise AnatomyError(message)
    slope, offset = np.polyfit(place[seen], wall[seen], 1)
    for _ in range(5):
        rest = np.abs(wall[seen] - slope * place[seen] - offset)
        slope, offset = np.polyfit(place[seen], wall[seen], 1, w=1.0 / (1.0 + rest))
    return np.asarray(slope * place + offset)


def _find_sides(
    bone: NDArray[np.bool_], axes: Axes, slices: NDArray[np.bool_]
) -> tuple[float, float]:
    """Distance of the left and right side from the axis, seen in front of the middle."""
    x, y, _ = axes
    front = (y > -8.0) & (y < -2.0)
    section = bone[:, front][:, :, slices]
    left = np.where(section.any(axis=0), _furthest(section, x), np.nan)
    right = np.where(section.any(axis=0), _furthest(section, -x), np.nan)
    return float(np.nanpercentile(left, 75)), float(np.nanpercentile(right, 75))


def _furthest(section: NDArray[np.bool_], x: FloatArray) -> FloatArray:
    return np.asarray(np.where(section, x[:, None, None], -np.inf).max(axis=0))


def _main_part(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest connected part."""
    from scipy.ndimage import label

    labels, count = label(inside)
    if count == 0:
        message = "no vertebral body found in the mask"
        raise AnatomyError(message)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == sizes.argmax())
