"""The filling of a vertebra in sections of the CT, a row for each moment."""

from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vertaug.case.augmentation_content import ML
from vertaug.case.filling import Filling, FillingFrame
from vertaug.case.grid import FloatArray
from vertaug.case.spine import Spine, Vertebra
from vertaug.numerics.volume_transfer import transfer_contents
from vertaug.report import canvas
from vertaug.report.cavity import Cavity, draw_cavity, place_words
from vertaug.report.filled_pores import CORTEX_MM, pore_filling, within_cortex
from vertaug.report.filling_moment import moment_of_frame
from vertaug.report.leak_key import draw_leak_key, foot_mm
from vertaug.report.leak_marks import LeakMark, draw_leaks, drawn_leaks, leak_marks, say_leaks
from vertaug.report.picture import PAGE_WIDTH_MM, Picture
from vertaug.report.plane import PicturePlane, sample
from vertaug.report.section_words import beside_words, section_words
from vertaug.report.sections import bone_field
from vertaug.report.style import DisplayWindow

FRAMES = 3
"""Moments with cement that are shown, at about equal volumes, the last one at the end."""
CANCELLOUS_WINDOW = DisplayWindow(centre_hu=200.0, width_hu=800.0)
"""Narrower than that for bone, so that loose and dense cancellous bone differ; cortex is white."""
_GAP_MM, _HEAD_MM, _SIDE_MM = 1.5, 4.8, 6.0
_MARGIN_MM = 7.0
_PIXEL_MM = 0.25
_HALF_FULL = 0.5
_LEAK_NEAR_MM = 4.0
"""A leak is marked in a section if it leaves the bone no farther away."""
_OUTLINE, _TINT = "#FFD54A", 0.4
_OUTLINE_PT = 0.6
"""Thin, so that the edge of the bone stays readable beside it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CementSection:
    """A section through the cement along the vertebra's axes.

    Attributes
    ----------
    axis : int
        Across the plane: 0 sagittal, 1 coronal, 2 axial.
    words : str
        Which section, and where.
    plane : PicturePlane
    """

    axis: int
    words: str
    plane: PicturePlane


def shown_frames(filling: Filling) -> tuple[int, ...]:
    """Return which frames are shown: nearest to equal parts of the injected volume."""
    volumes = np.array([frame.injected_mm3 for frame in filling.frames])
    wanted = volumes[-1] * np.arange(1, FRAMES + 1) / FRAMES
    return tuple(dict.fromkeys(int(np.abs(volumes - volume).argmin()) for volume in wanted))


def draw_filling_sections(filling: Filling, spine: Spine, cavity: Cavity | None = None) -> Picture:
    """Draw coronal, sagittal and axial sections, a row for each moment.

    The first row shows the bone without cement, with the outline of the cement at the end.

    Parameters
    ----------
    filling : Filling
    spine : Spine
        With the CT.
    cavity : Cavity, optional
        Into which the cement went.
    """
    numbers = shown_frames(filling)
    sections = choose_cement_sections(filling)
    grounds = [section_ground(section.plane, spine, filling.level) for section in sections]
    count = len(sections)
    wide = (PAGE_WIDTH_MM - _SIDE_MM - _GAP_MM * (count - 1)) / count
    plane = sections[0].plane
    tall = wide * plane.half_height_mm / plane.half_width_mm
    total = _HEAD_MM + (tall + _GAP_MM) * (len(numbers) + 1) + foot_mm(filling)
    figure = canvas.new_figure(PAGE_WIDTH_MM, total)
    for row, number in enumerate((None, *numbers)):
        bottom = 1.0 - (_HEAD_MM + tall + row * (tall + _GAP_MM)) / total
        _write_row(figure, filling, number, bottom + 0.5 * tall / total)
        for column, section in enumerate(sections):
            left = _SIDE_MM + column * (wide + _GAP_MM)
            rect = (left / PAGE_WIDTH_MM, bottom, wide / PAGE_WIDTH_MM, tall / total)
            axes = canvas.add_panel(figure, rect, section.plane)
            frame = None if number is None else filling.frames[number]
            draw_section(axes, section, filling, frame, grounds[column])
            _finish_panel(axes, section, cavity, titled=row == 0)
    draw_leak_key(figure, filling, (PAGE_WIDTH_MM, total))
    return Picture(
        name="filling_sections",
        caption=_sections_caption(filling, sections, cavity),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=total,
    )


def _finish_panel(
    axes: Axes, section: CementSection, cavity: Cavity | None, *, titled: bool
) -> None:
    """Draw the cavity, the frame and, in the first row, the title of a section."""
    if cavity is not None:
        draw_cavity(axes, section.plane, cavity)
    canvas.draw_frame(axes, section.plane, "", window=None)
    if titled:
        canvas.draw_title(axes, f"{section.words[0].upper()}{section.words[1:]}")


def choose_cement_sections(
    filling: Filling, other: Filling | None = None
) -> tuple[CementSection, ...]:
    """Return a coronal, a sagittal and an axial section of one size: where most cement is at last.

    The sagittal one goes through the side with more cement.

    Parameters
    ----------
    filling : Filling
    other : Filling, optional
        Its cement counts too.
    """
    cement = np.asarray(filling.cement_share, dtype=np.float64)
    if other is not None:
        index_map = np.linalg.inv(filling.grid.affine) @ other.grid.affine
        volume = other.cement_share * other.grid.voxel_volume_mm3
        held, _ = transfer_contents(volume, index_map, filling.grid.shape)
        cement = cement + held / filling.grid.voxel_volume_mm3
    body = np.argwhere(filling.in_body)
    low, high = body.min(axis=0), body.max(axis=0)
    spacing = np.asarray(filling.grid.spacing_mm)
    middle = 0.5 * (low + high)
    half = 0.5 * (high - low + 1) * spacing + _MARGIN_MM
    left, posterior, up = filling.grid.directions.T
    found = []
    for axis, right, down in ((1, left, -up), (0, posterior, -up), (2, left, posterior)):
        index = _most(cement, axis)
        centre = middle.copy()
        centre[axis] = index
        plane = PicturePlane(
            centre_lps_mm=filling.grid.to_world(centre),
            right=right,
            down=down,
            half_width_mm=float(half[:2].max()),
            half_height_mm=float(half[1:].max()),
            pixel_mm=_PIXEL_MM,
        )
        offset = float((index - middle[axis]) * spacing[axis])
        found.append(CementSection(axis=axis, words=section_words(axis, offset), plane=plane))
    return tuple(found)


def _most(cement: FloatArray, axis: int) -> int:
    other = tuple(a for a in range(3) if a != axis)
    return int(cement.sum(axis=other).argmax())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SectionGround:
    """What a section shows at every moment.

    Attributes
    ----------
    hu : (rows, columns) float64 array
        The CT, NaN where there is none.
    cortex : (rows, columns) float64 array
        Rises through a half at the inner side of the cortex.
    """

    hu: FloatArray
    cortex: FloatArray


def section_ground(plane: PicturePlane, spine: Spine, level: str) -> SectionGround:
    """Return CT and bone on a plane.

    Parameters
    ----------
    plane : PicturePlane
    spine : Spine
        With the CT.
    level : str
    """
    return SectionGround(
        hu=sample(spine.scan.hu, spine.scan.grid, plane.pixel_centres()),
        cortex=cortex_on(plane, spine[level]),
    )


def cortex_on(plane: PicturePlane, vertebra: Vertebra) -> FloatArray:
    """Return the bone on a plane, a half at the inner side of its cortex, (rows, columns)."""
    return np.nan_to_num(within_cortex(bone_field(vertebra, plane)))


def draw_section(
    axes: Axes,
    section: CementSection,
    filling: Filling,
    frame: FillingFrame | None,
    ground: SectionGround,
) -> None:
    """Draw one section; without a frame the bone and the outline of the cement at the end.

    Parameters
    ----------
    axes : Axes
    section : CementSection
    filling : Filling
    frame : FillingFrame or None
    ground : SectionGround
        Of the section.
    """
    plane = section.plane
    canvas.draw_image(axes, plane, ground.hu, CANCELLOUS_WINDOW)
    full = cement_on(plane, filling, filling.frames[-1] if frame is None else frame, ground.cortex)
    if frame is not None:
        axes.imshow(
            tint(full),
            extent=plane.extent_mm,
            origin="upper",
            interpolation="nearest",
            aspect="auto",
            zorder=2,
        )
    canvas.draw_contour(axes, plane, full, _OUTLINE, _OUTLINE_PT)
    if frame is not None:
        _mark_needles(axes, plane, filling)
        marks = marks_beside(section, filling, leak_marks(filling, frame.time_s))
        draw_leaks(axes, marks, plane.to_picture, "section")


def cement_on(
    plane: PicturePlane, filling: Filling, frame: FillingFrame, cortex: FloatArray
) -> FloatArray:
    """Return how full of cement the pixels of a plane are, (rows, columns); half is the outline.

    It ends at the inner side of cortex and endplates: cells of the model reach into them and half
    a cell beyond, and cement that left the bone is in none of them.

    Parameters
    ----------
    plane : PicturePlane
    filling : Filling
    frame : FillingFrame
    cortex : (rows, columns) float64 array
        As `cortex_on` returns it.
    """
    full = sample(pore_filling(filling, frame), filling.grid, plane.pixel_centres())
    return np.minimum(np.nan_to_num(full), cortex)


def marks_beside(
    section: CementSection, filling: Filling, marks: tuple[LeakMark, ...]
) -> tuple[LeakMark, ...]:
    """Return the marks, those far from a section with their way from it instead of a ring.

    Parameters
    ----------
    section : CementSection
    filling : Filling
    marks : tuple of LeakMark
    """
    across = filling.grid.directions[:, section.axis]
    found = []
    for mark in marks:
        offset = float((mark.ring_lps_mm - section.plane.centre_lps_mm) @ across)
        far = abs(offset) > _LEAK_NEAR_MM
        found.append(replace(mark, away=beside_words(section.axis, offset) if far else ""))
    return tuple(found)


def tint(full: FloatArray) -> NDArray[np.float64]:
    """Return the tint of cement, (rows, columns, 4): even where more than half of the pores is.

    Parameters
    ----------
    full : (rows, columns) float64 array
        How full the pores are.
    """
    colours = np.zeros((*full.shape, 4))
    colours[..., :3] = to_rgb(_OUTLINE)
    colours[..., 3] = np.where(np.nan_to_num(full) > _HALF_FULL, _TINT, 0.0)
    return colours


def _mark_needles(axes: Axes, plane: PicturePlane, filling: Filling) -> None:
    """Draw the axis of each needle, projected on the section, and its tip."""
    for entry, tip in filling.needle_lps_mm:
        ends = plane.to_picture(np.stack([entry, tip]))
        canvas.draw_line(axes, ends, "#56B4E9", width=0.8, dash=":")
    canvas.draw_points(axes, plane.to_picture(filling.tips_lps_mm), "#56B4E9", 2.6)


def _write_row(figure: Figure, filling: Filling, number: int | None, middle: float) -> None:
    """Write volume and time beside a row."""
    words = "0 ml" if number is None else moment_of_frame(filling, number).volume_words
    figure.text(
        0.45 * _SIDE_MM / PAGE_WIDTH_MM,
        middle,
        words,
        fontsize=canvas.TITLE_PT + 1.0,
        fontweight="bold",
        ha="center",
        va="center",
        rotation=90,
    )


def _first_row_words(filling: Filling, cavity: Cavity | None) -> str:
    """Say what the row without cement is for."""
    outline = f"the outline of the cement at the end ({filling.injected_mm3 * ML:.2f} ml)"
    if cavity is None:
        return f"bone alone, with {outline}, to see whether it followed loose (dark) bone"
    return f"bone alone, with {outline}, to see where it went beyond the cavity"


def _sections_caption(
    filling: Filling, sections: tuple[CementSection, ...], cavity: Cavity | None
) -> str:
    places = "; ".join(section.words for section in sections)
    cell = " x ".join(f"{size:.2g}" for size in filling.grid.spacing_mm)
    dashed = (
        ""
        if cavity is None
        else "White dashed: cavity that the emptied balloons left; of the cement "
        f"{place_words(cavity, filling)}. "
    )
    beside = (
        f" A leak more than {_LEAK_NEAR_MM:.0f} mm from a section has no ring there, but is named "
        "with how far from the section, and to which side of the patient, it left the bone."
        if drawn_leaks(filling)
        else ""
    )
    return (
        f"Cement in {filling.level} on the CT, each row one moment; first row: "
        f"{_first_row_words(filling, cavity)}. {places[:1].upper()}{places[1:]}, where most "
        "cement lies at the end; millimetres count from the middle of the body. Yellow line and "
        "tint: at least "
        f"half of the pores of the model's cells of {cell} mm hold cement; cells at the rim reach "
        f"into cortex and endplates, where the line is drawn no nearer than {CORTEX_MM:g} mm to "
        "the bone's surface; what left the bone is in no cell. The cast is smooth, with a mixed "
        "rim about a cell wide: real cement feathers between trabeculae, and the model has no "
        f"fingers thinner than a cell. {dashed}Blue: axes and tips of the needles, projected. "
        f"{say_leaks(filling)}{beside} Axial from the feet, coronal from the front: the patient's "
        f"right on the left; {CANCELLOUS_WINDOW.words}."
    )
