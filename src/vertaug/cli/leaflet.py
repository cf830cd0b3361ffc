"""The command that writes a leaflet."""

import json
from typing import TYPE_CHECKING

import typer

from vertaug.cli.procedure_option import choose_procedures
from vertaug.workflow.kernels import choose_kernel_cache

if TYPE_CHECKING:
    from vertaug.cli.leaflet_options import Leaflet


def make_case_leaflet(given: "Leaflet") -> None:
    """Write the leaflet, say what is left to do, print where it is."""
    choose_kernel_cache()
    from vertaug.recovery.leaflet.leaflet import LeafletRequest
    from vertaug.workflow.leaflet import make_leaflet

    request = LeafletRequest(
        language=given.language,
        procedures=choose_procedures(given.procedure),
        phone=given.phone.strip(),
        emergency_phone=given.emergency_phone.strip(),
    )
    made = make_leaflet(
        given.case, request, facts=given.facts, out=given.out, large=given.large_print
    )
    paths = {"html": made.files.html, "pdf": made.files.pdf}
    if given.json_output:
        tree = {
            "level": made.level,
            "language": given.language,
            "notes": list(made.notes),
            **{kind: str(path.resolve()) for kind, path in paths.items()},
        }
        typer.echo(json.dumps(tree, indent=2, ensure_ascii=False))
        return
    if not given.quiet:
        for note in made.notes:
            typer.echo(f"note: {note}")
        typer.echo("Research and teaching, not for clinical decisions.")
    for path in paths.values():
        typer.echo(path.resolve())
