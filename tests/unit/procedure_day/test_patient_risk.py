"""Risks of a patient: each known one is said, an unknown one is never no."""

import pytest

from vertaug.indications.derived_fact import MEASURED
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.procedure_day.evidence import read_table
from vertaug.procedure_day.patient_risk import list_risks


def test_every_risk_asks_for_a_fact_that_can_hold_it():
    for table in read_table("risks")["risk"].values():
        definition = define_fact(table["fact"])
        for value in table.get("is", [table.get("from")]):
            assert definition.check(value) == value
        assert table["source"]


def test_the_risks_of_a_myeloma_are_all_said(facts_of):
    risk = list_risks(
        facts_of(
            fx__etiology="myeloma",
            onc__sins=11.0,
            onc__epidural_grade=1.0,
            onc__cortex_destroyed=True,
            thrombosis__vte_3mo=True,
        )
    )
    said = " ".join(one.words for one in risk.known)
    for words in ("SINS 11", "Bilsky 1", "cortex DESTROYED", "5.56", "within the last 3 months"):
        assert words in said
    assert risk.tumour
    assert risk.missing == ("posterior wall",)
    leaks = [one.name for one in risk.known if one.leak]
    assert leaks == ["epidural", "cortex"]


@pytest.mark.parametrize(
    ("sins", "words"),
    [(6.0, None), (7.0, "possibly"), (12.0, "possibly"), (13.0, "SINS 13: unstable")],
)
def test_the_classes_of_sins(facts_of, sins, words):
    said = [one.words for one in list_risks(facts_of(onc__sins=sins)).known]
    assert said == [] if words is None else words in said[0]


def test_a_no_is_no_risk_and_nothing_is_asked_without_a_tumour(facts_of):
    risk = list_risks(facts_of(onc__cortex_destroyed=False, fx__posterior_wall="intact"))
    assert (risk.known, risk.missing, risk.etiology) == ((), (), "")
    assert not list_risks(facts_of(fx__etiology="osteoporotic")).tumour
    assert len(list_risks(facts_of(fx__etiology="metastasis")).missing) == 4


def test_what_the_ct_of_the_case_measured_is_told_from_what_was_given():
    own = Fact(definition=define_fact("fx.cleft"), value=True, source=MEASURED)
    (found,) = list_risks(PatientFacts.of([own])).known
    assert "measured on the CT of this case" in found.words
