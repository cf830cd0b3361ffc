"""Balloons in a vertebra in three dimensions."""

from vertaug.case.kyphoplasty import BalloonCourse
from vertaug.report import canvas
from vertaug.report.balloon_moments import balloon_meshes, shown_moments
from vertaug.report.enclosed_series import (
    BONE_WORDS,
    EnclosedMoment,
    GlassVertebra,
    draw_enclosed_series,
)
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

_FOOT_MM = 2.6
_BALLOON_COLOUR, _CAVITY_COLOUR = "#C77F33", "#8796A5"


def draw_balloon_solid(course: BalloonCourse, glasses: tuple[GlassVertebra, ...]) -> Picture:
    """Draw the balloons within the bone from two sides, a column for each moment.

    Parameters
    ----------
    course : BalloonCourse
    glasses : tuple of GlassVertebra
        The vertebra at each of `shown_moments`.
    """
    moments = tuple(
        EnclosedMoment(
            glass=glass,
            words=moment.words,
            tools=tuple(
                (mesh, _CAVITY_COLOUR if moment.name == "emptied" else _BALLOON_COLOUR)
                for mesh in balloon_meshes(course, moment.frame)
            ),
            inside=(),
        )
        for moment, glass in zip(shown_moments(course), glasses, strict=True)
    )
    figure, total = draw_enclosed_series(moments, _FOOT_MM)
    return Picture(
        name="balloon_solid",
        caption=_caption(course),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=total,
    )


def _caption(course: BalloonCourse) -> str:
    return (
        f"Balloons in {course.setup.level} in three dimensions. "
        f"{BONE_WORDS.format(inside='balloons')} Orange: balloons; grey: the cavities of the "
        "emptied ones; paler the deeper below the near wall. The bone is drawn as the model moves "
        "it: what stands out of it has left the bone (see Balloon out of the bone). Arrows: "
        "L left, P back, H head of the vertebra."
    )
