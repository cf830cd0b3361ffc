"""What to do by day: numbers of the sources, of the clinic where it sets them."""

from datetime import date, timedelta

import pytest

from vertaug.case.errors import InputError
from vertaug.case.source_status import SourceStatus
from vertaug.recovery.activity_plan import plan_activity
from vertaug.recovery.time_shift import read_local_time, read_zone

KOLKATA = read_zone("Asia/Kolkata")
START = read_local_time("2026-12-01T10:30", KOLKATA)


def phase(plan, key):
    return next(one for one in plan.phases if one.key == key)


def test_the_sentences_carry_the_numbers():
    plan = plan_activity(START)
    assert phase(plan, "room").do == (
        "Lie flat for 1 h after the end of the treatment. You may roll to your side.",
    )
    assert "Do not drive for 2 days." in phase(plan, "day_0").leave
    assert "Do not lift more than 4.5 kg for 6 weeks." in phase(plan, "week_1").leave
    assert not any("{" in text for one in plan.phases for text in (*one.do, *one.leave, one.label))


def test_the_phases_follow_each_other_without_a_gap():
    plan = plan_activity(START)
    assert plan.phases[0].start == START
    assert plan.phases[-1].end is None
    ends = [one.end for one in plan.phases[:-1]]
    starts = {one.start for one in plan.phases}
    assert all(end in starts or end < plan.phases[-1].start for end in ends)
    noon = read_local_time("2026-12-02T12:00", KOLKATA)
    covering = [one.key for one in plan.phases[:-1] if one.start <= noon < one.end]
    assert covering == ["day_1", "week_1"]


def test_hours_count_from_the_end():
    end = START + timedelta(minutes=70)
    plan = plan_activity(START, ended_at=end)
    assert phase(plan, "room").start == end
    assert phase(plan, "room").end == end + timedelta(hours=2)
    assert phase(plan, "day_0").start == phase(plan, "room").end
    assert phase(plan, "day_1").start == START + timedelta(days=1)


def test_bed_rest_is_discouraged_and_a_brace_is_for_comfort():
    advice = {one.key: one for one in plan_activity(START).advice}
    assert "after the first day" in advice["bed_rest"].words
    assert advice["bed_rest"].note.status is SourceStatus.DESIGN_DEFAULT
    assert advice["brace"].note.unverified


def test_the_spread_of_the_sources_is_kept():
    values = plan_activity(START).values
    assert values["lift_kg"].spread == "2.3 to 4.5"
    assert values["lie_flat_hours"].spread == "1 to 4"
    assert values["no_driving_days"].spread == ""


def test_dates_of_limits():
    plan = plan_activity(START)
    assert plan.drive_from == date(2026, 12, 3)
    assert plan.lift_until == date(2027, 1, 12)


def test_every_number_can_be_a_clinics_own():
    names = tuple(plan_activity(START).values)
    for name in names:
        plan = plan_activity(START, {name: plan_activity(START).values[name].value + 0.5})
        assert plan.values[name].note.source == "site"
    plan = plan_activity(START, {"lift_weeks": 13, "lift_kg": 2.3})
    assert "Do not lift more than 2.3 kg for 13 weeks." in phase(plan, "week_1").leave
    assert plan.lift_until == date(2027, 3, 2)


def test_the_weeks_of_loading_move_the_phases():
    plan = plan_activity(START, {"loading_week": 8})
    assert phase(plan, "weeks_1_6").end.date() == date(2027, 1, 26)
    assert phase(plan, "later").label == "from week 8 on"


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({"lift_kilos": 2}, "lift_kg"),
        ({"lift_kg": -1}, "between 0 and"),
        ({"lift_kg": 500}, "between 0 and"),
        ({"lift_kg": "much"}, "number"),
        ({"lie_flat_hours": 4}, "at most 2 h"),
        ({"in_room_hours": 30}, "at most 24 h"),
        ({"loading_week": 1}, "after week 1"),
    ],
)
def test_a_number_that_cannot_be_is_refused(site, words):
    with pytest.raises(InputError, match=words):
        plan_activity(START, site)


def test_a_longer_rest_needs_a_longer_stay():
    plan = plan_activity(START, {"lie_flat_hours": 4, "in_room_hours": 4})
    assert phase(plan, "room").end.hour == 14
