"""The command that plans the recovery."""

import json

import pytest

WHEN = ("--procedure-at", "2026-12-01T10:30", "--timezone", "Asia/Kolkata")
PHONE = ("--phone", "+91 172 555 0100")


def test_it_writes_beside_the_case_and_says_what_comes(run, case):
    done = run("recovery", case, *WHEN, *PHONE)
    assert done.code == 0, done.err
    assert "about Mon 1 Mar 2027 " in done.out
    assert "10:30" not in done.out
    assert "2 hours after the end" in done.out
    assert "Nobody watches" in done.out
    assert "not for clinical decisions" in done.out
    assert done.out.rstrip().endswith("recovery.pdf")
    assert (case / "recovery" / "follow-up.ics").is_file()
    assert (case / "recovery" / "figures" / "outcome_curves_pain.png").is_file()


def test_without_a_phone_there_is_no_pdf_and_it_says_so(run, case):
    done = run("recovery", case, *WHEN)
    assert done.code == 0, done.err
    assert "give it with --phone" in done.out
    assert done.out.rstrip().endswith("recovery.html")
    assert run("recovery", case, *WHEN, "--pdf").code == 2


def test_as_json_with_everything_given(run, case, tmp_path):
    site = tmp_path / "site.toml"
    site.write_text('[clinic]\nphone = "111 222"\ntimezone = "Europe/Berlin"\n')
    facts = tmp_path / "facts.toml"
    facts.write_text('[fx]\netiology = "osteoporotic"\n')
    done = run(
        "recovery", case, "--procedure-at", "2026-12-01T10:30", "--site", site, "--facts", facts,
        "--procedure", "kyphoplasty", "--now", "2027-01-20T10:00", "--done", "7d=2026-12-08T11:00",
        "--analgesic", "oxycodone 10 mg x2", "--analgesic", "tramadol 50 mg x4",
        "--bone-drug", "denosumab=2025-01-10..2026-01-10", "--fracture-on", "2026-11-01",
        "-o", tmp_path / "out", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    tree = json.loads(done.out)
    assert tree["time_zone"] == "Europe/Berlin"
    assert tree["level"] == "L1"
    assert tree["procedure"] == "kyphoplasty"
    assert tree["visits"]["6mo"]["due"] == "2027-06-01T10:30:00+02:00"
    assert tree["visits"]["7d"]["state"] == "done"
    assert tree["analgesics"]["mme_per_day"] == "70.0"
    assert tree["bone_health"]["applies"] is True
    assert tree["bone_health"]["warnings"][0]["key"] == "denosumab_stopped"
    assert tree["files"]["pdf"] == str(tmp_path / "out" / "recovery.pdf")
    assert (
        json.loads((tmp_path / "out" / "recovery.json").read_text()) | {"files": tree["files"]}
        == tree
    )


def test_hours_count_from_the_end_that_is_given(run, case, tmp_path):
    done = run("recovery", case, *WHEN, "--procedure-ends", "11:40", "-o", tmp_path, "--json")
    assert done.code == 0, done.err
    tree = json.loads(done.out)
    assert tree["visits"]["2h"]["due"] == "2026-12-01T13:40:00+05:30"
    assert tree["visits"]["7d"]["due"] == "2026-12-08T10:30:00+05:30"
    assert tree["activity"]["phases"][0]["start"] == tree["procedure_ended_at"]
    wrong = run("recovery", case, *WHEN, "--procedure-ends", "09:40", "-o", tmp_path)
    assert wrong.code == 2
    assert "after its start" in " ".join(wrong.err.split())


def test_what_was_left_out_of_the_facts_is_said(run, case, tmp_path):
    facts = tmp_path / "facts.toml"
    facts.write_text('name = "Jane Doe"\n[fx]\netiology = "osteoporotic"\n')
    done = run("recovery", case, *WHEN, "--facts", facts)
    assert done.code == 0, done.err
    assert "note: left out, because it names a person: name" in done.out


def test_the_case_itself_is_not_changed(run, case):
    before = (case / "case.json").read_bytes()
    run("recovery", case, *WHEN)
    assert (case / "case.json").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--procedure-at", "2026-13-01T10:30"), "2026-12-01T10:30"),
        (("--procedure-at", "2026-12-01T10:30", "--timezone", "Mars"), "no time zone 'Mars'"),
        ((*WHEN, "--done", "7d=2026-12-08T11:00"), "--now"),
        ((*WHEN, "--now", "2026-12-05T10:00", "--done", "7d=2026-12-08T11:00"), "after now"),
        ((*WHEN, "--fracture-on", "2027-01-01"), "check both dates"),
        ((*WHEN, "--analgesic", "oxycodon 10 mg x2"), "did you mean oxycodone"),
        ((*WHEN, "--bone-drug", "denosumab=2027-01-01"), "lies after"),
        ((*WHEN, "--phone", "abc"), "phone"),
        ((*WHEN, "--site", "none.toml"), "cannot be read"),
        (("--procedure-at", "1926-12-01T10:30", "--timezone", "UTC"), "1984"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(run, case, options, words):
    done = run("recovery", case, *options)
    assert done.code == 2
    assert words in done.err
    assert not (case / "recovery").exists()


def test_a_folder_that_is_no_case_is_refused(run, tmp_path):
    done = run("recovery", tmp_path, *WHEN)
    assert done.code == 2
    assert "not a case of vertaug" in done.err
