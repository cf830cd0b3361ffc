"""Pressures and volumes while a vertebra is filled, and its temperatures afterwards."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from vertaug.case.augmentation_content import KPA, ML
from vertaug.case.filling import Filling, HeatResult, InjectionCurve
from vertaug.case.grid import FloatArray
from vertaug.report import canvas
from vertaug.report.content_vertebroplasty import TISSUES
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

INK, FAINT, GRID = "#14181d", "#8a929b", "#d9dde1"
BLUE, RED, GREEN = "#0072B2", "#D55E00", "#007a5e"
_CURVES_MM, _HEAT_MM = 58.0, 58.0
_LETTERS = "abcdefgh"
Corner = Literal["upper left", "upper right", "lower left"]
_BODY_C, _HARM_C = 37.0, (45.0, 50.0)
_HEAT_LINES: dict[str, dict[str, Any]] = {
    "cement": {"color": INK, "linestyle": "-"},
    "canal": {"color": RED, "linestyle": "--"},
    "superior_endplate": {"color": BLUE, "linestyle": "-."},
    "inferior_endplate": {"color": GREEN, "linestyle": (0, (1, 1))},
}
"""Told apart by dash as well as by colour."""


def draw_filling_curves(filling: Filling) -> Picture:
    """Draw volumes, pressure at the tip and pressure in the syringe over time."""
    curve = filling.curve
    figure = canvas.new_figure(PAGE_WIDTH_MM, _CURVES_MM)
    leaked = curve.leaked_mm3.sum(axis=1)
    volumes = _add_axes(figure, 0.055, 0.265, "Volume (ml)")
    volumes.plot(curve.time_s, curve.injected_mm3 * ML, color=INK, linewidth=1.2)
    volumes.plot(
        curve.time_s, (curve.injected_mm3 - leaked) * ML, color=BLUE, linewidth=1.2, linestyle="--"
    )
    volumes.plot(curve.time_s, leaked * ML, color=RED, linewidth=1.2, linestyle="-.")
    name_lines(
        volumes,
        [("injected", INK, "-"), ("in the bone", BLUE, "--"), ("left the bone (model)", RED, "-.")],
        "upper left",
    )
    tip = _add_axes(figure, 0.385, 0.265, "Pressure in the bone at the tip (kPa)")
    tip.plot(*_fall_in_pauses(curve, curve.tip_mpa * KPA), color=INK, linewidth=1.1)
    syringe = _add_axes(figure, 0.72, 0.265, "Pressure in the syringe (kPa)")
    syringe.plot(*_fall_in_pauses(curve, curve.syringe_mpa * KPA), color=INK, linewidth=1.1)
    for axes in (volumes, tip, syringe):
        axes.set_xlim(0.0, max(1.02 * float(curve.time_s[-1]), 1e-3))
        room = 1.45 if axes is volumes else 1.14  # for the legend
        axes.set_ylim(0.0, room * max(axes.get_ylim()[1], 1e-6))
        _shade_portions(axes, curve)
        _mark_events(axes, filling)
    return Picture(
        name="filling_curves",
        caption=_curves_caption(filling),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=_CURVES_MM,
    )


def _fall_in_pauses(curve: InjectionCurve, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return times and pressures with the fall at the start of each pause, not over it.

    A pause is one point of the curve, at its end.
    """
    rests = np.flatnonzero((curve.rate_mm3_per_s == 0.0) & (np.arange(len(values)) > 0))
    return (
        np.insert(curve.time_s, rests, curve.time_s[rests - 1]),
        np.insert(values, rests, 0.0),
    )


def _add_axes(figure: Figure, left: float, width: float, title: str) -> Axes:
    axes = figure.add_axes((left, 0.21, width, 0.66))
    dress(axes, "Time from the start of the injection (s)", title)
    return axes


def dress(axes: Axes, below: str, above: str) -> None:
    """Give axes the look of the report: quantity above, thin grid, two spines."""
    axes.set_xlabel(below, fontsize=canvas.LABEL_PT)
    axes.set_title(above, fontsize=canvas.TITLE_PT, fontweight="bold", loc="left", color=INK, pad=4)
    axes.tick_params(labelsize=canvas.SMALL_PT, width=0.6, length=2.5)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.grid(visible=True, color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    for name, spine in axes.spines.items():
        spine.set_visible(name in {"left", "bottom"})
        spine.set_linewidth(0.6)


def name_lines(axes: Axes, lines: Sequence[tuple[str, str, Any]], place: Corner) -> None:
    """Add a small legend of names, colours and dashes."""
    handles = [
        Line2D([], [], color=colour, linestyle=dash, linewidth=1.2) for _, colour, dash in lines
    ]
    axes.legend(
        handles, [name for name, *_ in lines], loc=place, fontsize=canvas.SMALL_PT, frameon=True,
        framealpha=0.9, edgecolor="none", borderpad=0.2, handlelength=2.2,
    )  # fmt: skip


def _shade_portions(axes: Axes, curve: InjectionCurve) -> None:
    """Shade every second portion, so that pauses and tips in use are seen."""
    for start, stop, number in portion_spans(curve):
        if number % 2:
            axes.axvspan(start, stop, color="#eef3f7", zorder=0, linewidth=0)


def portion_spans(curve: InjectionCurve) -> list[tuple[float, float, int]]:
    """Return start, end and number of each portion, s."""
    changes = np.flatnonzero(np.diff(curve.portion)) + 1
    starts = [0, *changes.tolist()]
    stops = [*changes.tolist(), len(curve.portion) - 1]
    return [
        (float(curve.time_s[max(a - 1, 0)]), float(curve.time_s[max(b - 1, 0)])
         if b != len(curve.portion) - 1 else float(curve.time_s[-1]), int(curve.portion[a]))
        for a, b in zip(starts, stops, strict=True)
    ]  # fmt: skip


def _mark_events(axes: Axes, filling: Filling) -> None:
    """Mark the moments of stop rules; those at one moment share a line."""
    places: dict[float, str] = {}
    for letter, event in zip(_LETTERS, filling.events, strict=False):
        places[event.time_s] = f"{places.get(event.time_s, '')}{letter}"
    for time, letters in places.items():
        axes.axvline(time, color=RED, linewidth=0.8, linestyle=":")
        axes.annotate(
            ", ".join(letters), xy=(time, 1.0), xycoords=("data", "axes fraction"),
            xytext=(0.0, -2.0), textcoords="offset points", ha="center", va="top", color=RED,
            fontsize=canvas.SMALL_PT, fontweight="bold",
            bbox={"boxstyle": "round,pad=0.12", "fc": "#FFFFFF", "ec": "none", "alpha": 0.85},
        )  # fmt: skip


def _curves_caption(filling: Filling) -> str:
    named = [
        f"{letter} {event.rule.replace('_', ' ')}"
        for letter, event in zip(_LETTERS, filling.events, strict=False)
    ]
    stops = f" Red dotted: stop rules met ({', '.join(named)})." if named else ""
    return (
        f"Injection into {filling.level}: volumes, pressure in the bone at the tip in use, and "
        f"in the syringe, which drives the cement through the needle as well. Shaded: every second "
        f"portion.{stops} Volumes that left the bone are those of the model, not a prediction."
    )


def draw_filling_heat(heat: HeatResult, level: str) -> Picture:
    """Draw the temperature of each tissue's hottest cell, and the mean degree of cure."""
    figure = canvas.new_figure(PAGE_WIDTH_MM, _HEAT_MM)
    minutes: FloatArray = np.asarray(heat.times_s) / 60.0
    left = figure.add_axes((0.055, 0.21, 0.56, 0.66))
    dress(left, "Time from the end of the injection (min)", "Temperature, hottest cell (°C)")
    lines = []
    for name, line in _HEAT_LINES.items():
        tissue = heat.tissue(name)
        if tissue is None:
            continue
        left.plot(minutes, tissue.history_c, linewidth=1.2, **line)
        words = f"{TISSUES[name]}, peak {tissue.peak_c:.1f} °C"
        lines.append((words, line["color"], line["linestyle"]))
    hottest = max(float(np.max(tissue.history_c)) for tissue in heat.tissues)
    coolest = min(float(np.min(tissue.history_c)) for tissue in heat.tissues)
    left.set_ylim(min(coolest, _BODY_C) - 2.0, max(hottest, _HARM_C[-1]) + 4.0)
    for limit in _HARM_C:
        left.axhline(limit, color=FAINT, linewidth=0.7, linestyle=":")
    name_lines(left, lines, "upper right")
    right = figure.add_axes((0.70, 0.21, 0.285, 0.66))
    dress(right, "Time from the end of the injection (min)", "Mean degree of cure")
    right.plot(minutes, heat.degree_mean, color=INK, linewidth=1.2)
    right.set_ylim(0.0, 1.05)
    for axes in (left, right):
        axes.set_xlim(0.0, float(minutes[-1]))
    if heat.set_s is not None:
        right.axvline(heat.set_s / 60.0, color=BLUE, linewidth=0.8, linestyle="--")
        right.annotate(
            "set", xy=(heat.set_s / 60.0, 0.04), xytext=(3, 0), textcoords="offset points",
            fontsize=canvas.SMALL_PT, color=BLUE,
        )  # fmt: skip
    return Picture(
        name="filling_heat",
        caption=(
            f"Hardening of the cement in {level}. Left: hottest cell of each tissue; dotted: 45 "
            "and 50 °C. Right: mean degree of cure of the cement, and when it is set."
        ),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=_HEAT_MM,
    )
