"""Balloons in sections of the CT: folded, half full, full and emptied."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vertaug.augmentation.moved_vertebra import came_to, went_at
from vertaug.case.grid import FloatArray
from vertaug.case.kyphoplasty import BalloonCourse
from vertaug.case.spine import Region, Spine, Vertebra
from vertaug.report import canvas
from vertaug.report.balloon_moments import shown_moments
from vertaug.report.figure_filling import CANCELLOUS_WINDOW
from vertaug.report.mesh_cut import cut_mesh
from vertaug.report.picture import PAGE_WIDTH_MM, Picture
from vertaug.report.plane import PicturePlane, plane_through, sample
from vertaug.report.section_words import AXIAL, CORONAL, SAGITTAL, section_words
from vertaug.report.sections import bone_field
from vertaug.report.style import BONE_COLOUR

LINES: dict[str, tuple[str, canvas.Dash, str]] = {
    "folded": ("#56B4E9", (0, (1.0, 1.0)), "folded"),
    "half": ("#FFD54A", (0, (4.0, 1.5)), "on the way"),
    "full": ("#FF8A3C", "-", "inflated"),
    "emptied": ("#FFFFFF", (0, (2.5, 1.2)), "emptied: the cavity"),
}
"""Told apart by dash as well as by colour."""
OUTLINES: dict[str, tuple[str, canvas.Dash, str]] = {
    "inflated": ("#7CFC9A", "-", "bone, balloons inflated"),
    "emptied": ("#FF9ED2", (0, (4.0, 1.5)), "bone, emptied"),
}
"""Of the body when it has moved."""
_SEEN_MM = 0.1
"""Less motion is not drawn: the lines would hide each other."""
_WIDTH_PT = 1.3
_GAP_MM, _HEAD_MM, _FOOT_MM = 1.5, 4.8, 7.0
_HALF_WIDTH_MM, _ASPECT = 27.0, 0.86
"""Of a picture; wider where the body, as it is when the balloons are full, needs more."""
_ROUND_MM = 3.5
"""Between the outline of the body and the edge of the picture."""
_KEY_MM = (0.0, 20.0, 44.0, 65.0, 102.0, 144.0)
"""Where the items of the key begin, from the left edge."""


def draw_balloon_sections(course: BalloonCourse, spine: Spine) -> Picture:
    """Draw sagittal sections through the balloons, an axial and, for one balloon, a coronal one.

    Parameters
    ----------
    course : BalloonCourse
    spine : Spine
        With the CT.
    """
    vertebra = spine[course.setup.level]
    sections = choose_balloon_sections(course, vertebra)
    wide = (PAGE_WIDTH_MM - _GAP_MM * (len(sections) - 1)) / len(sections)
    tall = _ASPECT * wide
    total = _HEAD_MM + tall + _FOOT_MM
    figure = canvas.new_figure(PAGE_WIDTH_MM, total)
    for number, (words, plane) in enumerate(sections):
        left = number * (wide + _GAP_MM) / PAGE_WIDTH_MM
        rect = (left, _FOOT_MM / total, wide / PAGE_WIDTH_MM, tall / total)
        axes = canvas.add_panel(figure, rect, plane)
        canvas.draw_scan(axes, plane, spine.scan, CANCELLOUS_WINDOW)
        canvas.draw_contour(axes, plane, bone_field(vertebra, plane), BONE_COLOUR, 0.5)
        draw_moved_body(axes, plane, course, vertebra)
        draw_balloons(axes, plane, course)
        canvas.draw_frame(axes, plane, f"{words[:1].upper()}{words[1:]}", window=None)
    _draw_key(figure, course, total)
    return Picture(
        name="balloon_sections",
        caption=_caption(course, sections),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=total,
    )


def choose_balloon_sections(
    course: BalloonCourse, vertebra: Vertebra
) -> tuple[tuple[str, PicturePlane], ...]:
    """Return sections through the middles of the full balloons, each with its name.

    A sagittal one for each balloon, the right one first, then an axial one through both; for one
    balloon a coronal one as well.

    Parameters
    ----------
    course : BalloonCourse
    vertebra : Vertebra
    """
    full = next(moment.frame for moment in shown_moments(course) if moment.name == "full")
    middles = [np.asarray(p, dtype=np.float64).mean(axis=0) for p in full.points_lps_mm]
    local = vertebra.frame.to_local(np.array(middles))
    local = local[np.argsort(local[:, 0])]
    left, posterior, up = vertebra.frame.axes.T
    views = [(SAGITTAL, place, posterior, -up) for place in local]
    views.append((AXIAL, local.mean(axis=0), left, posterior))
    if len(local) == 1:
        views.append((CORONAL, local[0], left, -up))
    half = _half_sizes(course, vertebra, [(right, down) for *_, right, down in views])
    return tuple(
        (
            section_words(axis, float(place[axis])),
            plane_through(vertebra.frame.to_world(_centred(place, axis)), right, down, half),
        )
        for axis, place, right, down in views
    )


def _half_sizes(
    course: BalloonCourse, vertebra: Vertebra, axes: list[tuple[FloatArray, FloatArray]]
) -> tuple[float, float]:
    """Return half sizes, the same for all pictures, that hold the body before and when full."""
    inside = vertebra.mask(Region.BODY) & (np.asarray(vertebra.occupancy.values) > 0.5)
    places = vertebra.regions.grid.to_world(np.argwhere(inside))
    shift = course.bone_at("inflated")
    if shift is not None:
        places = np.concatenate([places, places + went_at(shift, places)])
    away = places - vertebra.frame.to_world(np.zeros(3))
    need = _HALF_WIDTH_MM
    for right, down in axes:
        wide, high = (float(np.abs(away @ axis).max()) + _ROUND_MM for axis in (right, down))
        need = max(need, wide, high / _ASPECT)
    return need, _ASPECT * need


def _centred(place: FloatArray, axis: int) -> FloatArray:
    """Return the middle of a picture: that of the body, in the plane of the balloon."""
    centre = np.zeros(3)
    centre[axis] = place[axis]
    return centre


def draw_balloons(axes: Axes, plane: PicturePlane, course: BalloonCourse) -> None:
    """Draw where a plane cuts the balloons at each moment.

    Parameters
    ----------
    axes : Axes
    plane : PicturePlane
    course : BalloonCourse
    """
    for moment in shown_moments(course):
        colour, dash, _ = LINES[moment.name]
        for points in moment.frame.points_lps_mm:
            for loop in cut_mesh(np.asarray(points), course.triangles, plane):
                axes.plot(loop[:, 0], loop[:, 1], color=colour, linewidth=_WIDTH_PT, linestyle=dash)


def draw_moved_body(
    axes: Axes, plane: PicturePlane, course: BalloonCourse, vertebra: Vertebra
) -> None:
    """Draw the outline of the body where balloons have moved it.

    Parameters
    ----------
    axes : Axes
    plane : PicturePlane
    course : BalloonCourse
        Without a kept motion nothing is drawn.
    vertebra : Vertebra
        As the CT shows it.
    """
    pixels, bone = plane.pixel_centres(), vertebra.occupancy
    for stage, (colour, dash, _) in OUTLINES.items():
        shift = course.bone_at(stage)
        if shift is None:
            continue
        came = came_to(shift, pixels)
        field = sample(bone.values, bone.grid, pixels - came)
        moved = np.linalg.norm(came, axis=-1) > _SEEN_MM
        canvas.draw_contour(axes, plane, field, colour, 0.9, where=moved, dash=dash)


def _draw_key(figure: Figure, course: BalloonCourse, total: float) -> None:
    """Draw a line of each moment with its name below the panels."""
    axes = figure.add_axes((0.0, 0.0, 1.0, _FOOT_MM / total))
    axes.set_axis_off()
    axes.set_xlim(0.0, PAGE_WIDTH_MM)
    axes.set_ylim(0.0, _FOOT_MM)
    lines = [LINES[moment.name] for moment in shown_moments(course)]
    if course.bone_at("emptied") is not None:
        lines += OUTLINES.values()
    end = 120.0 if course.bone_at("emptied") is None else PAGE_WIDTH_MM
    axes.fill_between([0.0, end], 3.1, 6.5, color="#5b6470", linewidth=0)
    for left, (colour, dash, name) in zip(_KEY_MM, lines, strict=False):
        axes.plot([left + 1.0, left + 7.5], [4.8] * 2, color=colour, linewidth=1.6, linestyle=dash)
        axes.text(left + 8.5, 4.8, name, fontsize=canvas.SMALL_PT, va="center", color="#FFFFFF")


def _moved_words(course: BalloonCourse) -> str:
    if course.bone_at("emptied") is None:
        return (
            "CT and surface are those of before: the bone has moved since (see Walls that bulge "
            "and Shape of the body), so that a full balloon near the thin line need not have left "
            "the bone."
        )
    return (
        "Green: the same surface of the body when the balloons are inflated; pink dashed: after "
        "they were emptied, under the preload. The CT is that of before: what lies between yellow "
        "and green has moved (see Walls that bulge and Shape of the body), and the level above, "
        "still where it was, has risen along."
    )


def _caption(course: BalloonCourse, sections: tuple[tuple[str, PicturePlane], ...]) -> str:
    level = course.setup.level
    places = "; ".join(words for words, _ in sections)
    return (
        f"Balloons in {level} on the CT, {places}, through the middles of the inflated balloons; "
        "millimetres count from the centre of the body. Blue dotted: folded; yellow dashed: on the "
        "way; orange: inflated; white dashed: the cavity of the emptied balloon. Thin yellow: "
        f"surface of the bone before. {_moved_words(course)} "
        "Axial from the feet, coronal from the front: the patient's right on the "
        f"left; sagittal: front on the left; {CANCELLOUS_WINDOW.words}."
    )
