"""Radiographs on the page: virtual fluoroscopy with letters, levels and outlines."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from numpy.typing import NDArray

from vertaug.case.spine import Spine, Vertebra
from vertaug.fluoroscopy.radiograph import Radiograph
from vertaug.report import canvas
from vertaug.report.style import FILM, PEDICLE_COLOUR, WALL_COLOUR

_NARROWEST_MM = 100.0
"""A picture of its own is at least this wide, so that title and sentence have room."""

RING_LEGEND = "Dashed: outline of the pedicle's narrowest section, from the labels."
WALL_LEGEND = "Dashed: posterior wall, from the labels."
_BESIDE_BODY_MM = 40.0
_MARKS_AT = 0.9
"""Height of the letters of the sides: at half height needles run through them."""

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
    walls : tuple of str
        Levels whose posterior wall is drawn as a line.
    note : str
        Written into the picture, such as that something is only sketched.
    legend : str
        What the lines mean; written below a picture of its own.
    """

    title: str = ""
    letters: bool = True
    levels: tuple[str, ...] = ()
    rings: tuple[tuple[str, str], ...] = ()
    walls: tuple[str, ...] = ()
    note: str = ""
    legend: str = ""


def add_radiograph(
    figure: Figure, rect: Rect, image: Radiograph, spine: Spine, overlay: Overlay
) -> Axes:
    """Add a radiograph as a panel; a low one shows its middle rows."""
    axes = figure.add_axes(rect)
    width, height = figure.get_size_inches()
    rows, columns = image.grey.shape
    axes.imshow(image.grey, cmap="gray", vmin=0, vmax=255, interpolation="bilinear")
    axes.set_xlim(-0.5, columns - 0.5)
    half = min(columns * (rect[3] * height) / (rect[2] * width), rows) / 2
    axes.set_ylim(rows / 2 + half - 0.5, rows / 2 - half - 0.5)
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
    for level in overlay.walls:
        _draw_wall(axes, image, spine[level])
    if overlay.letters:
        canvas.draw_direction_marks(axes, image.carm.right, -image.carm.up, across_at=_MARKS_AT)
        _draw_scale(axes, image)
    if overlay.note:
        canvas.add_text(axes, (0.5, 0.06), overlay.note, align=("center", "bottom"))
    if overlay.title:
        canvas.draw_title(axes, overlay.title)
    return axes


def view_title(name: str, image: Radiograph) -> str:
    """Return the name of a view with posture and the receptor's place."""
    carm = image.carm
    return f"{name}: {carm.posture.value}, receptor {carm.receptor_place}"


def _name_level(axes: Axes, image: Radiograph, vertebra: Vertebra) -> None:
    """Write the level beside its body, toward the left edge."""
    columns = image.grey.shape[1]
    bottom, top = axes.get_ylim()
    centre = image.carm.project(vertebra.frame.origin_lps_mm)
    margin = 0.04 * (bottom - top)
    if not top + margin < centre[1] < bottom - margin:
        return
    aside = _BESIDE_BODY_MM * _pixels_per_mm(image)
    text = axes.text(
        max(float(centre[0]) - aside, 0.075 * columns),
        float(centre[1]),
        vertebra.level,
        color="#FFFFFF",
        fontsize=canvas.SMALL_PT,
        ha="center",
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


def _draw_wall(axes: Axes, image: Radiograph, vertebra: Vertebra) -> None:
    marks = vertebra.landmarks
    line = image.carm.project(np.stack([marks.superior_posterior, marks.inferior_posterior]))
    axes.plot(line[:, 0], line[:, 1], color=WALL_COLOUR, lw=0.9, ls=(0, (2, 1.5)))


def _draw_scale(axes: Axes, image: Radiograph, length_mm: float = 20.0) -> None:
    """Draw a bar of the size of 20 mm at the depth of the isocentre."""
    columns = image.grey.shape[1]
    bottom, top = axes.get_ylim()
    size = length_mm * _pixels_per_mm(image)
    x0, y = 0.03 * columns, bottom - 0.035 * (bottom - top)
    (line,) = axes.plot([x0, x0 + size], [y, y], color="#FFFFFF", lw=1.4)
    line.set_path_effects(canvas.halo(3.2))
    text = axes.text(
        x0 + size / 2,
        y - 0.016 * (bottom - top),
        f"{length_mm / 10:.0f} cm",
        color="#FFFFFF",
        fontsize=canvas.SMALL_PT - 0.5,
        ha="center",
        va="bottom",
    )
    text.set_path_effects(canvas.halo())


def _pixels_per_mm(image: Radiograph) -> float:
    """Return the scale at the isocentre."""
    carm = image.carm
    return float(carm.magnification(carm.isocentre_lps_mm) / carm.pitch_mm[0])


def radiograph_png(image: Radiograph, spine: Spine, overlay: Overlay) -> bytes:
    """Return one radiograph as a picture of its own, pixel for pixel, with overlay and title.

    How it was taken, and that it is not for clinical decisions, stand below it.
    """
    rows, columns = image.grey.shape
    width_mm = max(columns / canvas.FIGURE_DPI * 25.4, _NARROWEST_MM)
    height_mm = width_mm * rows / columns
    lines = canvas.wrap(f"{image.sentence} {overlay.legend}".strip(), width_mm)
    foot = 3.0 + 2.6 * len(lines)
    head = 6.0 if overlay.title else 0.0
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
