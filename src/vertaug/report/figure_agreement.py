"""Predicted beside observed values: each level as a point, bias and limits of agreement."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.recovery.registry.agreement import Agreement
from vertaug.report import canvas
from vertaug.report.figure_filling_curves import BLUE, FAINT, RED, frame_axes, write_head
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

_HEIGHT_MM = 92.0
_TITLES = {
    "failure_load_n": "Strength",
    "height_anterior_mm": "Anterior height",
    "leak_ml": "Cement outside the vertebra",
}


def draw_agreement(agreement: Agreement) -> Picture:
    """Draw observed over predicted, and their difference over their mean.

    Raises
    ------
    InputError
        If no level has both.
    """
    if not agreement.pairs:
        message = f"no level has {agreement.quantity} both predicted and observed"
        raise InputError(message)
    figure = canvas.new_figure(PAGE_WIDTH_MM, _HEIGHT_MM)
    predicted = np.array([pair.predicted for pair in agreement.pairs], dtype=np.float64)
    observed = np.array([pair.observed for pair in agreement.pairs], dtype=np.float64)
    left = figure.add_axes((0.085, 0.145, 0.385, 0.66))
    right = figure.add_axes((0.585, 0.145, 0.4, 0.66))
    _draw_pairs(left, predicted, observed, agreement.unit)
    _draw_differences(right, predicted, observed, agreement)
    _write_head(figure, agreement)
    return Picture(
        name=f"agreement_{agreement.quantity}_{agreement.procedure}",
        caption=_caption(agreement),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=_HEIGHT_MM,
    )


def _dress(axes: Axes, across: str, up: str) -> None:
    axes.set_xlabel(across, fontsize=canvas.LABEL_PT)
    axes.set_ylabel(up, fontsize=canvas.LABEL_PT)
    frame_axes(axes)


_POINT: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 3.0,
    "markerfacecolor": "#FFFFFF",
}


def _draw_pairs(axes: Axes, predicted: FloatArray, observed: FloatArray, unit: str) -> None:
    low = min(float(predicted.min()), float(observed.min()))
    high = max(float(predicted.max()), float(observed.max()))
    room = 0.06 * max(high - low, 1e-3 * max(abs(high), 1.0))
    ends = (low - room, high + room)
    axes.plot(ends, ends, color=FAINT, linewidth=0.8, linestyle="--")
    axes.plot(predicted, observed, color=BLUE, markeredgewidth=0.8, **_POINT)
    axes.set_xlim(ends)
    axes.set_ylim(ends)
    axes.text(
        0.99, 0.9, "equal", transform=axes.transAxes, ha="right", va="top", color=FAINT,
        fontsize=canvas.SMALL_PT,
    )  # fmt: skip
    _dress(axes, f"Predicted ({unit})", f"Observed ({unit})")


def _draw_differences(
    axes: Axes, predicted: FloatArray, observed: FloatArray, agreement: Agreement
) -> None:
    mean, difference = 0.5 * (predicted + observed), observed - predicted
    axes.plot(mean, difference, color=BLUE, markeredgewidth=0.8, **_POINT)
    axes.axhline(0.0, color=FAINT, linewidth=0.8, linestyle="--")
    for value, words, dash in (
        (agreement.bias, "bias", "-"),
        (agreement.low, "−1.96 SD", ":"),
        (agreement.high, "+1.96 SD", ":"),
    ):
        if value is not None:
            axes.axhline(value, color=RED, linewidth=1.0, linestyle=dash)
            axes.annotate(
                f"{words}: {value:.3g}".replace(": -", ": −"),
                (1.0, value), xycoords=("axes fraction", "data"),
                xytext=(-1, 2), textcoords="offset points", ha="right", va="bottom", color=RED,
                fontsize=canvas.SMALL_PT,
            )  # fmt: skip
    axes.margins(x=0.12, y=0.22)
    _dress(axes, f"Mean of both ({agreement.unit})", f"Observed − predicted ({agreement.unit})")


def _write_head(figure: Figure, agreement: Agreement) -> None:
    title = _TITLES.get(agreement.quantity, agreement.quantity)
    lines = [
        f"{title}, {agreement.procedure}: {len(agreement.pairs)} levels",
        f"Only predicted: {agreement.only_predicted}; only observed: {agreement.only_observed}.",
    ]
    if agreement.not_usable:
        lines[1] += (
            f" {agreement.not_usable} values are of the model and not called predictions by it."
        )
    write_head(figure, lines, top=0.955, step=0.05)


def _caption(agreement: Agreement) -> str:
    return (
        f"{agreement.words[0].upper()}{agreement.words[1:]}. Right: bias and limits of agreement "
        "(mean difference, and 1.96 standard deviations to both sides; Bland and Altman 1986)."
    )
