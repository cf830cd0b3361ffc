"""Published courses after augmentation, each trial with its control arm and blinding in a panel.

Group means of trials are no forecast for one patient. What the clinic itself saw can be laid over
every panel; visits without a value are gaps.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Literal

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.recovery.evidence import ArmPoint, TrialArm, trial_arms
from vertaug.recovery.observed_course import ObservedCourse
from vertaug.recovery.trial import Measure, find_measure
from vertaug.report import canvas
from vertaug.report.outcome_style import (
    ALONE,
    BAND,
    CONTROL,
    FAINT,
    INK,
    OBSERVED,
    TREATED,
    dress_time,
    place,
    trial_lines,
)
from vertaug.report.outcome_words import course_caption
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

_COLUMNS = 3
_HEAD_MM, _PANEL_MM, _FOOT_MM, _KEY_MM = 18.5, 36.0, 8.0, 13.5
_LEFT_MM, _GAP_MM = 9.0, 7.0
_HEAD_PT = 5.6
_ALONE_MM = 105.0
"""Width of the picture of one trial."""
LineDash = Literal["-"] | tuple[float, Sequence[float]]
_DASHED: LineDash = (0, (3.2, 1.6))
_DOTTED: LineDash = (0, (0.8, 2.4))
FAR_DAYS = 200.0
"""Two values further apart than that are joined by dots: nothing is held between them."""


def draw_outcome_curves(
    measure: str = "pain", scale: str = "0-10", observed: ObservedCourse | None = None
) -> Picture:
    """Draw the means of all arms of a measure, sham-controlled trials first.

    Parameters
    ----------
    measure, scale : str
        Of ``vertaug.recovery.trial``; scales are never mixed.
    observed : ObservedCourse or None
        One patient or a cohort, laid over every panel.

    Raises
    ------
    InputError
        If there is no such measure, no course of it, or ``observed`` is on another scale.
    """
    found = find_measure(measure, scale)
    arms = trial_arms(measure, scale)
    if not arms:
        message = f"no trial holds a course of {found.label} on the scale {scale}, only differences"
        raise InputError(message)
    if observed is not None:
        observed.check(found)
    trials = [list(group) for _, group in groupby(arms, key=lambda arm: arm.trial.key)]
    rows = -(-len(trials) // _COLUMNS)
    columns = min(_COLUMNS, len(trials))
    across = PAGE_WIDTH_MM if columns > 1 else _ALONE_MM
    height = rows * (_HEAD_MM + _PANEL_MM + _FOOT_MM) + _KEY_MM * (1.0 if columns > 1 else 1.45)
    figure = canvas.new_figure(across, height)
    width = (across - _LEFT_MM - columns * _GAP_MM + _GAP_MM - 2.0) / columns
    for number, pair in enumerate(trials):
        row, column = divmod(number, columns)
        left = _LEFT_MM + column * (width + _GAP_MM)
        top = height - row * (_HEAD_MM + _PANEL_MM + _FOOT_MM)
        axes = _add_panel(figure, (left, top - _HEAD_MM - _PANEL_MM), (width, _PANEL_MM))
        _draw_head(figure, pair[0], (left, top), width)
        _draw_panel(axes, pair, found, observed)
    _draw_key(figure, height, found, observed)
    return Picture(
        name=f"outcome_curves_{found.key.lower()}",
        caption=course_caption(found, arms, observed),
        png=canvas.png_bytes(figure),
        width_mm=across,
        height_mm=height,
    )


def _add_panel(figure: Figure, corner: tuple[float, float], size: tuple[float, float]) -> Axes:
    """Add axes at a place given in mm from the lower left."""
    width, height = figure.get_size_inches() * 25.4
    return figure.add_axes(
        (corner[0] / width, corner[1] / height, size[0] / width, size[1] / height)
    )


def _draw_head(figure: Figure, arm: TrialArm, at: tuple[float, float], width_mm: float) -> None:
    """Write who was studied, against what and who paid above a panel."""
    width, height = figure.get_size_inches() * 25.4
    x, y = at[0] / width, (at[1] - 1.2) / height
    figure.text(
        x, y, f"{arm.trial.label}   n {arm.trial.n}", fontsize=canvas.TITLE_PT, fontweight="bold",
        color=INK, va="top",
    )  # fmt: skip
    lines = trial_lines(arm.trial, width_mm, _HEAD_PT)
    figure.text(
        x, y - 3.6 / height, "\n".join(lines), fontsize=_HEAD_PT, color=INK, va="top",
        linespacing=1.22,
    )  # fmt: skip


def _draw_panel(
    axes: Axes, arms: Sequence[TrialArm], measure: Measure, observed: ObservedCourse | None
) -> None:
    """Draw both arms of a trial and what the clinic saw."""
    last = max(point.days for arm in arms for point in arm.points)
    if observed is not None:
        last = max(last, observed.days[-1])
    dress_time(axes, last)
    room = 0.02 * (measure.high - measure.low)
    axes.set_ylim(measure.low - room, measure.high + room)
    if observed is not None:
        _draw_band(axes, measure, observed)
    names = []
    for arm in arms:
        colour, dash = _look(arm)
        _draw_arm(axes, arm, colour, dash)
        counts = ", ".join(dict.fromkeys(str(p.n) for p in arm.points if p.n is not None))
        names.append((f"{arm.label} (n {counts})" if counts else arm.label, colour, dash))
    handles = [
        Line2D([], [], color=colour, linestyle=dash, linewidth=1.2) for _, colour, dash in names
    ]
    upper = measure.low_is_good
    axes.legend(
        handles, [name for name, *_ in names],
        loc="upper right" if upper else "lower right", fontsize=_HEAD_PT, frameon=True,
        framealpha=0.85, edgecolor="none", borderpad=0.2, handlelength=2.4, labelspacing=0.25,
    )  # fmt: skip
    if not arms[0].trial.controlled:
        axes.text(
            0.5, 0.14, "no control", transform=axes.transAxes, ha="center", va="bottom",
            fontsize=canvas.TITLE_PT + 2, fontweight="bold", color=ALONE,
        )  # fmt: skip
    if observed is not None:
        draw_observed(axes, observed)
    elif measure.mcid is not None and arms[0].trial.controlled:
        _draw_bracket(axes, arms, measure.mcid)


def _look(arm: TrialArm) -> tuple[str, LineDash]:
    """Return colour and dash of an arm."""
    if not arm.trial.controlled:
        return ALONE, "-"
    return (TREATED, "-") if arm.treated else (CONTROL, _DASHED)


def _draw_arm(axes: Axes, arm: TrialArm, colour: str, dash: LineDash) -> None:
    """Draw the means of an arm: filled if printed, open if from memory; intervals if printed."""
    xs = [place(point.days) for point in arm.points]
    for (start, first), (end, second) in pairwise(zip(xs, arm.points, strict=True)):
        far = second.days - first.days > FAR_DAYS
        axes.plot(
            [start, end], [first.value, second.value], color=colour, linewidth=0.8 if far else 1.0,
            linestyle=_DOTTED if far else dash,
        )  # fmt: skip
    for x, point in zip(xs, arm.points, strict=True):
        _draw_mean(axes, x, point, colour, "o" if arm.treated else "s")


def _draw_mean(axes: Axes, x: float, point: ArmPoint, colour: str, marker: str) -> None:
    if point.low is not None and point.high is not None:
        axes.plot([x, x], [point.low, point.high], color=colour, linewidth=0.8)
    axes.plot(
        [x], [point.value], linestyle="none", marker=marker, markersize=3.6, color=colour,
        markerfacecolor="#FFFFFF" if point.unverified else colour, markeredgewidth=0.9, zorder=4,
    )  # fmt: skip


def _draw_bracket(axes: Axes, arms: Sequence[TrialArm], mcid: float) -> None:
    """Draw the least difference that matters as a length beside the last means."""
    ends = [arm.points[-1].value for arm in arms]
    centre = float(np.mean(ends))
    low, high = axes.get_ylim()
    centre = min(max(centre, low + 0.6 * mcid), high - 0.6 * mcid)
    last = max(arm.points[-1].days for arm in arms)
    x = min(place(last) + 0.4, axes.get_xlim()[1] * 0.99)
    axes.plot([x, x], [centre - mcid / 2, centre + mcid / 2], color=FAINT, linewidth=2.2,
              solid_capstyle="butt")  # fmt: skip


def _draw_band(axes: Axes, measure: Measure, observed: ObservedCourse) -> None:
    """Shade changes from the first value that are too small to matter."""
    start = observed.baseline
    if measure.mcid is None or start is None:
        return
    better = -measure.mcid if measure.low_is_good else measure.mcid
    axes.axhspan(*sorted((start, start + better)), color=BAND, zorder=0, linewidth=0)


def draw_observed(axes: Axes, observed: ObservedCourse) -> None:
    """Draw what was seen: a line that breaks, and a cross on the axis, where a value is missing."""
    xs = np.array([place(day) for day in observed.days])
    values = np.array([np.nan if value is None else value for value in observed.values])
    axes.plot(
        xs, values, color=OBSERVED, linewidth=1.7, marker="D", markersize=3.6, zorder=6,
        markeredgecolor="#FFFFFF", markeredgewidth=0.4,
    )  # fmt: skip
    for number, (x, value) in enumerate(zip(xs, values, strict=True)):
        if np.isnan(value):
            bottom = axes.get_ylim()[0]
            axes.plot([x], [bottom], marker="x", markersize=4.2, color=OBSERVED, clip_on=False,
                      linestyle="none", markeredgewidth=1.2, zorder=7)  # fmt: skip
            continue
        ends = (observed.low[number], observed.high[number]) if observed.low else (None, None)
        if ends[0] is not None and ends[1] is not None:
            axes.plot([x, x], [ends[0], ends[1]], color=OBSERVED, linewidth=0.9, zorder=5)
    if observed.n:
        _write_numbers(axes, xs, observed.n)


def _write_numbers(axes: Axes, xs: FloatArray, numbers: Sequence[int]) -> None:
    """Write how many stand behind each mean in a row on the axis, where no mark is."""
    for n, (x, number) in enumerate(zip(xs, numbers, strict=True)):
        # the first and the last stay clear of the edges
        side = {0: "left", len(numbers) - 1: "right"}.get(n, "center")
        axes.annotate(
            f"{number}", xy=(x, 0.0), xycoords=("data", "axes fraction"),
            xytext=(-2.0 if side == "left" else 0.0, 1.5 + 6.0 * (n % 2)),
            textcoords="offset points", ha=side, fontsize=_HEAD_PT - 0.4, color=OBSERVED, zorder=7,
            path_effects=[patheffects.withStroke(linewidth=1.4, foreground="#FFFFFF")],
        )  # fmt: skip


def _draw_key(
    figure: Figure, height: float, measure: Measure, observed: ObservedCourse | None
) -> None:
    """Explain marks once, under all panels."""
    marks = [
        Line2D([], [], color=TREATED, linewidth=1.1, marker="o", markersize=3.6),
        Line2D([], [], color=CONTROL, linewidth=1.1, linestyle=_DASHED, marker="s", markersize=3.6),
        Line2D([], [], color=INK, linestyle="none", marker="o", markersize=3.6),
        Line2D([], [], color=INK, linestyle="none", marker="o", markersize=3.6,
               markerfacecolor="#FFFFFF"),
    ]  # fmt: skip
    words = ["augmentation", "comparator", "read or computed", "from memory, unverified"]
    marks.append(Line2D([], [], color=INK, linewidth=0.8, linestyle=_DOTTED))
    words.append("no value held for over half a year")
    if observed is not None:
        marks.append(Line2D([], [], color=OBSERVED, linewidth=1.7, marker="D", markersize=3.6))
        words.append(f"{observed.label}{'' if observed.one_patient else ', n on the axis'}")
        if measure.mcid is not None and observed.baseline is not None:
            marks.append(Line2D([], [], color=BAND, linewidth=6.0))
            words.append(f"less than {measure.mcid:g} from the first value")
        if None in observed.values:
            marks.append(
                Line2D([], [], color=OBSERVED, linestyle="none", marker="x", markersize=4.2)
            )
            words.append("visit without a value")
    elif measure.mcid is not None:
        marks.append(Line2D([], [], color=FAINT, linewidth=2.2))
        words.append(f"length of {measure.mcid:g}: least difference used")
    figure.legend(
        marks, words, loc="lower left", bbox_to_anchor=(0.03, 2.2 / height),
        ncols=-(-len(marks) // 2) if figure.get_figwidth() * 25.4 > _ALONE_MM + 1.0 else 2,
        fontsize=canvas.SMALL_PT - 0.5, frameon=False, columnspacing=1.2, handlelength=2.2,
        borderpad=0.1,
    )  # fmt: skip
    figure.text(
        0.002, 0.55, measure.axis, rotation=90, fontsize=canvas.LABEL_PT, color=INK, va="center"
    )
