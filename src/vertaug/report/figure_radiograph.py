"""Radiographs on the page: virtual fluoroscopy with letters, levels and outlines."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError
from vertaug.case.spine import Spine, Vertebra
from vertaug.fluoroscopy.radiograph import Radiograph
from vertaug.report import canvas
from vertaug.report.style import FILM, PEDICLE_COLOUR, WALL_COLOUR

_NARROWEST_MM = 100.0
"""A picture of its own is at least this wide, so that title and sentence have room."""

RING_LEGEND = "Dashed: outline of the pedicle's narrowest section, from the labels."
WALL_LEGEND = "Dashed: posterior wall, from the labels."
_BESIDE_BODY_MM = 40.0
_ASIDE_SHARE, _CLEAR_PIXELS = 0.25, 2.0
"""How far a level's name may move to be clear of others, share of the width, and how clear."""
_SCALES_MM, _SCALE_SHARE = (20.0, 10.0, 5.0, 2.0), 0.3
"""Lengths of the scale bar; the longest is taken that is no longer than this share of the width."""
_SCALE = "scale"
_BANNER_SHARE = 0.66
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
    canvas.hide_frame(axes)
    for level, side in overlay.rings:
        _draw_ring(axes, image, spine[level], side)
    for level in overlay.walls:
        _draw_wall(axes, image, spine[level])
    if overlay.letters:
        # on a blade a letter would stand on black
        canvas.draw_direction_marks(
            axes, image.carm.right, -image.carm.up, across_at=_MARKS_AT, backed=True
        )
        _draw_scale(axes, image)
    if overlay.note:
        _write_banner(axes, overlay.note)
    for level in overlay.levels:
        if level in spine.vertebrae:
            _name_level(axes, image, spine[level])
    if overlay.title:
        canvas.draw_title(axes, overlay.title)
    return axes


def view_title(name: str, image: Radiograph) -> str:
    """Return the name of a view with posture and the receptor's place."""
    carm = image.carm
    return f"{name}: {carm.posture.value}, receptor {carm.receptor_place}"


def _write_banner(axes: Axes, note: str) -> None:
    """Write a note below the letter of the upper edge, between those of the sides."""
    width_mm = axes.get_window_extent().width / canvas.FIGURE_DPI * 25.4
    lines = canvas.wrap(note, _BANNER_SHARE * width_mm, canvas.SMALL_PT)
    text = axes.annotate(
        "\n".join(lines),
        xy=(0.5, 0.985),
        xycoords="axes fraction",
        xytext=(0.0, -(canvas.TITLE_PT + 5.0)),
        textcoords="offset points",
        color="#FFFFFF",
        fontsize=canvas.SMALL_PT,
        ha="center",
        va="top",
    )
    text.set_path_effects(canvas.halo())


def _name_level(axes: Axes, image: Radiograph, vertebra: Vertebra) -> None:
    """Write the level beside its body, toward the left edge, where nothing else is written."""
    columns = image.grey.shape[1]
    bottom, top = axes.get_ylim()
    try:
        centre = image.carm.project(vertebra.frame.origin_lps_mm)
    except GeometryError:  # along the body's axis far levels lie behind the focus
        return
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
    taken = [*(other.get_window_extent() for other in axes.texts if other is not text)]
    taken += [line.get_window_extent() for line in axes.lines if line.get_gid() == _SCALE]
    start = float(text.get_position()[0])
    for step in np.linspace(0.0, _ASIDE_SHARE * columns, 13):
        text.set_x(start + step)
        if _is_free(axes, text, taken):
            return
    text.remove()


def _is_free(axes: Axes, text: Text, taken: list[Bbox]) -> bool:
    """Whether a text lies in the picture and over nothing else that is written."""
    own = text.get_window_extent().padded(_CLEAR_PIXELS)
    whole = axes.get_window_extent()
    inside = whole.x0 <= own.x0 and own.x1 <= whole.x1 and whole.y0 <= own.y0 and own.y1 <= whole.y1
    return inside and not any(own.overlaps(other) for other in taken)


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


def _draw_scale(axes: Axes, image: Radiograph) -> None:
    """Draw a bar of the size of 20 mm at the depth of the isocentre, of a small field less."""
    columns = image.grey.shape[1]
    bottom, top = axes.get_ylim()
    per_mm = _pixels_per_mm(image)
    fitting = [length for length in _SCALES_MM if length * per_mm <= _SCALE_SHARE * columns]
    length_mm = fitting[0] if fitting else _SCALES_MM[-1]
    size = length_mm * per_mm
    x0, y = 0.03 * columns, bottom - 0.035 * (bottom - top)
    (line,) = axes.plot([x0, x0 + size], [y, y], color="#FFFFFF", lw=1.4, gid=_SCALE)
    line.set_path_effects(canvas.halo(3.2))
    text = axes.text(
        x0 + size / 2,
        y - 0.016 * (bottom - top),
        f"{length_mm / 10:.0f} cm" if length_mm >= 10 else f"{length_mm:.0f} mm",
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


def overlay_layer(
    image: Radiograph, spine: Spine, overlay: Overlay, enlarged: int = 1
) -> NDArray[np.uint8]:
    """Return an overlay alone as RGBA of the radiograph's size, (rows, columns, 4).

    Parameters
    ----------
    enlarged : int
        Pixels of the overlay on each side of one of the radiograph.
    """
    rows, columns = (enlarged * size for size in image.grey.shape)
    figure = canvas.new_figure(columns / canvas.FIGURE_DPI * 25.4, rows / canvas.FIGURE_DPI * 25.4)
    figure.patch.set_alpha(0.0)
    axes = add_radiograph(figure, (0, 0, 1, 1), image, spine, overlay)
    axes.images[0].set_visible(False)
    axes.patch.set_alpha(0.0)
    return canvas.pixels(figure)
