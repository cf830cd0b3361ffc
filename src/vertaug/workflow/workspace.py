"""The case folder while a run works in it: who may write, what is left when it fails."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vertaug.case.case_file import CASE_FILE, read_case
from vertaug.case.errors import FormatError, InputError, StorageError
from vertaug.case.storage import remove_parts

PRIVATE = ".vertaug"
"""Folder of vertaug's own files inside a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """An exclusively held case folder.

    Attributes
    ----------
    folder : Path
        The case.
    staging : Path
        Where files are made before they are moved into the case together.
    steps : Path
        Stored results of the steps.
    """

    folder: Path
    staging: Path
    steps: Path


def check_target(folder: Path) -> None:
    """Refuse a place that a case must not be written to; nothing is changed.

    Raises
    ------
    InputError
        If it is a file, or a folder with other things in it.
    FormatError
        If it holds a case written by a newer version.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        message = f"{folder} is a file; name a folder for the case with -o"
        raise InputError(message)
    if (folder / CASE_FILE).is_file():
        _refuse_newer(folder)
    if (folder / PRIVATE).is_dir() or not any(folder.iterdir()):
        return
    if not _holds_case(folder):
        message = (
            f"{folder} is not empty and not a case of vertaug; nothing was written there. "
            "Choose a new or empty folder with -o"
        )
        raise InputError(message)


def _holds_case(folder: Path) -> bool:
    try:
        read_case(folder)
    except FormatError:
        return False
    return True


def _refuse_newer(folder: Path) -> None:
    try:
        read_case(folder)
    except FormatError as error:
        # a damaged case may be made again, one from the future may not be overwritten
        if "newer version" in str(error):
            raise


@contextmanager
def open_workspace(folder: Path) -> Iterator[Workspace]:
    """Hold a case folder for one run; makes it if need be.

    If the run fails, what it made is removed: the whole folder if it is new, otherwise only
    unfinished files, so that an older case stays as it was. A run that is interrupted or
    killed leaves its finished steps, and the next run goes on from there.

    Raises
    ------
    StorageError
        If the folder cannot be made, or another run is writing in it.
    """
    # a folder that holds nothing yet may be emptied again; what others put there may not
    fresh = not folder.exists() or not any(folder.iterdir())
    made = _make_folders(folder / PRIVATE / "steps")
    workspace = Workspace(
        folder=folder, staging=folder / PRIVATE / "staging", steps=folder / PRIVATE / "steps"
    )
    try:
        with _lock(folder / PRIVATE / "lock"), _tidied(workspace, fresh=fresh):
            yield workspace
    finally:
        _remove_empty(made)


@contextmanager
def _tidied(workspace: Workspace, *, fresh: bool) -> Iterator[None]:
    """Remove what a failed run made; a run that the user stopped keeps its finished steps."""
    try:
        _clean(workspace)
        yield
    except KeyboardInterrupt:
        if fresh and not any(workspace.steps.iterdir()):
            _empty(workspace.folder)
        raise
    except BaseException:
        if fresh:
            _empty(workspace.folder)
        raise
    finally:
        _clean(workspace)


def _make_folders(folder: Path) -> tuple[Path, ...]:
    """Make a folder with its parents; return those that are new, innermost first."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _remove_empty(tuple(missing))
        message = (
            f"the case folder cannot be made: {error.strerror or error} ({folder.parent.parent}); "
            "choose another place with -o"
        )
        raise StorageError(message) from error
    return tuple(missing)


def _remove_empty(made: tuple[Path, ...]) -> None:
    """Remove the folders that this run made and left empty."""
    for folder in made:
        if not folder.is_dir() or any(folder.iterdir()):
            continue
        folder.rmdir()


def _empty(folder: Path) -> None:
    for child in folder.iterdir():
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child, ignore_errors=True)
        else:
            child.unlink(missing_ok=True)


def _clean(workspace: Workspace) -> None:
    shutil.rmtree(workspace.staging, ignore_errors=True)
    remove_parts(workspace.folder / PRIVATE)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold a lock of the operating system; it ends with the process, so it cannot go stale."""
    try:
        file = path.open("a+b")
    except OSError as error:
        message = (
            f"{path.parent.parent} cannot be written: {error.strerror or error}; copy it to a "
            "place where you may write"
        )
        raise StorageError(message) from error
    with file:
        if not _try_lock(file):
            message = (
                f"another run of vertaug is writing to {path.parent.parent}; wait until it has "
                "finished or choose another folder with -o"
            )
            raise StorageError(message)
        yield


def _try_lock(file: IO[bytes]) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # some network file systems know no locks; a run there is not refused for that
        return True
    return os.fstat(file.fileno()).st_nlink > 0
