"""Hold times: by policy, clearance, time zone; what is unknown stays unknown."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from vertaug.case.errors import InputError
from vertaug.indications.antithrombotic import (
    AntithromboticUse,
    HoldState,
    judge_hold,
    judge_holds,
)
from vertaug.indications.antithrombotic_table import (
    DrugKind,
    HoldPolicy,
    default_policy,
    find_drug,
    read_drugs,
)
from vertaug.indications.hold_record import listed_words

COMPLETE, NOT_COMPLETE, UNKNOWN = HoldState.COMPLETE, HoldState.NOT_COMPLETE, HoldState.UNKNOWN
ASRA, SIR, PAUSE = HoldPolicy.ASRA, HoldPolicy.SIR, HoldPolicy.PAUSE
PROCEDURE = datetime(2026, 3, 10, 9)


def hold(drug, hours, crcl=None, policy=None, inr=None):
    """The judgement of a last dose that many hours before the procedure."""
    return judge_hold(drug, PROCEDURE - timedelta(hours=hours), PROCEDURE, crcl, policy, inr=inr)


TABLE = [
    # drug, policy, clearance, hours that complete it, policy whose value it is
    ("apixaban", SIR, 50, 48, "SIR2019"),
    ("apixaban", SIR, 49.9, 72, "SIR2019"),
    ("apixaban", ASRA, 80, 72, "ASRA2018"),
    ("rivaroxaban", SIR, 80, 48, "SIR2019"),
    ("rivaroxaban", ASRA, 80, 72, "ASRA2018"),
    ("edoxaban", ASRA, 80, 72, "ASRA2018"),
    ("edoxaban", SIR, 80, 72, "ASRA2018"),
    ("dabigatran", ASRA, 30, 120, "ASRA2018"),
    ("dabigatran", SIR, 30, 120, "ASRA2018"),
    ("lmwh_prophylactic", ASRA, None, 12, "table"),
    ("lmwh_therapeutic", SIR, None, 24, "table"),
    ("ufh_iv", ASRA, None, 6, "table"),
    ("fondaparinux", ASRA, 50.1, 72, "table"),
    ("fondaparinux", ASRA, 50, 120, "table"),
    ("clopidogrel", SIR, None, 120, "SIR2019"),
    ("clopidogrel", ASRA, None, 168, "ASRA2018"),
    ("prasugrel", ASRA, None, 168, "table"),
    ("ticagrelor", PAUSE, None, 120, "table"),
]


@pytest.mark.parametrize(("drug", "policy", "crcl", "hours", "used"), TABLE)
def test_every_hold_to_the_minute(drug, policy, crcl, hours, used):
    held = hold(drug, hours, crcl, policy)
    assert (held.state, held.policy_used, held.missing) == (COMPLETE, used, ())
    assert held.complete_from == PROCEDURE
    short = hold(drug, hours - 1 / 60, crcl, policy)
    assert short.state is NOT_COMPLETE
    assert short.complete_from == PROCEDURE + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("drug", "crcl", "days"),
    [("apixaban", 30, 2), ("rivaroxaban", None, 2), ("dabigatran", 50, 2), ("dabigatran", 49, 4)],
)
def test_full_days_of_pause_are_whole_days_without_a_dose(drug, crcl, days):
    evening = datetime(2026, 3, 10 - days - 1, 20)
    assert judge_hold(drug, evening, PROCEDURE, crcl, PAUSE).state is COMPLETE
    next_morning = datetime(2026, 3, 10 - days, 0, 1)
    late = judge_hold(drug, next_morning, PROCEDURE, crcl, PAUSE)
    assert late.state is NOT_COMPLETE
    assert late.complete_from == datetime(2026, 3, 11)


def test_warfarin_needs_its_days_and_its_inr():
    assert hold("warfarin", 120, inr=1.5).state is COMPLETE
    assert hold("warfarin", 120, inr=1.6).state is NOT_COMPLETE
    assert hold("warfarin", 119, inr=1.0).state is NOT_COMPLETE
    unknown = hold("warfarin", 120)
    assert (unknown.state, unknown.missing) == (UNKNOWN, ("lab.inr",))
    assert any("INR unknown" in words for words in unknown.words)


def test_unknown_clearance_decides_only_where_it_does_not_matter():
    assert hold("apixaban", 72, None, SIR).state is COMPLETE
    assert hold("apixaban", 47, None, SIR).state is NOT_COMPLETE
    between = hold("apixaban", 60, None, SIR)
    assert (between.state, between.missing) == (UNKNOWN, ("lab.crcl",))
    assert len(between.holds) == 2
    assert hold("apixaban", 60, 30, SIR).state is NOT_COMPLETE
    assert hold("apixaban", 60, 90, SIR).state is COMPLETE


def test_unknown_last_dose_is_never_complete():
    for name in read_drugs():
        result = judge_hold(name, None, PROCEDURE, 90.0, inr=1.0)
        assert result.state is UNKNOWN
        assert result.missing == ("time of the last dose",)
        assert result.held_h is None
    assert judge_hold("warfarin", None, PROCEDURE, inr=2.4).state is NOT_COMPLETE


def test_aspirin_is_local_policy():
    assert hold("aspirin", 120).state is COMPLETE
    short = hold("aspirin", 24)
    assert (short.state, short.missing) == (UNKNOWN, ("local policy: held or continued",))
    assert any("continued" in words for words in short.words)


def test_the_policy_is_the_spine_s_unless_chosen_and_is_said():
    assert default_policy() is ASRA
    result = hold("apixaban", 72, 80)
    assert result.policy is ASRA
    assert result.words[0] == "Policy: ASRA (neuraxial and spine)."
    assert hold("apixaban", 50, 80).state is NOT_COMPLETE
    assert hold("apixaban", 50, 80, SIR).state is COMPLETE


def test_a_value_of_another_policy_is_said():
    result = hold("dabigatran", 130, 80, SIR)
    assert any("no value for dabigatran" in w and "ASRA" in w for w in result.words)
    assert not any("no value" in w for w in hold("dabigatran", 130, 80, ASRA).words)


def test_recalled_values_are_shown_as_unverified():
    assert any("unverified" in words for words in hold("apixaban", 72, 80).words)
    pause = judge_hold("apixaban", datetime(2026, 3, 7), PROCEDURE, 80, PAUSE)
    assert any("2 full days (verified)" in words for words in pause.words)
    assert hold("apixaban", 1, 80).words[-1] == "Local policy overrides this table."


def test_restart():
    assert hold("apixaban", 72, 80, PAUSE).restart.words == "48 to 72 h"
    assert hold("apixaban", 72, 80, SIR).restart.least_h == 24
    assert hold("lmwh_therapeutic", 24).restart.status == "verified"
    assert hold("prasugrel", 168).restart is None
    # ASRA has no restart in the table: the verified one is taken, and named
    result = hold("apixaban", 72, 80, ASRA)
    assert result.restart.policy == "PAUSE"
    assert (
        "Restart listed: 48 to 72 h after (PAUSE (high bleeding risk), verified)." in result.words
    )


def test_headline():
    words = hold("apixaban", 71.99, 80).headline
    assert (
        words == "apixaban: held 71.9 h; hold not complete; by time complete from 2026-03-10 09:00"
    )
    assert judge_hold("aspirin", None, PROCEDURE).headline == (
        "aspirin: last dose unknown; hold unknown, missing time of the last dose"
    )


def test_nobody_is_told_to_stop():
    for name in read_drugs():
        result = hold(name, 1, 80, inr=2.0)
        said = " ".join((*result.words, result.headline)).lower()
        assert "stop" not in said
        assert "recommend" not in said


def test_the_hour_of_the_changed_clock_is_not_held():
    berlin = ZoneInfo("Europe/Berlin")
    # in the night to 29 March 2026 the clock goes from 2 to 3
    dose = datetime(2026, 3, 28, 21, tzinfo=berlin)
    morning = datetime(2026, 3, 29, 9, tzinfo=berlin)
    result = judge_hold("lmwh_prophylactic", dose, morning)
    assert result.held_h == 11
    assert result.state is NOT_COMPLETE
    assert result.complete_from == datetime(2026, 3, 29, 10, tzinfo=berlin)
    assert str(result.complete_from.tzinfo) == "Europe/Berlin"
    assert judge_hold("lmwh_prophylactic", dose, morning + timedelta(hours=1)).state is COMPLETE


def test_full_days_are_those_of_the_place_of_the_procedure():
    kolkata = ZoneInfo("Asia/Kolkata")
    procedure = datetime(2026, 3, 10, 9, tzinfo=kolkata)
    # 19:30 in London is after midnight in Kolkata: the day of the last dose is the 8th
    dose = datetime(2026, 3, 7, 19, 30, tzinfo=UTC)
    result = judge_hold("apixaban", dose, procedure, 80, PAUSE)
    assert result.state is NOT_COMPLETE
    assert result.complete_from == datetime(2026, 3, 11, tzinfo=kolkata)


def test_leap_day():
    procedure = datetime(2028, 3, 2, 9)
    result = judge_hold("apixaban", datetime(2028, 2, 28, 20), procedure, 80, PAUSE)
    assert result.state is COMPLETE
    assert result.complete_from == datetime(2028, 3, 2)


def test_times_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="lies after the procedure"):
        hold("apixaban", -1, 80)
    with pytest.raises(InputError, match="both with a time zone or both without"):
        judge_hold("apixaban", datetime(2026, 3, 1, tzinfo=UTC), PROCEDURE)
    assert hold("apixaban", 0, 80).state is NOT_COMPLETE


@pytest.mark.parametrize("crcl", [-1, 301, float("nan"), float("inf")])
def test_impossible_clearance_is_refused(crcl):
    with pytest.raises(InputError, match="creatinine clearance"):
        hold("apixaban", 72, crcl)


def test_impossible_inr_is_refused():
    with pytest.raises(InputError, match="INR"):
        hold("warfarin", 120, inr=0.1)


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("apixiban", "apixaban"),
        ("endoxaban", "edoxaban"),
        ("Warfarine", "warfarin"),
        ("clopidogral", "clopidogrel"),
    ],
)
def test_slips_of_the_pen_are_refused_with_the_name_meant(given, near):
    with pytest.raises(InputError, match=f"no drug '{given}'; did you mean {near};"):
        find_drug(given)


LOOK_ALIKES = (
    "phenprocoumon fluindione nadroparin bemiparin certoparin cangrelor betrixaban argatroban "
    "bivalirudin danaparoid dipyridamole cilostazol triflusal tirofiban ibuprofen"
)


@pytest.mark.parametrize("given", ["", *LOOK_ALIKES.split()])
def test_a_relative_is_never_taken_for_a_drug_of_the_table_nor_offered(given):
    with pytest.raises(InputError, match="the hold table has no drug") as refused:
        find_drug(given)
    assert "did you mean" not in str(refused.value)


@pytest.mark.parametrize("given", ["enoxaparin", "Clexane", "dalteparin", "LMWH", "tinzaparin"])
def test_a_heparin_of_low_molecular_weight_is_asked_for_its_dose(given):
    with pytest.raises(InputError, match="prophylactic or therapeutic") as refused:
        find_drug(given)
    said = str(refused.value)
    assert said.endswith("Give one of: lmwh_prophylactic, lmwh_therapeutic")
    assert "edoxaban" not in said
    assert "fondaparinux" not in said
    for dose in ("prophylactic", "therapeutic"):
        assert find_drug(f"{given} {dose}").name == f"lmwh_{dose}"


def test_heparin_alone_says_too_little():
    with pytest.raises(InputError, match=r"several kinds.*ufh_iv"):
        find_drug("heparin")


def test_a_drug_without_a_value_is_known_and_left_to_local_policy():
    for name in ("acenocoumarol", "ticlopidine"):
        result = hold(name, 500, inr=1.0)
        assert (result.state, result.missing) == (UNKNOWN, ("a value in the table",))
        assert "Hold not in the table, local policy." in result.words
        assert listed_words(result).startswith("not in the table, local policy")
        assert result.complete_from is None
    assert hold("acenocoumarol", 500, inr=1.6).state is NOT_COMPLETE
    assert hold("acenocoumarol", 500).missing == ("a value in the table", "lab.inr")


def test_the_inr_is_said_to_be_no_measure_of_a_direct_anticoagulant():
    direct = {name for name, drug in read_drugs().items() if drug.is_direct}
    assert direct == {"apixaban", "rivaroxaban", "edoxaban", "dabigatran"}
    for name in read_drugs():
        said = any("INR does not measure" in words for words in hold(name, 1, 80, inr=1).words)
        assert said is (name in direct)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Apixaban", "apixaban"),
        (" ELIQUIS ", "apixaban"),
        ("lmwh_therapeutic", "lmwh_therapeutic"),
        ("enoxaparin  therapeutic", "lmwh_therapeutic"),
        ("Acetylsalicylic acid", "aspirin"),
        ("ASA", "aspirin"),
        ("acetylsalicylic_acid", "aspirin"),
        ("Sintrom", "acenocoumarol"),
        ("ticlopidine", "ticlopidine"),
        ("dabigatran etexilate", "dabigatran"),
    ],
)
def test_names(given, name):
    assert find_drug(given).name == name


def test_kinds():
    platelets = {d.name for d in read_drugs().values() if d.kind is DrugKind.ANTIPLATELET}
    assert platelets == {"clopidogrel", "prasugrel", "ticagrelor", "ticlopidine", "aspirin"}


def test_table_is_whole():
    without = {name for name, drug in read_drugs().items() if not drug.holds}
    assert without == {"acenocoumarol", "ticlopidine"}
    for drug in (drug for name, drug in read_drugs().items() if name not in without):
        for policy in HoldPolicy:
            assert drug.holds_by(policy), (drug.name, policy)
            for crcl in (0.0, 30.0, 49.9, 50.0, 50.1, 300.0):
                found = [h for h in drug.holds_by(policy) if not h.crcl or h.crcl.holds(crcl)]
                assert len(found) == 1, (drug.name, policy, crcl)
        for time in (*drug.holds, *drug.restarts):
            assert time.status in {"verified", "partly verified", "recalled"}
            assert time.least_h <= time.most_h
            assert time.policy in {"table", *HoldPolicy}


def test_several_drugs():
    uses = [
        AntithromboticUse(drug="aspirin", last_dose=PROCEDURE - timedelta(days=6)),
        AntithromboticUse(drug="apixaban", last_dose=PROCEDURE - timedelta(days=1)),
    ]
    states = {r.drug.name: r.state for r in judge_holds(uses, PROCEDURE, 80)}
    assert states == {"aspirin": COMPLETE, "apixaban": NOT_COMPLETE}
    with pytest.raises(InputError, match="apixaban is given twice"):
        judge_holds([*uses, AntithromboticUse(drug="eliquis")], PROCEDURE)
