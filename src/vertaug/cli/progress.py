"""Where a run is: a bar in a terminal, plain lines elsewhere; always on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from vertaug.workflow.progress import ProgressListener, StepProgress

_PATIENCE_S = 1.0
"""Steps that pass faster need no tenths."""


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[ProgressListener | None]:
    """Yield a listener for a run, or None where nothing shall be shown."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar() as listener:
            yield listener
    else:
        yield _Lines()


@contextmanager
def _bar() -> Iterator[ProgressListener]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=28),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", style="dim"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=1.0, detail="")

        def listen(step: StepProgress) -> None:
            if step.note:
                words = f"note: {step.note}"
                progress.console.print(words, markup=False, highlight=False, soft_wrap=True)
            left = f"then {', '.join(step.left).lower()}" if step.left else "last step"
            progress.update(
                task,
                description=f"{step.index + 1}/{step.total} {step.title}",
                completed=(step.index + step.fraction) / step.total,
                detail=f"{step.message} - {left}" if step.message else left,
                refresh=True,
            )

        yield listen


class _Lines:
    """One line for each step, each new kind of message, and each tenth of what takes its time."""

    def __init__(self) -> None:
        self._last = ""
        self._tenth = 0
        self._written_s = 0.0

    def __call__(self, step: StepProgress) -> None:
        """Print where the run is."""
        if step.note:
            self._write(f"note: {step.note}")
            return
        kind, _, detail = step.message.partition(":")
        line = f"{step.index + 1}/{step.total} {step.title}{f': {kind}' if kind else ''}"
        tenth = int(10.0 * step.fraction + 1e-9)
        if not kind and self._last.startswith(f"{line}:"):
            return  # begins again after its kernels were loaded
        if line != self._last:
            self._last = line
            self._write(line)
        elif detail and tenth > self._tenth and monotonic() - self._written_s > _PATIENCE_S:
            self._write(f"{line}:{detail}, {10 * tenth} %")
        else:
            return
        self._tenth = tenth

    def _write(self, line: str) -> None:
        self._written_s = monotonic()
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
