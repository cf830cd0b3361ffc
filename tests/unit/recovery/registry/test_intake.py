import time
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from vertaug.case.errors import InputError
from vertaug.recovery.registry.audit_check import verify_audit
from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.csv_table import find_tables
from vertaug.recovery.registry.definition import define_table
from vertaug.recovery.registry.entry import Entry, Place, check_entry
from vertaug.recovery.registry.event_entry import EventTold, add_event
from vertaug.recovery.registry.intake import (
    IntakeRules,
    correct_entry,
    take_rows,
    write_entries,
)
from vertaug.recovery.registry.pen import open_pen
from vertaug.recovery.registry.schema import table_of

TODAY = date(2026, 11, 30)
RULES = IntakeRules(today=TODAY)
VISIT = {"pseudonym": "P-001", "procedure_no": 1, "kind": "7d"}
SCORE = VISIT | {"instrument": "nrs_move", "score": "nrs_move", "scale": "0-10", "value": 3}


def refuse(table, **values):
    """What is wrong with a row on its own."""
    row, faults = check_entry(Entry(table=table, values=values))
    assert row is None
    return [(fault.column, fault.expected) for fault in faults]


@pytest.mark.parametrize(
    ("table", "values", "column", "expected"),
    [
        ("patient", {"pseudonym": "P-001", "enrolled_on": "2026-01-01", "age_y": "176"},
         "patient.age_y", "a whole number from 0 to 125 a"),
        ("patient", {"pseudonym": "P-001", "enrolled_on": "2026-01-01", "age_y": "76.5"},
         "patient.age_y", "a whole number from 0 to 125 a"),
        ("patient", {"pseudonym": "P-001", "enrolled_on": "01.02.2026"},
         "patient.enrolled_on", "a date such as 2026-11-30"),
        ("patient", {"pseudonym": "P-001", "enrolled_on": "2026-02-30"},
         "patient.enrolled_on", "a date such as 2026-11-30"),
        ("patient", {"pseudonym": "P-001", "enrolled_on": ""},
         "patient.enrolled_on", "a value: a date such as 2026-11-30"),
        ("patient", {"pseudonym": "Jane Doe", "enrolled_on": "2026-01-01"},
         "patient.pseudonym", "3 to 40 letters, digits, - or _"),
        ("patient", {"pseudonym": "P-001", "enrolled_on": "2026-01-01", "sex": "f"},
         "patient.sex", "one of female, male, other"),
        ("patient", {"pseudonym": "P-001", "enrolled_on": "2026-01-01", "t_score": "nan"},
         "patient.t_score", "a number from -8 to 6"),
        ("procedure_level", {"pseudonym": "P-001", "procedure_no": 1, "level": "L9"},
         "procedure_level.level", "a level: C1-C7, T1-T13, L1-L6 or S1"),
        ("procedure_level",
         {"pseudonym": "P-001", "procedure_no": 1, "level": "L1", "leak_seen": "no",
          "leak_s": "yes"}, "procedure_level.leak_s", "no leak where none was seen"),
        ("procedure_level",
         {"pseudonym": "P-001", "procedure_no": 1, "level": "L1", "leak_seen": "maybe"},
         "procedure_level.leak_seen", "yes or no"),
        ("visit", VISIT | {"status": "done"}, "visit.visited_on",
         "the date of a visit that was done"),
        ("visit", VISIT | {"status": "missed", "mme_per_day": 0}, "visit.mme_per_day",
         "nothing for a missed visit"),
        ("visit", VISIT | {"status": "done", "visited_on": "2026-01-17", "mme_per_day": -3},
         "visit.mme_per_day", "a number from 0 to 5000 mg/d"),
        ("event", {"pseudonym": "P-001", "event_no": 1, "procedure_no": 1, "type": "infection",
                   "onset_on": "2026-02-01", "grading": "sir", "grade": "3"},
         "event.grade", "a grade of sir: A, B, C, D, E, F"),
        ("event", {"pseudonym": "P-001", "event_no": 1, "procedure_no": 1, "type": "infection",
                   "onset_on": "2026-02-01", "grade": "3"},
         "event.grade", "a grade with the name of its grading, or neither"),
        ("score", SCORE | {"value": 11}, "score.value", "a value from 0 to 10"),
        ("score", SCORE | {"scale": "0-100"}, "score.scale", "0-10; scales are never mixed"),
        ("score", SCORE | {"answered": 2, "asked": 1}, "score.answered",
         "at most the 1 items that were asked"),
    ],
)  # fmt: skip
def test_impossible_values_are_named(table, values, column, expected):
    assert (column, expected) in refuse(table, **values)


def test_unknown_instruments_and_scores_are_named():
    ((column, expected),) = refuse("score", **(SCORE | {"instrument": "nrs_mvoe"}))
    assert column == "score.instrument"
    assert "nrs_move" in expected
    ((column, expected),) = refuse("score", **(SCORE | {"score": "sum"}))
    assert column == "score.score"
    assert "it has nrs_move" in expected
    ((column, expected),) = refuse("score", **(SCORE | {"instrument": "sf36"}))
    assert "licence" in expected
    ((column, expected),) = refuse(
        "questionnaire", **VISIT, instrument="rmdq24", answers='{"q99": 1}'
    )
    assert column == "questionnaire.answers"
    assert "no item 'q99'" in expected


def test_unknown_columns_and_tables_are_named():
    ((column, expected),) = refuse("patient", pseudonym="P-001", enrolled_on="2026-01-01", rh="+")
    assert column == "patient.rh"
    assert expected.startswith("one of the columns pseudonym, enrolled_on")
    with pytest.raises(InputError, match="no table patients; it has patient, identity"):
        check_entry(Entry(table="patients", values={}))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "24h", "visited_on": "2026-01-09"}, "from the procedure on, 2026-01-10"),
        ({"kind": "baseline", "visited_on": "2026-01-11"}, "up to the procedure, 2026-01-10"),
        ({"kind": "12mo", "visited_on": "2026-12-01"}, "up to today, 2026-11-30"),
        ({"kind": "6mo", "visited_on": "2026-06-02"}, "before death, 2026-06-01"),
        ({"kind": "1mo", "visited_on": "2026-01-16"}, "from visit 7d on, 2026-01-17"),
        ({"kind": "24h", "visited_on": "2026-01-18"}, "up to visit 7d, 2026-01-17"),
        ({"procedure_no": 2}, "a procedure that is in the registry"),
        ({"pseudonym": "P-404"}, "a procedure that is in the registry"),
        ({}, "a row that is not there yet"),
    ],
)
def test_dates_in_the_wrong_order_are_refused(engine, enrol, put, changes, expected, count):
    enrol(engine, died_on="2026-06-01")
    put(engine, "visit", **VISIT, status="done", visited_on="2026-01-17")
    values = VISIT | {"status": "done", "visited_on": "2026-01-17"} | changes
    with pytest.raises(InputError, match=expected):
        put(engine, "visit", **values)
    assert count(engine, "visit") == 1


@pytest.mark.parametrize(
    ("table", "values", "expected"),
    [
        ("patient", {"pseudonym": "P-2", "enrolled_on": "2026-02-01", "died_on": "2026-01-31"},
         "from enrolment on, 2026-02-01"),
        ("procedure", {"pseudonym": "P-001", "procedure_no": 2, "done_on": "2026-01-09",
                       "procedure": "vertebroplasty"}, "from procedure 1 on, 2026-01-10"),
        ("procedure", {"pseudonym": "P-001", "procedure_no": 2, "done_on": "2025-12-31",
                       "procedure": "vertebroplasty"}, "from enrolment on, 2026-01-01"),
        ("event", {"pseudonym": "P-001", "event_no": 1, "procedure_no": 1, "type": "infection",
                   "onset_on": "2026-01-09"}, "from the procedure on, 2026-01-10"),
        ("event", {"pseudonym": "P-001", "event_no": 1, "procedure_no": 3, "type": "infection",
                   "onset_on": "2026-02-09"}, "a procedure of this patient"),
        ("treatment", {"pseudonym": "P-001", "drug": "denosumab", "started_on": "2026-02-01",
                       "stopped_on": "2026-01-01"}, "from the start on, 2026-02-01"),
        ("imaging", {"pseudonym": "P-001", "imaged_on": "2027-01-01", "modality": "ct",
                     "level": "L1"}, "up to today"),
        ("imaging", {"pseudonym": "P-001", "imaged_on": "1950-01-01", "modality": "radiograph",
                     "level": "L1"}, "from 1984 on"),
        ("patient", {"pseudonym": "P-2", "enrolled_on": "1926-02-01"}, "from 1984 on"),
        ("prediction", {"pseudonym": "P-001", "procedure_no": 1, "level": "L2",
                        "simulated": "plan", "quantity": "cement_ml", "value": 3},
         "a procedure_level that is in the registry"),
    ],
)  # fmt: skip
def test_rows_that_contradict_what_is_there_are_refused(
    engine, enrol, put, table, values, expected
):
    enrol(engine)
    with pytest.raises(InputError, match=expected):
        put(engine, table, **values)


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({"record_number": "MRN 4711"}, "it is P-001's"),
        ({"record_number": "mrn4711"}, "it is P-001's"),
        ({"record_number": " Mrn 47 11"}, "it is P-001's"),
        ({"record_number": "p-002"}, "a pseudonym that is not the name"),
        ({"name": "p - 002"}, "a pseudonym that is not the name"),
        ({"name": "  jane   DOE", "birth_date": "1948-02-01"}, "P-001 has this name"),
        ({"name": "P-002"}, "a pseudonym that is not the name"),
        ({"birth_date": "2026-01-02"}, "a date before enrolment"),
    ],
)
def test_a_person_is_not_taken_twice(engine, enrol, put, person, expected, count):
    enrol(engine)
    put(
        engine, "identity", pseudonym="P-001", name="Jane Doe", record_number="MRN 4711",
        birth_date="1948-02-01",
    )  # fmt: skip
    put(engine, "patient", pseudonym="P-002", enrolled_on="2026-01-01")
    with pytest.raises(InputError, match=expected):
        put(engine, "identity", pseudonym="P-002", **person)
    with pytest.raises(InputError, match="a second one with pseudonym 'P-001'"):
        put(engine, "patient", pseudonym="P-001", enrolled_on="2026-01-02")
    assert count(engine, "identity") == 1


@pytest.mark.parametrize("together", [True, False])
def test_a_pseudonym_in_other_capitals_is_taken(engine, author, together):
    rows = [
        Entry(table="patient", values={"pseudonym": name, "enrolled_on": "2026-01-01"})
        for name in ("P-005", "p-005")
    ]
    if not together:
        write_entries(engine, [rows.pop(0)], author, RULES)
    with pytest.raises(InputError, match="differs from P-005 in more than capitals"):
        write_entries(engine, rows, author, RULES)


def test_patients_of_old_whose_pseudonyms_differ_in_capitals_can_be_corrected(
    engine, put, author, count
):
    put(engine, "patient", pseudonym="P-005", enrolled_on="2026-01-01")
    with open_pen(engine, author) as pen:
        row = dict.fromkeys(define_table("patient").columns)
        pen.insert("patient", [row | {"pseudonym": "p-005", "enrolled_on": date(2026, 1, 1)}])
    for name in ("p-005", "P-005"):
        change = {"pseudonym": name, "age_y": 70}
        correct_entry(engine, Entry(table="patient", values=change), author)
    assert count(engine, "patient") == 2


def batch():
    """Two good patients around a bad one, with where they stand."""
    days = ("2026-01-01", "2026-13-01", "2026-01-03")
    return [
        Entry(
            table="patient",
            values={"pseudonym": f"P-{n}00", "enrolled_on": day},
            place=Place(file="patient.csv", row=n),
        )
        for n, day in enumerate(days, start=2)
    ]


def test_one_bad_row_and_nothing_is_written(engine, author, count):
    report = take_rows(engine, batch(), author, RULES)
    (fault,) = report.faults
    assert fault.sentence == (
        "patient.csv, row 3: patient.enrolled_on: expected a date such as 2026-11-30; "
        "got '2026-13-01'"
    )
    assert not report.written
    assert count(engine, "patient") == 0
    assert count(engine, "audit") == 1


def test_bad_rows_are_skipped_only_when_asked(engine, author, count):
    report = take_rows(engine, batch(), author, IntakeRules(today=TODAY, skip_bad=True))
    assert report.written
    assert report.fault_count == 1
    assert report.rows == {"patient": 2}
    assert count(engine, "patient") == 2
    assert verify_audit(engine).holds


def test_a_dry_run_tells_all_and_writes_nothing(engine, author, count):
    report = take_rows(engine, batch(), author, IntakeRules(today=TODAY, dry_run=True))
    assert (report.written, report.fault_count, report.rows) == (False, 1, {"patient": 2})
    good = [entry for entry in batch() if entry.place.row != 3]
    report = take_rows(engine, good, author, IntakeRules(today=TODAY, dry_run=True))
    assert (report.written, report.fault_count) == (False, 0)
    assert count(engine, "patient") == 0
    assert count(engine, "audit") == 1


def test_a_dry_run_finds_what_an_import_finds(engine, author, fill):
    fill(engine, 4)
    again = [Entry(table="patient", values={"pseudonym": "X-000001", "enrolled_on": "2026-01-01"})]
    for dry in (True, False):
        report = take_rows(engine, again, author, IntakeRules(today=TODAY, dry_run=dry))
        assert [f.expected for f in report.faults] == ["a row that is not there yet"]


def test_children_may_come_with_their_parents(engine, author, count):
    rows = [
        Entry(table="visit", values=VISIT | {"status": "done", "visited_on": "2026-01-17"}),
        Entry(table="procedure", values={"pseudonym": "P-001", "procedure_no": 1,
                                         "done_on": "2026-01-10", "procedure": "kyphoplasty"}),
        Entry(table="patient", values={"pseudonym": "P-001", "enrolled_on": "2026-01-01"}),
    ]  # fmt: skip
    report = take_rows(engine, rows, author, RULES)
    assert report.fault_count == 2, "the order is the caller's"
    write_entries(engine, rows[::-1], author, RULES)
    assert count(engine, "visit") == 1


def test_a_correction_changes_what_is_named_and_no_more(engine, enrol, put, author):
    enrol(engine)
    put(
        engine,
        "visit",
        **VISIT,
        status="done",
        visited_on="2026-01-17",
        walking="bed",
        mme_per_day=0,
    )
    correct_entry(engine, Entry(table="visit", values=VISIT | {"walking": "aid"}), author)
    with reading(engine) as connection:
        (row,) = connection.execute(table_of("visit").select()).mappings().all()
    assert (row["walking"], row["mme_per_day"], row["visited_on"]) == (
        "aid",
        0.0,
        date(2026, 1, 17),
    )
    with pytest.raises(InputError, match="from the procedure on"):
        wrong = VISIT | {"visited_on": "2026-01-02"}
        correct_entry(engine, Entry(table="visit", values=wrong), author)
    with pytest.raises(InputError, match=r"no visit with .*'3mo' that could be corrected"):
        correct_entry(engine, Entry(table="visit", values=VISIT | {"kind": "3mo"}), author)
    with pytest.raises(InputError, match=r"visit.kind: expected one of baseline"):
        correct_entry(engine, Entry(table="visit", values=VISIT | {"kind": "4mo"}), author)
    assert verify_audit(engine).holds


def test_death_and_procedures_fit_the_visits_that_are_there(engine, enrol, put, author):
    enrol(engine)
    put(engine, "visit", **VISIT, status="done", visited_on="2026-01-17")
    died = {"pseudonym": "P-001", "died_on": "2026-01-16"}
    with pytest.raises(InputError, match="from the last visit on, 2026-01-17"):
        correct_entry(engine, Entry(table="patient", values=died), author)
    moved = {"pseudonym": "P-001", "procedure_no": 1, "done_on": "2026-01-18"}
    with pytest.raises(InputError, match="fits visit 7d on 2026-01-17"):
        correct_entry(engine, Entry(table="procedure", values=moved), author)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((2, "2026-02-01"), (1, "2026-02-02"), "up to procedure 2, 2026-02-01"),
        ((1, "2026-02-01"), (3, "2026-01-31"), "from procedure 1 on, 2026-02-01"),
        ((4, "2026-02-01"), (1, "2026-02-02"), "up to procedure 4, 2026-02-01"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_procedures_follow_each_other_whatever_is_written_first(
    engine, put, author, first, second, expected, together
):
    put(engine, "patient", pseudonym="P-001", enrolled_on="2026-01-01")
    rows = [
        Entry(table="procedure", values={"pseudonym": "P-001", "procedure_no": number,
                                         "done_on": day, "procedure": "kyphoplasty"})
        for number, day in (first, second)
    ]  # fmt: skip
    if not together:
        write_entries(engine, [rows.pop(0)], author, RULES)
    with pytest.raises(InputError, match=expected):
        write_entries(engine, rows, author, RULES)


def test_procedures_of_one_day_are_taken_in_any_order(engine, put, count):
    put(engine, "patient", pseudonym="P-001", enrolled_on="2026-01-01")
    for number in (2, 1, 3):
        put(
            engine, "procedure", pseudonym="P-001", procedure_no=number, done_on="2026-01-01",
            procedure="kyphoplasty",
        )  # fmt: skip
    assert count(engine, "procedure") == 3


DATED = {
    "event": {"event_no": 1, "procedure_no": 1, "type": "infection", "onset_on": "2026-03-01"},
    "imaging": {"imaged_on": "2026-03-01", "modality": "ct", "level": "L1"},
    "new_fracture": {"level": "T9", "found_on": "2026-03-01"},
    "treatment": {"drug": "other", "started_on": "1979-01-01", "stopped_on": "2026-03-01"},
    "procedure": {"procedure_no": 2, "done_on": "2026-03-01", "procedure": "vertebroplasty"},
}


@pytest.mark.parametrize("table", sorted(DATED))
def test_nothing_is_dated_after_death_whichever_is_written_first(engine, enrol, put, author, table):
    for name, died in (("P-001", "2026-02-28"), ("P-002", "2026-03-01")):
        enrol(engine, name)
        put(engine, table, pseudonym=name, **DATED[table])
        entry = Entry(table="patient", values={"pseudonym": name, "died_on": died})
        if name == "P-002":
            correct_entry(engine, entry, author)
            continue
        with pytest.raises(InputError, match=f"from the last {table} on, 2026-03-01"):
            correct_entry(engine, entry, author)
    enrol(engine, "P-003", died_on="2026-02-28")
    with pytest.raises(InputError, match="before death, 2026-02-28"):
        put(engine, table, pseudonym="P-003", **DATED[table])


def test_a_correction_passes_no_date_that_is_there(engine, enrol, put, author):
    enrol(engine)
    put(engine, "event", pseudonym="P-001", **DATED["event"])
    person = {"pseudonym": "P-001"}
    for table, change, expected in (
        ("patient", {"enrolled_on": "2026-01-11"}, "up to the first procedure, 2026-01-10"),
        ("patient", {"withdrawn_on": "2026-01-09"}, "from the last procedure on, 2026-01-10"),
        ("procedure", {"procedure_no": 1, "done_on": "2026-03-02"}, "up to its first event"),
    ):
        with pytest.raises(InputError, match=expected):
            correct_entry(engine, Entry(table=table, values=person | change), author)
    enrolled = Entry(table="patient", values=person | {"enrolled_on": "2026-01-10"})
    correct_entry(engine, enrolled, author)
    assert verify_audit(engine).holds


def test_no_procedure_follows_the_withdrawal_of_consent(engine, enrol, put):
    enrol(engine, withdrawn_on="2026-02-01")
    procedure = DATED["procedure"] | {"pseudonym": "P-001"}
    with pytest.raises(InputError, match="up to the withdrawal of consent, 2026-02-01"):
        put(engine, "procedure", **procedure)
    put(engine, "procedure", **(procedure | {"done_on": "2026-02-01"}))


def test_what_is_empty_is_unknown_and_not_zero(engine, enrol, put):
    enrol(engine)
    put(
        engine,
        "visit",
        **VISIT,
        status="done",
        visited_on="2026-01-17",
        mme_per_day="",
        red_flag=" ",
    )
    with reading(engine) as connection:
        (row,) = connection.execute(table_of("visit").select()).mappings().all()
    assert row["mme_per_day"] is None
    assert row["red_flag"] is None


def test_unusual_text_is_kept_as_it_is(engine, enrol, put):
    enrol(engine)
    note = 'Ärztin: "geht\' besser" 漢字 \t🙂\nzweite Zeile; DROP TABLE visit;--'
    put(engine, "visit", **VISIT, status="done", visited_on="2026-01-17", note=note)
    with reading(engine) as connection:
        (row,) = connection.execute(table_of("visit").select()).mappings().all()
    assert row["note"] == note
    assert verify_audit(engine).holds
    for bad in ("a\x00b", "\ud800", "x" * 4001):
        assert refuse("visit", **VISIT, status="done", visited_on="2026-01-17", note=bad)


def test_what_a_replacing_file_does_not_have_stays(engine, put, author):
    put(engine, "patient", pseudonym="P-001", enrolled_on="2026-01-01", age_y=75, sex="female")
    told = {"pseudonym": "P-001", "enrolled_on": "2026-01-02"}
    rules = IntakeRules(today=TODAY, replace=True)
    report = take_rows(engine, [Entry(table="patient", values=told)], author, rules)
    assert report.written
    with reading(engine) as connection:
        row = connection.execute(sa.select(table_of("patient"))).mappings().one()
    assert (row["enrolled_on"], row["age_y"], row["sex"]) == (date(2026, 1, 2), 75, "female")
    assert verify_audit(engine).holds


def test_who_left_an_export_as_one_of_the_oldest_comes_back(engine, put):
    for age, name in (("90+", "P-001"), ("90+", "P-002")):
        put(engine, "patient", pseudonym=name, enrolled_on="2026-01-01", age_y=age)
    put(engine, "identity", pseudonym="P-001", birth_date="1928-05-06")
    with pytest.raises(InputError, match="what fits age_y, 90"):
        put(engine, "identity", pseudonym="P-002", birth_date="1938-05-06")


def test_today_is_that_of_the_clinic(monkeypatch):
    """Where it is tomorrow already, or still yesterday, it is not the day in Greenwich."""
    now = datetime.now(UTC)
    monkeypatch.setenv("TZ", "EAST-14" if now.hour >= 12 else "WEST+12")
    time.tzset()
    try:
        days = (IntakeRules().today - now.date()).days
    finally:
        monkeypatch.undo()
        time.tzset()
    assert days == (1 if now.hour >= 12 else -1)


def test_the_same_event_is_not_counted_twice(engine, enrol, author):
    enrol(engine)
    told = {"procedure_no": 1, "type": "pain_flare", "onset_on": "2026-01-11"}
    first = EventTold(pseudonym="P-001", values=told)
    assert add_event(engine, first, author) == 1
    with pytest.raises(InputError, match="recorded already as event 1"):
        add_event(engine, first, author)
    other = EventTold(pseudonym="P-001", values=told | {"action": "CT"})
    assert add_event(engine, other, author) == 2


def test_a_misnamed_file_of_a_folder_is_not_left_out(tmp_path):
    (tmp_path / "patient.csv").write_text("pseudonym,enrolled_on\nP-001,2026-01-01\n")
    (tmp_path / "fields.csv").write_text("table,column\n")
    assert list(find_tables([tmp_path])) == ["patient"]
    (tmp_path / "procedures.csv").write_text("pseudonym\nP-001\n")
    with pytest.raises(InputError, match=r"did you mean procedure.csv"):
        find_tables([tmp_path])
