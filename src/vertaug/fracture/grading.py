"""Ratios, height losses, Genant-style grade and shape (clinical reference 2.2)."""

import math
from dataclasses import dataclass

from vertaug.case.measurement import FractureShape, HeightSet

GRADE_1_PERCENT = 20.0
GRADE_2_PERCENT = 25.0
GRADE_3_PERCENT = 40.0
BORDERLINE_PERCENT = 15.0
"""Loss from which a level of grade 0 is borderline (0.5 in Genant's reading, usually 15-20 %) and
no measure for its neighbours."""

LOW_BODY_RATIO = 0.6
"""Greatest height over depth of a body below which it is low by itself. Design default: intact
bodies have 0.76 to 0.88 in our CTs and about 0.7 in cadavers (Panjabi, Spine 1992;17:299)."""

# Losses come from differences of floating-point heights; a loss of exactly 20 % must be grade 1.
_ROUNDING_PERCENT = 1e-9
_MARGIN_PERCENT = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileLoss:
    """Largest loss along the mid-sagittal profile.

    Attributes
    ----------
    percent : float
        ``(1 - height / reference) * 100``.
    share : float
        Where, as a share of the depth from the anterior wall.
    """

    percent: float
    share: float


def compute_own_ratios(heights: HeightSet) -> HeightSet:
    """Return heights divided by the own posterior height: wedge, biconcave, 1."""
    return HeightSet(
        anterior=heights.anterior / heights.posterior,
        middle=heights.middle / heights.posterior,
        posterior=1.0,
    )


def compute_loss(heights: HeightSet, reference: HeightSet) -> HeightSet:
    """Return ``(1 - height / reference) * 100``; negative where the body is taller."""
    return HeightSet(
        anterior=100.0 * (1.0 - heights.anterior / reference.anterior),
        middle=100.0 * (1.0 - heights.middle / reference.middle),
        posterior=100.0 * (1.0 - heights.posterior / reference.posterior),
    )


def largest_loss(loss_percent: HeightSet) -> float:
    """Return the largest of the three losses."""
    return max(loss_percent.anterior, loss_percent.middle, loss_percent.posterior)


def grade_loss(percent: float) -> int:
    """Return the Genant grade of a height loss, quantitative.

    Grade 1 from 20 to below 25 %, 2 from 25 to 40 % inclusive, 3 above (Genant 1993; the
    half-open choice is the design default of clinical reference 2.2).

    Raises
    ------
    ValueError
        If the loss is NaN: an unknown height is not an intact one.
    """
    if math.isnan(percent):
        message = "a height loss that is not a number has no grade"
        raise ValueError(message)
    if percent > GRADE_3_PERCENT + _ROUNDING_PERCENT:
        return 3
    if percent >= GRADE_2_PERCENT - _ROUNDING_PERCENT:
        return 2
    return 1 if percent >= GRADE_1_PERCENT - _ROUNDING_PERCENT else 0


def classify_shape(loss_percent: HeightSet, profile: ProfileLoss | None = None) -> FractureShape:
    """Return the shape by the most reduced height (Genant 1993).

    Crush if the posterior height is the most reduced or all three are fractured (at least
    20 %); otherwise wedge (anterior) or biconcave (middle). If none of the three reaches
    grade 1 but the profile between them does, the third of the depth where it is lowest decides;
    none below grade 1.
    """
    losses = (loss_percent.anterior, loss_percent.middle, loss_percent.posterior)
    worst = max(losses)
    if grade_loss(worst) > 0:
        if loss_percent.posterior == worst or grade_loss(min(losses)) > 0:
            return FractureShape.CRUSH
        return FractureShape.WEDGE if loss_percent.anterior == worst else FractureShape.BICONCAVE
    if profile is None or grade_loss(profile.percent) == 0:
        return FractureShape.NONE
    if profile.share < 1 / 3:
        return FractureShape.WEDGE
    return FractureShape.BICONCAVE if profile.share <= 2 / 3 else FractureShape.CRUSH


def describe_grade(
    loss_percent: HeightSet, profile: ProfileLoss | None, grade: int
) -> tuple[str, ...]:
    """Return what a reader should know about a grade.

    Says where the loss lies within 3 points of a boundary (the effect of 0.7 mm on a 25 mm
    body, inside the 1 mm repeatability target of clinical reference 2.3), where the profile
    and not the six points decided, and where a level of grade 0 is borderline.
    """
    points = largest_loss(loss_percent)
    notes = []
    decisive = points
    if profile is not None and profile.percent > points:
        decisive = profile.percent
        if grade_loss(points) < grade:
            notes.append(
                f"grade {grade} rests on the mid-sagittal profile, {profile.percent:.0f} % lost at "
                f"{100 * profile.share:.0f} % of the depth from the front; at the six points "
                f"{points:.1f} % is lost (grade {grade_loss(points)})"
            )
    if grade == 0 and decisive >= BORDERLINE_PERCENT:
        notes.append(
            f"height loss {decisive:.1f} % is borderline ({BORDERLINE_PERCENT:.0f} to "
            f"{GRADE_1_PERCENT:.0f} %): the level is no measure for its neighbours"
        )
    notes.extend(
        f"height loss {decisive:.1f} % lies within measurement error of the grade boundary at "
        f"{boundary:.0f} %"
        for boundary in (GRADE_1_PERCENT, GRADE_2_PERCENT, GRADE_3_PERCENT)
        if abs(decisive - boundary) <= _MARGIN_PERCENT
    )
    return tuple(notes)


def is_low_body(heights: HeightSet, depth_mm: float | None) -> bool:
    """Whether a body is low for its own depth, whatever its neighbours are."""
    greatest = max(heights.anterior, heights.middle, heights.posterior)
    return depth_mm is not None and greatest < LOW_BODY_RATIO * depth_mm


def describe_low_body(heights: HeightSet, depth_mm: float, grade: int) -> tuple[str, ...]:
    """Return a sentence where a body is low for its depth but its grade does not say so."""
    if grade >= 2 or not is_low_body(heights, depth_mm):
        return ()
    greatest = max(heights.anterior, heights.middle, heights.posterior)
    text = (
        f"the body is {greatest:.0f} mm high at most and {depth_mm:.0f} mm deep: it may have lost "
        "height all over, which the grade does not show"
    )
    return (text,)
