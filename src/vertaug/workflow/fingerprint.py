"""What could change a number besides the inputs: the code and the libraries under it."""

import hashlib
import json
import platform
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import vertaug

_LIBRARIES = ("numpy", "scipy", "numba", "SimpleITK", "pydicom", "scikit-image")
_CODE_SUFFIXES = frozenset({".py", ".toml", ".csv", ".json", ".yaml"})


@lru_cache(maxsize=1)
def hash_code() -> str:
    """Return the SHA-256 of all code and data files of the installed vertaug."""
    root = Path(vertaug.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in _CODE_SUFFIXES and path.is_file():
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def list_software() -> tuple[tuple[str, str], ...]:
    """Return (name, version) of vertaug, Python and the libraries that can change a number."""
    found = [("vertaug", vertaug.__version__), ("python", platform.python_version())]
    for name in _LIBRARIES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return tuple(found)


def make_key(step: str, ingredients: Mapping[str, object]) -> str:
    """Return the key of a step's result.

    Parameters
    ----------
    step : str
        Name of the step.
    ingredients : mapping of str to JSON values
        Hashes of inputs, parameters, keys of earlier steps: all that the result depends on
        besides code and libraries, which are added here.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    software = dict(list_software())
    content = {"step": step, "code": hash_code(), "software": software, **ingredients}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def hash_values(tree: object) -> str:
    """Return the SHA-256 of a tree of JSON values; enums count by their value.

    Raises
    ------
    TypeError
        If it holds something else.
    """
    text = json.dumps(tree, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    message = f"a tree of values holds a {type(value).__name__}"
    raise TypeError(message)
