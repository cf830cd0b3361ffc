"""Both files: nothing from outside, marks on every page, alternative texts, the same bytes."""

import itertools
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from vertaug.case.errors import InputError
from vertaug.case.plan import Procedure
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.report.leaflet import write_leaflet
from vertaug.report.leaflet_html import render_leaflet_html
from vertaug.report.leaflet_pdf import render_leaflet_pdf
from vertaug.report.leaflet_picture import LeafletPictures, draw_leaflet_pictures

needs_pdftotext = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext is not installed"
)


@pytest.fixture(scope="module")
def drawn(leaflet_folder, simulated, shift):
    """Return a function that gives a leaflet with its pictures."""
    case, leaflet = simulated

    def draw(**wanted):
        made = leaflet(**wanted)
        return made, draw_leaflet_pictures(made, leaflet_folder, case, shift)

    return draw


def count_pages(pdf):
    return int(re.search(rb"/Count (\d+)", pdf)[1])


def pages(path):
    done = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True, text=True
    )
    return done.stdout.rstrip("\f").split("\f")


class Page(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("language", ["en", "hi"])
def test_page_needs_nothing_but_itself(drawn, language):
    html = render_leaflet_html(*drawn(language=language), large=False)
    page = Page(html)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object", "form", "a"}
    sources = [a["src"] for _, a in page.tags if "src" in a]
    assert sources
    assert all(source.startswith("data:") for source in sources)
    assert all(url.startswith("data:") for url in re.findall(r"url\(([^)]*)\)", html))
    bare = re.sub(r"data:[a-z/+]+;base64,[A-Za-z0-9+/=]+", "", html)
    assert "http" not in bare
    assert ("@font-face" in html) is (language == "hi")
    assert "&#34;" not in bare.split("</style>")[0]


@pytest.mark.parametrize("language", ["en", "hi"])
def test_page_is_accessible(drawn, language):
    leaflet, pictures = drawn(language=language)
    page = Page(render_leaflet_html(leaflet, pictures, large=False))
    assert page.tags[0] == ("html", {"lang": language})
    headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(headings))
    images = [a for tag, a in page.tags if tag == "img"]
    assert all("alt" in a for a in images)
    hidden = [a for a in images if not a["alt"]]
    assert len(hidden) == len(pictures.before) + len(pictures.after)
    labels = [a["aria-label"] for tag, a in page.tags if a.get("role") == "img"]
    assert labels == [leaflet.picture_alt(key) for key in ("picture_before", "picture_after")]
    said = " ".join(page.text)
    for text in leaflet.texts():
        assert text in said, text


def test_markup_is_no_phone_number(drawn):
    with pytest.raises(InputError, match="phone"):
        drawn(phone="<b>172 555 0100</b>")


def test_blank_or_phone(drawn):
    blank, filled = (
        render_leaflet_html(*drawn(phone=phone, emergency_phone=phone), large=False)
        for phone in ("", "0172 000")
    )
    assert '<span class="blank">' in blank
    assert '<span class="blank">' not in filled
    assert "0172 000" in filled


@needs_pdftotext
@pytest.mark.parametrize("language", ["en", "hi"])
@pytest.mark.parametrize("large", [False, True])
def test_every_pdf_page_says_what_it_is(drawn, tmp_path, language, large):
    leaflet, pictures = drawn(language=language, phone="0172 000")
    files = write_leaflet(leaflet, pictures, tmp_path, large=large)
    found = pages(files.pdf)
    assert len(found) == count_pages(files.pdf.read_bytes())
    for page in found:
        if language == "hi":
            assert "Translation not yet reviewed by a clinician" in page
        else:
            assert "Research and teaching, not for clinical decisions" in page
            assert "Translation" not in page
    whole = " ".join(" ".join(found).split())
    assert "0172 000" in whole
    assert "VERTOS II, Lancet 2010" in whole
    if language == "en":
        assert "Computer simulation." in whole
        assert "53 of 100" in whole


@pytest.mark.parametrize("cause", ["osteoporotic", "metastasis", "traumatic", None])
@pytest.mark.parametrize("language", ["en", "hi"])
def test_normal_print_fits_four_pages(drawn, cause, language):
    known = None
    if cause is not None:
        facts = (
            Fact(definition=define_fact("fx.etiology"), value=cause),
            Fact(definition=define_fact("med.antithrombotic_active"), value=True),
        )
        known = PatientFacts.of(facts)
    leaflet, pictures = drawn(language=language, facts=known)
    assert count_pages(render_leaflet_pdf(leaflet, pictures, large=False)) <= 4


@pytest.mark.parametrize("language", ["en", "hi"])
def test_large_print_begins_its_first_section_on_the_first_page(drawn, tmp_path, language):
    leaflet, pictures = drawn(language=language)
    path = tmp_path / "large.pdf"
    path.write_bytes(render_leaflet_pdf(leaflet, pictures, large=True))
    found = pages(path)
    assert len(found) <= 12
    if language == "en":
        assert "What is wrong?" in found[0]


def test_same_leaflet_same_bytes(drawn):
    leaflet, pictures = drawn()
    assert render_leaflet_pdf(leaflet, pictures, large=False) == render_leaflet_pdf(
        leaflet, pictures, large=False
    )
    assert render_leaflet_html(leaflet, pictures, large=True) == render_leaflet_html(
        leaflet, pictures, large=True
    )


def test_files_and_names(drawn, tmp_path):
    leaflet, pictures = drawn(language="hi", procedures=(Procedure.VERTEBROPLASTY,))
    files = write_leaflet(leaflet, pictures, tmp_path / "new", large=True)
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [
        "leaflet_hi_large.html", "leaflet_hi_large.pdf",
    ]  # fmt: skip
    assert files.pdf.read_bytes().startswith(b"%PDF-")
    assert files.html.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_pictures_that_are_missing_leave_no_gap(drawn):
    leaflet, pictures = drawn()
    bare = LeafletPictures(before=(), after=(), steps=pictures.steps)
    html = render_leaflet_html(leaflet, bare, large=False)
    assert "<figure" not in html
    assert render_leaflet_pdf(leaflet, bare, large=False).startswith(b"%PDF-")
