"""The options of ``vertaug simulate``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vertaug.cli.options import Case, Json, Quiet, Threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulate:
    """Simulate a procedure on a case: balloons, the cement's way, leaks, heat, strength after.

    Works with the stored steps of the case; the CT is not needed. What fits is not computed again.
    """

    case: Case
    procedure: Annotated[
        str,
        typer.Option(metavar="vertebroplasty|kyphoplasty|both", help="What to simulate."),
    ] = "vertebroplasty"
    level: Annotated[
        str | None, typer.Option(help="Level, such as L1. (default: the treated one)")
    ] = None
    product: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Cement: low_viscosity, medium_viscosity, high_viscosity, simplex_p, zirconia, or "
            "one of --products. (default: low_viscosity, or the one that --products holds)",
        ),
    ] = None
    products: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="TOML file with products of your own (docs/cement.md); not needed again for the "
            "cement that the case holds.",
        ),
    ] = None
    volume_ml: Annotated[
        float | None,
        typer.Option(help="To inject, above 0 to 20. (default: the plan's cement target)"),
    ] = None
    rate_ml_per_min: Annotated[float, typer.Option(help="Wanted flow, above 0 to 60.")] = 3.0
    plan: Annotated[
        int, typer.Option(help="Number of the plan of the procedure whose needles are used.")
    ] = 1
    balloon: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Kyphoplasty: 10/2, 15/2, 10/3, 15/3, 20/3, or one of --balloons. (default: the "
            "longest with room on the plan's paths that passes the cannula)",
        ),
    ] = None
    balloons: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="TOML file with balloons of your own (docs/balloon.md); not needed again for the "
            "balloon that the case holds.",
        ),
    ] = None
    balloon_ml: Annotated[
        float | None,
        typer.Option(
            help="In each balloon; 0 puts in none. (default: what it is rated for, up to 4)"
        ),
    ] = None
    preload_n: Annotated[
        float | None,
        typer.Option(
            help="Axial force on the spine before the inflation, 0 to 1000. (default: 100, prone)"
        ),
    ] = None
    contact_mm: Annotated[
        float | None,
        typer.Option(
            help="A balloon with 1 cm2 of its surface so near the cortex's outer face ends the "
            "inflation, 1 voxel to 10 mm. (default: 3)"
        ),
    ] = None
    balloon_spacing_mm: Annotated[
        float | None,
        typer.Option(help="Of the voxels of the inflation, 0.75 to 2. (default: 1.5)"),
    ] = None
    fracture_age: Annotated[
        str | None,
        typer.Option(
            help="Kyphoplasty: fresh (the bone under the endplate is loose) or healed. (default: "
            "fresh)"
        ),
    ] = None
    samples: Annotated[
        int,
        typer.Option(
            help="Sampled injections for the spread, 0 to 1000; 0: none, stored ones of the same "
            "injection are kept."
        ),
    ] = 32
    seed: Annotated[int, typer.Option(help="Of veins, fissures and samples.")] = 1
    stop_rules: Annotated[
        bool,
        typer.Option(
            "--stop-rules/--no-stop-rules",
            help="Stop as an operator would on fluoroscopy, or inject all and record the rules.",
        ),
    ] = True
    spacing_mm: Annotated[float, typer.Option(help="Of the cells, 0.5 to 2.")] = 1.0
    strength: Annotated[
        bool,
        typer.Option(
            "--strength/--no-strength",
            help="Also compute the strength with the simulated cement, of each procedure.",
        ),
    ] = True
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes for the samples; the result does not depend on it. (default: all "
            "cores)",
        ),
    ] = None
    threads: Threads = None
    json_output: Json = False
    quiet: Quiet = False

    def run(self) -> None:
        """Simulate."""
        from vertaug.cli.simulate import simulate

        simulate(self)
