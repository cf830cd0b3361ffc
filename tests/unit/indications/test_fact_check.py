"""Facts that cannot all be true."""

from datetime import timedelta

import pytest

from vertaug.case.errors import InputError
from vertaug.indications.fact_check import check_facts, list_doubts


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"patient.age_y": 20, "fx.age_days": 8000}, "older than the patient"),
        ({"patient.pregnant": True, "patient.sex": "male"}, "patient.sex is male"),
        ({"sx.nsm_days": 60, "fx.age_days": 10}, "conservative care for a fracture of 10 days"),
        (
            {"med.anticoagulation": True, "med.antithrombotic_active": False},
            "an anticoagulant is an antithrombotic",
        ),
        ({"fx.tension_band_failure": True, "fx.of_type": 2}, "is OF5"),
        ({"fx.both_endplates": True, "fx.one_endplate": True}, "both yes"),
        ({"inf.sepsis": True, "inf.active_systemic": False}, "inf.active_systemic is no"),
        ({"neuro.ao_grade": "N0", "neuro.cauda_equina": True}, "is N0"),
    ],
)
def test_contradictions_are_refused(values, words, know, today):
    with pytest.raises(InputError, match=words):
        check_facts(know(values), today)
    for name in values:  # one of them alone is fine
        check_facts(know({name: values[name]}), today)


def test_what_fits_passes(know, today):
    check_facts(know({}), today)
    check_facts(know({"patient.age_y": 20, "fx.age_days": 7300}), today)
    check_facts(know({"patient.age_y": 90, "fx.age_days": 35000}), today)
    check_facts(know({"patient.pregnant": False, "patient.sex": "male"}), today)
    check_facts(know({"sx.nsm_days": 11, "fx.age_days": 10}), today)


def test_dates_after_the_day_of_the_panel_or_before_birth(know, today):
    inr = {"lab.inr": 1.0}
    with pytest.raises(InputError, match="after the day of the panel"):
        check_facts(know(inr, {"lab.inr": today + timedelta(days=1)}), today)
    check_facts(know(inr, {"lab.inr": today}), today)
    old = {"lab.inr": today - timedelta(days=366 * 40)}
    with pytest.raises(InputError, match="before the birth"):
        check_facts(know({**inr, "patient.age_y": 30}, old), today)


def test_all_contradictions_are_told(know, today):
    values = {
        "patient.pregnant": True,
        "patient.sex": "male",
        "fx.both_endplates": True,
        "fx.one_endplate": True,
    }
    with pytest.raises(InputError) as told:
        check_facts(know(values), today)
    assert "patient.sex" in str(told.value)
    assert "fx.one_endplate" in str(told.value)


@pytest.mark.parametrize(
    ("of_type", "wall", "told"),
    [
        (3, "intact", "more than a fifth"),
        (3, "lt_fifth", "more than a fifth"),
        (3, "gt_fifth", ""),
        (3, "breached", ""),
        (2, "gt_fifth", "a fifth at most"),
        (1, "breached", "a fifth at most"),
        (2, "intact", ""),
        (4, "intact", ""),
        (5, "breached", ""),
        (3, None, ""),
        (None, "breached", ""),
    ],
)
def test_a_type_and_a_wall_that_hardly_go_together_are_told(of_type, wall, told, know):
    said = " ".join(list_doubts(know({"fx.of_type": of_type, "fx.posterior_wall": wall})))
    assert bool(said) == bool(told)
    assert told in said
