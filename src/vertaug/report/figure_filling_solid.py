"""The filling of a vertebra in three dimensions: cement between the walls of the bone."""

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vertaug.case.filling import Filling
from vertaug.case.instrument import needle_of_gauge
from vertaug.case.spine import Vertebra
from vertaug.numerics.interpolation import resample_trilinear
from vertaug.report import canvas
from vertaug.report.enclosed import hull_of, picture_enclosed
from vertaug.report.figure_solid import draw_axes_cross, view_plane
from vertaug.report.filled_pores import pore_filling, within_cortex
from vertaug.report.filling_moment import moment_of_frame
from vertaug.report.leak_key import draw_leak_key, foot_mm
from vertaug.report.leak_marks import draw_leaks, leak_marks, say_leaks
from vertaug.report.picture import PAGE_WIDTH_MM, Picture
from vertaug.report.plane import PicturePlane, direction_mark
from vertaug.report.raster import Mesh
from vertaug.report.style import NEEDLE_COLOUR
from vertaug.report.surface import cylinder, level_surface, vertebra_surface

_VIEWS = (
    ("Oblique from the front, from the left and above", 145.0, 25.0),
    ("Lateral: straight from the left", 90.0, 0.0),
)
_GAP_MM, _HEAD_MM, _TITLE_MM = 1.5, 5.4, 4.8
_HALF_MM, _PIXEL_MM = 45.0, 0.1
_ASPECT = 0.66
_NAMES = {
    "R": "right", "L": "left", "A": "anterior", "P": "posterior", "H": "head", "F": "feet",
}  # fmt: skip
_REACH_MM = 25.0
"""How far a needle is drawn before the bone."""
_CEMENT_COLOUR = "#A85A4A"
"""Calm: only what leaked may stand out."""


def draw_filling_solid(
    filling: Filling, vertebra: Vertebra, shown: tuple[int, ...], gauge: int
) -> Picture:
    """Draw the cement within the bone from two sides, a column for each moment.

    Parameters
    ----------
    filling : Filling
    vertebra : Vertebra
    shown : tuple of int
        Which frames.
    gauge : int
        Of the needles.
    """
    wide = (PAGE_WIDTH_MM - _GAP_MM * (len(shown) - 1)) / max(len(shown), 2)
    tall = _ASPECT * wide
    total = _HEAD_MM + len(_VIEWS) * (tall + _TITLE_MM) + foot_mm(filling)
    figure = canvas.new_figure(PAGE_WIDTH_MM, total)
    bone, needles = vertebra_surface(vertebra), _needles(filling, gauge)
    cement = [_cement(filling, vertebra, number) for number in shown]
    moments = [moment_of_frame(filling, number) for number in shown]
    for row, (title, azimuth, elevation) in enumerate(_VIEWS):
        bottom = total - _HEAD_MM - (row + 1) * (tall + _TITLE_MM)
        size = (0.0, bottom / total, wide / PAGE_WIDTH_MM, tall / total)
        hull = hull_of(vertebra, bone, _plane(figure, size, vertebra, (azimuth, elevation)))
        for column, moment in enumerate(moments):
            left = column * (wide + _GAP_MM)
            axes = canvas.add_panel(figure, (left / PAGE_WIDTH_MM, *size[1:]), hull.plane)
            image = picture_enclosed(hull, needles, cement[column])
            axes.imshow(image, extent=hull.plane.extent_mm, origin="upper", aspect="auto")
            draw_axes_cross(axes, hull.plane, vertebra)
            _name_sides(axes, hull.plane)
            canvas.draw_title(axes, title if column == 0 else "")
            draw_leaks(axes, leak_marks(filling, moment.time_s), hull.plane.to_picture, "section")
    for column, moment in enumerate(moments):
        figure.text(
            (column * (wide + _GAP_MM) + 0.5 * wide) / PAGE_WIDTH_MM, 1.0 - 3.6 / total,
            moment.volume_words, fontsize=canvas.TITLE_PT + 1.0, fontweight="bold", ha="center",
            va="baseline",
        )  # fmt: skip
    draw_leak_key(figure, filling, (PAGE_WIDTH_MM, total))
    return Picture(
        name="filling_solid",
        caption=_caption(filling),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=total,
    )


def _name_sides(axes: Axes, plane: PicturePlane) -> None:
    """Write at each side of a panel in words which side of the patient it is."""
    for x, direction, align in ((0.012, -plane.right, "left"), (0.988, plane.right, "right")):
        words = " ".join(
            _NAMES[letter] for letter in sorted(direction_mark(direction), key="RLAPHF".index)
        )
        axes.text(
            x, 0.5, words, transform=axes.transAxes, rotation=90.0, ha=align, va="center",
            color="#222222", fontsize=canvas.LABEL_PT, fontweight="bold",
            path_effects=[patheffects.withStroke(linewidth=2.5, foreground="#FFFFFF")],
        )  # fmt: skip


def _plane(
    figure: Figure,
    rect: tuple[float, float, float, float],
    vertebra: Vertebra,
    angles_deg: tuple[float, float],
) -> PicturePlane:
    half = canvas.panel_half_size(figure, rect, _HALF_MM)
    view = view_plane(vertebra, *angles_deg, half)
    return PicturePlane(
        centre_lps_mm=view.centre_lps_mm,
        right=view.right,
        down=view.down,
        half_width_mm=view.half_width_mm,
        half_height_mm=view.half_height_mm,
        pixel_mm=_PIXEL_MM,
    )


def _needles(filling: Filling, gauge: int) -> tuple[tuple[Mesh, str], ...]:
    """Return the needles to scale, in short pieces for drawing."""
    radius = needle_of_gauge(gauge).radius_mm
    found = []
    for entry, tip in filling.needle_lps_mm:
        forward = (tip - entry) / np.linalg.norm(tip - entry)
        start = entry - _REACH_MM * forward
        pieces = int(np.ceil(np.linalg.norm(tip - start) / 0.8))
        found.append((cylinder(start, tip, radius, sides=28, pieces=pieces), NEEDLE_COLOUR))
    return tuple(found)


def _cement(filling: Filling, vertebra: Vertebra, number: int) -> tuple[tuple[Mesh, str], ...]:
    """Return the surface of the cement; nothing where no cell is that full.

    It ends at the inner side of the cortex: the cells of the model reach half a cell beyond the
    bone's surface.
    """
    full = pore_filling(filling, filling.frames[number])
    bone = vertebra.occupancy
    index_map = np.linalg.inv(bone.grid.affine) @ filling.grid.affine
    held = resample_trilinear(bone.values, index_map, filling.grid.shape)
    inside = np.minimum(full, within_cortex(np.asarray(held, dtype=np.float64)))
    if not inside.max() > 0.5:
        return ()
    return ((level_surface(inside, filling.grid), _CEMENT_COLOUR),)


def _caption(filling: Filling) -> str:
    return (
        f"Cement in {filling.level} in three dimensions, all of it within the bone. The bone is a "
        "closed hull of glass: its far wall behind the cement, its near wall with dark edges and "
        "lines of equal height (5 mm apart) over it, the same lines faint on the far wall. Red: "
        "the surface on which half of the pores hold cement, paler the deeper it lies below the "
        "near wall; blue: needles to scale. Arrows: L left, P back, H head of the vertebra. "
        f"{say_leaks(filling)}"
    )
