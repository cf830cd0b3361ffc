"""Radiographs of moments: AP over lateral, a column for each moment."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vertaug.fluoroscopy.radiograph import Radiograph
from vertaug.report import canvas
from vertaug.report.figure_radiograph import Rect
from vertaug.report.film_words import left_of_image, seen_from
from vertaug.report.picture import PAGE_WIDTH_MM

GAP_MM = 1.5
_HEAD_MM, _TITLE_MM = 8.6, 4.8

AddFilm = Callable[[Figure, Rect, int, int], Axes]
"""Adds the film of a row (0 AP, 1 lateral) and a column to a rectangle of the figure."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FilmGrid:
    """A figure of films, and its size.

    Attributes
    ----------
    figure : Figure
    height_mm : float
    """

    figure: Figure
    height_mm: float


def draw_film_grid(
    heads: tuple[tuple[str, str], ...],
    first: tuple[Radiograph, Radiograph],
    add_film: AddFilm,
    foot_mm: float,
) -> FilmGrid:
    """Draw AP over lateral, a column for each moment.

    Parameters
    ----------
    heads : tuple of (str, str)
        Above each column: what moment it is, and more about it.
    first : tuple of 2 Radiograph
        AP and lateral, for the words about their sides.
    add_film : callable
    foot_mm : float
        Room left below.
    """
    columns = len(heads)
    wide = (PAGE_WIDTH_MM - GAP_MM * (columns - 1)) / columns
    total = _HEAD_MM + 2 * (wide + _TITLE_MM) + foot_mm
    figure = canvas.new_figure(PAGE_WIDTH_MM, total)
    _write_heads(figure, heads, (wide, total))
    for row, (name, image) in enumerate(zip(("AP", "Lateral"), first, strict=True)):
        bottom = total - _HEAD_MM - (row + 1) * (wide + _TITLE_MM)
        for column in range(columns):
            left = column * (wide + GAP_MM)
            rect = (
                left / PAGE_WIDTH_MM, bottom / total, wide / PAGE_WIDTH_MM, wide / total
            )  # fmt: skip
            axes = add_film(figure, rect, row, column)
            if column == 0:
                canvas.draw_title(
                    axes, f"{name}, seen {seen_from(image.carm)}: {left_of_image(image.carm)}"
                )
    return FilmGrid(figure=figure, height_mm=total)


def _write_heads(
    figure: Figure, heads: tuple[tuple[str, str], ...], size: tuple[float, float]
) -> None:
    """Write what moment it is and more about it above each column."""
    wide, total = size
    for column, (head, state) in enumerate(heads):
        across = (column * (wide + GAP_MM) + 0.5 * wide) / PAGE_WIDTH_MM
        for text, below, size_pt, weight in (
            (head, 3.2, canvas.TITLE_PT + 1.0, "bold"),
            (state, 6.6, canvas.SMALL_PT, "normal"),
        ):
            words = figure.text(
                across, 1.0 - below / total, text, fontsize=size_pt, fontweight=weight,
                ha="center", va="baseline",
            )  # fmt: skip
            canvas.fit_text(words, wide / 25.4 * canvas.FIGURE_DPI)
