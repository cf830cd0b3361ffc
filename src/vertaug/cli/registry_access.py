"""Open the registry that a command means, and say who writes."""

import getpass
from datetime import date, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

from vertaug.case.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from vertaug.recovery.registry.audit_entry import Author


def name_database(given: str | None) -> str:
    """Return path or URL of the registry.

    Raises
    ------
    InputError
        If none was given: which registry to write to is never guessed.
    MissingExtraError
        If SQLAlchemy is not installed.
    """
    missing = [name for name in ("sqlalchemy", "alembic") if find_spec(name) is None]
    if missing:
        message = (
            f"the registry needs {', '.join(missing)}, which is not installed; "
            'install it with: pip install "vertaug[registry]"'
        )
        raise MissingExtraError(message)
    if given is None or not given.strip():
        message = (
            "which registry? Give --database PATH-or-URL, or set VERTAUG_REGISTRY; "
            "a new one is made with: vertaug registry init"
        )
        raise InputError(message)
    return given.strip()


def open_database(given: str | None) -> "Engine":
    """Return the open registry, see `name_database` and `open_registry`."""
    database = name_database(given)
    from vertaug.recovery.registry.connection import open_registry

    return open_registry(database)


def name_author(by: str | None, role: str) -> "Author":
    """Return who writes.

    Raises
    ------
    InputError
        If nobody is named and the login has no name.
    """
    from vertaug.recovery.registry.audit_entry import Author

    try:
        return Author(name=by or getpass.getuser(), role=role)
    except (KeyError, OSError) as error:
        message = "who writes? Give --by NAME, or set VERTAUG_USER"
        raise InputError(message) from error


def read_day(given: str | None) -> date:
    """Return a day, today where none was given.

    Raises
    ------
    InputError
        If it is no date.
    """
    if given is None:
        return datetime.now().astimezone().date()
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        message = f"a date is expected such as 2026-11-30; got {given!r}"
        raise InputError(message) from error
