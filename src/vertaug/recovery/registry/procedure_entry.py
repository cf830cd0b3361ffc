"""A procedure is written with one of its levels; a second level must be of the same procedure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from vertaug.case.errors import InputError
from vertaug.recovery.registry.audit_entry import Author
from vertaug.recovery.registry.entry import Entry, check_entry, show
from vertaug.recovery.registry.intake import IntakeRules, write_with
from vertaug.recovery.registry.pen import Pen, open_pen
from vertaug.recovery.registry.schema import table_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureTold:
    """What was told of a procedure and one level, by column of their tables."""

    pseudonym: str
    procedure_no: int
    procedure: Mapping[str, object]
    level: Mapping[str, object]


def add_procedure(engine: Engine, told: ProcedureTold, author: Author) -> None:
    """Write a procedure with a level, or a level of a procedure that is there.

    Raises
    ------
    InputError
        If they cannot be, or the procedure that is there is another one.
    """
    key: dict[str, Any] = {"pseudonym": told.pseudonym, "procedure_no": told.procedure_no}
    procedure = Entry(table="procedure", values={**told.procedure, **key})
    level = Entry(table="procedure_level", values={**told.level, **key})
    with open_pen(engine, author) as pen:
        known = _is_there(pen, procedure, key)
        write_with(pen, [level] if known else [procedure, level], IntakeRules())


def _is_there(pen: Pen, procedure: Entry, key: Mapping[str, Any]) -> bool:
    """Return whether the procedure is written already; refuse what was told otherwise now."""
    target = table_of("procedure")
    wanted = sa.select(target).where(*(target.c[name] == value for name, value in key.items()))
    found = pen.connection.execute(wanted).mappings().first()
    row, _ = check_entry(procedure)
    if found is None or row is None:
        return False  # writing says what is wrong
    other = [
        f"{name} {show(found[name])}, now {show(value)}"
        for name, value in row.values.items()
        if value is not None and value != found[name]
    ]
    if other:
        message = (
            f"procedure {key['procedure_no']} of {key['pseudonym']} is recorded with "
            f"{'; '.join(other)}; a second level needs the same, another procedure "
            "--procedure-no, a correction: vertaug registry add procedure ... --replace"
        )
        raise InputError(message)
    return True
