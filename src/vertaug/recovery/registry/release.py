"""What may leave the registry: no names, no free text, no ages above 89, dates as asked.

Pseudonymous is not anonymous: dates, rare events and the pseudonym itself stay unless asked
otherwise (clinical reference 7.5).
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from vertaug.recovery.registry.definition import IDENTITY, TableDefinition, read_definitions
from vertaug.recovery.registry.field import OLDEST_TOLD, TOP_AGE, Field, FieldKind, Record
from vertaug.recovery.registry.schema import table_of

_MOST_SHIFT_DAYS = 180
_YIELD = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRules:
    """What leaves.

    Attributes
    ----------
    with_names : bool
        Also table `identity`.
    with_notes : bool
        Also free text, which may name persons.
    exact_ages : bool
        Also ages above 89.
    shift_key : bytes or None
        Dates of each patient are moved by days that follow from this key and the pseudonym; the
        spans between dates of one patient stay.
    """

    with_names: bool = False
    with_notes: bool = False
    exact_ages: bool = False
    shift_key: bytes | None = None

    def leaves(self, table: TableDefinition, field: Field) -> bool:
        """Return whether a column leaves."""
        if table.name == IDENTITY:
            return self.with_names
        return self.with_notes or field.kind is not FieldKind.NOTE


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingField:
    """A column and what becomes of it in an export."""

    table: str
    column: str
    label: str
    rows: int
    filled: int
    leaves: bool
    how: str


def leaving_tables(rules: ReleaseRules) -> Iterator[tuple[TableDefinition, tuple[Field, ...]]]:
    """Yield the tables with the columns that leave."""
    for table in read_definitions().values():
        fields = tuple(field for field in table.fields if rules.leaves(table, field))
        if fields:
            yield table, fields


def read_leaving(
    connection: Connection,
    table: TableDefinition,
    fields: tuple[Field, ...],
    rules: ReleaseRules,
    pseudonym: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield rows in the order of their keys, with what is not told replaced."""
    target = table_of(table.name)
    order = [
        sa.collate(target.c[n], _plain_order(connection)) if _is_text(target.c[n]) else target.c[n]
        for n in table.key
    ]
    wanted = sa.select(*(target.c[field.name] for field in fields)).order_by(*order)
    if pseudonym is not None:
        wanted = wanted.where(target.c.pseudonym == pseudonym)
    with connection.execute(wanted.execution_options(yield_per=_YIELD)) as found:
        for row in found.mappings():
            yield _release_row(row, fields, rules)


def _is_text(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.Text)


def _plain_order(connection: Connection) -> str:
    """Order by code points on both databases."""
    return "BINARY" if connection.dialect.name == "sqlite" else "C"


def _release_row(row: Record, fields: tuple[Field, ...], rules: ReleaseRules) -> dict[str, Any]:
    values = dict(row)
    age = values.get("age_y")
    if age is not None and age > OLDEST_TOLD and not rules.exact_ages:
        values["age_y"] = TOP_AGE
    if rules.shift_key is not None:
        moved = timedelta(days=shift_days(rules.shift_key, str(values["pseudonym"])))
        for field in fields:
            if isinstance(values[field.name], date):
                values[field.name] += moved
    return values


def shift_days(key: bytes, pseudonym: str) -> int:
    """Return by how many days the dates of a patient are moved, 1 to 180 back."""
    digest = hmac.new(key, pseudonym.encode("utf-8"), hashlib.sha256).digest()
    return -(1 + int.from_bytes(digest[:4], "big") % _MOST_SHIFT_DAYS)


def preview_release(connection: Connection, rules: ReleaseRules) -> tuple[LeavingField, ...]:
    """Return every column of the registry, and whether it would leave."""
    found: list[LeavingField] = []
    for table in read_definitions().values():
        target = table_of(table.name)
        counts = connection.execute(
            sa.select(sa.func.count(), *(sa.func.count(target.c[n]) for n in table.columns))
        ).one()
        for field, filled in zip(table.fields, counts[1:], strict=True):
            leaves = rules.leaves(table, field)
            found.append(
                LeavingField(
                    table=table.name, column=field.name, label=field.label, rows=int(counts[0]),
                    filled=int(filled), leaves=leaves, how=_how(table, field, rules, leaves=leaves),
                )
            )  # fmt: skip
    return tuple(found)


def _how(table: TableDefinition, field: Field, rules: ReleaseRules, *, leaves: bool) -> str:
    if not leaves:
        return "names the person" if table.name == IDENTITY else "free text"
    if field.name == "age_y" and not rules.exact_ages:
        return f"above {OLDEST_TOLD} as {TOP_AGE}"
    if field.kind is FieldKind.DATE and rules.shift_key is not None:
        return "moved by days that differ between patients"
    if field.name == "pseudonym":
        return "as it is: whoever has the site's list knows the person"
    return "as it is"
