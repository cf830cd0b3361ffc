"""What can be scored, and what is refused."""

import re

import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.prom.instrument import find_instrument, list_instruments, list_refused

IDS = (
    *("nrs_now", "nrs_rest", "nrs_move", "vas_mm", "rmdq24", "rdq23", "odi"),
    *("rand36", "eq5d5l", "qualeffo41", "tug_s", "peg", "pgic"),
)
WITHOUT_TEXT = {"odi", "eq5d5l", "qualeffo41", "rdq23", "peg", "pgic"}


def test_the_instruments_of_the_reference_are_there():
    assert tuple(one.id for one in list_instruments()) == IDS


@pytest.mark.parametrize("name", IDS)
def test_every_score_has_items_and_every_item_counts_somewhere(name):
    one = find_instrument(name)
    ids = [item.id for item in one.items]
    assert len(set(ids)) == len(ids)
    assert set(ids) == {item for scale in one.scales for item in scale.items}
    assert one.licence
    assert one.missing_rule
    assert one.source
    for item in one.items:
        answers = round(item.high - item.low) + 1
        assert len(item.options) in {0, answers}
        assert len(item.points) in {0, answers}
    assert {t.score for t in one.mcid} <= set(one.scores)
    assert all(t.source and t.value > 0 for t in one.mcid)


def test_text_ships_only_where_the_licence_allows_it():
    assert {one.id for one in list_instruments() if not one.has_text} == WITHOUT_TEXT
    for name in WITHOUT_TEXT:
        one = find_instrument(name)
        assert not any(item.text or item.options or item.stem for item in one.items)
        assert one.instructions == ""


def test_sizes_are_the_published_ones():
    sizes = {one.id: len(one.items) for one in list_instruments()}
    assert (sizes["rmdq24"], sizes["rdq23"], sizes["odi"]) == (24, 23, 10)
    assert (sizes["rand36"], sizes["eq5d5l"], sizes["qualeffo41"], sizes["peg"]) == (36, 6, 41, 3)
    # RAND, table 2
    rand = find_instrument("rand36")
    assert [len(scale.items) for scale in rand.scales] == [10, 4, 3, 4, 5, 2, 2, 5, 1]
    assert len(rand.scores) == 9
    # Lips 1999: pain 5, physical 17, social 7, general health 3, mental 9
    qualeffo = find_instrument("qualeffo41")
    assert [len(scale.items) for scale in qualeffo.scales] == [5, 17, 7, 3, 9, 41]
    assert qualeffo.status == "recalled"


def test_credit_lines_stand_with_the_texts():
    assert "developed at RAND as part of the Medical Outcomes Study" in (
        find_instrument("rand36").attribution
    )
    roland = find_instrument("rmdq24").attribution
    assert "Spine 1983;8:141-144" in roland
    assert "Spine 2000;25:3115-3124" in roland


def test_direction_and_scale_tell_the_instruments_apart():
    worse = {one.id: one.scales[0].worse for one in list_instruments()}
    assert worse["rmdq24"] == worse["odi"] == worse["qualeffo41"] == worse["tug_s"] == "up"
    assert worse["rand36"] == worse["eq5d5l"] == worse["pgic"] == "down"
    assert find_instrument("rmdq24").scale != find_instrument("rdq23").scale
    assert find_instrument("nrs_now").scale != find_instrument("vas_mm").scale


def test_spelling_does_not_matter():
    assert find_instrument("RAND-36").id == "rand36"
    assert find_instrument("EQ-5D-5L").id == "eq5d5l"
    assert find_instrument("NRS_now").id == "nrs_now"


@pytest.mark.parametrize(
    ("name", "near"), [("rmdq", "rmdq24, rdq23"), ("oddi", "odi"), ("nrs", "nrs_now")]
)
def test_unknown_ones_name_their_neighbours(name, near):
    with pytest.raises(InputError, match=f"no instrument '{name}'; did you mean.*{near}"):
        find_instrument(name)


def test_what_is_like_nothing_lists_all():
    with pytest.raises(InputError, match="known are nrs_now, nrs_rest"):
        find_instrument("zzzz")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("SF-36v2", "QualityMetric licence"),
        ("sf36", "free first version is rand36"),
        ("SF-12", "QualityMetric licence"),
        ("PROMIS PF-6b", "may not be redistributed"),
        ("EQ-5D-3L", "other states and value sets"),
    ],
)
def test_licensed_ones_are_refused_with_the_reason(name, reason):
    with pytest.raises(InputError, match=f"'{re.escape(name)}' cannot be scored here.*{reason}"):
        find_instrument(name)


def test_nothing_is_both_known_and_refused():
    assert {name for name, _ in list_refused()}.isdisjoint(one.id for one in list_instruments())


def test_items_and_scores_are_found_by_name():
    rand = find_instrument("rand36")
    assert rand.find_item("q23").text == "Did you feel full of pep?"
    assert rand.find_scale("pain").items == ("q21", "q22")
    with pytest.raises(InputError, match="no item 'q37'; expected q1 to q36"):
        rand.find_item("q37")
    with pytest.raises(InputError, match="no score 'pcs'; it has physical_functioning"):
        rand.find_scale("pcs")
