import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from threading import Barrier, Timer

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from vertaug.case.errors import FormatError, InputError, StorageError
from vertaug.recovery.registry.audit_check import verify_audit
from vertaug.recovery.registry.connection import find_version, open_registry, reading, writing
from vertaug.recovery.registry.definition import read_definitions
from vertaug.recovery.registry.schema import METADATA, VERSION, VERSIONS, table_of
from vertaug.recovery.registry.schema_version import (
    ADDED_COLUMNS,
    ADDED_TABLES,
    create_registry,
    downgrade_registry,
    upgrade_registry,
)


def all_rows(engine):
    found = {}
    with reading(engine) as connection:
        for name in read_definitions():
            rows = connection.execute(table_of(name).select()).mappings()
            found[name] = sorted((dict(row) for row in rows), key=repr)
    return found


def test_the_versions_are_those_of_the_scripts():
    config = Config()
    folder = files("vertaug.recovery.registry").joinpath("migrations")
    config.set_main_option("script_location", str(folder))
    script = ScriptDirectory.from_config(config)
    assert tuple(r.revision for r in script.walk_revisions())[::-1] == VERSIONS
    assert len(VERSIONS) >= 2


def test_migrations_make_exactly_the_tables(engine):
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_every_version_is_left_and_reached_again(database, author, engine, fill, version):
    fill(engine)
    before = all_rows(engine)
    lost = downgrade_registry(database, version, author)
    assert lost == len(before["treatment"]) > 0
    with pytest.raises(InputError, match="older schema"):
        open_registry(database)
    found, _ = upgrade_registry(database, author)
    assert found == version
    again = open_registry(database)
    after = all_rows(again)
    gone = {t for v in VERSIONS[VERSIONS.index(version) + 1 :] for t in ADDED_TABLES[v]}
    assert {n: r for n, r in after.items() if n not in gone} == {
        n: r for n, r in before.items() if n not in gone
    }
    assert all(after[name] == [] for name in gone)
    report = verify_audit(again)
    assert report.holds, report
    with reading(again) as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_what_a_way_back_loses_is_in_the_log(database, author, engine, put, enrol):
    enrol(engine, lost_on="2026-05-01")
    put(
        engine, "imaging", pseudonym="P-001", imaged_on="2026-02-01", modality="ct", level="L1",
        failure_load_n=3210.5,
    )  # fmt: skip
    assert downgrade_registry(database, "0001", author) == 2
    upgrade_registry(database, author)
    again = open_registry(database)
    with reading(again) as connection:
        wanted = "SELECT object, changed FROM audit WHERE action = 'update' ORDER BY object"
        told = [tuple(row) for row in connection.exec_driver_sql(wanted)]
        rows = connection.execute(table_of("imaging").select()).mappings().all()
    assert told == [
        ('imaging["P-001","2026-02-01","ct","L1"]', '{"failure_load_n":[3210.5,null]}'),
        ('patient["P-001"]', '{"lost_on":["2026-05-01",null]}'),
    ]
    assert [row["failure_load_n"] for row in rows] == [None]
    assert verify_audit(again).holds


def test_what_versions_added_is_what_the_tables_have():
    names = {name for tables in ADDED_TABLES.values() for name in tables}
    assert names <= set(read_definitions())
    for table, column in (pair for pairs in ADDED_COLUMNS.values() for pair in pairs):
        assert column in read_definitions()[table].columns
        assert table_of(table).c[column].nullable, "a hash would change with a required column"


def test_a_newer_registry_is_refused_and_left_alone(database, author, engine):
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0099'")
    for call in (
        lambda: open_registry(database),
        lambda: upgrade_registry(database, author),
        lambda: create_registry(database, author),
        lambda: downgrade_registry(database, "0001", author),
    ):
        with pytest.raises(FormatError, match=r"made by a newer vertaug \(schema 0099; .*0002"):
            call()


def test_a_second_registry_in_the_same_place_is_refused(database, author, engine, fill, count):
    fill(engine, 3)
    with pytest.raises(InputError, match="already"):
        create_registry(database, author)
    assert count(engine, "patient") == 3


def test_an_upgrade_that_has_nothing_to_do_does_nothing(database, author, engine):
    assert upgrade_registry(database, author) == (VERSION, None)
    assert verify_audit(engine).head.entries == 1


@pytest.mark.parametrize("version", ["0002", "0007", ""])
def test_the_way_back_needs_an_older_version(database, author, engine, version):
    with pytest.raises(InputError, match="older schema than 0002: 0001"):
        downgrade_registry(database, version, author)


def test_there_is_no_registry(tmp_path, author):
    nowhere = tmp_path / "none.sqlite"
    with pytest.raises(InputError, match="registry init"):
        open_registry(nowhere)
    with pytest.raises(InputError, match="no registry"):
        upgrade_registry(nowhere, author)
    assert not nowhere.exists()


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "letter.sqlite"
    path.write_text("Dear colleague, " * 200)
    with pytest.raises(FormatError, match="cannot be used as a registry"):
        open_registry(path)
    assert path.read_text().startswith("Dear colleague")


def test_a_sqlite_file_is_copied_before_an_upgrade(tmp_path, author):
    path = tmp_path / "registry.sqlite"
    create_registry(path, author)
    downgrade_registry(path, "0001", author)
    _, copy = upgrade_registry(path, author)
    assert re.fullmatch(r"registry\.schema-0001-\d{8}T\d{6}\.sqlite", copy.name)
    from vertaug.recovery.registry.connection import connect

    old = connect(copy)
    assert find_version(old) == "0001"


def race(call, runners=4):
    """What comes of calls that begin together: a value, or the error."""
    barrier = Barrier(runners)

    def run(_):
        barrier.wait()
        try:
            return call()
        except (InputError, StorageError, FormatError) as error:
            return error

    with ThreadPoolExecutor(runners) as pool:
        return list(pool.map(run, range(runners)))


def test_of_several_upgrades_at_once_one_does_it(database, author, engine, fill):
    fill(engine, 3)
    downgrade_registry(database, "0001", author)
    found = race(lambda: upgrade_registry(database, author))
    assert sorted(before for before, _ in found) == ["0001", "0002", "0002", "0002"]
    copies = [copy for _, copy in found if copy is not None]
    assert len(copies) == (engine.dialect.name == "sqlite")
    assert verify_audit(open_registry(database)).holds


def test_of_several_that_make_a_registry_one_does_it(database, author):
    found = race(lambda: create_registry(database, author))
    errors = [one for one in found if isinstance(one, Exception)]
    assert len(errors) == 3
    assert all("there is a registry in" in str(error) for error in errors), errors
    assert verify_audit(open_registry(database)).head.entries == 1


def test_the_first_to_open_a_file_waits_for_another(tmp_path, author):
    path = tmp_path / "registry.sqlite"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE note (words TEXT)")
    other.execute("DROP TABLE note")
    other.execute("BEGIN IMMEDIATE")  # SQLite does not wait for this one when it sets the journal
    timer = Timer(0.5, other.rollback)
    timer.start()
    create_registry(path, author)
    timer.join()
    other.close()
    assert verify_audit(open_registry(path)).holds


def test_copies_of_one_second_have_names_of_their_own(tmp_path, author):
    path = tmp_path / "registry.sqlite"
    create_registry(path, author)
    copies = set()
    for _ in range(4):
        downgrade_registry(path, "0001", author)
        copies.add(upgrade_registry(path, author)[1])
    assert len(copies) == 4
    assert all(copy.exists() for copy in copies)


def test_a_copy_that_cannot_be_written_stops_the_upgrade(tmp_path, author, monkeypatch):
    path = tmp_path / "registry.sqlite"
    create_registry(path, author)
    downgrade_registry(path, "0001", author)
    monkeypatch.setattr(Path, "with_name", lambda _, name: tmp_path / "nowhere" / name)
    with pytest.raises(StorageError, match="could not be written"):
        upgrade_registry(path, author)
    from vertaug.recovery.registry.connection import connect

    assert find_version(connect(path)) == "0001"


def test_an_upgrade_that_fails_leaves_the_old_schema(database, author, engine, monkeypatch):
    downgrade_registry(database, "0001", author)
    from vertaug.recovery.registry import schema_version

    def fail(*_):
        raise RuntimeError("power")

    monkeypatch.setattr(schema_version, "Pen", fail)
    with pytest.raises(RuntimeError, match="power"):
        upgrade_registry(database, author)
    from vertaug.recovery.registry.connection import connect

    left = connect(database)
    assert find_version(left) == "0001"


def test_the_file_of_another_program_is_left_as_it_is(tmp_path, author):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE song (title TEXT)")
        other.commit()
    with pytest.raises(InputError, match=r"tables of another program \(song\)"):
        create_registry(path, author)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("song",)]
