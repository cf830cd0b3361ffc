"""What the rings of leaks mean, below a figure."""

from matplotlib.figure import Figure

from vertaug.case.augmentation_content import ML
from vertaug.case.filling import Filling
from vertaug.report import canvas
from vertaug.report.leak_marks import MOST_MM3, SEEN_MM3, drawn_leaks, ring_style

_KEY_MM, _BARE_MM = 6.4, 2.6
_MIDDLE_MM = 3.0
"""Of the line of rings above the lower edge."""
_BETWEEN_MM3 = 200.0
_ITEMS = (
    (0.0, 3.0, f"less than {SEEN_MM3 * ML:.2f} ml: not seen on a radiograph"),
    (SEEN_MM3, 62.0, f"{SEEN_MM3 * ML:.2f} ml"),
    (_BETWEEN_MM3, 79.0, f"{_BETWEEN_MM3 * ML:.1f} ml"),
    (MOST_MM3, 97.0, f"{MOST_MM3 * ML:.1f} ml or more left the bone"),
)
"""Volume, place from the left edge in mm, words."""


def foot_mm(filling: Filling) -> float:
    """Return how much room a figure leaves below its panels.

    Parameters
    ----------
    filling : Filling
    """
    return _KEY_MM if drawn_leaks(filling) else _BARE_MM


def draw_leak_key(figure: Figure, filling: Filling, size_mm: tuple[float, float]) -> None:
    """Draw a ring of each kind with its volume below the panels; nothing without leaks.

    Parameters
    ----------
    figure : Figure
    filling : Filling
    size_mm : (float, float)
        Width and height of the figure.
    """
    if not drawn_leaks(filling):
        return
    wide, tall = size_mm
    axes = figure.add_axes((0.0, 0.0, 1.0, _KEY_MM / tall))
    axes.set_axis_off()
    axes.set_xlim(0.0, wide)
    axes.set_ylim(0.0, _KEY_MM)
    for volume, x, words in _ITEMS:
        axes.scatter([x], [_MIDDLE_MM], **ring_style(volume))
        axes.text(
            x + 4.0, _MIDDLE_MM, words, fontsize=canvas.SMALL_PT, va="center", color="#14181d"
        )
