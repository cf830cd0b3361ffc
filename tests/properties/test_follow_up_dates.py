"""Date arithmetic of the follow-up, for any procedure time and many zones."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings, strategies as st

from vertaug.recovery.schedule import ClinicDays, VisitState, schedule_visits, visit_status
from vertaug.recovery.time_shift import (
    TimeShift,
    end_of_day,
    read_zone,
    shift_date,
    shift_moment,
    start_of_day,
)

ZONES = (
    "UTC",
    "Asia/Kolkata",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",  # its clocks change by half an hour
    "Pacific/Apia",  # left out a day in 2011
    "Africa/Cairo",  # its clocks change at midnight
    "Asia/Tehran",
)
FIRST = datetime(1990, 1, 1, tzinfo=UTC)
moments = st.builds(
    lambda seconds, zone: (FIRST + timedelta(seconds=seconds)).astimezone(read_zone(zone)),
    st.integers(0, int(60 * 365.25 * 86400)),
    st.sampled_from(ZONES),
)
MAX = settings(max_examples=150, deadline=None)


@MAX
@given(moments, st.integers(0, 1000))
def test_hours_pass_as_they_are(moment, hours):
    later = shift_moment(moment, TimeShift(hours=hours))
    assert later.astimezone(UTC) - moment.astimezone(UTC) == timedelta(hours=hours)
    assert later.tzinfo is moment.tzinfo


@MAX
@given(moments, st.integers(1, 400))
def test_days_keep_the_time_of_day_or_move_past_a_skip(moment, days):
    later = shift_moment(moment, TimeShift(days=days))
    moved = later.replace(tzinfo=None) - moment.replace(tzinfo=None)
    skipped = moved - timedelta(days=days)
    assert timedelta(0) <= skipped <= timedelta(days=1)
    if skipped:
        # the time of day that was meant is not on the clocks of that day
        meant = moment.replace(tzinfo=None) + timedelta(days=days)
        back = meant.replace(tzinfo=moment.tzinfo).astimezone(UTC).astimezone(moment.tzinfo)
        assert back.replace(tzinfo=None) != meant


@MAX
@given(moments, st.integers(-60, 60))
def test_months_keep_the_day_or_take_the_last(moment, months):
    day = moment.date()
    found = shift_date(day, TimeShift(months=months))
    assert (found.year - day.year) * 12 + found.month - day.month == months
    last = monthrange(found.year, found.month)[1]
    assert found.day == min(day.day, last)


@MAX
@given(moments, st.integers(0, 30), st.integers(1, 30))
def test_more_months_are_never_earlier(moment, months, more):
    first = shift_date(moment.date(), TimeShift(months=months))
    assert shift_date(moment.date(), TimeShift(months=months + more)) > first


@MAX
@given(moments)
def test_a_day_is_whole(moment):
    day = moment.date()
    start, end = start_of_day(day, moment.tzinfo), end_of_day(day, moment.tzinfo)
    assert start.astimezone(UTC) <= moment.astimezone(UTC)
    assert moment.astimezone(UTC) < end.astimezone(UTC) + timedelta(seconds=1)
    assert start.date() == end.date() == day


@MAX
@given(moments, st.lists(st.sampled_from(("Sunday", "Friday", "Saturday")), unique=True))
def test_every_visit_is_due_in_its_window(moment, closed):
    plan = schedule_visits(moment, ClinicDays(closed_weekdays=tuple(closed)))
    for visit in plan.visits:
        assert visit.in_window(visit.due)
        assert visit.in_window(visit.proposed)
        assert not visit.closed
    due = [v.due.astimezone(UTC) for v in plan.visits]
    assert due == sorted(set(due))
    for visit in plan.visits[3:]:
        assert visit.proposed.strftime("%A") not in closed


@MAX
@given(moments, st.integers(0, 500))
def test_every_visit_has_one_state_and_never_goes_back(moment, days):
    order = list(VisitState)
    plan = schedule_visits(moment)
    now = moment + timedelta(days=days)
    before = visit_status(plan, {}, now)
    after = visit_status(plan, {}, now + timedelta(days=10))
    for one, other in zip(before, after, strict=True):
        assert order.index(one.state) <= order.index(other.state)
