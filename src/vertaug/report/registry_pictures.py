"""The pictures of a registry's summary."""

from collections.abc import Iterator

from vertaug.case.errors import InputError
from vertaug.recovery.registry.observed_mean import MEASURES, mean_course
from vertaug.recovery.registry.summary import RegistrySummary
from vertaug.report.figure_agreement import draw_agreement
from vertaug.report.figure_new_fractures import draw_new_fractures
from vertaug.report.figure_outcome_curves import draw_outcome_curves
from vertaug.report.picture import Picture

_LABEL = "this registry"


def draw_summary(summary: RegistrySummary) -> Iterator[tuple[str, Picture]]:
    """Yield names of files without ending, and pictures of what is known."""
    for what in dict.fromkeys(point.what for point in summary.scores):
        measure = MEASURES.get(what.instrument)
        course = mean_course(what, summary.scores, f"{_LABEL}, {what.instrument}")
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
