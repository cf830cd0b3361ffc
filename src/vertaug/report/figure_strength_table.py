"""The table beside the curves of force: one row a definition, one column a curve, and the ratio."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from vertaug.case.strength_gain import two_figures
from vertaug.report import canvas
from vertaug.report.picture import PAGE_WIDTH_MM
from vertaug.report.words import MISSING

_INK = "#14181d"
_LEFT, _RIGHT, _TOP = 0.615, 0.995, 0.80
_COLUMN, _RATIO = 0.095, 0.06
"""Widths as shares of the figure's."""
_LINE_MM = 3.0
_FIRST_LINES = 5
"""Lines that fit above the first row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadColumn:
    """The loads of one curve.

    Attributes
    ----------
    name : str
    colour : str
    loads_n : tuple of float or None
        By definition; None where there is none.
    rising : tuple of bool
        Whether each is of a curve that still rises there; empty where none is.
    """

    name: str
    colour: str
    loads_n: tuple[float | None, ...]
    rising: tuple[bool, ...] = ()

    @property
    def words(self) -> list[str]:
        """The loads in kN, with a star where the curve still rises."""
        marks = self.rising or (False,) * len(self.loads_n)
        return [
            f"{_kilonewton(load)}{'*' if rises else ''}"
            for load, rises in zip(self.loads_n, marks, strict=True)
        ]


def add_table(
    figure: Figure,
    names: Sequence[str],
    letters: str,
    columns: Sequence[LoadColumn],
    base_mm: float,
    *,
    ratio: bool = True,
) -> None:
    """List the failure loads at the right of a figure.

    Parameters
    ----------
    names : sequence of str
        Of the definitions.
    letters : str
        One for each of them.
    columns : sequence of LoadColumn
    base_mm : float
        Height of the figure without the lines above it.
    ratio : bool
        Of two columns, also the second over the first.
    """
    up = base_mm / (float(figure.get_size_inches()[1]) * 25.4)
    heads = [(column.name, column.colour) for column in columns]
    lists = [column.words for column in columns]
    rising = any(any(column.rising) for column in columns)
    places = [_RIGHT - _COLUMN * n for n in range(len(columns))][::-1]
    if ratio and len(columns) == 2:
        places = [place - _RATIO for place in places] + [_RIGHT]
        heads.append(("ratio", _INK))
        lists.append([_ratio(*pair) for pair in zip(*(c.loads_n for c in columns), strict=True)])
    figure.text(
        _LEFT, (_TOP + 0.055) * up, "Load (kN)" if rising else "Failure load (kN)",
        fontsize=canvas.TITLE_PT, fontweight="bold", color=_INK, va="bottom",
    )  # fmt: skip
    for place, (head, colour) in zip(places, heads, strict=True):
        figure.text(
            place, (_TOP + 0.055) * up,
            "\n".join(textwrap.wrap(head, 11, break_long_words=False)[:_FIRST_LINES]),
            fontsize=canvas.SMALL_PT, color=colour, ha="right", va="bottom", fontweight="bold",
        )  # fmt: skip
    room = (places[0] - 0.05 - _LEFT - 0.025) * PAGE_WIDTH_MM
    y = _TOP
    for n, name in enumerate(names):
        lines = textwrap.wrap(name, max(12, int(room / (0.215 * canvas.SMALL_PT))))
        figure.text(
            _LEFT, y * up, letters[n], fontsize=canvas.LABEL_PT, fontweight="bold", va="top",
            color=_INK,
        )  # fmt: skip
        figure.text(
            _LEFT + 0.025, y * up, "\n".join(lines), fontsize=canvas.SMALL_PT, va="top", color=_INK
        )
        for place, values in zip(places, lists, strict=True):
            figure.text(
                place, y * up, values[n], fontsize=canvas.LABEL_PT, ha="right", va="top", color=_INK
            )
        y -= (_LINE_MM * len(lines) + 2.5) / base_mm
    if rising:
        figure.text(
            _LEFT, y * up, "* its curve still rises: no failure", fontsize=canvas.SMALL_PT,
            va="top", color=_INK,
        )  # fmt: skip


def _kilonewton(force_n: float | None) -> str:
    return MISSING if force_n is None else f"{force_n / 1000:.2f}"


def _ratio(before: float | None, after: float | None) -> str:
    return MISSING if not before or after is None else two_figures(after / before)
