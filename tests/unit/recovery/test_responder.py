"""Success by cut-points: yes, no or not known; never a failure by absence."""

import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.prom.instrument import find_instrument
from vertaug.recovery.responder import (
    OutcomeValues,
    ResponseCall,
    judge_response,
    read_cut_points,
    read_non_response_path,
)
from vertaug.recovery.trial import find_measure


def judged(before, now, day=30, **cut):
    return judge_response(
        OutcomeValues(**before), OutcomeValues(**now), day, read_cut_points(cut) if cut else None
    )


def met(before, now, name, day=30):
    return judged(before, now, day).criterion(name).met


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (10, 7, True),  # exactly 30 %
        (10, 7.1, False),
        (8, 6, False),  # 2 points, but 25 %
        (6, 4, True),
        (5, 3.5, False),  # 30 %, but 1.5 points
        (2, 0, True),
        (8, 8, False),
        (8, 9, False),
    ],
)
def test_a_responder_needs_points_and_percent(before, now, expected):
    assert met({"nrs": before}, {"nrs": now}, "responder") is expected


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (8, 4, True),
        (8, 3.9, True),
        (10, 5, True),
        (9, 5, False),
        (7, 3, True),
        (3, 3, False),  # below 4 before: that says nothing
        (3, 1, True),
    ],
)
def test_strong(before, now, expected):
    assert met({"nrs": before}, {"nrs": now}, "strong") is expected


def test_the_least_difference_that_matters():
    assert met({"nrs": 8}, {"nrs": 6.5}, "mcid_pain") is True
    assert met({"nrs": 8}, {"nrs": 6.6}, "mcid_pain") is False


def test_pain_that_cannot_fall_is_not_judged():
    assert met({"nrs": 1}, {"nrs": 0}, "responder") is None
    assert met({"nrs": 0}, {"nrs": 0}, "strong") is None


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ({"nrs": 8}, {}, "not measured at this visit"),
        ({}, {"nrs": 3}, "not measured before"),
        ({}, {}, "not measured before and at this visit"),
    ],
)
def test_a_missing_value_is_missing_and_no_failure(before, now, words):
    result = judged(before, now)
    assert result.call is ResponseCall.MISSING
    assert result.criterion("responder").words == words
    assert result.criterion("strong").met is None


@pytest.mark.parametrize(
    ("day", "now", "call"),
    [
        (1, 9, ResponseCall.TOO_EARLY),
        (6, 2, ResponseCall.TOO_EARLY),
        (7, 2, ResponseCall.RESPONDER),
        (7, 9, ResponseCall.TOO_EARLY),
        (13, 9, ResponseCall.TOO_EARLY),
        (14, 9, ResponseCall.NON_RESPONDER),
        (30, 2, ResponseCall.RESPONDER),
    ],
)
def test_nobody_fails_in_the_first_days(day, now, call):
    assert judged({"nrs": 8}, {"nrs": now}, day).call is call


def test_function_in_a_group_and_in_one_person():
    assert met({"rmdq": 17}, {"rmdq": 14}, "function_group") is True
    assert met({"rmdq": 17}, {"rmdq": 14}, "function") is False
    assert met({"rmdq": 17}, {"rmdq": 12}, "function") is True
    found = judged({"rmdq": 22}, {"rmdq": 12}).criterion("function")
    assert found.met is None
    assert "unreliable" in found.words
    assert met({"rmdq": 3}, {"rmdq": 0}, "function") is None


@pytest.mark.parametrize("scale", ["0-23", "0-100"])
def test_another_scale_is_refused(scale):
    with pytest.raises(InputError, match="never converted"):
        OutcomeValues(rmdq=12, rmdq_scale=scale)


def test_odi_by_points_or_percent():
    assert met({"odi": 60}, {"odi": 50}, "odi") is True
    assert met({"odi": 20}, {"odi": 14}, "odi") is True
    assert met({"odi": 60}, {"odi": 51}, "odi") is False
    assert met({"odi": 0}, {"odi": 0}, "odi") is False


@pytest.mark.parametrize(
    ("height", "angle", "expected"),
    [
        (15, None, False),
        (None, 10, False),
        (14.9, 9.9, True),
        (5, None, None),
        (None, 5, None),
        (None, None, None),
        (20, 2, False),
    ],
)
def test_recollapse_by_either_sign_excluded_by_both(height, angle, expected):
    now = {"height_loss_percent": height, "more_kyphosis_deg": angle}
    assert met({}, now, "no_recollapse") is expected


def test_safety():
    assert met({}, {"worst_event_grade": 2}, "safe") is True
    assert met({}, {"worst_event_grade": 3}, "safe") is False
    assert met({}, {}, "safe") is None


@pytest.mark.parametrize(
    "values", [{"nrs": 11}, {"nrs": -1}, {"rmdq": 25}, {"odi": 101}, {"worst_event_grade": 6}]
)
def test_a_value_that_cannot_be_is_refused(values):
    with pytest.raises(InputError, match="expected between"):
        OutcomeValues(**values)


def test_a_visit_before_the_procedure_is_refused():
    with pytest.raises(InputError, match="day -1"):
        judged({"nrs": 8}, {"nrs": 2}, day=-1)


def test_a_clinic_sets_its_own_cut_points():
    assert judged({"nrs": 8}, {"nrs": 5}, nrs_fall=4).criterion("responder").met is False
    assert read_cut_points({"nrs_fall": 4})["nrs_fall"].note.source == "site"
    with pytest.raises(InputError, match="nrs_fall"):
        read_cut_points({"nrs_fal": 4})
    with pytest.raises(InputError, match="between 0 and"):
        read_cut_points({"nrs_fall": 400})
    with pytest.raises(InputError, match="number"):
        read_cut_points({"nrs_fall": True})


def test_instruments_and_pictures_hold_the_same_cut_points():
    cut = {name: one.value for name, one in read_cut_points().items()}
    roland, pain = find_instrument("rmdq24"), find_instrument("nrs_now")
    assert roland.scales[0].reliable == (cut["rmdq_low"], cut["rmdq_high"])
    changes = {threshold.kind: threshold.value for threshold in roland.mcid}
    assert changes == {"mcid": cut["rmdq_group"], "mdc": cut["rmdq_individual"]}
    assert find_measure("RMDQ", "0-24").mcid == cut["rmdq_group"]
    falls = [(threshold.value, threshold.unit) for threshold in pain.mcid]
    names = (("mcid_pain", "points"), ("nrs_fall", "points"), ("nrs_fall_percent", "percent"))
    assert falls == [(cut[name], unit) for name, unit in names]
    assert find_measure("pain", "0-10").mcid == cut["mcid_pain"]


def test_what_to_look_at_where_pain_has_not_fallen():
    path = read_non_response_path()
    assert path.steps == ("examine again", "standing radiograph", "MRI with STIR")
    assert "new fracture" in path.causes
    assert len(path.causes) == 9
