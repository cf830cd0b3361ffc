"""Force over displacement with the named failure loads, before and after.

The maps of where a vertebra fails are in `vertaug.report.figure_failure`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.mechanics.failure import END_STRAIN
from vertaug.mechanics.rigidity import FAILURE_STRAIN
from vertaug.report import canvas
from vertaug.report.figure_strength_table import LoadColumn, add_table
from vertaug.report.force_curve import ForceCurve
from vertaug.report.label_places import place_labels
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

_HEIGHT_MM = 90.0
_LINE_MM = 4.6
"""Of the titles below the first."""
_INK, _FAINT, _SECOND = "#14181d", "#8a929b", "#0072B2"
_LINES: tuple[dict[str, Any], ...] = (
    {"color": _INK, "linestyle": "-", "marker": "o", "markerfacecolor": "#FFFFFF"},
    {"color": _SECOND, "linestyle": "--", "marker": "s", "markerfacecolor": _SECOND},
    {"color": "#7a4a00", "linestyle": "-.", "marker": "^", "markerfacecolor": "#FFFFFF"},
)
"""Told apart by dash and marker as well as by colour."""
_LETTERS = "abcdef"
_OFF = 0.01
"""A load farther from its curve than this share of the axis is joined to the origin."""
_CHARACTER_PT = 0.62
"""Mean width of a character as a share of the size of type."""
_TOGETHER = 0.035
"""Points nearer than this share of the axes carry one label."""


def draw_strength_curve(
    curves: Sequence[ForceCurve],
    height_mm: float,
    titles: Sequence[str] = (),
    *,
    ratio: bool = True,
) -> Picture:
    """Draw one to three curves with a table of their failure loads; of two, also the ratio.

    Parameters
    ----------
    curves : sequence of ForceCurve
        Before, then after.
    height_mm : float
        Of the body, for apparent strain; the same for all.
    titles : sequence of str
        Lines written above: level and gain first, in bold.
    ratio : bool
        Of two curves, also list the ratio of their loads.

    Raises
    ------
    InputError
        If there are no curves or too many, more than 6 definitions, or no height.
    """
    names = _definitions(curves)
    if not 1 <= len(curves) <= len(_LINES) or len(names) > len(_LETTERS):
        message = (
            f"expected 1 to {len(_LINES)} curves with at most {len(_LETTERS)} definitions; got "
            f"{len(curves)} with {len(names)}"
        )
        raise InputError(message)
    if not height_mm > 0.0:
        message = f"apparent strain needs the height of the body; got {height_mm:g} mm"
        raise InputError(message)
    page_mm = _HEIGHT_MM + _LINE_MM * max(0, len(titles) - 1)
    figure = canvas.new_figure(PAGE_WIDTH_MM, page_mm)
    axes = _add_axes(figure, curves, height_mm)
    for curve, line in zip(curves, _LINES, strict=False):
        axes.plot(
            curve.displacement_mm,
            curve.force_n / 1000.0,
            linewidth=1.2,
            markersize=3.2,
            **line,
            zorder=3,
        )
    _name_curves(axes, curves)
    ends: list[tuple[float, float]] = []
    _label_points(axes, curves, [g for c in curves for g in _mark_loads(axes, c, names, ends)])
    _write_titles(figure, titles, page_mm)
    _list_loads(figure, curves, names, ratio=ratio)
    return Picture(
        name="strength_curve",
        caption=_caption(curves, height_mm),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=page_mm,
    )


def _write_titles(figure: Figure, titles: Sequence[str], page_mm: float) -> None:
    """Write the lines from the top down, the first one larger."""
    for n, line in enumerate(titles):
        text = figure.text(
            0.003, 1.0 - (3.9 + _LINE_MM * n) / page_mm, line, color=_INK,
            fontsize=canvas.TITLE_PT + (1.0 if n == 0 else 0.0),
            fontweight="bold" if n == 0 else "normal",
        )  # fmt: skip
        canvas.fit_text(text, 0.99 * figure.bbox.width)


def _definitions(curves: Sequence[ForceCurve]) -> list[str]:
    return list(dict.fromkeys(load.name for curve in curves for load in curve.loads))


def _any_rises(curves: Sequence[ForceCurve]) -> bool:
    return any(load.rising for curve in curves for load in curve.loads)


def _caption(curves: Sequence[ForceCurve], height_mm: float) -> str:
    shown = ", ".join(curve.name for curve in curves)
    own = "".join(
        f" Where the body is {curve.height_mm:.1f} mm high ({curve.name}), 1.9 % lie at "
        f"{END_STRAIN * curve.height_mm:.2f} mm."
        for curve in curves
        if curve.height_mm is not None
    )
    whose = " as it is," if own else " of"
    star = "; *: its curve still rises there, no failure" if _any_rises(curves) else ""
    return (
        f"Force of the superior platen over its displacement ({shown}). Markers: computed load "
        "steps, joined by straight lines. Upper axis: apparent strain, displacement over the "
        f"height of the body{whose} {height_mm:.1f} mm, with the strains of two definitions."
        f"{own} Letters: loads of the table{star}; dotted: the elastic line to a load that lies "
        "beside the curve. Loads of different definitions must not be compared."
    )


def _add_axes(figure: Figure, curves: Sequence[ForceCurve], height_mm: float) -> Axes:
    up = _HEIGHT_MM / (float(figure.get_size_inches()[1]) * 25.4)
    axes = figure.add_axes((0.075, 0.125 * up, 0.51, 0.69 * up))
    furthest = max(float(curve.displacement_mm[-1]) for curve in curves)
    forces = [float(curve.force_n.max()) for curve in curves]
    forces += [load.force_n or 0.0 for curve in curves for load in curve.loads]
    axes.set_xlim(0.0, 1.04 * furthest)
    axes.set_ylim(0.0, 1.16e-3 * max(forces))
    axes.set_xlabel("Displacement of the platen (mm)", fontsize=canvas.LABEL_PT)
    axes.set_ylabel("Force (kN)", fontsize=canvas.LABEL_PT)
    # two scales say the same place: one is a copy of the other
    strain = axes.secondary_xaxis(
        "top",
        functions=(
            lambda x: np.asarray(x, np.float64) * 100.0 / height_mm,
            lambda strain: np.asarray(strain, np.float64) * 0.01 * height_mm,
        ),
    )
    other = any(curve.height_mm is not None for curve in curves)
    whose = " of the body as it is" if other else ""
    strain.set_xlabel(f"Apparent strain{whose} (%)", fontsize=canvas.LABEL_PT)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    ticks = strain_ticks(axes.get_xlim()[1] * 100.0 / height_mm)
    strain.xaxis.set_major_locator(FixedLocator(ticks))
    strain.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    for one in (axes, strain):
        one.tick_params(labelsize=canvas.SMALL_PT, width=0.6, length=2.5)
    axes.grid(visible=True, color="#d9dde1", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines["right"].set_visible(False)
    for spine in axes.spines.values():
        spine.set_linewidth(0.6)
    return axes


def strain_ticks(last: float) -> list[float]:
    """Return round strains and those of the definitions, rising, in per cent.

    Parameters
    ----------
    last : float
        End of the axis.
    """
    named = [100.0 * strain for strain in (FAILURE_STRAIN, END_STRAIN)]
    kept = [strain for strain in named if strain <= last]
    plain = MaxNLocator(nbins=5, steps=[1, 2, 5, 10]).tick_values(0.0, last)
    room = 0.07 * last
    kept += [
        float(tick)
        for tick in plain
        if 0.0 <= tick <= last and all(abs(tick - strain) > room for strain in named)
    ]
    return sorted(kept)


def _name_curves(axes: Axes, curves: Sequence[ForceCurve]) -> None:
    """Write the name of the highest curve above it and of the others below them."""
    gap = 0.035 * axes.get_ylim()[1]
    size = _CHARACTER_PT * canvas.LABEL_PT * canvas.FIGURE_DPI / 72 / axes.get_window_extent().width
    highest = max(curves, key=lambda curve: float(curve.force_n[-1]))
    for curve, line in zip(curves, _LINES, strict=False):
        above = curve is highest and len(curves) > 1
        end = float(curve.displacement_mm[-1]) * (0.86 if above else 1.0)
        # where the curve is highest, or lowest, over its name
        wide = max(0.38 * end, 1.1 * size * len(curve.name) * axes.get_xlim()[1])
        span = np.linspace(max(end - wide, 0.0), end, 20)
        under = np.interp(span, curve.displacement_mm, curve.force_n)
        axes.text(
            end,
            0.001 * float(under.max()) + gap if above else 0.001 * float(under.min()) - gap,
            curve.name,
            ha="right",
            va="bottom" if above else "top",
            fontsize=canvas.LABEL_PT,
            fontweight="bold",
            color=line["color"],
        )


def _mark_loads(
    axes: Axes, curve: ForceCurve, names: list[str], ends: list[tuple[float, float]]
) -> list[tuple[float, float, str]]:
    """Mark the loads of a curve; return places and letters, one for what lies on each other.

    Of elastic lines that end together (``ends``, which grows) one is named.
    """
    wide, high = axes.get_xlim()[1], axes.get_ylim()[1]
    groups: list[tuple[float, float, str]] = []
    for load in curve.loads:
        if load.force_n is None:
            continue
        letter = _LETTERS[names.index(load.name)]
        x, force = load.displacement_mm, load.force_n / 1000.0
        if x is None:
            axes.axhline(force, color=_FAINT, linewidth=0.7, linestyle=":", zorder=2)
            _name_line(axes, ((0.0, force), (wide, force)), load.name)
            x = 0.985 * wide
        elif abs(np.interp(x, curve.displacement_mm, curve.force_n) / 1000.0 - force) > _OFF * high:
            axes.plot([0.0, x], [0.0, force], color=_FAINT, linewidth=0.8, linestyle=":")
            if not any(max(abs(a - x) / wide, abs(b - force) / high) < _TOGETHER for a, b in ends):
                _name_line(axes, ((0.0, 0.0), (x, force)), "elastic line")
                ends.append((x, force))
        axes.plot(x, force, "x", color=_INK, markersize=5.0, markeredgewidth=1.1, zorder=5)
        for n, (a, b, letters) in enumerate(groups):
            if max(abs(a - x) / wide, abs(b - force) / high) < _TOGETHER:
                groups[n] = (a, b, f"{letters}, {letter}")
                break
        else:
            groups.append((x, force, letter))
    return groups


def _name_line(
    axes: Axes, line: tuple[tuple[float, float], tuple[float, float]], words: str
) -> None:
    """Write along a dotted line, on its upper side near its end."""
    start, end = (axes.transData.transform(point) for point in line)
    way = end - start
    across = np.array([-way[1], way[0]]) / np.linalg.norm(way)
    # 5 points away from the line; to the middle of the words, so that they end before the mark
    length = 0.5 * len(words) * _CHARACTER_PT * canvas.SMALL_PT + 10.0
    step = canvas.FIGURE_DPI / 72
    at = end - way / np.linalg.norm(way) * length * step + 5.0 * step * across
    x, y = axes.transData.inverted().transform(at)
    axes.text(
        x, y, words, fontsize=canvas.SMALL_PT - 0.5,
        color="#5b6470", ha="center", va="center", rotation_mode="anchor",
        rotation=float(np.degrees(np.arctan2(way[1], way[0]))),
    )  # fmt: skip


def _label_points(
    axes: Axes, curves: Sequence[ForceCurve], groups: list[tuple[float, float, str]]
) -> None:
    """Write letters beside their points, joined to them by a thin line."""
    if not groups:
        return
    step = canvas.FIGURE_DPI / 72  # all places in points
    points = axes.transData.transform([group[:2] for group in groups]) / step
    sizes = [(_CHARACTER_PT * len(letters) * canvas.LABEL_PT + 6.0, 12.0) for *_, letters in groups]
    box = axes.get_window_extent()
    places = place_labels(
        points,
        sizes,
        _taken(axes, curves) / step,
        (box.x0 / step, box.y0 / step, box.x1 / step, box.y1 / step),
    )
    for (x, force, letters), away in zip(groups, places - points, strict=True):
        axes.annotate(
            letters,
            xy=(x, force),
            xytext=tuple(away),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=canvas.LABEL_PT,
            fontweight="bold",
            color=_INK,
            zorder=6,
            bbox={"boxstyle": "round,pad=0.2", "fc": "#FFFFFF", "ec": _INK, "lw": 0.6},
            arrowprops={"arrowstyle": "-", "color": _INK, "lw": 0.6, "shrinkB": 3.0},
        )


def _taken(axes: Axes, curves: Sequence[ForceCurve]) -> FloatArray:
    """Return pixels that no label may cover: curves, dotted lines, words."""
    lines = [np.column_stack([c.displacement_mm, c.force_n / 1000.0]) for c in curves]
    lines += [np.asarray(line.get_xydata()) for line in axes.lines if line.get_linestyle() == ":"]
    places = []
    for line in lines:
        pixel = axes.transData.transform(line)
        along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(pixel, axis=0), axis=1))])
        dense = np.append(np.arange(0.0, along[-1], 4.0), along)
        places.append(np.column_stack([np.interp(dense, along, pixel[:, k]) for k in (0, 1)]))
    for text in axes.texts:
        # the corners of turned words hold too much: a row of places along the middle instead
        box = text.get_window_extent()
        turned = text.get_rotation() > 1.0
        share = np.linspace(0.0, 1.0, 30)
        for height in (0.0,) if turned else (0.1, 0.5, 0.9):
            y = box.y0 + box.height * (share if turned else np.full(30, height))
            places.append(np.column_stack([box.x0 + box.width * share, y]))
    return np.concatenate(places)


def _list_loads(
    figure: Figure, curves: Sequence[ForceCurve], names: list[str], *, ratio: bool
) -> None:
    """Write the table of the loads beside the curves."""
    columns = []
    for curve, line in zip(curves, _LINES, strict=False):
        loads = {load.name: load for load in curve.loads}
        columns.append(
            LoadColumn(
                name=curve.short or curve.name,
                colour=line["color"],
                loads_n=tuple(loads[name].force_n if name in loads else None for name in names),
                rising=tuple(name in loads and loads[name].rising for name in names),
            )
        )
    add_table(figure, names, _LETTERS, columns, _HEIGHT_MM, ratio=ratio)
