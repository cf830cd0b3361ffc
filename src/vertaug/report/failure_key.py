"""The key under a map of failure: classes, density, cement, caps, gas, and lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vertaug.case.grid import FloatArray
from vertaug.report import canvas
from vertaug.report.failure_image import (
    BRIGHTEST,
    DARKEST,
    EMPTY_COLOUR,
    GAS_COLOUR,
    cap_pattern,
    cement_pattern,
    class_colours,
)
from vertaug.report.failure_state import GAS_MG_PER_ML, FailureField, FailureState
from vertaug.report.picture import PAGE_WIDTH_MM

KEY_MM = 15.0
EDGE_COLOUR = "#FFFFFF"
_SWATCH_MM, _HIGH_MM, _LINE_MM = 5.0, 3.1, 4.8
_TITLE_MM = 38.0
_GREY_MM = 24.0
_PT = canvas.SMALL_PT - 0.2
_PATTERN = (16, 25)
"""Rows and columns of a swatch with a pattern."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Entry:
    words: str
    colours: FloatArray
    high_mm: float = _HIGH_MM


def add_key(
    figure: Figure, states: Sequence[FailureState], field: FailureField, grey: FloatArray
) -> None:
    """Explain classes, grey and lines in a strip at the foot of the figure."""
    height_mm = float(figure.get_size_inches()[1]) * 25.4
    axes = figure.add_axes((0.0, 0.0, 1.0, KEY_MM / height_mm))
    axes.set_axis_off()
    axes.set_xlim(0.0, PAGE_WIDTH_MM)
    axes.set_ylim(KEY_MM, 0.0)
    _write(axes, 1.0, 3.0, field.words)
    _draw_row(axes, _TITLE_MM, 3.0, [*_class_entries(field), *_outer_entries()])
    y = 3.0 + _LINE_MM
    _write(axes, 1.0, y, f"Below {field.bounds[0]:g}: {states[0].background[1]}")
    x = _draw_grey(axes, _TITLE_MM, y, grey)
    _draw_row(axes, x, y, _matter_entries(states))


def _class_entries(field: FailureField) -> list[_Entry]:
    """Return the classes from light to dark."""
    bounds, colours = field.bounds, class_colours(len(field.bounds))
    words = [f"{low:g} to {high:g}" for low, high in pairwise(bounds)]
    words.append(f"over {bounds[-1]:g}")
    return [
        _Entry(words=text, colours=_flat(colour))
        for text, colour in zip(words[::-1], colours[::-1], strict=True)
    ]


def _matter_entries(states: Sequence[FailureState]) -> list[_Entry]:
    entries = []
    gas = any(state.gas.any() for state in states)
    if gas:
        entries.append(
            _Entry(words=f"gas (below {GAS_MG_PER_ML:.0f})".replace("-", "\N{MINUS SIGN}"),
                   colours=_flat(GAS_COLOUR))
        )  # fmt: skip
    if any((state.empty & ~state.gas).any() for state in states):
        entries.append(_Entry(words="below 0: noise, fat or gas", colours=_flat(EMPTY_COLOUR)))
    if any(state.cement is not None for state in states):
        entries.append(_Entry(words="cement", colours=cement_pattern(_PATTERN)))
    return entries


def _outer_entries() -> list[_Entry]:
    return [
        _Entry(words="cap (PMMA)", colours=cap_pattern(_PATTERN)),
        _Entry(words="edge of bone", colours=_flat(np.ones(3)), high_mm=0.8),
    ]


def _flat(colour: FloatArray) -> FloatArray:
    return np.broadcast_to(np.asarray(colour, dtype=np.float64), (2, 2, 3))


def _write(axes: Axes, x: float, y: float, words: str) -> None:
    axes.text(x, y, words, fontsize=_PT, fontweight="bold", va="center")


def _draw_row(axes: Axes, x: float, y: float, entries: Sequence[_Entry]) -> float:
    """Draw swatches with their words side by side; return where to go on."""
    for entry in entries:
        half = 0.5 * entry.high_mm
        extent = (x, x + _SWATCH_MM, y + half, y - half)
        axes.imshow(entry.colours, extent=extent, interpolation="nearest", aspect="auto")
        axes.add_patch(
            Rectangle((x, y - half), _SWATCH_MM, 2 * half, fc="none", ec="#000000", lw=0.4)
        )
        text = axes.text(x + _SWATCH_MM + 1.0, y, entry.words, fontsize=_PT, va="center")
        width = text.get_window_extent().width / canvas.FIGURE_DPI * 25.4
        x += _SWATCH_MM + 1.0 + width + 2.6
    axes.set_xlim(0.0, PAGE_WIDTH_MM)
    axes.set_ylim(KEY_MM, 0.0)
    return x


def _draw_grey(axes: Axes, x: float, y: float, grey: FloatArray) -> float:
    """Draw the scale of the density, light to dark; return where to go on."""
    half = 0.5 * _HIGH_MM
    for value, at, align in ((grey[1], x, "left"), (grey[0], x + _GREY_MM, "right")):
        words = f"over {value:.0f}" if align == "left" else f"{value:.0f}"
        axes.text(at, y, words, fontsize=_PT, va="center", ha=align)
    left, right = x + 11.0, x + _GREY_MM - 3.0
    steps = np.linspace(BRIGHTEST, DARKEST, 24)[None]
    axes.imshow(
        steps, cmap="gray", vmin=0, vmax=1, extent=(left, right, y + half, y - half), aspect="auto"
    )
    return x + _GREY_MM + 3.0
