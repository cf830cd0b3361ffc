"""Discharge: three values, boundaries, times in order."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from vertaug.case.errors import InputError
from vertaug.procedure_day.checklist import Finding
from vertaug.procedure_day.discharge import (
    RecoveryFacts,
    judge_discharge,
    plan_observations,
    recovery_orders,
)


@pytest.fixture
def well(at):
    return RecoveryFacts(
        ended=at(0),
        now=at(120),
        score=9,
        neuro_as_before=True,
        pain=3.0,
        pain_before=3.0,
        saturation=92.0,
        on_air=True,
        walked_10_m=True,
        site_dry=True,
        voided=True,
        escort_and_phone=True,
        written_instructions=True,
        red_flags_read_back=True,
    )


def test_all_met_still_leaves_the_decision_to_a_person(well):
    found = judge_discharge(well)
    assert found.finding is Finding.MET
    assert "a person decides" in found.words


@pytest.mark.parametrize(
    "change",
    [
        {"score": 8},
        {"neuro_as_before": False},
        {"pain": 3.1},
        {"saturation": 91.9, "saturation_before": 92.0},
        {"walked_10_m": False},
        {"site_dry": False},
        {"voided": False},
        {"escort_and_phone": False},
        {"written_instructions": False},
        {"red_flags_read_back": False},
    ],
)
def test_one_that_is_not_met_is_enough(well, change):
    found = judge_discharge(replace(well, **change))
    assert found.finding is Finding.NOT_MET
    assert len(found.not_met) == 1
    assert found.missing == ()


@pytest.mark.parametrize(
    "name",
    [
        "score",
        "neuro_as_before",
        "pain",
        "pain_before",
        "saturation",
        "on_air",
        "walked_10_m",
        "site_dry",
        "voided",
        "escort_and_phone",
        "written_instructions",
        "red_flags_read_back",
        "now",
        "ended",
    ],
)
def test_what_is_not_known_is_neither(well, name):
    found = judge_discharge(replace(well, **{name: None}))
    assert found.finding is Finding.UNKNOWN
    assert len(found.missing) == 1


def test_nothing_known():
    found = judge_discharge(RecoveryFacts())
    assert found.finding is Finding.UNKNOWN
    assert len(found.missing) == len(found.criteria) == 11


def test_not_met_goes_before_unknown(well):
    assert judge_discharge(replace(well, score=8, voided=None)).finding is Finding.NOT_MET


@pytest.mark.parametrize(
    ("saturation", "before", "finding"),
    [
        (92.0, None, Finding.MET),
        (91.9, None, Finding.UNKNOWN),
        (89.0, 89.0, Finding.MET),
        (88.9, 89.0, Finding.NOT_MET),
    ],
)
def test_saturation_on_air_or_as_before(well, saturation, before, finding):
    found = judge_discharge(replace(well, saturation=saturation, saturation_before=before))
    assert found.finding is finding


def test_saturation_with_oxygen_says_nothing(well):
    assert judge_discharge(replace(well, on_air=False)).finding is Finding.UNKNOWN


def test_no_pain_is_not_above_anything(well):
    assert judge_discharge(replace(well, pain=0.0, pain_before=None)).finding is Finding.MET


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (119, "still under observation"),
        (120, "same-day"),
        (360, "same-day"),
        (361, "within 24 h"),
        (1440, "within 24 h"),
        (1441, "longer than 24 h"),
    ],
)
def test_stay_by_hours(well, at, minutes, words):
    found = judge_discharge(replace(well, now=at(minutes)))
    assert words in found.stay
    assert (found.finding is Finding.NOT_MET) is (minutes < 120)


def test_times_in_the_wrong_order_are_refused(well, at):
    with pytest.raises(InputError, match="before the end of the procedure"):
        replace(well, now=at(-1))


@pytest.mark.parametrize(
    "change",
    [
        {"score": 11},
        {"score": -1},
        {"pain": 10.5},
        {"saturation": 101.0},
        {"saturation_before": float("nan")},
        {"now": datetime(2026, 3, 2, 12)},
    ],
)
def test_impossible_values_are_refused(well, change):
    with pytest.raises(InputError, match="expected"):
        replace(well, **change)


def test_observations_every_15_then_30_minutes(at):
    assert [o.after_min for o in plan_observations()] == [15, 30, 45, 60, 90, 120]
    assert plan_observations()[0].due is None
    assert plan_observations(at(0))[-1].due == at(120)


def test_observations_across_the_change_of_the_clock():
    zone = ZoneInfo("Europe/Berlin")
    ended = datetime(2026, 3, 29, 1, 30, tzinfo=zone)
    due = plan_observations(ended)[3].due
    assert due.astimezone(zone).hour == 3
    assert due.timestamp() - ended.timestamp() == timedelta(hours=1).total_seconds()


def test_observations_need_an_offset():
    with pytest.raises(InputError, match="offset"):
        plan_observations(datetime(2026, 3, 2, 9))


def test_orders_have_sources():
    assert all(line.evidence.source for line in recovery_orders())


def test_pain_is_asked_at_two_hours_not_two_hours_before_discharge():
    text = next(line.text for line in recovery_orders() if line.name == "pain")
    assert "at the end of the procedure and at 2 h, before discharge" in text
