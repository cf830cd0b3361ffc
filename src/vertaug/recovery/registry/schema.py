"""The tables in the database: those of ``data/tables.toml``, the audit log, and where it was made.

SQLAlchemy is imported here; import this module only where the registry is opened.
"""

from typing import Any

import sqlalchemy as sa

from vertaug.recovery.registry.definition import IDENTITY, TableDefinition, read_definitions
from vertaug.recovery.registry.field import FieldKind

VERSIONS = ("0001", "0002")
"""Schema versions that this vertaug knows, oldest first; see ``migrations/versions``."""
VERSION = VERSIONS[-1]
VERSION_TABLE = "alembic_version"
SALT = "salt"
"""Random text in each row of `identity`: no hash in the log can be guessed from a name."""

_TYPES: dict[FieldKind, sa.types.TypeEngine[Any]] = {
    FieldKind.CODE: sa.Text(),
    FieldKind.NOTE: sa.Text(),
    FieldKind.CHOICE: sa.Text(),
    FieldKind.LEVEL: sa.Text(),
    FieldKind.WHOLE: sa.Integer(),
    FieldKind.NUMBER: sa.Double(),
    FieldKind.FLAG: sa.Boolean(),
    FieldKind.DATE: sa.Date(),
}


def _build_table(metadata: sa.MetaData, table: TableDefinition) -> sa.Table:
    """Return a table whose rows are named by its key and belong to a row of its parent."""
    columns = [
        sa.Column(
            field.name,
            _TYPES[field.kind],
            primary_key=field.name in table.key,
            nullable=not field.required,
            autoincrement=False,
        )
        for field in table.fields
    ]
    if table.name == IDENTITY:
        columns.append(sa.Column(SALT, sa.Text(), nullable=False))
    bonds: list[sa.schema.SchemaItem] = []
    if table.parent:
        theirs = read_definitions()[table.parent].key
        bonds.append(
            sa.ForeignKeyConstraint(
                list(theirs), [f"{table.parent}.{name}" for name in theirs],
                name=f"{table.name}_parent",
            )
        )  # fmt: skip
    return sa.Table(table.name, metadata, *columns, *bonds, sqlite_with_rowid=False)


def _build_metadata() -> sa.MetaData:
    metadata = sa.MetaData()
    for table in read_definitions().values():
        _build_table(metadata, table)
    score = metadata.tables["score"]
    # means and responders of all visits are read from this index alone
    sa.Index(
        "score_by_scale",
        score.c.instrument, score.c.score, score.c.scale, score.c.kind,
        score.c.pseudonym, score.c.procedure_no, score.c.value,
    )  # fmt: skip
    identity = metadata.tables[IDENTITY]
    sa.Index("identity_record_number", identity.c.record_number, unique=True)
    sa.Table(
        "audit",
        metadata,
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("row_hash", sa.Text()),
        sa.Column("changed", sa.Text()),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
    )
    sa.Table(
        "audit_head",
        metadata,
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
    )
    sa.Table(
        "registry_origin",
        metadata,
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )
    return metadata


METADATA = _build_metadata()
AUDIT = METADATA.tables["audit"]
AUDIT_HEAD = METADATA.tables["audit_head"]
ORIGIN = METADATA.tables["registry_origin"]


def table_of(name: str) -> sa.Table:
    """Return a table of the database by its name."""
    return METADATA.tables[name]
