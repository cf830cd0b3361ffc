"""The summary in SQL against sums in Python over the rows themselves."""

import math
import random
from collections import defaultdict
from datetime import date, timedelta

import pytest

from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.event_rate import count_events, count_leaks
from vertaug.recovery.registry.fracture_survival import (
    RISK_DAYS,
    fit_fractures,
    nearest_visit,
    read_followed,
)
from vertaug.recovery.registry.image_course import follow_images
from vertaug.recovery.registry.interval import exact_share, mean_of_sums
from vertaug.recovery.registry.medication import count_bone_treatment, mean_opioids
from vertaug.recovery.registry.observed_mean import mean_course
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.score_mean import count_responders, mean_scores
from vertaug.recovery.registry.summary import summarise, summary_tree
from vertaug.recovery.registry.summary_table import summary_tables
from vertaug.recovery.registry.visit_kind import VISIT_KINDS
from vertaug.recovery.responder import OutcomeValues, ResponseCall, judge_response

TODAY = date(2026, 11, 30)


def rows_of(engine, table):
    with reading(engine) as connection:
        return [dict(r) for r in connection.execute(table_of(table).select()).mappings()]


@pytest.fixture
def filled(engine, fill):
    fill(engine, 60)
    return engine


def test_means_are_of_what_is_known(filled):
    values = defaultdict(list)
    for row in rows_of(filled, "score"):
        values[row["instrument"], row["scale"], row["kind"]].append(row["value"])
    with reading(filled) as connection:
        points = mean_scores(connection)
    assert len(points) == len(values)
    for point in points:
        known = values[point.what.instrument, point.what.scale, point.kind]
        mean = math.fsum(known) / len(known)
        sd = math.sqrt(math.fsum((v - mean) ** 2 for v in known) / (len(known) - 1))
        assert point.mean.n == len(known)
        assert point.mean.mean == pytest.approx(mean)
        assert point.mean.sd == pytest.approx(sd)


def test_a_missing_score_is_neither_zero_nor_the_last_one(engine, enrol, put):
    score = {"procedure_no": 1, "instrument": "rmdq24", "score": "total", "scale": "0-24"}
    for name, before, after in (("P-001", 20, 10), ("P-002", 18, None)):
        enrol(engine, name)
        for kind, value, on in (("baseline", before, "2026-01-09"), ("1mo", after, "2026-02-09")):
            place = {"pseudonym": name, "procedure_no": 1, "kind": kind}
            put(engine, "visit", **place, status="done", visited_on=on)
            put(engine, "score", **place, **{k: v for k, v in score.items() if k != "procedure_no"},
                value=value)  # fmt: skip
    with reading(engine) as connection:
        points = {p.kind: p.mean for p in mean_scores(connection)}
        responders = count_responders(connection, mean_scores(connection), 2)
    assert (points["1mo"].n, points["1mo"].missing, points["1mo"].mean) == (1, 1, 10.0)
    assert points["1mo"].sd is None
    assert {one.share.of for one in responders} == {1}
    assert {one.enrolled for one in responders} == {2}


def test_responders_are_those_of_the_recovery(filled):
    """The definitions in SQL say the same as `judge_response` of each patient."""
    pain = defaultdict(dict)
    for row in rows_of(filled, "score"):
        if row["instrument"] == "nrs_move":
            pain[row["pseudonym"]][row["kind"]] = row["value"]
    with reading(filled) as connection:
        found = count_responders(connection, mean_scores(connection), 60)
    mine = [one for one in found if one.what.instrument == "nrs_move"]
    assert {one.definition.split(":")[0] for one in mine} >= {"responder", "strong"}
    for one in mine:
        if one.definition.split(":")[0] not in {"responder", "strong"}:
            continue
        judged = [
            judge_response(
                OutcomeValues(nrs=kinds["baseline"]), OutcomeValues(nrs=kinds[one.kind]), 60
            ).criterion(one.definition.split(":")[0])
            for kinds in pain.values()
            if "baseline" in kinds and one.kind in kinds
        ]
        assert one.share.count == sum(j.met is True for j in judged)
        assert one.share.of == sum(j.met is not None for j in judged)


@pytest.mark.parametrize(("before", "after"), [(1, 0), (0, 0), (2, 0), (10, 7), (3, 2), (8, 3)])
def test_responders_at_the_ends_of_the_scale(engine, enrol, put, before, after):
    enrol(engine)
    for kind, value, on in (("baseline", before, "2026-01-09"), ("1mo", after, "2026-02-09")):
        place = {"pseudonym": "P-001", "procedure_no": 1, "kind": kind}
        put(engine, "visit", **place, status="done", visited_on=on)
        put(engine, "score", **place, instrument="nrs_now", score="nrs_now", scale="0-10",
            value=value)  # fmt: skip
    with reading(engine) as connection:
        found = count_responders(connection, mean_scores(connection), 1)
    result = judge_response(OutcomeValues(nrs=before), OutcomeValues(nrs=after), 60)
    by_name = {one.definition.split(":")[0]: one.share for one in found}
    for name in ("responder", "strong"):
        met = result.criterion(name).met
        assert (by_name[name].count, by_name[name].of) == (int(met is True), int(met is not None))
    assert (result.call is ResponseCall.RESPONDER) == (by_name["responder"].count == 1)


def test_scales_are_never_put_together(engine, enrol, put):
    enrol(engine)
    place = {"pseudonym": "P-001", "procedure_no": 1, "kind": "baseline"}
    put(engine, "visit", **place, status="done", visited_on="2026-01-09")
    for name, scale, score, value in (
        ("rmdq24", "0-24", "total", 20), ("rdq23", "0-23", "total", 19),
    ):  # fmt: skip
        put(engine, "score", **place, instrument=name, score=score, scale=scale, value=value)
    with reading(engine) as connection:
        points = mean_scores(connection)
    assert {(p.what.scale, p.mean.mean) for p in points} == {("0-24", 20.0), ("0-23", 19.0)}


def test_visits_add_up_to_all_procedures(filled):
    summary = summarise(filled, TODAY)
    assert tuple(v.kind for v in summary.visits) == VISIT_KINDS
    done = defaultdict(int)
    for row in rows_of(filled, "visit"):
        done[row["kind"]] += row["status"] == "done"
    for v in summary.visits:
        parts = (v.done, v.missed, v.lost, v.died, v.withdrawn, v.overdue, v.due, v.not_yet)
        assert sum(parts) == 60
        assert v.done == done[v.kind]


def test_events_have_their_denominators(engine, enrol, put):
    for n in range(4):
        enrol(engine, f"P-00{n}")
    place = {"pseudonym": "P-001", "procedure_no": 1}
    put(engine, "procedure_level", **place, level="L2")
    event = {"procedure_no": 1, "type": "infection", "onset_on": "2026-02-01"}
    put(engine, "event", pseudonym="P-001", event_no=1, level="L2", serious=True, **event)
    put(engine, "event", pseudonym="P-001", event_no=2, **event)
    put(engine, "event", pseudonym="P-002", event_no=1, near_miss=True, **event)
    with reading(engine) as connection:
        rates = {rate.type: rate for rate in count_events(connection)}
    found = rates["infection"]
    assert (found.events, found.serious, found.near_misses) == (2, 1, 1)
    assert (found.by_procedure.count, found.by_procedure.of) == (1, 4)
    assert (found.by_level.count, found.by_level.of) == (1, 5)
    never = rates["cardiac_arrest"].by_procedure
    assert (never.count, never.of, never.low) == (0, 4, 0.0)
    assert never.high == pytest.approx(1 - 0.025 ** (1 / 4)), "none of 4 is not never"


def test_leaks_are_apart_by_how_they_were_looked_for(engine, enrol, put):
    for n, (seen, looked) in enumerate(
        [(True, "ct"), (True, "ct"), (False, "radiograph"), (None, "radiograph"), (None, None)]
    ):
        put(engine, "patient", pseudonym=f"P-00{n}", enrolled_on="2026-01-01")
        place = {"pseudonym": f"P-00{n}", "procedure_no": 1}
        put(engine, "procedure", **place, done_on="2026-01-10", procedure="vertebroplasty")
        put(engine, "procedure_level", **place, level="L1", leak_seen=seen, leak_looked_with=looked)
    with reading(engine) as connection:
        found = {r.looked_with: (r.share.count, r.share.of, r.not_recorded)
                 for r in count_leaks(connection)}  # fmt: skip
    assert found == {"ct": (2, 2, 0), "radiograph": (0, 1, 1), "not recorded": (0, 0, 1)}


def test_exact_intervals_are_those_of_scipy():
    from scipy.stats import binomtest

    for count, of in ((0, 10), (1, 10), (5, 10), (10, 10), (3, 200), (41, 500)):
        ours = exact_share(count, of)
        theirs = binomtest(count, of).proportion_ci(0.95, method="exact")
        assert ours.low == pytest.approx(theirs.low, abs=1e-12)
        assert ours.high == pytest.approx(theirs.high, abs=1e-12)
    assert exact_share(0, 0).share is None
    with pytest.raises(ValueError, match="from 0 to 3"):
        exact_share(4, 3)
    assert mean_of_sums(3, 0, None, None).mean is None


def test_the_curve_is_kaplan_meier_by_hand(engine, put):
    """Six patients whose product can be written down; a seventh was never looked at."""
    courses = [(91, True), (91, False), (182, False), (182, True), (365, True), (365, False)]
    for n, (day, broken) in enumerate(courses):
        name, start = f"P-00{n}", date(2025, 1, 1)
        put(engine, "patient", pseudonym=name, enrolled_on=start)
        put(engine, "procedure", pseudonym=name, procedure_no=1, done_on=start,
            procedure="vertebroplasty")  # fmt: skip
        on = start + timedelta(days=day)
        put(engine, "imaging", pseudonym=name, imaged_on=on, modality="radiograph", level="L1",
            fractures_looked_for=True)  # fmt: skip
        if broken:
            put(engine, "new_fracture", pseudonym=name, level="L3", found_on=on)
    put(engine, "patient", pseudonym="P-100", enrolled_on="2025-01-01")
    put(engine, "procedure", pseudonym="P-100", procedure_no=1, done_on="2025-01-01",
        procedure="vertebroplasty")  # fmt: skip
    put(engine, "imaging", pseudonym="P-100", imaged_on="2025-03-01", modality="ct", level="L1",
        height_anterior_mm=20)  # fmt: skip
    with reading(engine) as connection:
        found = fit_fractures(read_followed(connection))
    assert (found.patients, found.events, found.never_looked) == (6, 3, 1)
    assert dict(zip(found.risk_days, found.at_risk, strict=True)) == {
        1: 6, 7: 6, 30: 6, 91: 6, 182: 4, 365: 2,
    }  # fmt: skip
    free = {step.day: step.free for step in found.steps}
    assert free[91] == pytest.approx(5 / 6)
    assert free[182] == pytest.approx(5 / 6 * 3 / 4)
    assert free[365] == pytest.approx(5 / 6 * 3 / 4 * 1 / 2)
    assert found.free_at(200).free == pytest.approx(free[182])
    assert found.free_at(30) is None or found.free_at(30).free == 1.0
    assert found.free_at(400) is None, "nobody was followed so long"


def test_a_fracture_before_the_procedure_is_not_new(engine, enrol, put):
    enrol(engine)
    put(engine, "new_fracture", pseudonym="P-001", level="T9", found_on="2026-01-05")
    with reading(engine) as connection:
        found = fit_fractures(read_followed(connection))
    assert (found.events, found.never_looked) == (0, 1)


def test_the_true_rate_of_fractures_is_found(tmp_path, author):
    """Made-up patients break at 0.2 a year; by the day of images the curve would fall to 0.6."""
    from vertaug.recovery.registry.definition import read_definitions
    from vertaug.recovery.registry.example_cohort import make_cohort
    from vertaug.recovery.registry.intake import IntakeRules, take_rows
    from vertaug.recovery.registry.schema_version import create_registry

    engine = create_registry(tmp_path / "r.sqlite", author)
    rows = make_cohort(700, 3, TODAY)
    take_rows(engine, rows, author, IntakeRules(today=TODAY), tables=set(read_definitions()))
    with reading(engine) as connection:
        year = fit_fractures(read_followed(connection)).free_at(365)
    assert year.low < math.exp(-0.2) < year.high


def test_days_go_to_the_nearest_planned_visit():
    assert [nearest_visit(day) for day in (0, 1, 3, 5, 20, 40, 80, 120, 300, 380)] == [
        1, 1, 1, 7, 30, 30, 91, 91, 365, 365,
    ]  # fmt: skip
    assert nearest_visit(540) == 547
    assert nearest_visit(760) == 730
    assert RISK_DAYS[-1] == 365


def test_opioids_that_nobody_asked_for_are_not_none(engine, enrol, put):
    for n, mme in enumerate((0, 30, None)):
        enrol(engine, f"P-00{n}")
        put(engine, "visit", pseudonym=f"P-00{n}", procedure_no=1, kind="7d", status="done",
            visited_on="2026-01-17", mme_per_day=mme)  # fmt: skip
    with reading(engine) as connection:
        (point,) = mean_opioids(connection)
    assert (point.mme.n, point.mme.missing, point.mme.mean) == (2, 1, 15.0)
    assert (point.without.count, point.without.of) == (1, 2)


def test_bone_treatment_counts_by_four_weeks(engine, enrol, put):
    for n, day in enumerate(("2026-02-07", "2026-02-08", None, None, "2025-06-01")):
        name = f"P-00{n}"
        enrol(engine, name)
        if day is not None:
            stop = "2025-12-01" if n == 4 else None
            put(engine, "treatment", pseudonym=name, drug="denosumab", started_on=day,
                stopped_on=stop)  # fmt: skip
    put(engine, "visit", pseudonym="P-002", procedure_no=1, kind="7d", status="done",
        visited_on="2026-01-17", osteoporosis_treated=False)  # fmt: skip
    enrol(engine, "P-new", done_on="2026-11-20")
    with reading(engine) as connection:
        found = count_bone_treatment(connection, TODAY)
    assert (found.treated.count, found.treated.of) == (1, 5), "28 days, not 29; stopped before"
    assert (found.not_treated, found.unknown) == (1, 3)


def test_images_are_paired_only_when_alike(engine, enrol, put):
    enrol(engine)
    image = {"pseudonym": "P-001", "level": "L1", "modality": "radiograph"}
    for day, standing, height, kyphosis in (
        ("2025-12-20", True, 16.0, 20.0), ("2026-01-11", False, 20.0, 10.0),
        ("2026-02-01", True, 20.0, 12.0), ("2026-07-01", True, 16.9, 15.0),
        ("2026-08-01", False, 19.0, 11.0),
    ):  # fmt: skip
        put(engine, "imaging", **image, imaged_on=day, standing=standing,
            height_anterior_mm=height, local_kyphosis_deg=kyphosis)  # fmt: skip
    with reading(engine) as connection:
        found = follow_images(connection)
    assert (found.levels, found.followed) == (1, 1)
    assert found.height_change_percent.mean == pytest.approx(-15.5)
    assert found.kyphosis_change_deg.mean == pytest.approx(3.0)
    assert (found.recollapsed.count, found.recollapsed.of) == (1, 1)


def test_the_summary_holds_no_pseudonym(filled):
    import json

    summary = summarise(filled, TODAY)
    texts = [json.dumps(summary_tree(summary)), *summary_tables(summary).values()]
    assert all("X-0000" not in text for text in texts)
    assert "visits" in summary_tables(summary)
    assert summary_tree(summary)["research_use_only"] is True


def test_an_empty_registry_has_a_summary(engine):
    summary = summarise(engine, TODAY)
    assert summary.totals.patients == 0
    assert summary.fractures.steps == ()
    assert summary.totals.kap_median_gy_cm2 is None
    assert all(rate.by_procedure.share is None for rate in summary.events)
    assert summary.agreements == ()


def test_the_median_dose_is_of_what_is_known(engine, put):
    doses = [3.0, 9.0, None, 5.0, 30.0]
    random.Random(1).shuffle(doses)
    for n, dose in enumerate(doses):
        put(engine, "patient", pseudonym=f"P-00{n}", enrolled_on="2026-01-01")
        put(engine, "procedure", pseudonym=f"P-00{n}", procedure_no=1, done_on="2026-01-10",
            procedure="vertebroplasty", kap_gy_cm2=dose)  # fmt: skip
    totals = summarise(engine, TODAY).totals
    assert (totals.kap_median_gy_cm2, totals.kap_known) == (7.0, 4)


def test_means_become_a_course_beside_the_trials(filled):
    with reading(filled) as connection:
        points = mean_scores(connection)
    what = next(p.what for p in points if p.what.instrument == "nrs_move")
    course = mean_course(what, points, "this registry")
    assert course.days[0] == 0.0
    assert course.scale == "0-10"
    assert course.n[0] == next(p for p in points if p.what == what and p.kind == "baseline").mean.n
    assert course.low[0] < course.values[0] < course.high[0]
    assert mean_course(what, [], "none") is None
