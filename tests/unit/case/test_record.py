"""Stored results come back as they were, and nothing in them is executed."""

import io
import json
import pickle
import zipfile
from dataclasses import dataclass, fields, is_dataclass
from filecmp import cmp
from pathlib import Path

import numpy as np
import pytest

from vertaug.case.errors import FormatError
from vertaug.case.grid import Grid
from vertaug.case.measurement import FractureShape
from vertaug.case.plan import CementTarget, WorkingView
from vertaug.case.record import RECORD_VERSION, load_record, save_record
from vertaug.case.spine import HeightField
from vertaug.case.volume import LabelMap, Scan, ScanInfo, Volume


def same(a, b):
    """Whether two values agree bit for bit, through dataclasses, tuples and mappings."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if is_dataclass(a):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


GRID = Grid(shape=(3, 4, 5), affine=np.diag([0.7, 0.8, 1.5, 1.0]))
NOISE = np.random.default_rng(4).normal(size=(3, 4, 5))


@dataclass(frozen=True, kw_only=True)
class Mixed:
    count: int
    share: float
    shape: FractureShape
    pairs: tuple[tuple[str, float], ...]
    fixed: tuple[int, str]
    table: dict[str, float | None]
    mark: bool | None = None


@pytest.mark.parametrize(
    "value",
    [
        Volume(values=NOISE.astype(np.float32), grid=GRID),
        Volume(values=np.zeros((3, 4, 5), dtype=np.uint8), grid=GRID),
        Scan(
            hu=(100 * NOISE).astype(np.int16),
            grid=GRID,
            info=ScanInfo(source_format="nifti", kvp=120.0, notes=("one", "zwei: ö")),
        ),
        LabelMap(
            values=np.ones((3, 4, 5), dtype=np.uint8), grid=GRID, levels={"L1": 1}, numbering="x"
        ),
        HeightField(u_mm=np.arange(3.0), v_mm=np.arange(2.0), height_mm=np.full((3, 2), np.nan)),
        CementTarget(low_ml=0.1 + 0.2, target_ml=1 / 3, high_ml=5.0, basis="b"),
        Mixed(
            count=3,
            share=np.float64(1.5).item(),
            shape=FractureShape.WEDGE,
            pairs=(("a", 1.0), ("b", 2.0)),
            fixed=(1, "x"),
            table={"a": 1.0, "b": None},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_round_trip(tmp_path, value):
    save_record(value, tmp_path / "a.npz")
    assert same(load_record(type(value), tmp_path / "a.npz"), value)


def test_large_arrays_come_back_whether_they_shrink_or_not(tmp_path):
    grid = Grid(shape=(60, 60, 60), affine=np.eye(4))
    noise = np.random.default_rng(1).normal(size=grid.shape).astype(np.float32)
    flat = np.zeros(grid.shape, dtype=np.float32)
    sizes = []
    for number, values in enumerate((noise, flat)):
        path = tmp_path / f"{number}.npz"
        save_record(Volume(values=values, grid=grid), path)
        assert np.array_equal(load_record(Volume, path).values, values)
        sizes.append(path.stat().st_size)
    assert sizes[1] < 0.05 * sizes[0]


def test_same_value_same_bytes(tmp_path):
    value = Volume(values=NOISE, grid=GRID)
    for name in ("a.npz", "b.npz"):
        save_record(value, tmp_path / name)
    assert cmp(tmp_path / "a.npz", tmp_path / "b.npz", shallow=False)


def test_arrays_come_back_read_only(tmp_path):
    save_record(Volume(values=NOISE, grid=GRID), tmp_path / "a.npz")
    with pytest.raises(ValueError, match="read-only"):
        load_record(Volume, tmp_path / "a.npz").values[0, 0, 0] = 1.0


def edit(path, **members):
    """Replace members of an archive."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content.update({name.replace("_", "."): data for name, data in members.items()})
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def test_pickled_arrays_are_refused(tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "executed",)

    path = tmp_path / "a.npz"
    save_record(Volume(values=NOISE, grid=GRID), path)
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.array([Trap()], dtype=object), allow_pickle=True)
    assert pickle.dumps(1)  # the trap above would run on unpickling
    edit(path, **{"0_npy": buffer.getvalue()})
    with pytest.raises(FormatError):
        load_record(Volume, path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"record_version": RECORD_VERSION + 1, "value": {}}, "newer version"),
        ({"record_version": RECORD_VERSION, "value": {"low_ml": "much"}}, "not a stored"),
        ({"record_version": RECORD_VERSION, "value": {"low_ml": 1.0}}, "not a stored"),
        ({"value": {}}, "not a stored"),
    ],
)
def test_unusable_trees(tmp_path, tree, words):
    path = tmp_path / "a.npz"
    save_record(CementTarget(low_ml=1.0, target_ml=2.0, high_ml=3.0, basis=""), path)
    edit(path, tree_json=json.dumps(tree).encode())
    with pytest.raises(FormatError, match=words):
        load_record(CementTarget, path)


def test_a_field_that_the_file_does_not_know_keeps_its_default(tmp_path):
    path = tmp_path / "a.npz"
    save_record(Mixed(count=1, share=1.0, shape="none", pairs=(), fixed=(1, ""), table={}), path)
    tree = {"count": 1, "share": 1, "shape": "none", "pairs": [], "fixed": [1, ""], "table": {}}
    document = {"record_version": RECORD_VERSION, "value": tree}
    edit(path, tree_json=json.dumps(document).encode())
    assert load_record(Mixed, path).mark is None


def test_no_archive(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"no archive")
    for name in ("a.npz", "missing.npz"):
        with pytest.raises(FormatError, match="not a stored WorkingView"):
            load_record(WorkingView, tmp_path / name)


def test_what_a_record_cannot_hold(tmp_path):
    with pytest.raises(TypeError, match="cannot hold a set"):
        save_record(Mixed(**{f.name: {1} for f in fields(Mixed)}), tmp_path / "a.npz")
    assert not list(tmp_path.iterdir())
