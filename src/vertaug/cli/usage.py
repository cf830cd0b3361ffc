"""What is wrong with the words of a command, in one line."""

from typing import Any

import typer

from vertaug.cli.command import EXIT_INPUT, print_error

_USAGE_ERROR: Any = typer.BadParameter.__base__
"""Typer gives it no name of its own; older versions take it from Click, newer ones hold a copy."""
_PLAIN = (
    (
        "Input should be a valid integer, unable to parse string as an integer",
        "expected a whole number",
    ),
    ("Input should be a valid number, unable to parse string as a number", "expected a number"),
    ("Input should be greater than or equal to", "expected at least"),
    ("Input should be less than or equal to", "expected at most"),
    ("Input should be", "expected"),
    ("Value error, ", ""),
)
"""How the library says it, and plainly."""


def tell_usage(error: Exception, *, wants_json: bool) -> bool:
    """Say which word of a command cannot be used; return whether the error is of that kind.

    Parameters
    ----------
    error : Exception
    wants_json : bool
        Say it on stdout for programs, too.
    """
    if not isinstance(error, _USAGE_ERROR):
        return False
    fault: Any = error
    if type(error).__name__ == "NoArgsIsHelpError":
        fault.show()
        return True
    text = fault.format_message().rstrip(".")
    for said, plain in _PLAIN:
        text = text.replace(said, plain)
    reasons = getattr(error.__cause__, "errors", None)
    if reasons is not None:
        text = f"{text}; got {reasons()[0]['input']}"
    command = "vertaug" if fault.ctx is None else fault.ctx.command_path
    print_error("UsageError", f"{text}; see {command} --help", EXIT_INPUT, wants_json=wants_json)
    return True
