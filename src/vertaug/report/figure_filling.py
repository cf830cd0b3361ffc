"""The filling of a vertebra in four frames: sections of the CT with the cement, radiographs."""

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vertaug.case.augmentation_content import ML
from vertaug.case.filling import Filling, FillingFrame
from vertaug.case.grid import FloatArray
from vertaug.case.spine import Spine
from vertaug.fluoroscopy.radiograph import Radiograph
from vertaug.report import canvas
from vertaug.report.figure_radiograph import Overlay, add_radiograph
from vertaug.report.filling_films import FillingFilms
from vertaug.report.film_words import say_blades, say_sides
from vertaug.report.picture import PAGE_WIDTH_MM, Picture
from vertaug.report.plane import PicturePlane, plane_through, sample
from vertaug.report.style import DisplayWindow

FRAMES = 4
"""Moments that are shown, at about equal volumes, the last one at the end."""
CANCELLOUS_WINDOW = DisplayWindow(centre_hu=200.0, width_hu=800.0)
"""Narrower than that for bone, so that loose and dense cancellous bone differ; cortex is white."""
_GAP_MM, _HEAD_MM, _FOOT_MM = 1.5, 4.8, 2.6
_MARGIN_MM = 7.0
_PIXEL_MM = 0.25
_VISIBLE = 0.04
"""Cement below this share of a cell is not drawn: the blur of a front, not cement."""
_OUTLINE = "#FFD54A"
_OUTLINED = 0.4
"""Share of a cell at the outline: about half of the pores of cancellous bone."""
_CEMENT_MAP = "YlOrBr_r"
_LEAK_COLOUR = "#FF5A36"
_LEAK_LEAST_MM3 = 10.0
"""A smaller leak is a trace, which is listed but not marked: a design default."""
_LEAK_NEAR_MM = 4.0
"""A place where a leak began is marked in sections no farther away."""
_NAMES = ("sagittal", "coronal", "axial")
_SIDES = (("right", "left"), ("in front", "behind"), ("below", "above"))


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


def draw_filling_sections(filling: Filling, spine: Spine) -> Picture:
    """Draw coronal, sagittal and axial sections, a column for each moment.

    The first column shows the bone without cement, with the outline of the cement at the end.

    Parameters
    ----------
    filling : Filling
    spine : Spine
        With the CT.
    """
    frames = [filling.frames[number] for number in shown_frames(filling)]
    sections = choose_cement_sections(filling)
    wide = (PAGE_WIDTH_MM - _GAP_MM * FRAMES) / (FRAMES + 1)
    scale = wide / (2.0 * max(section.plane.half_width_mm for section in sections))
    heights = [2.0 * scale * section.plane.half_height_mm for section in sections]
    total = _HEAD_MM + sum(heights) + _HEAD_MM * len(sections) + _FOOT_MM
    figure = canvas.new_figure(PAGE_WIDTH_MM, total)
    _write_volumes(figure, [0.0, *(frame.injected_mm3 for frame in frames)], wide, total)
    top = _HEAD_MM
    for section, tall in zip(sections, heights, strict=True):
        top += _HEAD_MM + tall
        across = 2.0 * scale * section.plane.half_width_mm
        for column, frame in enumerate((None, *frames)):
            left = column * (wide + _GAP_MM)
            rect = (
                left / PAGE_WIDTH_MM, 1.0 - top / total, across / PAGE_WIDTH_MM, tall / total
            )  # fmt: skip
            axes = canvas.add_panel(figure, rect, section.plane)
            _draw_section(axes, section.plane, filling, frame, spine)
            canvas.draw_frame(axes, section.plane, "", window=None)
            if column == 0:
                canvas.draw_title(axes, f"{section.words[0].upper()}{section.words[1:]}")
    return Picture(
        name="filling_sections",
        caption=_sections_caption(filling, sections),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=total,
    )


def choose_cement_sections(filling: Filling) -> tuple[CementSection, ...]:
    """Return a coronal, a sagittal and an axial section: where most cement lies at the end.

    The sagittal one goes through the side with more cement.
    """
    cement = np.asarray(filling.cement_share, dtype=np.float64)
    body = np.argwhere(filling.in_body)
    low, high = body.min(axis=0), body.max(axis=0)
    spacing = np.asarray(filling.grid.spacing_mm)
    middle = 0.5 * (low + high)
    half = 0.5 * (high - low + 1) * spacing + _MARGIN_MM
    left, posterior, up = filling.grid.directions.T
    found = []
    for axis, right, down, size in (
        (1, left, -up, (half[0], half[2])),
        (0, posterior, -up, (half[0], half[2])),
        (2, left, posterior, (half[0], half[1])),
    ):
        index = _most(cement, axis)
        centre = middle.copy()
        centre[axis] = index
        plane = plane_through(
            filling.grid.to_world(centre), right, down, (float(size[0]), float(size[1]))
        )
        plane = PicturePlane(
            centre_lps_mm=plane.centre_lps_mm,
            right=plane.right,
            down=plane.down,
            half_width_mm=plane.half_width_mm,
            half_height_mm=plane.half_height_mm,
            pixel_mm=_PIXEL_MM,
        )
        offset = float((index - middle[axis]) * spacing[axis])
        found.append(CementSection(axis=axis, words=_where(axis, offset), plane=plane))
    return tuple(found)


def _most(cement: FloatArray, axis: int) -> int:
    other = tuple(a for a in range(3) if a != axis)
    return int(cement.sum(axis=other).argmax())


def _where(axis: int, offset_mm: float) -> str:
    away = round(abs(offset_mm))
    if away == 0:
        return f"{_NAMES[axis]}, middle of the body"
    side = _SIDES[axis][offset_mm > 0.0]
    joint = " of" if side in {"left", "right", "in front"} else ""
    return f"{_NAMES[axis]}, {away} mm {side}{joint} the middle"


def _draw_section(
    axes: Axes, plane: PicturePlane, filling: Filling, frame: FillingFrame | None, spine: Spine
) -> None:
    """Draw one section; without a frame the bone and the outline of the cement at the end."""
    canvas.draw_scan(axes, plane, spine.scan, CANCELLOUS_WINDOW)
    if frame is None:
        end = _share(plane, filling, filling.frames[-1])
        canvas.draw_contour(axes, plane, end / (2.0 * _OUTLINED), _OUTLINE)
        return
    share = _share(plane, filling, frame)
    axes.imshow(
        cement_colours(share),
        extent=plane.extent_mm,
        origin="upper",
        interpolation="nearest",
        aspect="auto",
        zorder=2,
    )
    _mark_needles(axes, plane, filling)
    _mark_leaks(axes, plane, filling, frame)


def _share(plane: PicturePlane, filling: Filling, frame: FillingFrame) -> FloatArray:
    values = sample(frame.cement_share, filling.grid, plane.pixel_centres())
    return np.asarray(np.nan_to_num(values))


def cement_colours(share: FloatArray) -> NDArray[np.float64]:
    """Return the colour of cement, (rows, columns, 4): the more, the lighter and the denser.

    Parameters
    ----------
    share : (rows, columns) float64 array
        Of each pixel that is cement.
    """
    level = np.clip(share, 0.0, 1.0)
    colours = np.asarray(mpl.colormaps[_CEMENT_MAP](0.25 + 0.6 * level))
    colours[..., 3] = np.where(level < _VISIBLE, 0.0, np.clip(0.35 + 1.1 * level, 0.0, 0.95))
    return colours


def _mark_needles(axes: Axes, plane: PicturePlane, filling: Filling) -> None:
    """Draw the axis of each needle, projected on the section, and its tip."""
    for entry, tip in filling.needle_lps_mm:
        ends = plane.to_picture(np.stack([entry, tip]))
        canvas.draw_line(axes, ends, "#56B4E9", width=0.8, dash=":")
    canvas.draw_points(axes, plane.to_picture(filling.tips_lps_mm), "#56B4E9", 2.6)


def _mark_leaks(axes: Axes, plane: PicturePlane, filling: Filling, frame: FillingFrame) -> None:
    left, right, bottom, top = plane.extent_mm
    for leak in filling.leaks:
        away = abs(float(plane.depth_mm(leak.first_lps_mm)))
        if leak.first_s > frame.time_s or away > _LEAK_NEAR_MM:
            continue
        if leak.volume_mm3 < _LEAK_LEAST_MM3:
            continue
        x, y = plane.to_picture(leak.first_lps_mm)
        if left < x < right and top < y < bottom:
            axes.plot(x, y, "x", color=_LEAK_COLOUR, markersize=4.5, markeredgewidth=1.3, zorder=5)
            canvas.draw_tag(axes, (x, y - 3.4), leak.path, _LEAK_COLOUR)


def _write_volumes(figure: Figure, volumes_mm3: list[float], wide: float, total: float) -> None:
    """Write the injected volume above each column."""
    for column, volume in enumerate(volumes_mm3):
        figure.text(
            (column * (wide + _GAP_MM) + 0.5 * wide) / PAGE_WIDTH_MM,
            1.0 - 0.75 * _HEAD_MM / total,
            f"{volume * ML:.1f} ml",
            fontsize=canvas.TITLE_PT + 1.0,
            fontweight="bold",
            ha="center",
            va="baseline",
        )


def _sections_caption(filling: Filling, sections: tuple[CementSection, ...]) -> str:
    leaked = (
        f" Red cross with a letter: where a leak of more than {_LEAK_LEAST_MM3 * ML:.2f} ml began "
        f"(path as in the table), within {_LEAK_NEAR_MM:.0f} mm of the section."
        if any(leak.volume_mm3 >= _LEAK_LEAST_MM3 for leak in filling.leaks)
        else ""
    )
    section_words = "; ".join(section.words for section in sections)
    return (
        f"Cement in {filling.level} on the CT after the volumes written above, each column one "
        "moment; at 0 ml the bone alone, with the outline of the cement at the end, to see whether "
        f"it followed loose (dark) bone. {section_words[:1].upper()}{section_words[1:]}, where "
        "most cement lies at the end. Yellow, the lighter the more: share of the cell that is "
        "cement, bone between it is bone. Blue: axes and tips of the needles, projected. Patient's "
        "right on the left; "
        f"{CANCELLOUS_WINDOW.words}.{leaked} Cement that left the bone is not drawn."
    )


def draw_filling_radiographs(
    films: FillingFilms, filling: Filling, spine: Spine, shown: tuple[int, ...]
) -> Picture:
    """Draw AP over lateral radiographs, a column for each moment.

    Parameters
    ----------
    films : FillingFilms
    filling : Filling
    spine : Spine
    shown : tuple of int
        Which frames.
    """
    wide = (PAGE_WIDTH_MM - _GAP_MM * (FRAMES - 1)) / FRAMES
    total = _HEAD_MM + 2 * (wide + _HEAD_MM) + _FOOT_MM
    figure = canvas.new_figure(PAGE_WIDTH_MM, total)
    _write_volumes(figure, [filling.frames[n].injected_mm3 for n in shown], wide, total)
    for column, number in enumerate(shown):
        for row, (name, images) in enumerate((("AP", films.ap), ("Lateral", films.lateral))):
            bottom = total - _HEAD_MM - (row + 1) * (wide + _HEAD_MM)
            rect = (
                column * (wide + _GAP_MM) / PAGE_WIDTH_MM,
                bottom / total,
                wide / PAGE_WIDTH_MM,
                wide / total,
            )
            title = name if column == 0 else ""
            overlay = Overlay(title=title, walls=(filling.level,) if row else ())
            add_radiograph(figure, rect, images[number], spine, overlay)
    return Picture(
        name="filling_radiographs",
        caption=_films_caption(films, filling),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=total,
    )


def _films_caption(films: FillingFilms, filling: Filling) -> str:
    first: Radiograph = films.ap[0]
    blades = say_blades((*films.ap, *films.lateral))
    around = (
        " Around a CT narrower than the trunk the body is completed as water."
        if first.completed
        else ""
    )
    return (
        f"Virtual fluoroscopy of {filling.level} while it is filled, computed from the CT with the "
        f"cement of the model and {say_sides(films.sides)} in place; above AP, below lateral. "
        f"Patient {first.carm.posture.value}, seen from the receptor, head up; bar: at the "
        "isocentre. Dashed: posterior wall, from the labels. Cement that left the bone lies "
        "outside the model's cells and is not seen here. "
        f"Without scattered radiation, so contrast is higher than in practice.{around} {blades}"
    ).rstrip()
