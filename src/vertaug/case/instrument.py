"""Needles: gauge, outer diameter, length."""

from dataclasses import dataclass

from vertaug.case.errors import InputError

# Physics reference 6.2; outer diameters recalled there, so they are shown as editable.
_OUTER_DIAMETER_MM: dict[int, float] = {8: 4.19, 10: 3.40, 11: 3.05, 13: 2.41, 15: 1.83}
NEEDLE_GAUGES: tuple[int, ...] = tuple(_OUTER_DIAMETER_MM)
"""Gauges with a known outer diameter, thickest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needle:
    """A straight bone needle or cannula.

    Attributes
    ----------
    gauge : int
        Nominal gauge.
    outer_diameter_mm : float
        Outer diameter.
    usable_length_mm : float
        Longest reach from the skin; 150 mm is the long version of common sets.
    source : str
        Where the diameter comes from.
    """

    gauge: int
    outer_diameter_mm: float
    usable_length_mm: float = 150.0
    source: str = "usual of the gauge, not re-read"

    def __post_init__(self) -> None:
        if not 0.3 <= self.outer_diameter_mm <= 8.0:
            message = f"a needle of {self.outer_diameter_mm} mm outer diameter is not a bone needle"
            raise InputError(message)
        if self.usable_length_mm <= 0:
            message = f"needle length must be positive; got {self.usable_length_mm} mm"
            raise InputError(message)

    @property
    def radius_mm(self) -> float:
        """Outer radius."""
        return self.outer_diameter_mm / 2


def needle_of_gauge(gauge: int) -> Needle:
    """Return the needle of a nominal gauge.

    Raises
    ------
    InputError
        If the gauge has no known diameter.
    """
    if gauge not in _OUTER_DIAMETER_MM:
        known = ", ".join(str(g) for g in NEEDLE_GAUGES)
        message = f"unknown needle gauge {gauge}; known: {known}"
        raise InputError(message)
    return Needle(gauge=gauge, outer_diameter_mm=_OUTER_DIAMETER_MM[gauge])
