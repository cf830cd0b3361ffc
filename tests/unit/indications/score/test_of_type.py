"""The tree of the OF classification."""

import pytest

from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.of_type import find_of_type


def findings(tension=None, both=None, one=None, wall=None, edema=None):
    given = {
        "fx.tension_band_failure": tension,
        "fx.both_endplates": both,
        "fx.one_endplate": one,
        "fx.posterior_wall": wall,
        "fx.edema": edema,
    }
    return PatientFacts.of(
        Fact(definition=define_fact(name), value=value) for name, value in given.items()
    )


@pytest.mark.parametrize(
    ("found", "of_type"),
    [
        (findings(tension=True), 5),
        (findings(True, True, True, "breached", True), 5),
        (findings(False, True), 4),
        (findings(False, True, False, "intact", False), 4),
        (findings(False, True, True, "breached", True), 4),
        (findings(False, False, True, "gt_fifth"), 3),
        (findings(False, False, True, "breached"), 3),
        (findings(False, False, True, "lt_fifth"), 2),
        (findings(False, False, True, "intact"), 2),
        (findings(False, False, False, "intact", True), 1),
        (findings(False, False, False, "intact", False), 0),
    ],
)
def test_every_branch(found, of_type):
    result = find_of_type(found)
    assert result.value == of_type
    assert result.missing == ()
    assert result.category.low == of_type


@pytest.mark.parametrize(
    ("found", "low", "high", "missing"),
    [
        (findings(None, True), 4, 5, ("fx.tension_band_failure",)),
        (findings(False, False, True), 2, 3, ("fx.posterior_wall",)),
        (findings(False, False, False, "intact"), 0, 1, ("fx.edema",)),
        (findings(False, None, True, "intact"), 2, 4, ("fx.both_endplates",)),
    ],
)
def test_unknown_findings_leave_a_range(found, low, high, missing):
    result = find_of_type(found)
    assert result.value is None
    assert (result.low, result.high) == (low, high)
    assert result.missing == missing


def test_only_findings_that_can_decide_are_missing():
    # one deformed endplate: oedema no longer matters
    assert "fx.edema" not in find_of_type(findings(False, False, True)).missing


def test_an_involved_wall_without_a_deformed_endplate_fits_no_branch():
    result = find_of_type(findings(False, False, False, "gt_fifth", True))
    assert result.value is None
    assert (result.low, result.high) == (1, 5)
    assert "contradict" in result.notes[0]
    assert "contradict" in find_of_type(findings(None, False, False, "lt_fifth")).notes[0]
    assert "contradict" not in find_of_type(findings(False, False, None, "gt_fifth")).notes[0]
