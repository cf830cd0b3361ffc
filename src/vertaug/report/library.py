"""The optional libraries that pages and pictures need."""

from collections.abc import Iterable
from importlib.util import find_spec

from vertaug.case.errors import MissingExtraError


def require_libraries(names: Iterable[str], what: str) -> None:
    """Ask for libraries before any work is done.

    Parameters
    ----------
    names : iterable of str
        As they are imported, without their parts.
    what : str
        What needs them, named in the error.

    Raises
    ------
    MissingExtraError
        If one is not installed; says how to install it.
    """
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        message = (
            f"{what} needs {', '.join(missing)}, which is not installed; "
            'install it with: pip install "vertaug[report]"'
        )
        raise MissingExtraError(message)
