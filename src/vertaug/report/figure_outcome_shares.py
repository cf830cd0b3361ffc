"""How many of 100 patients had an outcome, in both arms of trials, each with its interval."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vertaug.recovery.trial_share import TrialShare, trial_shares
from vertaug.report import canvas
from vertaug.report.outcome_style import CONTROL, TREATED, dress_rows, time_words, write_row
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

_ROW_MM, _TOP_MM, _FOOT_MM = 13.5, 2.0, 15.5
_LEFT, _RIGHT = 0.38, 0.74
_APART = 0.13
"""Half the distance of both arms, in rows."""


def draw_outcome_shares() -> Picture:
    """Draw how many of 100 patients had an outcome in both arms of a trial."""
    shares = trial_shares()
    height = _TOP_MM + _FOOT_MM + _ROW_MM * len(shares)
    figure = canvas.new_figure(PAGE_WIDTH_MM, height)
    axes = figure.add_axes(
        (_LEFT, _FOOT_MM / height, _RIGHT - _LEFT, (height - _FOOT_MM - _TOP_MM) / height)
    )
    axes.set_xlim(0, 100)
    axes.set_ylim(len(shares) - 0.5, -0.5)
    dress_rows(axes)
    axes.set_xlabel("patients of 100", fontsize=canvas.LABEL_PT)
    for place, share in enumerate(shares):
        _draw_share(axes, place, share)
    _draw_key(figure, height)
    return Picture(
        name="outcome_shares",
        caption=share_caption(shares),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=height,
    )


def share_caption(shares: tuple[TrialShare, ...]) -> str:
    """Return what is said under the picture, and which trials may be chance."""
    open_ones = [
        f"{share.what} ({share.trial.label}, {share.chance})"
        for share in shares
        if share.chance_is_likely
    ]
    chance = f" May be chance: {'; '.join(open_ones)}." if open_ones else ""
    return (
        "How many of 100 patients, in both arms of controlled trials: circle with augmentation, "
        "square without. Bars: 95 % interval of each share, computed here from its count "
        f"(Wilson). New fractures are of any level.{chance} Shares need a limit that somebody "
        "chose; trials that found no difference of means are in the other pictures."
    )


def _draw_share(axes: Axes, place: int, share: TrialShare) -> None:
    """Draw one pair with intervals and numbers."""
    good = "more is good" if share.more_is_good else "fewer is good"
    trial = share.trial
    write_row(axes, place - 0.27, f"{share.what}, {time_words(share.timepoint)}", 0.02, bold=True)
    write_row(axes, place, f"{trial.label}, against {trial.comparator}", 0.02)
    write_row(axes, place + 0.25, f"{trial.blinding_words}; {good}", 0.02)
    rows = zip(
        (share.treated_percent, share.control_percent), share.intervals,
        (share.treated_n, share.control_n), "os", (TREATED, CONTROL), ("with", "without"),
        (-_APART, _APART), strict=True,
    )  # fmt: skip
    for value, interval, n, marker, colour, word, shift in rows:
        at = place + shift
        axes.plot([value], [at], linestyle="none", marker=marker, markersize=5.0, color=colour)
        if interval is not None:
            axes.plot(interval, [at, at], color=colour, linewidth=1.1)
        write_row(axes, at - 0.14, f"{word}: {value:g} of 100 (n {n})", _RIGHT + 0.012)
    if share.chance:
        words = "may be chance" if share.chance_is_likely else "unlikely to be chance"
        write_row(
            axes, place + 0.3, f"{share.chance}: {words}", _RIGHT + 0.012,
            bold=bool(share.chance_is_likely),
        )  # fmt: skip


def _draw_key(figure: Figure, height: float) -> None:
    """Name the marks under the plot."""
    marks = [
        Line2D([], [], color=TREATED, linewidth=1.1, marker="o", markersize=5.0),
        Line2D([], [], color=CONTROL, linewidth=1.1, marker="s", markersize=5.0),
    ]
    words = ["with augmentation", "without; bars: 95 % interval (Wilson)"]
    figure.legend(
        marks, words, loc="lower left", bbox_to_anchor=(0.03, 1.2 / height), ncols=2,
        fontsize=canvas.SMALL_PT - 0.5, frameon=False, borderpad=0.1,
    )  # fmt: skip
