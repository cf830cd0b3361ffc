"""A needle in the planes that hold it, and across it."""

from vertaug.case.plan import NeedlePath
from vertaug.case.spine import Spine
from vertaug.report.picture import PAGE_WIDTH_MM, Picture, panel_rect

OUTLINE_WORDS = (
    "Yellow: surface of the bone. Orange: pedicles. Pink: canal. Blue: needle, drawn with its "
    "outer diameter (red if a margin is not kept); white dot: bone entry. Distances in mm."
)
_HEIGHT_MM = 64.0


def draw_needle(spine: Spine, level: str, path: NeedlePath) -> Picture:
    """Draw one needle in its axial and sagittal plane and across it.

    Parameters
    ----------
    spine : Spine
        With the CT.
    level : str
    path : NeedlePath
    """
    from vertaug.report import canvas, figure_needle

    vertebra = spine[level]
    figure = canvas.new_figure(PAGE_WIDTH_MM, _HEIGHT_MM)
    for left, wide, add in (
        (0.365, 0.365, figure_needle.add_sagittal_panel),
        (0.735, 0.265, figure_needle.add_coronal_panel),
    ):
        add(figure, panel_rect(left, wide, _HEIGHT_MM), spine, vertebra, path)
    rect = panel_rect(0.0, 0.36, _HEIGHT_MM)
    figure_needle.add_axial_panel(figure, rect, spine, vertebra, (path,))
    state = "" if path.safe else " MARGIN NOT KEPT: " + "; ".join(path.violations) + "."
    caption = (
        f"The {path.side} needle in its axial and sagittal oblique plane, and the coronal "
        "oblique section across it near the pedicle's isthmus, seen from the front. "
        f"{OUTLINE_WORDS}{state}"
    )
    return Picture(
        name=f"needle_{path.side}",
        caption=caption,
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=_HEIGHT_MM,
    )
