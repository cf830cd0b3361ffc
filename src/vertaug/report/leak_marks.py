"""Leaks in pictures: a ring where the cement leaves the bone, with its path and its volume so far.

Beyond the bone the model has no cells, so leaked cement has no shape that could be drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.axes import Axes

from vertaug.case.augmentation_content import ML
from vertaug.case.filling import LEAST_LEAK_MM3, Extravasation, Filling
from vertaug.case.grid import FloatArray
from vertaug.report import canvas

LEAK_COLOUR = "#FF4FD8"
_RING_PT = 9.0
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
    inlet_lps_mm : (3,) float64 array
        The cell from which most of it leaves; where it began, if that is not known.
    exit_lps_mm : (3,) float64 array or None
        Where most of it leaves the bone.
    away : str
        How far from a section that is, in words; empty where it is marked.
    """

    words: str
    inlet_lps_mm: FloatArray
    exit_lps_mm: FloatArray | None
    away: str = ""

    @property
    def ring_lps_mm(self) -> FloatArray:
        """Where it is marked: at the exit, or where it began if that is not known."""
        return self.inlet_lps_mm if self.exit_lps_mm is None else self.exit_lps_mm


def drawn_leaks(filling: Filling) -> tuple[Extravasation, ...]:
    """Return the leaks that are more than a trace at the end."""
    return tuple(leak for leak in filling.leaks if leak.volume_mm3 >= LEAST_LEAK_MM3)


def leak_marks(filling: Filling, time_s: float) -> tuple[LeakMark, ...]:
    """Return the marks at a time: of each leak from when it began.

    Parameters
    ----------
    filling : Filling
    time_s : float
        From the start of the injection.
    """
    return tuple(
        LeakMark(
            words=f"{leak.path} {_volume_words(filling.leaked_by_mm3(leak.path, time_s))}",
            inlet_lps_mm=leak.first_lps_mm if leak.inlet_lps_mm is None else leak.inlet_lps_mm,
            exit_lps_mm=leak.exit_lps_mm,
        )
        for leak in drawn_leaks(filling)
        if leak.first_s <= time_s
    )


def _volume_words(volume_mm3: float) -> str:
    if volume_mm3 < LEAST_LEAK_MM3:
        return f"< {LEAST_LEAK_MM3 * ML:.2f} ml"
    return f"{volume_mm3 * ML:.2f} ml"


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
            _tag(axes, None, f"{mark.words}\n{mark.away}", slot)
            continue
        if mark.exit_lps_mm is not None:
            inlet = project(mark.inlet_lps_mm[None])[0]
            axes.plot([inlet[0], x], [inlet[1], y], color=LEAK_COLOUR, linewidth=0.8, zorder=5)
        axes.scatter(
            [x], [y], s=_RING_PT**2, facecolors="none", edgecolors=LEAK_COLOUR, linewidths=1.1,
            linestyles=[(0, (2.2, 1.3))], zorder=5,
        )  # fmt: skip
        _tag(axes, (x, y), mark.words, slot)


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
    axes: Axes, ring: tuple[float, float] | None, words: str, slot: tuple[float, float]
) -> None:
    """Write words in a corner, with a line to their ring."""
    line = {
        "arrowstyle": "-", "color": LEAK_COLOUR, "lw": 0.5, "alpha": 0.8, "shrinkA": 0.0,
        "shrinkB": 0.5 * _RING_PT,
    }  # fmt: skip
    axes.annotate(
        words,
        xy=slot if ring is None else ring,
        xycoords="axes fraction" if ring is None else "data",
        xytext=slot,
        textcoords="axes fraction",
        ha="left" if slot[0] < 0.5 else "right",
        va="top" if slot[1] > 0.5 else "bottom",
        color=LEAK_COLOUR,
        fontsize=canvas.SMALL_PT,
        fontweight="bold",
        zorder=6,
        bbox={"boxstyle": "round,pad=0.15", "fc": "#000000", "ec": "none", "alpha": 0.7},
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
        f"{_shares(drawn)}), with a line from the cell that feeds it"
        if known
        else "where the leak began in the bone (its exit is not stored)"
    )
    return (
        f"Dashed ring: {where}, from when the leak begins; letter: path as in the table, with the "
        "volume so far. Leaked cement is a mark only: it is not simulated beyond the exit. Paths "
        f"of less than {LEAST_LEAK_MM3 * ML:.2f} ml in the end are not drawn."
    )


def _shares(leaks: tuple[Extravasation, ...]) -> str:
    """Say which part of each leak left near its mark."""
    return ", ".join(f"{leak.path} {100.0 * leak.exit_share:.0f} %" for leak in leaks)
