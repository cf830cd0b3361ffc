"""The command that weighs the indications: of facts, of a case, by questions."""

import json
import re
from pathlib import Path

import pytest

import vertaug
from vertaug.case.case_file import read_case
from vertaug.cli.main import main

DAY = ("--date", "2026-11-30")
PAGE = Path(vertaug.__file__).parents[2] / "docs" / "indications.md"


@pytest.fixture
def facts(tmp_path):
    """The facts that the page shows."""
    text = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)[0]
    path = tmp_path / "facts.toml"
    path.write_text(text, encoding="utf-8")
    return path


def titles(text):
    return [line for line in text.splitlines() if re.fullmatch(r"[A-Z][A-Z ]{4,}.*", line)]


def test_facts_alone(run, facts):
    said = run("indications", "--facts", facts, *DAY)
    assert said.code == 0
    assert [title.split(" (")[0].split(",")[0] for title in titles(said.out)] == [
        "EMERGENCIES",
        "ABSOLUTE CONTRAINDICATIONS",
        "RELATIVE CONTRAINDICATIONS",
        "REASONS FOR",
        "REASONS AGAINST",
        "TECHNIQUE",
        "CRITERIA OF PAYERS AND NATIONAL BODIES",
        "WHAT EACH BODY SAYS",
        "SCORES",
        "MISSING FACTS",
        "TASKS",
    ]
    assert "never one verdict" in " ".join(said.out.split())
    for words in ("F03", "G05", "not excluded: E01", "K02"):
        assert words in said.out


def test_facts_alone_as_json(run, facts):
    said = run("indications", "--facts", facts, "--json", *DAY)
    panel = json.loads(said.out)["indications"]
    assert said.code == 0
    assert [rule["id"] for rule in panel["for"]] == ["F02", "F03"]
    assert {rule["id"] for rule in panel["against"]} == {"G05", "G07"}
    assert panel["evaluated_at"] == "2026-11-30"


TRAUMA = """[patient]
age_y = 45
[bone]
tscore = 0.2
[fx]
etiology = "traumatic"
"""


def test_rules_that_are_off_stand_with_their_sentence(run, tmp_path):
    path = tmp_path / "trauma.toml"
    path.write_text(TRAUMA)
    said = " ".join(run("indications", "--facts", path, *DAY).out.split())
    off = said[said.index("OFF, NOT CHECKED") :]
    assert "G08 High-energy fracture in good bone" in off
    assert "K02 Consider core biopsy" in off
    assert "whether they hold here was not looked at" in off
    every = run("indications", "--facts", path, "--all-rules", *DAY).out
    assert "G08 High-energy" in every
    assert "OFF, NOT CHECKED" not in every


def test_criteria_of_payers_that_are_made_for_others(run, tmp_path):
    path = tmp_path / "trauma.toml"
    path.write_text(TRAUMA)
    said = run("indications", "--facts", path, *DAY).out
    for gate in ("P01 NICE_TA279", "P02 CMS_LCD", "P03 CMS_LCD_onc"):
        assert f"{gate}: does not apply\n" in said


def test_criteria_that_are_met_stand_with_their_whole_sentence(run, facts):
    said = " ".join(run("indications", "--facts", facts, *DAY).out.split())
    assert "P02 CMS_LCD: met CMS LCD-style criteria met" in said
    assert "Contraindications are not part of this" in said
    assert "a documented BMD referral and osteoporosis education." in said


def test_a_drug_without_a_hold_and_one_that_the_inr_does_not_measure(run, tmp_path):
    path = tmp_path / "drugs.toml"
    tables = (f'[[antithrombotics]]\ndrug = "{drug}"\n' for drug in ("acenocoumarol", "apixaban"))
    path.write_text("".join(tables))
    said = " ".join(run("indications", "--facts", path, *DAY).out.split())
    assert "hold listed: not in the table, local policy, and INR at most 1.5 apixaban:" in said
    assert "the INR does not measure its effect" in said
    path.write_text('[[antithrombotics]]\ndrug = "enoxaparin"\n')
    wrong = run("indications", "--facts", path, *DAY)
    assert wrong.code == 2
    assert "prophylactic or therapeutic" in wrong.err
    assert "edoxaban" not in wrong.err


def test_all_rules_and_settings(run, facts):
    options = ("--all-rules", "--set", "inr_max=1.6", "--json", *DAY)
    panel = json.loads(run("indications", "--facts", facts, *options).out)["indications"]
    assert panel["off"] == []
    assert [p["name"] for p in panel["changed_parameters"]] == ["inr_max"]


def test_explain(run, facts):
    said = run("indications", "--facts", facts, "--explain", "f02", *DAY)
    assert said.code == 0
    assert "F02 (for): true" in said.out
    assert "true    sx.nrs_now >= P.nrs_severe" in said.out
    assert "Lancet 2016;388:1408" in said.out
    assert "P.acute_days = 42" in said.out
    tree = json.loads(run("indications", "--facts", facts, "--explain", "F02", "--json", *DAY).out)
    assert (tree["id"], tree["truth"]) == ("F02", "true")
    wrong = run("indications", "--facts", facts, "--explain", "F99", *DAY)
    assert wrong.code == 2
    assert "there is no rule 'F99'; there are F0" in wrong.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give a case folder"),
        (("--ask",), "-o FILE.toml"),
        (("--facts", "none.toml"), "cannot be read"),
        (("--facts", "F", "--set", "inr_max"), "NAME=VALUE"),
        (("--facts", "F", "--set", "inr_max=9"), "between 1.5 and 1.8"),
        (("--facts", "F", "--override", "C01"), 'RULE="reason'),
        (("--facts", "F", "--override", "A07=she wants it so"), "A07 does not hold here"),
        (("--facts", "F", "--role", "radiologist"), "--override"),
        (("--facts", "F", "--date", "soon"), "expected as a date"),
        (("--facts", "F", "-o", "facts.json"), "written as .toml"),
        (("--facts", "F", "--rules", "none.yaml"), "cannot be read"),
        (("no-case", "--facts", "F"), "is not a case of vertaug"),
        (("--facts", "F", "--hold-policy", "mine"), "one of asra, sir, pause"),
        (("--facts", "F", "--procedure-at", "2026-12-01"), "a date with a time"),
        (
            ("--facts", "F", "--date", "2026-11-30", "--procedure-at", "2026-11-29T10:00"),
            "before the day of the panel",
        ),
    ],
)
def test_refusals(run, facts, arguments, words):
    said = run("indications", *(str(facts) if a == "F" else a for a in arguments))
    assert said.code == 2
    assert words in said.err


def test_questions_are_asked_in_their_order_and_answers_written(run, monkeypatch, tmp_path):
    answers = iter(["no", "ja", "no", "no", "", "6 weeks", "stop"])
    asked = []

    def prompt(question, **_):
        asked.append(question)
        return next(answers)

    monkeypatch.setattr("typer.prompt", prompt)
    out = tmp_path / "facts.toml"
    said = run("indications", "--ask", "-o", out, *DAY)
    assert said.code == 0
    assert "new or progressive neurological deficit (yes, no)" in asked[0]
    assert "expected as yes or no; got 'ja'" in said.out
    text = out.read_text(encoding="utf-8")
    assert "new_deficit = {value = false" in text
    assert "cauda_equina = {value = false" in text
    again = run("indications", "--facts", out, "--json", *DAY)
    panel = json.loads(again.out)["indications"]
    assert "E01" not in {rule["id"] for rule in panel["undecided"]}


def test_no_answer_is_written_over(run, monkeypatch, tmp_path):
    """Questions go on with a file that is there; another file's facts are never lost."""
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "stop")
    mine, other = tmp_path / "mine.toml", tmp_path / "other.toml"
    mine.write_text('[lab]\ninr = {value = 1.1, note = "finger"}\n', "utf-8")
    other.write_text("[lab]\nplt = 200\n", "utf-8")
    assert run("indications", "--ask", "-o", mine, *DAY).code == 0
    assert "inr" in mine.read_text("utf-8")
    before = mine.read_bytes()
    said = run("indications", "--facts", other, "-o", mine, *DAY)
    assert said.code == 2
    assert "would be written over" in said.err
    assert mine.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[patient]\npregnant = yes\n", "yes and no are true and false"),
        ("[lab]\nINR = 1.1\n", "did you mean lab.inr"),
    ],
)
def test_slips_of_facts_files_are_explained(run, tmp_path, text, words):
    path = tmp_path / "facts.toml"
    path.write_text(text, "utf-8")
    said = run("indications", "--facts", path, *DAY)
    assert said.code == 2
    assert words in said.err


def test_the_result_of_a_case_is_no_file_of_facts(run, case):
    said = run("indications", "--facts", case / "case.json", *DAY)
    assert said.code == 2
    assert "not facts of a patient" in said.err


@pytest.fixture(scope="session")
def weighed(finished, tmp_path_factory):
    """A case with the facts of the page; copy it before changing it."""
    import shutil

    folder = tmp_path_factory.mktemp("weighed") / "case"
    shutil.copytree(finished, folder)
    text = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)[0]
    path = folder.parent / "Mrs Somebody.toml"
    path.write_text(text.replace("[sx]", 'name = "Somebody"\n[sx]'), encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["indications", str(folder), "--facts", str(path), "-q", *DAY])
    assert not left.value.code
    return folder


@pytest.fixture
def asked(weighed, tmp_path):
    import shutil

    return shutil.copytree(weighed, tmp_path / "case")


def test_the_case_holds_panel_and_section_and_no_name(weighed):
    document = read_case(weighed)
    panel = document.indications
    used = {fact.name: fact for fact in panel.facts}
    assert used["fx.level"].source == "measured in the case"
    assert used["sx.nrs_now"].source == "given"
    assert used["fx.height_loss_pct"].source == "measured in the case"
    page = (weighed / "report.html").read_text("utf-8")
    assert "Indications, L1" in page
    for path in (weighed / "case.json", weighed / "report.html"):
        assert "Somebody" not in path.read_text("utf-8")


def test_nothing_changed_and_the_facts_are_those_kept(run, asked):
    before = (asked / "case.json").read_bytes()
    said = run("indications", asked, "-q", *DAY)
    assert said.code == 0
    assert (asked / "case.json").read_bytes() == before
    assert "that the case has kept" in said.err


def test_other_steps_keep_the_panel_and_make_it_again(run, asked):
    before = read_case(asked).indications
    assert run("report", asked, "-q").code == 0
    assert read_case(asked).indications == before
    assert run("measure", asked, "-q", "--kvp", "100").code == 0
    assert read_case(asked).indications is not None
    assert read_case(asked).indications.evaluated_at == before.evaluated_at


def test_an_override_is_kept_and_shown(run, asked):
    held = read_case(asked).indications.reasons_for[0].id
    option = f"{held}=the team has discussed it"
    said = run("indications", asked, "--override", option, "--role", "radiologist", *DAY)
    assert said.code == 0
    assert "overridden (radiologist): the team has discussed it" in said.out
    assert read_case(asked).indications.overrides[0].rule == held
    assert "OVERRIDDEN by radiologist" in (asked / "report.html").read_text("utf-8")


def test_looking_only_leaves_the_case_as_it_is(run, asked, facts):
    before = (asked / "case.json").read_bytes()
    other = facts.with_name("other.toml")
    other.write_text("[inf]\nsepsis = true\n")
    said = run("indications", asked, "--facts", other, "--no-save", *DAY)
    assert "E03" in said.out
    assert run("indications", asked, "--facts", other, "--explain", "E03", *DAY).code == 0
    assert (asked / "case.json").read_bytes() == before


def test_facts_of_another_level_change_nothing(run, asked, tmp_path):
    before = (asked / "case.json").read_bytes()
    path = tmp_path / "other.toml"
    path.write_text('[fx]\nlevel = "T9"\n')
    said = run("indications", asked, "--facts", path, *DAY)
    assert said.code == 2
    assert "those of T9" in said.err
    assert (asked / "case.json").read_bytes() == before


def test_the_python_example_of_the_page_runs(facts, monkeypatch):
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)[0]
    monkeypatch.chdir(facts.parent)
    names = {}
    exec(compile(code, "indications.md", "exec"), names)
    assert {"F02", "F03", "G05", "G07", "P02"} <= set(names["panel"].fired)
    assert names["panel"].missing[0].name == "neuro.cauda_equina"


def test_settings_and_overrides_are_kept_with_the_facts(run, asked, facts):
    held = read_case(asked).indications.reasons_for[0].id
    first = ("--set", "inr_max=1.8", "--override", f"{held}=the team has discussed it")
    assert run("indications", asked, *first, "-q", *DAY).code == 0
    said = run("indications", asked, "--no-save", "--json", *DAY)
    panel = json.loads(said.out)["indications"]
    assert [p["value"] for p in panel["changed_parameters"]] == [1.8]
    assert [o["rule"] for o in panel["overrides"]] == [held]
    assert "that the case has kept" in said.err
    # other facts: the reason was given for those before
    said = run("indications", asked, "--facts", facts, "--no-save", "--json", *DAY)
    assert json.loads(said.out)["indications"]["overrides"] == []
    assert f"left out: {held}" in said.err


def test_the_end_of_the_input_keeps_the_answers(run, monkeypatch, tmp_path):
    import typer

    answers = iter(["no"])

    def prompt(*_, **__):
        try:
            return next(answers)
        except StopIteration:
            raise typer.Abort from None

    monkeypatch.setattr("typer.prompt", prompt)
    out = tmp_path / "facts.toml"
    assert run("indications", "--ask", "-o", out, *DAY).code == 0
    assert "new_deficit" in out.read_text(encoding="utf-8")


DRUGS = """
[[antithrombotics]]
drug = "apixaban"
last_dose = 2026-11-30T08:00
"""
AT = ("--procedure-at", "2026-12-01T10:30")


@pytest.fixture
def drugs(tmp_path):
    path = tmp_path / "drugs.toml"
    path.write_text(DRUGS, encoding="utf-8")
    return path


def test_blood_thinners_of_the_facts(run, drugs):
    said = run("indications", "--facts", drugs, *AT, *DAY)
    text = " ".join(said.out.split())
    assert "BLOOD THINNERS (what a policy lists; no advice to stop one)" in text
    assert "held 26.5 h at the procedure; complete from 2026-12-03 08:00 by time" in text
    assert "blood thinner: mechanical heart valve: unknown" in text
    assert "C03" in text
    tree = run("indications", "--facts", drugs, *AT, "--hold-policy", "PAUSE", "--json", *DAY)
    found = json.loads(tree.out)["indications"]["blood_thinners"]["drugs"][0]
    assert (found["listed"], found["state"]) == ("2 full days", "not complete")


def test_a_last_dose_after_the_procedure_is_refused(run, drugs):
    at = ("--procedure-at", "2026-11-30T07:00")
    said = run("indications", "--facts", drugs, *at, *DAY)
    assert said.code == 2
    assert "lies after the procedure" in said.err


def test_the_case_keeps_drugs_without_dates_and_weighs_them_again(run, asked, drugs, tmp_path):
    said = run("indications", asked, "--facts", drugs, *AT, "--hold-policy", "sir", "-q", *DAY)
    assert said.code == 0
    assert "Blood thinners" in (asked / "report.html").read_text("utf-8")
    text = (asked / "case.json").read_text("utf-8")
    kept = json.loads(text)["provenance"]["parameters"]["indications"]["holds"]
    assert kept == {
        "drugs": [{"drug": "apixaban", "last_dose_h": 8.0}],
        "is_whole": False,
        "procedure_h": 34.5,
        "policy": "SIR2019",
    }
    assert "2026-12-01" not in text
    made = read_case(asked).indications.blood_thinners
    assert run("report", asked, "-q").code == 0
    assert read_case(asked).indications.blood_thinners == made
    # kept facts, another time, and written out again
    out = tmp_path / "again.toml"
    later = ("--procedure-at", "2026-12-04T10:30", "--no-save", "-o", out)
    said = run("indications", asked, *later, *DAY)
    assert "hold complete; held 98.5 h" in " ".join(said.out.split())
    assert "last_dose = 2026-11-30T08:00:00" in out.read_text("utf-8")
    # a procedure that is over by the day of the panel is not taken over
    said = run("indications", asked, "--no-save", "--date", "2026-12-05")
    assert "before the day of the panel and is left out" in said.err
    # the sheet of the day takes what the case has kept
    said = run("day", asked, "--date", "2026-12-01", "--json")
    assert json.loads(said.out)["holds"][0]["held_h"] == 26.5


def test_new_facts_replace_those_that_cannot_be_read(run, asked, facts):
    path = asked / "case.json"
    tree = json.loads(path.read_text("utf-8"))
    tree["provenance"]["parameters"]["indications"]["facts"] = [{"name": "lab.inrr", "value": 1.0}]
    path.write_text(json.dumps(tree), encoding="utf-8")
    damaged = run("indications", asked, "--no-save", *DAY)
    assert damaged.code != 0
    assert "--facts FACTS" in damaged.err
    said = run("indications", asked, "--facts", facts, "--save", "-q", *DAY)
    assert said.code == 0
    assert "cannot be read and is replaced" in said.err
    kept = read_case(asked).provenance.parameters.indications.facts
    assert "lab.inrr" not in {fact.name for fact in kept}
    assert kept


@pytest.fixture
def other_version(asked):
    """A case whose strength this version of vertaug does not find again."""
    path = asked / "case.json"
    tree = json.loads(path.read_text("utf-8"))
    tree["provenance"]["parameters"]["strength"] = {
        "level": "L1",
        "cement_ml": 4.0,
        "surface": "tresca",
        "linear_only": False,
        "spacing_mm": 1.0,
    }
    path.write_text(json.dumps(tree), encoding="utf-8")
    return asked


def content(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_panel_never_costs_results_unless_asked_for(run, other_version, facts):
    before = content(other_version)
    said = run("indications", other_version, "--facts", facts, *DAY)
    assert said.code == 0
    assert "REASONS FOR" in said.out
    assert "NOT SAVED: the case stays as it was" in said.err
    assert "would lose the strength before and after cement" in said.err
    assert content(other_version) == before
    tree = json.loads(run("indications", other_version, "--facts", facts, "--json", *DAY).out)
    assert "would lose the strength" in tree["not_saved"]
    assert tree["indications"]["scores"]
    assert content(other_version) == before


def test_no_save_never_writes_and_says_nothing_of_losses(run, other_version, facts):
    before = content(other_version)
    said = run("indications", other_version, "--facts", facts, "--no-save", *DAY)
    assert said.code == 0
    assert "NOT SAVED" not in said.err
    assert content(other_version) == before


def test_save_writes_all_the_same_and_tells_what_went(run, other_version, drugs):
    said = run("indications", other_version, "--facts", drugs, "--save", "-q", *DAY)
    assert said.code == 0
    assert "NOT SAVED" not in said.err
    assert "The strength of this case" in said.err
    document = read_case(other_version)
    assert document.provenance.parameters.strength is None
    assert document.indications.blood_thinners.drugs[0].drug == "apixaban"
