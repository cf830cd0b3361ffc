"""Colours, sizes and words that all figures and pages share.

The colours are those of Okabe and Ito (2008), told apart with any colour vision; wherever a
colour carries meaning, a shape or a word carries it too.
"""

from dataclasses import dataclass
from enum import StrEnum

NEEDLE_COLOUR = "#56B4E9"
NEEDLE_UNSAFE_COLOUR = "#FF5A36"
BONE_COLOUR = "#F0E442"
PEDICLE_COLOUR = "#E69F00"
WALL_COLOUR = "#56B4E9"
CANAL_COLOUR = "#E78AC3"
LANDMARK_COLOUR = "#00E0A4"
ENDPLATE_COLOUR = "#56B4E9"
HEIGHT_COLOUR = "#F0E442"
MARGIN_COLOUR = "#FFFFFF"
ENTRY_COLOUR = "#FFFFFF"
PAPER = "#FFFFFF"
FILM = "#0b0c0f"
"""Background of pictures; also where the scan has no data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayWindow:
    """CT display window in HU."""

    centre_hu: float
    width_hu: float

    @property
    def limits_hu(self) -> tuple[float, float]:
        """Darkest and brightest HU."""
        return self.centre_hu - self.width_hu / 2, self.centre_hu + self.width_hu / 2

    @property
    def words(self) -> str:
        """The window as it is printed."""
        return f"W {self.width_hu:.0f} / L {self.centre_hu:.0f} HU"


BONE_WINDOW = DisplayWindow(centre_hu=300.0, width_hu=1400.0)


class Mark(StrEnum):
    """How a margin or a plan stands; shape and word tell it without colour."""

    KEPT = "kept"
    NARROW = "narrow"
    CAUTION = "caution"
    UNCERTAIN = "uncertain"
    UNVERIFIED = "unverified"
    CUT = "not kept"
    NONE = ""
