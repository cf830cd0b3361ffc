"""The modified OF score: golden vectors, every part, what is unknown."""

import pytest

from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.of_score import score_of
from vertaug.indications.score.score_table import read_scores

FRAILTY = read_scores()["frailty_index"].items


def facts_of(given):
    return PatientFacts.of(
        Fact(definition=define_fact(name), value=value) for name, value in given.items()
    )


SEVERE = {
    "fx.of_type": 3,
    "bone.tscore": -3.4,
    "fx.progression": True,
    "sx.vas_under_analgesia": 7,
    "neuro.ao_grade": "N0",
    "sx.mobilisation_possible": False,
    "patient.asa": 3,
    "med.anticoagulation": False,
    **dict.fromkeys(FRAILTY, False),
}
MILD = {
    "fx.of_type": 2,
    "bone.tscore": -2.0,
    "bone.hu_l1": 120,
    "fx.progression": False,
    "sx.vas_under_analgesia": 3,
    "neuro.ao_grade": "N0",
    "sx.mobilisation_possible": True,
    "patient.asa": 2,
    "med.anticoagulation": False,
    **dict.fromkeys(FRAILTY, False),
}


def points(result):
    return {part.name: part.points for part in result.parts}


def test_severe_fracture_by_hand():
    result = score_of(facts_of(SEVERE))
    assert list(points(result).values()) == [6, 1, 1, 1, 0, 1, 0]
    assert (result.value, result.low, result.high, result.card_value) == (10, 10, 10, 10)
    assert result.category.words.startswith("the card names surgery")
    assert result.missing == ()


def test_mild_fracture_by_hand():
    result = score_of(facts_of(MILD))
    assert list(points(result).values()) == [4, 0, -1, -1, 0, -1, 0]
    assert result.value == result.card_value == 1
    assert "conservative" in result.category.words


def test_as_the_golden_vectors_are_written_the_card_counts_unknown_as_zero():
    # the reference gives neither CT number nor frailty: the card has a value, the patient a range
    unsaid = ("bone.hu_l1", "med.anticoagulation", *FRAILTY)
    mild = {name: value for name, value in MILD.items() if name not in unsaid}
    result = score_of(facts_of(mild))
    assert result.card_value == 1
    assert result.value is None
    assert (result.low, result.high) == (1 - 2, 1 + 1)
    assert set(result.missing) == set(unsaid)
    severe = {name: value for name, value in SEVERE.items() if name not in FRAILTY}
    result = score_of(facts_of(severe))
    assert result.card_value == 10
    assert (result.value, result.low, result.high) == (None, 9, 10)
    assert result.category.words.startswith("the card names surgery")


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"fx.of_type": 1}, -2),
        ({"fx.of_type": 5}, 6),
        ({"bone.tscore": -3.0}, 0),
        ({"bone.tscore": -3.01}, 1),
        ({"bone.hu_l1": 90}, 1),
        ({"bone.hu_l1": 90.5}, 0),
        ({"bone.hu_l1": 90, "bone.tscore": -4}, 1),
        ({"fx.progression": True}, 2),
        ({"sx.vas_under_analgesia": 4.9}, 0),
        ({"sx.vas_under_analgesia": 5}, 2),
        ({"neuro.ao_grade": "N1"}, 0),
        ({"neuro.ao_grade": "N2"}, 2),
        ({"neuro.ao_grade": "N4"}, 2),
        ({"sx.mobilisation_possible": False}, 2),
        ({"patient.asa": 3}, 0),
        ({"patient.asa": 4}, -1),
        ({"med.anticoagulation": True}, -1),
        (dict.fromkeys(FRAILTY[:2], True), 0),
        (dict.fromkeys(FRAILTY[:3], True), -1),
        ({"patient.asa": 4, "med.anticoagulation": True}, -2),
        ({"patient.asa": 4, "med.anticoagulation": True, **dict.fromkeys(FRAILTY, True)}, -2),
    ],
)
def test_each_finding_moves_the_score_by_its_points(change, difference):
    assert score_of(facts_of({**MILD, **change})).value == 1 + difference


@pytest.mark.parametrize(
    ("of_type", "mobile", "value", "word"),
    [(3, False, 5, "conservative"), (4, True, 5, "conservative"), (4, None, 6, "either")],
)
def test_categories_at_their_limits(of_type, mobile, value, word):
    change = {"fx.of_type": of_type, "sx.mobilisation_possible": mobile}
    result = score_of(facts_of({**MILD, **change}))
    assert result.card_value == value
    assert word in result.card_category.words


def test_every_value_has_one_category():
    score = read_scores()["of_score"]
    words = {value: score.category(value).words for value in range(score.low, score.high + 1)}
    assert all("conservative" in words[value] for value in range(-3, 6))
    assert "either" in words[6]
    assert all("surgery" in words[value] for value in range(7, 17))


def test_least_and_greatest_value():
    worst = {
        **MILD,
        "fx.of_type": 1,
        "patient.asa": 5,
        "med.anticoagulation": True,
    }
    assert score_of(facts_of(worst)).value == -3
    best = {**SEVERE, "fx.of_type": 5, "neuro.ao_grade": "N3"}
    assert score_of(facts_of(best)).value == 16
    definition = define_fact("of_score")
    assert (definition.low, definition.high) == (-3, 16)


def test_nothing_known():
    result = score_of(facts_of({}))
    assert (result.value, result.card_value) == (None, None)
    assert (result.low, result.high) == (-3, 16)
    assert len(result.possible) == 3
    assert result.category is None


def test_the_card_counts_what_is_known_of_general_health():
    known = {"fx.of_type": 4, "patient.asa": 4, "med.anticoagulation": False}
    result = score_of(facts_of(known))
    assert points(result)["health"] is None
    assert result.card_value == 8 - 1


def test_the_type_follows_from_findings():
    findings = {
        "fx.tension_band_failure": False,
        "fx.both_endplates": False,
        "fx.one_endplate": True,
        "fx.posterior_wall": "gt_fifth",
    }
    given = {name: value for name, value in SEVERE.items() if name != "fx.of_type"}
    result = score_of(facts_of({**given, **findings}))
    assert result.value == 10
    open_wall = score_of(facts_of({**given, **findings, "fx.posterior_wall": None}))
    assert (open_wall.low, open_wall.high, open_wall.card_value) == (8, 10, None)
    assert open_wall.missing == ("fx.of_type", "fx.posterior_wall")


def test_a_type_against_the_findings_is_said_and_kept():
    result = score_of(facts_of({**SEVERE, "fx.both_endplates": True, "fx.one_endplate": False}))
    assert result.value == 10
    assert "given is OF 3, but the findings make it OF 4 to 5" in result.notes[0]


def test_no_injury_has_no_score():
    none = {
        "fx.tension_band_failure": False,
        "fx.both_endplates": False,
        "fx.one_endplate": False,
        "fx.posterior_wall": "intact",
        "fx.edema": False,
    }
    result = score_of(facts_of(none))
    assert result.value is None
    assert result.card_value is None
    assert "no injury" in result.notes[0]


def test_the_card_s_own_words_come_along():
    result = score_of(facts_of(SEVERE))
    assert result.status == "verified"
    assert result.sources == ("mOF", "EOFTT")
    assert any("not validated" in note for note in result.notes)
    assert "recommend" not in str(result).lower()
