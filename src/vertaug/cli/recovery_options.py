"""The options of ``vertaug recovery``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vertaug.cli.options import Case, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Plan the recovery after the procedure.

    Visits with windows and a calendar file, activity by day, warning signs, bone health, and what
    trials saw with and without augmentation.
    """

    case: Case
    procedure_at: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="When it is or was done, such as 2026-12-01T10:30.",
            show_default=False,
        ),
    ]
    procedure_ends: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="When it ends or ended, such as 11:40; hours count from it. (default: not said)",
        ),
    ] = None
    timezone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            help="Of the clinic, such as Asia/Kolkata. (default: of the clinic's file, else this "
            "computer's)",
        ),
    ] = None
    procedure: Annotated[
        str | None,
        typer.Option(
            metavar="vertebroplasty|kyphoplasty", help="What was done. (default: not said)"
        ),
    ] = None
    facts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Facts of the patient, TOML or JSON: fx.etiology ..."),
    ] = None
    site: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help="What the clinic sets itself: zone, phone, closed days, windows, numbers.",
        ),
    ] = None
    phone: Annotated[
        str | None,
        typer.Option(help="Number to call; without it there is no PDF. (default: clinic's file)"),
    ] = None
    emergency_phone: Annotated[str | None, typer.Option(help="Of the ambulance.")] = None
    fracture_on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day of the fracture, such as 2026-11-01.")
    ] = None
    done: Annotated[
        list[str] | None,
        typer.Option(metavar="VISIT=TIME", help="A visit that was made, 7d=2026-12-08T11:00."),
    ] = None
    now: Annotated[
        str | None,
        typer.Option(metavar="TIME|now", help="Tell where visits stand then. (default: not told)"),
    ] = None
    analgesic: Annotated[
        list[str] | None,
        typer.Option(metavar="DOSE", help="A drug for pain as taken: 'oxycodone 10 mg x2'."),
    ] = None
    bone_drug: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DRUG=START[..END]", help="A drug for bone: denosumab=2025-01-10..2026-01-10."
        ),
    ] = None
    full_words: Annotated[
        bool,
        typer.Option(
            "--full-words",
            help="Say in the calendar what the visits are for. (default: nothing about health)",
        ),
    ] = False
    pdf: Annotated[
        bool | None,
        typer.Option("--pdf/--no-pdf", help="The sheet as PDF. (default: where there is a phone)"),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Where to write. (default: CASE/recovery)"),
    ] = None
    json_output: Json = False
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print the path of the sheet only.")
    ] = False

    def run(self) -> None:
        """Plan it."""
        from vertaug.cli.recovery import show_recovery

        show_recovery(self)
