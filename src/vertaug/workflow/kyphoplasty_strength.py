"""The strength of a level after the balloons and with the cement of its simulated kyphoplasty."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from vertaug.case.case_content import CaseResults
from vertaug.case.errors import InputError
from vertaug.case.kyphoplasty import SimulatedKyphoplasty
from vertaug.case.strength import StrengthAssessment
from vertaug.workflow.strength_choice import StrengthChoice, neighbour_notes, options_of
from vertaug.workflow.strength_limits import list_case_limits

if TYPE_CHECKING:
    from vertaug.augmentation.deflated_bone import DeflatedBone

Tell = Callable[[str, float], None]
"""Takes (message, fraction)."""
KYPHOPLASTY_STRENGTH = "kyphoplasty_strength"
"""Step under which it is stored."""


def assess_kyphoplasty(
    results: CaseResults,
    choice: StrengthChoice,
    moved: "Callable[[], DeflatedBone] | None",
    tell: Tell,
) -> StrengthAssessment:
    """Return the strength with the cement of the kyphoplasty beside that as scanned.

    Without a balloon it is computed as that of a vertebroplasty is.

    Parameters
    ----------
    results : CaseResults
        With a kyphoplasty and the strength of its level as scanned.
    choice : StrengthChoice
    moved : callable or None
        Gives the bone after the balloons; None without a balloon.
    tell : callable

    Raises
    ------
    InputError, ComputationError
        As `vertaug.mechanics.changed_body.assess_changed`.
    """
    scanned = results.strength
    assert scanned is not None  # asked for together
    level = scanned.level
    simulated, options = _simulated(results, level), options_of(choice.without_cement())
    vertebra, filling = results.spine[level], simulated.cement.result.filling
    if moved is None:
        from vertaug.mechanics.comparison import assess_strength

        found = assess_strength(
            vertebra,
            results.calibration,
            options,
            tell=tell,
            filling=filling,
            scanned=cache(lambda: scanned),
        )
        found = replace(found, neighbour=scanned.neighbour, no_neighbour=scanned.no_neighbour)
    else:
        from vertaug.augmentation.deflated_model import model_after_balloons
        from vertaug.mechanics.changed_body import assess_changed

        bone = moved()
        tell("model after the balloons", 0.0)
        changed = model_after_balloons(
            vertebra, results.calibration, bone, options.material, spacing_mm=choice.spacing_mm
        )
        found = assess_changed(changed, filling, scanned, options, tell)
    limits = list_case_limits(results, level, choice.spacing_mm, simulated=simulated.cement)
    return replace(found, notes=(*neighbour_notes(found), *limits, *found.notes))


def _simulated(results: CaseResults, level: str) -> SimulatedKyphoplasty:
    simulated = results.kyphoplasty
    if simulated is None or simulated.level != level:
        message = (
            f"no kyphoplasty of {level} is simulated in this case; simulate it with: vertaug "
            f"simulate CASE --level {level} --procedure kyphoplasty"
        )
        raise InputError(message)
    return simulated
