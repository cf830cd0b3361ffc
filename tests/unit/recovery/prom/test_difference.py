"""Changes, in the direction of the patient."""

import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.prom.difference import Direction, compare_scores
from vertaug.recovery.prom.score import score_answers
from vertaug.recovery.prom.value_set import answers_of_state, read_value_set

from .conftest import decrement_lines


def roland(count):
    return score_answers("rmdq24", {f"q{i}": int(i <= count) for i in range(1, 25)})[0]


def pain(number):
    return score_answers("nrs_now", {"nrs_now": number})[0]


def checks(change):
    return {
        (c.threshold.kind, c.threshold.value, c.threshold.unit): c.reached for c in change.checks
    }


def test_fall_of_roland_is_better():
    change = compare_scores(roland(17), roland(12))
    assert (change.change, change.improvement, change.direction) == (-5, 5, Direction.BETTER)
    assert change.percent == pytest.approx(100 * 5 / 17)
    assert checks(change) == {("mcid", 3, "points"): True, ("mdc", 5, "points"): True}
    assert change.flags == ()


def test_just_below_the_thresholds():
    assert checks(compare_scores(roland(17), roland(13))) == {
        ("mcid", 3, "points"): True,
        ("mdc", 5, "points"): False,
    }
    assert not any(checks(compare_scores(roland(17), roland(15))).values())


@pytest.mark.parametrize(
    ("before", "flag"),
    [(3, "begins below 4, improvement may not show"), (21, "begins above 20, worsening may")],
)
def test_roland_near_its_ends_is_unreliable(before, flag):
    (said,) = compare_scores(roland(before), roland(10)).flags
    assert said.startswith("unreliable: ")
    assert flag in said


@pytest.mark.parametrize("before", [4, 20])
def test_the_limits_themselves_are_reliable(before):
    assert compare_scores(roland(before), roland(10)).flags == ()


def test_rise_of_pain_is_worse_and_as_large():
    change = compare_scores(pain(4), pain(6))
    assert (change.improvement, change.direction) == (-2, Direction.WORSE)
    assert checks(change) == {
        ("mcid", 1.5, "points"): True,
        ("mcid", 2, "points"): True,
        ("mcid", 30, "percent"): True,
    }


def test_percent_of_nothing_is_unknown():
    change = compare_scores(pain(0), pain(2))
    assert change.percent is None
    assert checks(change)["mcid", 30, "percent"] is None
    assert compare_scores(pain(5), pain(5)).direction is Direction.SAME


def test_rise_of_a_rand_scale_is_better():
    before, after = (
        next(s for s in score_answers("rand36", {"q21": a, "q22": 3}) if s.score == "pain")
        for a in (6, 1)
    )
    change = compare_scores(before, after)
    assert (change.change, change.improvement, change.direction) == (50, 50, Direction.BETTER)
    assert checks(change) == {("mcid", 5, "points"): True}


def test_index_of_one_value_set(set_file):
    made_up = read_value_set(set_file(decrement_lines()))
    before, after = (
        score_answers("eq5d5l", answers_of_state(state), value_set=made_up)[0]
        for state in ("22222", "21111")
    )
    change = compare_scores(before, after)
    assert change.improvement == pytest.approx(0.2)
    assert change.direction is Direction.BETTER
    assert "before: state 22222" in change.flags


def test_thresholds_carry_source_and_status():
    for check in compare_scores(pain(8), pain(3)).checks:
        assert check.threshold.source
        assert check.threshold.status in {"verified", "partly verified", "recalled"}


def test_missing_scores_are_not_compared():
    with pytest.raises(InputError, match=r"no nrs_now nrs_now after \(blank\)"):
        compare_scores(pain(5), pain(None))
    with pytest.raises(InputError, match="no nrs_now nrs_now before"):
        compare_scores(pain(None), pain(5))


def test_other_scales_are_not_compared():
    short = score_answers("rdq23", {f"q{i}": 1 for i in range(1, 24)})[0]
    with pytest.raises(InputError, match="different scales"):
        compare_scores(roland(17), short)


def test_impressions_of_change_are_not_subtracted():
    one, other = (score_answers("pgic", {"pgic": n})[0] for n in (4, 6))
    with pytest.raises(InputError, match="is itself a change"):
        compare_scores(one, other)
