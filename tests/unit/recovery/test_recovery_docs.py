"""What the page on recovery shows works."""

import re
import tomllib
from pathlib import Path

import vertaug
from vertaug.recovery.activity_plan import plan_activity
from vertaug.recovery.clinic_site import parse_site
from vertaug.recovery.evidence import read_evidence
from vertaug.recovery.responder import read_cut_points
from vertaug.recovery.schedule import schedule_visits
from vertaug.recovery.time_shift import read_local_time
from vertaug.recovery.visit import read_visits

PAGE = (Path(vertaug.__file__).parents[2] / "docs" / "recovery.md").read_text("utf-8")


def block(language):
    (text,) = re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    return text


def test_the_python_example_runs():
    names = {}
    exec(compile(block("python"), "recovery.md", "exec"), names)
    assert names["plan"].visit("3mo").due.isoformat() == "2027-03-01T10:30:00+05:30"


def test_the_clinics_file_is_read():
    site = parse_site(tomllib.loads(block("toml")))
    start = read_local_time("2026-12-01T10:30", site.zone)
    visits = read_visits(site.visits)
    plan = schedule_visits(start, site.days, visits)
    assert plan.visit("3mo").due.strftime("%H:%M") == "09:30"
    assert plan_activity(start, site.activity).values["lift_weeks"].value == 13
    assert read_cut_points(site.response)["nrs_fall"].value == 2


def test_the_numbers_from_memory_are_counted():
    rows = read_evidence()
    unverified = sum(row.unverified for row in rows)
    assert f"unverified ({unverified} of {len(rows)} numbers)" in " ".join(PAGE.split())


def test_the_windows_of_the_table_are_those_of_the_data():
    visits = {visit.key: visit for visit in read_visits()}
    for key, days in (("3mo", 14), ("6mo", 21), ("12mo", 30)):
        assert (visits[key].earliest.days, visits[key].latest.days) == (-days, days)
        assert f"| {days} days either way |" in PAGE
    assert (visits["1mo"].earliest.days, visits["1mo"].latest.days) == (14, 35)
    assert (visits["7d"].earliest.days, visits["7d"].latest.days) == (5, 16)
