"""The options of ``vertaug leaflet``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vertaug.cli.options import Case, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaflet:
    """Write a leaflet for the patient, in plain words, as HTML and PDF.

    What is wrong, all options, how it is done, benefits and risks with their numbers, what
    happens after, and when to call. With pictures of the patient's own bone.
    """

    case: Case
    language: Annotated[
        str,
        typer.Option(metavar="en|hi", help="English; or Hindi, not yet reviewed by a clinician."),
    ] = "en"
    large_print: Annotated[
        bool, typer.Option("--large-print", help="16 pt and more, one column.")
    ] = False
    procedure: Annotated[
        str | None,
        typer.Option(
            metavar="vertebroplasty|kyphoplasty|both",
            help="What it is about. (default: what the case was planned for)",
        ),
    ] = None
    facts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help="Facts of the patient, such as fx.etiology. (default: unknown; neutral words)",
        ),
    ] = None
    phone: Annotated[
        str,
        typer.Option(
            metavar="TEXT", help="Phone of the team. (default: a line to fill in by hand)"
        ),
    ] = ""
    emergency_phone: Annotated[
        str,
        typer.Option(metavar="TEXT", help="Of the ambulance. (default: a line to fill in by hand)"),
    ] = ""
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Where to write. (default: the case)"),
    ] = None
    json_output: Json = False
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print the paths of the files only.")
    ] = False

    def run(self) -> None:
        """Write it."""
        from vertaug.cli.leaflet import make_case_leaflet

        make_case_leaflet(self)
