"""Scores that count: suspicion, frailty, deformity, ASA."""

import pytest

from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.asa_class import describe_asa
from vertaug.indications.score.frailty_index import score_frailty
from vertaug.indications.score.part_rule import describe_value
from vertaug.indications.score.rand_suspicion import count_suspicion
from vertaug.indications.score.score_table import read_scores
from vertaug.indications.score.spinal_deformity import flag_deformity, flag_ongoing

SUSPICION = read_scores()["rand_suspicion"].items
FRAILTY = read_scores()["frailty_index"].items


def facts_of(given):
    return PatientFacts.of(
        Fact(definition=define_fact(name), value=value) for name, value in given.items()
    )


def test_ten_items_of_suspicion():
    assert len(SUSPICION) == len(set(SUSPICION)) == 10


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "none of"), (1, "low"), (3, "low"), (4, "interm"), (6, "interm"), (7, "high"), (10, "hi")],
)
def test_suspicion_at_its_limits(count, words):
    given = {name: place < count for place, name in enumerate(SUSPICION)}
    result = count_suspicion(facts_of(given))
    assert result.value == count
    assert result.category.words.startswith(words)


def test_suspicion_of_which_the_rest_is_unknown():
    result = count_suspicion(facts_of(dict.fromkeys(SUSPICION[:7], True)))
    assert (result.value, result.low, result.high) == (None, 7, 10)
    assert result.category.words == "high suspicion"
    assert result.missing == SUSPICION[7:]
    few = count_suspicion(facts_of(dict.fromkeys(SUSPICION[:2], True)))
    assert few.category is None
    assert [c.words for c in few.possible] == [
        "low suspicion", "intermediate suspicion", "high suspicion",
    ]  # fmt: skip


def test_frailty_counts_and_is_unverified():
    assert len(FRAILTY) == 5
    result = score_frailty(facts_of({name: place < 3 for place, name in enumerate(FRAILTY)}))
    assert result.value == 3
    assert result.status == "recalled"
    assert any("unverified" in note for note in result.notes)
    assert result.category is None


STRAIGHT = {
    "fx.lka_deg": 14.9,
    "fx.scoliosis_deg": 9.9,
    "fx.dorsal_wall_loss_pct": 9.9,
    "fx.height_loss_pct": 19.9,
}


def test_below_every_limit_is_no_deformity():
    assert flag_deformity(facts_of(STRAIGHT)).value == 0


@pytest.mark.parametrize(
    ("fact", "limit"),
    [
        ("fx.lka_deg", 15),
        ("fx.scoliosis_deg", 10),
        ("fx.dorsal_wall_loss_pct", 10),
        ("fx.height_loss_pct", 20),
    ],
)
def test_one_measure_at_its_limit_is_a_deformity(fact, limit):
    result = flag_deformity(facts_of({fact: limit}))
    assert (result.value, result.missing) == (1, ())
    assert flag_deformity(facts_of({**STRAIGHT, fact: limit})).value == 1


def test_a_measure_that_is_missing_leaves_it_open():
    result = flag_deformity(facts_of({**STRAIGHT, "fx.scoliosis_deg": None}))
    assert (result.value, result.low, result.high) == (None, 0, 1)
    assert result.missing == ("fx.scoliosis_deg",)


@pytest.mark.parametrize(("drop", "value"), [(19.99, 0), (20, 1), (None, None), (-3, 0)])
def test_ongoing_fracture(drop, value):
    assert flag_ongoing(facts_of({"fx.height_drop_pct": drop})).value == value


@pytest.mark.parametrize(("grade", "words"), [(1, "ASA I:"), (4, "ASA IV:"), (6, "ASA VI:")])
def test_asa_words(grade, words):
    result = describe_asa(facts_of({"patient.asa": grade}))
    assert result.value == grade
    assert result.category.words.startswith(words)
    assert result.status == "recalled"


def test_unknown_asa_is_not_healthy():
    result = describe_asa(facts_of({}))
    assert result.value is None
    assert result.category is None
    assert "1 to 6, not decided" in result.words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("bone.tscore", -3.4, "T-score: -3.4"),
        ("bone.tscore", None, "T-score: unknown"),
        ("fx.cleft", False, "intravertebral cleft: no"),
        ("fx.posterior_wall", "gt_fifth", "posterior wall: gt fifth"),
        ("lab.crp", 5, "C-reactive protein: 5 mg/L"),
    ],
)
def test_facts_in_words(name, value, words):
    assert describe_value(name, value) == words
