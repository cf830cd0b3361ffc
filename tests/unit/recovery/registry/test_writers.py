"""Two who write at once, and one that is killed while it writes."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from vertaug.case.errors import StorageError
from vertaug.recovery.registry.audit_check import verify_audit
from vertaug.recovery.registry.connection import open_registry, reading, writing
from vertaug.recovery.registry.pen import open_pen
from vertaug.recovery.registry.schema import AUDIT, table_of
from vertaug.recovery.registry.schema_version import create_registry

SCRIPT = Path(__file__).with_name("writer_process.py")
KILLS = 200


@contextlib.contextmanager
def begin(*words):
    """A writer in a process of its own."""
    with subprocess.Popen(
        [sys.executable, SCRIPT, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, bufsize=1,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def begin_two(*both):
    """Two writers that begin at the same moment."""
    with begin(*both[0]) as one, begin(*both[1]) as other:
        for process in (one, other):
            assert process.stdout.readline() == "ready\n"
        for process in (one, other):
            process.stdin.write("go\n")
            process.stdin.flush()
        yield one, other


def test_two_writers_at_once_lose_nothing(database, engine, count):
    number = 40
    with begin_two(*(("many", database, name, number) for name in ("ANNA", "BEN"))) as writers:
        for writer in writers:
            assert writer.stdout.readline() == f"written {number}\n"
    assert count(engine, "patient") == 2 * number
    assert count(engine, "score") == 4 * number
    report = verify_audit(engine)
    assert report.holds, report
    assert report.head.entries == 1 + 10 * number
    with reading(engine) as connection:
        wanted = AUDIT.select().where(AUDIT.c.action == "insert").order_by(AUDIT.c.seq)
        actors = [row["actor"] for row in connection.execute(wanted).mappings()]
    assert Counter(actors) == {"ANNA": 5 * number, "BEN": 5 * number}


def test_of_two_equal_patients_at_once_one_is_refused(database, engine, count):
    with begin_two(*[("one", database, "P-SAME")] * 2) as writers:
        words = sorted((writer.stdout.readline() for writer in writers), key=len)
    assert words[0] == "written\n"
    assert "a row that is not there yet" in words[1]
    assert count(engine, "patient") == 1
    assert verify_audit(engine).holds


def test_who_reads_is_not_kept_waiting(engine, enrol, author):
    enrol(engine)
    with open_pen(engine, author) as pen:
        row = {"pseudonym": "P-2", "enrolled_on": date(2026, 1, 1)}
        empty = dict.fromkeys(c.name for c in table_of("patient").columns)
        pen.insert("patient", [empty | row])
        with reading(engine) as connection:
            found = connection.execute(table_of("patient").select()).all()
        assert [one.pseudonym for one in found] == ["P-001"]


def kill_one(warm, database, first, rng):
    """Let the warm process fork a writer and kill it; return the numbers that it committed.

    The kill falls after none to three commits, somewhere in what the next takes.
    """
    warm.stdin.write(f"{database} {first}\n")
    warm.stdin.flush()
    writer = int(warm.stdout.readline())
    assert warm.stdout.readline() == "ready\n"
    begun = time.perf_counter()
    told = [int(warm.stdout.readline()) for _ in range(rng.randrange(4))]
    span = (time.perf_counter() - begun) / len(told) if told else 0.005
    time.sleep(rng.uniform(0.0, span))
    os.kill(writer, signal.SIGKILL)
    while not (line := warm.stdout.readline()).startswith("end"):
        told.append(int(line))
    assert line == f"end {int(signal.SIGKILL)}\n"
    return told


def kept_numbers(database):
    """Open the file as anybody would: whole, every visit complete or absent."""
    with sqlite3.connect(database) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        counts = [
            dict(raw.execute(f"SELECT pseudonym, count(*) FROM {table} GROUP BY 1"))
            for table in ("patient", "procedure", "visit", "score")
        ]
    raw.close()
    assert set(counts[0]) == set(counts[1]) == set(counts[2]) == set(counts[3])
    assert set(counts[3].values()) <= {2}
    return {int(name.removeprefix("P-")) for name in counts[0]}


def test_a_writer_killed_at_random_points_loses_no_committed_row(tmp_path, author):
    rng = random.Random(20261130)
    database, committed, written = None, set(), 0
    with begin("kill") as warm:
        for kill in range(KILLS):
            if kill % 20 == 0:  # a short log is checked faster
                database, committed = tmp_path / f"registry{kill}.sqlite", set()
                create_registry(database, author)
            told = kill_one(warm, database, 1 + max(committed, default=0), rng)
            kept = kept_numbers(database)
            assert committed | set(told) <= kept, f"kill {kill}: committed rows are lost"
            # one may be committed whose number was not said any more
            assert len(kept - committed - set(told)) <= 1
            committed, written = kept, written + len(told)
            report = verify_audit(open_registry(database))
            assert report.holds, f"kill {kill}: {report}"
            assert report.rows == 5 * len(kept)
    assert written > KILLS, "there was something to lose"


def test_a_registry_that_another_holds_is_told_as_busy(tmp_path, author, monkeypatch):
    from vertaug.recovery.registry import connection

    monkeypatch.setattr(connection, "WAIT_S", 0.05)
    path = tmp_path / "registry.sqlite"
    engine = create_registry(path, author)
    other = open_registry(path)
    with (
        open_pen(engine, author),
        pytest.raises(StorageError, match="is busy"),
        open_pen(other, author),
    ):
        pytest.fail("two write at once")


def test_a_disk_that_refuses_is_told(tmp_path, author):
    engine = create_registry(tmp_path / "registry.sqlite", author)
    with (
        pytest.raises(StorageError, match="committed before is kept"),
        writing(engine) as connection,
    ):
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("DELETE FROM patient")
