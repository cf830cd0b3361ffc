"""Panels of a figure: the CT on a plane, orientation marks, scale bar, window, labels.

Matplotlib is imported here; import this module only where figures are made. No global state
of matplotlib is used.
"""

import io
import textwrap
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from vertaug.case.grid import FloatArray
from vertaug.case.volume import Scan
from vertaug.report.inputs import DISCLAIMER
from vertaug.report.plane import PicturePlane, direction_mark, sample
from vertaug.report.style import BONE_WINDOW, FILM, PAPER, DisplayWindow

FIGURE_DPI = 200
SMALL_PT = 6.5
LABEL_PT = 7.0
TITLE_PT = 7.5
_MM_PER_INCH = 25.4
_COMPRESS_LEVEL = 2
"""Of zlib; more takes longer and makes the figures of a report hardly smaller."""


Dash = str | tuple[float, tuple[float, ...]]
"""A line style of matplotlib."""


def new_figure(width_mm: float, height_mm: float) -> Figure:
    """Return an empty figure of a printed size on white paper."""
    figure = Figure(
        figsize=(width_mm / _MM_PER_INCH, height_mm / _MM_PER_INCH), dpi=FIGURE_DPI, facecolor=PAPER
    )
    FigureCanvasAgg(figure)
    return figure


def panel_half_size(
    figure: Figure, rect: tuple[float, float, float, float], half_width_mm: float
) -> tuple[float, float]:
    """Return half width and half height in mm of a plane that fills ``rect`` of the figure."""
    width, height = figure.get_size_inches()
    return half_width_mm, half_width_mm * (rect[3] * height) / (rect[2] * width)


def add_panel(figure: Figure, rect: tuple[float, float, float, float], plane: PicturePlane) -> Axes:
    """Add axes whose data coordinates are picture mm (right, down) of ``plane``."""
    axes = figure.add_axes(rect)
    left, right, bottom, top = plane.extent_mm
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_facecolor(FILM)
    hide_frame(axes)
    axes.set_autoscale_on(False)
    return axes


def hide_frame(axes: Axes) -> None:
    """Draw neither ticks nor their labels nor the lines round a panel."""
    # at a given height matplotlib looks for no ticks to move the (empty) title away from
    axes.set_title("", y=1.0)
    for part in (axes.xaxis, axes.yaxis, *axes.spines.values()):
        part.set_visible(False)


def draw_scan(
    axes: Axes, plane: PicturePlane, scan: Scan, window: DisplayWindow = BONE_WINDOW
) -> None:
    """Draw the CT on the plane; what the scan does not cover stays empty."""
    draw_image(axes, plane, sample(scan.hu, scan.grid, plane.pixel_centres()), window)


def draw_image(
    axes: Axes, plane: PicturePlane, hu: ArrayLike, window: DisplayWindow = BONE_WINDOW
) -> None:
    """Draw HU values, shape (rows, columns), NaN where there are none."""
    low, high = window.limits_hu
    axes.imshow(
        np.ma.masked_invalid(np.asarray(hu, dtype=np.float64)),
        cmap="gray",
        vmin=low,
        vmax=high,
        extent=plane.extent_mm,
        origin="upper",
        interpolation="bilinear",
        aspect="auto",
    )


def draw_frame(
    axes: Axes, plane: PicturePlane, title: str, *, window: DisplayWindow | None = BONE_WINDOW
) -> None:
    """Draw title, orientation marks at the four edges, scale bar and window."""
    draw_direction_marks(axes, plane.right, plane.down)
    draw_title(axes, title)
    if window is not None:
        add_text(axes, (0.988, 0.015), window.words, align=("right", "bottom"), size=SMALL_PT - 0.5)
    _draw_scale_bar(axes, plane)


def draw_direction_marks(
    axes: Axes, right: ArrayLike, down: ArrayLike, across_at: float = 0.5, *, backed: bool = False
) -> None:
    """Write at the four edges which way of the patient they point.

    Parameters
    ----------
    right, down : (3,) arrays
        Directions of the picture in LPS.
    across_at : float
        Height of the marks at the left and right edge, 0 to 1.
    backed : bool
        On grey tags, so that they can be read on black too.
    """
    tag = {"boxstyle": "round,pad=0.16", "facecolor": "#5b6470", "edgecolor": "none"}
    across, along = np.asarray(right, dtype=np.float64), np.asarray(down, dtype=np.float64)
    # matplotlib's axes fraction: y runs upward, so the top mark is against `down`.
    marks = (
        (0.012, across_at, -across, "left", "center"),
        (0.988, across_at, across, "right", "center"),
        (0.5, 0.985, -along, "center", "top"),
        (0.5, 0.015, along, "center", "bottom"),
    )
    for x, y, direction, horizontal, vertical in marks:
        text = axes.text(
            x,
            y,
            direction_mark(direction),
            transform=axes.transAxes,
            ha=horizontal,
            va=vertical,
            color="#FFFFFF",
            fontsize=TITLE_PT + 1,
            fontweight="bold",
            bbox=tag if backed else None,
        )
        text.set_path_effects(halo())


def draw_title(axes: Axes, title: str) -> None:
    """Write the title on the paper above the panel."""
    # a fixed distance: a share of a large panel would push the title off the paper
    axes.annotate(
        title,
        xy=(0.0, 1.0),
        xycoords="axes fraction",
        xytext=(0.0, 4.0),
        textcoords="offset points",
        ha="left",
        va="baseline",
        color="#1d2733",
        fontsize=TITLE_PT,
        fontweight="bold",
        linespacing=1.2,
    )


def halo(width: float = 1.6) -> list[Any]:
    """Dark outline that keeps light text legible on bone."""
    return [patheffects.withStroke(linewidth=width, foreground="#000000")]


def add_text(
    axes: Axes,
    at_fraction: tuple[float, float],
    text: str,
    *,
    align: tuple[str, str],
    size: float = SMALL_PT,
    colour: str = "#FFFFFF",
) -> None:
    """Write text at a place given in fractions of the panel (from the lower left)."""
    artist = axes.text(
        at_fraction[0],
        at_fraction[1],
        text,
        transform=axes.transAxes,
        ha=align[0],
        va=align[1],
        color=colour,
        fontsize=size,
        linespacing=1.25,
    )
    artist.set_path_effects(halo())


def _draw_scale_bar(axes: Axes, plane: PicturePlane, length_mm: float = 20.0) -> None:
    """Draw a bar of known length in the lower left corner."""
    left, right, bottom, top = plane.extent_mm
    x, y = left + 0.03 * (right - left), bottom - 0.035 * (bottom - top)
    tick = 0.012 * (bottom - top)
    xs = [x, x, x, x + length_mm, x + length_mm, x + length_mm]
    ys = [y - tick, y + tick, y, y, y + tick, y - tick]
    (line,) = axes.plot(xs, ys, color="#FFFFFF", linewidth=1.1, solid_capstyle="butt")
    line.set_path_effects(halo(2.4))
    text = axes.text(
        x + length_mm / 2,
        y - 1.6 * tick,
        f"{length_mm:.0f} mm",
        ha="center",
        va="bottom",
        color="#FFFFFF",
        fontsize=SMALL_PT - 0.5,
    )
    text.set_path_effects(halo())


def draw_line(
    axes: Axes, points_mm: ArrayLike, colour: str, *, width: float = 1.0, dash: str = "-"
) -> None:
    """Draw a polyline through picture points, shape (n, 2)."""
    xy = np.asarray(points_mm, dtype=np.float64)
    (line,) = axes.plot(xy[:, 0], xy[:, 1], color=colour, linewidth=width, linestyle=dash)
    line.set_path_effects(
        [patheffects.withStroke(linewidth=width + 0.9, foreground="#000000", alpha=0.55)]
    )


def draw_points(axes: Axes, points_mm: ArrayLike, colour: str, size: float = 3.4) -> None:
    """Draw dots with a dark rim at picture points, shape (n, 2)."""
    xy = np.atleast_2d(np.asarray(points_mm, dtype=np.float64))
    axes.plot(
        xy[:, 0],
        xy[:, 1],
        linestyle="none",
        marker="o",
        markersize=size,
        markerfacecolor=colour,
        markeredgecolor="#000000",
        markeredgewidth=0.5,
    )


def draw_tag(
    axes: Axes,
    at_mm: ArrayLike,
    text: str,
    colour: str,
    align: tuple[str, str] = ("center", "center"),
) -> None:
    """Write a value on a dark tag at a picture point, moved inside the panel if need be."""
    x, y = _keep_inside(axes, np.asarray(at_mm, dtype=np.float64), text, align)
    axes.text(
        x,
        y,
        text,
        ha=align[0],
        va=align[1],
        color=colour,
        fontsize=LABEL_PT,
        fontweight="bold",
        zorder=6,
        bbox={
            "boxstyle": "round,pad=0.18",
            "facecolor": "#000000",
            "edgecolor": "none",
            "alpha": 0.62,
        },
    )


def _keep_inside(
    axes: Axes, at_mm: FloatArray, text: str, align: tuple[str, str]
) -> tuple[float, float]:
    """Move a text's anchor so that the text (its size estimated) stays inside the panel."""
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()  # bottom is the larger number: rows run down
    pixels_across = axes.get_window_extent().width
    per_point = (right - left) / pixels_across * FIGURE_DPI / 72
    width = (0.68 * max(len(line) for line in text.split("\n")) + 0.8) * LABEL_PT * per_point
    height = 1.7 * LABEL_PT * per_point
    before = {"left": 0.0, "center": 0.5, "right": 1.0}[align[0]] * width
    above = {"top": 0.0, "center": 0.5, "bottom": 1.0}[align[1]] * height
    x = min(max(at_mm[0], left + before), right - (width - before))
    y = min(max(at_mm[1], top + above), bottom - (height - above))
    return float(x), float(y)


def draw_contour(
    axes: Axes,
    plane: PicturePlane,
    field: ArrayLike,
    colour: str,
    width: float = 0.9,
    *,
    where: NDArray[np.bool_] | None = None,
    dash: Dash = "-",
) -> None:
    """Draw the 0.5 level of a field sampled at the plane's pixels, shape (rows, columns).

    With ``where`` the line is drawn there only and ends open at its border.
    """
    values = np.nan_to_num(np.asarray(field, dtype=np.float64))
    shown = values if where is None else np.ma.masked_where(~where, values)
    seen = values if where is None else values[where]
    if not seen.size or not seen.min() < 0.5 < seen.max():
        return
    rows, columns = plane.shape
    left, _, _, top = plane.extent_mm
    x = left + (np.arange(columns) + 0.5) * plane.pixel_mm
    y = top + (np.arange(rows) + 0.5) * plane.pixel_mm
    axes.contour(x, y, shown, levels=[0.5], colors=[colour], linewidths=[width], linestyles=[dash])


def wrap(text: str, width_mm: float, size_pt: float = SMALL_PT - 1) -> list[str]:
    """Break a text into lines that fit a width at a size of type."""
    per_character = 0.215 * size_pt  # mm; of the sans serif that matplotlib brings
    return textwrap.wrap(text, max(20, int(width_mm / per_character)))


def fit_text(text: Text, width: float) -> None:
    """Make the type smaller where the words are wider than their place, in pixels."""
    share = 0.98 * width / text.get_window_extent().width
    if share < 1.0:
        text.set_fontsize(share * float(text.get_fontsize()))


def pixels(figure: Figure) -> NDArray[np.uint8]:
    """Return the figure as RGBA, shape (rows, columns, 4)."""
    agg = FigureCanvasAgg(figure)
    agg.draw()  # type: ignore[no-untyped-call]
    return np.asarray(agg.buffer_rgba())  # type: ignore[no-untyped-call]


def png_bytes(figure: Figure) -> bytes:
    """Return the figure as PNG with the disclaimer at its foot.

    The bytes depend on the content alone (no date, no version).
    """
    figure.text(
        0.999, 0.003, DISCLAIMER, ha="right", va="bottom", fontsize=5.0, color="#3d4853"
    )  # fmt: skip
    # the paper covers everything: a fourth channel would only be more to pack
    opaque = np.ascontiguousarray(pixels(figure)[..., :3])
    buffer = io.BytesIO()
    Image.fromarray(opaque).save(
        buffer, format="PNG", dpi=(FIGURE_DPI, FIGURE_DPI), compress_level=_COMPRESS_LEVEL
    )
    return buffer.getvalue()
