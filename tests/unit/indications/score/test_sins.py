"""SINS: golden vectors, every level and finding, categories."""

import pytest

from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.score_table import read_scores
from vertaug.indications.score.sins import score_sins

STABLE = {
    "fx.level": "S3",
    "onc.pain_type": "none",
    "onc.lesion": "blastic",
    "onc.alignment": "normal",
    "onc.collapse": "none",
    "onc.posterolateral": "none",
}
"""Nothing counts: 0."""


def sins(**change):
    given = {**STABLE, **{name.replace("__", "."): value for name, value in change.items()}}
    return score_sins(
        PatientFacts.of(Fact(definition=define_fact(n), value=v) for n, v in given.items())
    )


def test_golden_vectors():
    lytic = sins(
        fx__level="T12",
        onc__pain_type="mechanical",
        onc__lesion="lytic",
        onc__collapse="under_half",
        onc__posterolateral="unilateral",
    )
    assert [part.points for part in lytic.parts] == [3, 3, 2, 0, 2, 1]
    assert lytic.value == 11
    assert lytic.category.words == "potentially unstable"
    blastic = sins(fx__level="T6", onc__pain_type="occasional")
    assert [part.points for part in blastic.parts] == [1, 1, 0, 0, 0, 0]
    assert blastic.value == 2
    assert blastic.category.words == "stable"


LOCATIONS = {
    3: ["C1", "C2", "C7", "T1", "T2", "T11", "T12", "L1", "L5", "S1"],
    2: ["C3", "C4", "C5", "C6", "L2", "L3", "L4"],
    1: ["T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10"],
    0: ["S2", "S3", "S4", "S5"],
}
"""Junctional, mobile, semirigid, rigid."""


@pytest.mark.parametrize(
    ("level", "points"), [(level, n) for n, levels in LOCATIONS.items() for level in levels]
)
def test_every_level(level, points):
    assert sins(fx__level=level).value == points


def test_no_level_is_left_out():
    assert sorted(level for levels in LOCATIONS.values() for level in levels) == sorted(
        define_fact("fx.level").choices
    )


@pytest.mark.parametrize(
    ("fact", "found", "points"),
    [
        ("onc__pain_type", "mechanical", 3),
        ("onc__pain_type", "occasional", 1),
        ("onc__lesion", "lytic", 2),
        ("onc__lesion", "mixed", 1),
        ("onc__alignment", "subluxation", 4),
        ("onc__alignment", "deformity", 2),
        ("onc__collapse", "over_half", 3),
        ("onc__collapse", "under_half", 2),
        ("onc__collapse", "none_half_involved", 1),
        ("onc__posterolateral", "bilateral", 3),
        ("onc__posterolateral", "unilateral", 1),
    ],
)
def test_every_finding(fact, found, points):
    assert sins(**{fact: found}).value == points


@pytest.mark.parametrize("part", ["pain", "lesion", "alignment", "collapse", "posterolateral"])
def test_the_table_has_every_choice(part):
    fact = {"pain": "onc.pain_type"}.get(part, f"onc.{part}")
    points = read_scores()["sins"].points[part]
    assert set(points) == set(define_fact(fact).choices)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "stable"),
        (6, "stable"),
        (7, "potentially unstable"),
        (12, "potentially unstable"),
        (13, "unstable"),
        (18, "unstable"),
    ],
)
def test_categories_at_their_limits(value, words):
    assert read_scores()["sins"].category(value).words == words


def test_worst_and_unknown():
    worst = sins(
        fx__level="L1",
        onc__pain_type="mechanical",
        onc__lesion="lytic",
        onc__alignment="subluxation",
        onc__collapse="over_half",
        onc__posterolateral="bilateral",
    )
    assert worst.value == 18
    unknown = sins(onc__collapse=None, onc__posterolateral=None)
    assert (unknown.value, unknown.low, unknown.high) == (None, 0, 6)
    assert unknown.missing == ("onc.collapse", "onc.posterolateral")
    assert unknown.category.words == "stable"
    assert unknown.card_value is None


def test_another_cause_is_said():
    assert "made for tumours" in sins(fx__etiology="osteoporotic").notes[0]
    assert "made for tumours" not in sins(fx__etiology="metastasis").notes[0]
