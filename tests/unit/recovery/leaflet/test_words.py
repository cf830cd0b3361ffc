"""The word files: same keys, same figures in both languages, no number outside the figures."""

import re
import tomllib
from importlib.resources import files

import pytest

from vertaug.case.errors import FormatError, InputError
from vertaug.case.source_status import SourceStatus
from vertaug.recovery.activity_plan import plan_activity
from vertaug.recovery.leaflet.figure import LeafletFigure, read_figures
from vertaug.recovery.leaflet.leaflet import read_structure
from vertaug.recovery.leaflet.wording import LANGUAGES, PLACE, name_level, read_words
from vertaug.recovery.red_flag import read_flags
from vertaug.recovery.time_shift import read_local_time, read_zone

DATA = files("vertaug.recovery.leaflet").joinpath("data")
PROMISES = (
    "immediate relief", "immediate pain relief", "ensure", "excellent", "guarantee",
    "safe and effective", "completely safe", "pain-free", "painless", "miracle", "breakthrough",
    "recommended", "we recommend", "cure", "100%", "always helps", "prevents further",
    "restores your height", "risk-free", "no risk", "proven",
)  # fmt: skip
NAMES = {"hi", "mSv", "L1", "C", "F", "en"}


def tree(language):
    return tomllib.loads(DATA.joinpath(f"leaflet_{language}.toml").read_text("utf-8"))


def shape(value):
    """Keys, lengths and the figures that each text asks for."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value]
    return sorted(PLACE.findall(value))


def texts(value):
    if isinstance(value, dict):
        value = list(value.values())
    return [t for part in value for t in texts(part)] if isinstance(value, list) else [value]


def test_both_languages_have_one_structure_and_the_same_figures():
    english, hindi = shape(tree("en")), shape(tree("hi"))
    assert english.keys() == hindi.keys()
    for part in english:
        assert english[part] == hindi[part], part


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_stands_in_a_text(language):
    assert [t for t in texts(tree(language)) if re.search(r"\d", t)] == []


def test_every_figure_is_used_and_every_one_asked_for_exists():
    asked = {name for text in texts(tree("en")) for name in PLACE.findall(text)}
    charted = {n for s in read_structure() for b in s["blocks"] for n in b.get("figures", ())}
    known = set(read_figures().figures)
    words = {"level", "level_words", "loss_words", "side_words", "other_levels", "edited"}
    format_words = {"count", "whole", "value", "low", "high", "number", "page", "pages", "text"}
    assert asked - known <= words | format_words
    assert known - asked - charted == set()


def test_hindi_is_in_hindi():
    """No Latin word is left but names; every text has letters of Devanagari."""
    found = tree("hi")
    both = found["page"].pop("unreviewed")
    assert "Translation not yet reviewed by a clinician" in both
    assert re.search("[\u0900-\u097f]", both)
    latin = {
        word
        for text in texts(found)
        for word in re.findall("[A-Za-z]+", PLACE.sub("", text))
        if word not in NAMES
    }
    assert latin == set()
    patterns = set(found.pop("say").values()) | {found.pop("language")}
    for text in texts(found):
        bare = PLACE.sub("", text).strip(" ()")
        assert not bare or re.search("[\u0900-\u097f]", bare) or text in patterns, text


@pytest.mark.parametrize("promise", PROMISES)
def test_nothing_is_promised(promise):
    said = " ".join(texts(tree("en"))).lower()
    assert promise not in said


def test_hindi_promises_nothing():
    said = " ".join(texts(tree("hi")))
    for promise in ("तुरंत आराम", "गारंटी", "पक्का इलाज", "पूरी तरह सुरक्षित", "चमत्कार"):
        assert promise not in said


def test_unchecked_rates_have_a_star_and_unchecked_times_say_about():
    words = {language: read_words(language) for language in LANGUAGES}
    for figure in read_figures().figures.values():
        for language, about in (("en", "about"), ("hi", "लगभग")):
            said = words[language].say_figure(figure)
            assert said.endswith("*") is figure.starred, figure.name
            assert (about in said) is not (figure.checked or figure.starred), figure.name
        assert figure.source in read_figures().sources
    figures = read_figures().figures
    assert figures["infection"].starred
    assert figures["cafe_usual"].starred
    assert not figures["food_hours"].starred
    assert not any(f.starred for f in figures.values() if f.status is SourceStatus.DESIGN_DEFAULT)


def test_the_leaflet_and_the_follow_up_sheet_say_the_same():
    start = read_local_time("2026-12-01T10:30", read_zone("Asia/Kolkata"))
    sheet = plan_activity(start).values
    figures = read_figures().figures
    same = {
        "flat_hours": "lie_flat_hours", "walk_minutes": "walk_minutes", "lift_kg": "lift_kg",
        "drive_days": "no_driving_days", "plaster_hours": "plaster_hours",
        "ice_minutes": "ice_minutes", "brace_weeks": "brace_weeks", "lift_weeks": "lift_weeks",
    }  # fmt: skip
    for name, other in same.items():
        assert figures[name].low == figures[name].high == sheet[other].value, name
    fever = next(sign for sign in read_flags() if sign.key == "fever_or_chills").words
    assert f"{figures['fever_c'].low:.1f} °C ({figures['fever_f'].low:.1f} °F)" in fever


@pytest.mark.parametrize(
    ("low", "high", "whole", "below", "status", "english", "hindi"),
    [
        (53, 53, 100, False, "verified", "53 of 100", "100 में से 53"),
        (1, 2, 100, False, "recalled", "1 to 2 of 100*", "100 में से 1 से 2*"),
        (1, 1, 100, True, "recalled", "1 of 100 or fewer*", "100 में से 1 या उससे कम*"),
        (0.7, 0.7, None, False, "verified", "0.7", "0.7"),
        (6, 12, None, False, "design default", "about 6 to 12", "लगभग 6 से 12"),
    ],
)
def test_how_figures_are_said(low, high, whole, below, status, english, hindi):
    known = SourceStatus(status)
    figure = LeafletFigure(
        name="x", low=low, high=high, whole=whole, below=below, status=known, source="", note=""
    )
    assert read_words("en").say_figure(figure) == english
    assert read_words("hi").say_figure(figure) == hindi


def test_impossible_figures_are_refused():
    fine = {"name": "x", "whole": None, "below": False, "source": "", "note": ""}
    with pytest.raises(FormatError, match="range"):
        LeafletFigure(low=2, high=1, status=SourceStatus.VERIFIED, **fine)


def test_charted_figures_are_checked_whole_numbers_of_one_hundred():
    figures = read_figures().figures
    for section in read_structure():
        for block in section["blocks"]:
            for name in block.get("figures", ()):
                figure = figures[name]
                assert figure.whole == 100
                assert figure.checked
                assert figure.low == figure.high == round(figure.low)
                assert f"{{{name}}}" in str(tree("en")["section"][section["key"]][block["key"]])


@pytest.mark.parametrize(
    ("name", "value", "whole"),
    [
        ("better_waiting", 229 / 431, 100), ("vapour_cement", 0.44, 100),
        ("vapour_pretend", 0.21, 100), ("invest_cement", 0.64, 100),
        ("invest_pretend", 0.48, 100), ("sink_cement", 11 / 91, 100), ("sink_usual", 35 / 85, 100),
        ("new_break_cement", 15 / 91, 100), ("new_break_usual", 21 / 85, 100),
        ("leak_vertebroplasty", 0.393, 100), ("leak_kyphoplasty", 0.289, 100),
        ("leak_vertebroplasty_other", 0.547, 100), ("leak_kyphoplasty_high", 0.4, 100),
        ("lung_seen", 34 / 1782, 100), ("drug_with", 0.086, 100), ("drug_without", 0.139, 100),
        ("new_break", 0.18, 100), ("surgery_again", 0.04, 100),
    ],
)  # fmt: skip
def test_rates_are_those_of_the_sources(name, value, whole):
    figure = read_figures().figures[name]
    assert figure.low == round(value * whole)
    assert figure.whole == whole


def test_names_of_levels():
    words = read_words("en")
    assert name_level(words, "L1") == "bone number 1 of your lower back (L1)"
    assert name_level(words, "T12") == "bone number 12 of the chest part of your back (T12)"
    assert name_level(words, "S1") == "the bone at the base of your back (S1)"
    assert "C3" in name_level(read_words("hi"), "C3")


def test_unknown_languages_keys_and_figures():
    with pytest.raises(InputError, match="en, hi"):
        read_words("fr")
    words = read_words("en")
    with pytest.raises(FormatError, match="no figure"):
        words.fill("{no_such_figure}", {})
    with pytest.raises(FormatError, match="lacks page"):
        words.word("page", "no_such_word")
    with pytest.raises(FormatError, match="lacks section"):
        words.section("wrong", "no_such_block")
