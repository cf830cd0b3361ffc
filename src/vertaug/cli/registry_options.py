"""Options that the commands of the registry share."""

from pathlib import Path
from typing import Annotated

import typer

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        "-d",
        envvar="VERTAUG_REGISTRY",
        metavar="PATH-or-URL",
        help="A SQLite file, or postgresql://USER@HOST/NAME. There is no default.",
        show_default=False,
    ),
]
By = Annotated[
    str | None,
    typer.Option(
        "--by", envvar="VERTAUG_USER", help="Who writes, for the audit log. (default: login name)"
    ),
]
Role = Annotated[str, typer.Option(help="Role of who writes, for the audit log.")]
Pseudonym = Annotated[str, typer.Argument(metavar="PATIENT", help="Pseudonym of the patient.")]
ProcedureNo = Annotated[
    int, typer.Option("--procedure-no", min=1, max=99, help="Which procedure of the patient.")
]
VisitKind = Annotated[
    str, typer.Argument(metavar="VISIT", help="baseline, 2h, 24h, 7d, 1mo, 3mo, 6mo or 12mo.")
]
Day = Annotated[str, typer.Option("--on", metavar="YYYY-MM-DD", show_default=False)]
Replace = Annotated[
    bool,
    typer.Option(
        "--replace", help="Correct what is recorded already; the audit log keeps both values."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
OutFolder = Annotated[
    Path | None, typer.Option("--out", "-o", metavar="DIR", help="Write files into this folder.")
]
WithNames = Annotated[
    bool, typer.Option("--with-names", help="Also names, record numbers and dates of birth.")
]
WithNotes = Annotated[
    bool, typer.Option("--with-notes", help="Also free text, which may name somebody.")
]
