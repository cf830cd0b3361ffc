"""Antithrombotics on the sheet of the day: what a policy lists of each; never an advice to stop."""

from collections.abc import Iterable

from vertaug.indications.antithrombotic import HoldResult, HoldState
from vertaug.indications.antithrombotic_table import policy_title
from vertaug.indications.hold_record import listed_words, shown_status

HELD = "antithrombotic_held"
"""Item of the checklist beside which the drugs stand."""


def word_hold(hold: HoldResult) -> tuple[str, ...]:
    """Return a drug in words: how long it was held, from when the hold is complete, by whom."""
    said = hold.headline
    if hold.state is HoldState.COMPLETE and hold.complete_from is not None:
        said += f" since {hold.complete_from.isoformat(' ', 'minutes')}"
    if not hold.policy_used:
        return (said,)
    statuses = dict.fromkeys(shown_status(time.status) for time in hold.holds)
    source = f"{policy_title(hold.policy_used)}, {', '.join(statuses)}"
    return (f"{said} ({listed_words(hold)}: {source}; local policy overrides)",)


def caution_holds(holds: Iterable[HoldResult]) -> list[str]:
    """Return drugs whose hold is not complete, or not known to be."""
    return [
        f"{hold.drug.title}: hold {hold.state.value}"
        for hold in holds
        if hold.state is not HoldState.COMPLETE
    ]
