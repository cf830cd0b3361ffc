"""A vertebroplasty beside a kyphoplasty: the same sections, and leaks of samples."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vertaug.case.augmentation_content import ML
from vertaug.case.filling import FillingSpread
from vertaug.case.kyphoplasty import SimulatedKyphoplasty
from vertaug.case.simulation import SimulatedVertebroplasty
from vertaug.case.spine import Spine
from vertaug.case.spread_figures import any_odds, odds_of
from vertaug.report import canvas
from vertaug.report.cavity import Cavity, cavity_of, draw_cavity
from vertaug.report.figure_filling import (
    CANCELLOUS_WINDOW,
    CementSection,
    choose_cement_sections,
    draw_section,
    section_ground,
)
from vertaug.report.figure_filling_curves import BLUE, INK, RED, dress, name_lines
from vertaug.report.figure_filling_spread import TO_CANAL_WORDS
from vertaug.report.leak_key import draw_leak_key, foot_mm
from vertaug.report.path_words import ANY, list_rows
from vertaug.report.picture import PAGE_WIDTH_MM, Picture

NAMES = ("vertebroplasty", "kyphoplasty")
_COLOURS, _MARKERS = (BLUE, RED), ("o", "s")
_NO_CRACKS = "cracks of the wall not modelled"
_SIDE_MM, _GAP_MM, _HEAD_MM, _WIDE_MM = 5.0, 1.5, 4.8, 48.5
_ODDS = (0.755, 0.225)
"""Left edge and width of the panel of leaks, as shares of the figure."""
_SAGITTAL_AXIAL = (1, 2)
"""Of the sections that a filling is shown in."""


def draw_comparison(
    first: SimulatedVertebroplasty, second: SimulatedKyphoplasty, spines: tuple[Spine, Spine]
) -> Picture:
    """Draw the cement of both on the same sections, and in how many samples it leaked.

    Parameters
    ----------
    first : SimulatedVertebroplasty
    second : SimulatedKyphoplasty
        Of the same level.
    spines : tuple of 2 Spine
        With the CT, as it was and as the balloons left the bone.
    """
    both = (first, second.cement)
    chosen = choose_cement_sections(both[0].result.filling, both[1].result.filling)
    sections = [chosen[number] for number in _SAGITTAL_AXIAL]
    plane = sections[0].plane
    tall = _WIDE_MM * plane.half_height_mm / plane.half_width_mm
    leaky = max((found.result.filling for found in both), key=foot_mm)
    total = _HEAD_MM + 2 * (tall + _GAP_MM) + foot_mm(leaky)
    figure = canvas.new_figure(PAGE_WIDTH_MM, total)
    for row, found in enumerate(both):
        bottom = 1.0 - (_HEAD_MM + tall + row * (tall + _GAP_MM)) / total
        cavity = cavity_of(second) if row else None
        _draw_row(figure, found, sections, (bottom, tall / total), (spines[row], cavity))
        _name_row(figure, NAMES[row], found, bottom + 0.5 * tall / total)
        if row == 0:
            for axes, section in zip(figure.axes, sections, strict=False):
                canvas.draw_title(axes, f"{section.words[0].upper()}{section.words[1:]}")
    _draw_leaks(figure, both, total, hollow=second.balloon is not None)
    draw_leak_key(figure, leaky, (PAGE_WIDTH_MM, total))
    return Picture(
        name="comparison",
        caption=_caption(first, second),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=total,
    )


def _draw_row(
    figure: Figure,
    found: SimulatedVertebroplasty,
    sections: list[CementSection],
    upright: tuple[float, float],
    ground: tuple[Spine, Cavity | None],
) -> None:
    spine, cavity = ground
    filling = found.result.filling
    bottom, height = upright
    for column, section in enumerate(sections):
        left = (_SIDE_MM + column * (_WIDE_MM + _GAP_MM)) / PAGE_WIDTH_MM
        rect = (left, bottom, _WIDE_MM / PAGE_WIDTH_MM, height)
        axes = canvas.add_panel(figure, rect, section.plane)
        bone = section_ground(section.plane, spine, filling.level)
        draw_section(axes, section, filling, filling.frames[-1], bone)
        if cavity is not None:
            draw_cavity(axes, section.plane, cavity)
        canvas.draw_frame(axes, section.plane, "", window=None)


def _name_row(figure: Figure, name: str, found: SimulatedVertebroplasty, middle: float) -> None:
    figure.text(
        0.45 * _SIDE_MM / PAGE_WIDTH_MM, middle,
        f"{name}, {found.result.filling.injected_mm3 * ML:.2f} ml",
        fontsize=canvas.TITLE_PT + 0.5, fontweight="bold", ha="center", va="center", rotation=90,
    )  # fmt: skip


def _draw_leaks(
    figure: Figure, both: tuple[SimulatedVertebroplasty, ...], total: float, *, hollow: bool
) -> None:
    """Draw the share of samples that leaked by each path, both procedures beside each other.

    Markers after balloons are hollow: cracks of the wall are not in the model.
    """
    below = 13.0 / total
    axes = figure.add_axes((_ODDS[0], below, _ODDS[1], 1.0 - below - 2.0 * _HEAD_MM / total))
    spreads = [found.result.spread for found in both]
    if not any(_usable(spread) for spread in spreads):
        axes.set_axis_off()
        axes.text(
            -0.3, 1.0, "Leaks of samples:\nnot computed", color=INK, va="top",
            fontsize=canvas.LABEL_PT + 1.0, transform=axes.transAxes,
        )  # fmt: skip
        return
    dress(axes, "Share of the samples (%)", "Samples that leaked")
    rows = [(ANY, ()), *reversed(list_rows())]
    named, faces = [], (_COLOURS[0], "#FFFFFF" if hollow else _COLOURS[1])
    for number, spread in enumerate(spreads):
        if spread is None or not _usable(spread):
            named.append((f"{NAMES[number]}: not computed", _COLOURS[number], "-"))
            continue
        _draw_odds(axes, spread, rows, number, face=faces[number])
        told = f"{NAMES[number]}, {len(spread.leaked_mm3)} samples"
        told += f":\n{_NO_CRACKS}" if hollow and number == 1 else ""
        named.append((told, _COLOURS[number], "-"))
    names = [
        TO_CANAL_WORDS if title.startswith("towards") else title.removeprefix("– ")
        for title, _ in rows
    ]
    axes.set_yticks(range(len(names)), names, fontsize=canvas.SMALL_PT - 0.5)
    axes.set_ylim(-0.6, len(names) + (1.3 if hollow else 0.9))
    axes.set_xlim(0.0, 100.0)
    legend = name_lines(axes, named, "upper right")
    for number, line in enumerate(legend.get_lines()):
        line.set(marker=_MARKERS[number], markersize=3.4, markerfacecolor=faces[number])


def _usable(spread: FillingSpread | None) -> bool:
    return spread is not None and len(spread.leaked_mm3) > 0


def _draw_odds(
    axes: Axes,
    spread: FillingSpread,
    rows: list[tuple[str, tuple[str, ...]]],
    number: int,
    *,
    face: str,
) -> None:
    colour, aside = _COLOURS[number], 0.16 - 0.32 * number
    for row, (_, paths) in enumerate(rows):
        odds = odds_of(spread, "", paths) if paths else any_odds(spread)
        at = row + aside
        axes.plot([100 * odds.low, 100 * odds.high], [at, at], color=colour, linewidth=1.2)
        axes.plot(
            100 * odds.share, at, _MARKERS[number], color=colour, markersize=3.4, clip_on=False,
            markerfacecolor=face,
        )  # fmt: skip


def _caption(first: SimulatedVertebroplasty, second: SimulatedKyphoplasty) -> str:
    moved, hollow, where = "", "", "the same two sections of the CT"
    if second.balloon is not None:
        where = "the same two planes"
        moved = (
            " Above, the CT as scanned; below, the CT is moved as the balloons moved the bone in "
            "the model. White dashed: the cavity, no darker in it; the needles stand in its middle."
        )
        hollow = f" Hollow: {_NO_CRACKS}, and a crack that a balloon makes would leak."
    return (
        f"{first.level}: cement at the end of the injection in a vertebroplasty (above) and a "
        f"kyphoplasty (below), on {where}, where both together have most "
        "cement; millimetres count from the middle of the body. Yellow line and tint: at least "
        "half of the pores hold cement. Blue: axes and tips of the needles, projected. Rings: "
        f"leaks.{moved} Right: share of sampled injections that leaked by each path, each of the "
        f"whole planned volume; the interval is of chance alone.{hollow} Two models of one CT: no "
        "prediction, no advice. Axial from the feet: the patient's right on the left; sagittal: "
        f"front on the left; {CANCELLOUS_WINDOW.words}."
    )
