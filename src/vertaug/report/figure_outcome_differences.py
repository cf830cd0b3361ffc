"""Differences between arms of trials, positive favouring augmentation."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vertaug.case.errors import InputError
from vertaug.recovery.evidence import TrialDifference, trial_differences
from vertaug.recovery.trial import Blinding, Measure, find_measure
from vertaug.report import canvas
from vertaug.report.outcome_style import (
    BAND,
    FAINT,
    GROUPS,
    INK,
    MARKERS,
    TREATED,
    dress_rows,
    time_words,
    write_row,
)
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

_ROW_MM, _HEAD_MM, _FOOT_MM = 4.6, 7.0, 18.5
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
        write_row(axes, place, GROUPS[group], 0.02, bold=True)
        place += 1
        for row in (row for row in rows if row.trial.blinding is group):
            _draw_row(axes, place, row)
            place += 1
    _draw_key(figure, height, found, rows)
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
    dress_rows(axes)
    for x, align, words in (
        (0.0, "left", "favours the comparator"),
        (1.0, "right", "favours augmentation"),
    ):
        axes.annotate(
            words, xy=(x, 1.0), xycoords="axes fraction", xytext=(0.0, 3.0),
            textcoords="offset points", ha=align, va="bottom", fontsize=canvas.SMALL_PT,
            fontweight="bold", color=INK,
        )  # fmt: skip


def _draw_row(axes: Axes, place: int, row: TrialDifference) -> None:
    """Draw one difference and its numbers."""
    count = f", n {row.n}" if row.n is not None else ""
    when = time_words(row.timepoint)
    mixed = "†" if row.trial.is_mixed(row.days) else ""
    write_row(axes, place, f"{row.trial.label}, {when}{count}{mixed}", 0.04)
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
    write_row(axes, place, words + (", unverified" if row.unverified else ""), _RIGHT + 0.012)


def _signed(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _draw_key(
    figure: Figure, height: float, measure: Measure, rows: Sequence[TrialDifference]
) -> None:
    """Name the axis and the marks under the plot."""
    middle = 0.5 * (_LEFT + _RIGHT)
    figure.text(
        middle, (_FOOT_MM - 6.4) / height, f"Difference of {measure.label}, {measure.scale}",
        ha="center", va="top", fontsize=canvas.LABEL_PT, color=INK,
    )  # fmt: skip
    found = [kind for kind in MARKERS if any(row.trial.blinding is kind for row in rows)]
    marks = [
        Line2D([], [], color=TREATED, marker=MARKERS[kind], linestyle="none", markersize=4.4)
        for kind in found
    ]
    words = [_KINDS[kind] for kind in found]
    if any(row.low is not None for row in rows):
        marks.append(Line2D([], [], color=TREATED, linewidth=1.2))
        words.append("95 % interval")
    if any(row.unverified for row in rows):
        marks.append(
            Line2D([], [], color=FAINT, marker="o", linewidth=1.2, markersize=4.4,
                   markerfacecolor="#FFFFFF")
        )  # fmt: skip
        words.append("from memory, unverified")
    if measure.mcid is not None:
        marks.append(Line2D([], [], color="#d9dcc8", linewidth=5.0))
        words.append(f"below the least difference of {measure.mcid:g} used")
    figure.legend(
        marks, words, loc="lower left", bbox_to_anchor=(0.03, 1.2 / height),
        ncols=min(len(marks), 4), fontsize=canvas.SMALL_PT - 0.5, frameon=False, borderpad=0.1,
        columnspacing=1.4,
    )  # fmt: skip


def _caption(measure: Measure, rows: Sequence[TrialDifference]) -> str:
    names = dict.fromkeys(row.trial.label for row in rows if row.raw_value != row.value)
    turned = f" Printed the other way and turned here: {', '.join(names)}." if names else ""
    source = ""
    if measure.mcid is not None:
        source = f"; least difference of {measure.mcid:g} used after {measure.mcid_source}"
    return (
        f"{measure.label}: difference between both arms of each trial, positive where augmentation "
        f"did better{source}.{_direction(rows)}{turned}{_knowing(rows)} Trials let in different "
        "patients."
        f"{_crossover(rows)}"
    )


def _direction(rows: Sequence[TrialDifference]) -> str:
    """Say who printed comparator minus augmentation."""
    names = dict.fromkeys(row.trial.label for row in rows if row.raw_words.startswith("sham-"))
    if not names:
        return ""
    return f" {', '.join(names)} printed sham minus vertebroplasty, which has the same sign."


def _knowing(rows: Sequence[TrialDifference]) -> str:
    if not any(row.trial.blinding is Blinding.OPEN for row in rows):
        return ""
    return " In an open trial the patients knew what they got, which answers depend on."


def _crossover(rows: Sequence[TrialDifference]) -> str:
    """Say in which trials patients had changed sides."""
    trials = {row.trial.key: row.trial for row in rows if row.trial.is_mixed(row.days)}
    return "".join(f" † {one.label}: {one.crossover}." for one in trials.values())


_KINDS = {
    Blinding.SHAM: "sham-controlled",
    Blinding.ACTIVE: "active control",
    Blinding.OPEN: "open",
    Blinding.NONE: "no control",
}
