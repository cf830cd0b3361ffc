"""Sedation, antibiotics, radiation: what sources list, boundaries, refusals."""

from datetime import datetime

import pytest

from vertaug.case.errors import InputError
from vertaug.case.source_status import SourceStatus
from vertaug.procedure_day.antibiotic import judge_timing, list_antibiotics
from vertaug.procedure_day.checklist import Finding
from vertaug.procedure_day.guide import Topic, guide_lines, judge_radiation
from vertaug.procedure_day.sedation import list_sedation, monitoring, sedation_rules


def test_steps_of_sedation_are_halved_when_combined():
    midazolam, fentanyl = list_sedation(72.0)
    assert midazolam.step == (0.5, 1.0)
    assert midazolam.combined_step == (0.25, 0.5)
    assert midazolam.usual_most == 3.5
    assert fentanyl.step == (25.0, 50.0)
    assert {s.evidence.mark for s in (midazolam, fentanyl)} == {"unverified"}


@pytest.mark.parametrize(("age_y", "holds"), [(60.0, True), (59.0, False), (None, None)])
def test_the_source_of_midazolam_is_for_the_elderly(age_y, holds):
    midazolam = list_sedation(age_y)[0]
    assert midazolam.holds is holds
    assert ("local protocol" in midazolam.words) is (holds is False)


def test_an_impossible_age_is_refused():
    with pytest.raises(InputError, match="0 to 125"):
        list_sedation(-1.0)


def test_monitoring_names_all():
    words = " ".join(line.text for line in (*monitoring(), *sedation_rules()))
    for part in ("SpO2", "capnography", "every 5 min", "ECG", "observer", "reversal", "unattended"):
        assert part in words


def by_name(facts):
    return {one.name: one for one in list_antibiotics(facts)}


def test_an_allergy_sets_aside_what_it_concerns(facts_of):
    found = by_name(facts_of(alg__antibiotic=True))
    assert found["cefazolin"].allergy.startswith("NOT")
    assert found["cefuroxime"].allergy.startswith("NOT")
    assert found["clindamycin"].allergy == ""


def test_an_unknown_allergy_is_said(facts_of):
    assert by_name(facts_of())["cefazolin"].allergy == "allergy not known"
    assert by_name(facts_of(alg__antibiotic=False))["cefazolin"].allergy == ""


@pytest.mark.parametrize(("weight", "words"), [(119.9, "1 to 2 g IV"), (120.0, "3 g IV")])
def test_heavy_patients(facts_of, weight, words):
    assert by_name(facts_of(patient__weight_kg=weight))["cefazolin"].words.startswith(words)


def test_vancomycin_by_weight_only(facts_of):
    assert "930 mg" in by_name(facts_of(patient__weight_kg=62.0))["vancomycin"].words
    assert by_name(facts_of())["vancomycin"].words.startswith("15 mg/kg")


def test_status_of_antibiotics(facts_of):
    found = by_name(facts_of())
    assert found["cefuroxime"].evidence.status is SourceStatus.VERIFIED
    assert found["cefazolin"].evidence.mark == "unverified"


@pytest.mark.parametrize(
    ("minutes", "finding"), [(0, Finding.MET), (60, Finding.MET), (61, Finding.NOT_MET)]
)
def test_time_before_the_skin(at, minutes, finding):
    assert judge_timing("cefazolin", at(0), at(minutes))[0] is finding


def test_time_before_the_skin_is_unknown_or_wrong(at):
    assert judge_timing("cefazolin", None, at(0))[0] is Finding.UNKNOWN
    with pytest.raises(InputError, match="after the skin was opened"):
        judge_timing("cefazolin", at(1), at(0))
    with pytest.raises(InputError, match="no antibiotic 'tea'"):
        judge_timing("tea", at(0), at(1))
    with pytest.raises(InputError, match="offset"):
        judge_timing("cefazolin", datetime(2026, 3, 2, 8), at(0))


@pytest.mark.parametrize(
    ("gray", "notices"), [(2.99, 0), (3.0, 1), (3.99, 1), (4.0, 2), (5.5, 3), (None, 0)]
)
def test_notices_of_dose(gray, notices):
    assert judge_radiation(gray, 100.0, 10.0).notices == notices


def test_a_significant_dose_at_its_limits():
    assert judge_radiation(4.99, 499.9, 59.9).significant == ()
    assert len(judge_radiation(5.0, 500.0, 60.0).significant) == 3
    assert len(judge_radiation(None, None, None).unknown) == 3


@pytest.mark.parametrize("dose", [(-0.1, 0, 0), (3000.0, 0, 0), (0, 1e6, 0), (0, 0, 3600.0)])
def test_a_dose_in_another_unit_is_refused(dose):
    with pytest.raises(InputError, match="look at the unit"):
        judge_radiation(*dose)


@pytest.mark.parametrize("topic", list(Topic))
def test_lines_have_sources(topic):
    assert guide_lines(topic)
    assert all(line.evidence.source and line.text for line in guide_lines(topic))
