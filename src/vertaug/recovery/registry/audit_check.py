"""Whether the audit log is whole, and the rows still hold what was last logged."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from vertaug.case.errors import InputError
from vertaug.recovery.registry.audit_entry import FIRST, Head, hash_entry
from vertaug.recovery.registry.audit_guard import find_guard_faults
from vertaug.recovery.registry.audit_row import (
    NO_VALUE,
    RowFault,
    compare_rows,
    read_any_text,
    show_any,
)
from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.field import Record
from vertaug.recovery.registry.schema import AUDIT, AUDIT_HEAD

_ROW_ACTIONS = frozenset({"insert", "update", "delete"})
_MOST_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What was found.

    Attributes
    ----------
    head : Head
        Where the chain ends as far as it holds; note it elsewhere to find a log that was
        rewritten as a whole.
    broken_at : int or None
        Number of the first entry that does not hold.
    fault : str
        What is wrong there; empty where the chain holds.
    rows : int
        Rows compared with their last entry.
    row_faults : tuple of RowFault
        The first 20, those of what guards the log before those of rows.
    row_fault_count : int
    """

    head: Head
    broken_at: int | None
    fault: str
    rows: int
    row_faults: tuple[RowFault, ...]
    row_fault_count: int

    @property
    def holds(self) -> bool:
        """Nothing was found."""
        return not self.fault and self.row_fault_count == 0


def parse_head(text: str) -> Head:
    """Return a noted head, written as ``ENTRIES:HASH``.

    Raises
    ------
    InputError
        If it is not written so.
    """
    entries, _, digest = text.strip().partition(":")
    if not entries.isdigit() or len(digest) != len(FIRST):
        message = f"a noted head is expected as ENTRIES:HASH, as verify prints it; got {text!r}"
        raise InputError(message)
    return Head(entries=int(entries), hash=digest.lower())


def verify_audit(engine: Engine, noted: Head | None = None) -> AuditReport:
    """Check the chain of all entries, its end and its guards, and every row with its last entry.

    Parameters
    ----------
    engine : Engine
        Of an open registry.
    noted : Head or None
        A head that was noted before: a log that was rewritten as a whole has another hash there.
    """
    with reading(engine) as connection:
        read_any_text(connection)
        walk = _Walk(noted)
        wanted = sa.select(AUDIT).order_by(AUDIT.c.seq).execution_options(yield_per=5000)
        with connection.execute(wanted) as found:
            for entry in found.mappings():
                if not walk.take(entry):
                    break
        ends = sa.select(AUDIT_HEAD.c.entries, AUDIT_HEAD.c.hash).order_by(AUDIT_HEAD.c.id)
        head = connection.execute(ends).first()
        if not walk.fault:
            walk.close(head)
        # beyond a broken entry the log says nothing that could be trusted
        faults, rows = ([], 0) if walk.fault else compare_rows(connection, walk.last)
        faults = find_guard_faults(connection, walk.origin) + faults
    return AuditReport(
        head=Head(entries=walk.entries, hash=walk.previous),
        broken_at=walk.broken_at,
        fault=walk.fault,
        rows=rows,
        row_faults=tuple(faults[:_MOST_LISTED]),
        row_fault_count=len(faults),
    )


class _Walk:
    """Along the chain; remembers what each row was last logged as."""

    def __init__(self, noted: Head | None) -> None:
        self.entries, self.previous = 0, FIRST
        self.last: dict[bytes, tuple[str, bytes | None]] = {}
        self.origin: str | None = None
        self.broken_at: int | None = None
        self.fault = ""
        self._noted = noted

    def take(self, entry: Record) -> bool:
        expected = self.entries + 1
        if type(entry["seq"]) is not int:
            return self._break(expected, "an entry whose number is none was put in")
        if entry["seq"] != expected:
            last = entry["seq"] - 1
            missing = f"entry {expected} is" if last == expected else f"{expected} to {last} are"
            return self._break(expected, f"{missing} missing")
        if not _is_as_hashed(entry):
            return self._break(expected, f"{_words(entry)} was changed after it was written")
        if entry["previous"] != self.previous:
            return self._break(expected, f"{_words(entry)} does not follow the entry before it")
        self.entries, self.previous = expected, str(entry["hash"])
        if self._noted is not None and self._noted.entries == expected:
            if self._noted.hash != self.previous:
                text = "the log up to here was rewritten: its hash is not the one that was noted"
                return self._break(expected, text)
            self._noted = None
        if entry["action"] == "create":
            self.origin = entry["row_hash"]
        if entry["action"] in _ROW_ACTIONS:
            key = hashlib.sha256(str(entry["object"]).encode()).digest()
            found = entry["row_hash"]
            self.last[key] = (str(entry["action"]), bytes.fromhex(found) if found else None)
        return True

    def close(self, found: Sequence[Any] | None) -> None:
        if found is None:
            self._break(self.entries + 1, "the head of the log is missing")
            return
        if type(found[0]) is not int:
            self._break(self.entries + 1, "the head of the log was changed from outside")
            return
        head = Head(entries=found[0], hash=str(found[1]))
        if head.entries > self.entries:
            text = (
                f"the end of the log is cut off: it had {head.entries} entries, "
                f"{self.entries} are left"
            )
            self._break(self.entries + 1, text)
        elif head.entries < self.entries or head.hash != self.previous:
            self._break(head.entries + 1, "entries were added, or the head changed, from outside")
        elif self._noted is not None:
            text = f"the log was cut: {self._noted.entries} entries were noted before"
            self._break(self.entries + 1, text)

    def _break(self, seq: int, fault: str) -> bool:
        self.broken_at, self.fault = seq, fault
        return False


def _is_as_hashed(entry: Record) -> bool:
    try:
        return bool(hash_entry(entry) == entry["hash"])
    except NO_VALUE:
        return False


def _words(entry: Record) -> str:
    return show_any(
        f"entry {entry['seq']} ({entry['action']} of {entry['object']} by {entry['actor']}, "
        f"{entry['at']})"
    )
