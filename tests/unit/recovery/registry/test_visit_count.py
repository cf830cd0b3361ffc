from datetime import date, timedelta

import pytest

from vertaug.recovery.registry.board import read_board
from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.medication import count_bone_treatment
from vertaug.recovery.registry.visit_count import count_visits
from vertaug.recovery.registry.visit_kind import VISIT_KINDS, visit_days
from vertaug.recovery.visit import read_visits

DONE_ON = date(2026, 1, 10)


@pytest.fixture
def states(engine, enrol, put):
    """Where a patient's visits stand: kinds that were done, day of today, dates of the patient."""

    def judge(done, today, **dates):
        enrol(engine, **dates)
        for kind in done:
            on = next(v.first for v in visit_days(DONE_ON) if v.kind == kind)
            on = max(on, DONE_ON) if kind != "baseline" else on
            put(engine, "visit", pseudonym="P-001", procedure_no=1, kind=kind, status="done",
                visited_on=on)  # fmt: skip
        with reading(engine) as connection:
            counts = count_visits(connection, today)
        names = ("done", "missed", "lost", "died", "withdrawn", "overdue", "due", "not_yet")
        return {v.kind: next(n for n in names if getattr(v, n)) for v in counts}

    return judge


def test_the_kinds_are_those_of_the_schedule():
    assert tuple(visit.key for visit in read_visits()) == VISIT_KINDS
    for v in visit_days(date(2026, 1, 31)):
        assert v.first <= v.last <= v.missed_after
    march = {v.kind: v for v in visit_days(date(2026, 11, 30))}
    assert march["3mo"].first == date(2027, 2, 28) - timedelta(days=14)


def test_a_course_that_goes_well(states):
    found = states(("baseline", "2h", "24h", "7d"), DONE_ON + timedelta(days=20))
    assert found == {
        "baseline": "done", "2h": "done", "24h": "done", "7d": "done", "1mo": "due",
        "3mo": "not_yet", "6mo": "not_yet", "12mo": "not_yet",
    }  # fmt: skip


def test_a_late_visit_is_overdue_before_it_is_missed(states):
    found = states(("baseline", "2h", "24h"), DONE_ON + timedelta(days=18))
    assert found["7d"] == "overdue"


def test_one_missed_visit_is_not_a_loss(states):
    found = states(("baseline", "2h", "24h"), DONE_ON + timedelta(days=30))
    assert found["7d"] == "missed"


def test_who_came_back_was_not_lost(states):
    found = states(("baseline", "6mo"), date(2026, 9, 30))
    states_in_order = [found[kind] for kind in VISIT_KINDS]
    assert states_in_order == ["done", *["missed"] * 5, "done", "not_yet"]


def test_who_was_not_seen_again_is_lost(states):
    found = states(("baseline", "2h", "24h", "7d"), date(2027, 6, 1))
    assert [found[kind] for kind in ("1mo", "3mo", "6mo", "12mo")] == ["lost"] * 4


@pytest.mark.parametrize(
    ("dates", "state"),
    [
        ({"died_on": "2026-03-01"}, "died"),
        ({"withdrawn_on": "2026-03-01"}, "withdrawn"),
        ({"lost_on": "2026-03-01"}, "lost"),
    ],
)
def test_an_end_is_told_by_its_name(states, dates, state):
    found = states(("baseline", "2h", "24h", "7d"), date(2026, 5, 1), **dates)
    assert found["3mo"] == found["12mo"] == state
    assert found["7d"] == "done"


def test_a_visit_recorded_as_missed_is_missed_at_once(engine, enrol, put):
    enrol(engine)
    place = {"pseudonym": "P-001", "procedure_no": 1}
    put(engine, "visit", **place, kind="24h", status="done", visited_on="2026-01-11")
    put(engine, "visit", **place, kind="7d", status="missed", missed_why="declined")
    with reading(engine) as connection:
        counts = {v.kind: v for v in count_visits(connection, DONE_ON + timedelta(days=8))}
    assert counts["7d"].missed == 1


def test_the_board_lists_who_is_due(engine, enrol, put):
    enrol(engine, "P-001")
    enrol(engine, "P-002", done_on="2026-01-01")
    enrol(engine, "P-dead", died_on="2026-01-12")
    put(engine, "visit", pseudonym="P-001", procedure_no=1, kind="24h", status="done",
        visited_on="2026-01-11", red_flag=True)  # fmt: skip
    put(engine, "treatment", pseudonym="P-002", drug="zoledronate", started_on="2026-01-05")
    board = read_board(engine, date(2026, 1, 18))
    due = [(v.pseudonym, v.kind, v.overdue) for v in board.visits]
    assert due == [("P-002", "7d", True), ("P-001", "7d", False), ("P-002", "1mo", False)]
    assert [f.pseudonym for f in board.red_flags] == ["P-001"]
    assert [(t.pseudonym, t.late) for t in board.bone_tasks] == [("P-001", False)]
    assert not board.made_up
    assert read_board(engine, date(2026, 2, 20)).bone_tasks[0].late
    assert read_board(engine, date(2026, 2, 20)).red_flags == ()


def test_nobody_without_treatment_vanishes_from_the_board(engine, enrol, put):
    enrol(engine, "P-new", done_on="2026-11-20")
    enrol(engine, "P-old", done_on="2026-02-10")
    enrol(engine, "P-older", done_on="2026-01-10")
    enrol(engine, "P-dead", died_on="2026-03-01")
    enrol(engine, "P-late")
    put(engine, "treatment", pseudonym="P-late", drug="zoledronate", started_on="2026-05-05")
    today = date(2026, 11, 30)
    board = read_board(engine, today)
    listed = [(t.pseudonym, t.recent) for t in board.bone_tasks]
    assert listed == [("P-new", True), ("P-older", False), ("P-old", False)]
    with reading(engine) as connection:
        found = count_bone_treatment(connection, today)
    assert found.unknown == 4, "by four weeks: also who was treated later; not the new one"
    assert found.without_now == 4, "at any time: also the dead and the new one"
    assert found.followed_without == len(board.bone_tasks)


def test_nobody_is_lost_before_the_procedure(states):
    found = states((), date(2027, 6, 1), lost_on="2026-01-20")
    assert (found["baseline"], found["2h"]) == ("missed", "missed")
    assert found["7d"] == found["12mo"] == "lost"
