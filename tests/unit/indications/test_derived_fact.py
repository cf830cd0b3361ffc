"""Facts that follow from others, and never replace one that is known."""

import pytest

from vertaug.indications.derived_fact import derive_facts
from vertaug.indications.score.of_type import find_of_type


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"patient.sex": "male"}, False),
        ({"patient.sex": "female", "patient.age_y": 56}, False),
        ({"patient.sex": "female", "patient.age_y": 55.9}, None),
        ({"patient.sex": "female", "patient.age_y": 11}, False),
        ({"patient.sex": "female", "patient.age_y": 12}, None),
        ({"patient.sex": "female"}, None),
        ({"patient.sex": "other", "patient.age_y": 70}, None),
        ({"patient.age_y": 76}, None),
        ({"patient.sex": "female", "patient.age_y": 60, "patient.pregnant": True}, True),
    ],
)
def test_pregnancy(values, expected, know):
    assert derive_facts(know(values)).value("patient.pregnant") is expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"fx.lka_deg": 15}, True),
        ({"fx.lka_deg": 14.9}, False),
        ({"fx.vwa_deg": 15}, True),
        ({"fx.vwa_deg": 14.9}, None),
        ({"fx.lka_deg": 10, "fx.vwa_deg": 16}, False),
        ({"fx.lka_deg": 20, "fx.kyphosis_present": False}, False),
        ({}, None),
    ],
)
def test_kyphosis(values, expected, know):
    assert derive_facts(know(values)).value("fx.kyphosis_present") is expected


@pytest.mark.parametrize(
    ("cause", "loss", "expected"),
    [
        ("metastasis", 60, "over_half"),
        ("myeloma", 37, "under_half"),
        ("metastasis", 52, None),
        ("metastasis", 46, None),
        ("metastasis", 8, None),
        ("osteoporotic", 60, None),
    ],
)
def test_collapse_of_a_body_with_a_tumour(cause, loss, expected, know):
    facts = know({"fx.etiology": cause, "fx.height_loss_pct": loss})
    assert derive_facts(facts).value("onc.collapse") == expected


@pytest.mark.parametrize(
    ("of_type", "cause", "expected"),
    [
        (3, "osteoporotic", "gt_fifth"),
        (3, None, "gt_fifth"),
        (2, "osteoporotic", "lt_fifth"),
        (1, "osteoporotic", "lt_fifth"),
        # an intact wall is asked for there, and neither excludes it
        (2, "metastasis", None),
        (2, None, None),
        (4, "osteoporotic", None),
        (5, "osteoporotic", None),
    ],
)
def test_a_given_type_says_how_much_of_the_posterior_wall(of_type, cause, expected, know):
    facts = derive_facts(know({"fx.of_type": of_type, "fx.etiology": cause}))
    assert facts.value("fx.posterior_wall") == expected
    if expected is not None:
        found = facts.facts["fx.posterior_wall"]
        assert (found.source, found.note[:4]) == ("derived", f"OF {of_type}")
    assert facts.value("fx.of_type") == of_type


def test_a_given_wall_is_never_replaced_and_a_derived_one_is_no_finding(know):
    given = know({"fx.of_type": 3, "fx.posterior_wall": "breached"})
    assert derive_facts(given).value("fx.posterior_wall") == "breached"
    parts = {
        "fx.of_type": 1,
        "fx.etiology": "osteoporotic",
        "fx.both_endplates": False,
        "fx.one_endplate": False,
        "fx.tension_band_failure": False,
        "fx.edema": True,
    }
    result = find_of_type(derive_facts(know(parts)))
    assert not any("contradict" in note for note in result.notes)
    assert "fx.posterior_wall" in result.missing
