"""What lies in a vertebra in three dimensions: two views, a column for each moment."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vertaug.case.spine import Vertebra
from vertaug.report import canvas
from vertaug.report.enclosed import hull_of, picture_enclosed
from vertaug.report.figure_solid import draw_axes_cross, view_plane
from vertaug.report.picture import PAGE_WIDTH_MM
from vertaug.report.plane import PicturePlane, direction_mark
from vertaug.report.raster import Mesh
from vertaug.report.surface import vertebra_surface

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
BONE_WORDS = (
    "The bone is a closed hull of glass: its far wall behind the {inside}, its near wall with dark "
    "edges and lines of equal height (5 mm apart) over it, the same lines faint on the far wall."
)
"""How the bone is drawn, with what lies in it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EnclosedMoment:
    """What is drawn in one column.

    Attributes
    ----------
    words : str
        Above it.
    tools, inside : tuple of (Mesh, str)
        With their colours, as `picture_enclosed` takes them.
    """

    words: str
    tools: tuple[tuple[Mesh, str], ...]
    inside: tuple[tuple[Mesh, str], ...]


def draw_enclosed_series(
    vertebra: Vertebra,
    moments: tuple[EnclosedMoment, ...],
    foot_mm: float,
    mark: Callable[[Axes, PicturePlane, int], None] | None = None,
) -> tuple[Figure, float]:
    """Draw two views, a column for each moment; return the figure and its height in mm.

    Parameters
    ----------
    vertebra : Vertebra
    moments : tuple of EnclosedMoment
    foot_mm : float
        Room left below.
    mark : callable, optional
        Draws over a panel of a moment, by its number.
    """
    wide = (PAGE_WIDTH_MM - _GAP_MM * (len(moments) - 1)) / max(len(moments), 2)
    tall = _ASPECT * wide
    total = _HEAD_MM + len(_VIEWS) * (tall + _TITLE_MM) + foot_mm
    figure = canvas.new_figure(PAGE_WIDTH_MM, total)
    bone = vertebra_surface(vertebra)
    for row, (title, azimuth, elevation) in enumerate(_VIEWS):
        bottom = total - _HEAD_MM - (row + 1) * (tall + _TITLE_MM)
        size = (0.0, bottom / total, wide / PAGE_WIDTH_MM, tall / total)
        hull = hull_of(vertebra, bone, _plane(figure, size, vertebra, (azimuth, elevation)))
        for column, moment in enumerate(moments):
            left = column * (wide + _GAP_MM)
            axes = canvas.add_panel(figure, (left / PAGE_WIDTH_MM, *size[1:]), hull.plane)
            image = picture_enclosed(hull, moment.tools, moment.inside)
            axes.imshow(image, extent=hull.plane.extent_mm, origin="upper", aspect="auto")
            draw_axes_cross(axes, hull.plane, vertebra)
            _name_sides(axes, hull.plane)
            canvas.draw_title(axes, title if column == 0 else "")
            if mark is not None:
                mark(axes, hull.plane, column)
    for column, moment in enumerate(moments):
        words = figure.text(
            (column * (wide + _GAP_MM) + 0.5 * wide) / PAGE_WIDTH_MM, 1.0 - 3.6 / total,
            moment.words, fontsize=canvas.TITLE_PT + 1.0, fontweight="bold", ha="center",
            va="baseline",
        )  # fmt: skip
        canvas.fit_text(words, wide / 25.4 * canvas.FIGURE_DPI)
    return figure, total


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
