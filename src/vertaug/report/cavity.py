"""The cavity that emptied balloons leave: its outline in sections, and the cement in it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.bone_points import PointGrid, inside_share
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.case.filling import Filling
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.kyphoplasty import SimulatedKyphoplasty
from vertaug.report.filling_words import ml
from vertaug.report.mesh_cut import cut_mesh
from vertaug.report.plane import PicturePlane

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOUR, _WIDTH_PT, _DASH = "#FFFFFF", 0.9, (0, (2.5, 1.2))
"""As the cavity is drawn among the balloons, but thinner."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cavity:
    """What emptied balloons leave.

    Attributes
    ----------
    points_lps_mm : tuple of (n, 3) float32 arrays
        Of the surface of each.
    triangles : (t, 3) int64 array
        Of every surface, outward.
    """

    points_lps_mm: tuple[NDArray[np.float32], ...]
    triangles: NDArray[np.int64]


def cavity_of(found: SimulatedKyphoplasty) -> Cavity | None:
    """Return the cavity of a kyphoplasty; None without balloons."""
    course = found.balloon
    if course is None:
        return None
    emptied = [frame for frame in course.frames if frame.stage == "emptied"]
    if not emptied:
        return None
    return Cavity(points_lps_mm=emptied[-1].points_lps_mm, triangles=course.triangles)


def draw_cavity(axes: "Axes", plane: PicturePlane, cavity: Cavity) -> None:
    """Draw where a plane cuts the cavity, thin, white and dashed.

    Parameters
    ----------
    axes : Axes
    plane : PicturePlane
    cavity : Cavity
    """
    for points in cavity.points_lps_mm:
        for loop in cut_mesh(np.asarray(points), cavity.triangles, plane):
            axes.plot(loop[:, 0], loop[:, 1], color=_COLOUR, linewidth=_WIDTH_PT, linestyle=_DASH)


def share_in_cavity(cavity: Cavity, grid: Grid) -> FloatArray:
    """Return the share of each cell of a grid within the cavity; where two meet it counts once.

    Parameters
    ----------
    cavity : Cavity
    grid : Grid
        Right-handed, as that of a filling.
    """
    # counted in cells, whatever way the grid lies
    cells = PointGrid(shape=grid.shape, spacing_mm=1.0)
    outside = np.ones(grid.shape)
    for points in cavity.points_lps_mm:
        places = grid.to_index(np.asarray(points, dtype=np.float64)) + 0.5
        surface = BalloonSurface(points_mm=places, triangles=cavity.triangles)
        outside *= 1.0 - inside_share(surface, cells)
    return 1.0 - outside


def cement_in_cavity_mm3(cavity: Cavity, filling: Filling) -> float:
    """Return the cement in the cavity at the end of the injection.

    A cell at the edge of the cavity is taken to be filled there before the pores beside it.

    Parameters
    ----------
    cavity : Cavity
    filling : Filling
    """
    share = share_in_cavity(cavity, filling.grid)
    inside = np.minimum(np.asarray(filling.cement_share, dtype=np.float64), share)
    return float(inside.sum()) * filling.grid.voxel_volume_mm3


def place_words(cavity: Cavity, filling: Filling) -> str:
    """Return ``4.20 of 4.25 ml of the cavity filled, 1.63 ml in the bone about it``.

    Parameters
    ----------
    cavity : Cavity
    filling : Filling
    """
    inside = min(cement_in_cavity_mm3(cavity, filling), filling.in_bone_mm3)
    whole = float(share_in_cavity(cavity, filling.grid).sum()) * filling.grid.voxel_volume_mm3
    return (
        f"{ml(inside, unit=False)} of {ml(whole)} of the cavity filled, "
        f"{ml(filling.in_bone_mm3 - inside)} in the bone about it"
    )
