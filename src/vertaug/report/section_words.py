"""What a section along the vertebra's axes is called, and what lies beside one."""

from typing import Final

SAGITTAL, CORONAL, AXIAL = range(3)
"""The axis across a section: left, posterior, superior of the vertebra."""
_NAMES: Final = ("sagittal", "coronal", "axial")
_MIDDLES: Final = ("midline", "mid-depth", "mid-height")
_SIDES: Final = (
    ("to patient's right", "to patient's left"),
    ("anterior", "posterior"),
    ("caudal", "cranial"),
)
"""Below and above 0 along left, posterior, superior."""


def section_words(axis: int, offset_mm: float) -> str:
    """Return ``sagittal, 9 mm to patient's left``; the middle in whole mm is one.

    Parameters
    ----------
    axis : int
        Across the section.
    offset_mm : float
        From the middle, along left, posterior or superior.
    """
    where = _MIDDLES[axis] if round(abs(offset_mm)) == 0 else beside_words(axis, offset_mm)
    return f"{_NAMES[axis]}, {where}"


def beside_words(axis: int, offset_mm: float) -> str:
    """Return ``9 mm to patient's left`` of what lies that far from a section.

    Parameters
    ----------
    axis : int
        Across the section.
    offset_mm : float
        From the section, along left, posterior or superior.
    """
    return f"{abs(offset_mm):.0f} mm {_SIDES[axis][offset_mm > 0.0]}"
