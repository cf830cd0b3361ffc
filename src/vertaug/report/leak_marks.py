"""Leaks in pictures: a ring where the cement leaves the bone, with its path and its volume so far.

Beyond the bone the model has no cells, so leaked cement has no shape that could be drawn. The ring
grows with the volume; a trace that no radiograph would show is small and dashed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from vertaug.augmentation.cement.stop_rules import StopRules
from vertaug.case.augmentation_content import ML
from vertaug.case.filling import LEAST_LEAK_MM3, Extravasation, Filling
from vertaug.case.grid import FloatArray
from vertaug.report import canvas

LEAK_COLOUR = "#FF4FD8"
SEEN_MM3 = StopRules().visible_mm3
"""Less of a leak is a trace that is not seen on a radiograph, as the stop rules have it."""
MOST_MM3 = 500.0
"""Larger leaks have the ring of this one."""
_TRACE_PT, _SEEN_PT = 4.5, 7.0
"""Diameter of the ring of a trace, and of the least leak that is seen."""
_SLOTS = {
    "section": ((0.02, 0.97), (0.98, 0.97), (0.98, 0.03)),
    "film": ((0.02, 0.80), (0.98, 0.80), (0.98, 0.03)),
}
"""Corners free of letters and scale, as shares of the panel; more leaks go below each other."""
_NEXT = 0.12

Projection = Callable[[FloatArray], FloatArray]
"""From LPS mm, (n, 3), to the coordinates of a panel, (n, 2)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeakMark:
    """A leak at one moment.

    Attributes
    ----------
    words : str
        Its path and what had left by it.
    volume_mm3 : float
        So far.
    inlet_lps_mm : (3,) float64 array
        The cell from which most of it leaves; where it began, if that is not known.
    exit_lps_mm : (3,) float64 array or None
        Where most of it leaves the bone.
    away : str
        How far from a section that is, in words; empty where it is marked.
    """

    words: str
    volume_mm3: float
    inlet_lps_mm: FloatArray
    exit_lps_mm: FloatArray | None
    away: str = ""

    @property
    def ring_lps_mm(self) -> FloatArray:
        """Where it is marked: at the exit, or where it began if that is not known."""
        return self.inlet_lps_mm if self.exit_lps_mm is None else self.exit_lps_mm

    @property
    def trace(self) -> bool:
        """Whether it is too little to be seen on a radiograph."""
        return self.volume_mm3 < SEEN_MM3


def ring_pt(volume_mm3: float) -> float:
    """Return the diameter of a leak's ring in points.

    As the diameter of a ball of the volume; small for all traces.

    Parameters
    ----------
    volume_mm3 : float
    """
    if volume_mm3 < SEEN_MM3:
        return _TRACE_PT
    return float(_SEEN_PT * np.cbrt(min(volume_mm3, MOST_MM3) / SEEN_MM3))


def ring_style(volume_mm3: float) -> dict[str, Any]:
    """Return how a leak's ring is drawn by ``scatter``: dashed and thin for a trace.

    Parameters
    ----------
    volume_mm3 : float
    """
    trace = volume_mm3 < SEEN_MM3
    return {
        "s": ring_pt(volume_mm3) ** 2,
        "facecolors": "none",
        "edgecolors": LEAK_COLOUR,
        "linewidths": 1.0 if trace else 1.5,
        "linestyles": [(0, (1.6, 1.2))] if trace else ["-"],
    }


def drawn_leaks(filling: Filling) -> tuple[Extravasation, ...]:
    """Return the leaks that are more than a trace at the end."""
    return tuple(leak for leak in filling.leaks if leak.volume_mm3 >= LEAST_LEAK_MM3)


def leak_marks(filling: Filling, time_s: float) -> tuple[LeakMark, ...]:
    """Return the marks at a time: of each leak from when it has become one.

    Parameters
    ----------
    filling : Filling
    time_s : float
        From the start of the injection.
    """
    return tuple(
        _mark(leak, filling.leaked_by_mm3(leak.path, time_s))
        for leak in drawn_leaks(filling)
        if filling.leaked_by_mm3(leak.path, time_s) >= LEAST_LEAK_MM3
    )


def _mark(leak: Extravasation, volume_mm3: float) -> LeakMark:
    seen = volume_mm3 >= SEEN_MM3
    return LeakMark(
        words=f"{leak.path} {'' if seen else '< '}{max(volume_mm3, SEEN_MM3) * ML:.2f} ml",
        volume_mm3=volume_mm3,
        inlet_lps_mm=leak.first_lps_mm if leak.inlet_lps_mm is None else leak.inlet_lps_mm,
        exit_lps_mm=leak.exit_lps_mm,
    )


def draw_leaks(axes: Axes, marks: tuple[LeakMark, ...], project: Projection, kind: str) -> None:
    """Draw rings at the exits, a line from the cell that feeds it, and the words in a free corner.

    Parameters
    ----------
    axes : Axes
    marks : tuple of LeakMark
    project : callable
    kind : str
        ``section`` or ``film``: which corners are free.
    """
    left, right = sorted(axes.get_xlim())
    low, high = sorted(axes.get_ylim())
    taken: dict[int, int] = {}
    for mark in marks:
        x, y = (float(v) for v in project(mark.ring_lps_mm[None])[0])
        if not (left < x < right and low < y < high):
            continue
        place: FloatArray = axes.transAxes.inverted().transform(axes.transData.transform((x, y)))
        slot = _free_slot(place, kind, taken)
        if mark.away:
            _tag(axes, mark, None, slot)
            continue
        if mark.exit_lps_mm is not None and not mark.trace:
            inlet = project(mark.inlet_lps_mm[None])[0]
            axes.plot([inlet[0], x], [inlet[1], y], color=LEAK_COLOUR, linewidth=0.8, zorder=5)
        axes.scatter([x], [y], zorder=5, **ring_style(mark.volume_mm3))
        _tag(axes, mark, (x, y), slot)


def _free_slot(place: FloatArray, kind: str, taken: dict[int, int]) -> tuple[float, float]:
    """Return the least used and nearest corner, as a share of the panel, and take it."""
    slots = _SLOTS[kind]
    across, up = place
    away = [float((across - x) ** 2 + (up - y) ** 2) for x, y in slots]
    best = min(range(len(slots)), key=lambda n: (taken.get(n, 0), away[n]))
    row = taken.get(best, 0)
    taken[best] = row + 1
    x, y = slots[best]
    return x, y - _NEXT * row if y > 0.5 else y + _NEXT * row


def _tag(
    axes: Axes, mark: LeakMark, ring: tuple[float, float] | None, slot: tuple[float, float]
) -> None:
    """Write the words of a leak in a corner, with a line to its ring; those of a trace small."""
    line = {
        "arrowstyle": "-", "color": LEAK_COLOUR, "lw": 0.6,
        "shrinkA": 0.0, "shrinkB": 0.5 * ring_pt(mark.volume_mm3),
    }  # fmt: skip
    axes.annotate(
        f"{mark.words}\n{mark.away}".rstrip(),
        xy=slot if ring is None else ring,
        xycoords="axes fraction" if ring is None else "data",
        xytext=slot,
        textcoords="axes fraction",
        ha="left" if slot[0] < 0.5 else "right",
        va="top" if slot[1] > 0.5 else "bottom",
        color=LEAK_COLOUR,
        fontsize=canvas.SMALL_PT - (1.0 if mark.trace else 0.0),
        fontweight="normal" if mark.trace else "bold",
        zorder=6,
        bbox={"boxstyle": "round,pad=0.15", "fc": "#000000", "ec": "none", "alpha": 0.8},
        arrowprops=None if ring is None else line,
    )


def say_leaks(filling: Filling) -> str:
    """Say how leaks are drawn; empty where none is."""
    drawn = drawn_leaks(filling)
    if not drawn:
        return f"No path leaked {LEAST_LEAK_MM3 * ML:.2f} ml or more, so no leak is marked."
    known = all(leak.exit_lps_mm is not None for leak in drawn)
    where = (
        "where a leak leaves the bone most (part of it that leaves within 3 mm: "
        f"{_shares(drawn)}), with a line from the cell that feeds it unless it is not seen"
        if known
        else "where the leak began in the bone (its exit is not stored)"
    )
    return (
        f"Ring: {where}, from when the leak begins, larger with the volume; letter: path as in the "
        f"table, with the volume so far. Small dashed ring: less than {SEEN_MM3 * ML:.2f} ml so "
        "far, not seen on a radiograph. Leaked cement is a mark only: it is not simulated "
        f"beyond the exit. Paths of less than {LEAST_LEAK_MM3 * ML:.2f} ml in the end are not "
        "drawn."
    )


def _shares(leaks: tuple[Extravasation, ...]) -> str:
    """Say which part of each leak left near its mark."""
    return ", ".join(f"{leak.path} {100.0 * leak.exit_share:.0f} %" for leak in leaks)
