"""One line of the audit log: who wrote which row when, chained to the line before by its hash."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from json.encoder import encode_basestring
from typing import Any

from vertaug.case.errors import InputError
from vertaug.recovery.registry.definition import TableDefinition
from vertaug.recovery.registry.field import Record

FIRST = "0" * 64
"""What the first entry has as the hash before it."""

_WORDS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    bool: lambda value: "true" if value else "false",
    int: int.__repr__,
    float: float.__repr__,
    type(None): lambda _: "null",
    date: lambda value: f'"{value.isoformat()}"',
}
"""How a value stands in canonical JSON: needed a million times, so without json.dumps."""


def _list(values: Sequence[Any]) -> str:
    """Return values as JSON without blanks."""
    return f"[{','.join([_WORDS[type(value)](value) for value in values])}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who writes: a name or number that the site knows, and a role."""

    name: str
    role: str = "coordinator"

    def __post_init__(self) -> None:
        for words in (self.name, self.role):
            if not words.strip() or not words.isprintable() or len(words) > 200:
                message = f"who writes is expected as a name and a role; got {words!r}"
                raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to an object, before it is chained."""

    action: str
    object: str
    row_hash: str | None = None
    changed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of the log: how many entries, and the hash of the last."""

    entries: int
    hash: str


def name_object(table: TableDefinition, row: Record) -> str:
    """Return the name of a row in the log: its table and its key."""
    return table.name + _list([row[name] for name in table.key])


def hash_row(table: str, columns: Sequence[str], row: Record) -> str:
    """Return the SHA-256 of what a row holds.

    Unknown values are left out, so that a column that a later version adds changes no hash.

    Parameters
    ----------
    table : str
    columns : sequence of str
        In alphabetical order.
    row : mapping
        Values of their kinds.
    """
    held = [
        f'"{name}":{_WORDS[type(value)](value)}'
        for name in columns
        if (value := row[name]) is not None
    ]
    text = f'["{table}",{{{",".join(held)}}}]'
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def describe_change(
    before: Mapping[str, Any], after: Mapping[str, Any], hidden: Sequence[str] = ()
) -> str:
    """Return the changed values as JSON, before and after; of ``hidden`` only the names."""
    told = []
    for name in sorted(after):
        if before[name] != after[name]:
            pair = ["hidden", "hidden"] if name in hidden else [before[name], after[name]]
            told.append(f'"{name}":{_list(pair)}')
    return f"{{{','.join(told)}}}"


def chain_entries(events: Sequence[Event], author: Author, head: Head) -> list[dict[str, Any]]:
    """Return entries that go on from ``head``, all of one moment (UTC)."""
    at = datetime.now(UTC).isoformat(timespec="microseconds")
    entries: list[dict[str, Any]] = []
    previous = head.hash
    for seq, event in enumerate(events, start=head.entries + 1):
        entry = {
            "seq": seq,
            "at": at,
            "actor": author.name,
            "role": author.role,
            "action": event.action,
            "object": event.object,
            "row_hash": event.row_hash,
            "changed": event.changed,
            "previous": previous,
        }
        previous = hash_entry(entry)
        entry["hash"] = previous
        entries.append(entry)
    return entries


_CHAINED = ("seq", "at", "actor", "role", "action", "object", "row_hash", "changed", "previous")


def hash_entry(entry: Record) -> str:
    """Return the SHA-256 of an entry: of all that stands in it and the hash before."""
    body = _list([entry[name] for name in _CHAINED])
    return hashlib.sha256(body.encode("utf-8")).hexdigest()
