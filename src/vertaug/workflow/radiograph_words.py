"""What a radiograph of a case must say beside its picture."""

from collections.abc import Sequence

from vertaug.case.plan import NeedlePath
from vertaug.fluoroscopy.patient import say_wide_voxels
from vertaug.fluoroscopy.radiograph import Radiograph
from vertaug.report.film_words import say_blades, say_sides, say_wedge
from vertaug.workflow.radiograph_request import Motion, RadiographRequest
from vertaug.workflow.radiograph_stage import Stage


def shown_paths(stage: Stage, request: RadiographRequest) -> list[NeedlePath]:
    """Return the needles that are seen: down a needle that one alone."""
    if not request.needles:
        return []
    side = request.looked_along
    return [path for path in stage.paths if side in (None, path.side)]


def write_note(stage: Stage, request: RadiographRequest, images: Sequence[Radiograph]) -> str:
    """Say what the picture cannot say itself.

    Parameters
    ----------
    images : sequence of Radiograph
        What was taken; of a sequence all frames.
    """
    scan = stage.spine.scan
    said = [
        "Phantom, not a patient." if scan.info.source_format == "phantom" else "",
        _say_needles(stage, request),
        request.sketch_note,
        say_wedge(stage.spine[stage.level], (request.view or "",)),
        say_wide_voxels(scan.grid, stage.carm.receptor),
        say_blades(images),
    ]
    return " ".join(part for part in said if part)


def _say_needles(stage: Stage, request: RadiographRequest) -> str:
    """Say which needles are drawn, and of which plan they are."""
    if stage.plan is None:
        return f"No needles: nothing was planned for {stage.level}."
    paths = shown_paths(stage, request)
    if not paths:
        return "No needles are drawn."
    plan = f"Plan {stage.plan_number}, {stage.plan.procedure.value}"
    thing = "cannula" if request.balloon_mm > 0 else "needle"
    drawn = say_sides([path.side for path in paths], thing)
    if len(paths) < len(stage.paths):
        return f"{plan}. Only {drawn} is drawn."
    if len(paths) == 1:
        return f"{plan}: {drawn}, its only one."
    if request.motion is Motion.NEEDLE:
        return f"{plan}: {drawn}, pushed in one after the other."
    return f"{plan}: {drawn}{', one behind the other' if request.view == 'lateral' else ''}."
