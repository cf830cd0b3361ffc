"""What the pictures of outcomes share: the time axis, marks of the arms, words."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory

from vertaug.recovery.evidence import time_in_days
from vertaug.recovery.trial import Blinding, Trial
from vertaug.report import canvas
from vertaug.report.figure_filling_curves import BLUE, FAINT, GREEN, GRID, INK, RED, frame_axes

TREATED, CONTROL, OBSERVED, ALONE = BLUE, RED, GREEN, "#9aa3ab"
"""Augmentation, comparator, the clinic's own, and trials without a control."""
BAND = "#eef0e6"
TICKS = ((0.0, "0"), (1.0, "1 d"), (7.0, "1 wk"), (30.4, "1 mo"), (91.3, "3"), (182.6, "6"))
_YEAR = (365.25, "12 mo")
GROUPS = {
    Blinding.SHAM: "Sham-controlled: patients did not know",
    Blinding.ACTIVE: "Active control",
    Blinding.OPEN: "Open: patients knew",
    Blinding.NONE: "No control",
}
MARKERS = {Blinding.SHAM: "o", Blinding.ACTIVE: "s", Blinding.OPEN: "^", Blinding.NONE: "x"}
__all__ = [
    "ALONE", "BAND", "CONTROL", "FAINT", "GRID", "GROUPS", "INK", "MARKERS", "OBSERVED", "TREATED",
    "dress_rows", "dress_time", "place", "time_words", "trial_lines", "write_row",
]  # fmt: skip


def place(days: float) -> float:
    """Return where a day stands on the time axis: the cube root, so that early days are seen."""
    return float(np.cbrt(max(days, 0.0)))


def dress_time(axes: Axes, last_day: float) -> None:
    """Give axes a time axis until the last day."""
    ticks = [*TICKS, _YEAR]
    years = 2
    while last_day > 366.0 * (years - 1):
        ticks.append((365.25 * years, f"{12 * years}"))
        years += 1
    axes.set_xticks([place(day) for day, _ in ticks], [words for _, words in ticks])
    axes.set_xlim(-0.25, place(ticks[-1][0]) * 1.07)
    frame_axes(axes)


def dress_rows(axes: Axes) -> None:
    """Leave axes whose rows are written beside them the lower edge, with upright lines."""
    axes.set_yticks([])
    axes.grid(visible=True, axis="x", color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=canvas.SMALL_PT, width=0.6, length=2.5)
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_linewidth(0.6)


def write_row(axes: Axes, row: float, words: str, x: float, *, bold: bool = False) -> None:
    """Write words of a row at a share of the page's width."""
    figure = axes.get_figure()
    across = blended_transform_factory(figure.transFigure, axes.transData)  # type: ignore[union-attr]
    axes.text(
        x, row, words, transform=across, ha="left", va="center", fontsize=canvas.SMALL_PT,
        color=INK, fontweight="bold" if bold else "normal",
    )  # fmt: skip


def time_words(timepoint: str) -> str:
    """Return a time point of the table of evidence in words."""
    if timepoint == "baseline":
        return "before"
    if timepoint.endswith("_avg"):
        return f"mean until {time_words(timepoint.removesuffix('_avg'))}"
    if time_in_days(timepoint) is None:
        return timepoint
    unit = timepoint.lstrip("0123456789.")
    count = timepoint.removesuffix(unit)
    word = {"d": "day", "wk": "week", "mo": "month"}[unit]
    return f"{count} {word}{'' if count == '1' else 's'}"


def trial_lines(trial: Trial, width_mm: float, size: float) -> Sequence[str]:
    """Return how a trial was made, who was studied and who paid, in lines of a width."""
    against = f" against {trial.comparator}" if trial.controlled else ""
    lines = [f"{trial.procedure}{against}; {trial.blinding_words}"]
    if trial.population:
        lines.append("; ".join(trial.population))
    mark = " (unverified)" if trial.sponsor.unverified else ""
    lines.append(f"paid by: {trial.sponsor.source}{mark}")
    return [part for line in lines for part in canvas.wrap(line, width_mm, size)]
