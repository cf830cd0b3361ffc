"""Differences between arms of trials, positive favouring augmentation, and shares of 100."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Transform, blended_transform_factory

from vertaug.case.errors import InputError
from vertaug.recovery.evidence import TrialDifference, trial_differences
from vertaug.recovery.trial import Measure, find_measure
from vertaug.recovery.trial_share import TrialShare, trial_shares
from vertaug.report import canvas
from vertaug.report.outcome_style import (
    BAND,
    CONTROL,
    FAINT,
    GRID,
    GROUPS,
    INK,
    MARKERS,
    TREATED,
    time_words,
)
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

_ROW_MM, _HEAD_MM, _FOOT_MM = 4.6, 7.0, 16.0
_LEFT, _RIGHT = 0.36, 0.79
"""Edges of the plot in fractions of the page's width."""


def draw_outcome_differences(measure: str = "pain", scale: str = "0-10") -> Picture:
    """Draw all differences of a measure with their 95 % intervals, sham-controlled trials first.

    Parameters
    ----------
    measure, scale : str
        Of ``vertaug.recovery.trial``; scales are never mixed.

    Raises
    ------
    InputError
        If there is no such measure, or no difference of it.
    """
    found = find_measure(measure, scale)
    rows = trial_differences(measure, scale)
    if not rows:
        message = f"no trial holds a difference of {found.label} on the scale {scale}"
        raise InputError(message)
    groups = list(dict.fromkeys(row.trial.blinding for row in rows))
    lines = len(rows) + len(groups)
    height = _HEAD_MM + _FOOT_MM + lines * _ROW_MM
    figure = canvas.new_figure(PAGE_WIDTH_MM, height)
    axes = figure.add_axes(
        (_LEFT, _FOOT_MM / height, _RIGHT - _LEFT, (height - _HEAD_MM - _FOOT_MM) / height)
    )
    axes.set_ylim(lines - 0.5, -0.5)
    _dress(axes, rows, found)
    place = 0
    for group in groups:
        _write(axes, place, GROUPS[group], 0.02, bold=True)
        place += 1
        for row in (row for row in rows if row.trial.blinding is group):
            _draw_row(axes, place, row)
            place += 1
    _draw_key(figure, height, found)
    return Picture(
        name=f"outcome_differences_{found.key.lower()}",
        caption=_caption(found, rows),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=height,
    )


def _dress(axes: Axes, rows: Sequence[TrialDifference], measure: Measure) -> None:
    """Draw scale, zero, and what is too small to matter."""
    ends = [abs(end) for row in rows for end in (row.value, row.low, row.high) if end is not None]
    reach = 1.12 * max([*ends, measure.mcid or 0.0])
    axes.set_xlim(-reach, reach)
    if measure.mcid is not None:
        axes.axvspan(-measure.mcid, measure.mcid, color=BAND, zorder=0, linewidth=0)
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_yticks([])
    axes.grid(visible=True, axis="x", color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=canvas.SMALL_PT, width=0.6, length=2.5)
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_linewidth(0.6)
    for x, align, words in (
        (0.0, "left", "favours the comparator"),
        (1.0, "right", "favours augmentation"),
    ):
        axes.annotate(
            words, xy=(x, 1.0), xycoords="axes fraction", xytext=(0.0, 3.0),
            textcoords="offset points", ha=align, va="bottom", fontsize=canvas.SMALL_PT,
            fontweight="bold", color=INK,
        )  # fmt: skip


def _write(axes: Axes, place: float, words: str, x: float, *, bold: bool = False) -> None:
    """Write words of a row at a place of the page's width."""
    axes.text(
        x, place, words, transform=_row_transform(axes), ha="left", va="center",
        fontsize=canvas.SMALL_PT, color=INK, fontweight="bold" if bold else "normal",
    )  # fmt: skip


def _row_transform(axes: Axes) -> Transform:
    """Return where x counts over the page and y in rows."""
    figure = axes.get_figure()
    return blended_transform_factory(figure.transFigure, axes.transData)  # type: ignore[union-attr]


def _draw_row(axes: Axes, place: int, row: TrialDifference) -> None:
    """Draw one difference and its numbers."""
    count = f", n {row.n}" if row.n is not None else ""
    when = time_words(row.timepoint)
    _write(axes, place, f"{row.trial.label}, {when}{count}", 0.04)
    colour = FAINT if row.unverified else TREATED
    if row.low is not None and row.high is not None:
        axes.plot([row.low, row.high], [place, place], color=colour, linewidth=1.2)
        words = f"{_signed(row.value)} ({_signed(row.low)} to {_signed(row.high)})"
    else:
        words = f"{_signed(row.value)} (no interval held)"
    axes.plot(
        [row.value], [place], linestyle="none", marker=MARKERS[row.trial.blinding], markersize=4.4,
        color=colour, markerfacecolor="#FFFFFF" if row.unverified else colour, zorder=4,
    )  # fmt: skip
    _write(axes, place, words + (", unverified" if row.unverified else ""), _RIGHT + 0.012)


def _signed(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _draw_key(figure: Figure, height: float, measure: Measure) -> None:
    """Name the axis and the marks under the plot."""
    middle = 0.5 * (_LEFT + _RIGHT)
    figure.text(
        middle, (_FOOT_MM - 6.6) / height, f"Difference of {measure.label}, {measure.scale}",
        ha="center", va="top", fontsize=canvas.LABEL_PT, color=INK,
    )  # fmt: skip
    marks = [
        Line2D([], [], color=TREATED, marker="o", linewidth=1.2, markersize=4.4),
        Line2D([], [], color=FAINT, marker="o", linewidth=1.2, markersize=4.4,
               markerfacecolor="#FFFFFF"),
    ]  # fmt: skip
    words = ["read or computed, with 95 % interval", "from memory, unverified"]
    if measure.mcid is not None:
        marks.append(Line2D([], [], color="#d9dcc8", linewidth=5.0))
        words.append(f"less than {measure.mcid:g}: too small to matter")
    figure.legend(
        marks, words, loc="lower left", bbox_to_anchor=(0.03, 1.6 / height), ncols=len(marks),
        fontsize=canvas.SMALL_PT - 0.5, frameon=False, borderpad=0.1,
    )  # fmt: skip


def _caption(measure: Measure, rows: Sequence[TrialDifference]) -> str:
    turned = any(row.raw_value != row.value for row in rows)
    source = f" ({measure.mcid_source})" if measure.mcid is not None else ""
    return (
        f"{measure.label}: difference between both arms of each trial, positive where augmentation "
        f"did better{source}. {_DIRECTIONS}"
        f"{' Printed the other way and turned here: ' if turned else ''}"
        f"{', '.join(dict.fromkeys(row.trial.label for row in rows if row.raw_value != row.value))}"
        f"{'.' if turned else ''} In an open trial the patients knew what they got, which pain "
        "answers to. Trials let in different patients."
    )


_DIRECTIONS = "VERTOS IV printed sham minus vertebroplasty, which has the same sign."


def draw_outcome_shares() -> Picture:
    """Draw how many of 100 patients had an outcome in both arms of a trial."""
    shares = trial_shares()
    height = 13.0 + _FOOT_MM * 0.6 + 2 * _ROW_MM * len(shares)
    figure = canvas.new_figure(PAGE_WIDTH_MM, height)
    axes = figure.add_axes((_LEFT, 11.0 / height, _RIGHT - _LEFT, (height - 16.0) / height))
    axes.set_xlim(0, 100)
    axes.set_ylim(len(shares) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(visible=True, axis="x", color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=canvas.SMALL_PT, width=0.6, length=2.5)
    axes.set_xlabel("patients of 100", fontsize=canvas.LABEL_PT)
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_linewidth(0.6)
    for place, share in enumerate(shares):
        _draw_share(axes, place, share)
    return Picture(
        name="outcome_shares",
        caption=(
            "How many of 100 patients, in both arms of controlled trials: circle with "
            "augmentation, square without. New fractures are of any level."
        ),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=height,
    )


def _draw_share(axes: Axes, place: int, share: TrialShare) -> None:
    """Draw one pair and its numbers."""
    good = "more is good" if share.more_is_good else "fewer is good"
    when = time_words(share.timepoint)
    _write(axes, place - 0.16, f"{share.what}, {when}", 0.02, bold=True)
    trial = share.trial
    against = f"{trial.label}, against {trial.comparator}; {trial.blinding_words}; {good}"
    _write(axes, place + 0.18, against, 0.02)
    ends = (share.treated_percent, share.control_percent)
    axes.plot(ends, [place, place], color=FAINT, linewidth=0.9, zorder=2)
    for value, marker, colour in zip(ends, "os", (TREATED, CONTROL), strict=True):
        axes.plot([value], [place], linestyle="none", marker=marker, markersize=5.0, color=colour)
    lines = (
        f"with: {share.treated_percent:g} of 100 (n {share.treated_n})",
        f"without: {share.control_percent:g} of 100 (n {share.control_n})",
    )
    for shift, words in zip((-0.16, 0.18), lines, strict=True):
        _write(axes, place + shift, words, _RIGHT + 0.012)
