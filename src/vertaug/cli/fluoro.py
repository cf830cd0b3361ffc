"""The command that takes a radiograph."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from vertaug.cli.procedure_option import choose, choose_procedure
from vertaug.fluoroscopy.carm import Posture
from vertaug.workflow.kernels import choose_kernel_cache, set_threads

if TYPE_CHECKING:
    from vertaug.cli.app import Fluoro
    from vertaug.workflow.radiograph import RadiographFile


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
        posture=choose(Posture, "--posture", given.posture),
        tube_voltage_kv=given.kv,
        zoom=given.zoom,
        columns=given.pixels,
        plan=given.plan,
        procedure=choose_procedure(given.procedure),
        needles=given.needles,
        cement_ml=given.cement_ml,
        balloon_mm=given.balloon_mm,
        completed=not given.ct_only,
        outlines=given.overlay,
        seed=given.seed if given.noise else None,
        motion=None if given.cine is None else choose(Motion, "--cine", given.cine),
    )
    made = take_radiograph(given.case, request, given.out)
    path = str(made.path.resolve())
    if given.json_output:
        typer.echo(json.dumps(_tree(made, path), indent=2, ensure_ascii=False))
        return
    if not given.quiet:
        typer.echo(made.sentence)
        typer.echo("Research and teaching, not for clinical decisions.")
    typer.echo(path)


def _tree(made: "RadiographFile", path: str) -> dict[str, Any]:
    """Return what programs read: file, words, dose, pose and what is shown."""
    carm = made.carm
    return {
        "file": path,
        "sentence": made.sentence,
        "exposure": asdict(made.exposure),
        "level": made.level,
        "view": made.view,
        "procedure": None if made.procedure is None else made.procedure.value,
        "plan": made.plan,
        "posture": carm.posture.value,
        "primary_angle_deg": carm.primary_angle_deg,
        "secondary_angle_deg": carm.secondary_angle_deg,
        "isocentre_lps_mm": [float(value) for value in carm.isocentre_lps_mm],
        "source_detector_mm": carm.source_detector_mm,
        "source_isocentre_mm": carm.source_isocentre_mm,
        "field_mm": [float(side) for side in carm.detector_mm],
    }
