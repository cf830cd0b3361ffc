"""How widely sampled injections differ: leaks by path with intervals, and the safe volume."""

import numpy as np
from matplotlib.axes import Axes

from vertaug.case.augmentation_content import ML
from vertaug.case.filling import FillingSpread
from vertaug.case.spread_figures import LeakOdds, leak_odds
from vertaug.report import canvas
from vertaug.report.figure_filling_curves import BLUE, FAINT, INK, RED, dress, name_lines
from vertaug.report.path_words import ANY, PATHS
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

_HEIGHT_MM = 60.0
_MEDIAN = "#9aa7b3"


def draw_filling_spread(spread: FillingSpread, level: str, injected_mm3: float) -> Picture | None:
    """Draw the share of samples that leaked by each path, and their safe volumes.

    Parameters
    ----------
    spread : FillingSpread
    level : str
    injected_mm3 : float
        In the one injection that the other pictures show.
    """
    odds = leak_odds(spread)
    if not odds:
        return None
    figure = canvas.new_figure(PAGE_WIDTH_MM, _HEIGHT_MM)
    left = figure.add_axes((0.19, 0.20, 0.30, 0.66))
    _draw_odds(left, odds)
    right = figure.add_axes((0.60, 0.20, 0.385, 0.66))
    _draw_safe(right, spread, injected_mm3)
    done = odds[0].samples
    return Picture(
        name="filling_spread",
        caption=(
            f"{done} sampled injections into {level}. Left: share of samples with a leak by each "
            "path and its 95 % interval (Wilson), which is of chance alone. Right: share of "
            "samples in which no stop rule had been met after a volume, a dot for each sample that "
            "met one; grey: the middle half of the samples. Of the model: no prediction."
        ),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=_HEIGHT_MM,
    )


def _draw_odds(axes: Axes, odds: tuple[LeakOdds, ...]) -> None:
    dress(axes, "Share of the samples (%)", "Leakage by path, in the model")
    for row, one in enumerate(reversed(odds)):
        colour = INK if one.path in PATHS else RED
        axes.plot([100 * one.low, 100 * one.high], [row, row], color=colour, linewidth=1.4)
        for end in (one.low, one.high):
            axes.plot([100 * end] * 2, [row - 0.15, row + 0.15], color=colour, linewidth=1.0)
        axes.plot(100 * one.share, row, "o", color=colour, markersize=4.0, clip_on=False)
        axes.annotate(
            f"{one.count} of {one.samples}", xy=(1.02, row), xycoords=("axes fraction", "data"),
            fontsize=canvas.SMALL_PT - 0.5, ha="left", va="center", color=colour,
        )  # fmt: skip
    names = [PATHS.get(one.path, ANY) for one in reversed(odds)]
    axes.set_yticks(range(len(names)), names, fontsize=canvas.SMALL_PT)
    axes.set_ylim(-0.6, len(names) - 0.2)
    axes.set_xlim(0.0, 100.0)


def _draw_safe(axes: Axes, spread: FillingSpread, injected_mm3: float) -> None:
    """Draw how many samples had met no stop rule yet after each volume."""
    dress(axes, "Injected volume (ml)", "Samples without a stop rule met (%)")
    met = np.sort(spread.safe_volume_mm3[spread.stopped]) * ML
    done = len(spread.safe_volume_mm3)
    planned = spread.planned_mm3 * ML
    x = np.concatenate([[0.0], met, [planned]])
    y = 100.0 * (1.0 - np.concatenate([[0], np.arange(1, len(met) + 1), [len(met)]]) / done)
    low, middle, high = np.quantile(spread.safe_volume_mm3 * ML, [0.25, 0.5, 0.75])
    axes.axvspan(low, high, color="#e9edf1", zorder=0, linewidth=0)
    axes.plot(x, y, color=BLUE, linewidth=1.4, drawstyle="steps-post")
    axes.axvline(middle, color=_MEDIAN, linewidth=1.4)
    if len(met):
        # with few samples the steps alone do not show how few there are
        axes.plot(met, y[1:-1], "o", color=BLUE, markersize=2.4)
    axes.axvline(planned, color=FAINT, linewidth=0.9, linestyle="--")
    axes.axvline(injected_mm3 * ML, color=INK, linewidth=0.9, linestyle=":")
    axes.set_ylim(0.0, 104.0)
    axes.set_xlim(0.0, 1.04 * max(planned, injected_mm3 * ML))
    lines = [
        (f"median {middle:.1f} ml", _MEDIAN, "-"),
        (f"planned {planned:.1f} ml", FAINT, "--"),
        (f"the injection shown {injected_mm3 * ML:.1f} ml", INK, ":"),
    ]
    name_lines(axes, lines, "lower left")
