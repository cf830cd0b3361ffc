"""The colours of a section: classes of a field, density, cement, caps, gas.

Voxels are shown as they are computed, without smoothing. Classes get lighter as the value rises,
the density under them stays darker than all of them: the order is kept in a grey print. Cement is
light blue and hatched, caps are slate and dotted, whatever their value.
"""

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray, Grid
from vertaug.report.failure_state import FailureState
from vertaug.report.plane import PicturePlane

DARKEST, BRIGHTEST = 0.08, 0.34
"""Grey of the least and of the greatest density; the classes are lighter."""
CAP_COLOURS = np.array([[0.13, 0.20, 0.27], [0.27, 0.36, 0.44]])
CEMENT_COLOURS = np.array([[0.76, 0.90, 0.98], [0.16, 0.44, 0.66]])
"""Ground and pattern."""
GAS_COLOUR = np.array([0.45, 0.22, 0.72])
EMPTY_COLOUR = np.array([0.28, 0.20, 0.42])
SMALLEST_VOXELS = 8
"""Islands of fewer voxels in a section are not drawn, holes of fewer are not outlined."""
_Pixels = tuple[NDArray[np.int64], NDArray[np.bool_]]
"""Of each pixel of a section the place of its voxel in the array, and whether it has one."""


def class_colours(count: int = 5) -> FloatArray:
    """Return the colour of each class, shape (count, 3): lighter as the value rises."""
    return np.asarray(mpl.colormaps["inferno"](np.linspace(0.58, 0.99, count)))[:, :3]


def section_image(
    plane: PicturePlane, state: FailureState, scale: tuple[float, FloatArray, FloatArray]
) -> FloatArray:
    """Return the colours of a section, shape (rows, columns, 4); air is transparent.

    Parameters
    ----------
    plane : PicturePlane
    state : FailureState
    scale : tuple
        Factor to the unit, bounds of the classes, limits of the grey.
    """
    return paint_section(cut_section(plane, state), scale)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SectionCut:
    """What a section of a state goes through, each array of shape (rows, columns).

    Attributes
    ----------
    background, values : float64 array
        Density or modulus, and the field where there is matter, else 0.
    empty, gas, caps, cement, matter : bool array
        Where the voxels are that.
    matter_outlined, cement_outlined : bool array
        The same without islands and holes too small for an outline.
    """

    background: FloatArray
    values: FloatArray
    empty: NDArray[np.bool_]
    gas: NDArray[np.bool_]
    caps: NDArray[np.bool_]
    cement: NDArray[np.bool_]
    matter: NDArray[np.bool_]
    matter_outlined: NDArray[np.bool_]
    cement_outlined: NDArray[np.bool_]


def cut_section(plane: PicturePlane, state: FailureState) -> SectionCut:
    """Return what a section goes through.

    Parameters
    ----------
    plane : PicturePlane
    state : FailureState
    """
    pixels = _voxel_of_pixel(plane, state.model.grid)
    least = _least_pixels(plane, state.model.grid)
    cement, matter = (mask(pixels, voxels) for voxels in (state.mostly_cement, state.matter))
    return SectionCut(
        background=_at(pixels, state.background[0]),
        values=np.where(mask(pixels, state.model.filled), _at(pixels, state.values), 0.0),
        empty=mask(pixels, state.empty),
        gas=mask(pixels, state.gas),
        caps=mask(pixels, state.caps),
        cement=cement,
        matter=matter,
        matter_outlined=_outlined(matter, least),
        cement_outlined=_outlined(cement, least),
    )


def paint_section(cut: SectionCut, scale: tuple[float, FloatArray, FloatArray]) -> FloatArray:
    """Return the colours of a section, as `section_image` does.

    Parameters
    ----------
    cut : SectionCut
    scale : tuple
        Factor to the unit, bounds of the classes, limits of the grey.
    """
    factor, bounds, grey = scale
    share = np.clip((cut.background - grey[0]) / np.ptp(grey), 0.0, 1.0)
    colours = np.repeat((DARKEST + (BRIGHTEST - DARKEST) * share)[..., None], 3, axis=-1)
    number = np.digitize(factor * cut.values, bounds)
    coloured = number > 0
    colours[coloured] = class_colours(len(bounds))[number[coloured] - 1]
    colours[cut.empty] = EMPTY_COLOUR
    colours[cut.gas] = GAS_COLOUR
    for where, pattern in (
        (cut.caps, cap_pattern(cut.caps.shape)),
        (cut.cement, cement_pattern(cut.caps.shape)),
    ):
        colours[where] = pattern[where]
    # what hangs to the body only above or below this section would look like a stray piece
    filled = cut.caps | (cut.matter & cut.matter_outlined)
    return np.concatenate([colours, filled[..., None].astype(np.float64)], axis=-1)


def cement_pattern(shape: tuple[int, int]) -> FloatArray:
    """Return light blue with oblique lines, shape (rows, columns, 3)."""
    row, column = np.indices(shape)
    return np.asarray(CEMENT_COLOURS[((row + column) % 8 < 2).astype(int)])


def cap_pattern(shape: tuple[int, int]) -> FloatArray:
    """Return slate with dots, shape (rows, columns, 3)."""
    row, column = np.indices(shape)
    dots = (row % 8 < 2) & ((column + 4 * (row // 8 % 2)) % 8 < 2)
    return np.asarray(CAP_COLOURS[dots.astype(int)])


def mask(pixels: _Pixels, voxels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where a section lies in some voxels, shape (rows, columns)."""
    flat, inside = pixels
    return np.asarray(voxels.ravel()[flat] & inside)


def outlined(
    plane: PicturePlane, state: FailureState, voxels: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return a mask without islands and holes too small for an outline.

    Parameters
    ----------
    plane : PicturePlane
    state : FailureState
    voxels : (ni, nj, nk) bool array
    """
    grid = state.model.grid
    return _outlined(mask(_voxel_of_pixel(plane, grid), voxels), _least_pixels(plane, grid))


def _outlined(found: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    return ~_without_small(~_without_small(found, least), least)


def _least_pixels(plane: PicturePlane, grid: Grid) -> float:
    """Return how many pixels the smallest island has that is drawn."""
    spacing = np.asarray(grid.spacing_mm)
    across = np.abs(grid.directions.T @ plane.normal).argmax()
    voxel_mm2 = float(np.prod(spacing) / spacing[across])
    # half a voxel less: pixels do not fill a voxel exactly
    return float((SMALLEST_VOXELS - 0.5) * voxel_mm2 / plane.pixel_mm**2)


def _without_small(found: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    from scipy.ndimage import label

    parts, _ = label(found)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(sizes[parts] >= least)


def _at(pixels: _Pixels, values: NDArray[np.generic]) -> FloatArray:
    """Return the values of the voxels that the pixels lie in, 0 beside the grid."""
    flat, inside = pixels
    held = np.asarray(values).ravel()[flat].astype(np.float32).astype(np.float64)
    return np.where(inside, np.nan_to_num(held), 0.0)


def _voxel_of_pixel(plane: PicturePlane, grid: Grid) -> _Pixels:
    """Return the voxel nearest to each pixel, as its place in the array, and which have one."""
    index = grid.to_index(plane.pixel_centres())
    last = np.array(grid.shape) - 1
    inside = np.all((index >= -0.5) & (index <= last + 0.5), axis=-1)
    nearest = np.floor(np.clip(index, 0, last) + 0.5).astype(np.int64)
    return np.ravel_multi_index(tuple(np.moveaxis(nearest, -1, 0)), grid.shape), inside
