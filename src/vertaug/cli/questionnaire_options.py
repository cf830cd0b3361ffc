"""The options of ``vertaug questionnaire``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vertaug.cli.options import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """Print a questionnaire on paper, or list those that can be scored.

    Without arguments it lists them. Forms are A4 and are filled in with a pen.
    """

    instruments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="Such as rmdq24, rand36, nrs_rest nrs_move, vas_mm, tug_s.",
            show_default=False,
        ),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help=".pdf or .html."),
    ] = None
    licensed_text: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help="The words of an instrument that you have a licence for, such as of odi.",
        ),
    ] = None
    json_output: Json = False

    def run(self) -> None:
        """Print it."""
        from vertaug.cli.questionnaire import print_questionnaire

        print_questionnaire(self)
