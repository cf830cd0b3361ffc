"""The calendar file: read back by two readers, the same bytes again, nothing about health."""

import sys
from datetime import UTC, datetime, time, timedelta
from io import StringIO

import pytest
from dateutil.tz import tzical
from icalendar import Calendar

from vertaug.case.errors import InputError, MissingExtraError
from vertaug.recovery.calendar_file import PLAIN_TITLE, calendar_bytes
from vertaug.recovery.clinic_site import parse_site
from vertaug.recovery.schedule import ClinicDays, schedule_visits
from vertaug.recovery.time_shift import read_local_time, read_zone
from vertaug.recovery.zone_rule import zone_changes

ZONES = ("Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")
HEALTH = ("back", "spine", "cement", "pain", "vertebr", "fracture", "opioid", "treatment", "wound")


def follow_up(zone="Europe/Berlin", text="2026-12-01T10:30", days=None):
    start = read_local_time(text, read_zone(zone))
    return schedule_visits(start, days, ended_at=start)


def events(content):
    return list(Calendar.from_ical(content).walk("VEVENT"))


@pytest.mark.parametrize("zone", ZONES)
def test_read_back_it_gives_the_same_moments(zone):
    plan = follow_up(zone)
    found = [
        event.decoded("dtstart").astimezone(UTC) for event in events(calendar_bytes(plan, "x"))
    ]
    assert found == [v.proposed.astimezone(UTC) for v in plan.visits if v.definition.in_calendar]
    assert len(found) == 7


@pytest.mark.parametrize("zone", [z for z in ZONES if z != "UTC"])
def test_the_rules_of_the_zone_hold_for_another_reader(zone):
    plan = follow_up(zone)
    text = calendar_bytes(plan, "x").decode().replace("\r\n ", "")
    start, end = text.index("BEGIN:VTIMEZONE"), text.index("END:VTIMEZONE")
    read = tzical(StringIO(text[start:end] + "END:VTIMEZONE\n")).get()
    moment = plan.procedure_at.astimezone(UTC)
    for hours in range(0, 24 * 366, 5):
        later = (moment + timedelta(hours=hours)).astimezone(read_zone(zone))
        if later.fold or later.replace(fold=1).utcoffset() != later.utcoffset():
            continue  # a time that comes twice has no one answer
        assert later.replace(tzinfo=read).utcoffset() == later.utcoffset(), later


def test_changes_stand_on_the_clocks_as_they_were():
    changes = zone_changes(
        read_zone("Europe/Berlin"), datetime(2026, 1, 1).date(), datetime(2027, 1, 1).date()
    )
    assert [(c.onset.isoformat(), c.name, c.summer) for c in changes[1:]] == [
        ("2026-03-29T02:00:00", "CEST", True),
        ("2026-10-25T03:00:00", "CET", False),
    ]


def test_the_same_follow_up_gives_the_same_bytes():
    assert calendar_bytes(follow_up(), "x") == calendar_bytes(follow_up(), "x")


def test_a_moved_procedure_moves_its_visits():
    uids = [
        [str(event["uid"]) for event in events(calendar_bytes(follow_up(text=text), "x"))]
        for text in ("2026-12-01T10:30", "2026-12-03T08:00")
    ]
    assert uids[0] == uids[1]
    assert len(set(uids[0])) == 7
    other = [str(event["uid"]) for event in events(calendar_bytes(follow_up(), "y"))]
    assert not set(other) & set(uids[0])


def test_no_name_stands_in_it():
    content = calendar_bytes(follow_up(), "Jane Doe 1947").decode()
    assert "Jane" not in content
    assert "1947" not in content


def test_by_default_it_says_nothing_about_health():
    content = calendar_bytes(follow_up(), "x").decode().replace("\r\n ", "").lower()
    assert not [word for word in HEALTH if word in content]
    assert {str(event["summary"]) for event in events(calendar_bytes(follow_up(), "x"))} == {
        PLAIN_TITLE
    }
    assert all(event["class"] == "PRIVATE" for event in events(calendar_bytes(follow_up(), "x")))


def test_in_full_words_it_says_what_is_asked():
    found = events(calendar_bytes(follow_up(), "x", full_words=True))
    assert str(found[-1]["summary"]) == "Back treatment: visit at 12 months"
    assert "new fractures" in str(found[-1]["description"])
    assert "standing radiograph" in str(found[-1]["description"])


def test_the_window_stands_in_the_description():
    found = events(calendar_bytes(follow_up(), "x"))
    assert "from Mon 15 Feb 2027 to Mon 15 Mar 2027" in str(found[4]["description"])
    assert "1 to 4 hours after the end" in str(found[0]["description"])


def test_hours_after_an_end_that_is_not_known_are_no_time_of_a_calendar():
    start = read_local_time("2026-12-01T10:30", read_zone("Asia/Kolkata"))
    without = events(calendar_bytes(schedule_visits(start), "x"))
    assert len(without) == 6
    end = start + timedelta(minutes=70)
    first = events(calendar_bytes(schedule_visits(start, ended_at=end), "x"))[0]
    assert first.decoded("dtstart") == end + timedelta(hours=2)


def test_alarms_and_length_and_phone():
    site = parse_site(
        {
            "clinic": {"phone": "0172 555 0100"},
            "calendar": {"alarm_hours": [48], "visit_minutes": 20},
        }
    )
    found = events(calendar_bytes(follow_up(), "x", site))
    assert found[4].decoded("dtend") - found[4].decoded("dtstart") == timedelta(minutes=20)
    assert [alarm["trigger"].dt for alarm in found[4].walk("VALARM")] == [timedelta(hours=-48)]
    assert [alarm["trigger"].dt for alarm in found[0].walk("VALARM")] == [timedelta(minutes=-15)]
    assert "0172 555 0100" in str(found[0]["description"])


def test_a_closed_day_is_said():
    days = ClinicDays(visit_time=time(9), closed_weekdays=("Friday",))
    found = events(calendar_bytes(follow_up(days=days), "x"))
    assert "exact day would be Fri 1 Jan 2027" in str(found[3]["description"])
    assert found[3].decoded("dtstart").day == 2


def test_a_fixed_offset_becomes_utc():
    start = read_local_time("2026-12-01T10:30+05:30", None)
    plan = schedule_visits(start, ended_at=start)
    content = calendar_bytes(plan, "x").decode()
    assert "VTIMEZONE" not in content
    assert "DTSTART:20261201T070000Z" in content


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"visit_minutes": 0}, "visit_minutes"),
        ({"alarm_hours": [0]}, "alarm_hours"),
        ({"alarm_hours": 24}, "list"),
        ({"alarms": [24]}, "alarm_hours"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, words):
    with pytest.raises(InputError, match=words):
        parse_site({"calendar": settings})


def test_a_missing_library_gives_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(MissingExtraError, match=r'pip install "vertaug\[clinic\]"'):
        calendar_bytes(follow_up(), "x")


def test_a_visit_in_the_hour_that_comes_twice_is_at_its_own_time():
    """Procedure on 25 October 2026 at 1:00 in Berlin: 2 h later it is 2:00 for the second time."""
    plan = follow_up(text="2026-10-25T01:00")
    found = events(calendar_bytes(plan, "x"))[0].decoded("dtstart").astimezone(UTC)
    assert found == plan.visit("2h").due.astimezone(UTC) == datetime(2026, 10, 25, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "text"),
    [("Australia/Sydney", "2026-04-05T00:30"), ("Europe/Berlin", "2026-10-25T01:30")],
)
def test_a_visit_is_as_long_on_the_night_of_a_change(zone, text):
    for event in events(calendar_bytes(follow_up(zone, text), "x")):
        start, end = (event.decoded(name).astimezone(UTC) for name in ("dtstart", "dtend"))
        assert end - start == timedelta(minutes=30)
