import hashlib
import json
import re

import pytest
import sqlalchemy as sa

from vertaug.case.errors import FormatError, InputError
from vertaug.recovery.registry.audit_check import parse_head, verify_audit
from vertaug.recovery.registry.audit_entry import (
    FIRST,
    Author,
    Event,
    Head,
    chain_entries,
    hash_entry,
    hash_row,
)
from vertaug.recovery.registry.connection import reading, writing
from vertaug.recovery.registry.entry import Entry
from vertaug.recovery.registry.intake import correct_entry
from vertaug.recovery.registry.pen import read_head
from vertaug.recovery.registry.removal import forget_patient
from vertaug.recovery.registry.schema import AUDIT, table_of
from vertaug.recovery.registry.schema_version import create_registry


@pytest.fixture
def tamper(engine):
    """Change the database as somebody would who has its password: past the triggers."""

    def call(*statements):
        with writing(engine) as connection:
            made = ["ALTER TABLE audit ENABLE TRIGGER ALL"]
            if connection.dialect.name == "sqlite":
                wanted = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
                triggers = connection.exec_driver_sql(wanted).all()
                made = [sql for _, sql in triggers]
                for name, _ in triggers:
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
            else:
                connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER ALL")
            for statement in [*statements, *made]:
                connection.exec_driver_sql(statement)

    return call


def entries(engine):
    with reading(engine) as connection:
        rows = connection.execute(sa.select(AUDIT).order_by(AUDIT.c.seq)).mappings()
        return [dict(row) for row in rows]


def test_a_registry_as_written_holds(engine, fill):
    report = fill(engine)
    found = verify_audit(engine)
    assert found.holds
    assert found.rows == sum(report.rows.values()) > 100
    assert found.head.entries == found.rows + 1, "one entry for each row, and the creation"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'eve' WHERE seq = 3", "DELETE FROM audit WHERE seq = 3"],
)
def test_the_log_refuses_changes(engine, fill, statement):
    fill(engine, 3)
    before = entries(engine)
    with pytest.raises((FormatError, InputError), match="append-only"), writing(engine) as c:
        c.exec_driver_sql(statement)
    assert entries(engine) == before


def test_postgresql_refuses_to_empty_the_log(engine, fill):
    fill(engine, 3)
    if engine.dialect.name == "postgresql":
        with pytest.raises(FormatError, match="append-only"), writing(engine) as connection:
            connection.exec_driver_sql("TRUNCATE audit")
    assert verify_audit(engine).holds


@pytest.mark.parametrize(
    ("statement", "at", "words"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE seq = 7", 7, "entry 7 .* was changed"),
        ("UPDATE audit SET row_hash = NULL WHERE seq = 7", 7, "entry 7 .* was changed"),
        ("DELETE FROM audit WHERE seq = 7", 7, "entry 7 is missing"),
        ("DELETE FROM audit WHERE seq BETWEEN 7 AND 9", 7, "7 to 9 are missing"),
        ("DELETE FROM audit WHERE seq > 20", 21, "end of the log is cut off"),
        ("UPDATE audit_head SET entries = 5", 6, "added, or the head changed"),
        ("DELETE FROM audit_head", None, "head of the log is missing"),
    ],
)
def test_a_changed_log_is_found_and_located(engine, fill, tamper, statement, at, words):
    fill(engine, 3)
    last = len(entries(engine))
    tamper(statement)
    found = verify_audit(engine)
    assert not found.holds
    assert found.broken_at == (at or last + 1)
    assert re.search(words, found.fault), found.fault
    assert found.head.entries >= found.broken_at - 1


def test_an_entry_put_at_the_end_is_found(engine, fill, tamper):
    fill(engine, 3)
    last = entries(engine)[-1]
    forged = chain_entries(
        [Event(action="insert", object='patient["P-9"]', row_hash="0" * 64)],
        Author(name="eve"),
        Head(entries=last["seq"], hash=last["hash"]),
    )
    names = ", ".join(f'"{name}"' for name in forged[0])
    values = ", ".join("NULL" if v is None else f"'{v}'" for v in forged[0].values())
    tamper(f"INSERT INTO audit ({names}) VALUES ({values})")
    found = verify_audit(engine)
    assert found.broken_at == last["seq"] + 1
    assert "from outside" in found.fault


def test_an_entry_that_was_hashed_anew_breaks_the_next(engine, fill, tamper):
    fill(engine, 3)
    changed = entries(engine)[6] | {"actor": "eve"}
    tamper(f"UPDATE audit SET actor = 'eve', hash = '{hash_entry(changed)}' WHERE seq = 7")
    found = verify_audit(engine)
    assert found.broken_at == 8
    assert "does not follow" in found.fault


def test_a_log_that_was_rewritten_as_a_whole_needs_a_noted_head(engine, fill, tamper):
    fill(engine, 3)
    noted = verify_audit(engine).head
    statements, previous = [], FIRST
    for entry in entries(engine):
        entry |= {"actor": "eve", "previous": previous}
        previous = hash_entry(entry)
        statements.append(
            f"UPDATE audit SET actor = 'eve', previous = '{entry['previous']}', "
            f"hash = '{previous}' WHERE seq = {entry['seq']}"
        )
    tamper(*statements, f"UPDATE audit_head SET hash = '{previous}'")
    assert verify_audit(engine).holds, "nothing inside the registry can show it"
    found = verify_audit(engine, noted)
    assert "rewritten" in found.fault
    assert found.broken_at == noted.entries


def test_a_noted_head_is_an_earlier_end(engine, fill, put, tamper):
    fill(engine, 3)
    noted = verify_audit(engine).head
    put(engine, "patient", pseudonym="P-9", enrolled_on="2026-01-01")
    assert verify_audit(engine, noted).holds
    assert parse_head(f"{noted.entries}:{noted.hash}") == noted
    for bad in ("", "12", "x:" + "0" * 64, "3:abc"):
        with pytest.raises(InputError, match="ENTRIES:HASH"):
            parse_head(bad)


def test_a_cut_log_with_its_head_set_back_needs_a_noted_head(engine, fill, tamper):
    fill(engine, 3)
    noted = verify_audit(engine).head
    last = entries(engine)[-2]
    gone = entries(engine)[-1]["object"]
    table, _, key = gone.partition("[")
    column = json.loads("[" + key)
    tamper(
        f"DELETE FROM audit WHERE seq = {noted.entries}",
        f"UPDATE audit_head SET entries = {last['seq']}, hash = '{last['hash']}'",
        f"DELETE FROM \"{table}\" WHERE pseudonym = '{column[0]}'",
    )
    assert "was cut" in verify_audit(engine, noted).fault


@pytest.mark.parametrize(
    ("statement", "object_name", "words"),
    [
        (
            "UPDATE procedure_level SET cement_ml = 9 WHERE pseudonym = 'X-000001'",
            'procedure_level["X-000001"',
            "changed outside",
        ),
        (
            "UPDATE patient SET site = NULL WHERE pseudonym = 'X-000002'",
            'patient["X-000002"]',
            "changed outside",
        ),
        (
            "DELETE FROM visit WHERE pseudonym = 'X-000009'",
            'visit["X-000009"',
            "removed outside",
        ),
        (
            "INSERT INTO patient (pseudonym, enrolled_on) VALUES ('P-77', '2026-01-01')",
            'patient["P-77"]',
            "added outside",
        ),
    ],
)
def test_a_row_changed_behind_the_log_is_found(engine, fill, tamper, statement, object_name, words):
    fill(engine)
    children = [
        f"DELETE FROM {table} WHERE pseudonym = 'X-000009'"
        for table in ("score", "questionnaire", "analgesic")
        if "DELETE FROM visit" in statement
    ]
    tamper(*children, statement)
    found = verify_audit(engine)
    assert not found.holds
    assert not found.fault, "the log itself holds"
    mine = [f for f in found.row_faults if f.object.startswith(object_name)]
    assert mine
    assert all(words in fault.fault for fault in mine)
    assert found.row_fault_count == len(found.row_faults) or len(found.row_faults) == 20


ODD = {
    "sqlite": [
        ("UPDATE patient SET enrolled_on = '2026-13-45'", "not what was last logged"),
        ("UPDATE patient SET enrolled_on = 'soon'", "not what was last logged"),
        ("UPDATE patient SET age_y = 'old'", "not what was last logged"),
        ("UPDATE patient SET site = x'ff00'", "value of another kind"),
        ("UPDATE patient SET site = CAST(x'ff41' AS TEXT)", "value of another kind"),
        ("UPDATE patient SET t_score = x'00'", "value of another kind"),
    ],
    "postgresql": [
        ("UPDATE patient SET enrolled_on = 'infinity'", "not what was last logged"),
        ("UPDATE patient SET enrolled_on = '0044-03-15 BC'", "not what was last logged"),
    ],
}


def test_a_cell_that_no_column_can_hold_hides_no_other_finding(engine, fill, tamper):
    fill(engine, 3)
    for statement, words in ODD[engine.dialect.name]:
        tamper(
            "UPDATE patient SET sex = 'other', age_y = 1 WHERE pseudonym = 'X-000002'",
            f"{statement} WHERE pseudonym = 'X-000001'",
        )
        found = verify_audit(engine)
        assert not found.fault
        told = {fault.object: fault.fault for fault in found.row_faults}
        assert sorted(told) == ['patient["X-000001"]', 'patient["X-000002"]']
        assert words in told['patient["X-000001"]']


@pytest.mark.parametrize("key", ["x'ff00'", "CAST(x'ff41' AS TEXT)"])
def test_a_key_that_is_no_text_is_found(tmp_path, author, key):
    engine = create_registry(tmp_path / "registry.sqlite", author)
    with writing(engine) as connection:
        connection.exec_driver_sql(
            f"INSERT INTO patient (pseudonym, enrolled_on) VALUES ({key}, 1)"
        )
    (fault,) = verify_audit(engine).row_faults
    assert fault.object.startswith("patient[")
    assert fault.object.isprintable()
    assert "another kind" in fault.fault


def test_a_flag_that_is_neither_yes_nor_no_is_found(tmp_path, author, enrol):
    engine = create_registry(tmp_path / "registry.sqlite", author)
    enrol(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE procedure SET inpatient = 2")
    assert [f.object for f in verify_audit(engine).row_faults] == ['procedure["P-001",1]']


@pytest.mark.parametrize(
    ("statement", "at", "words"),
    [
        ("UPDATE audit SET actor = x'ff' WHERE seq = 3", 3, "entry 3 .* was changed"),
        ("UPDATE audit SET actor = CAST(x'ff' AS TEXT) WHERE seq = 3", 3, "was changed"),
        ("UPDATE audit SET hash = x'ff' WHERE seq = 3", 3, "entry 3 .* was changed"),
        ("UPDATE audit SET seq = 'x' WHERE seq = 2", 2, "2 is missing"),
        ("UPDATE audit SET seq = 'x' WHERE seq = 4", 4, "number is none"),
        ("UPDATE audit_head SET entries = 'x'", 5, "head of the log was changed"),
    ],
)
def test_a_log_with_cells_of_another_kind_is_located(tmp_path, author, enrol, statement, at, words):
    engine = create_registry(tmp_path / "registry.sqlite", author)
    enrol(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql(statement)
    found = verify_audit(engine)
    assert found.broken_at == at
    assert re.search(words, found.fault), found.fault
    assert found.fault.isprintable()


def test_corrections_are_logged_with_both_values(engine, enrol, author):
    enrol(engine, age_y=70)
    entry = Entry(table="patient", values={"pseudonym": "P-001", "age_y": "71"})
    correct_entry(engine, entry, Author(name="ben", role="physician"))
    last = entries(engine)[-1]
    assert (last["actor"], last["role"], last["action"]) == ("ben", "physician", "update")
    assert json.loads(last["changed"]) == {"age_y": [70, 71]}
    assert verify_audit(engine).holds


def test_the_log_holds_no_name_and_no_free_text(engine, enrol, put, author):
    enrol(engine)
    put(engine, "identity", pseudonym="P-001", name="Jane Doe", record_number="MR-47")
    put(
        engine, "visit", pseudonym="P-001", procedure_no=1, kind="7d", status="done",
        visited_on="2026-01-17", note="Mrs Doe walks her dog",
    )  # fmt: skip
    change = {"pseudonym": "P-001", "name": "Jane Roe", "record_number": "MR-48"}
    correct_entry(engine, Entry(table="identity", values=change), author)
    place = {"pseudonym": "P-001", "procedure_no": 1, "kind": "7d", "note": "Mrs Roe"}
    correct_entry(engine, Entry(table="visit", values=place), author)
    forget_patient(engine, "P-001", author)
    text = json.dumps(entries(engine))
    assert "update" in text
    for word in ("Doe", "Roe", "MR-47", "MR-48"):  # a hash could hold a number
        assert word not in text
    assert verify_audit(engine).holds


def test_what_is_forgotten_leaves_a_stub(engine, fill, author, count):
    fill(engine)
    with pytest.raises(InputError, match="no name of X-000001"):
        forget_patient(engine, "X-000001", author)
    removed = forget_patient(engine, "X-000001", author, everything=True)
    assert removed["patient"] == removed["procedure"] == 1
    assert removed["visit"] > 0
    assert count(engine, "patient") == 11
    assert verify_audit(engine).holds
    stubs = [e for e in entries(engine) if e["action"] == "delete"]
    assert len(stubs) == sum(removed.values())
    assert all(e["row_hash"] is None for e in stubs)
    with pytest.raises(InputError, match="nothing of X-000001"):
        forget_patient(engine, "X-000001", author, everything=True)


def test_nothing_is_written_without_the_head(engine, fill, put, tamper, count):
    fill(engine, 3)
    tamper("DELETE FROM audit_head")
    with pytest.raises(FormatError, match="head of the audit log is missing"):
        put(engine, "patient", pseudonym="P-9", enrolled_on="2026-01-01")
    assert count(engine, "patient") == 3


def test_the_head_is_the_last_entry(engine, fill):
    fill(engine, 2)
    with reading(engine) as connection:
        head = read_head(connection)
    last = entries(engine)[-1]
    assert (head.entries, head.hash) == (last["seq"], last["hash"])
    assert head.entries == len(entries(engine))


def test_hashes_are_of_canonical_json():
    row = {"b": 1.0, "a": "ü", "c": None, "d": True}
    body = json.dumps(["t", {"a": "ü", "b": 1.0, "d": True}], separators=(",", ":"),
                      ensure_ascii=False)  # fmt: skip
    assert hash_row("t", ("a", "b", "c", "d"), row) == hashlib.sha256(body.encode()).hexdigest()
    assert hash_row("t", ("a", "b", "c", "d", "e"), row | {"e": None}) == hash_row(
        "t", ("a", "b", "c", "d"), row
    )


def test_every_table_is_in_the_log(engine):
    assert table_of("audit") is AUDIT
    with reading(engine) as connection:
        assert read_head(connection).entries == 1


def change(engine, statement):
    with writing(engine) as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("statement", "object_name", "words"),
    [
        ("INSERT INTO audit_head VALUES (2, 1, 'x')", "audit_head", "has 2 rows"),
        ("INSERT INTO audit_head VALUES (0, 9, 'x')", "audit_head", "has 2 rows"),
        ("UPDATE registry_origin SET value = 'x' WHERE name = 'registry_id'", "registry_origin",
         "was changed outside"),
        ("DELETE FROM registry_origin WHERE name = 'made_by'", "registry_origin",
         "was changed outside"),
        ("INSERT INTO registry_origin VALUES ('site', 'B')", "registry_origin",
         "was changed outside"),
    ],
)  # fmt: skip
def test_what_guards_the_log_is_held_against_it(engine, fill, statement, object_name, words):
    fill(engine, 2)
    change(engine, statement)
    found = verify_audit(engine)
    assert not found.holds
    (fault,) = [f for f in found.row_faults if f.object == object_name]
    assert words in fault.fault


TRIGGERS = {
    "sqlite": {
        "audit_no_update": ["DROP TRIGGER audit_no_update"],
        "audit_no_delete": [
            "DROP TRIGGER audit_no_delete",
            "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT 1; END",
        ],
    },
    "postgresql": {
        "audit_no_change": ["ALTER TABLE audit DISABLE TRIGGER audit_no_change"],
        "audit_no_truncate": ["DROP TRIGGER audit_no_truncate ON audit"],
        "audit_no_change and audit_no_truncate": [
            (
                "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger "
                "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
            )
        ],
    },
}


@pytest.mark.parametrize("number", range(3))
def test_triggers_that_no_longer_refuse_are_named(engine, number):
    cases = list(TRIGGERS[engine.dialect.name].items())
    name, statements = cases[number % len(cases)]
    for statement in statements:
        change(engine, statement)
    (fault,) = verify_audit(engine).row_faults
    assert fault.object == "audit"
    assert f"trigger {name} is gone or was changed" in fault.fault


def test_a_registry_older_than_the_hash_of_its_origin_holds(engine, tamper):
    (first,) = entries(engine)
    assert first["row_hash"]
    old = first | {"row_hash": None}
    digest = hash_entry(old)
    tamper(
        f"UPDATE audit SET row_hash = NULL, hash = '{digest}'",
        f"UPDATE audit_head SET hash = '{digest}'",
    )
    assert verify_audit(engine).holds


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_who_writes_has_a_name(name):
    with pytest.raises(InputError, match="who writes"):
        Author(name=name)
