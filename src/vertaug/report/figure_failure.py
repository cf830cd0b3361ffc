"""Where a vertebra fails: plastic strain and strain energy in two sections of its model.

The sections go through the middle of the platens along the model's own axes. Voxels are shown as
they are computed, without smoothing. Classes of the field get lighter as the value rises, the
density under them stays darker than all of them: the order is kept in a grey print. Caps are not
the patient's and stay grey.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError, InputError
from vertaug.case.grid import FloatArray
from vertaug.mechanics.model import VertebraModel
from vertaug.report import canvas
from vertaug.report.picture import PAGE_WIDTH_MM, Picture
from vertaug.report.plane import PicturePlane, plane_through, sample
from vertaug.report.style import NEEDLE_COLOUR

_MARGIN_MM = 6.0
_NARROWEST_MM = 25.0
"""Half width that keeps the scale bar of 20 mm clear of the letter in the middle."""
_PIXEL_MM = 0.2
_GAP_MM, _KEY_MM = 2.0, 27.0
_HEAD_MM, _FOOT_MM = 5.0, 3.0
_LARGEST_ROW_MM = 72.0
_KEY_HEIGHT_MM = 60.0
"""What the key needs at least."""
_ENTRY_MM = 3.7
_DARKEST, _BRIGHTEST = 0.08, 0.34
"""Grey of the least and of the greatest density; the classes are lighter."""
_CAP_GREY = 0.16
_EDGE_COLOUR = "#FFFFFF"
_CLASSES = 5
_SERIES = np.array([a * 10.0**b for b in range(-9, 10) for a in (1, 2, 5)])
_ENTRY_PT = canvas.SMALL_PT - 0.3
Rect = tuple[float, float, float, float]


class FailureField(Enum):
    """What is shown: file name, words, unit and factor to that unit."""

    PLASTIC_STRAIN = ("plastic_strain", "Plastic strain", "%", 100.0)
    ENERGY = ("strain_energy", "Strain-energy density", "kJ/m³", 1000.0)

    @property
    def words(self) -> str:
        """Name and unit."""
        return f"{self.value[1]} ({self.value[2]})"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FailureState:
    """One state of a vertebra and its field.

    Attributes
    ----------
    name : str
        ``Before``, ``With 5 ml of cement``.
    model : VertebraModel
    values : (ni, nj, nk) array
        Plastic strain as a share, or strain-energy density in MPa.
    density_mg_per_ml : (ni, nj, nk) array or None
        Shown beneath; None shows the modulus instead.
    cement : (ni, nj, nk) array or None
        Share of a voxel that is cement, or True where there is any.
    """

    name: str
    model: VertebraModel
    values: NDArray[np.generic]
    density_mg_per_ml: NDArray[np.generic] | None = None
    cement: NDArray[np.generic] | None = None

    def __post_init__(self) -> None:
        shape = self.model.grid.shape
        for name in ("values", "density_mg_per_ml", "cement"):
            given = getattr(self, name)
            if given is not None and np.shape(given) != shape:
                message = f"{name} has shape {np.shape(given)}, the model {shape}"
                raise GeometryError(message)
        if not np.isfinite(np.asarray(self.values)[self.model.filled]).all():
            message = f"the field of {self.name!r} is not a number where there is matter"
            raise InputError(message)

    @property
    def background(self) -> tuple[NDArray[np.generic], str]:
        """What is shown beneath, and its words."""
        if self.density_mg_per_ml is None:
            return self.model.bone_mpa + self.model.filler_mpa, "modulus (MPa)"
        return self.density_mg_per_ml, "density (mg/ml)"

    @property
    def caps(self) -> NDArray[np.bool_]:
        """Where there is neither bone nor cement, only caps."""
        caps = (self.model.filler_mpa > 0.0) & (self.model.bone_mpa <= 0.0)
        if self.cement is not None:
            caps &= np.asarray(self.cement) <= 0.0
        return np.asarray(caps)


def draw_failure_map(states: Sequence[FailureState], field: FailureField, at: str) -> Picture:
    """Draw one field in the mid-sagittal and mid-coronal section of one or two states.

    All panels share one scale of colours and one scale of lengths.

    Parameters
    ----------
    states : sequence of FailureState
        Before, then after.
    field : FailureField
    at : str
        Of which load, in words: ``at 1.9 % apparent strain``.

    Raises
    ------
    InputError
        If there are no states or more than two.
    """
    if not 1 <= len(states) <= 2:
        message = f"a map shows one or two states; got {len(states)}"
        raise InputError(message)
    bounds = class_bounds(states, field)
    grey = _grey_limits(states)
    half = _half_sizes(states)
    widths, row_mm = _row_size(half)
    short = _KEY_HEIGHT_MM - _HEAD_MM - row_mm
    if len(states) == 1 and short > 0.0:
        half = (half[0], half[1], half[2] * (1.0 + short / row_mm))
        row_mm += short
    height = len(states) * (row_mm + _HEAD_MM) + _FOOT_MM
    figure = canvas.new_figure(PAGE_WIDTH_MM, height)
    for n, state in enumerate(states):
        bottom = height - (n + 1) * (row_mm + _HEAD_MM)
        left = 0.0
        for plane, name, width in zip(
            section_planes(state.model, half), ("mid-sagittal", "mid-coronal"), widths, strict=True
        ):
            rect = (left / PAGE_WIDTH_MM, bottom / height, width / PAGE_WIDTH_MM, row_mm / height)
            axes = canvas.add_panel(figure, rect, plane)
            _draw_section(axes, plane, state, (field.value[3], bounds, grey))
            canvas.draw_frame(axes, plane, f"{state.name}, {name}", window=None)
            left += width + _GAP_MM
    _add_key(figure, states, field, (bounds, grey))
    return Picture(
        name=f"map_{field.value[0]}",
        caption=_caption(states, field, at),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=height,
    )


def section_planes(
    model: VertebraModel, half: tuple[float, float, float]
) -> tuple[PicturePlane, PicturePlane]:
    """Return the sagittal and the coronal plane through the middle of the platens.

    Sagittal: anterior on the left. Coronal: from the front, the patient's right on the left. Both
    go through centres of voxels.

    Parameters
    ----------
    model : VertebraModel
    half : tuple of float
        Half sizes along the model's left, posterior and superior, mm.
    """
    middle = _middle(model)
    left, posterior, up = model.grid.directions.T
    filled = np.argwhere(model.filled)
    box = 0.5 * (filled.min(axis=0) + filled.max(axis=0))
    sagittal = np.array([middle[0], box[1], box[2]])
    coronal = np.array([box[0], middle[1], box[2]])
    planes = [
        plane_through(model.grid.to_world(centre), right, -up, (across, half[2]))
        for centre, right, across in (
            (sagittal, posterior, half[1]),
            (coronal, left, half[0]),
        )
    ]
    return tuple(_finer(plane) for plane in planes)  # type: ignore[return-value]


def class_bounds(states: Sequence[FailureState], field: FailureField) -> FloatArray:
    """Return where the classes of a field begin, shape (5,), in its unit.

    Round numbers, each about twice the one before; the last class holds about the highest
    hundredth of the bone that has any. Values below the first are not coloured.
    """
    seen = []
    for state in states:
        bone = np.asarray(state.values)[state.model.bone_mpa > 0.0].astype(np.float64)
        seen.append(bone[bone > 0.0])
    every = np.concatenate(seen) * field.value[3]
    top = float(np.percentile(every, 99.0)) if every.size else 1.0
    last = int(np.clip(np.searchsorted(_SERIES, top, side="right") - 1, _CLASSES - 1, None))
    return np.array(_SERIES[last - _CLASSES + 1 : last + 1])


def class_colours() -> NDArray[np.float64]:
    """Return the colour of each class, shape (5, 3): lighter as the value rises."""
    return np.asarray(mpl.colormaps["inferno"](np.linspace(0.58, 0.99, _CLASSES)))[:, :3]


def section_image(
    plane: PicturePlane, state: FailureState, scale: tuple[float, FloatArray, FloatArray]
) -> FloatArray:
    """Return the colours of a section, shape (rows, columns, 4); air is transparent.

    Parameters
    ----------
    plane : PicturePlane
    state : FailureState
    scale : tuple
        Factor to the unit, bounds of the classes, limits of the grey.
    """
    factor, bounds, grey = scale
    points = plane.pixel_centres()
    model = state.model

    def at_voxels(values: NDArray[np.generic]) -> FloatArray:
        return np.nan_to_num(sample(values, model.grid, points, order=0))

    share = np.clip((at_voxels(state.background[0]) - grey[0]) / (grey[1] - grey[0]), 0.0, 1.0)
    level = _DARKEST + (_BRIGHTEST - _DARKEST) * share
    level = np.where(at_voxels(state.caps.astype(np.float32)) > 0.5, _CAP_GREY, level)
    colours = np.repeat(level[..., None], 3, axis=-1)
    number = np.digitize(factor * at_voxels(np.where(model.filled, state.values, 0.0)), bounds)
    shown = (number > 0) & (at_voxels(state.caps.astype(np.float32)) <= 0.5)
    colours[shown] = class_colours()[number[shown] - 1]
    filled = at_voxels(model.filled.astype(np.float32)) > 0.5
    return np.concatenate([colours, filled[..., None].astype(np.float64)], axis=-1)


def _middle(model: VertebraModel) -> FloatArray:
    """Return the voxel in the middle of the platens, whole numbers."""
    nodes = np.concatenate([model.superior_nodes, model.inferior_nodes])
    return np.asarray(
        np.clip(np.round(nodes.mean(axis=0) - 0.5), 0, np.array(model.grid.shape) - 1)
    )


def _finer(plane: PicturePlane) -> PicturePlane:
    return PicturePlane(
        centre_lps_mm=plane.centre_lps_mm,
        right=plane.right,
        down=plane.down,
        half_width_mm=plane.half_width_mm,
        half_height_mm=plane.half_height_mm,
        pixel_mm=_PIXEL_MM,
    )


def _half_sizes(states: Sequence[FailureState]) -> tuple[float, float, float]:
    """Return half sizes that hold every state with a margin."""
    sizes = []
    for state in states:
        filled = np.argwhere(state.model.filled)
        voxels = filled.max(axis=0) - filled.min(axis=0) + 1
        sizes.append(0.5 * voxels * state.model.grid.spacing_mm + _MARGIN_MM)
    left, posterior, up = np.max(sizes, axis=0).tolist()
    return max(left, _NARROWEST_MM), max(posterior, _NARROWEST_MM), up


def _row_size(half: tuple[float, float, float]) -> tuple[tuple[float, float], float]:
    """Return the printed widths of both panels and their height: one scale of lengths."""
    room = PAGE_WIDTH_MM - 2 * _GAP_MM - _KEY_MM
    scale = min(room / (2.0 * (half[0] + half[1])), _LARGEST_ROW_MM / (2.0 * half[2]))
    return (2.0 * half[1] * scale, 2.0 * half[0] * scale), 2.0 * half[2] * scale


def _grey_limits(states: Sequence[FailureState]) -> FloatArray:
    """Return least and greatest value of the grey, so that soft bone inside can be told apart."""
    values = [np.asarray(s.background[0])[s.model.bone_mpa > 0.0] for s in states]
    every = np.concatenate(values).astype(np.float64)
    if not every.size:
        return np.array([0.0, 1.0])
    low, high = np.percentile(every, [2.0, 90.0])
    return np.array([low, max(high, low + 1e-6)])


def _draw_section(
    axes: Axes,
    plane: PicturePlane,
    state: FailureState,
    scale: tuple[float, FloatArray, FloatArray],
) -> None:
    image = section_image(plane, state, scale)
    axes.imshow(
        image, extent=plane.extent_mm, origin="upper", interpolation="nearest", aspect="auto"
    )
    points = plane.pixel_centres()
    model = state.model
    bone = model.filled & ~state.caps
    edge = sample(bone.astype(np.float32), model.grid, points, order=0)
    canvas.draw_contour(axes, plane, edge, _EDGE_COLOUR, 0.5)
    if state.cement is not None:
        cement = sample(np.asarray(state.cement, dtype=np.float32), model.grid, points, order=0)
        # a dark line beneath keeps the light one apart from light classes
        canvas.draw_contour(axes, plane, cement, "#000000", 2.4)
        canvas.draw_contour(axes, plane, cement, NEEDLE_COLOUR, 1.2)


def _add_key(
    figure: Figure,
    states: Sequence[FailureState],
    field: FailureField,
    scales: tuple[FloatArray, FloatArray],
) -> None:
    """Explain classes, grey and lines beside the panels, from the top of the figure."""
    bounds, grey = scales
    height_mm = float(figure.get_size_inches()[1]) * 25.4
    axes = figure.add_axes((1.0 - _KEY_MM / PAGE_WIDTH_MM, 0.0, _KEY_MM / PAGE_WIDTH_MM, 1.0))
    axes.set_axis_off()
    axes.set_xlim(0.0, _KEY_MM)
    axes.set_ylim(height_mm, 0.0)
    y = _write(axes, _HEAD_MM, field.words)
    for n in range(_CLASSES - 1, -1, -1):
        words = f"{bounds[n]:g} to {bounds[n + 1]:g}" if n < _CLASSES - 1 else f"over {bounds[n]:g}"
        y = _entry(axes, y, (tuple(class_colours()[n]), 3.1), words)
    background = states[0].background[1]
    y = _write(axes, y + 1.5, f"Below {bounds[0]:g}: {background}")
    steps = np.linspace(_BRIGHTEST, _DARKEST, 24)[:, None]
    axes.imshow(steps, cmap="gray", vmin=0, vmax=1, extent=(2.0, 7.0, y + 7.0, y), aspect="auto")
    for at, value in ((y + 0.8, grey[1]), (y + 6.2, grey[0])):
        axes.text(8.2, at, f"{value:.0f}", fontsize=_ENTRY_PT, va="center")
    y = _entry(axes, y + 8.2, (str(_CAP_GREY), 3.1), "cap (PMMA)")
    y = _entry(axes, y, (_EDGE_COLOUR, 0.8), "edge of bone")
    if any(state.cement is not None for state in states):
        _entry(axes, y, (NEEDLE_COLOUR, 1.5), "edge of cement")


def _write(axes: Axes, y: float, words: str) -> float:
    lines = canvas.wrap(words, _KEY_MM - 3.0, _ENTRY_PT)
    axes.text(
        2.0, y, "\n".join(lines), fontsize=_ENTRY_PT, fontweight="bold", va="top", linespacing=1.2
    )
    return y + 2.9 * len(lines) + 0.9


def _entry(axes: Axes, y: float, look: tuple[object, float], words: str) -> float:
    """Draw a sample of a colour and a height in mm with its words; return where to go on."""
    colour, high = look
    middle = y + 0.5 * _ENTRY_MM
    axes.add_patch(
        Rectangle((2.0, middle - 0.5 * high), 5.0, high, fc=colour, ec="#000000", lw=0.4)
    )
    axes.text(8.2, middle, words, fontsize=_ENTRY_PT, va="center")
    return y + _ENTRY_MM


def _caption(states: Sequence[FailureState], field: FailureField, at: str) -> str:
    text = (
        f"{field.words} {at} in each voxel, in sections through the middle of the platens along "
        "the model's axes. Values below the first class are not coloured: what is seen there is "
        f"{states[0].background[1].partition(' (')[0]}. Caps are grey throughout. Lengths and "
        "colours are the same in all panels. Marks: A anterior, P posterior, R right, "
        "L left, H head, F foot."
    )
    if any(state.cement is not None for state in states):
        text += " Blue line: voxels where more than half of the marrow space is cement."
    return text
