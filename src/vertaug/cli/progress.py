"""Where a run is: a bar in a terminal, plain lines elsewhere; always on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from vertaug.workflow import ProgressListener, StepProgress


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
    """One line for each step and for each message that is not a mere repetition."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, step: StepProgress) -> None:
        """Print where the run is."""
        kind = step.message.partition(":")[0]
        line = f"{step.index + 1}/{step.total} {step.title}{f': {kind}' if kind else ''}"
        if line != self._last:
            self._last = line
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
