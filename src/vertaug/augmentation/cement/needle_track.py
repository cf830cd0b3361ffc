"""The gap that a needle leaves around itself, as a way out of the bone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.way_out import Way
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.case.instrument import Needle


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NeedleTrack:
    """A needle in the bone, with the gap that its way in has left around it.

    Attributes
    ----------
    entry_lps_mm, tip_lps_mm : (3,) float64 arrays
        Where its axis enters the bone, and its tip.
    needle : Needle
    gap_mm : float
        Between needle and bone: 0.1 mm, a design value, uncertain.
    """

    entry_lps_mm: FloatArray
    tip_lps_mm: FloatArray
    needle: Needle
    gap_mm: float = 0.1

    def __post_init__(self) -> None:
        if not 0.0 <= self.gap_mm <= 2.0:
            message = f"the gap around a needle measures 0 to 2 mm; got {self.gap_mm:g} mm"
            raise InputError(message)


def follow_track(
    entry_mm: FloatArray, tip_mm: FloatArray, track: NeedleTrack, inside: NDArray[np.bool_]
) -> Way | None:
    """Return the gap around a needle as a way out, from the last porous place to the entry.

    ``pi D w^3 / (12 L)``: cubic law around the needle's circumference. Its mouth is that porous
    place, its exit the entry.

    Parameters
    ----------
    entry_mm, tip_mm : (3,) float64 arrays
        In the vertebra frame.
    track : NeedleTrack
    inside : (n,) bool array
        Whether places equally spaced from tip to entry are porous.
    """
    if not inside.any():
        return None
    share = np.linspace(0.0, 1.0, len(inside))
    last = float(share[np.flatnonzero(inside)[-1]])
    whole = float(np.linalg.norm(entry_mm - tip_mm))
    length = max((1.0 - last) * whole, 2.0)
    diameter = track.needle.outer_diameter_mm
    place = tip_mm + last * (entry_mm - tip_mm)
    return Way(
        path=LeakPath.TRACK,
        kind="track",
        mouth_mm=place,
        inner_mm=place,
        exit_mm=entry_mm,
        size_mm=track.gap_mm,
        own_mm3=float(np.pi * diameter * track.gap_mm**3 / (12.0 * length)),
        length_mm=float(np.pi * diameter),
    )
