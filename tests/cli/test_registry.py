"""The commands of the registry, in this process, with sockets blocked."""

import json
import re
import socket
import stat
from pathlib import Path

import pytest

from vertaug.recovery.registry.connection import writing


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Nothing here may open a connection."""

    def refuse(*_):
        pytest.fail("the registry opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.delenv("VERTAUG_REGISTRY", raising=False)
    monkeypatch.setenv("VERTAUG_USER", "anna")
    return tmp_path / "clinic" / "registry.sqlite"


@pytest.fixture
def call(run, path):
    """Run a command of the registry on the database; expect its exit code."""

    def registry(*words, code=0):
        said = run("registry", words[0], "--database", path, *words[1:])
        assert said.code == code, said.err + said.out
        assert "Traceback" not in said.err
        return said

    return registry


@pytest.fixture
def patient(call):
    """A registry with a patient, a procedure of L1 and two visits."""
    call("init")
    name = call(
        "add-patient", "--on", "2026-01-05", "--age-y", 78, "--sex", "female", "--name",
        "Jane Doe", "--record-number", "MRN-4711", "--birth-date", "1948-02-01",
    ).out.strip()  # fmt: skip
    call(
        "add-procedure", name, "--on", "2026-01-10", "--procedure", "kyphoplasty", "--level",
        "L1", "--cause", "osteoporotic", "--cement-ml", 3.6, "--no-leak",
    )  # fmt: skip
    said = call(
        "add-visit", name, "baseline", "--on", "2026-01-09", "--opioid", "oxycodone 10 mg x2"
    )
    assert "; 30 MME a day" in said.out
    call("add-visit", name, "7d", "--on", "2026-01-16", "--no-opioids", "--red-flag")
    return name


def test_the_registry_is_never_guessed(run, path):
    said = run("registry", "init")
    assert said.code == 2
    assert "Give --database PATH-or-URL, or set VERTAUG_REGISTRY" in said.err
    said = run("registry", "summary", "--database", path)
    assert said.code == 2
    assert "vertaug registry init" in said.err
    assert not path.exists()


def test_the_environment_may_name_it(run, path, monkeypatch):
    monkeypatch.setenv("VERTAUG_REGISTRY", str(path))
    assert run("registry", "init").code == 0
    assert run("registry", "info", "--json").code == 0


def test_a_day_at_the_clinic(call, patient):
    assert re.fullmatch(r"P-[0-9A-HJKMNP-TV-Z]{10}", patient)
    said = call("add-prom", patient, "baseline", "nrs_move", "--answer", "nrs_move=8")
    assert said.out == "nrs_move nrs_move: 8 (scale 0-10, 1 of 1 answered)\n"
    call("add-prom", patient, "7d", "nrs_move", "--answer", "nrs_move=3")
    said = call("add-event", patient, "pain_flare", "--on", "2026-01-11", "--level", "L1")
    assert said.out == f"event 1 of {patient} recorded\n"
    assert "event 2" in call("add-event", patient, "infection", "--on", "2026-02-01").out
    due = call("due", "--today", "2026-02-08").out
    assert f"due      {patient}" in due
    assert "Red flags told in the last 30 days: 1" in due
    assert "Not monitored around the clock." in due
    text = call("summary", "--today", "2026-06-01").out
    assert "responder: falls by 2 or more and 30 % or more (unverified)\n    7d 100 % (1/1)" in text
    assert "none of 1 procedures (so at most 98 %): leak_symptomatic" in text
    assert "pain_flare                    1 events" in text
    assert "nothing recorded by then: 1" in text
    assert "made-up" not in text.lower()
    assert text.endswith("Research and teaching, not for clinical decisions.\n")


def test_a_summary_as_files(call, path, tmp_path):
    call("init", "--example", 80)
    found = json.loads(call("summary", "--json", "-o", tmp_path / "out").out)
    assert found["totals"]["patients"] == 80
    assert found["research_use_only"] is True
    names = {Path(file).name for file in found["files"]}
    assert names >= {
        "summary.json", "summary.txt", "visits.csv", "scores.csv", "responders.csv",
        "events.csv", "new_fractures.png", "nrs_now_beside_trials.png",
    }  # fmt: skip
    assert not any(name.startswith("nrs_move") for name in names), "trials asked for pain overall"
    assert found["made_up"] is True
    assert "MADE-UP PATIENTS" in found["made_up_words"]
    for name in names:
        if name.endswith((".txt", ".csv")) and name != "agreement.csv":  # that has no line
            text = (tmp_path / "out" / name).read_text("utf-8")
            assert "made-up" in text.lower().split("\n")[-2], name
    assert "MADE-UP PATIENTS" in call("due").out.split("\n")[0]
    assert json.loads(call("info", "--json").out)["example"] == "made-up"
    for file in found["files"]:
        content = Path(file).read_bytes()
        assert content
        assert b"X-0000" not in content
        assert content.startswith(b"\x89PNG") == file.endswith(".png")


def test_a_correction_and_what_may_not_be_corrected(call, patient):
    call("add-visit", patient, "7d", "--on", "2026-01-17", "--walking", "aid", "--replace")
    said = call("add-visit", patient, "7d", "--on", "2026-01-17", code=2)
    assert "a row that is not there yet" in said.err
    said = call("add-visit", patient, "7d", "--on", "2026-01-02", "--replace", code=2)
    assert "expected a date from the procedure on, 2026-01-10; got 2026-01-02" in said.err
    said = call("add-visit", patient, "7d", code=2)
    assert "give one of them" in said.err
    said = call(
        "add-visit", patient, "7d", "--on", "2026-01-17", "--replace", "--opioid",
        "tramadol 50 mg x2", code=2,
    )  # fmt: skip
    assert "give no --opioid" in said.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("add-prom", "7d", "nrs_mvoe", "--answer", "x=1"), "did you mean nrs_move"),
        (("add-prom", "7d", "sf36", "--answer", "x=1"), "licence"),
        (("add-prom", "7d", "nrs_move", "--answer", "nrs_move=12"), "from 0 to 10"),
        (("add-prom", "7d", "nrs_move", "--answer", "12"), "item=value"),
        (("add-prom", "7d", "nrs_move"), "no answers"),
        (("add-prom", "3mo", "nrs_move", "--answer", "nrs_move=1"), "a visit that is in the"),
        (("add-event", "flare", "--on", "2026-02-01"), "one of leak_symptomatic"),
        (("add-visit", "1mo", "--on", "2026-02-30"), "a date such as 2026-11-30"),
        (("add-visit", "1mo", "--on", "2026-02-10", "--opioid", "heroin 5 mg x2"), "drug"),
        (("add-visit", "1mo", "--missed", "snow"), "one of not_reached"),
    ],
)
def test_what_cannot_be_is_refused(call, patient, words, expected):
    said = call(words[0], patient, *words[1:], code=2)
    assert expected in said.err
    assert json.loads(call("verify", "--json").out)["holds"]


def test_a_known_person_is_refused(call, patient):
    said = call("add-patient", "--on", "2026-03-01", "--record-number", "MRN-4711", code=2)
    assert f"it is {patient}'s" in said.err
    assert json.loads(call("info", "--json").out)["rows"]["patient"] == 1


@pytest.mark.parametrize(("age", "fits"), [(76, True), (78, True), (79, False), (50, False)])
def test_age_and_date_of_birth_fit_each_other(call, age, fits):
    """Born on 2 January 1949: 77 years on 5 January 2026."""
    call("init")
    words = ("add-patient", "--on", "2026-01-05", "--birth-date", "1949-01-02", "--age-y", age)
    said = call(*words, code=0 if fits else 2)
    assert fits or f"birth_date: expected what fits age_y, {age}, to one year" in said.err
    if fits:
        name = said.out.strip()
        said = call("add", "patient", f"pseudonym={name}", "age_y=70", "--replace", code=2)
        assert "age_y: expected what fits birth_date: 77 on enrolment" in said.err
    assert json.loads(call("info", "--json").out)["rows"]["patient"] == int(fits)


def test_a_visit_outside_its_window_is_recorded_and_told(call, patient, tmp_path):
    said = call("add-visit", patient, "3mo", "--on", "2026-04-20")
    assert "note" not in said.out
    said = call("add-visit", patient, "3mo", "--on", "2026-08-20", "--replace")
    assert f"note: {patient}: visit 3mo on 2026-08-20 is outside its window" in said.out
    place = (f"pseudonym={patient}", "procedure_no=1", "kind=6mo")
    said = call("add", "visit", *place, "status=done", "visited_on=2026-11-30", "--json")
    (note,) = json.loads(said.out)["notes"]
    assert "2026-06-19 to 2026-07-31 (late until 2026-10-10)" in note
    visits = json.loads(call("summary", "--json").out)["visits"]
    assert {v["kind"]: v["done"] for v in visits}["3mo"] == 1, "as the note says"
    table = tmp_path / "visit.csv"
    table.write_text(
        f"pseudonym,procedure_no,kind,status,visited_on\n{patient},1,24h,done,2026-01-16\n"
    )
    said = call("import", table)
    assert f"note: visit.csv, row 2: {patient}: visit 24h on 2026-01-16" in said.out
    assert said.out.endswith("written\n")


def test_an_opioid_that_has_no_factor_is_told_by_its_name(call, patient):
    said = call(
        "add-visit", patient, "1mo", "--on", "2026-02-10", "--opioid", "buprenorphine 8 mg x1"
    )
    assert "no total: buprenorphine cannot be counted" in said.out


def test_a_second_level_is_of_the_same_procedure(call, patient):
    words = ("add-procedure", patient, "--on", "2026-01-10", "--procedure", "kyphoplasty")
    said = call(*words, "--level", "L2", "--cause", "neoplastic", "--anaesthesia", "local", code=2)
    assert "cause 'osteoporotic', now 'neoplastic'; anaesthesia nothing, now 'local'" in said.err
    call(*words, "--level", "L2", "--cause", "osteoporotic")
    rows = json.loads(call("info", "--json").out)["rows"]
    assert (rows["procedure"], rows["procedure_level"]) == (1, 2)


def test_a_day_of_the_summary_moves_due_dates_only(call, patient):
    early, late = (
        json.loads(call("summary", "--json", "--today", day).out)
        for day in ("2026-01-09", "2027-06-01")
    )
    done = [[v["done"] for v in found["visits"]] for found in (early, late)]
    assert done[0] == done[1]
    assert sum(done[0]) == 2
    assert sum(v["lost"] for v in early["visits"]) == 0 < sum(v["lost"] for v in late["visits"])


def test_pseudonyms_from_a_secret_are_the_same_again(call, tmp_path):
    call("init")
    key = tmp_path / "key"
    key.write_text("a long secret of this site\n")
    first = call("add-patient", "--on", "2026-01-01", "--record-number", "12 34", "--key-file", key)
    said = call(
        "add-patient", "--on", "2026-01-01", "--record-number", "1234", "--key-file", key, code=2
    )
    assert first.out.strip() in said.err
    said = call("add-patient", "--on", "2026-01-01", "--key-file", key, code=2)
    assert "--record-number" in said.err


def test_names_leave_no_export_and_no_output(call, patient, path, tmp_path):
    call(
        "add", "imaging", f"pseudonym={patient}", "imaged_on=2026-02-01", "modality=ct", "level=L1"
    )
    said = [call(c).out for c in ("summary", "due", "info", "verify")]
    said += [call("export", "--preview").out]
    for kind in ("csv", "parquet", "fhir", "redcap"):
        said += [call("export", "--format", kind, "-o", tmp_path / kind).out]
    files = [p for p in tmp_path.rglob("*") if p.is_file() and path.parent not in p.parents]
    assert len(files) > 20
    said += [file.read_bytes().decode("utf-8", errors="replace") for file in files]
    for text in said:
        assert "Jane Doe" not in text
        assert "MRN-4711" not in text
        assert "1948-02-01" not in text
    call("export", "-o", tmp_path / "named", "--with-names")
    assert "Jane Doe" in (tmp_path / "named" / "identity.csv").read_text("utf-8")


def test_an_export_is_in_the_log_and_needs_a_folder(call, patient, tmp_path):
    before = json.loads(call("verify", "--json").out)["head"]
    assert "new folder" in call("export", code=2).err
    assert "--format fhir" in call("export", "-o", tmp_path / "x", "--patient", patient, code=2).err
    call("export", "-o", tmp_path / "out", "--shift-dates")
    after = call("verify", "--noted", before, "--json")
    assert int(json.loads(after.out)["head"].split(":")[0]) == int(before.split(":")[0]) + 1
    for kind in ("csv", "redcap"):
        said = call("export", "-o", tmp_path / "out", "--format", kind, code=2)
        assert "is not empty" in said.err
    dates = (tmp_path / "out" / "procedure.csv").read_text("utf-8")
    assert "2026-01-10" not in dates


def test_import_with_a_dry_run(call, patient, tmp_path):
    call("export", "-o", tmp_path / "out")
    table = tmp_path / "patient.csv"
    table.write_text(
        "pseudonym,enrolled_on,age_y\nQ-001,2026-01-05,80\nQ-002,2026-14-05,80\nQ-003,2026-01-05,200\n"
    )
    said = call("import", table, "--dry-run", code=2)
    assert "patient.csv, row 3: patient.enrolled_on: expected a date such as" in said.out
    assert "patient.csv, row 4: patient.age_y: expected a whole number from 0 to 125" in said.out
    assert "dry run: nothing was written" in said.out
    said = call("import", table, code=2)
    assert "nothing was written; correct the rows, or give --skip-bad" in said.out
    tree = json.loads(call("import", table, "--skip-bad", "--json").out)
    assert (tree["written"], tree["rows"], tree["fault_count"]) == (True, {"patient": 1}, 2)
    assert tree["faults"][0]["row"] == 3
    assert json.loads(call("info", "--json").out)["rows"]["patient"] == 2


def test_redcap_out_and_in(call, patient, run, tmp_path):
    call("export", "--format", "redcap", "-o", tmp_path / "out")
    other = tmp_path / "other.sqlite"
    assert run("registry", "init", "--database", other).code == 0
    said = run(
        "registry", "import", tmp_path / "out" / "data.csv", "--format", "redcap", "--dictionary",
        tmp_path / "out" / "dictionary.csv", "--database", other,
    )  # fmt: skip
    assert said.code == 0, said.out
    assert "data dictionary: " in said.out
    assert said.out.endswith("written\n")


def test_tampering_ends_with_its_own_code(call, patient, path):
    from vertaug.recovery.registry.connection import open_registry

    with writing(open_registry(path)) as connection:
        connection.exec_driver_sql("UPDATE visit SET mme_per_day = 0")
    said = call("verify", code=3)
    assert f'visit["{patient}",1,"baseline"]: was changed outside vertaug' in said.out


def test_a_newer_registry_is_refused(call, patient, path):
    from vertaug.recovery.registry.connection import open_registry

    with writing(open_registry(path)) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0042'")
    for words in (("summary",), ("upgrade",), ("due",), ("verify",), ("init",)):
        said = call(*words, code=2)
        assert "made by a newer vertaug" in said.err


def test_upgrade_of_a_registry_that_is_up_to_date(call, patient):
    assert call("upgrade").out == "schema 0002 already\n"


def test_columns_are_listed(run):
    said = run("registry", "info", "--columns")
    assert said.code == 0
    assert "imaging.height_anterior_mm" in said.out


def test_forgetting(call, patient):
    assert call("forget", patient).out == "removed: 1 of identity\n"
    said = call("forget", patient, "--everything").out
    assert "1 of patient" in said
    assert json.loads(call("info", "--json").out)["rows"]["visit"] == 0
    assert json.loads(call("verify", "--json").out)["holds"]


def test_errors_for_programs_are_json(run, path):
    said = run("registry", "summary", "--database", path, "--json")
    assert json.loads(said.out)["error"]["exit_code"] == 2


def test_a_place_that_cannot_be_written_is_told(run, tmp_path):
    (tmp_path / "file").write_text("x")
    said = run("registry", "init", "--database", tmp_path / "file" / "r.sqlite")
    assert said.code == 3
    assert "could not be made" in said.err
    assert not stat.S_ISDIR((tmp_path / "file").stat().st_mode)


def test_an_unreachable_server_is_told_without_its_password(run, monkeypatch):
    monkeypatch.undo()
    said = run(
        "registry", "summary", "--database", "postgresql://anna:s3cret@/none?host=/nowhere/at/all"
    )
    assert said.code == 2
    assert "cannot be opened" in said.err
    assert "s3cret" not in said.err
    said = run("registry", "summary", "--database", "mysql://anna:s3cret@host/x")
    assert said.code == 2
    assert "postgresql://USER@HOST/NAME" in said.err
    assert "s3cret" not in said.err
