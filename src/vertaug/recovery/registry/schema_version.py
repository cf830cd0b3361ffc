"""Make a registry, bring it to a newer schema, or back to an older one (Alembic)."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

import vertaug
from vertaug.case.errors import InputError, StorageError
from vertaug.recovery.registry.audit_entry import (
    FIRST,
    Author,
    Event,
    describe_change,
    hash_row,
    name_object,
)
from vertaug.recovery.registry.audit_guard import hash_origin
from vertaug.recovery.registry.connection import (
    connect,
    find_version,
    name_of,
    read_version,
    reading,
    writing,
)
from vertaug.recovery.registry.definition import define_table
from vertaug.recovery.registry.made_up import made_up_origin
from vertaug.recovery.registry.pen import Pen, read_head, stored_columns
from vertaug.recovery.registry.schema import AUDIT_HEAD, ORIGIN, VERSION, VERSIONS, table_of

_MAKING = 7_203_110
"""Names the lock on PostgreSQL under which a registry is made."""
ADDED_TABLES = {"0002": ("questionnaire", "analgesic", "treatment")}
ADDED_COLUMNS = {"0002": (("patient", "lost_on"), ("imaging", "failure_load_n"))}
"""What each version added, so that the log can say what a way back loses."""


def create_registry(database: str | Path, author: Author, *, example: bool = False) -> Engine:
    """Make the tables of an empty registry and return its engine.

    Parameters
    ----------
    database : str or Path
    author : Author
    example : bool
        It is for made-up patients; the database keeps that.

    Raises
    ------
    InputError
        If there is a registry already, or the file is of another program.
    StorageError
        If the folder cannot be made.
    """
    engine = connect(database)
    _refuse_another(engine, find_version(engine))
    if engine.url.drivername == "sqlite":
        _refuse_foreign_file(engine)
        _make_folder(Path(engine.url.database or ""))
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            # there is nothing yet that could be locked
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MAKING})")
        # another may have made one since
        _refuse_another(engine, read_version(connection))
        _run(connection, VERSION)
        connection.execute(sa.insert(AUDIT_HEAD).values(id=1, entries=0, hash=FIRST))
        origin = {
            "registry_id": uuid4().hex,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "made_by": f"vertaug {vertaug.__version__}",
            **(made_up_origin() if example else {}),
        }
        rows = [{"name": name, "value": value} for name, value in origin.items()]
        connection.execute(sa.insert(ORIGIN), rows)
        name = f'schema["{VERSION}"]'
        created = Event(action="create", object=name, row_hash=hash_origin(connection))
        Pen(connection, author).record([created])
    return engine


def _refuse_another(engine: Engine, version: str | None) -> None:
    if version is not None:
        message = f"there is a registry in {name_of(engine.url)} already; it was left as it is"
        raise InputError(message)


def _refuse_foreign_file(engine: Engine) -> None:
    """Refuse a SQLite file with tables of another program."""
    if not Path(engine.url.database or "").exists():
        return
    with reading(engine) as connection:
        # another may have made a registry in it since
        own = read_version(connection) is not None
        tables = sa.inspect(connection).get_table_names()
    if tables and not own:
        message = (
            f"{name_of(engine.url)} holds tables of another program ({', '.join(tables[:3])}); "
            "it was left as it is: name a new file"
        )
        raise InputError(message)


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{path.parent} could not be made: {error.strerror or error}"
        raise StorageError(message) from error


def upgrade_registry(database: str | Path, author: Author) -> tuple[str, Path | None]:
    """Bring a registry to the schema of this vertaug; SQLite files are copied first.

    Returns
    -------
    tuple of str and Path or None
        The schema before, and the copy; None where nothing was to be done, or on PostgreSQL.

    Raises
    ------
    InputError
        If there is no registry.
    FormatError
        If it was made by a newer vertaug.
    """
    engine = connect(database)
    before = _expect(engine, find_version(engine))
    if before == VERSION:
        return before, None
    with writing(engine) as connection:
        before = _lock_version(engine, connection)
        if before == VERSION:
            return before, None  # another has done it meanwhile
        copy = _copy_before(engine, before)
        _run(connection, VERSION)
        moved = Event(action="upgrade", object=f'schema["{VERSION}"]', changed=f'"{before}"')
        Pen(connection, author).record([moved])
    return before, copy


def downgrade_registry(database: str | Path, version: str, author: Author) -> int:
    """Take a registry back to an older schema; what that has no place for is lost, and logged.

    Returns
    -------
    int
        Rows that lost something.

    Raises
    ------
    InputError
        If there is no registry, or the version is not an older one.
    """
    engine = connect(database)
    _expect(engine, find_version(engine))
    with writing(engine) as connection:
        before = _lock_version(engine, connection)
        if version not in VERSIONS or VERSIONS.index(version) >= VERSIONS.index(before):
            older = ", ".join(VERSIONS[: VERSIONS.index(before)]) or "none"
            message = f"expected an older schema than {before}: {older}; got {version}"
            raise InputError(message)
        lost = list(_list_losses(connection, version, before))
        _run(connection, version, down=True)
        moved = Event(action="downgrade", object=f'schema["{version}"]', changed=f'"{before}"')
        Pen(connection, author).record([*lost, moved])
    return len(lost)


def _expect(engine: Engine, found: str | None) -> str:
    if found is None:
        message = f"there is no registry in {name_of(engine.url)}"
        raise InputError(message)
    return found


def _lock_version(engine: Engine, connection: Connection) -> str:
    """Return the version once nobody else can change it until the transaction ends."""
    read_head(connection, lock=True)
    return _expect(engine, read_version(connection))


def _copy_before(engine: Engine, version: str) -> Path | None:
    """Copy a SQLite file beside itself; the server of PostgreSQL has its own backups.

    Raises
    ------
    StorageError
        If there is no place for it.
    """
    if engine.url.drivername != "sqlite":
        return None
    path = Path(engine.url.database or "")
    stem = f"{path.stem}.schema-{version}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    copy, n = path.with_name(f"{stem}.sqlite"), 1
    while copy.exists():
        n += 1
        copy = path.with_name(f"{stem}-{n}.sqlite")
    # a connection of its own: no copy is made within a transaction
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        try:
            raw.execute("VACUUM INTO ?", (str(copy),))
        except sqlite3.Error as error:
            message = f"the copy {copy} could not be written: {error}; nothing was changed"
            raise StorageError(message) from error
    return copy


def _list_losses(connection: Connection, version: str, before: str) -> Iterator[Event]:
    """Yield what a way back does to each row that it touches."""
    gone = VERSIONS[VERSIONS.index(version) + 1 : VERSIONS.index(before) + 1]
    for name in (t for v in gone for t in ADDED_TABLES.get(v, ())):
        table = define_table(name)
        keys = [table_of(name).c[column] for column in table.key]
        for row in connection.execute(sa.select(*keys)).mappings():
            yield Event(action="delete", object=name_object(table, row))
    columns: dict[str, list[str]] = {}
    for name, column in (pair for v in gone for pair in ADDED_COLUMNS.get(v, ())):
        columns.setdefault(name, []).append(column)
    for name, lost in columns.items():
        yield from _list_emptied(connection, name, lost)


def _list_emptied(connection: Connection, name: str, lost: list[str]) -> Iterator[Event]:
    table, target = define_table(name), table_of(name)
    held = sa.or_(*(target.c[column].is_not(None) for column in lost))
    for found in connection.execute(sa.select(target).where(held)).mappings():
        before = dict(found)
        after = before | dict.fromkeys(lost)
        yield Event(
            action="update",
            object=name_object(table, before),
            row_hash=hash_row(name, stored_columns(table), after),
            changed=describe_change(before, after),
        )


def _run(connection: Connection, version: str, *, down: bool = False) -> None:
    """Let Alembic bring the schema to a version within the open transaction."""
    from alembic import command
    from alembic.config import Config

    with as_file(files("vertaug.recovery.registry").joinpath("migrations")) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, version)
