"""Means of the registry as a course that can be drawn beside the trials."""

import math
from collections.abc import Sequence

from vertaug.recovery.observed_course import ObservedCourse
from vertaug.recovery.registry.score_mean import ScoreKind, ScorePoint

_DAYS = {
    "baseline": 0.0, "2h": 0.1, "24h": 1.0, "7d": 7.0, "1mo": 30.4, "3mo": 91.3, "6mo": 182.6,
    "12mo": 365.25,
}  # fmt: skip
"""Where the means of visits are drawn."""
MEASURES = {
    "nrs_now": "pain", "rmdq24": "RMDQ", "rdq23": "RDQ23", "odi": "ODI",
}  # fmt: skip
"""Measures of trials by the instruments that measure the same on the same scale.

Trials asked for the pain overall; pain at rest or moving is another measure, never laid over them.
"""
_WIDE = 1.96


def mean_course(what: ScoreKind, points: Sequence[ScorePoint], label: str) -> ObservedCourse | None:
    """Return the means of a score by visit with their 95 % intervals.

    Parameters
    ----------
    what : ScoreKind
    points : sequence of ScorePoint
        Of all scores.
    label : str

    Returns
    -------
    ObservedCourse or None
        None where no visit has a value.
    """
    mine = sorted((p for p in points if p.what == what), key=lambda p: _DAYS[p.kind])
    known = [point for point in mine if point.mean.mean is not None]
    if not known:
        return None
    values = [round(point.mean.mean or 0.0, 2) for point in known]
    halves = [None if p.mean.sd is None else _WIDE * p.mean.sd / math.sqrt(p.mean.n) for p in known]
    ends = list(zip(values, halves, strict=True))
    return ObservedCourse(
        label=label,
        days=tuple(_DAYS[point.kind] for point in known),
        values=tuple(values),
        scale=what.scale,
        n=tuple(point.mean.n for point in known),
        low=tuple(None if half is None else value - half for value, half in ends),
        high=tuple(None if half is None else value + half for value, half in ends),
    )
