"""A procedure as it went: an immutable record of transitions and checked items.

Every step is kept, with when, by whom in which role, and values. Names are never stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from vertaug.case.errors import InputError
from vertaug.case.level import parse_augmentable
from vertaug.case.plan import Procedure
from vertaug.indications.fact import FactValue
from vertaug.procedure_day.checklist import Phase, item_named, list_items
from vertaug.procedure_day.state import State, Step, Way, list_ways, order_of


class Role(StrEnum):
    """Who did it; never a name."""

    OPERATOR = "operator"
    ASSISTANT = "assistant"
    ANAESTHETIST = "anaesthetist"
    NURSE = "nurse"
    RADIOGRAPHER = "radiographer"
    COORDINATOR = "coordinator"


class ItemState(StrEnum):
    """How an item of the checklist stands."""

    UNKNOWN = "unknown"
    DONE = "done"
    NOT_DONE = "not_done"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One step of the course.

    Attributes
    ----------
    from_state, to_state : State
    step : Step
    time : datetime
        With its offset from UTC.
    actor_role : Role
    values : mapping of str to value
    reason : str
        Why, where it goes back or ends early.
    """

    from_state: State
    to_state: State
    step: Step
    time: datetime
    actor_role: Role
    values: Mapping[str, FactValue]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRecord:
    """An item of the checklist that somebody answered.

    Attributes
    ----------
    name : str
    state : ItemState
    time : datetime
    actor_role : Role
    note : str
        Why, where it does not apply.
    """

    name: str
    state: ItemState
    time: datetime
    actor_role: Role
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A procedure on one level, so far.

    Attributes
    ----------
    level : str
    procedure : Procedure
    started : datetime
    entries : tuple of Transition or ItemRecord
        In time order; nothing is ever taken out.
    """

    level: str
    procedure: Procedure
    started: datetime
    entries: tuple[Transition | ItemRecord, ...] = ()

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """The steps alone."""
        return tuple(entry for entry in self.entries if isinstance(entry, Transition))

    @property
    def state(self) -> State:
        """Where the patient is."""
        steps = self.transitions
        return steps[-1].to_state if steps else State.REFERRED

    @property
    def last_time(self) -> datetime:
        """Of the last entry."""
        return self.entries[-1].time if self.entries else self.started

    @property
    def trail(self) -> tuple[State, ...]:
        """The states that led here, without what was gone back on."""
        found = [State.REFERRED]
        for step in self.transitions:
            if step.step is Step.BACK:
                while found[-1] is not step.to_state:
                    found.pop()
            else:
                found.append(step.to_state)
        return tuple(found)

    @property
    def ways(self) -> tuple[Way, ...]:
        """What may follow; the gates may still be shut."""
        return list_ways(self.state, self.procedure, frozenset(self.trail))

    def item_state(self, name: str) -> ItemState:
        """Return how an item stands; whoever goes back to before it has to check it again.

        Raises
        ------
        InputError
            If there is no such item.
        """
        first = ASKED_FROM[item_named(name, self.procedure).phase]
        found = ItemState.UNKNOWN
        for entry in self.entries:
            if isinstance(entry, ItemRecord):
                found = entry.state if entry.name == name else found
            elif entry.step is Step.BACK and order_of(entry.to_state) <= order_of(first):
                found = ItemState.UNKNOWN
        return found

    @property
    def open_items(self) -> tuple[str, ...]:
        """Go/no-go items that are not done; unknown ones too."""
        shut = {ItemState.UNKNOWN, ItemState.NOT_DONE}
        return tuple(
            item.name
            for item in list_items(self.procedure)
            if item.gate and self.item_state(item.name) in shut
        )


ASKED_FROM = {
    Phase.GO: State.SCHEDULED,
    Phase.SIGN_IN: State.CHECKED_IN,
    Phase.TIME_OUT: State.TIME_OUT,
    Phase.SIGN_OUT: State.STOP,
}
"""The earliest state in which an item of a phase can be checked."""


def start_course(level: str, procedure: Procedure, started: datetime) -> Course:
    """Return the course of a patient who has been referred.

    Raises
    ------
    InputError
        If the level is not one that can be augmented, or the time has no offset.
    """
    return Course(
        level=parse_augmentable(level),
        procedure=Procedure(procedure),
        started=check_time(started, None),
    )


def check_time(time: datetime, not_before: datetime | None) -> datetime:
    """Return a time of the record.

    Raises
    ------
    InputError
        If it has no offset from UTC or lies before the last one.
    """
    if not isinstance(time, datetime) or time.tzinfo is None or time.utcoffset() is None:
        message = (
            f"a time is expected with date and offset, such as 2026-03-02T09:30+01:00; got {time!s}"
        )
        raise InputError(message)
    # to UTC first: times of one zone are compared by the wall clock, which jumps in autumn
    if not_before is not None and time.astimezone(UTC) < not_before.astimezone(UTC):
        message = (
            f"times must not run backwards: {time.isoformat()} lies before the last entry at "
            f"{not_before.isoformat()}"
        )
        raise InputError(message)
    return time
