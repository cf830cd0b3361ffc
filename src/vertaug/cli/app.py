"""The commands and their options."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import vertaug
from vertaug.cli.command import as_command
from vertaug.cli.day_options import Day
from vertaug.cli.indications_options import Indications
from vertaug.cli.leaflet_options import Leaflet
from vertaug.cli.options import Calibration, Case, Json, Kvp, Level, Pdf, Quiet, Threads
from vertaug.cli.questionnaire_options import Questionnaire
from vertaug.cli.recovery_options import Recovery
from vertaug.cli.simulate_options import Simulate
from vertaug.cli.strength_options import Strength

app = typer.Typer(
    name="vertaug",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # Rich and its Markdown would double the time of --help
    help="From one patient's CT to a measured vertebral fracture, a needle plan and a report. "
    "Research and teaching, not for clinical decisions.",
)


class Suite(StrEnum):
    """Standard problems."""

    XRAY = "xray"
    MECHANICS = "mechanics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """Run the whole chain on the built-in phantom.

    Prints the path of the report.
    """

    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="CASE", help="Case folder to make.")
    ] = Path("demo-case")
    pdf: Pdf = True
    threads: Threads = None
    json_output: Json = False
    quiet: Quiet = False

    def run(self) -> None:
        """Make the phantom and its case."""
        from vertaug.cli.cases import Outlet, make_demo

        make_demo(self.out, Outlet(json=self.json_output, quiet=self.quiet), self.pdf, self.threads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Measure the fracture, plan the needles, report.

    CT: a DICOM folder or zip, .nii[.gz], .nrrd, .mha. Unchanged inputs are not computed again.
    """

    ct: Annotated[Path, typer.Argument(metavar="CT", help="The CT.", show_default=False)]
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="CASE", help="Case folder to make.", show_default=False
        ),
    ]
    labels: Annotated[
        Path | None,
        typer.Option(
            help="Vertebra labels: multi-label NIfTI or NRRD, a TotalSegmentator folder, or a "
            "DICOM SEG.",
        ),
    ] = None
    numbering: Annotated[
        str | None,
        typer.Option(
            help="Numbering of the labels: verse, totalsegmentator, totalsegmentator_v1, "
            "vertebrae_pp, spine_segment; level:L2 for the mask of one vertebra, level:L2=1,2 for "
            "some of its values. (default: detected)"
        ),
    ] = None
    level: Level = None
    procedure: Annotated[
        str,
        typer.Option(metavar="vertebroplasty|kyphoplasty|both", help="What to plan for."),
    ] = "both"
    gauge: Annotated[
        int | None, typer.Option(help="Needle gauge. (default: usual for level and procedure)")
    ] = None
    series: Annotated[
        str | None, typer.Option(help="DICOM series to take: its number, UID or description.")
    ] = None
    kvp: Kvp = None
    calibration: Calibration = "generic"
    correct_orientation: Annotated[
        bool,
        typer.Option(
            "--correct-orientation",
            help="Correct a header that contradicts the anatomy, instead of refusing it.",
        ),
    ] = False
    pdf: Pdf = True
    threads: Threads = None
    json_output: Json = False
    quiet: Quiet = False

    def run(self) -> None:
        """Make the case."""
        from vertaug.cli.cases import Outlet, make_plan

        make_plan(self, Outlet(json=self.json_output, quiet=self.quiet))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Measure an existing case again.

    With another level or density calibration if wished. Plans and report follow; the CT itself
    is not needed any more.
    """

    case: Case
    level: Annotated[
        str | None, typer.Option(help="Level to treat, such as L1. (default: as before)")
    ] = None
    kvp: Kvp = None
    calibration: Annotated[
        str | None,
        typer.Option(
            metavar="generic|FILE",
            help="The generic law, or a TOML file of calibration measurements. (default: kept)",
        ),
    ] = None
    threads: Threads = None
    json_output: Json = False
    quiet: Quiet = False

    def run(self) -> None:
        """Measure again."""
        from vertaug.cli.cases import Outlet, measure_case

        measure_case(self, Outlet(json=self.json_output, quiet=self.quiet))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Write report and files of an existing case again."""

    case: Case
    pdf: Annotated[
        bool | None,
        typer.Option("--pdf/--no-pdf", help="Also write the report as PDF. (default: as before)"),
    ] = None
    threads: Threads = None
    json_output: Json = False
    quiet: Quiet = False

    def run(self) -> None:
        """Write again."""
        from vertaug.cli.cases import Outlet, report_case

        outlet = Outlet(json=self.json_output, quiet=self.quiet)
        report_case(self.case, outlet, self.pdf, self.threads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fluoro:
    """Take a radiograph of a case with a virtual C-arm.

    Name a working view of the plan, or give the C-arm's angles as DICOM has them: of the
    patient, LAO and cranial positive, saying where the receptor is.
    """

    case: Case
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help=".png as on the monitor, .dcm (DICOM XA with the pose), .gif for a sequence.",
            show_default=False,
        ),
    ]
    view: Annotated[
        str | None, typer.Option(help="Working view: ap, lateral, barrel_left, barrel_right.")
    ] = None
    primary_angle_deg: Annotated[
        float | None, typer.Option(help="LAO positive, RAO negative; 180 is behind the patient.")
    ] = None
    secondary_angle_deg: Annotated[
        float | None, typer.Option(help="Cranial positive, caudal negative.")
    ] = None
    level: Annotated[
        str | None, typer.Option(help="Level in the middle. (default: the treated one)")
    ] = None
    carm: Annotated[
        str,
        typer.Option(help="C-arm: mobile, mobile_large, mobile_fine, intensifier_23, angiography."),
    ] = "mobile"
    posture: Annotated[
        str,
        typer.Option(
            metavar="prone|supine", help="How the patient lies; the tube is under the table."
        ),
    ] = "prone"
    kv: Annotated[
        float | None, typer.Option(help="Tube voltage, 60 to 120. (default: automatic)")
    ] = None
    zoom: Annotated[
        float | None,
        typer.Option(
            help="Magnification mode, 1 to 4. (default: 1.35 as in the report, at angles 1)"
        ),
    ] = None
    pixels: Annotated[
        int | None,
        typer.Option(
            help="Pixels across, 32 to 2048. (default: the detector's, in a sequence 512)"
        ),
    ] = None
    plan: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of the plan whose needles are shown, within the procedure. (default: 1)",
        ),
    ] = None
    procedure: Annotated[
        str | None,
        typer.Option(
            metavar="vertebroplasty|kyphoplasty",
            help="Whose plans are counted. (default: the first plan's; with a balloon kyphoplasty)",
        ),
    ] = None
    needles: Annotated[bool, typer.Option(help="Show the planned needles.")] = True
    cement_ml: Annotated[
        float, typer.Option(help="Sketch this volume of cement, shared by the tips, 0 to 20.")
    ] = 0.0
    balloon_mm: Annotated[
        float,
        typer.Option(help="Sketch a balloon of this length on each path of a kyphoplasty plan."),
    ] = 0.0
    ct_only: Annotated[
        bool,
        typer.Option("--ct-only", help="Do not complete the trunk around a narrow CT."),
    ] = False
    overlay: Annotated[
        bool, typer.Option(help="Letters, level names, scale and how it was taken.")
    ] = True
    noise: Annotated[bool, typer.Option(help="Quantum noise.")] = True
    seed: Annotated[int, typer.Option(min=0, help="Of the noise.")] = 1
    cine: Annotated[
        str | None,
        typer.Option(
            metavar="needle|arm", help="A sequence: the needles pushed in, or the C-arm swinging."
        ),
    ] = None
    threads: Threads = None
    json_output: Json = False
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print the path of the picture only.")
    ] = False

    def run(self) -> None:
        """Take it."""
        from vertaug.cli.fluoro import take_case_radiograph

        take_case_radiograph(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Time standard problems on this machine, and check their answers.

    Limits are those of two cores of a laptop with nothing else running.
    """

    suite: Annotated[Suite, typer.Argument(help="Which problems.")] = Suite.XRAY
    large: Annotated[
        bool, typer.Option("--large", help="mechanics: also 8 million elements (2.5 GB).")
    ] = False
    first_compile: Annotated[
        bool,
        typer.Option(
            "--first-compile", help="mechanics: also the first start, which compiles (a minute)."
        ),
    ] = False
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE.json", help="Also write the figures as JSON."),
    ] = None
    threads: Threads = None
    json_output: Json = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False

    def run(self) -> None:
        """Run them."""
        from vertaug.cli.bench import run_bench

        run_bench(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """Show versions, extras and devices."""

    json_output: Json = False

    def run(self) -> None:
        """Print them."""
        from vertaug.cli.info import show_info

        show_info(as_json=self.json_output)


_COMMANDS = (
    Demo,
    Plan,
    Measure,
    Indications,
    Report,
    Fluoro,
    Simulate,
    Strength,
    Day,
    Recovery,
    Leaflet,
    Questionnaire,
    Bench,
    Info,
)
for _kind in _COMMANDS:
    app.command(name=_kind.__name__.lower())(as_command(_kind))


def _show_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"vertaug {vertaug.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda value: _show_version(wanted=value),
            is_eager=True,
            help="Show the version and leave.",
        ),
    ] = False,
) -> None:
    pass
