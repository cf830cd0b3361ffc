"""Open a registry: a SQLite file, or a PostgreSQL server by its URL.

One transaction writes at a time: SQLite begins with a write lock, on PostgreSQL the head of the
audit log is locked. So two writers wait for each other and the chain has one order.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.pool import NullPool

from vertaug.case.errors import FormatError, InputError, StorageError
from vertaug.recovery.registry.schema import VERSION, VERSION_TABLE, VERSIONS

WAIT_S = 60
"""How long a writer waits for another."""
_PAUSE_S = 0.02
_OPTIONS = f"-c lock_timeout={WAIT_S}s -c timezone=UTC -c datestyle=ISO"
_WRITES = "writes"


def read_url(database: str | Path) -> URL:
    """Return the URL of a path or URL.

    Raises
    ------
    InputError
        If it is neither a file nor a URL of SQLite or PostgreSQL.
    """
    text = str(database)
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        url = make_url(text)
    except sa.exc.ArgumentError as error:
        message = "the URL of the registry cannot be read; expected postgresql://USER@HOST/NAME"
        raise InputError(message) from error
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"postgresql+psycopg", "sqlite"} or not url.database:
        message = (
            f"expected a path, sqlite:///PATH or postgresql://USER@HOST/NAME; got {name_of(url)}"
        )
        raise InputError(message)
    return url


def name_of(url: URL) -> str:
    """Return a URL in words, without its password."""
    return url.database or "" if url.drivername == "sqlite" else url.render_as_string()


def connect(database: str | Path) -> Engine:
    """Return an engine; nothing is opened or checked yet, see `open_registry`."""
    url = read_url(database)
    if url.drivername == "sqlite":
        arguments: dict[str, Any] = {"timeout": WAIT_S, "isolation_level": None}
        engine = sa.create_engine(url, connect_args=arguments, poolclass=NullPool)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # no pool: nothing is left open when a command ends, and nothing is shared after a fork
    arguments = {"options": _OPTIONS, "connect_timeout": 10}
    engine = sa.create_engine(url, connect_args=arguments, poolclass=NullPool)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_sqlite(raw: Any, _record: Any) -> None:
    cursor = raw.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {WAIT_S * 1000}")
    # a row is on the disk when its transaction ends, also if the power fails
    _write_ahead(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Set the journal of a new file; SQLite does not wait for others here, so it is done here."""
    last = time.monotonic() + WAIT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > last:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if not connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def open_registry(database: str | Path) -> Engine:
    """Open a registry whose schema is the one of this vertaug.

    Raises
    ------
    InputError
        If there is none, or it needs an upgrade.
    FormatError
        If it was made by a newer vertaug, or the file is no registry.
    """
    engine = connect(database)
    found = find_version(engine)
    if found is None:
        message = (
            f"there is no registry in {name_of(engine.url)}; "
            "make one with: vertaug registry init --database PATH-or-URL"
        )
        raise InputError(message)
    if found != VERSION:
        message = (
            f"the registry has the older schema {found}, this vertaug uses {VERSION}; "
            "bring it up to date with: vertaug registry upgrade"
        )
        raise InputError(message)
    return engine


def find_version(engine: Engine) -> str | None:
    """Return the schema version of a database, None where there is no registry in it.

    Raises
    ------
    FormatError
        If it was made by a newer vertaug, or the file is no database.
    """
    if engine.url.drivername == "sqlite" and not Path(engine.url.database or "").is_file():
        return None
    with reading(engine) as connection:
        return read_version(connection)


def read_version(connection: Connection) -> str | None:
    """Return the schema version as a transaction sees it, None where there is no registry.

    Raises
    ------
    FormatError
        If it was made by a newer vertaug.
    """
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    row = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").first()
    if row is None:
        return None
    version = str(row[0])
    if version not in VERSIONS:
        message = (
            f"the registry was made by a newer vertaug (schema {version}; this one knows up to "
            f"{VERSION}); update vertaug to open it. Nothing was changed"
        )
        raise FormatError(message)
    return version


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Read from one moment of the registry, whatever others write meanwhile."""
    with _explained(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Write alone, all or nothing."""
    with _explained(engine), engine.connect() as connection:
        connection.execution_options(**{_WRITES: True})
        with connection.begin():
            yield connection


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    """Turn errors of the database into those of vertaug."""
    name = name_of(engine.url)
    try:
        yield
    except sa.exc.IntegrityError as error:
        message = f"{name} refuses the rows: {error.orig}; nothing was written"
        raise InputError(message) from error
    except sa.exc.OperationalError as error:
        raise _explain(name, str(error.orig)) from error
    except sa.exc.DatabaseError as error:
        message = f"{name} cannot be used as a registry: {error.orig}"
        raise FormatError(message) from error


def _explain(name: str, text: str) -> Exception:
    if "locked" in text or "lock timeout" in text:
        message = f"{name} is busy: another writer has held it for {WAIT_S} s; run again later"
        return StorageError(message)
    if "disk" in text.lower() or "readonly" in text or "read-only" in text:
        message = f"{name} could not be written: {text}; what was committed before is kept"
        return StorageError(message)
    message = f"{name} cannot be opened: {text.strip().splitlines()[0]}; check path, URL and server"
    return InputError(message)
