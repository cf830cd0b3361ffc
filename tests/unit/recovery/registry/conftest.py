"""Registries on SQLite and on a real PostgreSQL server, which is started here."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from vertaug.recovery.registry.audit_entry import Author
from vertaug.recovery.registry.definition import read_definitions
from vertaug.recovery.registry.entry import Entry
from vertaug.recovery.registry.example_cohort import make_cohort
from vertaug.recovery.registry.intake import IntakeRules, take_rows, write_entries
from vertaug.recovery.registry.schema_version import create_registry

TODAY = date(2026, 11, 30)
PROGRAMS = ("initdb", "pg_ctl", "postgres")


def find_programs():
    """The folder of PostgreSQL's programs: on the path, or where Debian puts them."""
    folders = [Path(found).resolve().parent for name in PROGRAMS if (found := shutil.which(name))]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if all((folder / name).exists() for name in PROGRAMS):
            return folder
    return None


@contextlib.contextmanager
def run_server(programs):
    """A cluster in a folder of its own that listens on a socket there and nowhere else."""
    # root may not run a server; the socket's path must be short
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    root = Path(tempfile.mkdtemp(prefix="vertaug-pg-"))
    data = root / "data"
    log = root / "log"

    def call(*words):
        done = subprocess.run(
            [*prefix, *map(str, words)], capture_output=True, text=True, check=False, cwd=root,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
        if done.returncode:
            told = log.read_text() if log.exists() else ""
            pytest.fail(f"PostgreSQL does not start: {done.stdout}{done.stderr}{told}")

    try:
        if prefix:
            shutil.chown(root, "postgres", "postgres")
        call(programs / "initdb", "-D", data, "-U", "clinic", "-A", "trust", "-E", "UTF8", "-N")
        options = f"-c listen_addresses='' -c unix_socket_directories='{root}' -c fsync=off"
        call(programs / "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://clinic@/{{}}?host={root}"
        finally:
            call(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql():
    """URL of a database on a server of its own."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql, or make programs")
    if os.geteuid() == 0 and not (
        shutil.which("runuser")
        and subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode == 0
    ):
        pytest.skip("as root a server is run as the user postgres, who is not there")
    with run_server(programs) as url:
        yield url.format("postgres")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """Where a registry can be made: a path, or the URL of an empty database."""
    if request.param == "sqlite":
        yield str(tmp_path / "registry.sqlite")
        return
    server = request.getfixturevalue("postgresql")
    # one database is emptied each time: to make and drop one takes half a second
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    yield server


@pytest.fixture
def author():
    return Author(name="anna", role="coordinator")


@pytest.fixture
def engine(database, author):
    """An empty registry."""
    return create_registry(database, author)


@pytest.fixture
def fill(author):
    """Write made-up patients into a registry."""

    def write(engine, patients=12, seed=1):
        report = take_rows(
            engine,
            make_cohort(patients, seed, TODAY),
            author,
            IntakeRules(today=TODAY),
            tables=set(read_definitions()),
        )
        assert report.written
        assert report.fault_count == 0
        return report

    return write


@pytest.fixture
def put(author):
    """Write single rows: ``put(engine, "patient", pseudonym=..., ...)``."""

    def write(engine, table, **values):
        rules = IntakeRules(today=TODAY)
        write_entries(engine, [Entry(table=table, values=values)], author, rules)

    return write


@pytest.fixture
def enrol(put):
    """Write a patient with a procedure of a level."""

    def write(engine, pseudonym="P-001", done_on="2026-01-10", level="L1", **more):
        put(engine, "patient", pseudonym=pseudonym, enrolled_on="2026-01-01", **more)
        place = {"pseudonym": pseudonym, "procedure_no": 1}
        put(
            engine, "procedure", **place, done_on=done_on, procedure="kyphoplasty",
            cause="osteoporotic",
        )  # fmt: skip
        put(engine, "procedure_level", **place, level=level)

    return write


@pytest.fixture
def count():
    """Rows of a table."""

    def call(engine, table):
        with engine.connect() as connection:
            return connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one()

    return call
