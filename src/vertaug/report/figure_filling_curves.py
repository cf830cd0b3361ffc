"""Pressures and volumes while a vertebra is filled, and its temperatures afterwards."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from vertaug.case.augmentation_content import KPA, ML
from vertaug.case.filling import LEAK_PATHS, LEAST_LEAK_MM3, Filling, HeatResult, InjectionCurve
from vertaug.case.grid import FloatArray
from vertaug.report import canvas
from vertaug.report.content_injection import TISSUES
from vertaug.report.filling_moment import portion_side
from vertaug.report.leak_marks import drawn_leaks
from vertaug.report.path_words import PATHS
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

INK, FAINT, GRID = "#14181d", "#656d76", "#d9dde1"
BLUE, RED, GREEN = "#0072B2", "#D55E00", "#007a5e"
_CURVES_MM, _HEAT_MM = 112.0, 58.0
_KPA_PER_BAR = 100.0
_PAUSE = "#e3e6ea"
_LETTERS = "abcdefgh"
Corner = Literal["upper left", "upper right", "lower left", "center right"]
_PATH_LINES: dict[str, tuple[str, Any]] = {
    "B": (RED, "-"),
    "S": (BLUE, "--"),
    "C": (INK, "-."),
    "D": (GREEN, (0, (1, 1))),
    "canal": ("#CC79A7", "-"),
    "track": (FAINT, "--"),
}
_BODY_C, _HARM_C = 37.0, (45.0, 50.0)
_BOILS_C = 100.0
"""Methyl methacrylate, the monomer of the cement, boils at 100 to 101 °C (recalled)."""
_BOIL_WORDS = (
    "; 100 °C: boiling point of the monomer, which takes up heat there that the model leaves out"
)
_HEAT_LINES: dict[str, dict[str, Any]] = {
    "cement": {"color": INK, "linestyle": "-"},
    "canal": {"color": RED, "linestyle": "--"},
    "superior_endplate": {"color": BLUE, "linestyle": "-."},
    "inferior_endplate": {"color": GREEN, "linestyle": (0, (1, 1))},
}
"""Told apart by dash as well as by colour."""


def draw_filling_curves(filling: Filling) -> Picture:
    """Draw volumes, leaks by path, pressure at the tip and pressure in the syringe over time."""
    curve = filling.curve
    figure = canvas.new_figure(PAGE_WIDTH_MM, _CURVES_MM)
    panels = [
        _add_axes(figure, (column, row), title)
        for row, column, title in (
            (1, 0, "Volume (ml)"),
            (1, 1, "Left the bone by path, in the model (ml)"),
            (0, 0, "Pressure in the bone at the tip (kPa; right: bar)"),
            (0, 1, "Pressure in the syringe (kPa; right: bar)"),
        )
    ]
    volumes, leaks, tip, syringe = panels
    _draw_volumes(volumes, curve)
    _draw_leaks(leaks, filling)
    tip.plot(*_fall_in_pauses(curve, curve.tip_mpa * KPA), color=INK, linewidth=1.1)
    syringe.plot(*_fall_in_pauses(curve, curve.syringe_mpa * KPA), color=INK, linewidth=1.1)
    if filling.syringe_limit_mpa is not None:
        _draw_limit(syringe, filling.syringe_limit_mpa * KPA)
    for axes in panels:
        axes.set_xlim(0.0, max(1.02 * float(curve.time_s[-1]), 1e-3))
        room = 1.35 if axes is volumes else 1.14  # for the legend
        axes.set_ylim(0.0, room * max(axes.get_ylim()[1], 1e-6))
        _mark_portions(axes, filling)
        _mark_events(axes, filling)
    for axes in (tip, syringe):
        _add_bar(axes)
    return Picture(
        name="filling_curves",
        caption=_curves_caption(filling),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=_CURVES_MM,
    )


def _draw_volumes(axes: Axes, curve: InjectionCurve) -> None:
    kept = curve.injected_mm3 - curve.leaked_mm3.sum(axis=1)
    axes.plot(curve.time_s, curve.injected_mm3 * ML, color=INK, linewidth=1.2)
    axes.plot(curve.time_s, kept * ML, color=BLUE, linewidth=1.2, linestyle="--")
    name_lines(axes, [("injected", INK, "-"), ("in the bone", BLUE, "--")], "upper left")


def _draw_leaks(axes: Axes, filling: Filling) -> None:
    """Draw what left by each path that is more than a trace, on a scale of its own."""
    paths = [leak.path for leak in drawn_leaks(filling)]
    for path in paths:
        colour, dash = _PATH_LINES[path]
        leaked = filling.curve.leaked_mm3[:, LEAK_PATHS.index(path)] * ML
        axes.plot(filling.curve.time_s, leaked, color=colour, linewidth=1.2, linestyle=dash)
    if paths:
        name_lines(axes, [(PATHS[path], *_PATH_LINES[path]) for path in paths], "upper left")
        axes.set_ylim(0.0, 1.2 * axes.get_ylim()[1])
        return
    axes.set_ylim(0.0, LEAST_LEAK_MM3 * ML)
    axes.text(
        0.5, 0.5, f"less than {LEAST_LEAK_MM3 * ML:.2f} ml by any path", color=INK,
        transform=axes.transAxes, ha="center", va="center", fontsize=canvas.LABEL_PT,
    )  # fmt: skip


def _draw_limit(axes: Axes, limit_kpa: float) -> None:
    """Draw the largest pressure that the syringe gives."""
    axes.axhline(limit_kpa, color=RED, linewidth=1.0, linestyle="--")
    axes.annotate(
        f"limit of the syringe {limit_kpa:.0f} kPa ({limit_kpa / _KPA_PER_BAR:.0f} bar)",
        xy=(0.01, limit_kpa), xycoords=("axes fraction", "data"), xytext=(0.0, -2.0),
        textcoords="offset points", color=INK, fontsize=canvas.SMALL_PT, ha="left", va="top",
        bbox={"boxstyle": "round,pad=0.08", "fc": "#FFFFFF", "ec": "none", "alpha": 0.85},
    )  # fmt: skip


def _add_bar(axes: Axes) -> None:
    """Add the pressure in bar at the right edge."""
    right = axes.twinx()
    right.set_ylim(*(edge / _KPA_PER_BAR for edge in axes.get_ylim()))
    right.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    right.tick_params(labelsize=canvas.SMALL_PT, width=0.6, length=2.5)
    for name, spine in right.spines.items():
        spine.set_visible(name == "right")
        spine.set_linewidth(0.6)


def _fall_in_pauses(curve: InjectionCurve, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return times and pressures with the fall at the start of each pause, not over it.

    A pause is one point of the curve, at its end.
    """
    rests = np.flatnonzero((curve.rate_mm3_per_s == 0.0) & (np.arange(len(values)) > 0))
    return (
        np.insert(curve.time_s, rests, curve.time_s[rests - 1]),
        np.insert(values, rests, 0.0),
    )


def _add_axes(figure: Figure, at: tuple[int, int], title: str) -> Axes:
    """Add a panel by its column from the left and its row from below."""
    axes = figure.add_axes((0.05 + 0.505 * at[0], 0.115 + 0.49 * at[1], 0.40, 0.31))
    dress(axes, "Time from the start of the injection (s)", title)
    axes.set_title(
        title, fontsize=canvas.TITLE_PT, fontweight="bold", loc="left", color=INK, pad=11
    )
    return axes


def dress(axes: Axes, below: str, above: str) -> None:
    """Give axes the look of the report: quantity above, thin grid, two spines."""
    axes.set_xlabel(below, fontsize=canvas.LABEL_PT)
    axes.set_title(above, fontsize=canvas.TITLE_PT, fontweight="bold", loc="left", color=INK, pad=4)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    frame_axes(axes)


def frame_axes(axes: Axes) -> None:
    """Give axes small ticks, a thin grid and two spines."""
    axes.tick_params(labelsize=canvas.SMALL_PT, width=0.6, length=2.5)
    axes.grid(visible=True, color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    for name, spine in axes.spines.items():
        spine.set_visible(name in {"left", "bottom"})
        spine.set_linewidth(0.6)


def write_head(figure: Figure, lines: Sequence[str], *, top: float, step: float) -> None:
    """Write lines from the top down, the first one bold; places are shares of the height."""
    for n, line in enumerate(lines):
        text = figure.text(
            0.006, top - step * n, line, color=INK if n == 0 else FAINT, va="center",
            fontsize=canvas.TITLE_PT if n == 0 else canvas.SMALL_PT,
            fontweight="bold" if n == 0 else "normal",
        )  # fmt: skip
        canvas.fit_text(text, 0.985 * figure.bbox.width)


def name_lines(axes: Axes, lines: Sequence[tuple[str, str, Any]], place: Corner) -> Legend:
    """Add a small legend of names, colours and dashes, and return it."""
    handles = [
        Line2D([], [], color=colour, linestyle=dash, linewidth=1.2) for _, colour, dash in lines
    ]
    return axes.legend(
        handles, [name for name, *_ in lines], loc=place, fontsize=canvas.SMALL_PT, frameon=True,
        framealpha=0.9, edgecolor="none", borderpad=0.2, handlelength=2.2,
    )  # fmt: skip


def _mark_portions(axes: Axes, filling: Filling) -> None:
    """Shade pauses, and write above each portion through which needle it is injected."""
    for start, stop in pause_spans(filling.curve):
        axes.axvspan(start, stop, color=_PAUSE, zorder=0, linewidth=0)
    pauses = dict(pause_spans(filling.curve))
    for start, stop, number in portion_spans(filling.curve):
        side = portion_side(filling, number)
        axes.annotate(
            side[:1].upper(), xy=(0.5 * (pauses.get(start, start) + stop), 1.0),
            xycoords=("data", "axes fraction"), xytext=(0.0, 1.5), textcoords="offset points",
            ha="center", va="bottom", fontsize=canvas.SMALL_PT, color=INK,
        )  # fmt: skip


def pause_spans(curve: InjectionCurve) -> list[tuple[float, float]]:
    """Return start and end of each pause, s: a point without flow ends it."""
    rests = np.flatnonzero((curve.rate_mm3_per_s == 0.0) & (np.arange(len(curve.time_s)) > 0))
    return [(float(curve.time_s[n - 1]), float(curve.time_s[n])) for n in rests]


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
    sides = " L, R: portion through the left or right needle." if filling.portion_tip else ""
    pauses = (
        " Grey: pauses, in which the syringe is changed; nothing flows then, so the pressure "
        "falls to 0."
        if pause_spans(filling.curve)
        else ""
    )
    limit = " Orange dashed: limit of the syringe." if filling.syringe_limit_mpa is not None else ""
    return (
        f"Injection into {filling.level}: volumes, what left the bone by each path on a scale of "
        f"its own (paths of {LEAST_LEAK_MM3 * ML:.2f} ml or more), pressure in the bone at the tip "
        "in use, and in the syringe, which drives the cement through the needle as well."
        f"{sides}{pauses}{limit}{stops} Volumes that left the bone are those of the model, not a "
        "prediction."
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
    boils = hottest > _BOILS_C - 5.0
    _name_temperatures(left, boils=boils)
    name_lines(left, lines, "center right")
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
            f"Hardening of the cement in {level}. Left: hottest cell of each tissue at each time, "
            "not always the same one (a shoulder is where another lobe takes over); "
            "dotted: 45 and 50 °C, from which on tissue is harmed"
            f"{_BOIL_WORDS if boils else ''}. Right: mean degree of cure of the cement, and when "
            "it is set."
        ),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=_HEAT_MM,
    )


def _name_temperatures(axes: Axes, *, boils: bool) -> None:
    """Draw the temperatures that matter, each with its name."""
    lines = [
        (_HARM_C[0], f"{_HARM_C[0]:.0f} °C", "top"),
        (_HARM_C[1], f"{_HARM_C[1]:.0f} °C", "bottom"),
    ]
    if boils:
        lines.append((_BOILS_C, f"{_BOILS_C:.0f} °C: boiling point of the monomer", "bottom"))
    for limit, words, align in lines:
        axes.axhline(limit, color=FAINT, linewidth=0.8, linestyle=":")
        axes.annotate(
            words, xy=(1.0, limit), xycoords=("axes fraction", "data"),
            xytext=(0.0, 1.0 if align == "bottom" else -1.0), textcoords="offset points",
            ha="right", va=align, fontsize=canvas.SMALL_PT, color=INK,
        )  # fmt: skip
