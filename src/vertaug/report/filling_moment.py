"""One moment of a filling in words: volume, time, age of the cement, needle in use."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.augmentation_content import ML
from vertaug.case.filling import Filling


@dataclass(frozen=True, slots=True, kw_only=True)
class FillingMoment:
    """A moment of an injection.

    Attributes
    ----------
    injected_mm3, time_s : float
    side : str
        Of the needle in use, ``left`` or ``right``; empty if it is not known.
    """

    injected_mm3: float
    time_s: float
    side: str = ""

    @property
    def volume_words(self) -> str:
        """The volume and when it was reached."""
        return f"{self.injected_mm3 * ML:.2f} ml after {self.time_s:.0f} s"

    def state_words(self, first_age_s: float) -> str:
        """Return the age of the cement and the needle in use.

        Parameters
        ----------
        first_age_s : float
            From the start of mixing to that of the injection.
        """
        age = f"cement {(first_age_s + self.time_s) / 60.0:.1f} min old"
        return f"{age}, {self.side} needle" if self.side else age


START = FillingMoment(injected_mm3=0.0, time_s=-1.0)
"""Before the injection; no leak has begun by then."""
BEFORE_WORDS = "0 ml, before cement"


def moment_of_frame(filling: Filling, number: int) -> FillingMoment:
    """Return the moment of a frame, by its number from 0."""
    frame = filling.frames[number]
    return _moment(filling, frame.injected_mm3, frame.time_s)


def moment_at_volume(filling: Filling, volume_mm3: float) -> FillingMoment:
    """Return when a volume was reached.

    Parameters
    ----------
    filling : Filling
    volume_mm3 : float
    """
    curve = filling.curve
    after = int(np.searchsorted(curve.injected_mm3, volume_mm3 - 1e-6))
    after = min(max(after, 1), len(curve.time_s) - 1)
    pair = slice(after - 1, after + 1)
    time = float(np.interp(volume_mm3, curve.injected_mm3[pair], curve.time_s[pair]))
    return _moment(filling, volume_mm3, 0.0 if volume_mm3 <= 0.0 else time)


def _moment(filling: Filling, volume_mm3: float, time_s: float) -> FillingMoment:
    curve = filling.curve
    after = int(np.searchsorted(curve.time_s, time_s - 1e-6))
    portion = int(curve.portion[min(max(after, 1), len(curve.portion) - 1)])
    return FillingMoment(
        injected_mm3=volume_mm3, time_s=time_s, side=portion_side(filling, portion)
    )


def portion_side(filling: Filling, portion: int) -> str:
    """Return on which side the needle of a portion enters; empty if it is not known.

    Parameters
    ----------
    filling : Filling
    portion : int
        From 0.
    """
    if portion >= len(filling.portion_tip):
        return ""
    entry = filling.grid.to_index(filling.needle_lps_mm[filling.portion_tip[portion], 0])
    middle = float(np.argwhere(filling.in_body)[:, 0].mean())
    return "left" if float(entry[0]) > middle else "right"
