"""The published courses: typed, never mixed, turned one way, labelled as what they are."""

from collections import Counter

import pytest

from vertaug.case.errors import FormatError, InputError
from vertaug.case.source_status import SourceStatus
from vertaug.recovery.evidence import (
    ValueKind,
    parse_evidence,
    read_evidence,
    time_in_days,
    trial_arms,
    trial_differences,
)
from vertaug.recovery.trial import Blinding, read_measures, read_trials
from vertaug.recovery.trial_share import control_range, trial_shares

HEADER = "trial,year,design,arm,n,measure,scale,timepoint,value,lo95,hi95,kind,st,note\n"


def difference(measure, scale, trial, timepoint):
    return next(
        d
        for d in trial_differences(measure, scale)
        if d.trial.key == trial and d.timepoint == timepoint
    )


def test_all_rows_are_read():
    rows = read_evidence()
    assert len(rows) == 118
    assert Counter(row.status for row in rows) == {
        SourceStatus.VERIFIED: 70,
        SourceStatus.RECALLED: 35,
        SourceStatus.COMPUTED: 13,
    }


@pytest.mark.parametrize(
    ("text", "days"),
    [("baseline", 0), ("1d", 1), ("1wk", 7), ("14d", 14), ("12mo", 365.25), ("pooled", None)],
)
def test_time_points_in_days(text, days):
    assert time_in_days(text) == days


def test_sham_trials_come_first():
    for found in (trial_arms("pain", "0-10"), trial_differences("pain", "0-10")):
        order = [list(Blinding).index(one.trial.blinding) for one in found]
        assert order == sorted(order)
        assert found[0].trial.blinding is Blinding.SHAM


def test_what_differed_before_is_no_result():
    for measure, scale in (("pain", "0-10"), ("RMDQ", "0-24")):
        assert all(found.days != 0 for found in trial_differences(measure, scale))


def test_shares_have_the_intervals_of_their_counts():
    shares = {(s.trial.key, s.what): s for s in trial_shares()}
    invest = shares["INVEST", "pain at least 30 % less"]
    assert (invest.treated_percent, invest.control_percent) == (64, 48)
    assert invest.chance_is_likely is True
    low, high = shares["VERTOS_II", "new fracture"].intervals[0]
    assert (round(low, 1), round(high, 1)) == (10.3, 25.4)
    assert shares["VERTOS_II", "further loss of height"].chance_is_likely is False


def test_every_controlled_trial_shows_both_arms():
    arms = trial_arms("pain", "0-10")
    by_trial = {}
    for arm in arms:
        by_trial.setdefault(arm.trial.key, []).append(arm.treated)
    assert {key: sorted(sides) for key, sides in by_trial.items()} == {
        "VERTOS_IV": [False, True],
        "INVEST": [False, True],
        "BUCHBINDER": [False, True],
        "VERTOS_V": [False, True],
        "VERTOS_II": [False, True],
        "EVOLVE": [True],
    }
    assert not read_trials()["EVOLVE"].controlled


@pytest.mark.parametrize(
    ("measure", "scale"),
    [("RMDQ", "0-23"), ("RDQ23", "0-24"), ("pain", "0-100"), ("NRS", "pct"), ("EQ5D", "0-100")],
)
def test_scales_are_never_mixed(measure, scale):
    with pytest.raises(InputError, match="never mixed"):
        trial_arms(measure, scale)
    with pytest.raises(InputError, match="never mixed"):
        trial_differences(measure, scale)


def test_the_same_name_on_two_scales_stays_apart():
    assert {d.trial.key for d in trial_differences("RMDQ", "0-24")} == {"FREE"}
    assert {d.trial.key for d in trial_differences("RMDQ", "0-100")} == {"VERTOS_V"}


def test_every_row_of_a_measure_has_its_scale():
    for measure in read_measures().values():
        for arm in trial_arms(measure.key, measure.scale):
            assert all(measure.low <= point.value <= measure.high for point in arm.points)


def test_an_unknown_measure_is_refused_with_near_names():
    with pytest.raises(InputError, match="did you mean pain"):
        trial_arms("pian", "0-10")


def test_a_change_becomes_a_mean_without_its_interval():
    arm = next(a for a in trial_arms("pain", "0-10") if a.trial.key == "VERTOS_II" and a.treated)
    assert [point.value for point in arm.points] == [7.8, 2.6, 2.1]
    assert [point.from_change for point in arm.points] == [False, True, True]
    assert arm.points[1].low is None
    assert all(point.unverified for point in arm.points)


def test_numbers_from_memory_are_marked():
    arms = {(a.trial.key, a.treated): a for a in trial_arms("pain", "0-10")}
    assert not any(point.unverified for point in arms["VERTOS_V", True].points)
    assert all(point.unverified for point in arms["VERTOS_IV", False].points)
    assert arms["BUCHBINDER", True].points[-1].n == 35


@pytest.mark.parametrize(
    ("key", "value", "low", "high"),
    [
        (("pain", "0-10", "VERTOS_IV", "12mo"), 0.45, -0.37, 1.24),
        (("pain", "0-10", "VERTOS_IV", "1d"), -0.43, -1.17, 0.31),
        (("pain", "0-10", "COCHRANE", "1mo"), 0.7, 0.3, 1.2),
        (("pain", "0-10", "VERTOS_V", "12mo"), 1.3, 0.1, 2.6),
        (("RDQ23", "0-23", "INVEST", "12mo"), 1.37, -0.88, 3.62),
        (("SF36_PCS", "norm50", "FREE", "1mo"), 5.2, 2.9, 7.4),
    ],
)
def test_differences_as_printed(key, value, low, high):
    found = difference(*key)
    assert (found.value, found.low, found.high) == (value, low, high)


def test_a_difference_that_is_printed_the_other_way_is_turned():
    found = difference("TUG", "s", "FREE", "24mo_avg")
    assert (found.value, found.low, found.high) == (3.0, 1.0, 5.1)  # 3 s faster with augmentation
    assert found.raw_value == -3.0
    assert found.raw_words == "BKP-NSM"


def test_turned_differences_agree_with_the_means_of_the_arms():
    # where a trial printed both, the sign must be that of control minus treated (low is good)
    for measure in ("pain", "RDQ23", "SF36_PCS"):
        info = read_measures()[measure]
        arms = {(a.trial.key, a.treated): a for a in trial_arms(measure, info.scale)}
        checked = 0
        for found in trial_differences(measure, info.scale):
            pair = [arms.get((found.trial.key, side)) for side in (True, False)]
            if None in pair or not found.days:
                continue
            at = [next((p for p in arm.points if p.days == found.days), None) for arm in pair]
            if None in at:
                continue
            gain = (at[1].value - at[0].value) * (1 if info.low_is_good else -1)
            assert gain * found.value > 0, (found.trial.key, found.timepoint)
            checked += 1
        assert checked


def test_shares_of_both_arms():
    shares = {(s.trial.key, s.what): s for s in trial_shares()}
    found = shares["VAPOUR", "pain below 4"]
    assert (found.treated_percent, found.control_percent) == (44, 21)
    assert found.more_is_good
    assert not shares["VERTOS_II", "new fracture"].more_is_good
    assert trial_shares()[0].trial.blinding is Blinding.SHAM
    assert len(shares) == 4


def test_the_range_seen_without_augmentation():
    year = control_range("pain", "0-10", 365)
    assert (year.low, year.high) == (3.17, 5.1)
    assert year.unverified
    assert set(year.arms) == {
        "VERTOS IV 2018 (sham)",
        "VERTOS V 2023 (local anaesthetic)",
        "VERTOS II 2010 (usual care)",
    }
    assert control_range("pain", "0-10", 3000) is None


def test_every_trial_names_who_paid_and_who_was_studied():
    for trial in read_trials().values():
        assert trial.sponsor.source
        assert trial.blinding_words
        assert trial.controlled is (trial.blinding is not Blinding.NONE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("trial,year\nA,2000\n", "columns"),
        (HEADER + "A,2000,d,PVP,1,NRS,0-10,1mo,x,,,mean,verified,\n", "row 1"),
        (HEADER + "A,2000,d,PVP,1,NRS,0-10,1mo,5,,,mode,verified,\n", "row 1"),
        (HEADER + "A,2000,d,PVP,1,NRS,0-10,1mo,5,,,mean,guessed,\n", "row 1"),
        (HEADER + "A,2000,d,PVP,1,NRS,0-10,1mo,5,6,7,diff,verified,\n", "interval"),
        (HEADER + "A,2000,d,PVP,1,NRS,0-10,1mo,5,,7,diff,verified,\n", "interval"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(text, words):
    with pytest.raises(FormatError, match=words):
        parse_evidence(text)


def test_kinds_are_typed():
    assert {row.kind for row in read_evidence()} == set(ValueKind)
