"""The options of ``vertaug day``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vertaug.cli.options import Case, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Write the sheet for the day of the procedure.

    Checklist, ceilings of local anaesthetics, needles, cement clock, stop rules, observation and
    discharge on four printed pages. Nothing is ticked; what is not known stays empty. Not orders.
    """

    case: Case
    facts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Facts of the patient, .toml or .json, such as patient.weight_kg and lab.inr. "
            "(default: all unknown)",
        ),
    ] = None
    procedure: Annotated[
        str | None,
        typer.Option(
            metavar="vertebroplasty|kyphoplasty",
            help="Whose sheet. (default: that of the first plan, and the sheet says so)",
        ),
    ] = None
    plan: Annotated[int, typer.Option(min=1, help="Number of the plan, within the procedure.")] = 1
    date: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD[THH:MM]",
            help="Day of the procedure, from which the age of results is judged; with a time also "
            "the hold of antithrombotics. (default: blank)",
        ),
    ] = None
    cement: Annotated[
        str | None,
        typer.Option(
            metavar="PRODUCT",
            help="Built-in cement for the clock. (default: that of the simulation, if there is "
            "one; else blank)",
        ),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help=".pdf, .html or .json; or a folder for all three. (default: CASE/day)",
        ),
    ] = None
    json_output: Json = False
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print the path of the sheet only.")
    ] = False

    def run(self) -> None:
        """Write it."""
        from vertaug.cli.day import write_sheet

        write_sheet(self)
