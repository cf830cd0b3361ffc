"""The filling of a vertebra in three dimensions: cement in the bone, drawn as glass over it."""

import numpy as np
from matplotlib.figure import Figure

from vertaug.case.filling import Filling
from vertaug.case.instrument import needle_of_gauge
from vertaug.case.spine import Vertebra
from vertaug.report import canvas
from vertaug.report.figure_solid import draw_solid_frame, picture, view_plane
from vertaug.report.filled_pores import pore_filling
from vertaug.report.filling_moment import moment_of_frame
from vertaug.report.leak_marks import draw_leaks, leak_marks, say_leaks
from vertaug.report.picture import PAGE_WIDTH_MM, Picture
from vertaug.report.plane import PicturePlane
from vertaug.report.raster import Mesh
from vertaug.report.style import NEEDLE_COLOUR
from vertaug.report.surface import cylinder, level_surface, vertebra_surface

_VIEWS = (
    ("Seen from the front, left and above", 145.0, 30.0),
    ("Seen from behind, left and above", 38.0, 32.0),
)
_GAP_MM, _HEAD_MM, _TITLE_MM, _FOOT_MM = 1.5, 5.4, 4.8, 2.6
_HALF_MM, _PIXEL_MM = 42.0, 0.17
_ASPECT = 0.86
_REACH_MM = 25.0
"""How far a needle is drawn before the bone."""
_CEMENT_COLOUR = "#D8452E"


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
    total = _HEAD_MM + len(_VIEWS) * (tall + _TITLE_MM) + _FOOT_MM
    figure = canvas.new_figure(PAGE_WIDTH_MM, total)
    bone, needles = vertebra_surface(vertebra), _needles(filling, gauge)
    for column, number in enumerate(shown):
        moment = moment_of_frame(filling, number)
        left = column * (wide + _GAP_MM)
        figure.text(
            (left + 0.5 * wide) / PAGE_WIDTH_MM, 1.0 - 3.6 / total, moment.volume_words,
            fontsize=canvas.TITLE_PT + 1.0, fontweight="bold", ha="center", va="baseline",
        )  # fmt: skip
        solids = (*needles, *_cement(filling, number))
        for row, (title, azimuth, elevation) in enumerate(_VIEWS):
            bottom = total - _HEAD_MM - (row + 1) * (tall + _TITLE_MM)
            rect = (
                left / PAGE_WIDTH_MM, bottom / total, wide / PAGE_WIDTH_MM, tall / total
            )  # fmt: skip
            plane = _plane(figure, rect, vertebra, (azimuth, elevation))
            axes = canvas.add_panel(figure, rect, plane)
            axes.imshow(
                picture(bone, solids, plane), extent=plane.extent_mm, origin="upper", aspect="auto"
            )
            draw_solid_frame(axes, plane, vertebra, title if column == 0 else "")
            draw_leaks(axes, leak_marks(filling, moment.time_s), plane.to_picture, "section")
    return Picture(
        name="filling_solid",
        caption=_caption(filling),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=total,
    )


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


def _cement(filling: Filling, number: int) -> tuple[tuple[Mesh, str], ...]:
    """Return the surface of the half full pores; nothing where no cell is that full."""
    full = pore_filling(filling, filling.frames[number])
    if not full.max() > 0.5:
        return ()
    return ((level_surface(full, filling.grid), _CEMENT_COLOUR),)


def _caption(filling: Filling) -> str:
    return (
        f"Cement in {filling.level} in three dimensions, the bone drawn as glass over it; red: the "
        "surface on which half of the pores hold cement; blue: needles to scale. Arrows: L left, P "
        f"back, H head of the vertebra. {say_leaks(filling)}"
    )
