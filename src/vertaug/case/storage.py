"""Files written whole or not at all: written aside, then renamed."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from vertaug.case.errors import StorageError

_PART_PREFIX = ".part-"


def write_atomically(path: str | Path, writer: Callable[[Path], None]) -> Path:
    """Let ``writer`` fill a file beside ``path``, then rename it to ``path``.

    A reader sees the old file or the complete new one, also after a killed run. The file that
    the writer gets has the same suffixes as ``path``, because many writers choose their format
    by them. Missing parent folders are made.

    Parameters
    ----------
    path : str or Path
        File to write.
    writer : callable
        Gets the path to write to; whatever it raises leaves ``path`` untouched.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    StorageError
        If the file cannot be written (disk full, no permission, a folder in its place).
    """
    target = Path(path)
    part = target.with_name(f"{_PART_PREFIX}{uuid4().hex[:8]}-{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        writer(part)
        part.replace(target)
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(_explain(target, error)) from error
    finally:
        _remove(part)
    return target


def replace_bytes(path: str | Path, data: bytes) -> Path:
    """Write a file whole or not at all.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """

    def write(part: Path) -> None:
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())

    return write_atomically(path, write)


def replace_text(path: str | Path, text: str) -> Path:
    """Write a UTF-8 text file whole or not at all; line ends stay as given.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    return replace_bytes(path, text.encode("utf-8"))


def remove_parts(folder: str | Path) -> int:
    """Remove what a killed run left half-written in a folder; return how many files."""
    parts = [p for p in Path(folder).rglob(f"{_PART_PREFIX}*") if p.is_file()]
    for part in parts:
        _remove(part)
    return len(parts)


def _remove(part: Path) -> None:
    # the error that is on its way matters more than a leftover that cannot be removed
    try:
        part.unlink(missing_ok=True)
    except OSError:
        return


def _explain(target: Path, error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return (
            f"{target} could not be written: the disk is full{_free_space(target)}. Free some "
            "space or choose another output folder, then run again"
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{target} could not be written: no permission. Choose another output folder"
    return f"{target} could not be written: {error.strerror or error}"


def _free_space(target: Path) -> str:
    try:
        free = shutil.disk_usage(target.parent).free
    except OSError:
        return ""
    return f" ({free / 1e6:.0f} MB left)"
