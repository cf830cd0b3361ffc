import json
from collections import Counter
from datetime import date

import pytest
from fhir.resources.R4B.bundle import Bundle

from vertaug.case.errors import FormatError, InputError
from vertaug.recovery.registry.fhir_bundle import check_bundle, export_fhir
from vertaug.recovery.registry.fhir_code import site_of, uuid_of
from vertaug.recovery.registry.release import ReleaseRules

TODAY = date(2026, 11, 30)


@pytest.fixture
def bundle(engine, fill, enrol, put, tmp_path):
    fill(engine, 5)
    enrol(engine, "P-001", age_y=93)
    place = {"pseudonym": "P-001", "procedure_no": 1}
    visit = place | {"kind": "7d"}
    put(engine, "visit", **visit, status="done", visited_on="2026-01-17", walking="aid",
        red_flag=True, mme_per_day=0)  # fmt: skip
    put(engine, "questionnaire", **visit, instrument="rmdq24",
        answers='{"q1": 1, "q2": "na", "q3": null}')  # fmt: skip
    put(engine, "score", **visit, instrument="rmdq24", score="total", scale="0-24", value=None,
        flags="24 blanks")  # fmt: skip
    put(engine, "analgesic", **visit, drug="oxycodone", route="oral", amount=10, unit="mg",
        times_per_day=2)  # fmt: skip
    put(engine, "prediction", **place, level="L1", simulated="kyphoplasty",
        quantity="failure_load_n", value=5818.5, usable=True)  # fmt: skip
    put(engine, "event", pseudonym="P-001", event_no=1, procedure_no=1, type="wrong_level",
        onset_on="2026-01-10", near_miss=True, serious=False, outcome="recovered",
        grading="sir", grade="A")  # fmt: skip
    put(engine, "imaging", pseudonym="P-001", imaged_on="2026-02-01", modality="ct", level="L1",
        local_kyphosis_deg=11.5, height_anterior_mm=18.2)  # fmt: skip
    put(engine, "new_fracture", pseudonym="P-001", level="L6", found_on="2026-02-01")
    put(engine, "treatment", pseudonym="P-001", drug="denosumab", started_on="2026-02-01")
    (path,) = export_fhir(engine, tmp_path / "fhir", ReleaseRules())
    return json.loads(path.read_text("utf-8"))


def resources(bundle, kind):
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


def test_the_bundle_is_valid_and_holds_everything(bundle):
    read = Bundle.model_validate(bundle)
    assert read.type == "collection"
    kinds = Counter(e["resource"]["resourceType"] for e in bundle["entry"])
    assert kinds["Patient"] == 6
    assert set(kinds) == {
        "Patient", "Observation", "Procedure", "Condition", "AdverseEvent", "MedicationStatement",
        "QuestionnaireResponse",
    }  # fmt: skip
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)


def test_every_reference_is_in_the_bundle(bundle):
    urls = {entry["fullUrl"] for entry in bundle["entry"]}

    def references(tree):
        if isinstance(tree, dict):
            if "reference" in tree:
                yield tree["reference"]
            for value in tree.values():
                yield from references(value)
        elif isinstance(tree, list):
            for value in tree:
                yield from references(value)

    found = list(references(bundle))
    assert found
    assert set(found) <= urls


def test_a_pseudonymous_patient_is_marked_as_one(bundle):
    for patient in resources(bundle, "Patient"):
        assert patient["meta"]["security"][0]["code"] == "PSEUDED"
        assert "name" not in patient
        assert "birthDate" not in patient


def test_unknown_values_are_absent_and_ages_put_together(bundle):
    observations = resources(bundle, "Observation")
    (score,) = [o for o in observations if "rmdq24 total" in o["code"]["text"]
                and "dataAbsentReason" in o]  # fmt: skip
    assert "valueQuantity" not in score
    (age,) = [o for o in observations if o["code"]["text"] == "age when enrolled"
              and "comparator" in o["valueQuantity"]]  # fmt: skip
    assert (age["valueQuantity"]["comparator"], age["valueQuantity"]["value"]) == (">=", 90)


def test_a_simulation_is_no_finding(bundle):
    (one,) = [o for o in resources(bundle, "Observation") if o["status"] == "preliminary"]
    assert one["method"]["text"] == "computer simulation"
    assert "not for clinical decisions" in one["note"][0]["text"]
    assert one["valueQuantity"]["value"] == 5818.5


def test_codes_are_the_verified_ones(bundle):
    (procedure,) = [p for p in resources(bundle, "Procedure")
                    if p["performedDateTime"] == "2026-01-10"]  # fmt: skip
    assert "coding" not in procedure["code"], "no code of the procedures was verified"
    assert procedure["bodySite"][0]["coding"][0]["code"] == "66794005"
    assert "coding" not in site_of("L6")
    kyphosis = [o for o in resources(bundle, "Observation") if "Cobb" in o["code"]["text"]]
    assert {o["code"]["coding"][0]["code"] for o in kyphosis} == {"285285000"}


def test_a_near_miss_is_potential(bundle):
    events = {e["actuality"] for e in resources(bundle, "AdverseEvent")}
    assert "potential" in events


def test_answers_keep_their_kinds(bundle):
    (answers,) = resources(bundle, "QuestionnaireResponse")
    assert answers["item"] == [
        {"linkId": "q1", "answer": [{"valueInteger": 1}]},
        {"linkId": "q2", "answer": [{"valueString": "na"}]},
    ]
    assert answers["authored"] == "2026-01-17"


def test_one_patient_may_leave_alone(engine, fill, tmp_path):
    fill(engine, 3)
    (path,) = export_fhir(engine, tmp_path / "one", ReleaseRules(), "X-000002")
    bundle = json.loads(path.read_text("utf-8"))
    (patient,) = resources(bundle, "Patient")
    assert patient["identifier"][0]["value"] == "X-000002"
    with pytest.raises(InputError, match="no patient X-9"):
        export_fhir(engine, tmp_path / "none", ReleaseRules(), "X-9")
    assert uuid_of("a") == uuid_of("a") != uuid_of("b")


def test_what_is_no_fhir_is_refused():
    with pytest.raises(FormatError, match="no valid FHIR R4"):
        check_bundle({"resourceType": "Bundle", "type": "collection", "parcel": 1})
    with pytest.raises(FormatError, match="no valid FHIR R4"):
        check_bundle({"resourceType": "Bundle", "type": "collection", "entry": [
            {"resource": {"resourceType": "AdverseEvent"}}]})  # fmt: skip
