"""The option ``--procedure``, and others that name one of a few things."""

from enum import StrEnum
from typing import TypeVar

from vertaug.case.errors import InputError
from vertaug.case.plan import Procedure

Choice = TypeVar("Choice", bound=StrEnum)

BOTH = "both"


def choose(kind: type[Choice], option: str, given: str) -> Choice:
    """Return the choice of a name, in capitals or not.

    Raises
    ------
    InputError
        If there is no choice of that name.
    """
    known = {choice.value: choice for choice in kind}
    return known[_name(tuple(known), option, given)]


def choose_procedure(given: str | None) -> Procedure | None:
    """Return the procedure of ``--procedure``; None where it was not given.

    Raises
    ------
    InputError
        If there is no such procedure.
    """
    return None if given is None else choose(Procedure, "--procedure", given)


def choose_procedures(given: str | None) -> tuple[Procedure, ...]:
    """Return the procedures of ``--procedure``, which may be both; none where it was not given.

    Raises
    ------
    InputError
        If there is no such procedure.
    """
    if given is None:
        return ()
    known = {procedure.value: (procedure,) for procedure in Procedure} | {BOTH: tuple(Procedure)}
    return known[_name(tuple(known), "--procedure", given)]


def _name(known: tuple[str, ...], option: str, given: str) -> str:
    if given.lower() not in known:
        message = f"{option} is one of {', '.join(known)}; got {given!r}"
        raise InputError(message)
    return given.lower()
