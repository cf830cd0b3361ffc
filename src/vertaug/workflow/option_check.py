"""Numbers that a user gave, held against what each option takes."""

from collections.abc import Iterable

from vertaug.case.errors import InputError


def refuse_unfit(checks: Iterable[tuple[str, float, bool, str]]) -> None:
    """Refuse the first number that does not fit.

    Parameters
    ----------
    checks : iterable of (str, float, bool, str)
        Option, number, whether it fits, what is expected.

    Raises
    ------
    InputError
        With option, what is expected, and the number.
    """
    for option, value, fits, expected in checks:
        if not fits:
            message = f"{option} is {expected}; got {value:g}"
            raise InputError(message)
