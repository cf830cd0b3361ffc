"""The data file of the scores: categories without gaps, sources, known facts."""

import pytest

from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.derived import score_patient
from vertaug.indications.score.score_table import read_scores

SCORES = list(read_scores().values())


@pytest.mark.parametrize("score", SCORES, ids=lambda score: score.name)
def test_categories_cover_the_score_once(score):
    if score.categories:
        spans = [value for c in score.categories for value in range(c.low, c.high + 1)]
        assert spans == list(range(score.low, score.high + 1))
    assert all(category.source in score.sources for category in score.categories)


@pytest.mark.parametrize("score", SCORES, ids=lambda score: score.name)
def test_each_has_a_source_and_a_status(score):
    assert score.sources
    assert score.status in {"verified", "recalled"}
    if score.status == "recalled":
        assert any("unverified" in note for note in score.notes)


def test_items_are_facts():
    for score in SCORES:
        for name in score.items:
            assert define_fact(name).kind == "bool"


def test_of_nobody_every_score_spans_its_whole_range():
    results = score_patient(PatientFacts.of(()))
    assert {result.name for result in results} == set(read_scores())
    for result in results:
        score = read_scores()[result.name]
        assert (result.low, result.high) == (score.low, score.high), result.name
        assert result.value is None
        assert result.possible == score.categories


def test_parts_ask_for_different_facts():
    # ranges of parts add only then
    for result in score_patient(PatientFacts.of(())):
        asked = [name for part in result.parts for name, _ in part.facts]
        assert len(asked) == len(set(asked)), result.name
