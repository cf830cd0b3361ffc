"""Published courses after augmentation, each with its control arm and how it was blinded.

Group means: they say nothing about one patient. Differences are turned so that positive favours
augmentation; what was printed is kept.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from vertaug.case.errors import FormatError
from vertaug.case.packaged_data import read_packaged_text
from vertaug.case.source_status import SourceStatus, find_weakest
from vertaug.recovery.trial import BLINDING_ORDER, Measure, Trial, find_measure, read_trials

_COLUMNS = (
    "trial", "year", "design", "arm", "n", "measure", "scale", "timepoint", "value", "lo95",
    "hi95", "kind", "st", "note",
)  # fmt: skip
_TIME = re.compile(r"^(?P<count>\d+(?:\.\d+)?)(?P<unit>d|wk|mo)$")
_DAYS = {"d": 1.0, "wk": 7.0, "mo": 365.25 / 12}
_CONTROLS = ("sham", "usual", "control", "NSM")


class ValueKind(StrEnum):
    """What a number of the table is."""

    MEAN = "mean"
    CHANGE = "change"
    DIFFERENCE = "diff"
    PERCENT = "pct"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """A published number.

    Attributes
    ----------
    trial : str
    year : int
    design, arm : str
    n : int or None
    measure, scale, timepoint : str
    days : float or None
        Of the time point, 0 at baseline; None where it is no time.
    value : float
    low, high : float or None
        95 % interval.
    kind : ValueKind
    status : SourceStatus
    note : str
    """

    trial: str
    year: int
    design: str
    arm: str
    n: int | None
    measure: str
    scale: str
    timepoint: str
    days: float | None
    value: float
    low: float | None
    high: float | None
    kind: ValueKind
    status: SourceStatus
    note: str

    @property
    def unverified(self) -> bool:
        """Whether it is from memory and must be checked against the paper."""
        return self.status.is_from_memory

    @property
    def treated(self) -> bool:
        """Whether its arm had augmentation; says nothing of a difference of arms."""
        return self.arm not in _CONTROLS


@cache
def read_evidence() -> tuple[EvidenceRow, ...]:
    """Return all rows of the table of evidence.

    Raises
    ------
    FormatError
        If the table has other columns, or a row cannot be read.
    """
    return parse_evidence(read_packaged_text("vertaug.recovery", "evidence_curves.csv"))


def parse_evidence(text: str) -> tuple[EvidenceRow, ...]:
    """Return the rows of a table; lines with ``#`` are remarks.

    Raises
    ------
    FormatError
        If it has other columns, or a row cannot be read.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    reader = csv.DictReader(lines)
    if tuple(reader.fieldnames or ()) != _COLUMNS:
        message = f"the columns {', '.join(_COLUMNS)} are expected; got {reader.fieldnames}"
        raise FormatError(message)
    rows = []
    for number, raw in enumerate(reader, start=1):
        try:
            rows.append(_row(raw))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"row {number} of the table of evidence cannot be read ({error}): {raw}"
            raise FormatError(message) from error
    return tuple(rows)


def _row(raw: dict[str, str]) -> EvidenceRow:
    low, high = _number(raw["lo95"]), _number(raw["hi95"])
    value = float(raw["value"])
    if (low is None) != (high is None) or (
        low is not None and high is not None and not low <= value <= high
    ):
        message = f"an interval that does not hold its value, {low} to {high}"
        raise ValueError(message)
    return EvidenceRow(
        trial=raw["trial"],
        year=int(raw["year"]),
        design=raw["design"],
        arm=raw["arm"],
        n=int(raw["n"]) if raw["n"] else None,
        measure=raw["measure"],
        scale=raw["scale"],
        timepoint=raw["timepoint"],
        days=time_in_days(raw["timepoint"]),
        value=value,
        low=low,
        high=high,
        kind=ValueKind(raw["kind"]),
        status=SourceStatus(raw["st"]),
        note=raw["note"],
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def time_in_days(timepoint: str) -> float | None:
    """Return days of a time point such as ``3mo``; 0 for baseline, None where it is no time."""
    if timepoint == "baseline":
        return 0.0
    found = _TIME.match(timepoint)
    return None if found is None else float(found["count"]) * _DAYS[found["unit"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmPoint:
    """A mean of one arm.

    Attributes
    ----------
    days : float
    value : float
    low, high : float or None
        95 % interval, where it was printed.
    n : int or None
    status : SourceStatus
        The weaker one where the mean was computed from two numbers.
    from_change : bool
        Computed here as first mean plus printed change.
    """

    days: float
    value: float
    low: float | None
    high: float | None
    n: int | None
    status: SourceStatus
    from_change: bool = False

    @property
    def unverified(self) -> bool:
        """Whether it is from memory."""
        return self.status.is_from_memory


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialArm:
    """The course of one arm of a trial.

    Attributes
    ----------
    trial : Trial
    arm : str
        As the table of evidence calls it.
    label : str
        Words of it.
    treated : bool
        Augmentation; else the comparator.
    measure : str
        As the trial measured it.
    points : tuple of ArmPoint
        By time.
    """

    trial: Trial
    arm: str
    label: str
    treated: bool
    measure: str
    points: tuple[ArmPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDifference:
    """A difference between two arms.

    Attributes
    ----------
    trial : Trial
    measure, timepoint : str
    days : float or None
    value : float
        Positive favours augmentation.
    low, high : float or None
        95 % interval, turned likewise.
    raw_value : float
        As printed.
    raw_words : str
        What was subtracted from what, as the table of evidence has it.
    n : int or None
    status : SourceStatus
    note : str
    """

    trial: Trial
    measure: str
    timepoint: str
    days: float | None
    value: float
    low: float | None
    high: float | None
    raw_value: float
    raw_words: str
    n: int | None
    status: SourceStatus
    note: str

    @property
    def unverified(self) -> bool:
        """Whether it is from memory."""
        return self.status.is_from_memory


def rows_of(measure: Measure) -> tuple[EvidenceRow, ...]:
    """Return the rows of a measure on its own scale."""
    return tuple(
        row
        for row in read_evidence()
        if row.measure in measure.members and row.scale == measure.scale
    )


def trial_arms(measure: str, scale: str) -> tuple[TrialArm, ...]:
    """Return the courses of all arms of a measure, sham-controlled trials first.

    Parameters
    ----------
    measure : str
        ``pain``, ``RMDQ``, ``RDQ23``, ``ODI``, ``SF36_PCS``, ``EQ5D``, or a name of the table.
    scale : str
        Such as ``0-10``.

    Raises
    ------
    InputError
        If there is no such measure, or not on that scale: scales are never mixed.
    """
    rows = rows_of(find_measure(measure, scale))
    arms = []
    for trial in read_trials().values():
        own = [row for row in rows if row.trial == trial.key]
        single = [row for row in own if row.kind is not ValueKind.DIFFERENCE]
        for row in sorted(
            {row.arm: row for row in single}.values(), key=lambda row: not row.treated
        ):
            points = _points([other for other in own if other.arm == row.arm])
            if len(points) > 1:
                arms.append(_arm(trial, row, points))
    return tuple(arms)


def _arm(trial: Trial, row: EvidenceRow, points: tuple[ArmPoint, ...]) -> TrialArm:
    return TrialArm(
        trial=trial,
        arm=row.arm,
        label=trial.procedure if row.treated else trial.comparator,
        treated=row.treated,
        measure=row.measure,
        points=points,
    )


def _points(rows: Iterable[EvidenceRow]) -> tuple[ArmPoint, ...]:
    """Return the means of one arm by time; a change is added to the first mean."""
    timed = sorted((row for row in rows if row.days is not None), key=lambda row: row.days or 0.0)
    first = next((row for row in timed if row.days == 0 and row.kind is ValueKind.MEAN), None)
    points = []
    for row in timed:
        if row.kind is ValueKind.MEAN:
            points.append(_point(row, 0.0, row.status))
        elif row.kind is ValueKind.CHANGE and first is not None:
            weaker = find_weakest((row.status, first.status))
            points.append(_point(row, first.value, weaker))
    return tuple(points)


def _point(row: EvidenceRow, start: float, status: SourceStatus) -> ArmPoint:
    changed = row.kind is ValueKind.CHANGE
    return ArmPoint(
        days=row.days or 0.0,
        value=round(row.value + start, 6),
        # an interval of a change is none of the mean
        low=None if changed else row.low,
        high=None if changed else row.high,
        n=row.n,
        status=status,
        from_change=changed,
    )


def trial_differences(measure: str, scale: str) -> tuple[TrialDifference, ...]:
    """Return the differences between arms, positive favouring augmentation, sham trials first.

    What differed before anything was done is no result and is left out.

    Raises
    ------
    InputError
        If there is no such measure, or not on that scale.
    """
    found = find_measure(measure, scale)
    trials = read_trials()
    rows = [
        row
        for row in rows_of(found)
        if row.kind is ValueKind.DIFFERENCE and row.trial in trials and row.days != 0
    ]
    rows.sort(
        key=lambda row: (
            BLINDING_ORDER.index(trials[row.trial].blinding),
            list(trials).index(row.trial),
            row.days if row.days is not None else 1e9,
        )
    )
    return tuple(_difference(row, trials[row.trial], found.raw_sign) for row in rows)


def _difference(row: EvidenceRow, trial: Trial, sign: int) -> TrialDifference:
    ends = [row.low, row.high]
    if sign < 0:
        ends = [None if end is None else -end for end in reversed(ends)]
    return TrialDifference(
        trial=trial,
        measure=row.measure,
        timepoint=row.timepoint,
        days=row.days,
        value=sign * row.value,
        low=ends[0],
        high=ends[1],
        raw_value=row.value,
        raw_words=row.arm,
        n=row.n,
        status=row.status,
        note=row.note,
    )
