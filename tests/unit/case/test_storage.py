"""Files are whole or absent, and a full disk says so."""

import errno
import os
from pathlib import Path

import pytest

from vertaug.case.errors import StorageError
from vertaug.case.storage import remove_parts, replace_text, write_atomically

FULL = Path("/dev/full")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_text_is_written_exactly_and_replaced(tmp_path):
    path = tmp_path / "new" / "case.json"
    assert replace_text(path, "ä\n") == path
    assert path.read_bytes() == "ä\n".encode()
    replace_text(path, "b\n")
    assert path.read_text() == "b\n"
    assert names(path.parent) == ["case.json"]


def test_writer_sees_the_suffixes_of_the_target(tmp_path):
    seen = []

    def write(part):
        seen.append(part)
        part.write_bytes(b"x")

    write_atomically(tmp_path / "ct.nii.gz", write)
    assert seen[0].name.endswith("ct.nii.gz")
    assert seen[0].parent == tmp_path
    assert not seen[0].exists()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "no permission"),
        (errno.EIO, "could not be written"),
    ],
)
def test_failed_write_keeps_the_old_file(tmp_path, code, words):
    path = replace_text(tmp_path / "a.txt", "old")

    def write(part):
        part.write_text("half")
        raise OSError(code, os.strerror(code))

    with pytest.raises(StorageError, match=words) as caught:
        write_atomically(path, write)
    assert "a.txt" in str(caught.value)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_any_error_leaves_nothing_behind(tmp_path):
    def write(part):
        part.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a.txt", write)
    assert names(tmp_path) == []


def test_real_full_device(tmp_path):
    if not FULL.exists():
        pytest.skip("/dev/full exists on Linux only")

    def write(part):
        with FULL.open("wb") as stream:
            stream.write(bytes(100_000))

    with pytest.raises(StorageError, match="the disk is full"):
        write_atomically(tmp_path / "a.bin", write)


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "case").write_text("a file")
    with pytest.raises(StorageError, match="could not be written"):
        replace_text(tmp_path / "case" / "a.txt", "x")


def test_leftovers_of_a_killed_run_are_removed(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / ".part-12345678-ct.nii.gz").write_bytes(b"half")
    (tmp_path / "deep" / "ct.nii.gz").write_bytes(b"whole")
    assert remove_parts(tmp_path) == 1
    assert names(tmp_path / "deep") == ["ct.nii.gz"]
