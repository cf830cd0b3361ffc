"""Balloons on radiographs: AP over lateral, a column for each moment."""

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vertaug.case.kyphoplasty import BalloonCourse
from vertaug.case.spine import Spine
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.matter import find_window, measure_chords
from vertaug.report import canvas
from vertaug.report.balloon_moments import BalloonMoment
from vertaug.report.body_outline import draw_outline, outline_body
from vertaug.report.figure_radiograph import Overlay, Rect, add_radiograph
from vertaug.report.film_grid import draw_film_grid
from vertaug.report.film_words import left_of_image, say_blades, say_sides, seen_from
from vertaug.report.kyphoplasty_films import BalloonFilms, contrast_in
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

_FOOT_MM = 2.6
_CAVITY_COLOUR, _CAVITY_PT = "#FFFFFF", 1.0
_LEAST_MM = 0.5
"""Of a cavity along a ray: its outline."""


def draw_balloon_radiographs(films: BalloonFilms, course: BalloonCourse, spine: Spine) -> Picture:
    """Draw AP over lateral radiographs of the balloons.

    Parameters
    ----------
    films : BalloonFilms
    course : BalloonCourse
    spine : Spine
    """
    rows, level = (films.ap, films.lateral), course.setup.level
    outlines = [
        [outline_body(image.carm, bone) for image, bone in zip(row, films.vertebrae, strict=True)]
        for row in rows
    ]

    def add_film(figure: Figure, rect: Rect, row: int, column: int) -> Axes:
        image, moment = rows[row][column], films.moments[column]
        axes = add_radiograph(figure, rect, image, spine, Overlay(levels=(level,)))
        draw_outline(axes, outlines[row][column], wall=row == 1)
        if moment.name == "emptied":
            _draw_cavity(axes, image.carm, course, moment)
        return axes

    heads = tuple((moment.words, _state(moment, films.sides)) for moment in films.moments)
    grid = draw_film_grid(heads, (films.ap[0], films.lateral[0]), add_film, _FOOT_MM)
    return Picture(
        name="balloon_radiographs",
        caption=_caption(films, level),
        png=canvas.png_bytes(grid.figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=grid.height_mm,
    )


def _state(moment: BalloonMoment, sides: tuple[str, ...]) -> str:
    which = say_sides(sides, "balloon")
    if moment.name in {"folded", "emptied"}:
        return f"{which} without contrast agent"
    return f"contrast agent in {which}"


def _draw_cavity(axes: Axes, carm: CArm, course: BalloonCourse, moment: BalloonMoment) -> None:
    """Draw the outline of each cavity, dashed."""
    for points in moment.frame.points_lps_mm:
        matter = contrast_in(points, course.triangles)
        window = find_window(matter, carm)
        if window is None:
            continue
        depth = measure_chords(matter, carm, window)
        lines = axes.contour(
            window.column + np.arange(window.columns), window.row + np.arange(window.rows), depth,
            levels=[_LEAST_MM], colors=[_CAVITY_COLOUR], linewidths=[_CAVITY_PT],
            linestyles=[(0, (2.0, 1.5))],
        )  # fmt: skip
        lines.set_path_effects(
            [patheffects.withStroke(linewidth=_CAVITY_PT + 0.9, foreground="#000000", alpha=0.7)]
        )


def _caption(films: BalloonFilms, level: str) -> str:
    first = films.ap[0]
    blades = say_blades((*films.ap, *films.lateral))
    around = (
        " Around a CT narrower than the trunk the body is completed as water."
        if first.completed
        else ""
    )
    return (
        f"Virtual fluoroscopy of the balloons in {level}: the simulated surface filled with "
        "iodinated contrast agent, with the markers at its folded ends (seen nearer to each other "
        "where the balloon lies oblique to the film), the catheter and the "
        "cannula drawn back; above AP, below lateral. Folded and emptied balloons hold no contrast "
        "agent; white dashed: outline of the cavity that is left, projected. The CT is moved as "
        "the model moves the bone (the levels above turn with the outer face of the disc, those "
        "below stay, soft tissue between them gives way); bone that is compacted is not denser "
        f"and the cavity not darker on the image. Patient {first.carm.posture.value}, head up. "
        "AP is "
        f"seen {seen_from(first.carm)}, the {left_of_image(first.carm)}, while axial and coronal "
        "sections have the patient's right on the left. Bar: at the isocentre. Yellow dashed: "
        "outline of the body, projected; orange dashed: posterior wall; both from the labels. "
        f"Without scattered radiation, so contrast is higher than in practice.{around} {blades}"
    ).rstrip()
