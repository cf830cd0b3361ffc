"""Facts from a FHIR bundle: codes, the latest, nothing of a person."""

import json
from datetime import date

import pytest

from vertaug.case.errors import FormatError, InputError
from vertaug.indications.fact_fhir import read_bundle
from vertaug.indications.fact_file import read_facts

TODAY = date(2026, 11, 30)
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def bundle(*resources):
    return {"resourceType": "Bundle", "entry": [{"resource": r} for r in resources]}


def read(*resources):
    return read_bundle(bundle(*resources), "bundle.json", on=TODAY)


def observation(code, value, unit, *, day="2026-11-28", text="", status="final"):
    return {
        "resourceType": "Observation",
        "status": status,
        "code": {"coding": [{"system": LOINC, "code": code}], "text": text},
        "effectiveDateTime": f"{day}T08:00:00Z",
        "valueQuantity": {"value": value, "code": unit},
    }


def test_observations_by_their_codes():
    facts = read(
        observation("6301-6", 1.3, "{INR}"),
        observation("72514-3", 7, "{score}"),
        observation("777-3", 49, "10*3/uL", text="Platelets"),
        observation("1988-5", 5.2, "mg/dL", text="C reactive protein"),
        observation("38267-1", -3.1, "{T-score}"),
    ).facts
    assert facts.value("lab.inr") == 1.3
    assert facts.value("sx.nrs_now") == 7.0
    assert facts.value("lab.plt") == 49.0
    assert facts.value("lab.crp") == 52.0
    assert facts.value("bone.tscore") == -3.1
    assert facts.facts["lab.inr"].dated == date(2026, 11, 28)
    assert facts.facts["lab.inr"].source == "bundle.json"


def test_a_recalled_code_needs_its_words():
    found = read(observation("777-3", 245, "10*9/L", text="Something else"))
    assert found.facts.value("lab.plt") is None
    assert any("777-3" in note for note in found.notes)


def test_the_latest_counts_and_wrong_entries_do_not():
    facts = read(
        observation("6301-6", 2.5, "{INR}", day="2026-11-29"),
        observation("6301-6", 1.1, "{INR}", day="2026-11-20"),
        observation("6301-6", 9.9, "{INR}", day="2026-11-30", status="entered-in-error"),
    ).facts
    assert facts.value("lab.inr") == 2.5


def test_a_bound_is_no_number():
    low = observation("777-3", 10, "10*9/L", text="Platelets")
    low["valueQuantity"]["comparator"] = "<"
    found = read(low)
    assert found.facts.value("lab.plt") is None
    assert any("give it by hand" in note for note in found.notes)


def test_an_impossible_value_is_refused():
    with pytest.raises(InputError, match=r"between 0\.5 and 20"):
        read(observation("6301-6", 120, "{INR}"))


def condition(code, system, **more):
    return {
        "resourceType": "Condition",
        "code": {"coding": [{"system": system, "code": code}]},
    } | more


def test_a_fracture_with_level_and_onset():
    facts = read(
        condition(
            "M80.08XA",
            ICD,
            bodySite=[{"coding": [{"system": SNOMED, "code": "66794005"}]}],
            onsetDateTime="2026-10-28",
        )
    ).facts
    assert facts.value("fx.etiology") == "osteoporotic"
    assert facts.value("fx.level") == "L1"
    assert facts.value("fx.age_days") == 33.0


def test_a_refuted_condition_says_nothing():
    refuted = {"coding": [{"code": "refuted"}]}
    assert not read(condition("M80.08XA", ICD, verificationStatus=refuted)).facts.facts


def test_a_cancer_is_history_and_not_the_cause():
    found = read(
        {
            "resourceType": "Condition",
            "code": {"coding": [{"system": ICD, "code": "C90.00", "display": "Multiple myeloma"}]},
        }
    ).facts
    assert found.value("onc.history") is True
    assert found.value("fx.etiology") is None


def allergy(words, **more):
    return {"resourceType": "AllergyIntolerance", "code": {"text": words}} | more


def test_only_a_severe_allergy_is_a_severe_one():
    severe = read(allergy("Polymethyl methacrylate", criticality="high")).facts
    assert severe.value("alg.pmma_severe") is True
    mild = read(allergy("Iodinated contrast"))
    assert mild.facts.value("alg.contrast_severe") is None
    assert any("stays unknown" in note for note in mild.notes)
    reaction = [{"severity": "severe"}]
    assert read(allergy("Iohexol", reaction=reaction)).facts.value("alg.contrast_severe") is True
    assert read(allergy("Lidocaine")).facts.value("alg.local_anaesthetic") is True


def test_no_allergy_in_the_bundle_does_not_say_there_is_none():
    assert read().facts.value("alg.pmma_severe") is None


def test_of_the_person_only_sex_and_years(tmp_path):
    person = {
        "resourceType": "Patient",
        "name": [{"family": "Secret", "given": ["Anna"]}],
        "identifier": [{"value": "MRN-77"}],
        "gender": "female",
        "birthDate": "1934-12-01",
    }
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(bundle(person)))
    found = read_facts(path, on=TODAY)
    assert found.facts.value("patient.age_y") == 90.0
    assert found.facts.value("patient.sex") == "female"
    whole = repr(found)
    assert all(word not in whole for word in ("Secret", "Anna", "MRN-77", "1934"))


def test_something_else_than_a_bundle():
    with pytest.raises(FormatError, match="expected as a FHIR Bundle"):
        read_bundle({"resourceType": "Patient"}, "x.json", on=TODAY)


def test_odd_entries_do_no_harm():
    odd = {
        "resourceType": "Bundle",
        "entry": [None, {}, {"resource": {"resourceType": "Observation"}}],
    }
    assert not read_bundle(odd, "x.json", on=TODAY).facts.facts
