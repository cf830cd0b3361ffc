"""Whether a course is a success, by cut-points of the trials; what is missing is missing.

    responder   pain falls by at least 2 points and by at least 30 %
    strong      pain falls by at least 50 %, or lies below 4

Three-valued: yes, no, or not known. A visit that was not made is not a failure, and within the
first days nobody has failed yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any

from vertaug.case.errors import InputError
from vertaug.recovery.site_value import SiteValue, read_values
from vertaug.recovery.source_note import SourceNote, read_data, read_note

RMDQ_SCALE = "0-24"
_LIMITS = {
    "nrs": (0, 10),
    "rmdq": (0, 24),
    "odi": (0, 100),
    "height_loss_percent": (-100, 100),
    "more_kyphosis_deg": (-90, 90),
    "worst_event_grade": (0, 5),
}


class ResponseCall(StrEnum):
    """What can be said of a course."""

    RESPONDER = "responder"
    NON_RESPONDER = "no responder"
    TOO_EARLY = "too early to call"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeValues:
    """What was measured at one visit; None is not measured.

    Attributes
    ----------
    nrs : float or None
        Pain 0 to 10, of the same kind (rest or moving) at all visits.
    rmdq : float or None
        Roland-Morris, on ``rmdq_scale``.
    rmdq_scale : str
        Only ``0-24`` has these cut-points.
    odi : float or None
        0 to 100.
    height_loss_percent, more_kyphosis_deg : float or None
        Of the treated body since the procedure, same posture.
    worst_event_grade : float or None
        0 where events were asked for and there was none.
    """

    nrs: float | None = None
    rmdq: float | None = None
    rmdq_scale: str = RMDQ_SCALE
    odi: float | None = None
    height_loss_percent: float | None = None
    more_kyphosis_deg: float | None = None
    worst_event_grade: float | None = None

    def __post_init__(self) -> None:
        if self.rmdq is not None and self.rmdq_scale != RMDQ_SCALE:
            message = (
                f"the cut-points of RMDQ are for the scale {RMDQ_SCALE}; got {self.rmdq_scale}, "
                "which is another set of questions or another unit and is never converted"
            )
            raise InputError(message)
        for name, (low, high) in _LIMITS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                message = f"{name} is expected between {low} and {high}; got {value}"
                raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One criterion.

    Attributes
    ----------
    name : str
    met : bool or None
        None: cannot be said.
    words : str
        The values, or why it cannot be said.
    """

    name: str
    met: bool | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseResult:
    """A course judged at one visit.

    Attributes
    ----------
    call : ResponseCall
        Of pain, by the definition of a responder.
    criteria : tuple of Judgement
    """

    call: ResponseCall
    criteria: tuple[Judgement, ...]

    def criterion(self, name: str) -> Judgement:
        """Return a criterion by name."""
        return next(one for one in self.criteria if one.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class NonResponsePath:
    """What to look at where pain has not fallen.

    Attributes
    ----------
    steps, causes : tuple of str
    note : SourceNote
    """

    steps: tuple[str, ...]
    causes: tuple[str, ...]
    note: SourceNote


def read_cut_points(site: Mapping[str, Any] | None = None) -> Mapping[str, SiteValue]:
    """Return the cut-points; ``site`` holds those that a clinic set."""
    return read_values(read_data("response")["value"], site, "response")


def read_non_response_path() -> NonResponsePath:
    """Return the checklist for pain that has not fallen."""
    table = read_data("response")["non_response"]
    return NonResponsePath(
        steps=tuple(table["steps"]), causes=tuple(table["causes"]), note=read_note(table)
    )


def judge_response(
    before: OutcomeValues,
    now: OutcomeValues,
    day: int,
    cut_points: Mapping[str, SiteValue] | None = None,
) -> ResponseResult:
    """Judge a course at a visit.

    Parameters
    ----------
    before, now : OutcomeValues
        At baseline and at the visit.
    day : int
        Days since the procedure.
    cut_points : mapping or None
        None: those of the clinical reference.

    Raises
    ------
    InputError
        If the visit lies before the procedure.
    """
    if day < 0:
        message = f"a response is judged after the procedure; got day {day}"
        raise InputError(message)
    cut = {k: v.value for k, v in (read_cut_points() if cut_points is None else cut_points).items()}
    responder = _judge_responder(before.nrs, now.nrs, cut)
    criteria = (
        responder,
        _judge_strong(before.nrs, now.nrs, cut),
        _judge_fall("mcid_pain", before.nrs, now.nrs, cut["mcid_pain"]),
        _judge_fall("function_group", before.rmdq, now.rmdq, cut["rmdq_group"]),
        _judge_rmdq(before.rmdq, now.rmdq, cut),
        _judge_odi(before.odi, now.odi, cut),
        _judge_structure(now, cut),
        _judge_safety(now, cut),
    )
    return ResponseResult(call=_call(responder, day, cut), criteria=criteria)


def _call(responder: Judgement, day: int, cut: Mapping[str, float]) -> ResponseCall:
    if responder.met is None:
        return ResponseCall.MISSING
    if day < cut["first_call_day"]:
        return ResponseCall.TOO_EARLY
    if responder.met:
        return ResponseCall.RESPONDER
    return ResponseCall.TOO_EARLY if day < cut["failure_call_day"] else ResponseCall.NON_RESPONDER


def _measured(
    name: str, before: float | None, now: float | None
) -> Judgement | tuple[float, float]:
    """Return both values, or the judgement that one is missing."""
    if before is not None and now is not None:
        return before, now
    absent = [
        words for words, value in (("before", before), ("at this visit", now)) if value is None
    ]
    return Judgement(name=name, met=None, words=f"not measured {' and '.join(absent)}")


def _exact(value: float) -> Fraction:
    # a fall from 10 to 7 is 30 %, which floats would miss
    return Fraction(str(value))


def _points_met(before: float, now: float, points: float) -> bool:
    return _exact(before) - _exact(now) >= _exact(points)


def _percent_met(before: float, now: float, percent: float) -> bool:
    return 100 * (_exact(before) - _exact(now)) >= _exact(percent) * _exact(before)


def _judge_responder(
    before: float | None, now: float | None, cut: Mapping[str, float]
) -> Judgement:
    name = "responder"
    pair = _measured(name, before, now)
    if isinstance(pair, Judgement):
        return pair
    first, last = pair
    if first < cut["nrs_fall"]:
        words = f"pain was {first:g} before: it cannot fall by {cut['nrs_fall']:g}"
        return Judgement(name=name, met=None, words=words)
    points = _points_met(first, last, cut["nrs_fall"])
    met = points and _percent_met(first, last, cut["nrs_fall_percent"])
    return Judgement(name=name, met=met, words=f"pain {first:g} to {last:g}")


def _judge_strong(before: float | None, now: float | None, cut: Mapping[str, float]) -> Judgement:
    name = "strong"
    pair = _measured(name, before, now)
    if isinstance(pair, Judgement):
        return pair
    first, last = pair
    if first == 0:
        return Judgement(name=name, met=None, words="there was no pain before")
    half = _percent_met(first, last, cut["strong_percent"])
    if first < cut["strong_below"]:
        words = f"pain {first:g} to {last:g}; it was below {cut['strong_below']:g} before"
        return Judgement(name=name, met=half, words=words)
    met = half or last < cut["strong_below"]
    return Judgement(name=name, met=met, words=f"pain {first:g} to {last:g}")


def _judge_fall(name: str, before: float | None, now: float | None, least: float) -> Judgement:
    pair = _measured(name, before, now)
    if isinstance(pair, Judgement):
        return pair
    first, last = pair
    met = _points_met(first, last, least)
    return Judgement(name=name, met=met, words=f"{first:g} to {last:g}, at least {least:g} counts")


def _judge_rmdq(before: float | None, now: float | None, cut: Mapping[str, float]) -> Judgement:
    """Judge the change of one person, which near the ends of the scale cannot be told."""
    found = _judge_fall("function", before, now, cut["rmdq_individual"])
    if before is None or found.met is None or cut["rmdq_low"] <= before <= cut["rmdq_high"]:
        return found
    words = (
        f"{found.words}; unreliable: it began at {before:g}, outside {cut['rmdq_low']:g} to "
        f"{cut['rmdq_high']:g}"
    )
    return replace(found, met=None, words=words)


def _judge_odi(before: float | None, now: float | None, cut: Mapping[str, float]) -> Judgement:
    name = "odi"
    pair = _measured(name, before, now)
    if isinstance(pair, Judgement):
        return pair
    first, last = pair
    points = _points_met(first, last, cut["odi_fall"])
    share = first > 0 and _percent_met(first, last, cut["odi_fall_percent"])
    return Judgement(name=name, met=points or share, words=f"ODI {first:g} to {last:g}")


def _judge_structure(now: OutcomeValues, cut: Mapping[str, float]) -> Judgement:
    """Judge recollapse: either sign is enough, both must be known to exclude it."""
    name = "no_recollapse"
    signs = (
        ("height lost", now.height_loss_percent, cut["recollapse_percent"], "%"),
        ("more kyphosis", now.more_kyphosis_deg, cut["recollapse_deg"], "degrees"),
    )
    known = [f"{words} {value:g} {unit}" for words, value, _, unit in signs if value is not None]
    if any(value is not None and value >= limit for _, value, limit, _ in signs):
        return Judgement(name=name, met=False, words=", ".join(known))
    if len(known) == len(signs):
        return Judgement(name=name, met=True, words=", ".join(known))
    absent = " and ".join(words for words, value, _, _ in signs if value is None)
    words = "; ".join([*known, f"{absent} not measured"])
    return Judgement(name=name, met=None, words=words)


def _judge_safety(now: OutcomeValues, cut: Mapping[str, float]) -> Judgement:
    name, grade = "safe", now.worst_event_grade
    if grade is None:
        return Judgement(name=name, met=None, words="adverse events not recorded")
    return Judgement(name=name, met=grade < cut["grave_grade"], words=f"worst grade {grade:g}")
