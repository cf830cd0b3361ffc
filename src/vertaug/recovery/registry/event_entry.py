"""An adverse event is written under the next number of its patient."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from vertaug.recovery.registry.audit_entry import Author
from vertaug.recovery.registry.entry import Entry
from vertaug.recovery.registry.intake import IntakeRules, write_with
from vertaug.recovery.registry.pen import open_pen
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
        If it cannot be.
    """
    event = table_of("event")
    last = sa.select(sa.func.max(event.c.event_no)).where(event.c.pseudonym == told.pseudonym)
    with open_pen(engine, author) as pen:  # others wait, so the number is free
        number = int(pen.connection.execute(last).scalar() or 0) + 1
        key = {"pseudonym": told.pseudonym, "event_no": number}
        write_with(pen, [Entry(table="event", values={**told.values, **key})], IntakeRules())
    return number
