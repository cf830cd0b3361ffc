"""Facts that follow from others, and never replace one that is known."""

import pytest

from vertaug.indications.derived_fact import derive_facts


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
