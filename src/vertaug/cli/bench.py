"""The command that times standard problems."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from vertaug.case.errors import InputError
from vertaug.cli.progress import show_progress
from vertaug.workflow.bench import Measurement
from vertaug.workflow.kernels import choose_kernel_cache, set_threads
from vertaug.workflow.progress import Reporter

if TYPE_CHECKING:
    from vertaug.cli.app import Bench

_MECHANICS = "mechanics"


def run_bench(given: "Bench") -> None:
    """Run a suite and print its figures.

    Raises
    ------
    InputError
        If an option does not belong to the suite, or the file cannot be one of JSON.
    """
    suite = given.suite.value
    _check(given, suite)
    choose_kernel_cache()
    set_threads(given.threads)
    with show_progress(quiet=given.quiet) as listener:
        tell = Reporter(titles=(suite,), listener=listener).start(suite)
        found = _measure(given, suite, tell)
    tree = {"results": [asdict(m) | {"passed": m.passed} for m in found]}
    text = json.dumps(tree, indent=2)
    if given.out is not None:
        from vertaug.case.storage import replace_text

        replace_text(given.out, text + "\n")
    typer.echo(text if given.json_output else "\n".join(list_figures(found)))


def _check(given: "Bench", suite: str) -> None:
    """Refuse options that would be without effect."""
    only = {"--large": given.large, "--first-compile": given.first_compile}
    asked = [name for name, value in only.items() if value]
    if asked and suite != _MECHANICS:
        belong = "belongs" if len(asked) == 1 else "belong"
        message = f"{' and '.join(asked)} {belong} to: vertaug bench {_MECHANICS}; got {suite}"
        raise InputError(message)
    if given.out is not None and given.out.suffix.lower() != ".json":
        message = f"figures are written as .json; got {given.out.name}"
        raise InputError(message)


def _measure(
    given: "Bench", suite: str, tell: Callable[[str, float], None]
) -> tuple[Measurement, ...]:
    if suite != _MECHANICS:
        from vertaug.workflow.bench_xray import measure_xray

        return measure_xray(tell)
    from vertaug.workflow.bench_mechanics import choose_problems, measure_mechanics

    problems = choose_problems(large=given.large, first_compile=given.first_compile)
    return measure_mechanics(problems, tell, given.threads)


def list_figures(found: tuple[Measurement, ...]) -> list[str]:
    """Return one line for each figure; those without a limit end after the unit."""
    width = max(len(_unit(m)) for m in found)
    return [_line(m, width) for m in found]


def _unit(found: Measurement) -> str:
    return "" if found.unit == "1" else f" {found.unit}"


def _line(found: Measurement, width: int) -> str:
    line = f"{found.name:52} {_value(found):>10}{_unit(found):{width}}"
    if found.limit is None:
        return line.rstrip()
    mark = "kept" if found.passed else "NOT KEPT"
    return f"{line}  limit {found.limit:g}{_unit(found)}  {mark}"


def _value(found: Measurement) -> str:
    whole = found.unit == "1" and found.value >= 1.0 and found.value.is_integer()
    return f"{found.value:.0f}" if whole else f"{found.value:.3g}"
