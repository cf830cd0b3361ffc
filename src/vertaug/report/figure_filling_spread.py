"""How widely sampled injections differ: leaks by path, and the volume at the first stop rule."""

import numpy as np
from matplotlib.axes import Axes

from vertaug.case.augmentation_content import ML
from vertaug.case.filling import FillingSpread
from vertaug.case.spread_figures import LeakOdds, canal_odds, leak_odds
from vertaug.report import canvas
from vertaug.report.figure_filling_curves import BLUE, FAINT, INK, RED, dress, name_lines
from vertaug.report.path_words import ANY, PATHS
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

_HEIGHT_MM = 68.0
TO_CANAL_WORDS = "towards the canal\n(B or posterior wall)"
_MEDIAN = "#6f7b87"


def draw_filling_spread(spread: FillingSpread, level: str, injected_mm3: float) -> Picture | None:
    """Draw the share of samples that leaked by each path, and their volumes at the first stop rule.

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
    done = odds[0].samples
    figure.text(
        0.004, 0.955, _title(spread, done), fontsize=canvas.TITLE_PT + 0.5, fontweight="bold",
        color=INK, va="center",
    )  # fmt: skip
    _draw_odds(figure.add_axes((0.19, 0.17, 0.30, 0.66)), (canal_odds(spread), *odds))
    drawn = _safe_volumes_differ(spread)
    right = figure.add_axes((0.60, 0.17, 0.385, 0.66))
    if drawn:
        _draw_safe(right, spread, injected_mm3)
    else:
        _write_safe(right, spread)
    return Picture(
        name="filling_spread",
        caption=_caption(spread, level, drawn=drawn),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=_HEIGHT_MM,
    )


def _title(spread: FillingSpread, done: int) -> str:
    volume = f"{spread.planned_mm3 * ML:.2f} ml"
    return f"{done} sampled injections: each gets the whole planned volume, {volume}, no stopping"


def _caption(spread: FillingSpread, level: str, *, drawn: bool) -> str:
    right = (
        " Right: share of samples in which no stop rule had been met after a volume, a dot for "
        "each sample that met one; grey: the middle half of the samples."
        if drawn
        else ""
    )
    return (
        f"{len(spread.leaked_mm3)} sampled injections into {level}, each of the whole planned "
        "volume: stop rules are recorded, none stops, so they leak more than an injection that is "
        f"stopped. Left: share of samples with a leak of more than {spread.least_mm3 * ML:.2f} ml "
        "by each path and its 95 % interval (Wilson), which is of chance alone; first: by any of "
        f"the two paths towards the canal.{right} Of the model: no prediction."
    )


def _safe_volumes_differ(spread: FillingSpread) -> bool:
    """Whether a quarter of the samples or more met a rule, so that lines do not coincide."""
    return bool(np.quantile(spread.safe_volume_mm3, 0.25) < spread.planned_mm3 - 5.0)


def _write_safe(axes: Axes, spread: FillingSpread) -> None:
    """Say in words what a plot would show as lines on one place."""
    met = np.sort(spread.safe_volume_mm3[spread.stopped]) * ML
    done = len(spread.safe_volume_mm3)
    planned = f"{spread.planned_mm3 * ML:.2f} ml"
    words = f"None of the {done} samples met a stop rule within the planned {planned}."
    if len(met):
        first = f"the first after {met[0]:.2f} ml"
        words = (
            f"{len(met)} of {done} samples met a stop rule within the planned {planned}, {first}; "
            f"the other {done - len(met)} met none."
        )
    axes.set_axis_off()
    axes.set_title(
        "Volume at the first stop rule",
        fontsize=canvas.TITLE_PT,
        fontweight="bold",
        loc="left",
        color=INK,
        pad=4,
    )
    axes.text(
        0.0, 0.92, "\n".join(canvas.wrap(words, 66.0, canvas.LABEL_PT + 1.0)), color=INK,
        transform=axes.transAxes, ha="left", va="top", fontsize=canvas.LABEL_PT + 1.0,
        linespacing=1.4,
    )  # fmt: skip


def _draw_odds(axes: Axes, odds: tuple[LeakOdds, ...]) -> None:
    dress(axes, "Share of the samples (%)", "Leakage by path, in the model")
    for row, one in enumerate(reversed(odds)):
        colour = INK if one.path in PATHS else RED  # sums over paths
        axes.plot([100 * one.low, 100 * one.high], [row, row], color=colour, linewidth=1.4)
        for end in (one.low, one.high):
            axes.plot([100 * end] * 2, [row - 0.15, row + 0.15], color=colour, linewidth=1.0)
        axes.plot(100 * one.share, row, "o", color=colour, markersize=4.0, clip_on=False)
        axes.annotate(
            f"{one.count} of {one.samples}", xy=(1.02, row), xycoords=("axes fraction", "data"),
            fontsize=canvas.SMALL_PT - 0.5, ha="left", va="center", color=INK,
        )  # fmt: skip
    sums = {"any": ANY, "towards_canal": TO_CANAL_WORDS}
    names = [(PATHS | sums)[one.path] for one in reversed(odds)]
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
        (f"median {middle:.2f} ml", _MEDIAN, "-"),
        (f"planned {planned:.2f} ml", FAINT, "--"),
        (f"the injection shown {injected_mm3 * ML:.2f} ml", INK, ":"),
    ]
    name_lines(axes, lines, "lower left")
