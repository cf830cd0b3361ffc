"""``vertaug day``: what it writes and says, and what it refuses."""

import json

import pytest

FACTS = """
[patient]
weight_kg = 50
age_y = 60
frail = "no"

[lab]
inr = { value = 1.6, dated = 2026-02-28 }
plt = "unknown"
"""


@pytest.fixture
def facts(tmp_path):
    """Write a file of facts."""

    def write(text=FACTS, name="facts.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def test_the_sheet_of_a_case_without_facts(run, case):
    said = run("day", case)
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0].startswith("L1, ")
    assert "not chosen by hand" in lines[0]
    assert "NO CEILING WITHOUT A WEIGHT" in said.out
    assert "Research and teaching, not for clinical decisions." in lines
    assert lines[-1] == str((case / "day" / "day_sheet.pdf").resolve())
    assert sorted(p.name for p in (case / "day").iterdir()) == [
        "day_sheet.html",
        "day_sheet.json",
        "day_sheet.pdf",
    ]


def test_the_sheet_with_facts(run, case, facts, tmp_path):
    out = tmp_path / "sheet.html"
    said = run("day", case, "--facts", facts(), "--date", "2026-03-02", "-o", out)
    assert said.code == 0
    assert "Lidocaine plain: 225 mg, 22.5 ml of 1 % at 50 kg, ceiling, not an order" in said.out
    assert "look: INR above 1.5" in said.out
    assert "2026-02-28, 2 d before" in out.read_text(encoding="utf-8")
    assert not (case / "day").exists()


def test_as_json(run, case, facts, tmp_path):
    said = run(
        "day",
        case,
        "--facts",
        facts(),
        "--procedure",
        "kyphoplasty",
        "--json",
        "-o",
        tmp_path / "d",
    )
    assert said.code == 0
    tree = json.loads(said.out)
    assert tree["plan"]["procedure"] == "kyphoplasty"
    assert tree["anaesthetic"]["ceilings"][0]["mg"] == 225.0
    assert tree["research_use_only"] is True
    assert len(tree["files"]) == 3
    stored = json.loads((tmp_path / "d" / "day_sheet.json").read_text(encoding="utf-8"))
    assert {**stored, "files": tree["files"]} == tree


def test_quiet_prints_the_path_only(run, case, tmp_path):
    said = run("day", case, "--quiet", "-o", tmp_path / "sheet.json")
    assert said.out == f"{(tmp_path / 'sheet.json').resolve()}\n"


def test_the_same_twice(run, case, tmp_path):
    for name in ("a", "b"):
        assert run("day", case, "--quiet", "-o", tmp_path / name).code == 0
    for kind in ("html", "pdf", "json"):
        one, other = (tmp_path / name / f"day_sheet.{kind}" for name in ("a", "b"))
        assert one.read_bytes() == other.read_bytes()


def test_the_case_itself_is_left_alone(run, case):
    before = {p: p.read_bytes() for p in case.rglob("*") if p.is_file()}
    assert run("day", case, "--quiet").code == 0
    assert {p: p.read_bytes() for p in before} == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[patient]\nweight_kg = 5", "implausible in an adult"),
        ("[patient]\nweight_kg = 900", "between 1 and 400"),
        ("[patient]\nweigth_kg = 50", "did you mean patient.weight_kg"),
        ("[lab]\ninr = { value = 1.1, dated = 2026-03-03 }", "after the procedure"),
        ("[lab]\ninr = { value = 1.1, dated = 'soon' }", "dated"),
        ("[lab]\nplt = { value = 250, unit = '10*3/mL' }", "cannot be read in '10*3/mL'"),
        ("[lab]\nplt = { dated = 2026-03-01 }", "has no value"),
        ("[fx]\nlevel = 'L4'", "the case treats L1"),
        ("[patient]\npregnant = 'perhaps'", "yes or no"),
        ("weight", "cannot be read"),
    ],
)
def test_facts_that_cannot_be_used(run, case, facts, text, words):
    said = run("day", case, "--facts", facts(text), "--date", "2026-03-02")
    assert said.code == 2
    assert words in said.err
    assert not (case / "day").exists()


def test_facts_as_json(run, case, facts, tmp_path):
    text = json.dumps({"patient.weight_kg": 80, "patient": {"frail": False, "age_y": 50}})
    said = run("day", case, "--facts", facts(text, "f.json"), "-o", tmp_path / "s.html")
    assert said.code == 0
    assert "300 mg" in said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--procedure", "balloons"], "vertebroplasty, kyphoplasty"),
        (["--date", "02.03.2026"], "2026-03-02"),
        (["--cement", "plaster"], "unknown cement"),
        (["--plan", "99"], "no number 99"),
        (["-o", "sheet.docx"], ".html, .pdf or .json"),
        (["--facts", "none.toml"], "cannot be read"),
        (["--facts", "facts.csv"], ".toml or .json"),
    ],
)
def test_options_that_cannot_be_used(run, case, arguments, words):
    said = run("day", case, *arguments)
    assert said.code == 2
    assert words in said.err


def test_no_case(run, tmp_path):
    said = run("day", tmp_path)
    assert said.code == 2
    assert "holds no case.json" in said.err


DRUGS = """
[[antithrombotics]]
drug = "apixaban"
last_dose = 2026-02-28T08:00
"""


def test_a_time_of_the_day_judges_the_hold_of_blood_thinners(run, case, facts):
    path = facts(DRUGS)
    said = run("day", case, "--facts", path, "--date", "2026-03-02T09:00", "--json")
    drug = json.loads(said.out)["holds"][0]
    assert (drug["state"], drug["held_h"]) == ("not complete", 49.0)
    assert drug["complete_from"] == "2026-03-03T08:00:00"
    said = run("day", case, "--facts", path, "--date", "2026-03-02")
    assert "look: apixaban: hold unknown" in said.out
    page = (case / "day" / "day_sheet.html").read_text(encoding="utf-8")
    assert "2026-03-03 08:00" in page


@pytest.mark.parametrize("when", ["2026-02-27", "2026-02-28T07:00"])
def test_a_dose_after_the_procedure_is_refused(run, case, facts, when):
    said = run("day", case, "--facts", facts(DRUGS), "--date", when)
    assert said.code == 2
    assert "last dose of apixaban" in said.err
    assert not (case / "day").exists()
