"""A command is a dataclass of its options with a ``run``; this turns it into one of Typer.

It is also where errors become words and exit codes.
"""

import inspect
import json
import os
import sys
import traceback
import typing
from collections.abc import Callable
from typing import Any, Protocol

import typer

from vertaug.case.errors import ComputationError, StorageError, VertaugError

EXIT_FAULT, EXIT_INPUT, EXIT_FAILED, EXIT_STOPPED = 1, 2, 3, 130
_TRACEBACK = "VERTAUG_TRACEBACK"


class Command(Protocol):
    """Options of one command."""

    def run(self) -> None:
        """Do what the command says."""


def as_command(kind: type[Command]) -> Callable[..., None]:
    """Return a function with the fields of ``kind`` as parameters, which runs it."""

    def command(**options: Any) -> None:
        wants_json = bool(options.get("json_output"))
        try:
            kind(**options).run()
            sys.stdout.flush()
        except VertaugError as error:
            code = EXIT_FAILED if isinstance(error, ComputationError | StorageError) else EXIT_INPUT
            _tell(type(error).__name__, str(error), code, wants_json=wants_json)
        except KeyboardInterrupt:
            _tell("Stopped", _stopped_words(options), EXIT_STOPPED, wants_json=wants_json)
        except BrokenPipeError:
            # whoever reads the output, such as head, has seen enough: nothing went wrong
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except MemoryError:
            text = "not enough memory; close other programs or give a scan cropped to the spine"
            _tell("MemoryError", text, EXIT_FAILED, wants_json=wants_json)
        except typer.Exit:
            raise
        except Exception as error:  # noqa: BLE001 - the last line before the user
            if os.environ.get(_TRACEBACK):
                traceback.print_exc()
            text = (
                f"a fault of vertaug, not of your data: {type(error).__name__}: {error}. Run again "
                f"with {_TRACEBACK}=1 to see where, and report it with the output of: vertaug info"
            )
            _tell(type(error).__name__, text, EXIT_FAULT, wants_json=wants_json)

    command.__name__ = kind.__name__.lower()
    command.__doc__ = inspect.getdoc(kind)
    command.__signature__ = inspect.signature(kind)  # type: ignore[attr-defined]
    command.__annotations__ = typing.get_type_hints(kind, include_extras=True)
    return command


def _stopped_words(options: dict[str, Any]) -> str:
    """Return what a stopped command left; those of a case go on after its last finished step."""
    text = "stopped; nothing is half-written"
    if "case" not in options and "ct" not in options:
        return f"{text}. Run the same command again"
    return (
        f"{text}. Run the same command again: it goes on after the last finished step (anatomy of "
        "all levels, measurement, planning, injection, hardening, all samples together, strength)"
    )


def _tell(kind: str, text: str, code: int, *, wants_json: bool) -> None:
    """Say what went wrong and leave."""
    print_error(kind, text, code, wants_json=wants_json)
    raise typer.Exit(code)


def print_error(kind: str, text: str, code: int, *, wants_json: bool) -> None:
    """Say what went wrong on stderr, for programs also on stdout.

    Parameters
    ----------
    kind, text : str
    code : int
        With which the process ends.
    wants_json : bool
    """
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    mark = typer.style("error:", fg="red", bold=True) if colour else "error:"
    typer.echo(f"{mark} {text}", err=True)
    if wants_json:
        typer.echo(json.dumps({"error": {"kind": kind, "message": text, "exit_code": code}}))
