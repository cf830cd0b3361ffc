"""Made-up patients look like patients, and say that they are none."""

from datetime import date
from statistics import mean, stdev

import pytest

from vertaug.recovery.registry.connection import reading, writing
from vertaug.recovery.registry.example_cohort import make_cohort
from vertaug.recovery.registry.made_up import MADE_UP, is_made_up
from vertaug.recovery.registry.observed_mean import MEASURES
from vertaug.recovery.registry.schema_version import create_registry

TODAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def cohort():
    return list(make_cohort(400, 5, TODAY))


def rows(cohort, table):
    return [entry.values for entry in cohort if entry.table == table]


def test_pain_is_what_series_look_like(cohort):
    pain = {}
    for row in rows(cohort, "score"):
        if row["instrument"] == "nrs_now":
            pain.setdefault(row["kind"], {})[row["pseudonym"]] = row["value"]
    before, year = pain["baseline"], pain["12mo"]
    assert mean(before.values()) == pytest.approx(7.5, abs=0.3)
    assert mean(year.values()) == pytest.approx(3.6, abs=0.5)
    assert stdev(year.values()) == pytest.approx(2.5, abs=0.4)
    falls = [(before[name], before[name] - value) for name, value in year.items()]
    responders = mean(fall >= 2 and fall >= 0.3 * start for start, fall in falls)
    assert 0.58 <= responders <= 0.74
    assert any(fall < 0 for _, fall in falls), "some become worse"


def test_all_are_seen_before_and_more_are_missed_later(cohort):
    done = {}
    for row in rows(cohort, "visit"):
        done.setdefault(row["kind"], set()).add(row["pseudonym"])
    days = {row["pseudonym"]: row["done_on"] for row in rows(cohort, "procedure")}
    assert len(done["baseline"]) == 400
    assert len(done["2h"]) > 0.9 * 400
    long_ago = {name for name, day in days.items() if (TODAY - day).days > 430}
    seen = [len(done[kind] & long_ago) for kind in ("2h", "1mo", "6mo", "12mo")]
    assert seen == sorted(seen, reverse=True)
    assert 0.55 * len(long_ago) < seen[-1] < 0.8 * len(long_ago)


def test_the_database_keeps_that_it_is_an_example(tmp_path, author, put):
    for name, example in (("true", False), ("example", True)):
        engine = create_registry(tmp_path / f"{name}.sqlite", author, example=example)
        with reading(engine) as connection:
            assert is_made_up(connection) is example
    engine = create_registry(tmp_path / "imported.sqlite", author)
    put(engine, "patient", pseudonym="X-000001", enrolled_on="2026-01-01", site=MADE_UP)
    with reading(engine) as connection:
        assert is_made_up(connection), "rows of an example that were imported carry it, too"
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE patient SET site = 'north'")
    with reading(engine) as connection:
        assert not is_made_up(connection)


def test_only_overall_pain_goes_beside_the_trials():
    assert [name for name, measure in MEASURES.items() if measure == "pain"] == ["nrs_now"]
