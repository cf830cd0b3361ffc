import csv
from datetime import date

import pyarrow.parquet as pq
import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.registry.audit_check import verify_audit
from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.csv_table import find_tables, read_tables
from vertaug.recovery.registry.definition import read_definitions
from vertaug.recovery.registry.export import export_csv, export_parquet
from vertaug.recovery.registry.fhir_bundle import export_fhir
from vertaug.recovery.registry.intake import IntakeRules, take_rows
from vertaug.recovery.registry.redcap import write_data, write_dictionary
from vertaug.recovery.registry.release import ReleaseRules, preview_release, shift_days
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.schema_version import create_registry

TODAY = date(2026, 11, 30)
ALL = ReleaseRules(with_names=True, with_notes=True, exact_ages=True)
NAMED = ("Jane Doe", "MRN-4711", "1931-05-06")
NOTE = "Mrs Doe came with her daughter"


@pytest.fixture
def named(engine, fill, put):
    """A registry with a named patient of 94 years and a note."""
    fill(engine, 8)
    put(engine, "patient", pseudonym="P-001", enrolled_on="2026-01-01", age_y=94)
    put(engine, "identity", pseudonym="P-001", name=NAMED[0], record_number=NAMED[1],
        birth_date=NAMED[2])  # fmt: skip
    put(engine, "procedure", pseudonym="P-001", procedure_no=1, done_on="2026-01-10",
        procedure="kyphoplasty", note=NOTE)  # fmt: skip
    place = {"pseudonym": "P-001", "procedure_no": 1}
    put(engine, "procedure_level", **place, level="L1", cement_ml=3.6)
    put(engine, "prediction", **place, level="L1", simulated="kyphoplasty", quantity="leak_ml",
        value=0.1, usable=False, definition="of the model, no prediction")  # fmt: skip
    visit = place | {"kind": "baseline"}
    put(engine, "visit", **visit, status="done", visited_on="2026-01-09", mme_per_day=30)
    put(engine, "questionnaire", **visit, instrument="rmdq24", answers='{"q1": 1, "q2": "na"}')
    put(
        engine,
        "score",
        **visit,
        instrument="rmdq24",
        score="total",
        scale="0-24",
        flags="22 blanks",
    )
    put(
        engine, "analgesic", **visit, drug="fentanyl", route="transdermal", amount=12.5, unit="ug/h"
    )
    put(engine, "event", pseudonym="P-001", event_no=1, procedure_no=1, type="wrong_level",
        onset_on="2026-01-10", near_miss=True, action=NOTE)  # fmt: skip
    put(engine, "new_fracture", pseudonym="P-001", level="T13", found_on="2026-03-01")
    return engine


def rows_of(engine):
    found = {}
    with reading(engine) as connection:
        for name, table in read_definitions().items():
            rows = connection.execute(table_of(name).select()).mappings()
            kept = [{n: row[n] for n in table.columns} for row in rows]
            found[name] = sorted(kept, key=repr)
    return found


def export_all(engine, folder, rules):
    """Every kind of export into folders of its own."""
    export_csv(engine, folder / "csv", rules)
    export_parquet(engine, folder / "parquet", rules)
    export_fhir(engine, folder / "fhir", rules)
    write_dictionary(folder / "redcap" / "dictionary.csv", rules)
    write_data(engine, folder / "redcap" / "data.csv", rules)
    return [path for path in folder.rglob("*") if path.is_file()]


def test_names_never_leave_unless_asked(named, tmp_path):
    files = export_all(named, tmp_path / "out", ReleaseRules())
    assert len(files) > 20
    for path in files:
        content = path.read_bytes()
        for word in (*NAMED, NOTE):
            assert word.encode() not in content, f"{word} is in {path.name}"
    assert not (tmp_path / "out" / "csv" / "identity.csv").exists()


def test_names_leave_when_asked(named, tmp_path):
    rules = ReleaseRules(with_names=True, with_notes=True)
    files = export_all(named, tmp_path / "out", rules)
    for kind in ("csv", "fhir", "redcap"):
        text = "".join(p.read_text("utf-8") for p in files if p.parent.name == kind)
        assert NAMED[0] in text
    assert NOTE in (tmp_path / "out" / "csv" / "procedure.csv").read_text("utf-8")


def test_an_export_comes_back_as_the_same_rows(named, tmp_path, author):
    export_csv(named, tmp_path / "out", ALL)
    other = create_registry(tmp_path / "other.sqlite", author)
    files = find_tables([tmp_path / "out"])
    report = take_rows(other, read_tables(files), author, IntakeRules(today=TODAY), set(files))
    assert report.faults == ()
    assert report.written
    assert rows_of(other) == rows_of(named)
    assert verify_audit(other).holds


@pytest.mark.parametrize(
    "words",
    ["=1+1", "+1", "-1", "@SUM(A1)", "'=1+1", "''=1", "'", "'x", "x=1", "\uff1d1", "- better"],
)
def test_words_that_a_spreadsheet_would_compute_leave_as_words(
    engine, put, tmp_path, author, words
):
    put(engine, "patient", pseudonym="P-001", enrolled_on="2026-01-01", site=words, t_score=-2.5)
    put(
        engine, "procedure", pseudonym="P-001", procedure_no=1, done_on="2026-01-10",
        procedure="kyphoplasty", note=f"{words} x\n=2",
    )  # fmt: skip
    export_csv(engine, tmp_path / "out", ALL)
    cells = []
    for name in ("patient", "procedure"):
        with (tmp_path / "out" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            (row,) = csv.DictReader(stream)
        cells += [row[column] for column in ("site", "note") if column in row]
        assert row.get("t_score", "-2.5") == "-2.5", "numbers stay numbers"
    computed = words.lstrip("'")[:1] in {*"=+-@\uff1d"}
    assert [cell[1:] if computed else cell for cell in cells] == [words, f"{words} x\n=2"]
    assert all(cell[0] == "'" for cell in cells if computed)
    other = create_registry(tmp_path / "other.sqlite", author)
    back = read_tables(find_tables([tmp_path / "out"]))
    take_rows(other, back, author, IntakeRules(today=TODAY), set(read_definitions()))
    assert rows_of(other) == rows_of(engine)


def test_the_oldest_are_put_together(named, tmp_path):
    export_csv(named, tmp_path / "out", ReleaseRules())
    with (tmp_path / "out" / "patient.csv").open(encoding="utf-8") as stream:
        ages = {row["pseudonym"]: row["age_y"] for row in csv.DictReader(stream)}
    assert ages["P-001"] == "90+"
    assert all(age == "90+" or int(age) <= 89 for age in ages.values())
    export_parquet(named, tmp_path / "exact", ReleaseRules(exact_ages=True))
    assert 94 in pq.read_table(tmp_path / "exact" / "patient.parquet")["age_y"].to_pylist()


def test_parquet_keeps_kinds_and_units(named, tmp_path):
    export_parquet(named, tmp_path / "out", ReleaseRules())
    visit = pq.read_table(tmp_path / "out" / "visit.parquet")
    assert str(visit.schema.field("visited_on").type) == "date32[day]"
    assert str(visit.schema.field("red_flag").type) == "bool"
    assert visit.schema.field("mme_per_day").metadata[b"unit"] == b"mg/d"
    rows = rows_of(named)["visit"]
    assert visit.num_rows == len(rows)
    assert sorted(visit["pseudonym"].to_pylist()) == sorted(r["pseudonym"] for r in rows)
    ages = pq.read_table(tmp_path / "out" / "patient.parquet")["age_y"].to_pylist()
    assert "90+" in ages


def test_dates_are_moved_by_patient_and_spans_stay(named, tmp_path):
    rules = ReleaseRules(shift_key=b"a secret of the site", with_names=True)
    export_csv(named, tmp_path / "out", rules)
    with (tmp_path / "out" / "visit.csv").open(encoding="utf-8") as stream:
        moved = [
            (r["pseudonym"], r["kind"], date.fromisoformat(r["visited_on"]))
            for r in csv.DictReader(stream)
        ]
    true = {(r["pseudonym"], r["kind"]): r["visited_on"] for r in rows_of(named)["visit"]}
    shifts = {}
    for name, kind, day in moved:
        shifts.setdefault(name, set()).add((day - true[name, kind]).days)
    assert all(len(days) == 1 for days in shifts.values()), "one shift for each patient"
    assert all(-180 <= days.copy().pop() <= -1 for days in shifts.values())
    assert len({days.copy().pop() for days in shifts.values()}) > 3, "not the same for all"
    assert shift_days(b"k" * 16, "P-001") == shift_days(b"k" * 16, "P-001")
    assert shift_days(b"k" * 16, "P-001") != shift_days(b"j" * 16, "P-001")


def test_the_preview_lists_every_field(named):
    with reading(named) as connection:
        fields = preview_release(connection, ReleaseRules())
    listed = {(f.table, f.column) for f in fields}
    assert listed == {(t.name, c) for t in read_definitions().values() for c in t.columns}
    staying = {f"{f.table}.{f.column}" for f in fields if not f.leaves}
    assert staying == {
        "identity.pseudonym", "identity.name", "identity.record_number", "identity.birth_date",
        "procedure.note", "visit.note", "event.action",
    }  # fmt: skip
    age = next(f for f in fields if f.column == "age_y")
    assert (age.rows, age.how) == (9, "above 89 as 90+")


def test_what_left_is_what_the_list_says(named, tmp_path):
    export_csv(named, tmp_path / "out", ReleaseRules())
    with (tmp_path / "out" / "fields.csv").open(encoding="utf-8") as stream:
        told = {(r["table"], r["column"]) for r in csv.DictReader(stream) if r["leaves"] == "yes"}
    seen = set()
    for path in (tmp_path / "out").glob("*.csv"):
        if path.stem in read_definitions():
            with path.open(encoding="utf-8") as stream:
                seen |= {(path.stem, column) for column in next(csv.reader(stream))}
    assert seen == told


@pytest.mark.parametrize("export", [export_csv, export_parquet, export_fhir])
def test_a_folder_with_something_in_it_is_refused(named, tmp_path, export):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "older.csv").write_text("x")
    with pytest.raises(InputError, match="is not empty"):
        export(named, tmp_path / "out", ReleaseRules())
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["older.csv"]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("visit.csv", "", "is empty"),
        ("patient.csv", 'pseudonym,enrolled_on\n"x', "cannot be read as CSV"),
        ("visits.csv", "a\n1\n", "named after no table"),
    ],
)
def test_files_that_are_no_tables_are_refused(tmp_path, name, text, expected):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=expected):
        list(read_tables(find_tables([path])))


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "patient.csv"
    path.write_bytes("pseudonym,enrolled_on,site\nP-001,2026-01-01,Köln\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        list(read_tables(find_tables([path])))
    with pytest.raises(InputError, match="does not exist"):
        find_tables([tmp_path / "none"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no table in"):
        find_tables([tmp_path / "empty"])
    with pytest.raises(InputError, match="comes twice"):
        find_tables([path, path])


def test_rows_are_told_by_file_row_and_column(engine, tmp_path, author):
    path = tmp_path / "patient.csv"
    path.write_text(
        "\ufeffpseudonym,enrolled_on,sex\n"
        "P-001,2026-01-01,female\n"
        "P-002,2026-01-32,female\n"
        "\n"
        "P-003,2026-01-03\n"
        'P-004,2026-01-04,"fe\nmale"\n'
        "P-001,2026-01-05,male\n",
        encoding="utf-8",
    )
    files = find_tables([path])
    report = take_rows(engine, read_tables(files), author, IntakeRules(today=TODAY), set(files))
    assert [(f.place.row, f.column, f.found) for f in report.faults] == [
        (3, "patient.enrolled_on", "'2026-01-32'"),
        (5, "patient", "2 cells"),
        (6, "patient.sex", "'fe\\nmale'"),
        (7, "patient", "a second one with pseudonym 'P-001'"),
    ]
    assert report.rows == {"patient": 1}


def test_a_heading_that_does_not_fit_is_told_once(engine, tmp_path, author):
    path = tmp_path / "patient.csv"
    path.write_text("pseudonym,sex,sex,rh\nP-001,female,female,+\n", encoding="utf-8")
    files = find_tables([path])
    report = take_rows(engine, read_tables(files), author, IntakeRules(today=TODAY), set(files))
    assert [(f.place.row, f.column) for f in report.faults] == [
        (1, "patient.rh"), (1, "patient.sex"), (1, "patient.enrolled_on"),
    ]  # fmt: skip
