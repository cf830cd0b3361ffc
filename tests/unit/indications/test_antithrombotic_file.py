"""Antithrombotics in a file of facts: read to the minute, refused where they cannot be right."""

import json
from datetime import UTC, date, datetime

import pytest

from vertaug.case.errors import InputError
from vertaug.indications.antithrombotic_fact import AntithromboticRecord
from vertaug.indications.fact_file import parse_facts, read_facts
from vertaug.indications.fact_writer import write_facts

DAY = date(2026, 11, 30)
TOML = """
[patient]
asa = 3
[[antithrombotics]]
drug = "Eliquis"
last_dose = 2026-11-28T08:00
[[antithrombotics]]
drug = "aspirin"
[antithrombotic_chart]
complete = true
"""


def uses(tree):
    record = parse_facts(tree, "facts", on=DAY).antithrombotics
    return {use.drug: use.last_dose for use in record.uses}, record.is_whole


def test_drugs_of_a_file_and_back(tmp_path):
    path = tmp_path / "facts.toml"
    path.write_text(TOML, encoding="utf-8")
    read = read_facts(path, on=DAY)
    record = read.antithrombotics
    assert [(use.drug, use.last_dose) for use in record.uses] == [
        ("apixaban", datetime(2026, 11, 28, 8)),
        ("aspirin", None),
    ]
    assert record.is_whole
    assert read.facts.value("patient.asa") == 3
    again = write_facts(tmp_path / "again.toml", read.facts, record)
    assert read_facts(again, on=DAY).antithrombotics == record


def test_a_json_file_says_the_same(tmp_path):
    path = tmp_path / "facts.json"
    given = {"drug": "apixaban", "last_dose": "2026-11-28T08:00:40+00:00"}
    path.write_text(json.dumps({"antithrombotics": [given]}), encoding="utf-8")
    record = read_facts(path, on=DAY).antithrombotics
    assert record.uses[0].last_dose == datetime(2026, 11, 28, 8, tzinfo=UTC)
    assert not record.is_whole


def test_nothing_given_is_not_none_taken():
    assert parse_facts({}, "facts", on=DAY).antithrombotics == AntithromboticRecord()
    assert uses({"antithrombotic_chart": {"complete": "unknown"}}) == ({}, False)
    assert uses({"antithrombotic_chart": {"complete": "yes"}}) == ({}, True)
    assert uses({"antithrombotics": [{"drug": "aspirin", "last_dose": "unknown"}]}) == (
        {"aspirin": None},
        False,
    )


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"antithrombotics": [{"drug": "apixabann"}]}, "did you mean apixaban"),
        ({"antithrombotics": [{"last_dose": "2026-11-28T08:00"}]}, "name of its drug"),
        ({"antithrombotics": [{"drug": 4}]}, "name of its drug"),
        ({"antithrombotics": "apixaban"}, r"\[\[antithrombotics\]\]"),
        ({"antithrombotics": ["apixaban"]}, "as a table"),
        ({"antithrombotics": [{"drug": "aspirin", "dose_mg": 100}]}, "unknown dose_mg"),
        ({"antithrombotics": [{"drug": "apixaban"}, {"drug": "eliquis"}]}, "given twice"),
        (
            {"antithrombotics": [{"drug": "aspirin", "last_dose": date(2026, 11, 28)}]},
            "a date with a time",
        ),
        ({"antithrombotics": [{"drug": "aspirin", "last_dose": "2026-11-28"}]}, "with a time"),
        ({"antithrombotics": [{"drug": "aspirin", "last_dose": "sunday"}]}, "with a time"),
        ({"antithrombotic_chart": {"complete": "perhaps"}}, "yes, no or unknown"),
        ({"antithrombotic_chart": True}, "as a table"),
    ],
)
def test_what_cannot_be_right_is_refused(tree, words):
    with pytest.raises(InputError, match=words):
        parse_facts(tree, "facts", on=DAY)


def test_names_are_left_out():
    given = {"antithrombotics": [{"drug": "aspirin", "doctor": "Somebody"}]}
    read = parse_facts(given, "facts", on=DAY)
    assert "antithrombotics.doctor" in " ".join(read.notes)
    assert "Somebody" not in repr(read)


def test_drugs_of_fhir_are_said_not_to_be_read(tmp_path):
    drug = {"resourceType": "MedicationStatement", "status": "active"}
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": [{"resource": drug}]}))
    read = read_facts(path, on=DAY)
    assert "drugs are not read" in " ".join(read.notes)
    assert read.antithrombotics == AntithromboticRecord()
