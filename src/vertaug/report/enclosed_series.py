"""What lies in a vertebra in three dimensions: two views, a column for each moment."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vertaug.case.grid import FloatArray
from vertaug.case.spine import Vertebra
from vertaug.report import canvas
from vertaug.report.enclosed import Hull, Thing, hull_of, picture_enclosed
from vertaug.report.figure_solid import draw_axes_cross, view_plane
from vertaug.report.picture import PAGE_WIDTH_MM
from vertaug.report.plane import PicturePlane, direction_mark
from vertaug.report.raster import Mesh, render
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
    glass : GlassVertebra
        What it lies in; of one vertebra in all columns, as it is at that moment.
    words : str
        Above it.
    tools, inside : tuple of (Mesh, str)
        With their colours: what reaches out of the bone, and what never does.
    """

    glass: "GlassVertebra"
    words: str
    tools: tuple[tuple[Mesh, str], ...]
    inside: tuple[tuple[Mesh, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GlassVertebra:
    """A vertebra drawn as glass, for all figures of what lies in it.

    Attributes
    ----------
    vertebra : Vertebra
    hulls : tuple of Hull
        One a view.
    """

    vertebra: Vertebra
    hulls: tuple[Hull, ...]


def glass_vertebra(vertebra: Vertebra) -> GlassVertebra:
    """Return a vertebra as glass in the two views.

    Parameters
    ----------
    vertebra : Vertebra
    """
    bone = vertebra_surface(vertebra)
    return GlassVertebra(
        vertebra=vertebra,
        hulls=tuple(hull_of(vertebra, bone, _plane(vertebra, *angles)) for _, *angles in _VIEWS),
    )


def draw_enclosed_series(
    moments: tuple[EnclosedMoment, ...],
    foot_mm: float,
    mark: Callable[[Axes, PicturePlane, int], None] | None = None,
) -> tuple[Figure, float]:
    """Draw two views, a column for each moment; return the figure and its height in mm.

    Parameters
    ----------
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
    for row, (title, *_) in enumerate(_VIEWS):
        bottom = total - _HEAD_MM - (row + 1) * (tall + _TITLE_MM)
        size = (bottom / total, wide / PAGE_WIDTH_MM, tall / total)
        images = _pictures(row, moments)
        for column, image in enumerate(images):
            glass = moments[column].glass
            hull = glass.hulls[row]
            left = column * (wide + _GAP_MM)
            axes = canvas.add_panel(figure, (left / PAGE_WIDTH_MM, *size), hull.plane)
            axes.imshow(image, extent=hull.plane.extent_mm, origin="upper", aspect="auto")
            draw_axes_cross(axes, hull.plane, glass.vertebra)
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


def _pictures(view: int, moments: tuple[EnclosedMoment, ...]) -> list[FloatArray]:
    """Return the picture of each moment; what stays, such as needles, is seen once."""
    meshes = dict.fromkeys(
        mesh for moment in moments for mesh, _ in (*moment.tools, *moment.inside)
    )
    plane = moments[0].glass.hulls[view].plane
    layers = {mesh: render(mesh, plane) for mesh in meshes}

    def seen(things: tuple[tuple[Mesh, str], ...]) -> tuple[Thing, ...]:
        return tuple((layers[mesh], colour) for mesh, colour in things)

    return [
        picture_enclosed(one.glass.hulls[view], seen(one.tools), seen(one.inside))
        for one in moments
    ]


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


def _plane(vertebra: Vertebra, azimuth_deg: float, elevation_deg: float) -> PicturePlane:
    view = view_plane(vertebra, azimuth_deg, elevation_deg, (_HALF_MM, _ASPECT * _HALF_MM))
    return replace(view, pixel_mm=_PIXEL_MM)
