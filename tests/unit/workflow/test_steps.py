"""Keys and stored results of steps, progress, extras, kernels."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vertaug.case.errors import InputError, LevelError, MissingExtraError
from vertaug.case.plan import CementTarget
from vertaug.workflow import kernels
from vertaug.workflow.extras import check_extras
from vertaug.workflow.fingerprint import hash_code, list_software, make_key
from vertaug.workflow.progress import Reporter
from vertaug.workflow.request import CaseOptions
from vertaug.workflow.step_store import StepStore

TARGET = CementTarget(low_ml=2.5, target_ml=4.0, high_ml=6.0, basis="15 % of the body")


def test_key_depends_on_step_and_each_ingredient_but_not_on_order():
    key = make_key("plan", {"level": "L1", "gauge": 11})
    assert key == make_key("plan", {"gauge": 11, "level": "L1"})
    others = [
        make_key("measure", {"level": "L1", "gauge": 11}),
        make_key("plan", {"level": "L2", "gauge": 11}),
        make_key("plan", {"level": "L1", "gauge": None}),
    ]
    assert len({key, *others}) == 4
    assert len(hash_code()) == 64
    assert dict(list_software())["numpy"] == np.__version__


def test_store_finds_a_result_only_under_its_key(tmp_path):
    store = StepStore(folder=tmp_path)
    store.save("plan", "a" * 64, TARGET)
    assert store.load("plan", "a" * 64, CementTarget) == TARGET
    assert store.load("plan", "b" * 64, CementTarget) is None
    assert store.load("measure", "a" * 64, CementTarget) is None


def test_store_counts_a_damaged_result_as_none(tmp_path):
    store = StepStore(folder=tmp_path)
    store.save("plan", "a" * 64, TARGET)
    path = store.path("plan", "a" * 64)
    path.write_bytes(path.read_bytes()[:-30])
    assert store.load("plan", "a" * 64, CementTarget) is None


def test_store_keeps_only_what_is_named(tmp_path):
    store = StepStore(folder=tmp_path)
    for key in ("a" * 64, "b" * 64):
        store.save("plan", key, TARGET)
    store.keep_only({"plan": "b" * 64})
    assert [p.name for p in tmp_path.iterdir()] == [store.path("plan", "b" * 64).name]


def test_store_keeps_the_newest_of_an_unfinished_run(tmp_path):
    store = StepStore(folder=tmp_path)
    for number, key in enumerate("abcd"):
        store.save("plan", key * 64, TARGET)
        os.utime(store.path("plan", key * 64), (number, number))
    store.save("measure", "a" * 64, TARGET)
    # a: of the case now; d: of the case before; b, c: of runs that were stopped
    store.keep_only({"plan": "a" * 64}, {"plan": "d" * 64}, unfinished=("plan",))
    kept = {store.path("plan", key * 64).name for key in "ac"}
    assert {p.name for p in tmp_path.iterdir()} == kept


def test_reporter_tells_place_and_what_is_left():
    heard = []
    tell = Reporter(titles=("one", "two", "three"), listener=heard.append).start("two")
    tell("half way", 0.5)
    tell("over", 7.0)
    assert [(s.index, s.total, s.fraction, s.left) for s in heard] == [
        (1, 3, 0.0, ("three",)),
        (1, 3, 0.5, ("three",)),
        (1, 3, 1.0, ("three",)),
    ]
    heard.clear()
    Reporter(titles=("one", "two"), listener=heard.append).note("one", "read this")
    assert [(s.index, s.left, s.note, s.message) for s in heard] == [(0, ("two",), "read this", "")]
    Reporter(titles=("one",)).start("one")("nobody listens", 1.0)
    Reporter(titles=("one",)).note("one", "nobody reads")


def test_missing_extra_says_how_to_install(monkeypatch):
    monkeypatch.setattr("vertaug.report.library.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'pip install "vertaug\[report\]"') as told:
        check_extras(pdf=True)
    assert "typst" in str(told.value)
    with pytest.raises(MissingExtraError) as told:
        check_extras(pdf=False)
    assert "typst" not in str(told.value)


def test_options_are_checked():
    assert CaseOptions(level="th12").level == "T12"
    with pytest.raises(LevelError):
        CaseOptions(level="knee")
    with pytest.raises(InputError, match="procedure"):
        CaseOptions(procedures=())
    with pytest.raises(InputError, match="gauge"):
        CaseOptions(gauge=12)
    with pytest.raises(InputError, match="kV"):
        CaseOptions(kvp=3.0)


def test_thread_limit_is_set_and_never_above_what_there_is():
    import numba

    before = numba.get_num_threads()
    try:
        kernels.set_threads(1)
        assert numba.get_num_threads() == 1
        kernels.set_threads(10_000)
        assert numba.get_num_threads() <= (os.cpu_count() or 1)
        kernels.set_threads(None)
    finally:
        numba.set_num_threads(before)


def test_kernel_cache_is_left_to_numba_where_it_can_write(monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(os, "access", lambda *_: True)
    kernels.choose_kernel_cache()
    assert "NUMBA_CACHE_DIR" not in os.environ


def test_kernel_cache_is_private_where_nothing_else_can_be_written(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    kernels.choose_kernel_cache()
    folder = os.environ["NUMBA_CACHE_DIR"]
    assert Path(folder).stat().st_mode & 0o077 == 0
    # a folder that others can write to is not trusted with compiled code
    Path(folder).chmod(0o777)
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    kernels.choose_kernel_cache()
    assert os.environ["NUMBA_CACHE_DIR"] != folder
    assert Path(os.environ["NUMBA_CACHE_DIR"]).stat().st_mode & 0o077 == 0


def test_kernel_cache_is_private_where_the_home_cannot_be_looked_into(monkeypatch, tmp_path):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(Path, "exists", refuse)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    kernels.choose_kernel_cache()
    assert os.environ["NUMBA_CACHE_DIR"].startswith(str(tmp_path))


def test_warm_up_tells_once_and_then_has_nothing_to_do():
    heard = []
    kernels.warm_up(lambda message, fraction: heard.append((message, fraction)))
    assert all("kernels" in message and 0.0 <= fraction < 1.0 for message, fraction in heard)
    heard.clear()
    kernels.warm_up(lambda message, fraction: heard.append((message, fraction)))
    assert heard == []
    assert kernels.kernels_are_cached()


COLD = """
from vertaug.workflow import kernels
print(kernels.kernels_are_cached())
"""


def test_a_cold_cache_is_noticed(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", COLD], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


TOY = """
import numba

@numba.njit(cache=True)
def double(values):
    return 2.0 * values.sum()
"""
ASK = """
import sys
import numpy as np
from vertaug.workflow import kernels
sys.path.insert(0, sys.argv[1])
import toy
kernel = kernels.KernelSignature(module="toy", name="double", arguments=("float64[::1]",))
print(kernels.say_kernels((kernel,)))
toy.double(np.ones(3))
print(sum(toy.double.stats.cache_misses.values()))
other = kernels.KernelSignature(module="toy", name="double", arguments=("float32[::1]",))
print(kernels.say_kernels((other,)))
"""


def test_what_is_said_of_kernels_is_what_numba_does(tmp_path):
    source = tmp_path / "toy.py"
    source.write_text(TOY)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}

    def ask():
        done = subprocess.run(
            [sys.executable, "-c", ASK, str(tmp_path)],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        said, compiled, other = done.stdout.splitlines()
        assert other == "compiling kernels, once"  # never called with such an array
        return said, int(compiled)

    once, loaded = ("compiling kernels, once", 1), ("loading kernels", 0)
    assert ask() == once
    assert ask() == loaded
    stamp = source.stat().st_mtime
    for touched in (stamp + 100.0, stamp - 1000.0):
        os.utime(source, (touched, touched))
        assert ask() in (once, loaded)  # by time or by content: numba's versions differ
    source.write_text(TOY.replace("2.0", "3.0") + "# changed")
    assert ask() == once
    assert ask() == loaded
