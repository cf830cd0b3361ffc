"""Height and angle that a procedure gave back, by the four named formulas (clinical reference)."""

import numpy as np

from vertaug.case.errors import InputError
from vertaug.case.height_restoration import BodyRestoration, HeightRestoration
from vertaug.case.measurement import HeightSet

LEAST_LOSS_MM = 2.0
"""A body that lost less has no share of its loss to give back (clinical reference 2.4)."""


def restore_height(
    before_mm: float, after_mm: float, reference_mm: float | None
) -> HeightRestoration:
    """Return the gain of one height by the four formulas (clinical reference 2.4).

    Parameters
    ----------
    before_mm, after_mm : float
        The same height before and after, measured alike.
    reference_mm : float or None
        What it was before the fracture.

    Raises
    ------
    InputError
        If a height is not positive.
    """
    known = [before_mm, after_mm] if reference_mm is None else [before_mm, after_mm, reference_mm]
    if not all(np.isfinite(h) and h > 0.0 for h in known):
        message = f"heights must be positive to compare them; got {known} mm"
        raise InputError(message)
    gain = after_mm - before_mm
    lost = of_reference = None
    if reference_mm is not None:
        of_reference = 100.0 * gain / reference_mm
        if reference_mm - before_mm >= LEAST_LOSS_MM:
            lost = 100.0 * gain / (reference_mm - before_mm)
    return HeightRestoration(
        hr_mm=gain,
        hr_pre_percent=100.0 * gain / before_mm,
        hr_lost_percent=lost,
        hr_ref_percent=of_reference,
    )


def restore_heights(
    before: HeightSet, after: HeightSet, reference: HeightSet | None
) -> BodyRestoration:
    """Return the gain of the anterior, middle and posterior height, all in mm.

    Raises
    ------
    InputError
        If a height is not positive.
    """
    return BodyRestoration(
        anterior=restore_height(
            before.anterior, after.anterior, None if reference is None else reference.anterior
        ),
        middle=restore_height(
            before.middle, after.middle, None if reference is None else reference.middle
        ),
        posterior=restore_height(
            before.posterior, after.posterior, None if reference is None else reference.posterior
        ),
    )


def correct_angle(before_deg: float, after_deg: float) -> float:
    """Return ``before - after`` of a kyphosis or wedge angle: positive if it improved (2.3)."""
    return before_deg - after_deg
