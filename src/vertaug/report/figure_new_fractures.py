"""New vertebral fractures over time (Kaplan-Meier), with numbers at risk and who is not known."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from vertaug.case.errors import InputError
from vertaug.recovery.registry.fracture_survival import FractureSurvival
from vertaug.report import canvas
from vertaug.report.figure_filling_curves import BLUE, FAINT, INK, frame_axes, write_head
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

_HEIGHT_MM = 92.0
_LEFT, _RIGHT, _BOTTOM, _TOP = 0.125, 0.985, 0.3, 0.87
_TICKS = ((1, "1 d"), (30, "1 mo"), (91, "3"), (182, "6"), (365, "12 mo"))
_LEAST_TOP = 0.2
_MONTHS, _YEAR = 12, 365.25
_YEAR_DAY = 365


def draw_new_fractures(survival: FractureSurvival) -> Picture:
    """Draw the share with a new fracture, its 95 % interval and the numbers at risk.

    Raises
    ------
    InputError
        If nobody was looked at.
    """
    if not survival.steps:
        message = "no image in which new fractures were looked for: there is no curve to draw"
        raise InputError(message)
    figure = canvas.new_figure(PAGE_WIDTH_MM, _HEIGHT_MM)
    axes = figure.add_axes((_LEFT, _BOTTOM, _RIGHT - _LEFT, _TOP - _BOTTOM))
    last = survival.steps[-1].day
    _draw_curve(axes, survival)
    _dress(axes, last)
    _write_risk(axes, survival, last)
    _write_head(figure, survival)
    return Picture(
        name="new_fractures",
        caption=_caption(survival),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=_HEIGHT_MM,
    )


def _draw_curve(axes: Axes, survival: FractureSurvival) -> None:
    steps = survival.steps
    days = np.array([0, *(step.day for step in steps)], dtype=np.float64)
    broken = np.array([0.0, *(1.0 - step.free for step in steps)])
    low = np.array([0.0, *(1.0 - step.high for step in steps)])
    high = np.array([0.0, *(1.0 - step.low for step in steps)])
    band = axes.fill_between(days, low, high, step="post", color=BLUE, alpha=0.16, linewidth=0.0)
    (curve,) = axes.step(days, broken, where="post", color=BLUE, linewidth=1.4)
    # the band of the last step has no width; the year is what the title tells
    at = np.array([n for n, day in enumerate(days) if day in {_YEAR_DAY, days[-1]}])
    axes.errorbar(
        days[at], broken[at], yerr=(broken[at] - low[at], high[at] - broken[at]), fmt="o",
        markersize=3.5, color=BLUE, elinewidth=1.2, capsize=3.0, capthick=1.2, zorder=3,
    )  # fmt: skip
    censored = [step for step in steps if step.censored]
    (tick,) = axes.plot(
        [step.day for step in censored], [1.0 - step.free for step in censored],
        linestyle="none", marker="|", markersize=5.0, color=INK, markeredgewidth=0.7, zorder=4,
    )  # fmt: skip
    axes.legend(
        [curve, band, tick],
        ["new fracture", "95 % interval; bar: at 12 months and at the end", "follow-up ends"],
        loc="upper left", fontsize=canvas.SMALL_PT, frameon=False, ncols=3, borderpad=0.1,
        columnspacing=1.4, handlelength=1.8,
    )  # fmt: skip
    axes.set_ylim(0.0, min(1.0, max(_LEAST_TOP, 1.35 * float(high.max()))))


def _ticks(last: int) -> list[tuple[int, str]]:
    years = [(round(_YEAR * n), f"{_MONTHS * n} mo") for n in range(2, int(last / _YEAR) + 2)]
    return [(day, words) for day, words in (*_TICKS, *years) if day <= max(last, 1)]


def _dress(axes: Axes, last: int) -> None:
    ticks = [tick for tick in _ticks(last) if tick[0] > 1]
    axes.set_xlim(0.0, 1.04 * max(last, 30))
    axes.set_xticks([0, *(day for day, _ in ticks)], ["0", *(words for _, words in ticks)])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel("Patients with a new fracture", fontsize=canvas.LABEL_PT)
    axes.set_xlabel("Time since the first procedure", fontsize=canvas.LABEL_PT)
    frame_axes(axes)


def _write_risk(axes: Axes, survival: FractureSurvival, last: int) -> None:
    """Write who is still followed under the axis, and how many fractures there were by then."""
    rows = (("still followed", 0.0), ("fractures so far", -0.075))
    for words, down in rows:
        axes.text(
            -0.028, -0.27 + down, words, transform=axes.transAxes, ha="right", va="top",
            fontsize=canvas.SMALL_PT, color=FAINT,
        )  # fmt: skip
    seen = 0
    for day, number in zip(survival.risk_days, survival.at_risk, strict=True):
        if day > last or day == 7:
            continue
        events = sum(step.events for step in survival.steps if step.day <= day)
        # day 1 and the origin would be written over each other
        x = 0 if day == 1 else day
        if seen and x - seen < 0.05 * last:
            continue
        for value, (_, down) in zip((number, events), rows, strict=True):
            axes.text(
                x, -0.27 + down, str(value), transform=axes.get_xaxis_transform(), ha="center",
                va="top", fontsize=canvas.SMALL_PT, color=INK,
            )  # fmt: skip
        seen = x


def _write_head(figure: Figure, survival: FractureSurvival) -> None:
    lines = [
        f"New vertebral fractures: {survival.events} in {survival.patients} patients followed",
        f"{survival.never_looked} more without an image that looked for them: not counted.",
    ]
    year = survival.free_at(_YEAR_DAY)
    if year is not None:
        lines[0] += (
            f"; {100 * (1 - year.free):.0f} % by 12 months "
            f"(95 % interval {100 * (1 - year.high):.0f} to {100 * (1 - year.low):.0f})"
        )
    write_head(figure, lines, top=0.965, step=0.042)


def _caption(survival: FractureSurvival) -> str:
    return (
        f"{survival.words} Shaded, and bars at 12 months and at the end: pointwise 95 % interval "
        "(log-log). Below the axis: who is still followed, and all fractures up to then. Ticks: "
        "patients whose follow-up ends there. Without a control arm the curve does not say whether "
        "cement changes the risk."
    )
