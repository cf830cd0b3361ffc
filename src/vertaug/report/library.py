"""The optional libraries that pages and pictures need."""

import importlib
from collections.abc import Iterable

from vertaug.case.errors import MissingExtraError


def require_libraries(names: Iterable[str], what: str) -> None:
    """Ask for libraries before any work is done.

    Parameters
    ----------
    names : iterable of str
        As they are imported.
    what : str
        What needs them, named in the error.

    Raises
    ------
    MissingExtraError
        If one cannot be imported; says how to install it.
    """
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            message = (
                f"{what} needs {name.partition('.')[0]}, which is not installed; "
                "install it with: pip install 'vertaug[report]'"
            )
            raise MissingExtraError(message) from error
