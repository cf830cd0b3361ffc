"""``case.json``: what it refuses, how it rounds, and that nothing measured is forgotten."""

import json
from dataclasses import fields, replace

import pytest

from vertaug.case.case_content import CaseResults, describe_case
from vertaug.case.case_file import (
    SCHEMA_VERSION,
    CementRecord,
    MeasurementRecord,
    Parameters,
    PathRecord,
    Provenance,
    format_case,
    read_case,
)
from vertaug.case.density import DensityCalibration
from vertaug.case.errors import ComputationError, FormatError
from vertaug.case.measurement import FractureAssessment, VertebraMeasurement
from vertaug.case.plan import NeedlePath
from vertaug.verification.analytic_vertebra import AnalyticVertebra

LAW = DensityCalibration(
    slope_mg_per_ml_per_hu=1 / 1.33,
    intercept_mg_per_ml=-0.00001,
    relative_uncertainty=0.1,
    offset_uncertainty_mg_per_ml=5.0,
    method="generic",
    description="test",
)
PROVENANCE = Provenance(
    created="2026-01-02T03:04:05+00:00",
    software={"vertaug": "0"},
    code_sha256="0" * 64,
    inputs=(),
    parameters=Parameters(
        level=None,
        procedures=("vertebroplasty",),
        gauge=None,
        series=None,
        numbering=None,
        kvp=None,
        calibration="generic",
        correct_orientation=False,
        pdf=True,
    ),
    steps=(),
)


@pytest.fixture(scope="module")
def results():
    assessment = FractureAssessment(level=None, level_source="none", levels={}, incomplete={})
    spine = AnalyticVertebra().spine()
    return CaseResults(spine=spine, calibration=LAW, assessment=assessment, planning=None)


def write(folder, tree):
    (folder / "case.json").write_text(json.dumps(tree), encoding="utf-8")


def test_round_trip(results, tmp_path):
    document = describe_case(results, PROVENANCE)
    (tmp_path / "case.json").write_text(format_case(document), encoding="utf-8")
    assert read_case(tmp_path) == document
    assert format_case(read_case(tmp_path)) == format_case(document)


def test_numbers_are_rounded_and_there_is_no_minus_zero(results):
    document = describe_case(results, PROVENANCE)
    assert document.density.slope_mg_per_ml_per_hu == 0.751879699
    assert str(document.density.intercept_mg_per_ml) == "0.0"
    assert str(CementRecord(low_ml=1 / 3, target_ml=2 / 3, high_ml=1, basis="").low_ml) == "0.3333"


def test_what_is_not_a_number_never_reaches_the_file(results):
    broken = replace(results, calibration=replace(LAW, relative_uncertainty=float("nan")))
    with pytest.raises(ComputationError, match="relative_uncertainty"):
        describe_case(broken, PROVENANCE)


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


def test_unknown_keys_of_the_same_schema_are_read_over(results, tmp_path):
    tree = json.loads(format_case(describe_case(results, PROVENANCE)))
    tree["added_later"] = {"x": 1}
    write(tmp_path, tree)
    assert read_case(tmp_path) == describe_case(results, PROVENANCE)


def test_no_json_and_no_file(tmp_path):
    with pytest.raises(FormatError, match="is not a case"):
        read_case(tmp_path)
    (tmp_path / "case.json").write_bytes(b"\xff\xfe")
    with pytest.raises(FormatError, match="cannot be read"):
        read_case(tmp_path)
