"""The strength of a level after the balloons and with the cement of its simulated kyphoplasty."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from vertaug.case.case_content import CaseResults
from vertaug.case.errors import ComputationError, InputError
from vertaug.case.kyphoplasty import BalloonCourse, SimulatedKyphoplasty
from vertaug.case.plan import AccessPlan, Procedure
from vertaug.case.strength import StrengthAssessment
from vertaug.workflow.strength_choice import StrengthChoice, neighbour_notes, options_of
from vertaug.workflow.strength_limits import list_case_limits

if TYPE_CHECKING:
    from vertaug.augmentation.balloon.product import Balloon
    from vertaug.augmentation.deflated_bone import DeflatedBone

Tell = Callable[[str, float], None]
"""Takes (message, fraction)."""
KYPHOPLASTY_STRENGTH = "kyphoplasty_strength"
DEFLATION = "deflation"
"""Steps under which they are stored."""


def deflate_case(results: CaseResults, balloon: "Balloon", tell: Tell) -> "DeflatedBone":
    """Return where the bone went in the inflation and deflation of a simulated kyphoplasty.

    What the balloon step stores are balloons, cavity and bone in the cells of the cement. The
    motion of the bone is found by the same inflation once more, which comes out the same to the
    last bit; if it does not, the strength would be of another vertebra.

    Parameters
    ----------
    results : CaseResults
        With a kyphoplasty.
    balloon : Balloon
        That was inflated.
    tell : callable

    Raises
    ------
    ComputationError
        If the cavities are not those of the stored inflation.
    """
    from vertaug.augmentation.deflated_bone import deflated_bone
    from vertaug.augmentation.kyphoplasty import BalloonChoice, treat_with_balloon

    simulated = _simulated(results, results.kyphoplasty.level if results.kyphoplasty else "")
    course = simulated.balloon
    assert course is not None  # without a balloon no bone moved
    setup, vertebra = course.setup, results.spine[simulated.level]
    found = treat_with_balloon(
        vertebra,
        results.calibration,
        _plan_of(results, course).paths,
        BalloonChoice(
            balloon=balloon,
            volume_ml=setup.wanted_ml,
            preload_n=setup.preload_n,
            contact_mm=setup.contact_mm,
            spacing_mm=setup.spacing_mm,
        ),
        progress=lambda share, message: tell(f"bone after the balloons: {message}", share),
    )
    ends = [found.bone.to_world(c.points_mm).astype(np.float32) for c in found.cavities]
    kept = course.frames[-1].points_lps_mm
    same = len(ends) == len(kept) and all(map(np.array_equal, ends, kept))
    if not same:
        message = (
            "the balloons came out otherwise than when they were inflated: their bone is not that "
            "of this kyphoplasty; simulate it again"
        )
        raise ComputationError(message)
    return deflated_bone(vertebra, found)


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


def _plan_of(results: CaseResults, course: BalloonCourse) -> AccessPlan:
    assert results.planning is not None  # the balloons were placed on its paths
    plans = [p for p in results.planning.plans if p.procedure is Procedure.KYPHOPLASTY]
    return plans[course.setup.plan_number - 1]
