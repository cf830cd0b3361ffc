"""Sagittal pictures: one vertebra with its measurements, and the whole spine."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vertaug.case.grid import FloatArray
from vertaug.case.measurement import FractureAssessment, VertebraMeasurement
from vertaug.case.spine import Landmarks, Spine, Vertebra
from vertaug.fracture.height import PROFILE_SHARES, measure_body
from vertaug.report import canvas
from vertaug.report.content_fracture import HEIGHT_NAMES, deciding_loss
from vertaug.report.plane import PicturePlane, sample
from vertaug.report.sections import bone_field, mid_coronal, mid_sagittal
from vertaug.report.style import (
    BONE_COLOUR,
    ENDPLATE_COLOUR,
    HEIGHT_COLOUR,
    LANDMARK_COLOUR,
    NEEDLE_UNSAFE_COLOUR,
)
from vertaug.report.words import degrees

Rect = tuple[float, float, float, float]


def landmark_pairs(landmarks: Landmarks) -> tuple[tuple[str, FloatArray, FloatArray], ...]:
    """Return name, upper and lower point of the anterior, middle and posterior height."""
    return (
        ("anterior", landmarks.superior_anterior, landmarks.inferior_anterior),
        ("middle", landmarks.superior_middle, landmarks.inferior_middle),
        ("posterior", landmarks.superior_posterior, landmarks.inferior_posterior),
    )


def add_sagittal_panel(
    figure: Figure,
    rect: Rect,
    spine: Spine,
    vertebra: Vertebra,
    measurement: VertebraMeasurement | None,
) -> None:
    """Add the mid-sagittal section with landmarks, heights and endplate lines."""
    plane = mid_sagittal(vertebra, canvas.panel_half_size(figure, rect, 44.0))
    axes = canvas.add_panel(figure, rect, plane)
    canvas.draw_scan(axes, plane, spine.scan)
    canvas.draw_contour(axes, plane, bone_field(vertebra, plane), BONE_COLOUR, 0.6)
    _draw_endplate_lines(axes, plane, vertebra)
    _draw_heights(axes, plane, vertebra.landmarks, measurement)
    if measurement is not None:
        _draw_deciding_height(axes, plane, vertebra, measurement)
    canvas.draw_frame(axes, plane, f"{vertebra.level} mid-sagittal, heights in mm")
    if measurement is not None:
        left, _, _, top = plane.extent_mm
        text = f"wedge angle {degrees(measurement.wedge_angle_deg)}"
        canvas.draw_tag(axes, (left + 1.0, top + 1.0), text, ENDPLATE_COLOUR, ("left", "top"))


def add_coronal_panel(figure: Figure, rect: Rect, spine: Spine, vertebra: Vertebra) -> None:
    """Add the coronal section through the body's centre, where a lateral collapse shows."""
    plane = mid_coronal(vertebra, canvas.panel_half_size(figure, rect, 40.0))
    axes = canvas.add_panel(figure, rect, plane)
    canvas.draw_scan(axes, plane, spine.scan)
    canvas.draw_contour(axes, plane, bone_field(vertebra, plane), BONE_COLOUR, 0.6)
    canvas.draw_frame(axes, plane, f"{vertebra.level} mid-coronal")


def _draw_endplate_lines(axes: Axes, plane: PicturePlane, vertebra: Vertebra) -> None:
    """Draw the two lines between which the wedge angle is measured."""
    marks = vertebra.landmarks
    pairs = (
        (vertebra.superior, marks.superior_anterior, marks.superior_posterior),
        (vertebra.inferior, marks.inferior_anterior, marks.inferior_posterior),
    )
    for endplate, front, back in pairs:
        line = endplate.line
        reach = [float((p - line.point_lps_mm) @ line.direction) for p in (front, back)]
        ends = [min(reach) - 9.0, max(reach) + 9.0]
        points = line.point_lps_mm + np.array(ends)[:, None] * line.direction
        canvas.draw_line(axes, plane.to_picture(points), ENDPLATE_COLOUR, width=0.9, dash="--")


def _draw_heights(
    axes: Axes, plane: PicturePlane, landmarks: Landmarks, measurement: VertebraMeasurement | None
) -> None:
    """Draw the three heights with their values and the six points."""
    for name, upper, lower in landmark_pairs(landmarks):
        ends = plane.to_picture(np.stack([upper, lower]))
        canvas.draw_line(axes, ends, HEIGHT_COLOUR, width=1.0)
        canvas.draw_points(axes, ends, LANDMARK_COLOUR)
        if measurement is None:
            continue
        value = getattr(measurement.heights_mm, name)
        middle = ends.mean(axis=0)
        shift, align = {
            "anterior": (-1.6, "right"),
            "middle": (0.0, "center"),
            "posterior": (1.6, "left"),
        }[name]
        canvas.draw_tag(
            axes, middle + np.array([shift, 0.0]), f"{value:.1f}", HEIGHT_COLOUR, (align, "center")
        )


def _draw_deciding_height(
    axes: Axes, plane: PicturePlane, vertebra: Vertebra, measurement: VertebraMeasurement
) -> None:
    """Draw the height of the profile that decided the grade, where none of the three did."""
    share = measurement.profile_loss_depth
    _, where = deciding_loss(measurement)
    if share is None or where in HEIGHT_NAMES:
        return
    height = measure_body(vertebra).profile_mm[PROFILE_SHARES.index(share)]
    ends = plane.to_picture(_profile_ends(vertebra, share))
    canvas.draw_line(axes, ends, HEIGHT_COLOUR, width=1.0, dash=":")
    place = ends[0] + np.array([0.0, -2.5])
    canvas.draw_tag(axes, place, f"{height:.1f}", HEIGHT_COLOUR, ("center", "bottom"))


def _profile_ends(vertebra: Vertebra, share: float) -> FloatArray:
    """Return where the height at a share of the depth meets the endplates, (2, 3) LPS mm."""
    pairs = landmark_pairs(vertebra.landmarks)
    points = [vertebra.frame.to_local(np.stack([upper, lower])) for _, upper, lower in pairs]
    front, back = points[0][:, 1].mean(), points[2][:, 1].mean()
    y = front + share * (back - front)
    ends = []
    for surface in (vertebra.superior.surface, vertebra.inferior.surface):
        middle = int(np.argmin(np.abs(surface.u_mm)))
        seen = np.isfinite(surface.height_mm[middle])
        z = np.interp(y, surface.v_mm[seen], surface.height_mm[middle][seen])
        ends.append(vertebra.frame.to_world([0.0, y, z]))
    return np.array(ends)


def add_overview_panel(
    figure: Figure, rect: Rect, spine: Spine, assessment: FractureAssessment
) -> None:
    """Add the whole spine: a sagittal section that follows the body centres, levels graded."""
    plane = overview_plane(spine, figure, rect)
    axes = canvas.add_panel(figure, rect, plane)
    points = _along_bodies(spine, plane.pixel_centres())
    canvas.draw_image(axes, plane, sample(spine.scan.hu, spine.scan.grid, points))
    for level, vertebra in spine.vertebrae.items():
        _label_level(axes, plane, vertebra, assessment, level)
    canvas.draw_frame(axes, plane, "Spine along the body centres")


def _along_bodies(spine: Spine, points: FloatArray) -> FloatArray:
    """Shift points, shape (..., 3), from side to side onto the line of the body centres."""
    origins = np.array([v.frame.origin_lps_mm for v in spine.vertebrae.values()])
    origins = origins[np.argsort(origins[:, 2])]
    shifted = np.array(points)
    shifted[..., 0] = np.interp(points[..., 2], origins[:, 2], origins[:, 0])
    return shifted


def overview_plane(spine: Spine, figure: Figure, rect: Rect) -> PicturePlane:
    """Return the sagittal picture over all bodies, 45 mm beyond them where the scan allows."""
    origins = np.array([v.frame.origin_lps_mm for v in spine.vertebrae.values()])
    corners = spine.scan.grid.corners()
    low = max(float(corners[:, 2].min()), float(origins[:, 2].min()) - 45.0)
    high = min(float(corners[:, 2].max()), float(origins[:, 2].max()) + 45.0)
    half_height = 0.5 * (high - low)
    width, height = figure.get_size_inches()
    half_width = half_height * rect[2] * width / (rect[3] * height)
    middle = origins.mean(axis=0)
    return PicturePlane(
        centre_lps_mm=np.array([middle[0], middle[1], 0.5 * (high + low)]),
        right=np.array([0.0, 1.0, 0.0]),
        down=np.array([0.0, 0.0, -1.0]),
        half_width_mm=half_width,
        half_height_mm=half_height,
        pixel_mm=max(0.4, half_height / 400),
    )


def _label_level(
    axes: Axes,
    plane: PicturePlane,
    vertebra: Vertebra,
    assessment: FractureAssessment,
    level: str,
) -> None:
    """Write level and grade beside the body, in front of it."""
    measured = assessment.levels.get(level)
    origin = vertebra.frame.origin_lps_mm
    front = origin - 24.0 * np.array([0.0, 1.0, 0.0])
    colour = "#FFFFFF"
    text = level
    if measured is not None and level not in assessment.incomplete:
        text = f"{level}  grade {measured.genant_grade}"
        if measured.genant_grade > 0:
            colour = HEIGHT_COLOUR
            text += f" {measured.shape.value}"
    else:
        text = f"{level}  incomplete" if not vertebra.complete else f"{level}  not measured"
        colour = "#BBBBBB"
    if level == assessment.level:
        text = "▶ " + text
        colour = NEEDLE_UNSAFE_COLOUR
    canvas.draw_tag(axes, plane.to_picture(front), text, colour, ("right", "center"))
    canvas.draw_points(axes, plane.to_picture(origin), colour, 2.6)
