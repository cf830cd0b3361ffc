"""Typed results on disk: one archive of a JSON tree and plain arrays.

A record is written from frozen dataclasses and rebuilt through their constructors, guided by the
type annotations. Nothing in the file is executed: pickling is off and the classes come from the
caller, so a case folder from somebody else can be opened.
"""

import json
import types
import typing
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from vertaug.case.errors import FormatError
from vertaug.case.grid import read_only
from vertaug.case.storage import write_atomically

RECORD_VERSION = 1
"""Raised when the layout of the archive changes, not when a type gains a field."""

_TREE = "tree.json"
_ARRAY = "array"
_SAMPLE_BYTES = 1 << 16
_WORTHWHILE_RATIO = 0.6

T = TypeVar("T")


def save_record(value: object, path: Path) -> None:
    """Write a frozen dataclass of vertaug as an archive.

    Parameters
    ----------
    value : dataclass instance
        May hold numbers, text, enums, tuples, mappings with text keys, arrays and further
        dataclasses.
    path : Path
        File to make, whole or not at all.

    Raises
    ------
    StorageError
        If the file could not be written.
    """
    arrays: list[np.ndarray[Any, Any]] = []
    tree = {"record_version": RECORD_VERSION, "value": _encode(value, arrays)}

    def write(aside: Path) -> None:
        with zipfile.ZipFile(aside, "w") as archive:
            archive.writestr(_member(_TREE, compress=True), json.dumps(tree))
            for number, array in enumerate(arrays):
                member = _member(f"{number}.npy", compress=_shrinks(array))
                with archive.open(member, "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, array, allow_pickle=False)

    write_atomically(path, write)


def load_record(kind: type[T], path: Path) -> T:
    """Read an archive back as an instance of ``kind``.

    Raises
    ------
    FormatError
        If the file is missing, damaged, of a newer layout or does not hold such a value.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            document = json.loads(archive.read(_TREE))
            _check_version(document["record_version"], path)
            value = _decode(kind, document["value"], archive)
    except FormatError:
        raise
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        message = f"{path.name} is not a stored {kind.__name__} of vertaug: {error}"
        raise FormatError(message) from error
    return typing.cast("T", value)


def _check_version(version: int, path: Path) -> None:
    if version > RECORD_VERSION:
        message = (
            f"{path.name} was written by a newer version of vertaug (record version "
            f"{version}, this one reads {RECORD_VERSION}); update vertaug"
        )
        raise FormatError(message)


def _member(name: str, *, compress: bool) -> zipfile.ZipInfo:
    # a fixed date keeps the archive the same from run to run
    member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    member._compresslevel = 1 if compress else None  # type: ignore[attr-defined]
    return member


def _shrinks(array: np.ndarray[Any, Any]) -> bool:
    """Whether compressing is worth its time, judged on the middle of the array."""
    if array.nbytes < 4096:
        return False
    flat = array.reshape(-1, order="A")
    half = _SAMPLE_BYTES // array.itemsize // 2
    middle = flat[max(len(flat) // 2 - half, 0) : len(flat) // 2 + half].tobytes()
    return len(zlib.compress(middle, 1)) < _WORTHWHILE_RATIO * len(middle)


def _encode(value: object, arrays: list[np.ndarray[Any, Any]]) -> object:
    """Return the JSON tree of a value; arrays are appended and referred to by number."""
    if isinstance(value, Enum | np.generic):
        return value.value if isinstance(value, Enum) else value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {_ARRAY: len(arrays) - 1}
    if isinstance(value, tuple | list):
        return [_encode(item, arrays) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _encode(item, arrays) for key, item in value.items()}
    if is_dataclass(value):
        return {f.name: _encode(getattr(value, f.name), arrays) for f in fields(value)}
    message = f"a record cannot hold a {type(value).__name__}"
    raise TypeError(message)


def _decode(kind: Any, tree: Any, archive: zipfile.ZipFile) -> Any:
    """Rebuild a value of the annotated type from its tree."""
    origin = typing.get_origin(kind)
    if origin in {typing.Union, types.UnionType}:
        return _decode_union(kind, tree, archive)
    if origin is np.ndarray or kind is np.ndarray:
        return _read_array(tree, archive)
    if origin is tuple:
        return _decode_tuple(typing.get_args(kind), tree, archive)
    if origin is not None and issubclass(origin, Mapping):
        item_kind = typing.get_args(kind)[1]
        return {key: _decode(item_kind, item, archive) for key, item in tree.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(tree)
    return _decode_dataclass(kind, tree, archive) if is_dataclass(kind) else _plain(kind, tree)


def _decode_dataclass(kind: Any, tree: Any, archive: zipfile.ZipFile) -> Any:
    hints = _annotations(kind)
    # a field that the file does not know yet keeps its default
    known = {name: _decode(hints[name], item, archive) for name, item in tree.items()}
    return kind(**known)


def _decode_union(kind: Any, tree: Any, archive: zipfile.ZipFile) -> Any:
    choices = typing.get_args(kind)
    if tree is None and type(None) in choices:
        return None
    (only,) = (choice for choice in choices if choice is not type(None))
    return _decode(only, tree, archive)


def _decode_tuple(kinds: tuple[Any, ...], tree: Any, archive: zipfile.ZipFile) -> tuple[Any, ...]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_decode(kinds[0], item, archive) for item in tree)
    return tuple(_decode(kind, item, archive) for kind, item in zip(kinds, tree, strict=True))


def _read_array(tree: Any, archive: zipfile.ZipFile) -> np.ndarray[Any, Any]:
    with archive.open(f"{int(tree[_ARRAY])}.npy") as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
    return read_only(array)


def _plain(kind: Any, tree: Any) -> Any:
    if kind is Any:
        return tree
    if kind is float and isinstance(tree, int) and not isinstance(tree, bool):
        return float(tree)
    if not isinstance(kind, type) or not isinstance(tree, kind):
        message = f"expected {kind}, found {type(tree).__name__}"
        raise TypeError(message)
    return tree


@lru_cache(maxsize=64)
def _annotations(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
