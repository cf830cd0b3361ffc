"""Answers become scores, each with its scale and what is doubtful about it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from vertaug.case.errors import InputError
from vertaug.case.source_status import SourceStatus
from vertaug.recovery.prom.answer import Absence, Answer, CheckedAnswer, check_answers
from vertaug.recovery.prom.instrument import Instrument, ScoreScale, find_instrument
from vertaug.recovery.prom.value_set import ValueSet

MOST_BLANKS = 4
"""More items of a counted list without any record are flagged (design default, reference 4.6)."""
LEAST_SECTIONS = 8
"""Fewer answered sections of the Oswestry index are flagged (reference 4.6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromScore:
    """One score of one patient at one time.

    Attributes
    ----------
    instrument, version : str
    score : str
        Name of the score.
    scale : str
        Scores of different scales are never compared or pooled.
    value : float or None
        None where it cannot be computed; never zero for what is missing.
    answered, asked : int
        Items with an answer, and items that count.
    flags : tuple of str
        What is doubtful.
    """

    instrument: str
    version: str
    score: str
    scale: str
    value: float | None
    answered: int
    asked: int
    flags: tuple[str, ...] = ()


def score_answers(
    instrument: str,
    answers: Mapping[str, Answer],
    *,
    value_set: ValueSet | None = None,
) -> tuple[PromScore, ...]:
    """Return every score of an instrument.

    Parameters
    ----------
    instrument : str
        Its id, such as ``rmdq24``.
    answers : mapping of str to int, float, "na", sequence of int, or None
        By item id. None, or an item that is not named: no answer. ``"na"``: not applicable, where
        the item allows it. Several boxes of a section of the Oswestry index: a sequence.
    value_set : ValueSet, optional
        Of EQ-5D-5L, for its index.

    Raises
    ------
    InputError
        If the instrument or an item is unknown, or an answer is impossible.
    """
    known = find_instrument(instrument)
    if value_set is not None and known.method != "profile":
        message = f"a value set goes with eq5d5l; {known.id} has none"
        raise InputError(message)
    checked = check_answers(known, answers)
    return tuple(_score(known, scale, checked, value_set) for scale in known.scales)


def same_scale(one: PromScore, other: PromScore) -> None:
    """Check that two scores may be compared or pooled.

    Raises
    ------
    InputError
        If instrument, version, score or scale differ.
    """
    for word in ("instrument", "score", "scale", "version"):
        ours, theirs = getattr(one, word), getattr(other, word)
        if ours != theirs:
            message = (
                f"scores of different scales are not compared: {_name(one)} and {_name(other)} "
                f"differ in {word} ({ours} and {theirs})"
            )
            raise InputError(message)


def _name(score: PromScore) -> str:
    return f"{score.instrument} {score.score} ({score.scale})"


_Found = tuple[float | None, tuple[str, ...]]
"""A value and its flags."""


def _score(
    instrument: Instrument,
    scale: ScoreScale,
    checked: Mapping[str, CheckedAnswer],
    value_set: ValueSet | None,
) -> PromScore:
    given = [checked[name] for name in scale.items]
    text = scale.scale
    if scale.name == "index" and instrument.method == "profile":
        value, flags = _index(given, value_set)
        text = text if value_set is None else f"{scale.scale}, {value_set.name}"
    else:
        value, flags = _METHODS[instrument.method](given)
    if instrument.status is SourceStatus.RECALLED and value is not None:
        flags = (*flags, f"scoring rule recalled, {instrument.status.mark}")
    # In a counted list "not applicable" is an answer: no. Elsewhere it takes the item out.
    counts = instrument.method == "count"
    blank = (Absence.BLANK,) if counts else (Absence.BLANK, Absence.NOT_APPLICABLE)
    return PromScore(
        instrument=instrument.id,
        version=instrument.version,
        score=scale.name,
        scale=text,
        value=value,
        answered=sum(answer.value not in blank for answer in given),
        asked=len(given),
        flags=flags,
    )


def _numbers(given: Sequence[CheckedAnswer]) -> list[float]:
    return [answer.value for answer in given if not isinstance(answer.value, Absence)]


def _answer(given: Sequence[CheckedAnswer]) -> _Found:
    """One question whose answer is the score."""
    value = given[0].value
    if isinstance(value, Absence):
        return None, (value.value,)
    return value, ()


def _mean(given: Sequence[CheckedAnswer]) -> _Found:
    """Mean of all items, which must all be answered."""
    numbers = _numbers(given)
    if len(numbers) < len(given):
        return None, (f"{len(numbers)} of {len(given)} answered, all are needed",)
    return sum(numbers) / len(numbers), ()


def _count(given: Sequence[CheckedAnswer]) -> _Found:
    """Count the ticks; blank and not applicable are no (Roland & Fairbank 2000)."""
    blanks = sum(answer.value is Absence.BLANK for answer in given)
    flags = (f"{blanks} blanks",) if blanks > MOST_BLANKS else ()
    return (None if blanks == len(given) else math.fsum(_numbers(given))), flags


def _percent(given: Sequence[CheckedAnswer]) -> _Found:
    """Sum over the greatest possible sum of the answered sections, in percent."""
    flags = tuple(
        f"two boxes in {answer.item.id}, the higher counts" for answer in given if answer.boxes > 1
    )
    numbers = _numbers(given)
    if len(numbers) < LEAST_SECTIONS:
        flags = (*flags, f"{len(numbers)} of {len(given)} sections, {LEAST_SECTIONS} expected")
    if not numbers:
        return None, flags
    greatest = sum(a.item.high for a in given if not isinstance(a.value, Absence))
    return 100.0 * sum(numbers) / greatest, flags


def _points(given: Sequence[CheckedAnswer]) -> _Found:
    """Mean of what the answered items count; blanks are left out (RAND)."""
    counted = [_points_of(answer) for answer in given if not isinstance(answer.value, Absence)]
    asked = sum(answer.value is not Absence.NOT_APPLICABLE for answer in given)
    if not counted:
        return None, ("no item answered",)
    few = 2 * len(counted) < asked
    flags = (f"{len(counted)} of {asked} items, fewer than half",) if few else ()
    # Clipped, so that the rounding of a mean cannot leave the scale.
    return min(max(sum(counted) / len(counted), 0.0), 100.0), flags


def _points_of(answer: CheckedAnswer) -> float:
    if isinstance(answer.value, Absence):
        message = "only an answered item counts"
        raise TypeError(message)
    return answer.item.points[round(answer.value - answer.item.low)]


def _index(given: Sequence[CheckedAnswer], value_set: ValueSet | None) -> _Found:
    """EQ-5D-5L: what the value set says of the state."""
    levels = _numbers(given)
    if len(levels) < len(given):
        return None, (f"{len(levels)} of {len(given)} dimensions, all are needed",)
    state = "".join(f"{level:.0f}" for level in levels)
    if value_set is None:
        return None, (f"state {state}", "no value set given")
    return value_set.index(state), (f"state {state}",)


_METHODS: Mapping[str, Callable[[Sequence[CheckedAnswer]], _Found]] = MappingProxyType(
    {
        "answer": _answer,
        "mean": _mean,
        "count": _count,
        "percent": _percent,
        "points": _points,
        "profile": _answer,
    }
)
