"""Radiographs on the page: virtual fluoroscopy with letters, levels and outlines."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from numpy.typing import NDArray

from vertaug.case.positioner import describe_angles, positioner_angles
from vertaug.case.spine import Spine, Vertebra
from vertaug.fluoroscopy.carm import Posture
from vertaug.fluoroscopy.radiograph import Radiograph
from vertaug.report import canvas, words
from vertaug.report.style import FILM, PEDICLE_COLOUR

_NARROWEST_MM = 100.0
"""A picture of its own is at least this wide, so that title and sentence have room."""

Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What is drawn over a radiograph.

    Attributes
    ----------
    title : str
        Above the picture.
    letters : bool
        Patient sides at the four edges, and a scale bar at the depth of the isocentre.
    levels : tuple of str
        Levels named at their body's centre.
    rings : tuple of (level, side)
        Pedicles whose outline (the isthmus) is drawn.
    """

    title: str = ""
    letters: bool = True
    levels: tuple[str, ...] = ()
    rings: tuple[tuple[str, str], ...] = ()


def add_radiograph(
    figure: Figure, rect: Rect, image: Radiograph, spine: Spine, overlay: Overlay
) -> Axes:
    """Add a radiograph as a panel."""
    axes = figure.add_axes(rect)
    rows, columns = image.grey.shape
    axes.imshow(image.grey, cmap="gray", vmin=0, vmax=255, interpolation="bilinear")
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_facecolor(FILM)
    axes.set_xticks([])
    axes.set_yticks([])
    for edge in axes.spines.values():
        edge.set_visible(False)
    for level in overlay.levels:
        if level in spine.vertebrae:
            _name_level(axes, image, spine[level])
    for level, side in overlay.rings:
        _draw_ring(axes, image, spine[level], side)
    if overlay.letters:
        canvas.draw_direction_marks(axes, image.carm.right, -image.carm.up)
        _draw_scale(axes, image)
    if overlay.title:
        canvas.draw_title(axes, overlay.title)
    return axes


def view_title(name: str, image: Radiograph) -> str:
    """Return the name of a view with the receptor's place: prone, its tilt from straight above."""
    carm = image.carm
    if carm.posture is Posture.PRONE and carm.receptor[1] > 0.5:
        front = positioner_angles(-carm.receptor)
        return f"{name}: {words.prone_receptor(*front)}"
    return f"{name}: {describe_angles(carm.primary_angle_deg, carm.secondary_angle_deg)}"


def _name_level(axes: Axes, image: Radiograph, vertebra: Vertebra) -> None:
    """Write the level beside its body, where the image has room."""
    rows, columns = image.grey.shape
    centre = image.carm.project(vertebra.frame.origin_lps_mm)
    if not 0.04 * rows < centre[1] < 0.96 * rows:
        return
    text = axes.text(
        0.075 * columns,
        float(centre[1]),
        vertebra.level,
        color="#FFFFFF",
        fontsize=canvas.SMALL_PT,
        ha="left",
        va="center",
    )
    text.set_path_effects(canvas.halo())


def _draw_ring(axes: Axes, image: Radiograph, vertebra: Vertebra, side: str) -> None:
    pedicle = vertebra.left_pedicle if side == "left" else vertebra.right_pedicle
    if pedicle is None:
        return
    ring = image.carm.project(pedicle.contour_lps_mm)
    axes.add_patch(
        Polygon(ring, closed=True, fill=False, edgecolor=PEDICLE_COLOUR, lw=0.9, ls=(0, (2, 1.5)))
    )


def _draw_scale(axes: Axes, image: Radiograph, length_mm: float = 20.0) -> None:
    """Draw a bar of the size of 20 mm at the depth of the isocentre."""
    rows, columns = image.grey.shape
    size = image.carm.magnification(image.carm.isocentre_lps_mm) / image.carm.pitch_mm[0]
    x0, y = 0.03 * columns, 0.965 * rows
    (line,) = axes.plot([x0, x0 + length_mm * size], [y, y], color="#FFFFFF", lw=1.4)
    line.set_path_effects(canvas.halo())
    text = axes.text(
        x0 + length_mm * size / 2,
        y - 0.012 * rows,
        f"{length_mm / 10:.0f} cm",
        color="#FFFFFF",
        fontsize=canvas.SMALL_PT - 0.5,
        ha="center",
        va="bottom",
    )
    text.set_path_effects(canvas.halo())


def radiograph_png(image: Radiograph, spine: Spine, overlay: Overlay) -> bytes:
    """Return one radiograph as a picture of its own, pixel for pixel, with overlay and title.

    How it was taken, and that it is not for clinical decisions, stand below it.
    """
    rows, columns = image.grey.shape
    width_mm = max(columns / canvas.FIGURE_DPI * 25.4, _NARROWEST_MM)
    height_mm = width_mm * rows / columns
    lines = canvas.wrap(image.sentence, width_mm)
    foot = 3.0 + 2.6 * len(lines)
    head = 5.0 if overlay.title else 0.0
    total = height_mm + foot + head
    figure = canvas.new_figure(width_mm, total)
    add_radiograph(figure, (0.0, foot / total, 1.0, height_mm / total), image, spine, overlay)
    for n, line in enumerate(lines):
        at = (foot - 1.6 - 2.6 * n) / total
        figure.text(0.005, at, line, fontsize=canvas.SMALL_PT - 1, va="center")
    return canvas.png_bytes(figure)


def overlay_layer(image: Radiograph, spine: Spine, overlay: Overlay) -> NDArray[np.uint8]:
    """Return an overlay alone as RGBA of the radiograph's size, (rows, columns, 4)."""
    rows, columns = image.grey.shape
    figure = canvas.new_figure(columns / canvas.FIGURE_DPI * 25.4, rows / canvas.FIGURE_DPI * 25.4)
    figure.patch.set_alpha(0.0)
    axes = add_radiograph(figure, (0, 0, 1, 1), image, spine, overlay)
    axes.images[0].set_visible(False)
    axes.patch.set_alpha(0.0)
    return canvas.pixels(figure)
