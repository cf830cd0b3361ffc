"""The pictures of a registry's summary."""

import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PIL import Image

from vertaug.case.errors import InputError
from vertaug.recovery.registry.made_up import MADE_UP_WORDS
from vertaug.recovery.registry.observed_mean import MEASURES, mean_course
from vertaug.recovery.registry.summary import RegistrySummary
from vertaug.report import canvas
from vertaug.report.figure_agreement import draw_agreement
from vertaug.report.figure_new_fractures import draw_new_fractures
from vertaug.report.figure_outcome_curves import draw_outcome_curves
from vertaug.report.picture import Picture

_LABEL = "this registry"
_LABEL_MADE_UP = "made-up patients"
_STRIP_MM = 6.5
_STRIP = "#B3261E"


def draw_summary(summary: RegistrySummary) -> Iterator[tuple[str, Picture]]:
    """Yield names of files without ending, and pictures of what is known.

    Those of made-up patients carry that over their whole width.
    """
    for name, picture in _draw(summary):
        yield name, _mark(picture) if summary.made_up else picture


def _mark(picture: Picture) -> Picture:
    """Return a picture under a strip that says that its patients are made up."""
    figure = canvas.new_figure(picture.width_mm, _STRIP_MM)
    figure.set_facecolor(_STRIP)
    text = figure.text(
        0.5, 0.5, MADE_UP_WORDS, color="#FFFFFF", ha="center", va="center",
        fontsize=canvas.TITLE_PT + 1.0, fontweight="bold",
    )  # fmt: skip
    canvas.fit_text(text, 0.98 * figure.bbox.width)
    below = Image.open(io.BytesIO(picture.png)).convert("RGB")
    strip = Image.fromarray(np.ascontiguousarray(canvas.pixels(figure)[..., :3]))
    page = Image.new("RGB", (below.width, strip.height + below.height), "#FFFFFF")
    page.paste(strip.resize((below.width, strip.height)), (0, 0))
    page.paste(below, (0, strip.height))
    buffer = io.BytesIO()
    page.save(buffer, format="PNG", dpi=(canvas.FIGURE_DPI, canvas.FIGURE_DPI))
    return replace(
        picture,
        png=buffer.getvalue(),
        height_mm=picture.height_mm + _STRIP_MM,
        caption=f"{MADE_UP_WORDS} {picture.caption}",
    )


def _draw(summary: RegistrySummary) -> Iterator[tuple[str, Picture]]:
    label = _LABEL_MADE_UP if summary.made_up else _LABEL
    for what in dict.fromkeys(point.what for point in summary.scores):
        measure = MEASURES.get(what.instrument)
        course = mean_course(what, summary.scores, f"{label}, {what.instrument}")
        if measure is None or course is None:
            continue
        try:
            yield (
                f"{what.instrument}_beside_trials",
                draw_outcome_curves(measure, what.scale, course),
            )
        except InputError:
            continue  # no trial has a course of it on this scale
    if summary.fractures.steps:
        picture = draw_new_fractures(summary.fractures)
        yield picture.name, picture
    for agreement in summary.agreements:
        if agreement.pairs:
            picture = draw_agreement(agreement)
            yield picture.name, picture
