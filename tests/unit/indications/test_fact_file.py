"""Facts from files: units, words, dates, what names a person."""

import json
from datetime import date

import pytest

from vertaug.case.errors import FormatError, InputError
from vertaug.indications.fact_file import parse_facts, read_facts
from vertaug.indications.fact_unit import convert
from vertaug.indications.fact_writer import format_facts, write_facts
from vertaug.indications.patient_facts import define_fact

TODAY = date(2026, 11, 30)


def read(tree):
    return parse_facts(tree, "facts.toml", on=TODAY)


def value_of(tree, name):
    return read(tree).facts.value(name)


@pytest.mark.parametrize(
    ("name", "value", "unit", "expected"),
    [
        ("lab.inr", 1.6, "INR", 1.6),
        ("lab.inr", 1.6, "{INR}", 1.6),
        ("lab.plt", 245, "K/uL", 245.0),
        ("lab.plt", 245, "G/L", 245.0),
        ("lab.plt", 245, "10*9/L", 245.0),
        ("lab.plt", 50000, "/uL", 50.0),
        ("lab.plt", 49000, "/µL", 49.0),
        ("lab.plt", 245, "×10⁹/L".replace("×", "x"), 245.0),
        ("lab.crp", 5.1, "mg/dL", 51.0),
        ("lab.crp", 51, "mg/L", 51.0),
        ("lab.temp_c", 100.4, "°F", 38.0),
        ("lab.temp_c", 98.6, "[degF]", 37.0),
        ("lab.temp_c", 38.0, "Cel", 38.0),
        ("patient.weight_kg", 110, "lb", 49.8951607),
        ("patient.height_cm", 1.62, "m", 162.0),
        ("lab.hb", 121, "g/L", 12.1),
        ("lab.wbc", 12500, "/uL", 12.5),
        ("fx.age_days", 6, "weeks", 42.0),
        ("fx.height_loss_pct", 38, "%", 38.0),
        ("bone.hu_l1", 90, "HU", 90.0),
    ],
)
def test_units_are_converted(name, value, unit, expected):
    assert value_of({name: {"value": value, "unit": unit}}, name) == pytest.approx(expected)
    if expected in {38.0, 50.0, 42.0}:  # where a limit is met exactly
        assert value_of({name: {"value": value, "unit": unit}}, name) == expected


def test_an_unknown_unit_is_refused():
    with pytest.raises(InputError, match="expected mg/L"):
        read({"lab": {"crp": {"value": 1.2, "unit": "mmol/L"}}})
    with pytest.raises(InputError, match="no number and has no unit"):
        read({"inf": {"sepsis": {"value": True, "unit": "mg/L"}}})
    with pytest.raises(InputError, match="cannot be read"):
        convert(define_fact("lab.inr"), 1.0, "s")


def test_an_impossible_value_says_which_unit_it_may_be_in():
    with pytest.raises(InputError) as told:
        read({"lab": {"plt": 45000, "hb": 121, "temp_c": 98.6}, "sx": {"nrs_now": 11}})
    text = str(told.value)
    assert "lab.plt = {value = 45000, unit =" in text
    assert "lab.hb = {value = 121, unit =" in text
    assert "lab.temp_c = {value = 98.6, unit =" in text
    assert "sx.nrs_now (pain now) is expected between 0 and 10; got 11" in text


@pytest.mark.parametrize(
    ("given", "expected"),
    [(True, True), ("yes", True), ("No", False), ("unknown", None), ("", None)],
)
def test_words_for_yes_no_and_unknown(given, expected):
    assert value_of({"inf.sepsis": given}, "inf.sepsis") is expected


def test_an_unknown_fact_is_kept_as_unknown():
    found = read({"lab": {"inr": "unknown"}, "fx": {"edema": "unknown"}})
    assert found.facts.value("lab.inr") is None
    assert set(found.facts.facts) == {"lab.inr", "fx.edema"}


def test_an_unknown_cause_is_a_cause():
    assert value_of({"fx.etiology": "unknown"}, "fx.etiology") == "unknown"


def test_numbers_are_not_yes_and_yes_is_no_number():
    with pytest.raises(InputError, match="expected as yes or no"):
        read({"inf.sepsis": 1})
    with pytest.raises(InputError, match="expected as a number"):
        read({"lab.inr": True})
    with pytest.raises(InputError, match="expected as a number"):
        read({"lab.inr": "high"})
    with pytest.raises(InputError, match="expected as a number"):
        read({"lab.inr": float("nan")})


def test_unknown_keys_name_the_nearest():
    with pytest.raises(InputError, match=r"no fact 'lab\.inrr'; did you mean lab\.inr"):
        read({"lab": {"inrr": 1.0}})
    with pytest.raises(InputError, match="no fact 'eq5d'"):
        read({"eq5d": 0.7})
    with pytest.raises(InputError, match="unknown units; known are dated, note"):
        read({"lab": {"inr": {"value": 1.0, "units": "INR"}}})
    with pytest.raises(InputError, match="has no value"):
        read({"lab": {"inr": {"dated": "2026-11-01"}}})


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(InputError) as told:
        read({"lab": {"inr": 99, "plt": -1}, "sx": {"trend": "bad"}})
    text = str(told.value)
    assert text.startswith("facts.toml: ")
    assert all(name in text for name in ("lab.inr", "lab.plt", "sx.trend"))


def test_what_names_a_person_is_left_out_and_told():
    found = read(
        {
            "name": "somebody",
            "patient": {"birth_date": "1941-02-03", "MRN": 12, "asa": 2, "first-name": "x"},
            "lab": {"inr": {"value": 1.0, "doctor": "x"}},
        }
    )
    assert set(found.facts.facts) == {"patient.asa", "lab.inr"}
    told = " ".join(found.notes)
    for key in (
        "name",
        "patient.birth_date",
        "patient.MRN",
        "patient.first-name",
        "lab.inr.doctor",
    ):
        assert key in told
    assert "1941" not in told
    assert "somebody" not in told


def test_the_age_of_the_oldest_is_not_kept():
    found = read({"patient.age_y": 97})
    assert found.facts.value("patient.age_y") == 90.0
    assert found.notes == ("the age is kept as 90 or more",)
    assert value_of({"patient.age_y": 89}, "patient.age_y") == 89.0


def test_the_age_of_the_fracture_follows_from_its_dates():
    assert value_of({"fx": {"onset": date(2026, 10, 28)}}, "fx.age_days") == 33.0
    assert value_of({"fx": {"first_image": "2026-11-20"}}, "fx.age_days") == 10.0
    both = {"fx": {"onset": "2026-10-28", "first_image": "2026-11-20"}}
    assert value_of(both, "fx.age_days") == 33.0
    given = {"fx": {"onset": "2026-10-28", "age_days": 33}}
    assert value_of(given, "fx.age_days") == 33.0


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"onset": "2026-11-20", "first_image": "2026-10-01"}, "seen before it began"),
        ({"onset": "2026-12-01"}, "after the day of the panel"),
        ({"onset": "2026-10-28", "age_days": 120}, "120 but fx.onset was 33 days ago"),
        ({"onset": "last week"}, "expected as a date"),
    ],
)
def test_dates_in_the_wrong_order(tree, words):
    with pytest.raises(InputError, match=words):
        read({"fx": tree})


def test_files_of_both_kinds(tmp_path):
    toml, plain = tmp_path / "facts.toml", tmp_path / "facts.json"
    toml.write_text('[lab]\ninr = {value = 1.1, dated = 2026-11-28}\n[sx]\ntrend = "worse"\n')
    tree = {"lab": {"inr": {"value": 1.1, "dated": "2026-11-28"}}, "sx.trend": "worse"}
    plain.write_text(json.dumps(tree))
    one, other = (read_facts(path, on=TODAY).facts for path in (toml, plain))
    for name in ("lab.inr", "sx.trend"):
        assert one.value(name) == other.value(name)
    assert one.facts["lab.inr"].dated == date(2026, 11, 28)
    assert one.facts["sx.trend"].source == "facts.toml"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("facts.csv", "a"),
        ("facts.toml", "a = "),
        ("facts.json", "{"),
        ("facts.json", "[1]"),
        ("facts.json", "\x80\xff"),
    ],
)
def test_other_files_are_refused(name, text, tmp_path):
    path = tmp_path / name
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(FormatError):
        read_facts(path, on=TODAY)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FormatError, match="cannot be read"):
        read_facts(tmp_path / "none.toml", on=TODAY)


def test_facts_are_written_as_they_are_read(tmp_path):
    found = read(
        {
            "of_score": 7,
            "fx": {"etiology": "osteoporotic", "edema": {"value": True, "note": 'MRI "STIR"'}},
            "lab": {"inr": {"value": 1.1, "dated": "2026-11-28"}, "crp": "unknown"},
            "inf": {"sepsis": False},
        }
    )
    path = write_facts(tmp_path / "facts.toml", found.facts)
    again = read_facts(path, on=TODAY).facts
    assert again.facts == found.facts.facts
    assert format_facts(again) == path.read_text(encoding="utf-8")
