"""The command that writes a leaflet."""

import json

import pytest


def test_leaflet_of_a_planned_case(run, case, tmp_path):
    done = run("leaflet", case, "-o", tmp_path / "out")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].startswith("note: write the phone number of your team")
    assert "not for clinical decisions" in lines[1]
    assert [line.rpartition("/")[2] for line in lines[2:]] == ["leaflet_en.html", "leaflet_en.pdf"]
    html = (tmp_path / "out" / "leaflet_en.html").read_text("utf-8")
    assert "bone number 1 of your lower back (L1)" in html
    assert "It is not yet clear why the bone broke" in html
    assert "simulated" not in html.split("</style>")[1]


def test_json_large_print_hindi_in_the_case(run, case, tmp_path):
    facts = tmp_path / "facts.toml"
    facts.write_text('[fx]\netiology = "osteoporotic"\n[sx.nrs_now]\nvalue = 7\n', "utf-8")
    done = run(
        "leaflet", case, "--language", "hi", "--large-print", "--procedure", "vertebroplasty",
        "--facts", facts, "--phone", "0172 000", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    tree = json.loads(done.out)
    assert tree["level"] == "L1"
    assert tree["pdf"] == str(case / "leaflet_hi_large.pdf")
    assert len(tree["notes"]) == 1
    assert "not been reviewed" in tree["notes"][0]
    html = (case / "leaflet_hi_large.html").read_text("utf-8")
    assert "ऑस्टियोपोरोसिस" in html
    assert "0172 000" in html


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--language", "fr"], "a leaflet comes in en, hi"),
        (["--procedure", "surgery"], "--procedure is one of vertebroplasty, kyphoplasty, both"),
        (["--facts", "missing.toml"], "cannot be read"),
        (["--phone", "1" * 80], "team phone"),
    ],
)
def test_refusals(run, case, arguments, words):
    done = run("leaflet", case, *arguments)
    assert done.code == 2
    assert words in done.err
    assert not list(case.glob("leaflet*"))


def test_unknown_facts_are_refused_and_unknown_values_stay_unknown(run, case, tmp_path):
    facts = tmp_path / "facts.toml"
    facts.write_text('[fx]\netiologie = "osteoporotic"\n', "utf-8")
    done = run("leaflet", case, "--facts", facts)
    assert done.code == 2
    assert "did you mean fx.etiology" in done.err
    facts.write_text('[fx]\netiology = "unknown"\n[med]\nantithrombotic_active = "unknown"\n')
    done = run("leaflet", case, "--facts", facts, "--quiet")
    assert done.code == 0, done.err
    html = (case / "leaflet_en.html").read_text("utf-8")
    assert "It is not yet clear why the bone broke" in html
    assert "Your notes say" not in html


def test_no_case(run, tmp_path):
    done = run("leaflet", tmp_path)
    assert done.code == 2
    assert "is not a case of vertaug" in done.err


def test_what_it_says_of_the_patient_is_of_the_facts_given(run, case, tmp_path):
    """A panel that the case kept of an old break says nothing in a leaflet with newer facts."""
    said = {}
    for name, days in (("old", 200), ("fresh", 20)):
        facts = tmp_path / f"{name}.toml"
        facts.write_text(
            f'[fx]\netiology = "osteoporotic"\nage_days = {days}\nedema = true\n'
            "[sx]\nnrs_now = 8\n",
            "utf-8",
        )
        done = run("leaflet", case, "--facts", facts, "-o", tmp_path / name)
        assert done.code == 0, done.err
        said[name] = (tmp_path / name / "leaflet_en.html").read_text("utf-8")
    assert "very fresh, very painful break" in said["fresh"]
    assert "very fresh, very painful break" not in said["old"]
    assert "Old breaks that still show swelling" in said["old"]
    assert "Old breaks that still show swelling" not in said["fresh"]
