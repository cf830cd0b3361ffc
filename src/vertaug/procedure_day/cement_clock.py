"""The clock of a batch of cement: its window, the alarm, and what is blocked.

Seconds are those of a monotonic clock, which does not jump when a computer sleeps or sets its
time; a second timer beside it is compared. Windows come from the table of the product, corrected
for temperature; the maker's leaflet goes before them.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from math import isfinite

from vertaug.augmentation.cement.product import CementProduct
from vertaug.augmentation.cement.rheology import working_window_s
from vertaug.case.errors import InputError
from vertaug.case.level import parse_augmentable
from vertaug.case.source_status import find_weakest
from vertaug.procedure_day.evidence import (
    Evidence,
    Line,
    evidence_of,
    read_lines,
    read_table,
)

ALARM_BEFORE_S = 60.0
"""Before the window ends (clinical reference 3.6, design default)."""
MOST_LEVELS = 2
"""Of one batch (clinical reference 3.6, design default)."""
LARGEST_DRIFT_S = 5.0
"""Between the clock and the second timer (design default)."""
COLDEST_C, WARMEST_C = 10.0, 35.0
"""Of the room (design default); cement that was cooled has a table of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CementWindow:
    """When a cement can be injected, from mixing.

    Attributes
    ----------
    title : str
        Of the product.
    temperature_c : float
        Of the room.
    start_s, end_s : float
    evidence : Evidence
    """

    title: str
    temperature_c: float
    start_s: float
    end_s: float
    evidence: Evidence

    def __post_init__(self) -> None:
        if not 0.0 <= self.start_s < self.end_s:
            message = (
                f"a window of cement is expected to start at 0 s or later and to end after that; "
                f"got {self.start_s:g} to {self.end_s:g} s"
            )
            raise InputError(message)

    @property
    def alarm_s(self) -> float:
        """When the alarm sounds; at the start of a window that is shorter than the warning."""
        return max(self.end_s - ALARM_BEFORE_S, self.start_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingTime:
    """How one PMMA handled at a temperature: mean and standard deviation in minutes.

    Attributes
    ----------
    title : str
    room : bool
        Whether it was at the temperature of a room, not cooled.
    liquid_min, paste_min, total_min : tuple of float
    evidence : Evidence
    """

    title: str
    room: bool
    liquid_min: tuple[float, float]
    paste_min: tuple[float, float]
    total_min: tuple[float, float]
    evidence: Evidence


class CementPhase(StrEnum):
    """How far a batch is."""

    LIQUID = "too liquid"
    EARLY = "dough earlier than the table of the product says"
    READY = "may be injected"
    ALARM = "window ends within 60 s"
    OVER = "window is over"


@dataclass(frozen=True, slots=True, kw_only=True)
class CementBatch:
    """A portion of cement that was mixed.

    Attributes
    ----------
    number : int
        From 1.
    mixed_at_s : float
        When the liquid met the powder, by the monotonic clock.
    window : CementWindow
    levels : tuple of str
        Filled with it.
    """

    number: int
    mixed_at_s: float
    window: CementWindow
    levels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.number < 1 or not isfinite(self.mixed_at_s):
            message = (
                f"a batch has a number from 1 and a time of mixing; got {self.number}, "
                f"{self.mixed_at_s:g} s"
            )
            raise InputError(message)
        if len(self.levels) > MOST_LEVELS:
            message = (
                f"a batch fills {MOST_LEVELS} levels at most; got {', '.join(self.levels)}: mix a "
                "new batch"
            )
            raise InputError(message)

    def with_level(self, level: str) -> "CementBatch":
        """Return the batch with one more level that it fills.

        Raises
        ------
        InputError
            If it is used up, or there is no such level.
        """
        name = parse_augmentable(level)
        if name in self.levels:
            return self
        return replace(self, levels=(*self.levels, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """A look at the clock.

    Attributes
    ----------
    age_s : float
        Since mixing.
    phase : CementPhase
    may_inject : bool
        Not before dough was seen, not after the window.
    to_alarm_s, to_end_s : float
        Negative where they have passed.
    words : str
    """

    age_s: float
    phase: CementPhase
    may_inject: bool
    to_alarm_s: float
    to_end_s: float
    words: str


def window_of(product: CementProduct, temperature_c: float) -> CementWindow:
    """Return the window of a product at the temperature of the room.

    Raises
    ------
    InputError
        If it is not that of a room.
    """
    if not COLDEST_C <= temperature_c <= WARMEST_C:
        message = (
            f"the temperature of the room is expected within {COLDEST_C:g} to {WARMEST_C:g} °C; "
            f"got {temperature_c:g} °C"
        )
        raise InputError(message)
    start, end = working_window_s(product, temperature_c)
    worst = find_weakest((product.waiting_s.status, product.working_end_s.status))
    return CementWindow(
        title=product.title,
        temperature_c=temperature_c,
        start_s=start,
        end_s=end,
        evidence=Evidence(source=product.working_end_s.source, status=worst),
    )


def read_clock(batch: CementBatch, now_s: float, *, dough_seen: bool | None) -> ClockReading:
    """Return how a batch stands.

    Parameters
    ----------
    batch : CementBatch
    now_s : float
        By the clock of ``batch.mixed_at_s``.
    dough_seen : bool or None
        Whether somebody has seen that it is dough; None is not known, and not yes.

    Raises
    ------
    InputError
        If the time lies before the mixing.
    """
    age, window = now_s - batch.mixed_at_s, batch.window
    if not age >= 0.0:
        message = (
            f"batch {batch.number} was mixed at {batch.mixed_at_s:g} s; {now_s:g} s lies before "
            "that: times of a monotonic clock do not run backwards"
        )
        raise InputError(message)
    phase = _phase(age, window, dough=dough_seen is True)
    return ClockReading(
        age_s=age,
        phase=phase,
        may_inject=phase not in {CementPhase.LIQUID, CementPhase.OVER},
        to_alarm_s=window.alarm_s - age,
        to_end_s=window.end_s - age,
        words=_words(batch, age, phase),
    )


def _phase(age_s: float, window: CementWindow, *, dough: bool) -> CementPhase:
    if age_s > window.end_s:
        return CementPhase.OVER
    if not dough:
        return CementPhase.LIQUID
    if age_s < window.start_s:
        return CementPhase.EARLY
    return CementPhase.ALARM if age_s >= window.alarm_s else CementPhase.READY


def _words(batch: CementBatch, age_s: float, phase: CementPhase) -> str:
    said = f"batch {batch.number}, {minutes(age_s)} from mixing: {phase}"
    if phase is CementPhase.OVER:
        return f"{said}; mix a new batch"
    if phase is CementPhase.LIQUID:
        return f"{said}, or nobody has looked; injection is blocked"
    return f"{said}; {minutes(batch.window.end_s - age_s)} left"


def minutes(seconds: float) -> str:
    """Return a time as ``7:05``."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def compare_timers(clock_s: float, timer_s: float) -> str:
    """Return what to say where the clock and the second timer differ; empty where they agree."""
    drift = abs(clock_s - timer_s)
    if drift <= LARGEST_DRIFT_S:
        return ""
    return (
        f"clock {minutes(clock_s)} and second timer {minutes(timer_s)} differ by {drift:.0f} s: go "
        "by the longer one"
    )


@cache
def handling_times() -> tuple[HandlingTime, ...]:
    """Return how one PMMA handled at three temperatures."""
    return tuple(
        HandlingTime(
            title=table["title"],
            room=table.get("room", False),
            liquid_min=tuple(table["liquid_min"]),
            paste_min=tuple(table["paste_min"]),
            total_min=tuple(table["total_min"]),
            evidence=evidence_of(table),
        )
        for table in read_table("cement_handling")["handling"].values()
    )


def cement_facts() -> tuple[Line, ...]:
    """Return what is known of cements in general."""
    return read_lines(read_table("cement_handling")["fact"])


def clock_rules() -> tuple[Line, ...]:
    """Return the rules of the clock in words."""
    return read_lines(read_table("cement_handling")["rule"])
