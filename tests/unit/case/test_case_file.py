"""``case.json``: what it refuses, how it rounds, and that nothing measured is forgotten."""

import json
from dataclasses import fields, replace

import pytest

from vertaug.case.case_content import describe_case
from vertaug.case.case_file import (
    SCHEMA_VERSION,
    CementRecord,
    MeasurementRecord,
    PathRecord,
    format_case,
    read_case,
)
from vertaug.case.errors import ComputationError, FormatError
from vertaug.case.measurement import VertebraMeasurement
from vertaug.case.plan import NeedlePath


def write(folder, tree):
    (folder / "case.json").write_text(json.dumps(tree), encoding="utf-8")


def test_round_trip(case_results, case_provenance, tmp_path):
    document = describe_case(case_results, case_provenance)
    (tmp_path / "case.json").write_text(format_case(document), encoding="utf-8")
    assert read_case(tmp_path) == document
    assert format_case(read_case(tmp_path)) == format_case(document)


def test_numbers_are_rounded_and_there_is_no_minus_zero(case_results, case_provenance):
    document = describe_case(case_results, case_provenance)
    assert document.density.slope_mg_per_ml_per_hu == 0.751879699
    assert str(document.density.intercept_mg_per_ml) == "0.0"
    assert str(CementRecord(low_ml=1 / 3, target_ml=2 / 3, high_ml=1, basis="").low_ml) == "0.3333"


def test_what_is_not_a_number_never_reaches_the_file(case_results, case_provenance):
    law = replace(case_results.calibration, relative_uncertainty=float("nan"))
    broken = replace(case_results, calibration=law)
    with pytest.raises(ComputationError, match="relative_uncertainty"):
        describe_case(broken, case_provenance)


def test_every_measurement_and_every_property_of_a_path_has_a_key():
    split = {"level", "heights_mm", "posterior_wall", "cleft", "trabecular"}
    measured = {f.name for f in fields(VertebraMeasurement)} - split
    assert measured <= set(MeasurementRecord.model_fields)
    assert {f.name for f in fields(NeedlePath)} - {"needle"} <= set(PathRecord.model_fields)


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"schema_version": SCHEMA_VERSION + 1}, "newer version"),
        ({"schema_version": SCHEMA_VERSION}, "damaged: research_use_only"),
        ({}, "no schema version"),
        ([], "no schema version"),
        ({"schema_version": "1"}, "no schema version"),
    ],
)
def test_unusable_files(tmp_path, tree, words):
    write(tmp_path, tree)
    with pytest.raises(FormatError, match=words):
        read_case(tmp_path)


def test_unknown_keys_of_the_same_schema_are_read_over(case_results, case_provenance, tmp_path):
    tree = json.loads(format_case(describe_case(case_results, case_provenance)))
    tree["added_later"] = {"x": 1}
    write(tmp_path, tree)
    assert read_case(tmp_path) == describe_case(case_results, case_provenance)


def test_no_json_and_no_file(tmp_path):
    with pytest.raises(FormatError, match="is not a case"):
        read_case(tmp_path)
    (tmp_path / "case.json").write_bytes(b"\xff\xfe")
    with pytest.raises(FormatError, match="cannot be read"):
        read_case(tmp_path)
