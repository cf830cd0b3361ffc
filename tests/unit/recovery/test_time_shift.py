"""Hours by the running clock, days and months by the calendar."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.time_shift import (
    TimeShift,
    end_of_day,
    read_local_time,
    read_zone,
    shift_date,
    shift_moment,
    start_of_day,
)

BERLIN = read_zone("Europe/Berlin")


def at(text, zone=BERLIN):
    return read_local_time(text, zone)


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2099, 11, 30), 3, date(2100, 2, 28)),  # 2100 is no leap year
    ],
)
def test_a_month_without_that_day_gives_its_last_day(start, months, expected):
    assert shift_date(start, TimeShift(months=months)) == expected


def test_months_come_before_days():
    assert shift_date(date(2027, 1, 31), TimeShift(months=1, days=1)) == date(2027, 3, 1)


def test_a_week_over_the_spring_change_is_the_same_time_of_day():
    start = at("2026-03-25T10:30")
    later = shift_moment(start, TimeShift(days=7))
    assert later.isoformat() == "2026-04-01T10:30:00+02:00"
    assert later.astimezone(UTC) - start.astimezone(UTC) == timedelta(days=7, hours=-1)


def test_hours_over_the_spring_change_pass_as_they_are():
    start = at("2026-03-28T22:30")
    later = shift_moment(start, TimeShift(hours=24))
    assert later.isoformat() == "2026-03-29T23:30:00+02:00"
    assert later.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=24)


def test_hours_over_the_autumn_change_pass_as_they_are():
    start = at("2026-10-25T01:30")
    later = shift_moment(start, TimeShift(hours=2))
    assert later.isoformat() == "2026-10-25T02:30:00+01:00"
    assert later.fold == 1


def test_a_time_of_day_that_the_clocks_skip_is_moved_past_the_skip():
    later = shift_moment(at("2026-03-22T02:30"), TimeShift(days=7))
    assert later.isoformat() == "2026-03-29T03:30:00+02:00"


def test_of_a_time_that_comes_twice_the_first_is_taken():
    later = shift_moment(at("2026-10-18T02:30"), TimeShift(days=7))
    assert later.isoformat() == "2026-10-25T02:30:00+02:00"


def test_another_time_of_day_for_spans_of_the_calendar_only():
    start = at("2026-12-01T10:30")
    assert shift_moment(start, TimeShift(days=7), time(9, 0)).hour == 9
    assert shift_moment(start, TimeShift(hours=2), time(9, 0)).hour == 12


def test_a_day_without_midnight_starts_at_one():
    cairo = read_zone("Africa/Cairo")  # clocks go forward at midnight
    start = start_of_day(date(2026, 4, 24), cairo)
    assert (start.hour, start.day) == (1, 24)
    assert end_of_day(date(2026, 4, 23), cairo).isoformat() == "2026-04-23T23:59:59+02:00"


def test_the_day_of_the_autumn_change_has_25_hours():
    start, end = start_of_day(date(2026, 10, 25), BERLIN), end_of_day(date(2026, 10, 25), BERLIN)
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=25, seconds=-1)


def test_an_offset_in_the_text_is_turned_into_the_zone():
    found = read_local_time("2026-12-01T10:30+05:30", BERLIN)
    assert found.isoformat() == "2026-12-01T06:00:00+01:00"


def test_an_offset_alone_is_enough():
    found = read_local_time("2026-12-01T10:30+05:30", None)
    assert found.tzinfo == timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("text", "zone", "words"),
    [
        ("2026-12-01", BERLIN, "time of day"),
        ("2026-02-30T10:30", BERLIN, "2026-12-01T10:30"),
        ("yesterday", BERLIN, "2026-12-01T10:30"),
        ("2026-12-01T10:30", None, "time zone"),
        ("2026-03-29T02:30", BERLIN, "put forward"),
        ("2026-10-25T02:30", BERLIN, r"twice .*\+02:00 or .*\+01:00"),
        ("1926-12-01T10:30", BERLIN, "1984"),
        ("2926-12-01T10:30", BERLIN, "2199"),
    ],
)
def test_a_time_that_cannot_be_is_refused(text, zone, words):
    with pytest.raises(InputError, match=words):
        read_local_time(text, zone)


def test_a_zone_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="Asia/Kolkata"):
        read_zone("Asia/Nowhere")
    with pytest.raises(InputError, match="no time zone"):
        read_zone("../etc/passwd")


def test_hours_do_not_mix_with_days():
    with pytest.raises(InputError, match="hours"):
        TimeShift(hours=2, days=1)


def test_a_time_without_a_zone_is_refused():
    from vertaug.recovery.time_shift import check_moment

    with pytest.raises(InputError, match="aware"):
        check_moment(datetime(2026, 12, 1, 10, 30))
