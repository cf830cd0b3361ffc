"""The command that times standard problems."""

import json
from dataclasses import asdict

import typer

from vertaug.cli.progress import show_progress
from vertaug.workflow.bench import Measurement
from vertaug.workflow.kernels import choose_kernel_cache, set_threads
from vertaug.workflow.progress import Reporter


def run_bench(suite: str, threads: int | None, *, as_json: bool, quiet: bool) -> None:
    """Run a suite and print its figures."""
    choose_kernel_cache()
    set_threads(threads)
    from vertaug.workflow.bench_xray import measure_xray

    with show_progress(quiet=quiet) as listener:
        tell = Reporter(titles=(suite,), listener=listener).start(suite)
        found = measure_xray(tell)
    if as_json:
        tree = {"results": [asdict(m) | {"passed": m.passed} for m in found]}
        typer.echo(json.dumps(tree, indent=2))
        return
    typer.echo("\n".join(_line(m) for m in found))


def _line(found: Measurement) -> str:
    unit = "" if found.unit == "1" else f" {found.unit}"
    mark = "kept" if found.passed else "NOT KEPT"
    return f"{found.name:52} {found.value:10.3g}{unit:3}  limit {found.limit:g}{unit}  {mark}"
