"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON on stdout, and nothing else there.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress; print the path of the report only.")
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, help="Threads to use; the result does not depend on it. (default: all)"),
]
Case = Annotated[Path, typer.Argument(metavar="CASE", help="A case folder.", show_default=False)]
Level = Annotated[
    str | None,
    typer.Option(help="Level to treat, such as L1. (default: the worst fracture)"),
]
Kvp = Annotated[
    float | None, typer.Option(help="Tube voltage in kV, where the file does not say it.")
]
Calibration = Annotated[
    str,
    typer.Option(
        metavar="generic|FILE",
        help="HU to density: the generic law of the tube voltage, or a TOML file with the rods of "
        "a phantom or the means of tissues.",
    ),
]
Pdf = Annotated[bool, typer.Option("--pdf/--no-pdf", help="Also write the report as PDF.")]
