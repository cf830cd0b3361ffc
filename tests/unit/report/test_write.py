import re
import shutil
import subprocess
import sys
from dataclasses import replace
from filecmp import cmp
from html import unescape
from html.parser import HTMLParser

import pytest

from vertaug.case.errors import MissingExtraError, StorageError
from vertaug.report import DISCLAIMER, write_report
from vertaug.report.content_status import UNCHECKED


class References(HTMLParser):
    """Collects whatever a browser would fetch or run."""

    def __init__(self):
        super().__init__()
        self.found, self.tags = [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.found += [v for k, v in attrs if k in {"src", "href", "srcset", "data", "action"}]


@pytest.fixture(scope="module")
def written(report_input, tmp_path_factory):
    return write_report(report_input, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def page(written):
    return written.html.read_text(encoding="utf-8")


def test_page_needs_nothing_but_itself(page):
    parser = References()
    parser.feed(page)
    assert len(parser.found) == 8
    assert all(v.startswith("data:image/png;base64,") for v in parser.found)
    assert not parser.tags & {"script", "link", "iframe", "object"}
    assert not re.search(r"url\(|@import|https?://", page)


def test_page_holds_disclaimer_and_numbers(page, planning, assessment):
    text = unescape(re.sub(r"<[^>]+>", " ", page.split("</style>")[1]))
    assert text.count(DISCLAIMER) >= 3  # top, under the title, foot
    assert DISCLAIMER in page.split("</style>")[0]  # the foot of each printed page
    path = planning.plans[0].paths[0]
    for value in (
        f"{assessment.levels['L1'].heights_mm.anterior:.1f}",
        f"{path.length_mm:.1f} mm",
        "17° to right",
        "4.40 ml",
        "range 3.3–5.5 ml; see Notes",
        "24 mm left",
        UNCHECKED,
    ):
        assert value in text


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_every_pdf_page_carries_the_disclaimer(written, planning):
    out = subprocess.run(
        ["pdftotext", "-layout", str(written.pdf), "-"], check=True, capture_output=True, text=True
    ).stdout
    pages = out.split("\f")[:-1]
    assert 3 <= len(pages) <= 8
    assert all(DISCLAIMER in p for p in pages)
    path = planning.plans[0].paths[0]
    for value in (
        f"{path.length_mm:.1f} mm",
        "17° to right",
        "Margins in mm",
        "grade 2 (moderate)",
    ):
        assert value in pages[0]
    assert "which this scan cannot tell" in " ".join(pages[0].split())  # nothing runs over
    assert "All levels" in out
    assert "cut by the lower edge" in " ".join(out.split())


def test_pdf_pages_are_counted_without_outside_tools(written):
    data = written.pdf.read_bytes()
    assert data.startswith(b"%PDF-")
    pages = re.search(rb"/Type/Pages/Count (\d+)", data)
    assert pages is not None
    assert 3 <= int(pages[1]) <= 8


def test_two_runs_give_the_same_bytes(written, report_input, tmp_path):
    again = write_report(report_input, tmp_path)
    assert cmp(again.html, written.html, shallow=False)
    assert cmp(again.pdf, written.pdf, shallow=False)
    assert {p.name for p in tmp_path.rglob("*") if p.is_file()} == {
        "report.html", "report.pdf", "key.png", "spine.png",
        "needle_left.png", "needle_right.png", "solid.png",
        "fluoroscopy.png", "needle_steps_left.png", "needle_steps_right.png",
    }  # fmt: skip


def test_unsafe_case_without_pdf(report_input, unsafe_planning, tmp_path):
    case = replace(report_input, planning=unsafe_planning)
    files = write_report(case, tmp_path, pdf=False)
    assert files.pdf is None
    assert not (tmp_path / "report.pdf").exists()
    text = files.html.read_text(encoding="utf-8")
    assert "NO PATH KEEPS ALL BONE AND CANAL MARGINS" in text.split("<main>")[1][:700]
    assert "13 G fits" in text


def test_measured_only_and_no_fracture(report_input, assessment, tmp_path):
    nothing = replace(assessment, level=None, level_source="no level is fractured")
    case = replace(report_input, planning=None, assessment=nothing)
    files = write_report(case, tmp_path)
    assert [p.name for p in files.figures] == ["key.png"]
    assert "No fractured level found" in files.html.read_text(encoding="utf-8")


@pytest.mark.parametrize("module", ["jinja2", "typst", "matplotlib", "skimage"])
def test_a_missing_extra_is_named_and_nothing_is_written(
    module, report_input, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r'pip install "vertaug\[report\]"'):
        write_report(report_input, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_way_is_a_storage_error(report_input, tmp_path):
    (tmp_path / "out").write_text("in the way")
    case = replace(report_input, planning=None)
    with pytest.raises(StorageError, match="out"):
        write_report(case, tmp_path / "out", pdf=False)


def test_markup_in_a_name_is_shown_not_run(report_input, tmp_path):
    odd = replace(report_input.provenance, case_name="<b>#x[y]</b>", created="2026-01-02")
    files = write_report(replace(report_input, provenance=odd, planning=None), tmp_path)
    assert "<b>#x" not in files.html.read_text(encoding="utf-8")
