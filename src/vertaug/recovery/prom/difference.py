"""What changed between two scores of one patient, and whether that is more than little."""

from dataclasses import dataclass
from enum import StrEnum

from vertaug.case.errors import InputError
from vertaug.recovery.prom.instrument import ScoreScale, Threshold, find_instrument
from vertaug.recovery.prom.score import PromScore, same_scale

_TOLERANCE = 1e-9
"""Of a comparison with a threshold, for sums of decimals."""


class Direction(StrEnum):
    """How the patient is after, by this score."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdCheck:
    """A published least change beside the change of the patient.

    Attributes
    ----------
    threshold : Threshold
        With its source and status.
    reached : bool or None
        The change is at least as large, in whichever direction; None where percent of the value
        before has no meaning.
    """

    threshold: Threshold
    reached: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreChange:
    """Change of a score.

    Attributes
    ----------
    before, after : PromScore
    change : float
        After minus before, in points of the scale.
    improvement : float
        Positive where the patient is better, whichever way the scale runs.
    percent : float or None
        Improvement in percent of the value before; None where that is not above zero.
    direction : Direction
    checks : tuple of ThresholdCheck
        Empty where no threshold is known.
    flags : tuple of str
        What is doubtful: of the scores, and of a change from near an end of the scale.
    """

    before: PromScore
    after: PromScore
    change: float
    improvement: float
    percent: float | None
    direction: Direction
    checks: tuple[ThresholdCheck, ...]
    flags: tuple[str, ...]


def compare_scores(before: PromScore, after: PromScore) -> ScoreChange:
    """Return what changed.

    Raises
    ------
    InputError
        If the scales differ, a score is missing, or the instrument asks for the change itself.
    """
    same_scale(before, after)
    instrument = find_instrument(before.instrument)
    if instrument.is_change:
        message = f"{instrument.name} ({instrument.id}) is itself a change: two are not subtracted"
        raise InputError(message)
    if before.value is None or after.value is None:
        when = "before" if before.value is None else "after"
        why = (before if before.value is None else after).flags
        message = (
            f"there is no {instrument.id} {before.score} {when} ({'; '.join(why)}): a missing "
        )
        message += "score is not compared"
        raise InputError(message)
    scale = instrument.find_scale(before.score)
    change = after.value - before.value
    improvement = -change if scale.worse == "up" else change
    percent = 100.0 * improvement / before.value if before.value > 0 else None
    return ScoreChange(
        before=before,
        after=after,
        change=change,
        improvement=improvement,
        percent=percent,
        direction=_direction(improvement),
        checks=tuple(
            ThresholdCheck(threshold=known, reached=_reached(known, improvement, percent))
            for known in instrument.mcid
            if known.score == before.score
        ),
        flags=(*_score_flags(before, after), *_end_flags(scale, before.value)),
    )


def _direction(improvement: float) -> Direction:
    if abs(improvement) <= _TOLERANCE:
        return Direction.SAME
    return Direction.BETTER if improvement > 0 else Direction.WORSE


def _reached(known: Threshold, improvement: float, percent: float | None) -> bool | None:
    found = improvement if known.unit == "points" else percent
    return None if found is None else abs(found) >= known.value - _TOLERANCE


def _score_flags(before: PromScore, after: PromScore) -> tuple[str, ...]:
    return (
        *(f"before: {flag}" for flag in before.flags),
        *(f"after: {flag}" for flag in after.flags),
    )


def _end_flags(scale: ScoreScale, before: float) -> tuple[str, ...]:
    """Flag a change from where the scale leaves no room to show it."""
    if not scale.reliable:
        return ()
    low, high = scale.reliable
    if low <= before <= high:
        return ()
    where, way = (
        (f"below {low:g}", "improvement") if before < low else (f"above {high:g}", "worsening")
    )
    return (f"unreliable: begins {where}, {way} may not show ({scale.reliable_source})",)
