"""Antithrombotics as a table of the day's sheet."""

from vertaug.indications.antithrombotic import LOCAL_POLICY, hours_words
from vertaug.indications.hold_record import missing_words
from vertaug.procedure_day.hold import HoldOfDay
from vertaug.report.day_page import DayBlock


def hold_blocks(holds: tuple[HoldOfDay, ...]) -> tuple[DayBlock, ...]:
    """Return the table of the patient's antithrombotics; none where no drug is known."""
    if not holds:
        return ()
    return (
        DayBlock(
            title="Blood thinners",
            columns=("", "hold", "complete from, by time", "listed"),
            rows=tuple(map(_row, holds)),
            note=f"{LOCAL_POLICY} No advice to stop a drug. Times: {_WHEN}.",
        ),
    )


_WHEN = "from the last dose given in the facts"


def _row(hold: HoldOfDay) -> tuple[str, ...]:
    held = "" if hold.held_h is None else f" ({hours_words(hold.held_h)})"
    missing = f"; missing {missing_words(hold.missing)}" if hold.missing else ""
    complete = hold.complete_from
    return (
        hold.title,
        f"{hold.state}{held}{missing}",
        "–" if complete is None else complete.isoformat(" ", "minutes"),
        f"{hold.listed} ({hold.source}, {hold.status})" if hold.source else hold.listed,
    )
