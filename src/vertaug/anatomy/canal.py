"""The vertebral canal: the hole one sees when looking along the spine through a vertebra."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray

_TILTS_DEG = np.arange(-24.0, 24.1, 4.0)
_MIN_HOLE_MM2 = 40.0
_GROWTH_MM = 4.0
"""How far the canal reaches beyond what is seen through the whole vertebra."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CanalAxis:
    """The canal as seen through the vertebra.

    Attributes
    ----------
    centre_xy_mm : (2,) float64 array
        Centre of the opening at z = 0 of the frame it was found in.
    slope : (2,) float64 array
        dx/dz and dy/dz of the canal in that frame.
    opening : (nx, ny) bool array
        What is seen through, sheared to z = 0, on the x, y axes of the grid.
    closing_mm : float
        Gaps of the arch that had to be bridged; 0 for a closed arch.
    """

    centre_xy_mm: FloatArray
    slope: FloatArray
    opening: NDArray[np.bool_]
    closing_mm: float


def find_canal_axis(
    bone: NDArray[np.bool_], x_mm: FloatArray, y_mm: FloatArray, z_mm: FloatArray
) -> CanalAxis | None:
    """Look through the vertebra along many directions and keep the widest opening.

    Parameters
    ----------
    bone : (nx, ny, nz) bool array
        The whole vertebra, axes roughly left, posterior, superior, origin near the body.
    x_mm, y_mm, z_mm : float64 arrays
        Coordinates along the axes, equal steps.

    Returns
    -------
    CanalAxis or None
        None if no direction shows an opening, even with gaps of 8 mm bridged.
    """
    step = float(x_mm[1] - x_mm[0])
    near = np.abs(z_mm) <= 14.0
    slices, heights = bone[:, :, near], z_mm[near]
    for closing_mm in (0.0, 2.0, 4.0, 6.0, 8.0):
        coarse = _search(slices, heights, (x_mm, y_mm), _slopes(_TILTS_DEG, 0.0, 0.0), closing_mm)
        if coarse is None:
            continue
        centre, slope, _ = coarse
        tilt_x, tilt_y = np.degrees(np.arctan(slope))
        fine = _search(
            slices,
            heights,
            (x_mm, y_mm),
            _slopes(np.arange(-4.0, 4.1, 2.0), tilt_x, tilt_y),
            closing_mm,
        )
        centre, slope, opening = fine if fine is not None else coarse
        if opening.sum() * step**2 >= _MIN_HOLE_MM2:
            return CanalAxis(
                centre_xy_mm=centre, slope=slope, opening=opening, closing_mm=closing_mm
            )
    return None


def _slopes(tilts_deg: FloatArray, about_x: float, about_y: float) -> list[FloatArray]:
    return [np.tan(np.radians([about_x + a, about_y + b])) for a in tilts_deg for b in tilts_deg]


def _search(
    slices: NDArray[np.bool_],
    heights: FloatArray,
    axes: tuple[FloatArray, FloatArray],
    slopes: list[FloatArray],
    closing_mm: float,
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]] | None:
    """Return centre, mean slope and opening of the best directions."""
    step = float(axes[0][1] - axes[0][0])
    found = []
    for slope in slopes:
        opening = _opening_seen(slices, heights, slope, step, closing_mm)
        found.append(_main_hole(opening, axes))
    areas = np.array([0.0 if h is None else h.sum() * step**2 for h in found])
    if areas.max() < _MIN_HOLE_MM2:
        return None
    # the mean of all good directions, so that one voxel does not decide
    weight = np.where(areas > 0.8 * areas.max(), areas, 0.0) ** 4
    slope = (np.array(slopes) * weight[:, None]).sum(axis=0) / weight.sum()
    opening = _main_hole(_opening_seen(slices, heights, slope, step, closing_mm), axes)
    if opening is None:
        best = int(areas.argmax())
        slope, opening = slopes[best], found[best]
    assert opening is not None
    i, j = np.nonzero(opening)
    centre = np.array([axes[0][i].mean(), axes[1][j].mean()])
    return centre, np.asarray(slope), opening


def _opening_seen(
    slices: NDArray[np.bool_], heights: FloatArray, slope: FloatArray, step: float, closing: float
) -> NDArray[np.bool_]:
    """Holes of the bone projected along one direction."""
    from scipy.ndimage import binary_fill_holes

    shadow = np.zeros(slices.shape[:2], dtype=bool)
    for k, z in enumerate(heights):
        shift = np.rint(-slope * z / step).astype(int)
        shadow |= np.roll(slices[:, :, k], (int(shift[0]), int(shift[1])), axis=(0, 1))
    if closing > 0:
        shadow = close_disc(shadow, closing / step)
    return np.asarray(binary_fill_holes(shadow) & ~shadow)


def close_disc(shape: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
    """Close a 2D shape with a disc of a radius in pixels."""
    from scipy.ndimage import distance_transform_edt

    pad = int(np.ceil(radius)) + 1
    grown = distance_transform_edt(~np.pad(shape, pad)) <= radius
    closed = distance_transform_edt(grown) > radius
    return np.asarray(closed[pad:-pad, pad:-pad] | shape)


def _main_hole(
    opening: NDArray[np.bool_], axes: tuple[FloatArray, FloatArray]
) -> NDArray[np.bool_] | None:
    """The largest hole behind the body centre."""
    from scipy.ndimage import label

    labels, count = label(opening)
    best, best_area = None, 0
    for n in range(1, count + 1):
        hole = labels == n
        area = int(hole.sum())
        if area > best_area and axes[1][np.nonzero(hole)[1]].mean() > 0.0:
            best, best_area = hole, area
    return best


def fill_canal(
    bone: NDArray[np.bool_],
    body: NDArray[np.bool_],
    canal: CanalAxis,
    axes: tuple[FloatArray, FloatArray, FloatArray],
) -> NDArray[np.bool_]:
    """Return the space of the canal over the height of the body.

    The opening seen through the vertebra is carried along the canal's axis and grown by up to
    4 mm into the space that is not bone: the laminae overhang the opening, and beside the
    intervertebral foramina, where no bone bounds the canal, the growth does.

    Parameters
    ----------
    bone, body : (nx, ny, nz) bool arrays
    canal : CanalAxis
    axes : tuple of float64 arrays

    Returns
    -------
    (nx, ny, nz) bool array
    """
    from scipy.ndimage import binary_dilation, distance_transform_edt

    x, _, z = axes
    step = float(x[1] - x[0])
    heights = body.any(axis=(0, 1))
    rounds = max(int(np.ceil(_GROWTH_MM / step)), 1)
    out = np.zeros_like(bone)
    for k in np.nonzero(heights)[0]:
        shift = np.rint(canal.slope * z[k] / step).astype(int)
        seed = np.roll(canal.opening, (int(shift[0]), int(shift[1])), axis=(0, 1))
        free = ~bone[:, :, k]
        within = distance_transform_edt(~seed) * step <= _GROWTH_MM
        out[:, :, k] = binary_dilation(seed & free, iterations=rounds, mask=free & within)
    return out
