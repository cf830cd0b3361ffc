"""The indication panel in the report: emergencies first, both sides, gates in their own box."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from vertaug.indications.antithrombotic import AntithromboticUse
from vertaug.indications.antithrombotic_fact import AntithromboticRecord
from vertaug.indications.fact import Fact
from vertaug.indications.hold_plan import HoldPlan
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


def panel(holds=None, **more):
    values = {**FACTS, **{name.replace("__", "."): value for name, value in more.items()}}
    facts = PatientFacts.of(Fact(definition=define_fact(n), value=v) for n, v in values.items())
    return describe_panel(
        weigh_indications(facts, read_own_pack(), on=date(2026, 11, 30), holds=holds)
    )


def tables(part):
    return {table.title: table for table in (part.key, *part.tables, *part.appendix)}


def first_column(table):
    return [row[0].text for row in table.rows]


def test_the_order_of_the_panel():
    titles = list(tables(indication_part(panel(), "L1")))
    assert titles[:9] == [
        "Emergencies",
        "Absolute contraindications",
        "Relative contraindications, and what would clear them",
        "Reasons for",
        "Reasons against",
        "What each body says of this patient",
        "Scores",
        "Criteria of payers and national bodies",
        "Missing facts, first what would change most",
    ]
    assert titles.index("Tasks") == 9
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


def test_a_criterion_made_for_others_says_so_and_asks_for_nothing():
    table = tables(indication_part(panel(fx__etiology="traumatic"), "L1"))[
        "Criteria of payers and national bodies"
    ]
    for name, state, said in table.rows:
        assert state.chip == "does not apply", name.text
        assert said.text == "Made for other patients: does not apply."
        assert "Missing" not in said.detail


def test_how_to_read_it_stands_first_on_the_page(with_panel):
    content = build_content(with_panel())
    assert content.indications.limits_first
    page = render_html(content, ())
    start = page.index('<h1 class="part">Indications')
    assert page.index("How to read this", start) < page.index("<h2>Emergencies</h2>", start)
    assert page[start:].count("never one verdict") == 1


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


def hold(drug, dose, *, is_whole=True):
    uses = (AntithromboticUse(drug=drug, last_dose=dose),)
    record = AntithromboticRecord(uses=uses, is_whole=is_whole)
    return HoldPlan(record=record, procedure=datetime(2026, 12, 1, 10, 30))


def test_blood_thinners_stand_after_the_contraindications_with_time_and_source():
    holds = hold("apixaban", datetime(2026, 11, 30, 8), is_whole=False)
    found = tables(indication_part(panel(holds), "L1"))
    assert list(found)[3] == "Blood thinners"
    table = found["Blood thinners"]
    drug, state, when, listed, restart = table.rows[0]
    assert (drug.text, state.chip, when.text) == ("apixaban", "not complete", "2026-12-03 08:00")
    assert (listed.text, listed.mark) == ("3 days", Mark.UNVERIFIED)
    assert "held 26.5 h" in listed.detail
    assert "the INR does not measure its effect" in listed.detail
    assert restart.detail.startswith("PAUSE")
    assert "No advice to stop a drug" in table.lead
    assert "others is not known" in table.note
    assert "Blood thinners" not in tables(indication_part(panel(), "L1"))


def test_whom_to_ask_is_among_the_tasks():
    found = tables(indication_part(panel(hold("aspirin", None)), "L1"))
    tasks = [row[2].text for row in found["Tasks"].rows]
    assert any("mechanical heart valve: unknown; find out" in task for task in tasks)


def test_scores_show_their_range_and_what_it_depends_on():
    found = tables(indication_part(panel(fx__of_type=2), "L1"))
    rows = {row[0].text: row for row in found["Scores"].rows}
    score = rows["modified OF score"]
    assert score[1].text == "-1 to 10"
    assert score[2].detail.startswith("Depends on: T-score")
    assert "Card value, unknown counted as 0" in score[2].detail
    body = {row[0].text: row for row in found["What each body says of this patient"].rows}
    own = next(row for name, row in body.items() if name.startswith("Modified OF score"))
    assert "-1 to 10 by what is known" in own[2].detail


def test_a_share_of_the_posterior_wall_is_said_in_words():
    found = tables(indication_part(panel(fx__of_type=3), "L1"))["Facts used"]
    wall = next(row for row in found.rows if row[0].text == "posterior wall")
    assert wall[1].text == "more than a fifth"
    assert wall[2].text.startswith("derived; OF 3")
