"""The outline of a vertebra's body on a radiograph, so that what lies inside can be judged."""

from dataclasses import dataclass

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes

from vertaug.case.grid import FloatArray
from vertaug.case.spine import Region, Vertebra
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.matter import find_window, measure_chords, voxel_matter

OUTLINE_COLOUR = "#F0E442"
WALL_COLOUR = "#FFB000"
_LEAST_MM = 1.0
"""Bone along a ray that counts as the body: less is the stairs of the labels' voxels."""
_SMOOTH_PIXELS = 1.0
_DASH = (0, (3.0, 2.0))
_OUTLINE_PT, _WALL_PT = 0.6, 1.3
"""Thin, so that the shape of the cement beside the lines stays readable."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodyOutline:
    """A vertebra's body as a C-arm sees it.

    Attributes
    ----------
    level : str
    depth_mm : (rows, columns) float64 array
        Path of each ray through the body.
    column, row : int
        Of its first pixel in the image.
    wall : (2, 2) float64 array
        Upper and lower end of the posterior wall, in pixels.
    """

    level: str
    depth_mm: FloatArray
    column: int
    row: int
    wall: FloatArray


def outline_body(carm: CArm, vertebra: Vertebra) -> BodyOutline | None:
    """Return the outline of a body; None where it is not in the image.

    Parameters
    ----------
    carm : CArm
    vertebra : Vertebra
    """
    from scipy.ndimage import gaussian_filter

    body = vertebra.mask(Region.BODY)
    matter = voxel_matter(body.astype(np.float32), vertebra.regions.grid)
    window = find_window(matter, carm)
    if window is None or not body.any():
        return None
    depth = measure_chords(matter, carm, window)
    marks = vertebra.landmarks
    return BodyOutline(
        level=vertebra.level,
        depth_mm=np.asarray(gaussian_filter(depth, _SMOOTH_PIXELS)),
        column=window.column,
        row=window.row,
        wall=carm.project(np.stack([marks.superior_posterior, marks.inferior_posterior])),
    )


def draw_outline(axes: Axes, outline: BodyOutline | None, *, wall: bool) -> None:
    """Draw the outline dashed in pixels of the image, with a dark rim for light ground.

    Parameters
    ----------
    axes : Axes
    outline : BodyOutline or None
    wall : bool
        Also the posterior wall, as a line.
    """
    if outline is None:
        return
    rows, columns = outline.depth_mm.shape
    if min(rows, columns) > 1 and outline.depth_mm.max() > _LEAST_MM:
        lines = axes.contour(
            outline.column + np.arange(columns), outline.row + np.arange(rows), outline.depth_mm,
            levels=[_LEAST_MM], colors=[OUTLINE_COLOUR], linewidths=[_OUTLINE_PT],
            linestyles=[_DASH],
        )  # fmt: skip
        lines.set_path_effects(_rim(_OUTLINE_PT))
    if wall:
        (line,) = axes.plot(*outline.wall.T, color=WALL_COLOUR, linewidth=_WALL_PT, linestyle=_DASH)
        line.set_path_effects(_rim(_WALL_PT))


def _rim(width: float) -> list[patheffects.AbstractPathEffect]:
    return [patheffects.withStroke(linewidth=width + 0.8, foreground="#000000", alpha=0.8)]
