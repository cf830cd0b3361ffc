"""Pressure over volume of each balloon, and the heights of the body at each stage."""

from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from vertaug.case.augmentation_content import ATM, KPA
from vertaug.case.kyphoplasty import STAGES, BalloonCourse
from vertaug.report import canvas
from vertaug.report.balloon_words import HEIGHTS, pressure_words, signed
from vertaug.report.figure_filling_curves import BLUE, FAINT, GREEN, INK, RED, dress, name_lines
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

_HEIGHT_MM = 66.0
_COLOURS = (BLUE, RED)
"""Of each balloon."""
_UNREAD = (0, (2.0, 1.6))
_PLATES = (("anterior", RED, "o"), ("middle", BLUE, "s"), ("posterior", GREEN, "^"))
_APART_MM = 0.55
"""Least distance of two values beside each other, in mm of height."""


def draw_balloon_curves(course: BalloonCourse) -> Picture:
    """Draw pressure over volume, dashed where it cannot be read, and heights by stage.

    Parameters
    ----------
    course : BalloonCourse
    """
    figure = canvas.new_figure(PAGE_WIDTH_MM, _HEIGHT_MM)
    _draw_pressure(figure.add_axes((0.055, 0.165, 0.47, 0.70)), course)
    _draw_heights(figure.add_axes((0.625, 0.165, 0.255, 0.70)), course)
    return Picture(
        name="balloon_curves",
        caption=_caption(course),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=_HEIGHT_MM,
    )


def curve_spans(
    readable: NDArray[np.bool_],
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return the parts of a curve that can be read, and those that cannot.

    A step belongs to what can be read if both its ends do; parts share their end points.

    Parameters
    ----------
    readable : (n,) bool array
        Of each point.
    """
    steps = readable[1:] & readable[:-1]
    edges = [0, *(np.flatnonzero(np.diff(steps.astype(int))) + 1).tolist(), len(steps)]
    parts = [(slice(a, b + 1), bool(steps[a])) for a, b in pairwise(edges) if b > a]
    return (
        tuple(part for part, read in parts if read),
        tuple(part for part, read in parts if not read),
    )


def _draw_pressure(axes: Axes, course: BalloonCourse) -> None:
    dress(axes, "Volume of the balloon (ml)", "Pressure in the balloon (kPa; right: atm)")
    named: list[tuple[str, str, Any]] = []
    for number, side in enumerate(course.setup.sides):
        colour = _COLOURS[number % len(_COLOURS)]
        volume, kpa = course.volume_ml[:, number], course.pressure_mpa[:, number] * KPA
        read, unread = curve_spans(course.readable[:, number])
        for parts, dash in ((read, "-"), (unread, _UNREAD)):
            for part in parts:
                axes.plot(volume[part], kpa[part], color=colour, linewidth=1.3, linestyle=dash)
        marker = "os"[number % 2]
        axes.plot(volume, kpa, linestyle="none", marker=marker, markersize=2.6, color=colour)
        named.append((f"{side} balloon", colour, "-"))
    if _partly_unread(course):
        named.append(("cannot be read: too thin for the voxels", INK, _UNREAD))
    limit = _value(course, "rated_mpa")
    if limit is not None:
        axes.axhline(limit * KPA, color=FAINT, linewidth=0.9, linestyle="--")
        axes.annotate(
            f"the maker's limit {pressure_words(limit)}",
            xy=(0.99, limit * KPA), xycoords=("axes fraction", "data"), xytext=(0.0, -2.0),
            textcoords="offset points", color=INK, fontsize=canvas.SMALL_PT, ha="right", va="top",
        )  # fmt: skip
    axes.axvline(course.setup.wanted_ml, color=FAINT, linewidth=0.9, linestyle=":")
    named.append((f"{course.setup.wanted_ml:.1f} ml wanted in each", FAINT, ":"))
    axes.set_xlim(0.0, 1.04 * max(course.setup.wanted_ml, float(course.volume_ml.max(initial=0.0))))
    axes.set_ylim(0.0, 1.12 * axes.get_ylim()[1])
    name_lines(axes, named, "center right")
    right = axes.twinx()
    right.set_ylim(*(edge / KPA * ATM for edge in axes.get_ylim()))
    right.tick_params(labelsize=canvas.SMALL_PT, width=0.6, length=2.5)
    for name, spine in right.spines.items():
        spine.set_visible(name == "right")
        spine.set_linewidth(0.6)


def _partly_unread(course: BalloonCourse) -> bool:
    """Whether a part of any curve is drawn as one that cannot be read."""
    return any(curve_spans(readable)[1] for readable in course.readable.T)


def _draw_heights(axes: Axes, course: BalloonCourse) -> None:
    """Draw each height at each stage, with what was gained and kept beside it."""
    dress(axes, "", "Height of the body (mm)")
    ends = []
    for name, colour, marker in _PLATES:
        values = [getattr(stage.heights_mm, name) for stage in course.stages]
        axes.plot(
            range(len(values)), values, color=colour, linewidth=1.2, marker=marker, markersize=3.6
        )
        ends.append((values[-1], f"{name} {signed(values[-1] - values[0])}", colour))
    axes.set_xticks(range(len(STAGES)), STAGES, fontsize=canvas.SMALL_PT)
    axes.set_xlim(-0.15, len(STAGES) - 0.9)
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.5, high + 0.5)
    apart = _APART_MM * max(1.0, (high - low) / 6.0)
    place = -np.inf
    for value, words, colour in sorted(ends):
        place = max(value, place + apart)
        axes.annotate(
            words, xy=(1.02, place), xycoords=("axes fraction", "data"), color=colour,
            fontsize=canvas.SMALL_PT, ha="left", va="center",
        )  # fmt: skip


def _value(course: BalloonCourse, name: str) -> float | None:
    return next((v.value for v in course.setup.balloon.values if v.name == name), None)


def _caption(course: BalloonCourse) -> str:
    heights = ", ".join(HEIGHTS)
    dashed = (
        "; dashed: the balloon is still too thin for voxels of "
        f"{course.setup.spacing_mm:g} mm, so that its pressure is that of the voxels and ends "
        "nothing"
        if _partly_unread(course)
        else ""
    )
    return (
        f"Left: pressure over volume of each balloon in {course.setup.level}, a dot for each "
        f"increment{dashed}. The inflation ended because {course.end}. Right: heights of the body "
        f"({heights}) before, at full inflation and when emptied; beside them what is kept. Of the "
        "model, which rests on one calibration of how strong crushed bone is."
    )
