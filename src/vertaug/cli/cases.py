"""Commands that make or change a case."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vertaug.case.errors import LabelError
from vertaug.cli.changes import tell_changes
from vertaug.cli.procedure_option import choose_procedures
from vertaug.cli.progress import show_progress
from vertaug.workflow.again import CaseChanges, measure_again, report_again
from vertaug.workflow.calibration import GENERIC
from vertaug.workflow.kernels import choose_kernel_cache, set_threads
from vertaug.workflow.progress import ProgressListener
from vertaug.workflow.request import CaseOptions, CaseRequest, FileSource, PhantomSource
from vertaug.workflow.run import CaseResult, run_case

if TYPE_CHECKING:
    from vertaug.cli.app import Measure, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """How a command speaks."""

    json: bool
    quiet: bool


def make_demo(out: Path, outlet: Outlet, pdf: bool, threads: int | None) -> None:  # noqa: FBT001
    """Make a case from the built-in phantom."""
    from vertaug.imaging.phantom import PhantomSpec

    request = CaseRequest(source=PhantomSource(spec=PhantomSpec()), options=CaseOptions(pdf=pdf))
    _run(lambda listener: run_case(request, out, progress=listener), outlet, threads)


def make_plan(given: "Plan", outlet: Outlet) -> None:
    """Make a case from a CT with labels.

    Raises
    ------
    LabelError
        If no labels are given.
    """
    if given.labels is None:
        message = (
            "vertebra labels are needed: give them with --labels. Make them with a segmentation "
            "program, for example TotalSegmentator (its output folder is read as it is) or "
            "3D Slicer (save the segmentation as a label NIfTI or NRRD)"
        )
        raise LabelError(message)
    source = FileSource(
        ct=given.ct, labels=given.labels, series=given.series, numbering=given.numbering
    )
    options = CaseOptions(
        level=given.level,
        procedures=choose_procedures(given.procedure),
        gauge=given.gauge,
        kvp=given.kvp,
        calibration=_calibration_file(given.calibration),
        correct_orientation=given.correct_orientation,
        pdf=given.pdf,
    )
    request = CaseRequest(source=source, options=options)
    _run(lambda listener: run_case(request, given.out, progress=listener), outlet, given.threads)


def measure_case(given: "Measure", outlet: Outlet) -> None:
    """Measure an existing case again."""
    file = None if given.calibration is None else _calibration_file(given.calibration)
    generic = given.calibration is not None and file is None
    changes = CaseChanges(level=given.level, kvp=given.kvp, calibration=file, generic=generic)
    _run(
        lambda listener: measure_again(given.case, changes, progress=listener),
        outlet,
        given.threads,
    )


def _calibration_file(given: str) -> Path | None:
    """Return the file that was named, None for the generic law."""
    return None if given.lower() == GENERIC else Path(given)


def report_case(
    case: Path,
    outlet: Outlet,
    pdf: bool | None,  # noqa: FBT001
    threads: int | None,
) -> None:
    """Write the report of an existing case again."""
    changes = CaseChanges(pdf=pdf)
    _run(lambda listener: report_again(case, changes, progress=listener), outlet, threads)


def _run(
    work: Callable[[ProgressListener | None], CaseResult], outlet: Outlet, threads: int | None
) -> None:
    choose_kernel_cache()
    set_threads(threads)
    with show_progress(quiet=outlet.quiet) as listener:
        result = work(listener)
    tell_changes(result)
    if outlet.json:
        typer.echo(json.dumps(result_tree(result), indent=2, ensure_ascii=False))
        return
    if not outlet.quiet:
        from vertaug.cli.summary import show_summary

        show_summary(result)
    typer.echo(str(result.report.resolve()))


def result_tree(result: CaseResult) -> dict[str, Any]:
    """Return ``case.json`` with the places of the files on this computer."""
    return {
        **result.document.model_dump(mode="json"),
        "files": {
            "case": str(result.folder.resolve()),
            "report_html": str(result.report.resolve()),
            "report_pdf": None if result.pdf is None else str(result.pdf.resolve()),
        },
    }
