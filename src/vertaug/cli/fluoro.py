"""The command that takes a radiograph."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from vertaug.fluoroscopy.carm import Posture
from vertaug.workflow.kernels import choose_kernel_cache, set_threads

if TYPE_CHECKING:
    from vertaug.cli.app import Fluoro


def take_case_radiograph(given: "Fluoro") -> None:
    """Take the radiograph, say how it was taken, print where it is."""
    choose_kernel_cache()
    set_threads(given.threads)
    from vertaug.workflow.radiograph import take_radiograph
    from vertaug.workflow.radiograph_request import Motion, RadiographRequest

    request = RadiographRequest(
        view=given.view,
        primary_angle_deg=given.primary_angle_deg,
        secondary_angle_deg=given.secondary_angle_deg,
        level=given.level,
        preset=given.carm,
        posture=Posture(given.posture.value),
        tube_voltage_kv=given.kv,
        zoom=given.zoom,
        columns=given.pixels,
        plan=given.plan,
        needles=given.needles,
        cement_ml=given.cement_ml,
        balloon_mm=given.balloon_mm,
        completed=not given.ct_only,
        outlines=given.overlay,
        seed=given.seed if given.noise else None,
        motion=None if given.cine is None else Motion(given.cine.value),
    )
    made = take_radiograph(given.case, request, given.out)
    path = str(made.path.resolve())
    if given.json_output:
        tree = {"file": path, "sentence": made.sentence, "exposure": asdict(made.exposure)}
        typer.echo(json.dumps(tree, indent=2, ensure_ascii=False))
        return
    if not given.quiet:
        typer.echo(made.sentence)
        typer.echo("Research and teaching, not for clinical decisions.")
    typer.echo(path)
