"""The clock of the cement: window, alarm, what is blocked."""

import pytest

from vertaug.augmentation.cement.product import cement_product
from vertaug.case.errors import InputError
from vertaug.case.source_status import SourceStatus
from vertaug.procedure_day.cement_clock import (
    CementBatch,
    CementPhase,
    CementWindow,
    cement_facts,
    clock_rules,
    compare_timers,
    handling_times,
    minutes,
    read_clock,
    window_of,
)
from vertaug.procedure_day.evidence import Evidence

SOURCE = Evidence(source="test", status=SourceStatus.RECALLED)


def window(start_s=150.0, end_s=540.0):
    return CementWindow(
        title="test", temperature_c=22.0, start_s=start_s, end_s=end_s, evidence=SOURCE
    )


@pytest.fixture
def batch():
    return CementBatch(number=1, mixed_at_s=1000.0, window=window())


@pytest.mark.parametrize(
    ("age_s", "dough", "phase", "may"),
    [
        (0.0, None, CementPhase.LIQUID, False),
        (300.0, None, CementPhase.LIQUID, False),
        (300.0, False, CementPhase.LIQUID, False),
        (149.9, True, CementPhase.EARLY, True),
        (150.0, True, CementPhase.READY, True),
        (479.9, True, CementPhase.READY, True),
        (480.0, True, CementPhase.ALARM, True),
        (540.0, True, CementPhase.ALARM, True),
        (540.1, True, CementPhase.OVER, False),
        (540.1, None, CementPhase.OVER, False),
    ],
)
def test_phases_at_their_edges(batch, age_s, dough, phase, may):
    found = read_clock(batch, 1000.0 + age_s, dough_seen=dough)
    assert (found.phase, found.may_inject) == (phase, may)
    assert found.age_s == pytest.approx(age_s)
    assert found.to_end_s == pytest.approx(540.0 - age_s)


def test_words_say_what_is_left_and_what_is_blocked(batch):
    assert "4:00 left" in read_clock(batch, 1300.0, dough_seen=True).words
    assert "blocked" in read_clock(batch, 1300.0, dough_seen=None).words
    assert "mix a new batch" in read_clock(batch, 2000.0, dough_seen=True).words


@pytest.mark.parametrize("now_s", [999.9, float("nan")])
def test_the_clock_does_not_run_backwards(batch, now_s):
    with pytest.raises(InputError, match="do not run backwards"):
        read_clock(batch, now_s, dough_seen=True)


def test_a_batch_fills_two_levels(batch):
    full = batch.with_level("L1").with_level("L2").with_level("l1")
    assert full.levels == ("L1", "L2")
    with pytest.raises(InputError, match="new batch"):
        full.with_level("L3")


@pytest.mark.parametrize(("start_s", "end_s"), [(-1.0, 10.0), (10.0, 10.0), (20.0, 10.0)])
def test_a_window_ends_after_it_starts(start_s, end_s):
    with pytest.raises(InputError, match="start at 0 s or later"):
        window(start_s, end_s)


def test_a_short_window_alarms_from_its_start():
    assert window(100.0, 130.0).alarm_s == 100.0


def test_warm_rooms_shorten_the_window():
    product = cement_product("medium_viscosity")
    reference = window_of(product, 22.0)
    assert (reference.start_s, reference.end_s) == pytest.approx((150.0, 540.0))
    warm, cold = window_of(product, 25.0), window_of(product, 18.0)
    assert warm.end_s < reference.end_s < cold.end_s
    assert warm.start_s < reference.start_s < cold.start_s
    assert reference.evidence.mark == "unverified"


@pytest.mark.parametrize("room_c", [9.9, 35.1, 72.0])
def test_a_room_has_the_temperature_of_one(room_c):
    with pytest.raises(InputError, match="temperature of the room"):
        window_of(cement_product("medium_viscosity"), room_c)


def test_a_second_timer_is_compared():
    assert compare_timers(300.0, 304.9) == ""
    assert "differ by 60 s" in compare_timers(300.0, 360.0)


def test_handling_of_the_literature():
    at_22, cooled, iced = handling_times()
    assert at_22.liquid_min == (5.1, 0.7)
    assert cooled.total_min == (15.2, 1.2)
    assert iced.paste_min == (28.8, 6.9)
    for one in handling_times():
        assert one.liquid_min[0] + one.paste_min[0] == pytest.approx(one.total_min[0], abs=0.2)


def test_rules_and_facts_have_sources():
    assert {line.name for line in clock_rules()} == {"clock", "alarm", "dough", "batch"}
    assert all(line.evidence.source for line in (*clock_rules(), *cement_facts()))


def test_minutes():
    assert [minutes(s) for s in (0.0, 59.9, 60.0, 425.0)] == ["0:00", "0:59", "1:00", "7:05"]
