"""Due times, windows and where each visit stands."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.schedule import ClinicDays, VisitState, schedule_visits, visit_status
from vertaug.recovery.time_shift import read_local_time, read_zone
from vertaug.recovery.visit import read_visits

KOLKATA = read_zone("Asia/Kolkata")


def at(text, zone=KOLKATA):
    return read_local_time(text, zone)


@pytest.fixture
def plan():
    return schedule_visits(at("2026-12-01T10:30"))


def stands(plan, done, now):
    return {s.visit.key: s.state for s in visit_status(plan, done, now)}


def test_the_visits_of_the_reference_are_all_there(plan):
    assert [v.key for v in plan.visits] == [
        "baseline", "2h", "24h", "7d", "1mo", "3mo", "6mo", "12mo",
    ]  # fmt: skip
    due = {v.key: v.due.strftime("%Y-%m-%d %H:%M") for v in plan.visits}
    assert due == {
        "baseline": "2026-12-01 10:30",
        "2h": "2026-12-01 12:30",
        "24h": "2026-12-02 10:30",
        "7d": "2026-12-08 10:30",
        "1mo": "2027-01-01 10:30",
        "3mo": "2027-03-01 10:30",
        "6mo": "2027-06-01 10:30",
        "12mo": "2027-12-01 10:30",
    }


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("baseline", "2026-11-17 00:00:00", "2026-12-01 10:30:00"),
        ("2h", "2026-12-01 11:30:00", "2026-12-01 14:30:00"),
        ("24h", "2026-12-01 22:30:00", "2026-12-02 22:30:00"),
        ("7d", "2026-12-06 00:00:00", "2026-12-17 23:59:59"),
        ("1mo", "2026-12-15 00:00:00", "2027-01-05 23:59:59"),
        ("3mo", "2027-02-15 00:00:00", "2027-03-15 23:59:59"),
        ("6mo", "2027-05-11 00:00:00", "2027-06-22 23:59:59"),
        ("12mo", "2027-11-01 00:00:00", "2027-12-31 23:59:59"),
    ],
)
def test_windows_are_those_of_the_reference(plan, key, first, last):
    visit = plan.visit(key)
    assert visit.earliest.strftime("%Y-%m-%d %H:%M:%S") == first
    assert visit.latest.strftime("%Y-%m-%d %H:%M:%S") == last


def test_a_procedure_at_the_end_of_january_in_a_leap_year():
    plan = schedule_visits(at("2028-01-31T10:30"))
    assert plan.visit("1mo").due.date() == date(2028, 2, 29)
    assert plan.visit("3mo").due.date() == date(2028, 4, 30)
    assert plan.visit("12mo").due.date() == date(2029, 1, 31)


def test_a_procedure_on_29_february():
    plan = schedule_visits(at("2028-02-29T10:30"))
    assert plan.visit("12mo").due.date() == date(2029, 2, 28)


def test_the_clocks_of_the_clinic_change_between():
    berlin = read_zone("Europe/Berlin")
    plan = schedule_visits(at("2026-03-28T13:00", berlin))
    assert plan.visit("24h").due.isoformat() == "2026-03-29T14:00:00+02:00"  # 24 hours have passed
    assert plan.visit("7d").due.isoformat() == "2026-04-04T13:00:00+02:00"  # the same time of day
    assert plan.visit("12mo").due.isoformat() == "2027-03-28T13:00:00+02:00"


def test_windows_are_compared_by_the_running_clock():
    berlin = read_zone("Europe/Berlin")
    plan = schedule_visits(read_local_time("2026-10-25T01:30", berlin))
    second = datetime(2026, 10, 25, 2, 45, tzinfo=berlin, fold=1)  # 2.25 hours later
    first = datetime(2026, 10, 25, 2, 0, tzinfo=berlin, fold=0)  # half an hour later
    assert plan.visit("2h").in_window(second)
    assert not plan.visit("2h").in_window(first)


def test_each_state_of_a_visit(plan):
    cases = {
        "2026-12-05T09:00": VisitState.LATER,
        "2026-12-06T00:00": VisitState.OPEN,
        "2026-12-08T10:30": VisitState.DUE,
        "2026-12-17T23:00": VisitState.DUE,
        "2026-12-18T00:00": VisitState.OVERDUE,
        "2026-12-23T00:00": VisitState.MISSED,
    }
    assert {now: stands(plan, {}, at(now))["7d"] for now in cases} == cases


def test_done_in_and_outside_the_window(plan):
    now = at("2027-01-20T09:00")
    assert stands(plan, {"7d": at("2026-12-09T15:00")}, now)["7d"] is VisitState.DONE
    assert stands(plan, {"7d": at("2026-12-20T15:00")}, now)["7d"] is VisitState.DONE_OUTSIDE


def test_a_baseline_taken_after_the_procedure_is_outside_its_window(plan):
    states = stands(plan, {"baseline": at("2026-12-01T11:00")}, at("2026-12-01T12:00"))
    assert states["baseline"] is VisitState.DONE_OUTSIDE


@pytest.mark.parametrize(
    ("done", "now", "words"),
    [
        ({"7d": "2026-12-09T15:00"}, "2026-12-08T15:00", "after now"),
        ({"7d": "2026-11-09T15:00"}, "2026-12-30T15:00", "before the procedure"),
        (
            {"7d": "2026-12-20T15:00", "1mo": "2026-12-19T15:00"},
            "2026-12-30T15:00",
            "1mo .* before visit 7d",
        ),
        ({"3m": "2027-03-01T10:00"}, "2027-12-30T15:00", "did you mean .*3mo"),
    ],
)
def test_dates_that_cannot_be_are_refused(plan, done, now, words):
    made = {key: at(text) for key, text in done.items()}
    with pytest.raises(InputError, match=words):
        visit_status(plan, made, at(now))


def test_times_without_a_zone_are_refused(plan):
    with pytest.raises(InputError, match="aware"):
        schedule_visits(datetime(2026, 12, 1, 10, 30))
    with pytest.raises(InputError, match="aware"):
        visit_status(plan, {"7d": datetime(2026, 12, 9)}, at("2026-12-30T15:00"))


def test_the_proposed_day_is_one_on_which_the_clinic_is_open():
    days = ClinicDays(
        visit_time=time(9, 15), closed_weekdays=("Sunday",), closed_dates=(date(2027, 1, 1),)
    )
    plan = schedule_visits(at("2026-12-01T10:30"), days)
    visit = plan.visit("1mo")  # due on New Year's Day, a Friday
    assert visit.due.date() == date(2027, 1, 1)
    assert visit.proposed.isoformat() == "2027-01-02T09:15:00+05:30"
    assert plan.visit("7d").proposed == plan.visit("7d").due
    assert plan.visit("24h").due.hour == 10


def test_a_clinic_that_is_closed_in_the_whole_window_says_so():
    closed = tuple(date(2026, 12, 1) + timedelta(days=n) for n in range(40))
    plan = schedule_visits(at("2026-12-01T10:30"), ClinicDays(closed_dates=closed))
    assert plan.visit("7d").closed
    assert not plan.visit("3mo").closed


def test_a_clinic_that_never_opens_is_refused():
    week = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    with pytest.raises(InputError, match="closed on all days"):
        ClinicDays(closed_weekdays=week)
    with pytest.raises(InputError, match="did you mean Sunday"):
        ClinicDays(closed_weekdays=("Sundy",))


def test_a_clinic_sets_its_own_windows():
    own = {"3mo": {"earliest": {"months": 2}, "latest": {"months": 4}}}
    visits = read_visits(own)
    plan = schedule_visits(at("2026-12-01T10:30"), definitions=visits)
    assert plan.visit("3mo").earliest.date() == date(2027, 2, 1)
    assert plan.visit("3mo").definition.window_note.source == "site"
    assert plan.visit("6mo").definition.window_note.source != "site"


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"3m": {}}, "did you mean .*3mo"),
        ({"3mo": {"erliest": {"days": 1}}}, "earliest"),
        ({"3mo": {"earliest": {"weeks": 1}}}, "unit"),
        ({"3mo": {"earliest": {"days": 1.5}}}, "whole number"),
        ({"3mo": {"earliest": {"days": 99999}}}, "at most"),
        ({"3mo": {"earliest": 7}}, "table"),
        ({"3mo": 7}, "table"),
    ],
)
def test_a_window_that_cannot_be_read_is_refused(own, words):
    with pytest.raises(InputError, match=words):
        read_visits(own)


@pytest.mark.parametrize(
    "own",
    [
        {"3mo": {"earliest": {"months": 4}}},
        {"3mo": {"latest": {"months": 2}}},
        {"7d": {"due": {"months": 2}, "latest": {"months": 3}, "missed_after": {"months": 4}}},
    ],
)
def test_times_in_the_wrong_order_are_refused(own):
    with pytest.raises(InputError, match=r"wrong order|must be due after"):
        schedule_visits(at("2026-12-01T10:30"), definitions=read_visits(own))


def test_all_zones_give_the_same_hours():
    procedure = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
    due = {
        zone: schedule_visits(procedure.astimezone(read_zone(zone))).visit("24h").due
        for zone in ("Asia/Kolkata", "America/New_York", "Pacific/Auckland")
    }
    assert len({moment.astimezone(UTC) for moment in due.values()}) == 1
