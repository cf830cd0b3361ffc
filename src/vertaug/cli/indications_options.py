"""The options of ``vertaug indications``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vertaug.cli.options import Json, Threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Indications:
    """Weigh the indications of a patient: what speaks for and against, and what is missing.

    Never one verdict. Of a case, whose report then shows it; or of the facts alone. Unknown is
    never no.
    """

    case: Annotated[
        Path | None, typer.Argument(metavar="[CASE]", help="A case folder.", show_default=False)
    ] = None
    facts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Facts of the patient: TOML, JSON or a FHIR R4 Bundle. (default: those that the "
            "case has kept)",
        ),
    ] = None
    ask: Annotated[
        bool,
        typer.Option("--ask", help="Ask for missing facts, the weightiest first; needs -o."),
    ] = False
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE.toml", help="Write the facts there."),
    ] = None
    explain: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="Why a rule holds or not; the case stays as it is."),
    ] = None
    all_rules: Annotated[
        bool,
        typer.Option(
            "--all-rules", help="Also rules that nobody checked against their source yet."
        ),
    ] = False
    rules: Annotated[
        Path | None,
        typer.Option(metavar="FILE.yaml", help="Rules of your site. (default: those of vertaug)"),
    ] = None
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A threshold within its range, as inr_max=1.8."
        ),
    ] = None
    override: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE=REASON", help="Go on in spite of a rule; it stays in the panel."
        ),
    ] = None
    role: Annotated[
        str, typer.Option(metavar="ROLE", help="Role of who overrides, not a name.")
    ] = ""
    keep_notes: Annotated[
        bool,
        typer.Option("--keep-notes", help="Keep the notes of facts; they may name a person."),
    ] = False
    date: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM-DD", help="Day of the panel. (default: today)"),
    ] = None
    procedure_at: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DDTHH:MM",
            help="When the procedure is, for the hold of antithrombotics. (default: that of the "
            "case, or not known)",
        ),
    ] = None
    hold_policy: Annotated[
        str | None,
        typer.Option(
            metavar="asra|sir|pause",
            help="Whose hold times; local policy overrides them. (default: that of the case, or "
            "asra)",
        ),
    ] = None
    save: Annotated[
        bool | None,
        typer.Option(
            "--save/--no-save",
            help="Keep the panel in the case and its report. (default: unless the case would lose "
            "results that it holds)",
        ),
    ] = None
    threads: Threads = None
    json_output: Json = False
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="No panel, no progress; print the path of the report."),
    ] = False

    def run(self) -> None:
        """Weigh them."""
        from vertaug.cli.indications import weigh

        weigh(self)
