"""The indication panel in the report: emergencies first, both sides, gates in their own box."""

from dataclasses import replace
from datetime import date

import pytest

from vertaug.indications.fact import Fact
from vertaug.indications.panel import weigh_indications
from vertaug.indications.panel_record import describe_panel
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.rule_pack import read_own_pack
from vertaug.report.content import build_content
from vertaug.report.content_indications import indication_part
from vertaug.report.render_html import render_html
from vertaug.report.render_pdf import render_pdf
from vertaug.report.style import Mark

FACTS = {
    "fx.etiology": "osteoporotic",
    "fx.edema": True,
    "sx.trend": "worse",
    "sx.nrs_now": 4,
    "lab.inr": 2.2,
    "onc.epidural_grade": 1,
}


def panel(**more):
    values = {**FACTS, **{name.replace("__", "."): value for name, value in more.items()}}
    facts = PatientFacts.of(Fact(definition=define_fact(n), value=v) for n, v in values.items())
    return describe_panel(weigh_indications(facts, read_own_pack(), on=date(2026, 11, 30)))


def tables(part):
    return {table.title: table for table in (part.key, *part.tables, *part.appendix)}


def first_column(table):
    return [row[0].text for row in table.rows]


def test_the_order_of_the_panel():
    titles = list(tables(indication_part(panel(), "L1")))
    assert titles[:8] == [
        "Emergencies",
        "Absolute contraindications",
        "Relative contraindications, and what would clear them",
        "Reasons for",
        "Reasons against",
        "What each body says of this patient",
        "Criteria of payers and national bodies",
        "Missing facts, first what would change most",
    ]
    assert titles.index("Tasks") == 8
    assert titles[-1] == "Rules that are off"


def test_both_sides_of_a_conflict_and_the_sham_review_are_shown():
    found = tables(indication_part(panel(), "L1"))
    assert "F03" in first_column(found["Reasons for"])
    against = first_column(found["Reasons against"])
    assert {"G03", "G05"} <= set(against)
    bodies = found["What each body says of this patient"]
    cochrane = next(row for row in bodies.rows if row[0].text.startswith("Cochrane"))
    assert "0.7 of 10" in cochrane[2].text


def test_what_would_clear_and_what_is_not_verified():
    table = tables(indication_part(panel(), "L1"))[
        "Relative contraindications, and what would clear them"
    ]
    rows = {row[0].text: row for row in table.rows}
    assert "Cleared by: INR at or below 1.5" in rows["C01"][2].detail
    assert rows["C01"][1].chip == "consensus"
    assert rows["C06"][2].mark is Mark.UNVERIFIED
    assert rows["C02"][1].chip == "not excluded"
    assert "platelets" in rows["C02"][2].detail


def test_gates_are_boxed_and_nothing_else_is():
    part = indication_part(panel(), "L1")
    boxed = [title for title, table in tables(part).items() if table.boxed]
    assert boxed == ["Criteria of payers and national bodies"]
    for title, table in tables(part).items():
        if title not in {*boxed, "Rules that are off"}:
            assert not {"P01", "P02", "P03"} & set(first_column(table))


def test_no_verdict_anywhere():
    part = indication_part(panel(), "L1")
    said = " ".join(
        f"{cell.text} {cell.detail} {cell.chip}"
        for table in tables(part).values()
        for row in table.rows
        for cell in row
    ).lower()
    assert "indicated: yes" not in said
    assert "recommended" not in said
    assert "never one verdict" in " ".join(part.limits.paragraphs)


@pytest.fixture
def with_panel(report_input):
    return lambda **more: replace(report_input, indications=panel(**more))


def test_an_emergency_stands_at_the_top_of_the_report(with_panel):
    calm = build_content(with_panel())
    assert "none holds (3 not excluded" in calm.status.advice[0]
    content = build_content(with_panel(neuro__cauda_equina=True))
    assert content.status.text.startswith("EMERGENCY")
    assert content.status.mark is Mark.CUT
    assert content.indications.key.urgent
    assert not calm.indications.key.urgent


def test_without_facts_there_is_no_section(report_input):
    assert build_content(report_input).indications is None
    assert "Indications" not in render_html(build_content(report_input), ())


def test_both_pages_hold_it_before_the_pictures(with_panel):
    content = build_content(with_panel(inf__sepsis=True))
    page = render_html(content, ())
    assert page.index("Indications, L1") < page.index("All levels")
    for words in ("RCT-sham", "unverified", "Criteria of payers", "Cochrane review"):
        assert words in page
    assert render_pdf(content, ()).startswith(b"%PDF")
