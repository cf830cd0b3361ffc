"""Where a vertebra fails: plastic strain and strain energy in sections of its model."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.report import canvas
from vertaug.report.failure_image import SMALLEST_VOXELS, cut_section, paint_section
from vertaug.report.failure_key import EDGE_COLOUR, KEY_MM, add_key
from vertaug.report.failure_sections import Section, choose_sections, section_plane
from vertaug.report.failure_state import FailureField, FailureState
from vertaug.report.picture import PAGE_WIDTH_MM, Picture
from vertaug.report.plane import PicturePlane

_MARGIN_MM = 7.5
"""Keeps the scale bar with its words clear of bone and caps."""
_NARROWEST_MM = 25.0
"""Half width that keeps the scale bar of 20 mm clear of the letter in the middle."""
_GAP_MM = 1.5
_TOP_MM, _HEAD_MM = 6.0, 9.0
"""Above all: what is shown of whom. Above a row: state with its load, then the sections."""
_LARGEST_ROW_MM = 66.0
_CEMENT_EDGE = "#0B3C5D"
_INK = "#1d2733"
Half = tuple[float, float, float]


def draw_failure_map(
    states: Sequence[FailureState], field: FailureField, at: str, of: str = ""
) -> Picture:
    """Draw one field in the same sections of one or two states.

    All panels share one scale of colours, the same for all cases, and one scale of lengths.

    Parameters
    ----------
    states : sequence of FailureState
        Before, then after.
    field : FailureField
    at : str
        Of which load, in words: ``at 1.9 % apparent strain``.
    of : str
        Level, written above.

    Raises
    ------
    InputError
        If there are no states or more than two.
    """
    if not 1 <= len(states) <= 2:
        message = f"a map shows one or two states; got {len(states)}"
        raise InputError(message)
    grey = grey_limits(states)
    half = _half_sizes(states)
    deciding, sections = choose_sections(states)
    planes = [section_plane(deciding.model, section, half) for section in sections]
    scale, row_mm = _row_size(planes)
    height = _TOP_MM + len(states) * (row_mm + _HEAD_MM) + KEY_MM
    figure = canvas.new_figure(PAGE_WIDTH_MM, height)
    title = f"{of}: {field.value[1].lower()}" if of else field.value[1]
    _write(figure, (0.0, _TOP_MM - 2.0), f"{title} {at.rstrip(',')}", canvas.TITLE_PT + 1.0)
    for n, state in enumerate(states):
        top = _TOP_MM + n * (row_mm + _HEAD_MM)
        _write_head(figure, top + 4.2, state)
        left = 0.0
        for plane, section in zip(planes, sections, strict=True):
            size = 2.0 * scale * plane.half_width_mm, 2.0 * scale * plane.half_height_mm
            rect = _rect((left, top + _HEAD_MM, *size), height)
            axes = canvas.add_panel(figure, rect, plane)
            _draw_section(axes, plane, state, (field.value[3], field.bounds, grey))
            canvas.draw_frame(axes, plane, "", window=None)
            _name_section(axes, section)
            left += size[0] + _GAP_MM
    add_key(figure, states, field, grey)
    return Picture(
        name=f"map_{field.value[0]}",
        caption=_caption(states, field, at),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=height,
    )


def grey_limits(states: Sequence[FailureState]) -> FloatArray:
    """Return least and greatest value of the grey, so that soft bone inside can be told apart.

    The least is 0: what lies below is no bone.
    """
    values = [np.asarray(s.background[0])[s.model.bone_mpa > 0.0] for s in states]
    every = np.concatenate(values).astype(np.float64)
    high = float(np.percentile(every, 90.0)) if every.size else 1.0
    return np.array([0.0, max(high, 1e-6)])


def _write(
    figure: Figure,
    at_mm: tuple[float, float],
    words: str,
    size: float,
    room: float | None = None,
) -> None:
    """Write on the paper; the place counts from the upper left, the room is in pixels."""
    height_mm = float(figure.get_size_inches()[1]) * 25.4
    text = figure.text(
        at_mm[0] / PAGE_WIDTH_MM, 1.0 - at_mm[1] / height_mm, words, fontsize=size,
        fontweight="bold", color=_INK, ha="left", va="baseline",
    )  # fmt: skip
    canvas.fit_text(text, room or figure.bbox.width)


def _write_head(figure: Figure, y_mm: float, state: FailureState) -> None:
    """Write state and load, and at the right end what it is beside the first state."""
    height_mm = float(figure.get_size_inches()[1]) * 25.4
    room = figure.bbox.width
    if state.beside:
        beside = figure.text(
            1.0, 1.0 - y_mm / height_mm, state.beside, fontsize=canvas.SMALL_PT,
            color=_INK, ha="right", va="baseline",
        )  # fmt: skip
        canvas.fit_text(beside, 0.52 * room)
        room -= beside.get_window_extent().width + 2.0 * _GAP_MM / 25.4 * canvas.FIGURE_DPI
    _write(figure, (0.0, y_mm), state.title, canvas.TITLE_PT, room)


def _name_section(axes: Axes, section: Section) -> None:
    text = axes.annotate(
        section.words, xy=(0.0, 1.0), xycoords="axes fraction", xytext=(0.0, 3.0),
        textcoords="offset points", fontsize=canvas.SMALL_PT, color=_INK, va="baseline",
    )  # fmt: skip
    canvas.fit_text(text, axes.get_window_extent().width)


def _rect(
    box_mm: tuple[float, float, float, float], height_mm: float
) -> tuple[float, float, float, float]:
    """Turn left, top, width and height in mm into fractions of the figure."""
    left, top, width, high = box_mm
    return (
        left / PAGE_WIDTH_MM,
        1.0 - (top + high) / height_mm,
        width / PAGE_WIDTH_MM,
        high / height_mm,
    )


def _half_sizes(states: Sequence[FailureState]) -> Half:
    """Return half sizes that hold every state with a margin."""
    sizes = []
    for state in states:
        filled = np.argwhere(state.model.filled)
        voxels = filled.max(axis=0) - filled.min(axis=0) + 1
        sizes.append(0.5 * voxels * state.model.grid.spacing_mm + _MARGIN_MM)
    left, posterior, up = np.max(sizes, axis=0).tolist()
    posterior = max(posterior, _NARROWEST_MM)
    # panels of one row end alike: the axial one is as high as the body is deep
    return max(left, _NARROWEST_MM), posterior, max(up, posterior)


def _row_size(planes: Sequence[PicturePlane]) -> tuple[float, float]:
    """Return printed mm for each mm of the body, and the height of a row in print."""
    room = PAGE_WIDTH_MM - _GAP_MM * (len(planes) - 1)
    wide = sum(2.0 * plane.half_width_mm for plane in planes)
    high = max(2.0 * plane.half_height_mm for plane in planes)
    scale = min(room / wide, _LARGEST_ROW_MM / high)
    return scale, high * scale


def _draw_section(
    axes: Axes,
    plane: PicturePlane,
    state: FailureState,
    scale: tuple[float, FloatArray, FloatArray],
) -> None:
    cut = cut_section(plane, state)
    axes.imshow(
        paint_section(cut, scale),
        extent=plane.extent_mm,
        origin="upper",
        interpolation="nearest",
        aspect="auto",
    )
    canvas.draw_contour(axes, plane, cut.matter_outlined, EDGE_COLOUR, 0.5)
    if state.cement is not None:
        canvas.draw_contour(axes, plane, cut.cement_outlined, _CEMENT_EDGE, 1.0)


def _caption(states: Sequence[FailureState], field: FailureField, at: str) -> str:
    cement = [state for state in states if state.cement is not None]
    where = "the cement" if cement else "the middle of the platens"
    text = (
        f"{field.words} {at} in each voxel, in sections through {where} along the model's axes, "
        f"{'the same in both states' if len(states) > 1 else 'one of each direction'}. Offsets "
        f"count from the middle of the platens. Values below {field.bounds[0]:g} are not "
        f"coloured: what is seen there is {states[0].background[1].partition(' (')[0]}. The "
        f"classes are the same for all cases. {'; '.join(state.title for state in states)}. "
        "Black: outside the model; within the edge of bone empty voxels: of 0 mg/ml, or less than "
        "half bone. Islands of fewer than "
        f"{SMALLEST_VOXELS} voxels are not drawn. "
        "Marks: A anterior, P posterior, R right, L left, H head, F foot."
    )
    if cement:
        inside = cement[-1].mostly_cement
        over = np.asarray(cement[-1].values)[inside] * field.value[3] >= field.bounds[0]
        share = 100.0 * float(over.mean()) if over.size else 0.0
        text += (
            " Cement, where it fills more than half of the marrow space, is light blue whatever "
            f"its value ({share:.0f} % of it reaches {field.bounds[0]:g} {field.value[2]})."
        )
        if cement[-1].contact:
            text += f" Cement stands on {cement[-1].contact} with no bone between: see the limits."
        if cement[-1].beside:
            text += f" {cement[-1].name}, beside as it is: {cement[-1].beside}."
    return text
