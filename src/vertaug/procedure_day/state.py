"""The states of a procedure from referral to follow-up, and which may follow which."""

from dataclasses import dataclass
from enum import StrEnum

from vertaug.case.plan import Procedure


class State(StrEnum):
    """Where the patient is on the way (clinical reference, part 3), in their usual order."""

    REFERRED = "referred"
    ASSESSED = "assessed"
    IMAGED = "imaged"
    DECIDED = "decided"
    CONSENTED = "consented"
    SCHEDULED = "scheduled"
    CHECKED_IN = "checked_in"
    TIME_OUT = "time_out"
    POSITIONED = "positioned"
    ANAESTHETISED = "anaesthetised"
    LOCALISED = "localised"
    ACCESS_LEFT = "access_left"
    ACCESS_RIGHT = "access_right"
    BIOPSY = "biopsy"
    DRILL = "drill"
    BALLOON_IN = "balloon_in"
    INFLATE = "inflate"
    INFLATE_CHECK = "inflate_check"
    DEFLATE = "deflate"
    CEMENT_MIX = "cement_mix"
    CEMENT_WAIT = "cement_wait"
    INJECT = "inject"
    INJECT_CHECK = "inject_check"
    STOP = "stop"
    NEEDLE_OUT = "needle_out"
    RECOVERY = "recovery"
    DISCHARGE = "discharge"
    FOLLOWUP = "followup"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What kind of transition it is."""

    FORWARD = "forward"
    BACK = "back"
    EARLY = "early"


_S = State
_BALLOON = frozenset({_S.DRILL, _S.BALLOON_IN, _S.INFLATE, _S.INFLATE_CHECK, _S.DEFLATE})
"""States of a kyphoplasty only."""

_ACCESS = (_S.ACCESS_LEFT, _S.ACCESS_RIGHT)
_NEXT: dict[State, tuple[State, ...]] = {
    _S.REFERRED: (_S.ASSESSED,),
    _S.ASSESSED: (_S.IMAGED,),
    _S.IMAGED: (_S.DECIDED,),
    _S.DECIDED: (_S.CONSENTED,),
    _S.CONSENTED: (_S.SCHEDULED,),
    _S.SCHEDULED: (_S.CHECKED_IN,),
    _S.CHECKED_IN: (_S.TIME_OUT,),
    _S.TIME_OUT: (_S.POSITIONED,),
    _S.POSITIONED: (_S.ANAESTHETISED,),
    _S.ANAESTHETISED: (_S.LOCALISED,),
    _S.LOCALISED: _ACCESS,
    _S.ACCESS_LEFT: (_S.ACCESS_RIGHT, _S.BIOPSY, _S.DRILL, _S.CEMENT_MIX),
    _S.ACCESS_RIGHT: (_S.ACCESS_LEFT, _S.BIOPSY, _S.DRILL, _S.CEMENT_MIX),
    _S.BIOPSY: (*_ACCESS, _S.DRILL, _S.CEMENT_MIX),
    _S.DRILL: (_S.BALLOON_IN,),
    _S.BALLOON_IN: (_S.DRILL, _S.INFLATE),
    _S.INFLATE: (_S.INFLATE_CHECK,),
    _S.INFLATE_CHECK: (_S.INFLATE, _S.DEFLATE),
    # a second side, or a balloon that burst and is replaced
    _S.DEFLATE: (_S.DRILL, _S.BALLOON_IN, _S.CEMENT_MIX),
    _S.CEMENT_MIX: (_S.CEMENT_WAIT,),
    _S.CEMENT_WAIT: (_S.INJECT,),
    _S.INJECT: (_S.INJECT_CHECK, _S.STOP),
    _S.INJECT_CHECK: (_S.INJECT, _S.STOP),
    _S.STOP: (_S.NEEDLE_OUT,),
    _S.NEEDLE_OUT: (_S.RECOVERY,),
    _S.RECOVERY: (_S.DISCHARGE,),
    _S.DISCHARGE: (_S.FOLLOWUP,),
    _S.FOLLOWUP: (),
    _S.CANCELLED: (),
}
_ORDER = tuple(State)
_WITH_NEEDLE = _ORDER[_ORDER.index(_S.ACCESS_LEFT) : _ORDER.index(_S.STOP) + 1]
_BEFORE_NEEDLE = _ORDER[: _ORDER.index(_S.ACCESS_LEFT)]
_ON_TABLE = frozenset({_S.POSITIONED, _S.ANAESTHETISED, _S.LOCALISED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A state that may follow.

    Attributes
    ----------
    to_state : State
    step : Step
        Going back and leaving early need a reason.
    """

    to_state: State
    step: Step

    @property
    def needs_reason(self) -> bool:
        """Whether it has to be said why."""
        return self.step is not Step.FORWARD


def order_of(state: State) -> int:
    """Return the place of a state in the usual order."""
    return _ORDER.index(state)


def states_of(procedure: Procedure) -> tuple[State, ...]:
    """Return the states that a procedure can have, in their usual order."""
    return tuple(
        state for state in State if procedure is Procedure.KYPHOPLASTY or state not in _BALLOON
    )


def list_ways(
    state: State, procedure: Procedure, visited: frozenset[State] = frozenset()
) -> tuple[Way, ...]:
    """Return what may follow a state.

    Parameters
    ----------
    state : State
    procedure : Procedure
        A vertebroplasty has no balloon; a kyphoplasty has no cement before one was deflated.
    visited : frozenset of State
        Where the patient has been: back to these one may go, with a reason.
    """
    found = {to: Step.FORWARD for to in _NEXT[state] if _fits(state, to, procedure, visited)}
    for to in _early(state):
        found.setdefault(to, Step.EARLY)
    if state is not State.CANCELLED:
        for to in sorted(visited, key=order_of):
            if order_of(to) < order_of(state):
                found.setdefault(to, Step.BACK)
    return tuple(Way(to_state=to, step=step) for to, step in found.items())


def _fits(state: State, to: State, procedure: Procedure, visited: frozenset[State]) -> bool:
    if procedure is Procedure.VERTEBROPLASTY:
        return to not in _BALLOON
    return to is not State.CEMENT_MIX or state is State.DEFLATE or State.DEFLATE in visited


def _early(state: State) -> tuple[State, ...]:
    """Return how a course is left early: cancelled, off the table, or stopped with a needle in."""
    if state in _ON_TABLE:
        return (State.RECOVERY, State.CANCELLED)
    if state in _BEFORE_NEEDLE:
        return (State.CANCELLED,)
    if state in _WITH_NEEDLE and state is not State.STOP:
        return (State.STOP, State.NEEDLE_OUT)
    return ()
