"""How a vertebra is loaded between two platens."""

from dataclasses import dataclass
from enum import Enum

from vertaug.case.errors import InputError

_LARGEST_ANGLE_DEG = 45.0


class Motion(Enum):
    """What the superior platen does; the inferior one stays."""

    COMPRESSION = "compression"
    FLEXION = "flexion"
    EXTENSION = "extension"
    BEND_LEFT = "bend_left"
    BEND_RIGHT = "bend_right"

    @property
    def is_bending(self) -> bool:
        """Whether the platen turns instead of moving down."""
        return self is not Motion.COMPRESSION


class Platen(Enum):
    """Whether bone may slide along a platen."""

    SLIDING = "sliding"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCase:
    """One motion of the superior platen.

    Attributes
    ----------
    motion : Motion
    displacement_mm : float
        How far the platen moves down, for compression. 0.2 mm is the step of the published
        benchmark (Walle, Matheson, Boyd, GigaScience 2025 giaf094).
    angle_deg : float
        How far it turns about the middle of its face, for bending; a design default.
    platen : Platen
    """

    motion: Motion = Motion.COMPRESSION
    displacement_mm: float = 0.2
    angle_deg: float = 0.2
    platen: Platen = Platen.SLIDING

    def __post_init__(self) -> None:
        object.__setattr__(self, "motion", Motion(self.motion))
        object.__setattr__(self, "platen", Platen(self.platen))
        if not 0.0 < self.displacement_mm <= 20.0:
            message = (
                f"a platen moves down by more than 0 and at most 20 mm; got "
                f"{self.displacement_mm:g} mm"
            )
            raise InputError(message)
        if not 0.0 < self.angle_deg <= _LARGEST_ANGLE_DEG:
            message = (
                f"a platen turns by more than 0 and at most {_LARGEST_ANGLE_DEG:g} degrees; got "
                f"{self.angle_deg:g}"
            )
            raise InputError(message)
