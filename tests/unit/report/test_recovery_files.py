"""The recovery as files: whole, the same again, nothing from outside, no print without a phone."""

import json
import re
import sys
from dataclasses import replace

import pytest
from icalendar import Calendar

from vertaug.case.errors import InputError, MissingExtraError
from vertaug.indications.patient_facts import PatientFacts
from vertaug.recovery.clinic_site import parse_site
from vertaug.recovery.follow_up_sheet import make_sheet
from vertaug.recovery.recovery_plan import RecoveryCase, plan_recovery
from vertaug.recovery.time_shift import read_local_time, read_zone
from vertaug.report import DISCLAIMER
from vertaug.report.follow_up_page import render_follow_up_html, render_follow_up_pdf
from vertaug.report.recovery_files import write_recovery

START = read_local_time("2026-12-01T10:30", read_zone("Asia/Kolkata"))
PHONE = {"clinic": {"phone": "+91 172 555 0100", "emergency_phone": "112"}}


def plan(site=None, name="case"):
    case = RecoveryCase(name=name, level="L1", facts=PatientFacts.of(()))
    return plan_recovery(case, START, parse_site(site or {}))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recovery")
    return write_recovery(plan(PHONE), folder, token="x"), folder


def test_everything_is_written(written):
    files, folder = written
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "recovery.json",
        "follow-up.ics",
        "recovery.html",
        "recovery.pdf",
        "figures/outcome_curves_pain.png",
        "figures/outcome_differences_pain.png",
        "figures/outcome_shares.png",
        "figures/outcome_curves_rmdq.png",
        "figures/outcome_differences_rmdq.png",
    }
    assert files.pdf == folder / "recovery.pdf"
    assert json.loads(files.plan.read_text())["visits"]["7d"]["label"] == "1 to 2 weeks"
    assert len(Calendar.from_ical(files.calendar.read_bytes()).walk("VEVENT")) == 6


def test_the_same_plan_gives_the_same_files(written, tmp_path):
    _, folder = written
    write_recovery(plan(PHONE), tmp_path, token="x")
    for path in folder.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / path.relative_to(folder)).read_bytes(), path


def test_the_page_needs_nothing_but_itself(written):
    html = written[0].html.read_text()
    assert DISCLAIMER in html
    assert "<script" not in html
    assert not re.findall(r'(?:src|href)="(?!data:)', html)
    assert "http" not in html


def test_the_page_says_whom_to_call_and_that_nobody_watches(written):
    html = written[0].html.read_text()
    assert html.count("+91 172 555 0100") >= 1
    assert "Nobody watches this page" in html
    assert "Emergency: call now" in html


def test_an_empty_column_is_left_out():
    sheet = make_sheet(plan(PHONE))
    assert ">State<" not in render_follow_up_html(sheet)
    assert ">State<" in render_follow_up_html(replace(sheet, has_states=True))


def test_an_unknown_ambulance_is_a_line_to_fill_in():
    html = render_follow_up_html(make_sheet(plan({"clinic": {"phone": "111 222"}})))
    assert "local number" not in html
    assert '<div class="number">____________________</div>' in html


def test_the_pdf_has_two_pages(written):
    content = written[0].pdf.read_bytes()
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page[^s]", content)) == 2


def test_without_a_phone_nothing_is_printed(tmp_path):
    files = write_recovery(plan(), tmp_path, token="x")
    assert files.pdf is None
    assert not (tmp_path / "recovery.pdf").exists()
    html = files.html.read_text()
    assert "____________________" in html
    assert "The number of the clinic is missing" in html
    assert "main > * { display: none; }" in html


def test_a_pdf_without_a_phone_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match="--phone"):
        write_recovery(plan(), tmp_path / "out", token="x", pdf=True)
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="--phone"):
        render_follow_up_pdf(make_sheet(plan()))


def test_an_old_sheet_does_not_stay_beside_a_new_plan(tmp_path):
    write_recovery(plan(PHONE), tmp_path, token="x")
    write_recovery(plan(), tmp_path, token="x")
    assert not (tmp_path / "recovery.pdf").exists()


def test_markup_in_a_name_is_only_text():
    sheet = replace(make_sheet(plan(PHONE)), case_name="<b>x</b>", clinic="#panic()")
    assert "<b>x</b>" not in render_follow_up_html(sheet)
    assert render_follow_up_pdf(sheet).startswith(b"%PDF")


def test_missing_libraries_are_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MissingExtraError, match=r"typst.*vertaug\[report\]"):
        write_recovery(plan(PHONE), tmp_path, token="x")
