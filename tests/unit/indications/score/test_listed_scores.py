"""Scores of the panel: those made for the cause, with their range, the card's zero named."""

import pytest

from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.derived import list_scores, score_ranges
from vertaug.indications.score.score_record import (
    card_words,
    category_words,
    describe_score,
    value_words,
)

BONE = {"of_type", "of_score", "rand_suspicion", "spinal_deformity", "ongoing_fracture"}
ALWAYS = {"frailty_index", "asa_class"}


def facts_of(given):
    return PatientFacts.of(
        Fact(definition=define_fact(name), value=value) for name, value in given.items()
    )


def listed(given):
    return {score.name: describe_score(score) for score in list_scores(facts_of(given))}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, BONE | ALWAYS),
        ({"fx.etiology": "osteoporotic"}, BONE | ALWAYS),
        ({"fx.etiology": "unknown"}, BONE | ALWAYS),
        ({"fx.etiology": "unknown", "onc.history": True}, BONE | ALWAYS | {"sins"}),
        ({"fx.etiology": "osteoporotic", "onc.history": True}, BONE | ALWAYS),
        ({"fx.etiology": "metastasis"}, ALWAYS | {"sins"}),
        ({"fx.etiology": "myeloma"}, ALWAYS | {"sins"}),
        ({"fx.etiology": "traumatic"}, ALWAYS),
    ],
)
def test_only_scores_made_for_the_cause(given, names):
    assert set(listed(given)) == names


def test_a_range_and_the_card_that_counts_unknown_as_zero():
    score = listed({"fx.of_type": 4, "bone.tscore": -3.4, "patient.asa": 2})["of_score"]
    assert (score.value, score.low, score.high, score.card_value) == (None, 4, 14, 9)
    assert value_words(score) == "4 to 14"
    assert category_words(score) == "open"
    assert card_words(score).startswith("Card value, unknown counted as 0: 9")
    assert card_words(score).endswith("not what is known")


def test_two_possible_words_are_both_said():
    score = listed({})["ongoing_fracture"]
    assert category_words(score).count("/") == 1
    assert card_words(score) == ""


def test_a_given_score_counts_and_a_contradiction_is_told():
    given = listed({"fx.of_type": 2})["of_type"]
    assert (given.value, given.missing) == (2, ())
    assert given.notes[0] == "Given, not counted from its parts."
    other = listed({"fx.of_type": 2, "fx.tension_band_failure": True})["of_type"]
    assert other.value == 2
    assert "the other facts make it 5" in other.notes[0]


def test_ranges_of_undecided_scores_only():
    spans = score_ranges(facts_of({"fx.level": "T12", "onc.lesion": "lytic", "of_score": 6}))
    assert spans == {"onc.sins": "5 to 18"}
