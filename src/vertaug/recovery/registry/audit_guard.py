"""Whether what guards the audit log is there: its triggers, its one head, where it was made."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from vertaug.recovery.registry.audit_entry import hash_row
from vertaug.recovery.registry.audit_row import NO_VALUE, RowFault
from vertaug.recovery.registry.schema import AUDIT_HEAD, ORIGIN

_TRIGGERS = {
    "sqlite": ("audit_no_delete", "audit_no_update"),
    "postgresql": ("audit_no_change", "audit_no_truncate"),
}
_REFUSES = {
    "sqlite": (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit' "
        "AND sql LIKE '%BEGIN SELECT RAISE(ABORT, %'"
    ),
    "postgresql": (
        "SELECT t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE t.tgrelid = 'audit'::regclass AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL "
        "AND btrim(p.prosrc) LIKE 'BEGIN RAISE EXCEPTION %'"
    ),
}
"""Names of the triggers that still refuse."""


def find_guard_faults(connection: Connection, origin_hash: str | None) -> list[RowFault]:
    """Return what is wrong beside the log and the rows.

    Parameters
    ----------
    connection : Connection
    origin_hash : str or None
        As the first entry of the log has it; None where that is older than the hash.
    """
    faults = []
    kind = connection.dialect.name
    refusing = {str(name) for (name,) in connection.execute(sa.text(_REFUSES[kind]))}
    gone = [name for name in _TRIGGERS[kind] if name not in refusing]
    if gone:
        text = f"no longer refuses changes: trigger {' and '.join(gone)} is gone or was changed"
        faults.append(RowFault(object="audit", fault=text))
    heads = connection.execute(sa.select(sa.func.count()).select_from(AUDIT_HEAD)).scalar_one()
    if heads > 1:
        text = f"has {heads} rows, one is expected: {heads - 1} put in outside vertaug"
        faults.append(RowFault(object=AUDIT_HEAD.name, fault=text))
    if origin_hash is not None and hash_origin(connection) != origin_hash:
        text = "was changed outside vertaug: it is not what was logged when the registry was made"
        faults.append(RowFault(object=ORIGIN.name, fault=text))
    return faults


def hash_origin(connection: Connection) -> str:
    """Return the hash of where a registry was made, as the first entry of its log has it.

    Empty where it holds what is no text.
    """
    origin = {row[0]: row[1] for row in connection.execute(sa.select(ORIGIN))}
    try:
        return hash_row(ORIGIN.name, sorted(origin), origin)
    except (*NO_VALUE, TypeError):
        return ""
