"""Antithrombotics on the sheet of the day: what a policy lists of each; never an advice to stop."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from vertaug.indications.antithrombotic import HoldResult, HoldState
from vertaug.indications.hold_record import listed_words

HELD = "antithrombotic_held"
"""Item of the checklist beside which the drugs stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOfDay:
    """A drug, and what a policy lists of its hold.

    Attributes
    ----------
    title, state : str
        State of the hold: complete, not complete or unknown.
    held_h : float or None
        Hours from the last dose to the procedure.
    complete_from : datetime or None
        By time alone.
    missing : tuple of str
        What would decide.
    listed, source, status : str
        The hold in words, the policy that lists it, and whether that was checked.
    restart : str
        When the drug goes on, in words; empty where the table has nothing.
    """

    title: str
    state: str
    held_h: float | None
    complete_from: datetime | None
    missing: tuple[str, ...]
    listed: str
    source: str
    status: str
    restart: str


def hold_of_day(hold: HoldResult) -> HoldOfDay:
    """Return a drug as the sheet shows it."""
    statuses = dict.fromkeys(time.status.words for time in hold.holds)
    restart = hold.restart
    return HoldOfDay(
        title=hold.drug.title,
        state=hold.state.value,
        held_h=hold.held_h,
        complete_from=hold.complete_from,
        missing=hold.missing,
        listed=listed_words(hold),
        source=hold.policy_used,
        status=", ".join(statuses),
        restart=""
        if restart is None
        else f"{restart.words} after ({restart.policy}, {restart.status.words})",
    )


def word_holds(holds: Iterable[HoldResult]) -> list[str]:
    """Return the drugs by name, for beside the item of the checklist."""
    names = ", ".join(hold.drug.title for hold in holds)
    return [f"{names}: see the table of blood thinners"] if names else []


def caution_holds(holds: Iterable[HoldResult]) -> list[str]:
    """Return drugs whose hold is not complete, or not known to be."""
    return [
        f"{hold.drug.title}: hold {hold.state.value}"
        for hold in holds
        if hold.state is not HoldState.COMPLETE
    ]
