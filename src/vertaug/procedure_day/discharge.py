"""After the procedure: when to look, and whether the criteria of discharge are met.

Each criterion is met, not met or unknown; the decision stays with a person.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from vertaug.case.errors import InputError
from vertaug.procedure_day.checklist import Finding
from vertaug.procedure_day.evidence import Evidence, Line, evidence_of, read_lines, read_table

LEAST_SCORE, LEAST_SATURATION = 9, 92.0
"""Of the criteria ``score`` and ``saturation`` (clinical reference 4.1, design default)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """When to look.

    Attributes
    ----------
    after_min : int
        From the end of the procedure.
    due : datetime or None
        None where the end is not known.
    """

    after_min: int
    due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryFacts:
    """What was found in the recovery room; None is not known.

    Attributes
    ----------
    ended, now : datetime or None
        End of the procedure, and the time of these findings.
    score : int or None
        Aldrete or PADSS, 0 to 10.
    neuro_as_before : bool or None
    pain, pain_before : float or None
        0 to 10.
    saturation, saturation_before : float or None
        In %, on air.
    on_air : bool or None
        Whether ``saturation`` was.
    walked_10_m, site_dry, voided, escort_and_phone, written_instructions, red_flags_read_back :
        bool or None
    """

    ended: datetime | None = None
    now: datetime | None = None
    score: int | None = None
    neuro_as_before: bool | None = None
    pain: float | None = None
    pain_before: float | None = None
    saturation: float | None = None
    saturation_before: float | None = None
    on_air: bool | None = None
    walked_10_m: bool | None = None
    site_dry: bool | None = None
    voided: bool | None = None
    escort_and_phone: bool | None = None
    written_instructions: bool | None = None
    red_flags_read_back: bool | None = None

    def __post_init__(self) -> None:
        _check_range("the Aldrete or PADSS score", self.score, 10)
        for name, value in (("pain", self.pain), ("pain before", self.pain_before)):
            _check_range(name, value, 10)
        for value in (self.saturation, self.saturation_before):
            _check_range("oxygen saturation in %", value, 100)
        for time in (self.ended, self.now):
            if time is not None and time.utcoffset() is None:
                message = f"a time is expected with its offset from UTC; got {time.isoformat()}"
                raise InputError(message)
        if self.hours is not None and self.hours < 0 and self.now and self.ended:
            message = (
                f"findings of the recovery room at {self.now.isoformat()} lie before the end of "
                f"the procedure at {self.ended.isoformat()}"
            )
            raise InputError(message)

    @property
    def hours(self) -> float | None:
        """Since the end of the procedure."""
        if self.ended is None or self.now is None:
            return None
        return (self.now.astimezone(UTC) - self.ended.astimezone(UTC)) / timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One criterion of discharge.

    Attributes
    ----------
    name, text : str
    finding : Finding
    evidence : Evidence
    """

    name: str
    text: str
    finding: Finding
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeJudgement:
    """The criteria together.

    Attributes
    ----------
    criteria : tuple of Criterion
    finding : Finding
        Not met where one is not, unknown where one is unknown and none is not met.
    missing, not_met : tuple of str
        In words.
    stay : str
        Same day or 24 h, by the time since the end.
    words : str
    """

    criteria: tuple[Criterion, ...]
    finding: Finding
    missing: tuple[str, ...]
    not_met: tuple[str, ...]
    stay: str
    words: str


def plan_observations(ended: datetime | None = None) -> tuple[Observation, ...]:
    """Return when to look: every 15 min for an hour, then every 30 min for another.

    Raises
    ------
    InputError
        If the end has no offset from UTC.
    """
    if ended is not None and ended.utcoffset() is None:
        message = f"a time is expected with its offset from UTC; got {ended.isoformat()}"
        raise InputError(message)
    minutes: list[int] = []
    last = 0
    for every, until in read_table("recovery_room")["schedule"]["vitals"]["every_min"]:
        minutes += range(last + every, until + 1, every)
        last = until
    return tuple(
        Observation(after_min=m, due=None if ended is None else _later(ended, m)) for m in minutes
    )


def _later(ended: datetime, minutes: int) -> datetime:
    """Add elapsed minutes, also where the clock changes to or from summer time."""
    return (ended.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(ended.tzinfo)


@cache
def recovery_orders() -> tuple[Line, ...]:
    """Return what is usual in the recovery room."""
    return read_lines(read_table("recovery_room")["order"])


def list_criteria() -> tuple[Line, ...]:
    """Return the criteria in words."""
    return read_lines(read_table("recovery_room")["criterion"])


def stay_words() -> Line:
    """Return how long a patient usually stays."""
    table = read_table("recovery_room")["stay"]
    return Line(name="stay", text=table["text"], evidence=evidence_of(table))


def judge_discharge(found: RecoveryFacts) -> DischargeJudgement:
    """Return which criteria are met, which are not, and which are unknown."""
    answers = _answers(found)
    criteria = tuple(
        Criterion(
            name=line.name,
            text=line.text,
            finding=_finding(answers[line.name]),
            evidence=line.evidence,
        )
        for line in list_criteria()
    )
    missing = tuple(c.text for c in criteria if c.finding is Finding.UNKNOWN)
    not_met = tuple(c.text for c in criteria if c.finding is Finding.NOT_MET)
    if not_met:
        finding, words = Finding.NOT_MET, f"not met: {'; '.join(not_met)}"
    elif missing:
        finding, words = Finding.UNKNOWN, f"not known: {'; '.join(missing)}"
    else:
        finding = Finding.MET
        words = "every criterion of the list is met; a person decides whether the patient goes"
    return DischargeJudgement(
        criteria=criteria,
        finding=finding,
        missing=missing,
        not_met=not_met,
        stay=_stay(found.hours),
        words=words,
    )


def _finding(answer: bool | None) -> Finding:  # noqa: FBT001 - three values, not a flag
    if answer is None:
        return Finding.UNKNOWN
    return Finding.MET if answer else Finding.NOT_MET


def _answers(found: RecoveryFacts) -> dict[str, bool | None]:
    hours, earliest = found.hours, read_table("recovery_room")["stay"]["earliest_h"]
    return {
        "score": None if found.score is None else found.score >= LEAST_SCORE,
        "neuro": found.neuro_as_before,
        "pain": _not_above(found.pain, found.pain_before),
        "saturation": _breathes(found),
        "walked": found.walked_10_m,
        "site": found.site_dry,
        "voided": found.voided,
        "escort": found.escort_and_phone,
        "instructions": found.written_instructions,
        "red_flags": found.red_flags_read_back,
        "time": None if hours is None else hours >= earliest,
    }


def _not_above(value: float | None, before: float | None) -> bool | None:
    if value is None or before is None:
        # no pain at all is not above anything
        return True if value == 0 else None
    return value <= before


def _breathes(found: RecoveryFacts) -> bool | None:
    """Whether the saturation is enough; one with oxygen says nothing of air."""
    if found.saturation is None or found.on_air is not True:
        return None
    if found.saturation >= LEAST_SATURATION:
        return True
    if found.saturation_before is None:
        return None
    return found.saturation >= found.saturation_before


def _stay(hours: float | None) -> str:
    table = read_table("recovery_room")["stay"]
    if hours is None:
        return f"time since the end not known; {table['text']}"
    if hours < table["earliest_h"]:
        return f"{hours:.1f} h since the end: still under observation"
    if hours <= table["same_day_h"]:
        return f"{hours:.1f} h since the end: the usual time of a same-day discharge"
    if hours <= table["latest_h"]:
        return f"{hours:.1f} h since the end: later than same-day, within 24 h"
    return f"{hours:.1f} h since the end: longer than 24 h; write down why"


def _check_range(what: str, value: float | None, most: float) -> None:
    if value is not None and not 0 <= value <= most:
        message = f"{what} is expected from 0 to {most:g}; got {value:g}"
        raise InputError(message)
