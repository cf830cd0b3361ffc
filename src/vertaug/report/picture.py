"""A picture of the report: its bytes, size and caption."""

from dataclasses import dataclass

PAGE_WIDTH_MM = 182.0
"""Width of the text on the page."""
_FOOT_MM = 2.6
_HEAD_MM = 4.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture of the report.

    Attributes
    ----------
    name : str
        File name without its ending; ``key`` is the one of the first page.
    caption : str
        What is seen, in words.
    png : bytes
        The picture.
    width_mm, height_mm : float
        Printed size.
    """

    name: str
    caption: str
    png: bytes
    width_mm: float
    height_mm: float


def panel_rect(
    left: float, width: float, figure_height_mm: float
) -> tuple[float, float, float, float]:
    """Return a panel between the title strip and the foot, in fractions of the figure."""
    foot, head = _FOOT_MM / figure_height_mm, _HEAD_MM / figure_height_mm
    return left, foot, width, 1.0 - foot - head


def is_film(name: str) -> bool:
    """Whether a picture shows radiographs of the needles, which fill pages of their own."""
    return name.startswith(("fluoroscopy", "needle_steps"))
