"""An adverse event is written under the next number of its patient."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from vertaug.case.errors import InputError
from vertaug.recovery.registry.audit_entry import Author
from vertaug.recovery.registry.entry import Entry, check_entry
from vertaug.recovery.registry.intake import IntakeRules, write_with
from vertaug.recovery.registry.pen import Pen, open_pen
from vertaug.recovery.registry.schema import table_of


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTold:
    """What was told of an event; ``values`` by column of table ``event``."""

    pseudonym: str
    values: Mapping[str, object]


def add_event(engine: Engine, told: EventTold, author: Author) -> int:
    """Write an event and return its number.

    Raises
    ------
    InputError
        If it cannot be, or the same event is recorded already: a second one would count twice.
    """
    event = table_of("event")
    last = sa.select(sa.func.max(event.c.event_no)).where(event.c.pseudonym == told.pseudonym)
    with open_pen(engine, author) as pen:  # others wait, so the number is free
        number = int(pen.connection.execute(last).scalar() or 0) + 1
        key = {"pseudonym": told.pseudonym, "event_no": number}
        entry = Entry(table="event", values={**told.values, **key})
        _refuse_twice(pen, entry)
        write_with(pen, [entry], IntakeRules())
    return number


def _refuse_twice(pen: Pen, entry: Entry) -> None:
    row, _ = check_entry(entry)
    if row is None:
        return  # writing says what is wrong
    event = table_of("event")
    wanted = sa.select(event).where(event.c.pseudonym == row.values["pseudonym"])
    told = {name: value for name, value in row.values.items() if name != "event_no"}
    for found in pen.connection.execute(wanted).mappings():
        if {name: found[name] for name in told} == told:
            message = (
                f"the same event is recorded already as event {found['event_no']} of "
                f"{row.values['pseudonym']}; if there were two, tell them apart, such as by "
                "--action"
            )
            raise InputError(message)
