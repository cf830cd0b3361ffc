"""Scores as facts: only decided ones, never over what was given."""

import pytest

from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.derived import derive_scores
from vertaug.indications.score.score_table import read_scores

ENDPLATE = {
    "fx.tension_band_failure": False,
    "fx.both_endplates": False,
    "fx.one_endplate": True,
    "fx.posterior_wall": "lt_fifth",
}
OTHER_PARTS = {
    "bone.tscore": -3.4,
    "fx.progression": True,
    "sx.vas_under_analgesia": 7,
    "neuro.ao_grade": "N0",
    "sx.mobilisation_possible": False,
    "patient.asa": 3,
    "med.anticoagulation": False,
    **dict.fromkeys(read_scores()["frailty_index"].items, False),
}
TUMOUR = {
    "fx.level": "T12",
    "onc.pain_type": "mechanical",
    "onc.lesion": "lytic",
    "onc.alignment": "normal",
    "onc.collapse": "under_half",
    "onc.posterolateral": "unilateral",
}


def derive(given):
    facts = PatientFacts.of(
        Fact(definition=define_fact(name), value=value) for name, value in given.items()
    )
    return {fact.name: fact for fact in derive_scores(facts)}


def test_nothing_from_nothing():
    assert derive({}) == {}


def test_type_and_score_from_findings():
    found = derive({**ENDPLATE, **OTHER_PARTS})
    assert {name: fact.value for name, fact in found.items()} == {"fx.of_type": 2, "of_score": 8}
    assert found["of_score"].source == "computed: modified OF score (mOF, EOFTT)"
    assert "morphology +4" in found["of_score"].note
    assert "one endplate deformed: yes" in found["fx.of_type"].note


def test_sins():
    assert derive(TUMOUR)["onc.sins"].value == 11


def test_what_was_given_is_kept():
    given = {**ENDPLATE, **OTHER_PARTS, **TUMOUR, "fx.of_type": 2, "of_score": 7, "onc.sins": 12}
    assert derive(given) == {}


def test_a_part_that_is_missing_gives_no_fact():
    assert "of_score" not in derive({**ENDPLATE, **OTHER_PARTS, "fx.progression": None})
    assert "onc.sins" not in derive({**TUMOUR, "onc.lesion": None})


def test_no_injury_is_no_type():
    none = {**ENDPLATE, "fx.one_endplate": False, "fx.posterior_wall": "intact", "fx.edema": False}
    assert derive({**none, **OTHER_PARTS}) == {}


def test_derived_facts_can_be_joined():
    facts = PatientFacts.of(
        Fact(definition=define_fact(name), value=value)
        for name, value in {**ENDPLATE, **OTHER_PARTS}.items()
    )
    joined = facts.with_facts(derive_scores(facts))
    assert joined.number("of_score") == 8
    assert derive_scores(joined) == ()


@pytest.mark.parametrize("cause", ["metastasis", "myeloma", "traumatic", "haemangioma"])
def test_a_score_for_another_cause_gives_no_fact(cause):
    """The modified OF score is of osteoporotic fractures: for others rule F10 must not see it."""
    assert "of_score" not in derive({**ENDPLATE, **OTHER_PARTS, "fx.etiology": cause})
    assert "of_score" in derive({**ENDPLATE, **OTHER_PARTS, "fx.etiology": "osteoporotic"})


def test_sins_is_of_tumours():
    assert "onc.sins" not in derive({**TUMOUR, "fx.etiology": "osteoporotic"})
