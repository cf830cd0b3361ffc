"""Runs that are killed, stopped, in each other's way, or out of space."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vertaug.case.case_file import read_case
from vertaug.workflow.workspace import open_workspace

COMMAND = str(Path(sys.executable).with_name("vertaug"))
PATIENCE_S = 240.0


def without_stamp(case):
    tree = json.loads((case / "case.json").read_text())
    stamp = tree["provenance"].pop("created")
    text = (case / "case.json").read_text()
    assert text.count(stamp) == 1
    return text.replace(stamp, "")


def wait_for(condition, process):
    start = time.monotonic()
    while not condition():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() - start < PATIENCE_S
        time.sleep(0.01)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
def test_a_killed_run_resumes_and_ends_the_same(files, finished, tmp_path):
    # 'finished' ran in this process with one thread; these use two
    case = tmp_path / "case"
    command = [COMMAND, *files.arguments(case, "--no-pdf", "-q", "--threads", "2")]
    steps = case / ".vertaug" / "steps"
    with subprocess.Popen(command) as process:
        wait_for(lambda: list(steps.glob("anatomy-*.npz")), process)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert not (case / "case.json").exists()
    kept = next(steps.glob("anatomy-*.npz"))
    written = kept.stat().st_mtime_ns

    subprocess.run(command, check=True, capture_output=True)

    assert without_stamp(case) == without_stamp(finished)
    assert kept.stat().st_mtime_ns == written, "the anatomy was computed again"
    assert not list(case.rglob("*.part*"))
    assert not (case / ".vertaug" / "staging").exists()


def test_stopping_by_hand_keeps_finished_steps(files, run, monkeypatch, tmp_path):
    def stop(*_, **__):
        raise KeyboardInterrupt

    case = tmp_path / "case"
    monkeypatch.setattr("vertaug.report.write_report", stop)
    said = run(*files.arguments(case, "--no-pdf"))
    assert said.code == 130
    assert "Run the same command again" in said.err
    assert not (case / "case.json").exists()
    assert {p.name.partition("-")[0] for p in case.rglob("*.npz")} == {"anatomy", "measure", "plan"}
    monkeypatch.undo()
    assert run(*files.arguments(case, "--no-pdf", "-q")).code == 0
    assert read_case(case).fracture.level == "L1"


def fill_disk_at(monkeypatch, name):
    """Let the disk be full from the file of this name on."""
    open_ = Path.open

    def full(self, mode="r", *rest, **more):
        if name in self.name and "w" in mode:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return open_(self, mode, *rest, **more)

    monkeypatch.setattr(Path, "open", full)


@pytest.mark.parametrize("name", ["case.json", "report.html"])
def test_full_disk_leaves_the_older_case(case, files, run, monkeypatch, name):
    before = {p: p.read_bytes() for p in case.rglob("*") if p.is_file() and p.suffix != ".npz"}
    fill_disk_at(monkeypatch, name)
    said = run(*files.arguments(case, "--no-pdf", "--gauge", "13"))
    monkeypatch.undo()
    assert said.code == 3
    assert "disk is full" in said.err
    after = {p: p.read_bytes() for p in case.rglob("*") if p.is_file() and p.suffix != ".npz"}
    assert after == before


def test_full_disk_leaves_no_new_case(files, run, monkeypatch, tmp_path):
    # the limit is one of the operating system: writing really stops in the middle of a file
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    case = tmp_path / "outer" / "case"

    def analyse_then_limit(*given, **more):
        spine = analyse(*given, **more)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        return spine

    import vertaug.anatomy

    analyse = vertaug.anatomy.analyse_spine
    monkeypatch.setattr(vertaug.anatomy, "analyse_spine", analyse_then_limit)
    try:
        said = run(*files.arguments(case, "--no-pdf"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert said.code == 3
    assert "could not be written" in said.err
    assert not (tmp_path / "outer").exists()


def test_two_runs_in_one_folder(case, files, run):
    with open_workspace(case):
        said = run(*files.arguments(case, "--no-pdf", "--gauge", "13"))
    assert said.code == 3
    assert "another run" in said.err
    assert read_case(case).fracture.level == "L1"


def test_lock_of_a_dead_run_does_not_matter(case, files, run):
    (case / ".vertaug" / "lock").write_text("left by a killed run")
    (case / ".vertaug" / "staging").mkdir()
    (case / ".vertaug" / "staging" / "case.json").write_text("{")
    assert run("report", case, "-q").code == 0
    assert not (case / ".vertaug" / "staging").exists()
