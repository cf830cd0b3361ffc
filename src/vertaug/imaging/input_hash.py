"""The fingerprint of an input, by content."""

import hashlib
from pathlib import Path

from vertaug.case.errors import ImageError

_CHUNK = 1 << 20


def hash_input(path: str | Path) -> str:
    """Return the SHA-256 of a file, or of the contents of a folder.

    For a folder the digests of its files are sorted and hashed again, so that neither names
    nor order matter; hidden files are left out.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    ImageError
        If the path does not exist or cannot be read.
    """
    source = Path(path)
    try:
        if source.is_file():
            return _hash_file(source)
        if source.is_dir():
            files = [p for p in source.rglob("*") if p.is_file() and not p.name.startswith(".")]
            digests = sorted(_hash_file(p) for p in files)
            return hashlib.sha256("\n".join(digests).encode("ascii")).hexdigest()
    except OSError as error:
        message = f"{source} cannot be read: {error.strerror or error}"
        raise ImageError(message) from error
    message = f"{source} does not exist; expected a file or a folder"
    raise ImageError(message)


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
