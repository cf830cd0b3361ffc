"""The whole recovery in one value, as plain values, and as a sheet."""

import json
from datetime import date

import pytest

from vertaug.case.errors import InputError
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.recovery.clinic_site import parse_site
from vertaug.recovery.dose import read_dose
from vertaug.recovery.follow_up_sheet import make_sheet, require_phone
from vertaug.recovery.recovery_plan import RecoveryCase, VisitDiary, plan_recovery
from vertaug.recovery.recovery_record import recovery_tree
from vertaug.recovery.time_shift import read_local_time, read_zone

KOLKATA = read_zone("Asia/Kolkata")
START = read_local_time("2026-12-01T10:30", KOLKATA)


def facts(**given):
    return PatientFacts.of(
        Fact(definition=define_fact(name.replace("__", ".")), value=value)
        for name, value in given.items()
    )


def plan(site=None, diary=None, **case):
    given = {"name": "case", "level": "L1", "facts": facts(fx__etiology="osteoporotic"), **case}
    return plan_recovery(RecoveryCase(**given), START, parse_site(site or {}), diary)


def test_the_tree_is_plain_and_complete():
    tree = recovery_tree(plan())
    assert json.loads(json.dumps(tree)) == tree
    assert tree["visits"]["3mo"]["due"] == "2027-03-01T10:30:00+05:30"
    assert tree["time_zone"] == "Asia/Kolkata"
    assert tree["research_use_only"] is True
    assert len(tree["red_flags"]["tiers"]) == 3
    assert tree["clinic"]["phone"] is None
    assert "state" not in tree["visits"]["3mo"]


def test_drugs_that_were_not_asked_are_null_not_zero():
    assert recovery_tree(plan())["analgesics"] is None
    assert recovery_tree(plan(doses=()))["analgesics"]["mme_per_day"] == "0"
    doses = (read_dose("oxycodone 10 mg x2"), read_dose("tramadol 50 mg x4"))
    found = recovery_tree(plan(doses=doses))["analgesics"]
    assert found["mme_per_day"] == "70.0"
    assert found["factor_set"] == {"name": "CDC 2022", "version": "2022-11"}


def test_states_are_told_as_of_a_moment():
    now = read_local_time("2027-01-20T10:00", KOLKATA)
    done = {"7d": read_local_time("2026-12-08T11:00", KOLKATA)}
    tree = recovery_tree(plan(diary=VisitDiary(now=now, done=done)))
    assert tree["visits"]["7d"]["state"] == "done"
    assert tree["visits"]["7d"]["done_at"] == "2026-12-08T11:00:00+05:30"
    assert tree["visits"]["1mo"]["state"] == "overdue"
    assert tree["visits"]["1mo"]["done_at"] is None


def test_the_level_of_the_case_is_used_where_none_was_given():
    task = {t.key: t for t in plan(level="T3").bone.tasks}["myeloma_screen"]
    assert task.undecided == ""
    task = {t.key: t for t in plan(level=None).bone.tasks}["myeloma_screen"]
    assert "level" in task.undecided


def test_a_fixed_offset_is_named():
    start = read_local_time("2026-12-01T10:30+05:30", None)
    found = plan_recovery(RecoveryCase(name="case", level=None, facts=facts()), start)
    assert found.zone == "UTC+05:30"


def test_numbers_of_the_clinic_reach_the_sheet():
    site = {
        "clinic": {"phone": "111 222", "fever_c": 38.5, "name": "Spine clinic"},
        "activity": {"lift_kg": 2.3},
        "response": {"nrs_fall": 3},
        "visit": {"3mo": {"latest": {"months": 3, "days": 20}, "missed_after": {"months": 5}}},
    }
    sheet = make_sheet(plan(site))
    words = json.dumps([phase.leave for phase in sheet.phases])
    assert "2.3 kg" in words
    assert any("38.5 °C" in sign for tier in sheet.tiers for sign in tier.signs)
    assert "pain falls by 3 points" in sheet.response[0].words
    three = next(visit for visit in sheet.visits if visit.label == "3 months")
    assert three.window == "from Mon 15 Feb 2027 to Sun 21 Mar 2027"
    assert sheet.clinic == "Spine clinic"


def test_a_phone_number_stays_on_one_line_and_is_required_before_print():
    sheet = make_sheet(plan({"clinic": {"phone": "111 222"}}))
    assert all("111\u00a0222" in tier.advice for tier in sheet.tiers)
    assert require_phone(sheet) == "111 222"
    with pytest.raises(InputError, match="--phone"):
        require_phone(make_sheet(plan()))


def test_the_patient_reads_no_baseline_and_no_drug_names():
    sheet = make_sheet(plan())
    shown = [visit.label for visit in sheet.visits if visit.for_patient]
    assert shown[0] == "2 hours"
    assert not any("denosumab" in words for words in sheet.bone_words)


def test_blood_thinners_and_driving_stand_on_the_sheet():
    def advice(**known):
        return " ".join(make_sheet(plan(facts=facts(**known))).advice)

    assert "Your blood thinner: start again on ____" in advice(med__antithrombotic_active=True)
    assert "If you take a blood thinner: start again on ____" in advice()
    assert "thinner" not in advice(med__antithrombotic_active=False)
    assert "but not while you take strong pain tablets" in advice()
    signs = [sign for tier in make_sheet(plan()).tiers for sign in tier.signs]
    assert "the small wound bleeds, or swells more and more" in signs


def test_nobody_booked_a_time():
    visits = {visit.label: visit for visit in make_sheet(plan()).visits}
    assert visits["2 hours"].due == "2 hours after the end"
    assert visits["2 hours"].window == "1 to 4 hours after the end"
    assert visits["1 month"].due == "Fri 1 Jan 2027"
    assert not any(":" in visit.due for visit in visits.values())


def test_a_known_end_gives_the_clock():
    case = RecoveryCase(name="case", level="L1", facts=facts())
    end = read_local_time("2026-12-01T11:40", KOLKATA)
    sheet = make_sheet(plan_recovery(case, START, ended_at=end))
    assert sheet.visits[1].due == "Tue 1 Dec 2026, 13:40 (2 hours after the end)"
    assert sheet.phases[0].span == "1 Dec, 11:40 to 13:40"
    assert "at 10:30 to 11:40" in sheet.treated
    with pytest.raises(InputError, match="up to 12 h after"):
        plan_recovery(case, START, ended_at=read_local_time("2026-12-01T10:00", KOLKATA))


def test_what_is_from_memory_is_counted():
    assert "unverified" in make_sheet(plan()).unverified
    assert any("unverified" in task.source for task in make_sheet(plan()).tasks)


def test_no_tasks_where_the_rule_does_not_fire():
    sheet = make_sheet(plan(facts=facts(fx__etiology="metastasis")))
    assert sheet.tasks == ()
    assert sheet.bone_words == ()
    assert "metastasis" in sheet.bone_reason


def test_a_fracture_after_the_procedure_is_refused():
    with pytest.raises(InputError, match="check both dates"):
        plan(fracture_on=date(2027, 1, 1))
