"""Worker processes do their work in order and end with the process that asked for it."""

import importlib
import os
import signal
import subprocess
import sys
from contextlib import closing

import pytest

from vertaug.numerics.worker_processes import map_in_processes, start_aside

PATIENCE_S = 120.0
SCRIPT = """
import signal, time
from vertaug.numerics.worker_processes import map_in_processes

def work(shared, item):
    print(shared, item, flush=True)
    time.sleep(600.0)

if __name__ == "__main__":
    # a shell that runs the tests in its background has them ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    list(map_in_processes(work, "working on", range(2), 2))
"""


WORK = """
import os, time

def scale(factor, value):
    return factor * value

def fail(shared, value):
    raise ValueError(value)

def wait(seconds):
    time.sleep(seconds)

def leave(path):
    time.sleep(0.2)
    path.write_text(str(os.getpid()))

def pause(shared, value):
    if value:
        time.sleep(600.0)
    return os.getpid()
"""


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A module that workers can import, which tests are not everywhere."""
    (tmp_path / "work_of_workers.py").write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("work_of_workers")
    sys.modules.pop("work_of_workers")


def test_results_come_in_order(work):
    assert list(map_in_processes(work.scale, 3, [1, 2, 3, 4], 2)) == [3, 6, 9, 12]


def test_an_error_of_the_work_is_that_of_the_caller(work):
    with pytest.raises(ValueError, match="7"):
        list(map_in_processes(work.fail, None, [7], 1))


def test_what_is_left_early_does_not_go_on(work):
    with closing(map_in_processes(work.pause, None, [0, 1, 1], 1)) as found:
        assert next(found) != os.getpid()
    # ten minutes of work were cancelled, or this line would not be reached


def test_work_aside_is_done_when_its_context_ends(work, tmp_path):
    place = tmp_path / "left"
    with start_aside(work.leave, place):
        assert not place.exists()
    assert int(place.read_text()) != os.getpid()


def test_work_aside_ends_with_an_error_of_its_context(work):
    with pytest.raises(KeyError), start_aside(work.wait, 600.0):
        raise KeyError
    # ten minutes of work were cancelled, or this line would not be reached


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_workers_end_with_their_parent(tmp_path, name):
    script = tmp_path / "parent.py"
    script.write_text(SCRIPT)
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as parent:
        begun = sorted(parent.stdout.readline().split()[-1] for _ in range(2))
        assert begun == ["0", "1"]
        parent.send_signal(getattr(signal, name))
        # the end of the output comes only when no worker holds it any more
        _, said = parent.communicate(timeout=PATIENCE_S)
    assert parent.returncode == -getattr(signal, name)
    if name == "SIGINT":
        assert said.count("Traceback") == 1  # of the parent alone
