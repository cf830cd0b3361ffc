"""The filling of a vertebra in three dimensions: cement between the walls of the bone."""

import numpy as np
from matplotlib.axes import Axes

from vertaug.case.filling import Filling
from vertaug.case.instrument import needle_of_gauge
from vertaug.case.spine import Vertebra
from vertaug.numerics.interpolation import resample_trilinear
from vertaug.report import canvas
from vertaug.report.enclosed_series import (
    BONE_WORDS,
    EnclosedMoment,
    GlassVertebra,
    draw_enclosed_series,
)
from vertaug.report.filled_pores import pore_filling, within_cortex
from vertaug.report.filling_moment import moment_of_frame
from vertaug.report.leak_key import draw_leak_key, foot_mm
from vertaug.report.leak_marks import draw_leaks, leak_marks, say_leaks
from vertaug.report.picture import PAGE_WIDTH_MM, Picture
from vertaug.report.plane import PicturePlane
from vertaug.report.raster import Mesh
from vertaug.report.style import NEEDLE_COLOUR
from vertaug.report.surface import cylinder, level_surface

_REACH_MM = 25.0
"""How far a needle is drawn before the bone."""
_CEMENT_COLOUR = "#A85A4A"
"""Calm: only what leaked may stand out."""


def draw_filling_solid(
    filling: Filling, glass: GlassVertebra, shown: tuple[int, ...], gauge: int
) -> Picture:
    """Draw the cement within the bone from two sides, a column for each moment.

    Parameters
    ----------
    filling : Filling
    glass : GlassVertebra
    shown : tuple of int
        Which frames.
    gauge : int
        Of the needles.
    """
    needles = _needles(filling, gauge)
    moments = [moment_of_frame(filling, number) for number in shown]

    def mark(axes: Axes, plane: PicturePlane, column: int) -> None:
        marks = leak_marks(filling, moments[column].time_s)
        draw_leaks(axes, marks, plane.to_picture, "section")

    columns = tuple(
        EnclosedMoment(
            glass=glass,
            words=moment.volume_words,
            tools=needles,
            inside=_cement(filling, glass.vertebra, number),
        )
        for moment, number in zip(moments, shown, strict=True)
    )
    figure, total = draw_enclosed_series(columns, foot_mm(filling), mark)
    draw_leak_key(figure, filling, (PAGE_WIDTH_MM, total))
    return Picture(
        name="filling_solid",
        caption=_caption(filling),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=total,
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
        f"Cement in {filling.level} in three dimensions, all of it within the bone. "
        f"{BONE_WORDS.format(inside='cement')} Red: the surface on which half of the pores hold "
        "cement, paler the deeper it lies below the near wall; blue: needles to scale. Arrows: "
        "L left, P back, H head of the vertebra. "
        f"{say_leaks(filling)}"
    )
