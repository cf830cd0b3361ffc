"""The clinic's own file: everything in it is known, or it is refused."""

from datetime import date, time

import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.clinic_site import ClinicSite, parse_site, read_site, read_time_of_day

TEXT = """
[clinic]
name = "Spine clinic"
timezone = "Asia/Kolkata"
phone = "+91 172 555 0100"
emergency_phone = "112"
visit_time = 09:30:00
closed_weekdays = ["Sunday"]
closed_dates = [2027-01-26]
fever_c = 38.3

[activity]
lift_kg = 2.3

[visit.3mo]
latest = { months = 3, days = 21 }
"""


def test_a_whole_file(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(TEXT)
    site = read_site(path)
    assert site.name == "Spine clinic"
    assert site.zone.key == "Asia/Kolkata"
    assert site.phone.require() == "+91 172 555 0100"
    assert site.days.visit_time == time(9, 30)
    assert site.days.closed_dates == (date(2027, 1, 26),)
    assert site.fever_c == 38.3
    assert site.activity == {"lift_kg": 2.3}
    assert site.visits["3mo"]["latest"] == {"months": 3, "days": 21}


def test_no_file_sets_nothing():
    assert read_site(None) == ClinicSite()


def test_numbers_given_on_the_line_win():
    site = parse_site({"clinic": {"phone": "111", "emergency_phone": "112"}})
    assert site.with_phone("222", None).phone.clinic == "222"
    assert site.with_phone("222", None).phone.emergency == "112"


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"clinics": {}}, "did you mean clinic"),
        ({"clinic": 5}, "table"),
        ({"clinic": {"fone": "111"}}, "phone"),
        ({"clinic": {"phone": 111}}, "quotes"),
        ({"clinic": {"phone": "none"}}, "phone"),
        ({"clinic": {"timezone": "India"}}, "no time zone"),
        ({"clinic": {"visit_time": "half past nine"}}, "09:30"),
        ({"clinic": {"closed_weekdays": "Sunday"}}, "list"),
        ({"clinic": {"closed_weekdays": ["Funday"]}}, "Sunday"),
        ({"clinic": {"closed_dates": ["2027-01-26"]}}, "list of dates"),
        ({"clinic": {"fever_c": "hot"}}, "number"),
    ],
)
def test_what_is_not_known_is_refused(tree, words):
    with pytest.raises(InputError, match=words):
        parse_site(tree)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_site(tmp_path / "none.toml")
    path = tmp_path / "site.toml"
    path.write_text("[clinic\n")
    with pytest.raises(InputError, match="TOML"):
        read_site(path)


def test_times_of_day():
    assert read_time_of_day("09:30") == time(9, 30)
    assert read_time_of_day(None) is None
    with pytest.raises(InputError, match="09:30"):
        read_time_of_day("25:00")
