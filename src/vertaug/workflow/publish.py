"""From finished files to the case folder: all of them together, ``case.json`` last."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from vertaug.case.case_file import CASE_FILE
from vertaug.case.errors import StorageError
from vertaug.case.storage import replace_text
from vertaug.workflow.workspace import PRIVATE, Workspace

_MANIFEST = "outputs.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The files of the last complete run.

    Attributes
    ----------
    key : str
        Key of the whole run.
    files : mapping of str to str
        SHA-256 of each file by its path inside the case.
    """

    key: str
    files: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", MappingProxyType(dict(self.files)))


def read_manifest(folder: Path) -> Manifest | None:
    """Return what the last complete run left, or None if there is no readable record of it."""
    try:
        tree = json.loads((folder / PRIVATE / _MANIFEST).read_text(encoding="utf-8"))
        files = {str(name): str(digest) for name, digest in tree["files"].items()}
        return Manifest(key=str(tree["key"]), files=files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def is_intact(folder: Path, manifest: Manifest) -> bool:
    """Return whether every file of the last run is still there, byte for byte."""
    return all(_hash(folder / name) == digest for name, digest in manifest.files.items())


def publish(workspace: Workspace, key: str) -> Manifest:
    """Move the staged files into the case and remove those of the last run that are no more.

    Raises
    ------
    StorageError
        If a file cannot be moved.
    """
    staged = sorted(p for p in workspace.staging.rglob("*") if p.is_file())
    staged.sort(key=lambda p: p.name == CASE_FILE)
    names = [p.relative_to(workspace.staging).as_posix() for p in staged]
    files = {name: _hash(p) or "" for name, p in zip(names, staged, strict=True)}
    before = read_manifest(workspace.folder)
    _check_targets(workspace.folder, names)
    for name, path in zip(names, staged, strict=True):
        _move(path, workspace.folder / name)
    if before is not None:
        _remove_stale(workspace.folder, set(before.files) - set(files))
    text = json.dumps({"key": key, "files": files}, indent=2, sort_keys=True) + "\n"
    replace_text(workspace.folder / PRIVATE / _MANIFEST, text)
    return Manifest(key=key, files=files)


def _check_targets(folder: Path, names: list[str]) -> None:
    """Refuse before the first file is moved what would stop halfway."""
    for name in names:
        target = folder / name
        wrong = [p for p in target.parents if folder in p.parents and p.exists() and not p.is_dir()]
        if wrong:
            message = f"{wrong[0]} is a file in the place of a folder of the case: move it away"
            raise StorageError(message)
        if target.is_dir():
            message = f"{target} is a folder in the place of a file of the case: move it away"
            raise StorageError(message)


def _move(path: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    except OSError as error:
        message = (
            f"{target} could not be written: {error.strerror or error}; "
            "check space and permissions and run again"
        )
        raise StorageError(message) from error


def _remove_stale(folder: Path, names: set[str]) -> None:
    for name in sorted(names):
        target = folder / name
        # the record could have been edited: nothing outside the case is touched
        if folder.resolve() not in target.resolve().parents:
            continue
        target.unlink(missing_ok=True)
        if target.parent != folder and not any(target.parent.iterdir()):
            target.parent.rmdir()


def _hash(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
