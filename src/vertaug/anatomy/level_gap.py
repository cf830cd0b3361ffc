"""Levels that are missing between labelled ones: forgotten, or misnumbered."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.level import levels_between, sort_levels

_WIDE_SHARE = 1.5
"""Neighbouring bodies lie one distance apart; with one missing between them about two."""


def describe_gaps(labelled: Iterable[str], centres: Mapping[str, FloatArray]) -> tuple[str, ...]:
    """Return a sentence for each place where levels are missing between labelled ones.

    The distance of the bodies on both sides, against that of the other neighbours, tells a label
    that was forgotten from levels that are misnumbered.

    Parameters
    ----------
    labelled : iterable of str
        Levels with a label.
    centres : mapping of str to (3,) float64 array
        Body centres in mm.
    """
    order = sort_levels(labelled)
    between = {pair: levels_between(*pair) for pair in pairwise(order)}
    apart = {
        (upper, lower): float(np.linalg.norm(centres[upper] - centres[lower]))
        for upper, lower in between
        if upper in centres and lower in centres
    }
    usual = [length for pair, length in apart.items() if not between[pair]]
    sentences = []
    for (upper, lower), missing in between.items():
        if not missing:
            continue
        names = ", ".join(missing)
        verb = "is" if len(missing) == 1 else "are"
        text = f"{names} {verb} not labelled although {upper} and {lower} are"
        length = apart.get((upper, lower))
        if length is None or not usual:
            text += ": check the numbering, and complete the labels"
        elif length < _WIDE_SHARE * float(np.median(usual)):
            text += (
                f", and these two lie only {length:.0f} mm apart, as neighbours do: the levels "
                "are probably misnumbered. Correct the labels before anything is read from them"
            )
        else:
            text += (
                f", which lie {length:.0f} mm apart: its label is missing, and the levels beside "
                "it are graded without it"
            )
        sentences.append(text)
    return tuple(sentences)
