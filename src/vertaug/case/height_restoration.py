"""What heights of a body gained, by the four measures in use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HeightRestoration:
    """What one height gained, as the four measures in use; they are not the same.

    Attributes
    ----------
    hr_mm : float
        ``H_post - H_pre``.
    hr_pre_percent : float
        Of the height before.
    hr_lost_percent : float or None
        Of the height that was lost, ``H_ref - H_pre``; None if that is below 2 mm or the
        reference is not known.
    hr_ref_percent : float or None
        Of the reference height; None if that is not known.
    """

    hr_mm: float
    hr_pre_percent: float
    hr_lost_percent: float | None
    hr_ref_percent: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRestoration:
    """What the three heights of a body gained."""

    anterior: HeightRestoration
    middle: HeightRestoration
    posterior: HeightRestoration
