"""Entry point of the ``vertaug`` command."""

import atexit
import gc
import os
import sys
from collections.abc import Sequence

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; leaves with the exit code of the command.

    Exit codes: 0 done, 1 a fault of vertaug, 2 what was given cannot be used, 3 a computation
    or writing failed, 130 stopped by the user.
    """
    # Linear algebra here is 3 x 3 or small fits: more threads would cost start-up time, and a
    # split sum could differ in its last bit from run to run. Read when NumPy is imported.
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    # Threads that wait for each other shall sleep, not spin: on a busy machine a spinning pair
    # is many times slower than one thread.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if arguments is None:
        # The interpreter goes through all it holds several times at its end: a quarter of a
        # second once kernels are loaded, for nothing.
        atexit.register(gc.freeze)
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["info"], ["info", "--json"]):
        # Typer loads its whole validation before it runs any command: half of the start-up
        from vertaug.cli.info import show_info

        show_info(as_json="--json" in given)
        return
    _run_app(given)


def _run_app(given: list[str]) -> None:
    """Run a command; an option that cannot be read is refused in one line, as other input is."""
    import typer

    from vertaug.cli.app import app
    from vertaug.cli.command import EXIT_INPUT, EXIT_STOPPED
    from vertaug.cli.usage import tell_usage

    try:
        code = app(args=given, prog_name="vertaug", standalone_mode=False)
    except typer.Abort:
        sys.exit(EXIT_STOPPED)
    except Exception as error:
        if not tell_usage(error, wants_json="--json" in given):
            raise
        sys.exit(EXIT_INPUT)
    sys.exit(code)
