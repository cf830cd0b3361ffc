"""Questionnaires on paper."""

import re
import sys
from dataclasses import replace

import pytest

from vertaug.case.errors import InputError, MissingExtraError
from vertaug.recovery.prom.instrument import find_instrument, list_instruments
from vertaug.report.questionnaire import (
    build_sheet,
    join_sheets,
    render_questionnaire_html,
    render_questionnaire_pdf,
    write_questionnaire,
)

SHIPPED = [one.id for one in list_instruments() if one.has_text]


def sheet(name):
    return build_sheet(find_instrument(name))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_question_stands_on_the_sheet_once(name):
    instrument = find_instrument(name)
    made = build_sheet(instrument)
    printed = [text for block in made.blocks for _, text in block.rows]
    if name == "tug_s":
        assert printed[0].startswith("When I say")
        assert printed[1:] == [
            "Stand up from the chair.",
            "Walk to the line on the floor at your normal pace.",
            "Turn.",
            "Walk back to the chair at your normal pace.",
            "Sit down again.",
        ]
    else:
        assert printed == [item.text for item in instrument.items]
    assert made.by_patient == (name != "tug_s")
    assert made.credit == instrument.attribution


def test_rand_blocks_are_as_in_the_survey():
    blocks = sheet("rand36").blocks
    numbers = [(b.kind, b.rows[0][0], b.rows[-1][0]) for b in blocks]
    assert numbers == [
        ("choice", "1", "1"),
        ("choice", "2", "2"),
        ("grid", "3", "12"),
        ("grid", "13", "16"),
        ("grid", "17", "19"),
        ("choice", "20", "20"),
        ("choice", "21", "21"),
        ("choice", "22", "22"),
        ("grid", "23", "31"),
        ("choice", "32", "32"),
        ("grid", "33", "36"),
    ]
    assert blocks[2].options == (
        "Yes, limited a lot",
        "Yes, limited a little",
        "No, not limited at all",
    )
    assert blocks[4].stem.endswith("(such as feeling depressed or anxious)?")


def test_numbers_to_choose_from_are_those_that_are_scored():
    (block,) = sheet("nrs_rest").blocks
    assert (block.kind, block.values) == ("numbers", tuple(range(11)))
    assert block.options == ("no pain", "worst pain you can imagine")


def test_pain_scales_share_a_page_and_others_do_not():
    names = ("nrs_now", "nrs_rest", "nrs_move", "rmdq24", "vas_mm")
    joined = join_sheets(tuple(sheet(name) for name in names))
    assert [(s.title, s.name) for s in joined[:2]] == [
        ("Back pain", "nrs_now, nrs_rest, nrs_move"),
        ("Roland-Morris Disability Questionnaire", "rmdq24"),
    ]
    assert [len(s.blocks) for s in joined] == [3, 1, 1]


@pytest.mark.parametrize("name", ["odi", "eq5d5l", "qualeffo41", "peg"])
def test_what_must_not_be_printed_is_refused_with_its_licence(name):
    with pytest.raises(InputError, match=r"has no text here: .*[Nn]o text is shipped"):
        sheet(name)


def test_html_needs_nothing_but_itself_and_escapes():
    roland = sheet("rmdq24")
    odd = replace(roland, title="<b>& title")
    page = render_questionnaire_html((odd, sheet("vas_mm"), sheet("tug_s"), sheet("rand36")))
    assert "&lt;b&gt;&amp; title" in page
    assert not re.search(r"https?://|<script|src=", page)
    assert page.count('<i class="tick">') >= 24 + 1
    assert "I stay at home most of the time because of my back." in page
    assert "developed at RAND as part of the Medical Outcomes Study" in page
    assert "Research and teaching, not for clinical decisions" in page
    assert "width: calc(100mm + 1.3px)" in page


def test_pdf_is_the_same_every_time_and_has_its_pages():
    one = (sheet("rmdq24"), sheet("vas_mm"))
    pdf = render_questionnaire_pdf(one)
    assert pdf.startswith(b"%PDF")
    assert pdf == render_questionnaire_pdf(one)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2


def test_files(tmp_path):
    roland = (find_instrument("rmdq24"),)
    made = write_questionnaire(roland, tmp_path / "new" / "roland.pdf")
    assert made.read_bytes().startswith(b"%PDF")
    page = write_questionnaire(roland, tmp_path / "roland.html")
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_other_kinds_and_nothing_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"written as \.pdf or \.html; got 'x\.docx'"):
        write_questionnaire((find_instrument("rmdq24"),), tmp_path / "x.docx")
    with pytest.raises(InputError, match="name at least one"):
        write_questionnaire((), tmp_path / "x.pdf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "kind"), [("typst", "pdf"), ("jinja2", "html")])
def test_a_missing_extra_gives_the_install_line(tmp_path, monkeypatch, name, kind):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=rf'needs {name}.*pip install "vertaug\[report\]"'):
        write_questionnaire((find_instrument("rmdq24"),), tmp_path / f"x.{kind}")
