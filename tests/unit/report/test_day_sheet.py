"""The sheet on paper: four pages, nothing ticked, warned on every page, marked where recalled."""

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from vertaug.case.case_file import CaseDocument
from vertaug.case.errors import InputError
from vertaug.case.plan import Procedure
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact, read_definitions
from vertaug.procedure_day.day_sheet import WATERMARK, DayChoice, compose_day_sheet
from vertaug.report.day_content import describe_day
from vertaug.report.day_needle import needle_block
from vertaug.report.day_sheet import day_tree, render_day_html, render_day_pdf, write_day_sheet
from vertaug.report.inputs import DISCLAIMER

DAY = date(2026, 3, 2)
CASE = Path(__file__).parents[1] / "procedure_day" / "planned_case.json"


def facts(**known):
    made = [
        Fact(definition=define_fact(key.replace("__", ".")), value=value, dated=DAY)
        for key, value in known.items()
    ]
    return PatientFacts.of(made)


def everything():
    """Each fact at a value that says most: yes, the highest number, the longest choice."""
    found = []
    for definition in read_definitions().values():
        value = True
        if definition.choices:
            value = max(definition.choices, key=len)
        elif definition.high is not None:
            value = float(definition.high)
        found.append(Fact(definition=definition, value=value, dated=date(2020, 1, 1)))
    known = PatientFacts.of(found)
    return known.with_facts(facts(fx__level="L1", patient__weight_kg=62.5).facts.values())


@pytest.fixture(scope="module")
def day_case():
    """The content of ``case.json`` with two plans of each procedure."""
    return json.loads(CASE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def document(day_case):
    return CaseDocument.model_validate(day_case)


@pytest.fixture(params=["nothing", "some", "everything"])
def known(request):
    return {
        "nothing": PatientFacts.of(()),
        "some": facts(patient__weight_kg=50.0, patient__frail=False, patient__age_y=60.0),
        "everything": everything(),
    }[request.param]


@pytest.fixture(params=list(Procedure), ids=str)
def sheet(request, document, known):
    choice = DayChoice(procedure=request.param, on=DAY, cement="medium_viscosity")
    return compose_day_sheet(document, known, choice, "case-1")


def pages_of(pdf):
    """How many pages a PDF has, by the count of its page tree."""
    return max(int(n) for n in re.findall(rb"/Count (\d+)", pdf))


def test_four_pages_whatever_is_known(sheet):
    assert pages_of(render_day_pdf(sheet)) == 4


def test_the_same_sheet_gives_the_same_bytes(sheet):
    assert render_day_pdf(sheet) == render_day_pdf(sheet)
    assert render_day_html(sheet) == render_day_html(sheet)


def test_every_page_warns_and_names_the_level(sheet):
    pages = render_day_html(sheet).split('<main class="page')[1:]
    assert len(pages) == 4
    for page in pages:
        assert page.count(WATERMARK) == 2
        assert page.count(DISCLAIMER) == 2
        assert '<span class="level">L1</span>' in page


class Boxes(HTMLParser):
    """Finds boxes, and anything that loads or runs."""

    def __init__(self):
        super().__init__()
        self.checked = []
        self.loads = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if given.get("role") == "checkbox":
            self.checked.append(given["aria-checked"])
        if tag in {"script", "link", "img", "iframe", "input"} or "src" in given or "href" in given:
            self.loads.append(tag)


def test_no_box_is_ticked_and_nothing_is_loaded(sheet):
    boxes = Boxes()
    boxes.feed(render_day_html(sheet))
    assert len(boxes.checked) > 50
    assert set(boxes.checked) == {"false"}
    assert boxes.loads == []


def test_recalled_values_are_marked(sheet):
    html = render_day_html(sheet)
    assert html.count('<span class="tag">unverified</span>') > 20
    for words in ("Midazolam", "lipid emulsion in the room", "At most 25 to 30 ml"):
        after = html[html.index(words) :]
        assert "unverified" in after[: after.index("</li>")]


def test_ceilings_are_not_orders(sheet):
    html = render_day_html(sheet)
    assert "ceiling, not an order" in html or "NO CEILING WITHOUT A WEIGHT" in html
    assert not re.search(r"\b(give|administer|inject) \d", html, re.IGNORECASE)
    assert "recommended" not in html.lower()


def test_words_of_a_file_do_not_become_html(document):
    choice = DayChoice(procedure=Procedure.KYPHOPLASTY)
    sheet = compose_day_sheet(document, facts(), choice, "<script>x</script>")
    assert "<script>" not in render_day_html(sheet)


def test_no_weight_no_number(document):
    sheet = compose_day_sheet(document, facts(), DayChoice(procedure=Procedure.KYPHOPLASTY))
    html = render_day_html(sheet)
    assert "WEIGH FIRST" in html
    assert not re.search(r"\d ml of [\d.]+ %", html)


def blocks_of(sheet):
    return [
        block
        for page in describe_day(sheet).pages
        for block in (*page.top, *page.left, *page.right, *page.bottom)
    ]


def words_of(sheet, title):
    """All words of the block whose title starts so."""
    (block,) = [one for one in blocks_of(sheet) if one.title.startswith(title)]
    cells = [cell for row in (block.columns, *block.rows) for cell in row]
    return " ".join((block.title, *(line.text for line in block.lines), *cells, block.note))


def test_the_volume_of_the_cement_is_in_all(document):
    sheet = compose_day_sheet(document, facts(), DayChoice(procedure=Procedure.VERTEBROPLASTY))
    tile = next(t for t in describe_day(sheet).pages[0].tiles if t.label == "Cement planned")
    assert (tile.value, tile.after) == ("5.0 ml", "IN ALL")
    assert "both sides together" in tile.detail
    assert "IN ALL" in render_day_html(sheet)


def test_a_share_of_broken_walls_is_a_count_with_its_walls(document):
    sheet = compose_day_sheet(document, facts(), DayChoice(procedure=Procedure.VERTEBROPLASTY))
    needles = describe_day(sheet).pages[0].top[0]
    row = next(row for row in needles.rows if "wall broken" in row[0])
    for cell in row[1:]:
        assert re.fullmatch(r"\d+ of 192 runs", cell)
    assert "canal, pedicle, endplates, front wall, neighbour" in needles.note


@pytest.mark.parametrize(
    ("share", "said"), [(0.0, "0 of"), (0.0001, "1 of"), (1 / 192, "1 of"), (0.5, "96 of")]
)
def test_a_small_share_of_broken_walls_is_never_none(document, share, said):
    sheet = compose_day_sheet(document, facts(), DayChoice(procedure=Procedure.VERTEBROPLASTY))
    needles = tuple(replace(n, breach_probability=share) for n in sheet.plan.needles)
    block = needle_block(replace(sheet.plan, needles=needles))
    row = next(row for row in block.rows if "wall broken" in row[0])
    assert row[1].startswith(said)


def test_above_the_ceiling_is_printed(document):
    known = facts(patient__weight_kg=50.0, patient__frail=False, patient__age_y=60.0)
    sheet = compose_day_sheet(document, known, DayChoice(procedure=Procedure.VERTEBROPLASTY))
    said = words_of(sheet, "After Lidocaine")
    assert "ABOVE CEILING" in said
    assert " 0.0 ml" not in said


def test_dough_is_judged_by_eye_and_the_literature_stands_beside(document):
    choice = DayChoice(procedure=Procedure.VERTEBROPLASTY, cement="low_viscosity")
    said = words_of(compose_day_sheet(document, facts(), choice), "Cement clock")
    assert "JUDGED BY EYE" in said
    assert "LIQUID until 5.1 min" in said
    assert "in all 8.5 min" in said
    assert "Simulation" not in said
    assert "stop sign" not in said


def test_the_risks_of_a_tumour_stand_at_the_head_and_beside_the_cement(document):
    known = facts(
        fx__etiology="myeloma",
        onc__sins=11.0,
        onc__epidural_grade=1.0,
        onc__cortex_destroyed=True,
        thrombosis__vte_3mo=True,
    )
    sheet = compose_day_sheet(document, known, DayChoice(procedure=Procedure.KYPHOPLASTY))
    said = " ".join(describe_day(sheet).warnings)
    for words in (
        "Tumour (myeloma)",
        "SINS 11",
        "Bilsky 1",
        "DESTROYED",
        "unknown: posterior wall",
    ):
        assert words in said
    assert "Thrombosis: venous thrombosis" in said
    assert "DESTROYED" in words_of(sheet, "STOP the cement")
    rates = words_of(sheet, "What to look for")
    assert "myeloma" in rates
    assert "TUMOUR: transient up to 10 %" in rates


def test_signs_of_a_tumour_without_one_name_the_cause_that_was_given(document):
    known = facts(fx__etiology="osteoporotic", onc__cortex_destroyed=True)
    choice = DayChoice(procedure=Procedure.KYPHOPLASTY)
    said = " ".join(describe_day(compose_day_sheet(document, known, choice)).warnings)
    assert "Tumour (cause given as osteoporotic): cortex DESTROYED" in said


def test_a_level_that_nobody_gave_stands_at_the_head(document):
    choice = DayChoice(procedure=Procedure.KYPHOPLASTY)
    warnings = describe_day(compose_day_sheet(document, facts(), choice)).warnings
    assert "Level of the fracture: not given, count and examine." in warnings
    given = describe_day(compose_day_sheet(document, facts(fx__level="L1"), choice)).warnings
    assert not any("not given" in line for line in given)


def test_no_raw_name_of_a_fact_is_printed(sheet):
    names = [name for name in read_definitions() if "." in name]
    html = render_day_html(sheet)
    assert [name for name in names if name in html] == []


def test_golden_numbers_on_paper(document):
    known = facts(patient__weight_kg=50.0, patient__frail=False, patient__age_y=60.0)
    sheet = compose_day_sheet(document, known, DayChoice(procedure=Procedure.VERTEBROPLASTY))
    html = render_day_html(sheet)
    assert "225 mg" in html
    assert "22.5 ml of 1 %" in html
    assert "40.0 ml of 0.25 %" in html


def test_right_and_left_stand_on_the_needles(document):
    sheet = compose_day_sheet(document, facts(), DayChoice(procedure=Procedure.KYPHOPLASTY))
    needles = describe_day(sheet).pages[0].top[0]
    assert needles.columns == ("", "RIGHT  10G", "LEFT  10G")
    assert needles.rows[0][1:] == ("32 mm right, 5 mm headward", "32 mm left, 5 mm headward")


def test_a_plan_that_cuts_a_margin_is_shouted(document):
    choice = DayChoice(procedure=Procedure.VERTEBROPLASTY, plan=2)
    warnings = describe_day(compose_day_sheet(document, facts(), choice)).warnings
    assert any("NOT keep every margin" in line and "anterior wall" in line for line in warnings)


def test_a_procedure_that_nobody_chose_is_said(document):
    warnings = describe_day(compose_day_sheet(document, facts(), DayChoice())).warnings
    assert "not chosen by hand" in warnings[0]


def test_a_case_without_a_plan_prints_blanks(day_case):
    document = CaseDocument.model_validate({**day_case, "planning": None})
    sheet = compose_day_sheet(document, facts(), DayChoice(procedure=Procedure.KYPHOPLASTY))
    assert "Not planned in this case" in render_day_html(sheet)
    assert pages_of(render_day_pdf(sheet)) == 4


def test_as_data(sheet):
    tree = json.loads(json.dumps(day_tree(sheet), allow_nan=False))
    assert tree["schema_version"] == 1
    assert tree["watermark"] == WATERMARK
    assert tree["disclaimer"] == DISCLAIMER
    assert tree["plan"]["level"] == "L1"
    first = tree["checklist"][0]
    assert first["item"]["evidence"]["status"] == "design default"
    assert "done" not in first


def test_three_files_or_one(sheet, tmp_path):
    made = write_day_sheet(sheet, tmp_path / "day")
    assert [p.name for p in made] == ["day_sheet.html", "day_sheet.pdf", "day_sheet.json"]
    (only,) = write_day_sheet(sheet, tmp_path / "one.pdf")
    assert only.read_bytes().startswith(b"%PDF")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["day", "one.pdf"]
    with pytest.raises(InputError, match=r"\.html, \.pdf or \.json"):
        write_day_sheet(sheet, tmp_path / "sheet.docx")


def test_the_day_may_be_blank(sheet):
    assert describe_day(sheet).on == "2026-03-02"
    assert "____" in describe_day(replace(sheet, on=None)).on
