"""A patient's name, or all that is recorded of one, is removed; the audit log keeps a stub."""

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from vertaug.case.errors import InputError
from vertaug.recovery.registry.audit_entry import Author
from vertaug.recovery.registry.definition import IDENTITY, read_definitions
from vertaug.recovery.registry.pen import open_pen
from vertaug.recovery.registry.schema import table_of


def forget_patient(
    engine: Engine, pseudonym: str, author: Author, *, everything: bool = False
) -> dict[str, int]:
    """Remove the identity of a patient, or all rows; return how many by table.

    The log keeps hashes only: that of a name is salted, and the salt goes with the row.

    Raises
    ------
    InputError
        If there is nothing to remove.
    """
    tables = list(reversed(read_definitions())) if everything else [IDENTITY]
    removed: dict[str, int] = {}
    with open_pen(engine, author) as pen:
        for name in tables:
            target = table_of(name)
            is_it = target.c.pseudonym == pseudonym
            rows = pen.connection.execute(sa.select(target).where(is_it)).mappings().all()
            for row in rows:
                pen.delete(name, row)
            if rows:
                removed[name] = len(rows)
        if not removed:
            what = "nothing" if everything else "no name"
            message = f"the registry holds {what} of {pseudonym}"
            raise InputError(message)
    return removed
