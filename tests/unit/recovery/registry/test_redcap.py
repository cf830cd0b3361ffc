import csv
from datetime import date

import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.prom.instrument import list_instruments
from vertaug.recovery.registry.audit_check import verify_audit
from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.definition import read_definitions
from vertaug.recovery.registry.intake import IntakeRules, take_rows
from vertaug.recovery.registry.redcap import HEADING, write_data, write_dictionary
from vertaug.recovery.registry.redcap_reader import (
    own_names,
    own_variables,
    read_data,
    read_dictionary,
    read_map,
)
from vertaug.recovery.registry.release import ReleaseRules
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.schema_version import create_registry

TODAY = date(2026, 11, 30)
ALL = ReleaseRules(with_names=True, with_notes=True, exact_ages=True)


def rows_of(engine):
    found = {}
    with reading(engine) as connection:
        for name, table in read_definitions().items():
            rows = connection.execute(table_of(name).select()).mappings()
            found[name] = sorted(({n: row[n] for n in table.columns} for row in rows), key=repr)
    return found


def take(engine, rows, author):
    tables = set(read_definitions())
    return take_rows(engine, rows, author, IntakeRules(today=TODAY), tables)


def test_the_dictionary_has_the_columns_of_redcap(tmp_path):
    path = write_dictionary(tmp_path / "dictionary.csv", ReleaseRules())
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(HEADING) == 18
    assert tuple(rows[0]) == HEADING
    names = [row[HEADING[0]] for row in rows]
    assert names[0] == "pseudonym"
    assert len(set(names)) == len(names), "a variable is there once in a project"
    assert all(name == name.lower() and name.replace("_", "").isalnum() for name in names)
    assert {row["Field Type"] for row in rows} <= {"text", "dropdown", "yesno", "notes"}
    sex = next(row for row in rows if row[HEADING[0]] == "patient_sex")
    assert sex[HEADING[5]] == "female, female | male, male | other, other"
    assert not any(name.startswith("identity_") for name in names)


def test_names_are_marked_as_identifiers(tmp_path):
    path = write_dictionary(tmp_path / "dictionary.csv", ALL)
    with path.open(encoding="utf-8") as stream:
        marked = {row[HEADING[0]] for row in csv.DictReader(stream) if row["Identifier?"] == "y"}
    assert marked == {"identity_name", "identity_record_number", "identity_birth_date"}


def test_items_of_every_instrument_are_there_and_none_without_a_licence(tmp_path):
    path = write_dictionary(tmp_path / "dictionary.csv", ReleaseRules())
    with path.open(encoding="utf-8") as stream:
        labels = {row[HEADING[0]]: row["Field Label"] for row in csv.DictReader(stream)}
    for instrument in list_instruments():
        for item in instrument.items:
            label = labels[f"{instrument.id}_{item.id}"]
            assert bool(item.text) != ("need a licence" in label)


def test_the_own_dictionary_is_known_as_a_whole(tmp_path):
    path = write_dictionary(tmp_path / "dictionary.csv", ALL)
    report = read_dictionary(path, own_names())
    assert (report.unknown, report.faults) == ((), ())
    with path.open(encoding="utf-8") as stream:
        assert len(report.known) == sum(1 for _ in csv.DictReader(stream))
    assert {v.variable for v in report.known} == {v.variable for v in own_variables()}


def test_rows_come_back_through_redcap(engine, fill, put, enrol, tmp_path, author):
    fill(engine, 8)
    put(engine, "identity", pseudonym="X-000003", name="Jane Doe", record_number="4711")
    enrol(engine, "P-001", done_on="2026-01-10")
    place = {"pseudonym": "P-001", "procedure_no": 1, "kind": "2h"}
    put(engine, "visit", **place, status="done", visited_on="2026-01-10",
        note="line one\nline two")  # fmt: skip
    put(engine, "analgesic", **place, drug="fentanyl", route="transdermal", amount=12.5,
        unit="ug/h")  # fmt: skip
    path = write_data(engine, tmp_path / "data.csv", ALL)
    other = create_registry(tmp_path / "other.sqlite", author)
    report = take(other, read_data(path, own_variables()), author)
    assert report.faults == ()
    assert rows_of(other) == rows_of(engine)
    assert verify_audit(other).holds


PROJECT = f"""\
"Variable / Field Name","Form Name","Field Type","Field Label","{HEADING[5]}"
study_id,demo,text,Study number,
incl_date,demo,text,Date of inclusion,
gender,demo,radio,Gender,"1, Female | 2, Male | 9, Not told"
shoe_size,demo,text,Shoe size,
"""
MAP = "theirs,ours\nstudy_id,patient.pseudonym\nincl_date,patient.enrolled_on\ngender,patient.sex\n"


def test_another_project_is_mapped_and_what_is_unknown_is_listed(tmp_path, engine, author):
    (tmp_path / "dictionary.csv").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "map.csv").write_text(MAP, encoding="utf-8")
    report = read_dictionary(tmp_path / "dictionary.csv", read_map(tmp_path / "map.csv"))
    assert report.unknown == ("shoe_size",)
    (fault,) = report.faults
    assert fault.place.row == 4
    assert fault.found == "choice 9 (Not told)"
    data = tmp_path / "data.csv"
    data.write_text(
        "study_id,incl_date,gender,shoe_size\nA-1,2026-01-05,1,38\nA-2,2026-01-06,2,44\n"
        "A-3,2026-01-06,9,40\n",
        encoding="utf-8",
    )
    found = take(engine, read_data(data, report.known), author)
    (fault,) = found.faults
    assert (fault.place.row, fault.column, fault.found) == (4, "patient.sex", "'9'")
    assert found.rows == {"patient": 2}
    assert not found.written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ours,theirs\n", "columns theirs,ours"),
        ("theirs,ours\nx,patient.shoe\n", "row 2: expected table.column"),
        ("theirs,ours\nx\n", "row 2: expected table.column"),
    ],
)
def test_maps_that_point_nowhere_are_refused(tmp_path, text, expected):
    (tmp_path / "map.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=expected):
        read_map(tmp_path / "map.csv")


def test_what_is_no_dictionary_is_refused(tmp_path):
    (tmp_path / "d.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="no REDCap data dictionary"):
        read_dictionary(tmp_path / "d.csv", own_names())
    with pytest.raises(InputError, match="no column pseudonym or record_id"):
        list(read_data(tmp_path / "d.csv", own_variables()))


def test_answers_taken_in_redcap_are_scored(engine, enrol, put, tmp_path, author):
    enrol(engine)
    put(engine, "visit", pseudonym="P-001", procedure_no=1, kind="7d", status="done",
        visited_on="2026-01-17")  # fmt: skip
    items = {f"rmdq24_q{n}": str(n % 2) for n in range(1, 24)} | {"rmdq24_q24": "na"}
    heading = ["pseudonym", "redcap_repeat_instrument", "redcap_repeat_instance",
               "rmdq24_procedure_no", "rmdq24_kind", *items]  # fmt: skip
    good = ["P-001", "answers_rmdq24", "1", "1", "7d", *items.values()]
    bad = ["P-001", "answers_rmdq24", "2", "1", "1mo", "7", *list(items.values())[1:]]
    path = tmp_path / "data.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([heading, good, bad])
    report = take(engine, read_data(path, own_variables()), author)
    (fault,) = report.faults
    assert fault.place.row == 3
    assert "item q1" in fault.expected
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([heading, good])
    assert take(engine, read_data(path, own_variables()), author).written
    (score,) = rows_of(engine)["score"]
    assert (score["value"], score["answered"], score["asked"]) == (12.0, 24, 24)
    assert len(rows_of(engine)["questionnaire"]) == 1
