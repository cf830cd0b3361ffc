"""The bone of a case's levels as cement meets it, surveyed once in a run."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vertaug.augmentation.cement.survey import BoneSurvey
    from vertaug.case.case_content import CaseResults

Surveys = Callable[[str, float], "BoneSurvey"]
"""Takes a level and the size of the cells in mm."""


def surveys_of(results: "CaseResults") -> Surveys:
    """Return what surveys the levels of a case, each for each size of cells once, when asked for.

    What it returns is shared by all who ask: procedures and steps of one run.

    Parameters
    ----------
    results : CaseResults
        With a calibration.
    """

    @cache
    def survey(level: str, spacing_mm: float) -> "BoneSurvey":
        from vertaug.augmentation.cement.survey import survey_bone

        return survey_bone(
            results.spine[level],
            results.calibration,
            results.spine.scan.grid,
            spacing_mm=spacing_mm,
        )

    return survey
