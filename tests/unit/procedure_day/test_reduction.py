"""When ceilings are reduced, and lipid rescue."""

from fractions import Fraction

import pytest

from vertaug.case.errors import InputError
from vertaug.procedure_day.reduction import judge_reduction, lipid_rescue


def test_unknown_is_not_no(facts_of):
    found = judge_reduction(facts_of())
    assert found.applies is None
    assert found.in_use == Fraction(7, 10)
    assert "patient.frail" in found.missing


def test_a_no_to_all_leaves_the_ceiling(facts_of):
    found = judge_reduction(facts_of(patient__age_y=60.0, patient__frail=False))
    assert found.applies is False
    assert found.in_use == 1


@pytest.mark.parametrize(("age_y", "applies"), [(69.0, False), (70.0, True)])
def test_the_age_at_which_one_is_elderly(facts_of, age_y, applies):
    assert judge_reduction(facts_of(patient__age_y=age_y, patient__frail=False)).applies is applies


@pytest.mark.parametrize("name", ["patient__frail", "patient__heart_failure", "cardiopulm__severe"])
def test_one_reason_is_enough(facts_of, name):
    found = judge_reduction(facts_of(**{name: True}))
    assert found.applies is True
    assert found.missing == ()
    low, high = found.allowed
    assert low <= found.factor <= high


def test_lipid_by_weight_with_its_most():
    light, heavy = lipid_rescue(50), lipid_rescue(90)
    assert (light.bolus_ml, light.infusion_ml_per_min, light.most_ml) == (75, Fraction("12.5"), 600)
    assert heavy.bolus_ml == 100
    assert light.evidence.mark == "unverified"


def test_lipid_without_a_weight_has_no_number():
    assert lipid_rescue(None).bolus_ml is None
    with pytest.raises(InputError, match="implausible"):
        lipid_rescue(3)
