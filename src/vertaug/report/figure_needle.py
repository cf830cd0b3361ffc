"""Reformats in the plane of a needle, the needle drawn as matter, margins as dimension lines."""

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon
from numpy.typing import ArrayLike, NDArray

from vertaug.case.grid import FloatArray
from vertaug.case.plan import NeedlePath
from vertaug.case.spine import Region, Spine, Vertebra
from vertaug.report import canvas
from vertaug.report.nearest import (
    AGREEMENT_MM,
    ANTERIOR_WALL,
    DimensionLine,
    anterior_wall_name,
    dimension_lines,
    tightest_section,
)
from vertaug.report.plane import PicturePlane
from vertaug.report.sections import (
    axial_with,
    bone_field,
    coronal_across,
    mid_axial,
    out_of_plane_mm,
    path_direction,
    region_field,
    sagittal_with,
)
from vertaug.report.style import (
    BONE_COLOUR,
    CANAL_COLOUR,
    ENTRY_COLOUR,
    MARGIN_COLOUR,
    NEEDLE_COLOUR,
    NEEDLE_UNSAFE_COLOUR,
    PEDICLE_COLOUR,
)

_LETTER_MM = 9.0
"""Height of the edges with the orientation letters, kept free of labels."""
Rect = tuple[float, float, float, float]


def needle_outline(plane: PicturePlane, path: NeedlePath) -> FloatArray:
    """Return the outline of the needle on a plane, shape (4, 2), picture mm.

    From the skin (or 120 mm before the tip where the skin is unknown) to the tip, as wide as
    the outer diameter.
    """
    start = path.skin_entry_lps_mm
    if start is None:
        start = path.target_lps_mm - 120.0 * path_direction(path)
    a, b = plane.to_picture(start), plane.to_picture(path.target_lps_mm)
    along = (b - a) / np.linalg.norm(b - a)
    side = path.needle.radius_mm * np.array([-along[1], along[0]])
    return np.stack([a + side, b + side, b - side, a - side])


def needle_colour(path: NeedlePath) -> str:
    """Return the colour of a needle: red if a required margin is not kept."""
    return NEEDLE_COLOUR if path.safe else NEEDLE_UNSAFE_COLOUR


def draw_needle(axes: Axes, plane: PicturePlane, path: NeedlePath) -> None:
    """Draw the needle to scale with its axis and its bone entry."""
    colour = needle_colour(path)
    outline = needle_outline(plane, path)
    axes.add_patch(
        Polygon(outline, closed=True, facecolor=colour, edgecolor="none", alpha=0.42, zorder=3)
    )
    axes.add_patch(Polygon(outline, closed=True, fill=False, edgecolor=colour, lw=0.9, zorder=3))
    if abs(float(plane.depth_mm(path.entry_lps_mm))) <= path.needle.radius_mm:
        canvas.draw_points(axes, plane.to_picture(path.entry_lps_mm), ENTRY_COLOUR, 3.2)
    if not path.safe:
        at = plane.to_picture(path.entry_lps_mm)
        canvas.draw_tag(axes, at, "MARGIN NOT KEPT", colour)


def draw_outlines(axes: Axes, plane: PicturePlane, vertebra: Vertebra) -> None:
    """Draw the outlines of bone, pedicles and canal."""
    canvas.draw_contour(axes, plane, bone_field(vertebra, plane), BONE_COLOUR, 0.5)
    for region in (Region.LEFT_PEDICLE, Region.RIGHT_PEDICLE):
        canvas.draw_contour(
            axes, plane, region_field(vertebra, plane, (region,)), PEDICLE_COLOUR, 0.9
        )
    canvas.draw_contour(
        axes, plane, region_field(vertebra, plane, (Region.CANAL,)), CANAL_COLOUR, 1.0
    )


def draw_dimension(
    axes: Axes, plane: PicturePlane, line: DimensionLine, label: str, towards: ArrayLike
) -> None:
    """Draw a margin with its value; the text is moved off the line along ``towards`` (mm)."""
    a, b = plane.to_picture(line.needle_lps_mm), plane.to_picture(line.wall_lps_mm)
    colour = MARGIN_COLOUR if line.value_mm >= 0 else NEEDLE_UNSAFE_COLOUR
    axes.annotate(
        "",
        xy=(float(b[0]), float(b[1])),
        xytext=(float(a[0]), float(a[1])),
        arrowprops={
            "arrowstyle": "<->",
            "color": colour,
            "lw": 0.9,
            "shrinkA": 0,
            "shrinkB": 0,
            "mutation_scale": 4,
        },
        zorder=5,
    )
    shift = np.asarray(towards, dtype=np.float64)
    middle = 0.5 * (a + b)
    # below the letter at the upper edge
    left, right, bottom, top = plane.extent_mm
    end = np.clip(middle + shift, [left, top + _LETTER_MM], [right, bottom - _LETTER_MM])
    (leader,) = axes.plot(
        [middle[0], end[0]], [middle[1], end[1]], color=colour, lw=0.6, ls=":", zorder=4
    )
    leader.set_path_effects([patheffects.withStroke(linewidth=1.6, foreground="#000000")])
    horizontal = "center" if abs(shift[0]) < 3 else ("left" if shift[0] > 0 else "right")
    vertical = "center" if abs(shift[1]) < 3 else ("top" if shift[1] > 0 else "bottom")
    canvas.draw_tag(axes, end, f"{label} {line.value_mm:.1f}", colour, (horizontal, vertical))


def add_axial_panel(
    figure: Figure, rect: Rect, spine: Spine, vertebra: Vertebra, paths: tuple[NeedlePath, ...]
) -> None:
    """Add the axial oblique section that holds the needles, margins to canal and front wall."""
    half = canvas.panel_half_size(figure, rect, 46.0)
    plane = axial_with(vertebra, paths, half) if paths else mid_axial(vertebra, half)
    axes = canvas.add_panel(figure, rect, plane)
    canvas.draw_scan(axes, plane, spine.scan)
    draw_outlines(axes, plane, vertebra)
    for path in paths:
        draw_needle(axes, plane, path)
        lines = dimension_lines(vertebra, path, plane)
        outward = 1.0 if path.side == "left" else -1.0
        if "canal" in lines:
            draw_dimension(
                axes,
                plane,
                lines["canal"],
                "canal",
                (outward * 9.0, 14.0),
            )
        if ANTERIOR_WALL in lines:
            name = anterior_wall_name(vertebra, path)
            draw_dimension(axes, plane, lines[ANTERIOR_WALL], name, (outward * 9.0, -7.0))
    title = f"{vertebra.level} axial"
    if paths:
        title = f"{vertebra.level} axial oblique, needle plane"
        off = out_of_plane_mm(plane, paths)
        if off >= 0.5:
            title += f" (needles up to {off:.1f} mm off it)"
    canvas.draw_frame(axes, plane, title)


def add_sagittal_panel(
    figure: Figure, rect: Rect, spine: Spine, vertebra: Vertebra, path: NeedlePath
) -> None:
    """Add the sagittal oblique section that holds the needle, margins to the endplates."""
    plane = sagittal_with(vertebra, path, canvas.panel_half_size(figure, rect, 40.0))
    axes = canvas.add_panel(figure, rect, plane)
    canvas.draw_scan(axes, plane, spine.scan)
    draw_outlines(axes, plane, vertebra)
    draw_needle(axes, plane, path)
    lines = dimension_lines(vertebra, path, plane)
    if "superior endplate" in lines:
        draw_dimension(axes, plane, lines["superior endplate"], "superior endplate", (6.0, -14.0))
    if "inferior endplate" in lines:
        draw_dimension(axes, plane, lines["inferior endplate"], "inferior endplate", (6.0, 15.0))
    canvas.draw_frame(axes, plane, f"Sagittal oblique, {path.side} needle")


def add_coronal_panel(
    figure: Figure, rect: Rect, spine: Spine, vertebra: Vertebra, path: NeedlePath
) -> None:
    """Add the section across the needle where the pedicle is tightest around it."""
    section = tightest_section(vertebra, path)
    half = canvas.panel_half_size(figure, rect, 24.0)
    plane = coronal_across(vertebra, path, section.at_lps_mm, half)
    axes = canvas.add_panel(figure, rect, plane)
    canvas.draw_scan(axes, plane, spine.scan)
    # regions end at planes that this section meets obliquely: their outlines would cut the ring
    canvas.draw_contour(axes, plane, bone_field(vertebra, plane), BONE_COLOUR, 0.9)
    canal = region_field(vertebra, plane, (Region.CANAL,))
    beside = _beside_pedicle(vertebra, plane, path.side)
    canvas.draw_contour(axes, plane, canal, CANAL_COLOUR, 0.9, where=beside)
    colour = needle_colour(path)
    radius = path.needle.radius_mm
    axes.add_patch(Circle((0, 0), radius, facecolor=colour, alpha=0.45, edgecolor="none"))
    axes.add_patch(Circle((0, 0), radius, fill=False, edgecolor=colour, lw=1.0))
    margin = path.margins.pedicle_mm
    if margin is not None and section.inside:
        wall = plane.to_picture(section.wall_lps_mm)
        rim = wall / max(float(np.linalg.norm(wall)), 1e-9) * radius
        # the plan's own figure, unless the pedicle is tighter elsewhere than near its isthmus
        here = abs(section.wall_mm - margin) > AGREEMENT_MM
        line = DimensionLine(
            name="pedicle wall, this section" if here else "pedicle wall",
            value_mm=section.wall_mm if here else margin,
            needle_lps_mm=section.at_lps_mm + rim[0] * plane.right + rim[1] * plane.down,
            wall_lps_mm=section.wall_lps_mm,
        )
        sign = -1.0 if wall[1] < 0 else 1.0
        draw_dimension(axes, plane, line, line.name, (0.0, sign * 11.0))
    title = f"{path.side.capitalize()} pedicle, from the front"
    if path.margins.pedicle_mm is None:
        title = f"{path.side.capitalize()}, beside the pedicle"
    canvas.draw_frame(axes, plane, title)


def _beside_pedicle(vertebra: Vertebra, plane: PicturePlane, side: str) -> NDArray[np.bool_]:
    """Return the pixels at the height of the pedicle: above and below it is the foramen."""
    pedicle = vertebra.left_pedicle if side == "left" else vertebra.right_pedicle
    points = plane.pixel_centres()
    if pedicle is None:
        return np.ones(points.shape[:-1], dtype=bool)
    up = (points - pedicle.isthmus_lps_mm) @ vertebra.frame.axes[:, 2]
    return np.asarray(np.abs(up) <= 0.5 * pedicle.height_mm)
