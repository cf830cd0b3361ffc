"""Holds of antithrombotics in the panel and in what the case keeps of them."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from vertaug.case.errors import InputError
from vertaug.case.indication_record import GivenHolds, IndicationRecord
from vertaug.indications.antithrombotic import AntithromboticUse
from vertaug.indications.antithrombotic_fact import AntithromboticRecord
from vertaug.indications.antithrombotic_table import HoldPolicy
from vertaug.indications.hold_plan import HoldPlan
from vertaug.indications.hold_record import keep_holds, moment_words, restore_holds
from vertaug.indications.panel import weigh_indications
from vertaug.indications.panel_record import describe_panel
from vertaug.indications.patient_facts import PatientFacts

PROCEDURE = datetime(2026, 12, 1, 10, 30)
EARLY = datetime(2026, 11, 28, 8)
LATE = datetime(2026, 11, 30, 8)


def plan(*drugs, procedure=PROCEDURE, is_whole=True, policy=None):
    uses = tuple(AntithromboticUse(drug=drug, last_dose=dose) for drug, dose in drugs)
    record = AntithromboticRecord(uses=uses, is_whole=is_whole)
    return HoldPlan(record=record, procedure=procedure, policy=policy)


@pytest.fixture
def weigh(know, pack, today):
    """Weigh with antithrombotics; return panel and what is written of it."""

    def make(holds, dated=None, **values):
        facts = know({name.replace("__", "."): value for name, value in values.items()}, dated)
        panel = weigh_indications(facts, pack, on=today, holds=holds)
        return panel, describe_panel(panel)

    return make


@pytest.mark.parametrize(
    ("holds", "active", "anticoagulation", "held"),
    [
        (plan(("apixaban", EARLY)), True, True, True),
        (plan(("apixaban", LATE)), True, True, False),
        (plan(("apixaban", LATE), is_whole=False), True, True, False),
        (plan(("apixaban", EARLY), is_whole=False), True, True, None),
        (plan(("apixaban", None)), True, True, None),
        (plan(("apixaban", EARLY), procedure=None), True, True, None),
        (plan(), False, False, None),
        (plan(is_whole=False), None, None, None),
    ],
)
def test_facts_follow_from_the_drugs(weigh, holds, active, anticoagulation, held):
    facts = weigh(holds)[0].facts
    assert facts.value("med.antithrombotic_active") is active
    assert facts.value("med.anticoagulation") is anticoagulation
    assert facts.value("med.hold_complete") is held


def test_a_hold_that_is_not_complete_is_a_contraindication(weigh):
    assert "C03" in weigh(plan(("apixaban", LATE)))[0].fired
    assert "C03" not in weigh(plan(("apixaban", EARLY)))[0].fired


def test_a_given_fact_counts_and_the_conflict_is_told(weigh):
    panel, record = weigh(plan(("apixaban", LATE)), med__hold_complete=True)
    assert panel.facts.value("med.hold_complete") is True
    told = " ".join(record.notes)
    assert "med.hold_complete is given as yes, but the drugs make it no" in told
    assert panel.hash != weigh(plan(), med__hold_complete=True)[0].hash


def test_an_old_inr_says_nothing_of_the_hold_of_warfarin(weigh, today):
    holds = plan(("warfarin", PROCEDURE - timedelta(days=6)))
    recent = {"lab.inr": today - timedelta(days=1)}
    old = {"lab.inr": today - timedelta(days=20)}
    assert weigh(holds, recent, lab__inr=1.1)[0].facts.value("med.hold_complete") is True
    assert weigh(holds, old, lab__inr=1.1)[0].facts.value("med.hold_complete") is None


def test_whom_to_ask_is_a_task_and_never_an_advice_to_stop(weigh):
    tasks = weigh(plan(("aspirin", EARLY)), thrombosis__stent_12mo=True)[1].blood_thinners.tasks
    assert any("coronary stent" in task and "ask cardiology" in task for task in tasks)
    assert any("mechanical heart valve: unknown" in task for task in tasks)
    assert not any("stop" in task.lower() for task in tasks)
    assert weigh(plan())[1].blood_thinners.tasks == ()
    assert weigh(HoldPlan())[1].blood_thinners is None
    assert weigh(HoldPlan(), med__antithrombotic_active=True)[1].blood_thinners.tasks


def test_what_is_written_of_a_drug(weigh):
    made = weigh(plan(("apixaban", LATE)))[1]
    drug = made.blood_thinners.drugs[0]
    assert (drug.title, drug.state, drug.held_h) == ("apixaban", "not complete", 26.5)
    assert moment_words(drug.complete_from_h, made.evaluated_at) == "2026-12-03 08:00"
    assert (drug.listed, drug.status) == ("3 days", "recalled")
    assert drug.restart_status == "verified"
    assert IndicationRecord.model_validate(made.model_dump(mode="json")) == made


def test_another_policy_another_time(weigh):
    made = weigh(plan(("apixaban", LATE), policy=HoldPolicy.PAUSE))[1]
    drug = made.blood_thinners.drugs[0]
    assert moment_words(drug.complete_from_h, made.evaluated_at) == "2026-12-03 00:00"
    assert (drug.listed, drug.status) == ("2 full days", "verified")
    assert "PAUSE" in made.blood_thinners.policy


def test_without_a_procedure_the_end_of_the_hold_is_known_and_its_state_is_not(weigh):
    made = weigh(plan(("apixaban", EARLY), procedure=None))[1]
    drug = made.blood_thinners.drugs[0]
    assert (drug.state, drug.held_h, drug.missing) == ("unknown", None, ("time of the procedure",))
    assert moment_words(drug.complete_from_h, made.evaluated_at) == "2026-12-01 08:00"


@pytest.mark.parametrize(
    "holds",
    [
        plan(("apixaban", datetime(2026, 11, 28, 8, 7)), ("aspirin", None), policy=HoldPolicy.SIR),
        plan(procedure=None, is_whole=False),
        plan(is_whole=True),
    ],
)
def test_a_case_keeps_hours_and_gives_the_same_times_back(holds, today):
    kept = keep_holds(holds, today)
    assert restore_holds(GivenHolds.model_validate(kept.model_dump(mode="json")), today) == holds
    assert "2026" not in kept.model_dump_json().replace("ASRA2018", "").replace("SIR2019", "")


def test_time_zones_become_the_clock_of_the_procedure(weigh):
    cet = timezone(timedelta(hours=1))
    there = plan(
        ("apixaban", datetime(2026, 11, 28, 7, tzinfo=UTC)),
        procedure=PROCEDURE.replace(tzinfo=cet),
    )
    assert there.on_one_clock() == plan(("apixaban", EARLY))
    assert keep_holds(there, date(2026, 11, 30)) == keep_holds(
        plan(("apixaban", EARLY)), date(2026, 11, 30)
    )
    mixed = plan(("apixaban", EARLY), procedure=PROCEDURE.replace(tzinfo=UTC))
    with pytest.raises(InputError, match="both with a time zone"):
        weigh(mixed)


def test_a_last_dose_after_the_procedure_is_refused(weigh):
    with pytest.raises(InputError, match="lies after the procedure"):
        weigh(plan(("apixaban", PROCEDURE + timedelta(minutes=1))))
    holds = plan(("apixaban", LATE))
    holds.refuse_later_doses(LATE.date())
    with pytest.raises(InputError, match="after the day of the procedure"):
        holds.refuse_later_doses(EARLY.date())


def test_anticoagulation_of_the_drugs_counts_in_the_of_score(weigh):
    def health(holds):
        facts = {"fx__of_type": 2.0, "patient__asa": 2.0, "fx__etiology": "osteoporotic"}
        scores = {score.name: score for score in weigh(holds, **facts)[1].scores}
        return scores["of_score"].missing

    assert "med.anticoagulation" in health(HoldPlan())
    assert "med.anticoagulation" not in health(plan(("apixaban", EARLY)))


BERLIN = ZoneInfo("Europe/Berlin")


def test_hours_over_a_change_of_the_clock_are_those_that_passed(weigh):
    """28 March 10:00 to 29 March 10:30 2026 in Berlin are 23.5 hours: 24 are not over."""
    dose, procedure = datetime(2026, 3, 28, 10), datetime(2026, 3, 29, 10, 30)
    zoned = plan(
        ("lmwh_therapeutic", dose.replace(tzinfo=BERLIN)),
        procedure=procedure.replace(tzinfo=BERLIN),
    )
    assert zoned.on_one_clock().judge(PatientFacts.of(()))[0].held_h == 23.5
    assert weigh(zoned)[0].facts.value("med.hold_complete") is False
    naive = plan(("lmwh_therapeutic", dose), procedure=procedure)
    assert "change of the clock" in naive.note_clock()[0]
    assert zoned.note_clock() == ()


def test_a_jump_back_makes_no_day_of_a_dose_earlier():
    """A dose at 0:30 on 24 October stays on that day by the winter time of the procedure."""
    late = datetime(2026, 10, 24, 0, 30, tzinfo=BERLIN)
    zoned = plan(("apixaban", late), procedure=datetime(2026, 10, 26, 10, tzinfo=BERLIN))
    assert zoned.on_one_clock().record.uses[0].last_dose == datetime(2026, 10, 24)
