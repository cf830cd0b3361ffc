"""Facts from a record of drugs, tasks before one is held, laboratory limits."""

from datetime import datetime, timedelta

import pytest

from vertaug.indications.antithrombotic import AntithromboticUse
from vertaug.indications.antithrombotic_fact import (
    AntithromboticRecord,
    derive_antithrombotics,
    judge_limits,
    list_conflicts,
    list_thrombosis_tasks,
)
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact

PROCEDURE = datetime(2026, 3, 10, 9)


def facts_of(**given):
    return PatientFacts.of(
        Fact(definition=define_fact(name.replace("__", ".")), value=value)
        for name, value in given.items()
    )


def record(*drugs, is_whole=True):
    uses = tuple(
        AntithromboticUse(
            drug=drug, last_dose=None if days is None else PROCEDURE - timedelta(days=days)
        )
        for drug, days in drugs
    )
    return AntithromboticRecord(uses=uses, is_whole=is_whole)


def derive(given, facts=None, procedure=PROCEDURE):
    found = derive_antithrombotics(given, facts or facts_of(lab__crcl=80), procedure)
    return {fact.name.removeprefix("med."): fact.value for fact in found}


def test_no_drug_listed_is_not_no_drug():
    assert derive(record(is_whole=False)) == {}
    assert derive(record()) == {"antithrombotic_active": False, "anticoagulation": False}


def test_held_drug():
    assert derive(record(("apixaban", 4))) == {
        "antithrombotic_active": True,
        "anticoagulation": True,
        "hold_complete": True,
    }


def test_one_drug_not_held_is_enough():
    found = derive(record(("apixaban", 1), ("clopidogrel", 10)))
    assert found["hold_complete"] is False
    assert derive(record(("apixaban", 1), is_whole=False))["hold_complete"] is False


@pytest.mark.parametrize(
    "given",
    [
        record(("apixaban", 4), is_whole=False),  # there may be another drug
        record(("apixaban", None)),
        record(("apixaban", 4), ("aspirin", 1)),  # local policy decides
        record(("warfarin", 6)),  # no INR
    ],
)
def test_what_is_open_gives_no_fact_of_the_hold(given):
    assert "hold_complete" not in derive(given)


def test_inr_and_clearance_come_from_the_facts():
    assert derive(record(("warfarin", 6)), facts_of(lab__inr=1.2))["hold_complete"] is True
    assert derive(record(("warfarin", 6)), facts_of(lab__inr=1.9))["hold_complete"] is False
    between = record(("fondaparinux", 4))
    assert "hold_complete" not in derive(between, facts_of(lab__crcl=None))
    assert derive(between, facts_of(lab__crcl=80))["hold_complete"] is True
    assert derive(between, facts_of(lab__crcl=40))["hold_complete"] is False


def test_antiplatelets_are_no_anticoagulants():
    assert derive(record(("clopidogrel", 10)))["anticoagulation"] is False
    part = derive(record(("clopidogrel", 10), is_whole=False))
    assert part == {"antithrombotic_active": True}


def test_without_a_date_nothing_is_said_of_the_hold():
    assert "hold_complete" not in derive(record(("apixaban", 4)), procedure=None)


def test_given_facts_are_kept_and_a_conflict_is_said():
    given = facts_of(med__hold_complete=True, med__antithrombotic_active=True, lab__crcl=80)
    drugs = record(("apixaban", 1))
    assert derive(drugs, given) == {"anticoagulation": True}
    (conflict,) = list_conflicts(drugs, given, PROCEDURE)
    assert "med.hold_complete is given as yes, but the drugs make it no" in conflict
    assert "apixaban not complete (ASRA2018)" in conflict
    assert list_conflicts(record(("apixaban", 5)), given, PROCEDURE) == ()


def test_thrombosis_risk_is_a_task_and_unknown_is_asked():
    assert len(list_thrombosis_tasks(facts_of())) == 3
    assert all("unknown; find out" in task for task in list_thrombosis_tasks(facts_of()))
    known = facts_of(
        thrombosis__stent_12mo=True, thrombosis__mechanical_valve=False, thrombosis__vte_3mo=False
    )
    (task,) = list_thrombosis_tasks(known)
    assert task.startswith("coronary stent within the last 12 months: ask cardiology")


@pytest.mark.parametrize(
    ("fact", "value", "is_met"),
    [
        ("lab__inr", 1.5, True),
        ("lab__inr", 1.6, False),
        ("lab__inr", None, None),
        ("lab__plt", 50, True),
        ("lab__plt", 49, False),
        ("lab__plt", None, None),
    ],
)
def test_limits_of_the_laboratory(fact, value, is_met):
    results = {r.fact: r for r in judge_limits(facts_of(**{fact: value}))}
    assert set(results) == {"lab.plt", "lab.inr"}
    result = results[fact.replace("__", ".")]
    assert result.is_met is is_met
    assert (result.source, result.status) == ("SIR2019", "verified")


def test_limits_of_chronic_liver_disease_are_added_and_unverified():
    facts = facts_of(
        patient__chronic_liver_disease=True, lab__inr=2.4, lab__plt=31, lab__fibrinogen=100
    )
    results = judge_limits(facts)
    assert len(results) == 5
    liver = {r.fact: r for r in results if r.patients == "chronic liver disease"}
    assert {fact: r.is_met for fact, r in liver.items()} == {
        "lab.inr": True,
        "lab.plt": True,
        "lab.fibrinogen": False,
    }
    assert {r.status for r in liver.values()} == {"recalled"}
    assert [r.is_met for r in results if r.patients == "all"] == [False, False]
    assert liver["lab.fibrinogen"].words == "fibrinogen > 100 mg/dL"
