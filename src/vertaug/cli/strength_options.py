"""The options of ``vertaug strength``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vertaug.cli.options import Json, Threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """Compute stiffness and failure load of a vertebra, as it is and with cement.

    Of a case, whose report then shows it; or of a calibrated image with its region map.
    """

    case: Annotated[
        Path | None, typer.Argument(metavar="[CASE]", help="A case folder.", show_default=False)
    ] = None
    cement_ml: Annotated[
        float | None,
        typer.Option(
            help="Also with this volume of cement at the planned tips, above 0 to 20. (default: "
            "with the simulated cement of the level, if there is one; else as it is only)"
        ),
    ] = None
    level: Annotated[
        str | None, typer.Option(help="Level, such as L1. (default: the treated one)")
    ] = None
    surface: Annotated[str, typer.Option(metavar="tresca|mises", help="When a voxel yields.")] = (
        "tresca"
    )
    linear_only: Annotated[
        bool,
        typer.Option(
            "--linear-only", help="Leave out the crushing: much faster, one failure load."
        ),
    ] = False
    spacing_mm: Annotated[
        float, typer.Option(help="Of the voxels of a case's model, 0.5 to 4.")
    ] = 1.0
    density: Annotated[
        Path | None,
        typer.Option(metavar="IMG", help="Without a case: density in mg/ml K2HPO4."),
    ] = None
    regions: Annotated[
        Path | None,
        typer.Option(
            metavar="SEG",
            help="Its regions: 1, 2 body; 3, 4 process; 5 inferior, 6 superior cap.",
        ),
    ] = None
    mapping: Annotated[
        str,
        typer.Option(
            metavar="exact|binned|published", help="Density to modulus, with --density only."
        ),
    ] = "exact"
    height_mm: Annotated[
        float | None,
        typer.Option(help="Of the body, with --density only. (default: between the caps)"),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="OUT.json", help="File to write; needed with --density."
        ),
    ] = None
    files: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="With --density: write the model there, VTU and CalculiX. A case always has them.",
        ),
    ] = None
    threads: Threads = None
    json_output: Json = False
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress; print the path of the result only.")
    ] = False

    def run(self) -> None:
        """Compute it."""
        from vertaug.cli.strength import compute_strength

        compute_strength(self)
