"""One radiograph, or a sequence, of a case that has been made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vertaug.case.errors import InputError
from vertaug.case.plan import Procedure
from vertaug.case.storage import replace_bytes
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.cine import Cine, record
from vertaug.fluoroscopy.exposure import Exposure
from vertaug.fluoroscopy.matter import Matter
from vertaug.fluoroscopy.needle_series import needle_in_place
from vertaug.fluoroscopy.radiograph import Radiograph, render, show_view
from vertaug.fluoroscopy.sketch import sketch_balloon, sketch_cement
from vertaug.fluoroscopy.view import fix_view
from vertaug.workflow.radiograph_request import Motion, RadiographRequest
from vertaug.workflow.radiograph_stage import Stage, set_up
from vertaug.workflow.radiograph_words import shown_paths, write_note

if TYPE_CHECKING:
    from vertaug.report.figure_radiograph import Overlay

SUFFIXES = (".png", ".dcm", ".gif")
_OUTSIDE_MM, _FRAMES, _SWEEP_DEG = 30.0, 24, 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiographFile:
    """A file that was written, and how it was taken.

    Attributes
    ----------
    path : Path
    sentence : str
        How it was taken, in words.
    exposure : Exposure
        Of a sequence the sum.
    carm : CArm
        Where the C-arm stands; in a sequence in its first frame.
    level : str
        Level in the middle.
    view : str or None
        Working view; None if angles were given.
    procedure, plan : Procedure and int, or None
        Whose needles are shown; None where nothing was planned for the level.
    """

    path: Path
    sentence: str
    exposure: Exposure
    carm: CArm
    level: str
    view: str | None
    procedure: Procedure | None
    plan: int | None


def take_radiograph(case: Path, request: RadiographRequest, target: Path) -> RadiographFile:
    """Take a radiograph or sequence of a case and write it.

    Parameters
    ----------
    case : Path
        Case folder.
    target : Path
        ``.png``: as on the monitor, with letters; ``.dcm``: DICOM XA with the pose; ``.gif``: a
        sequence.

    Raises
    ------
    InputError
        If the request does not fit the case or the file's ending.
    StorageError
        If the file cannot be written.
    """
    _check_ending(target, request)
    stage = set_up(Path(case), request)
    if request.motion is not None:
        cine, titles = _film(stage, request)
        _write_cine(cine, titles, stage, request, target)
        first = replace(cine.frames[0], note=write_note(stage, request, cine.frames))
        words = f"First frame: {first.sentence} {cine.exposure.describe()}."
        return _describe_file(target, stage, request, first, (words, cine.exposure))
    rng = None if request.seed is None else np.random.default_rng(request.seed)
    image = render(stage.patient, stage.carm, _matter(stage, request), stage.technique, rng)
    note = write_note(stage, request, (image,))
    image = replace(image, note=note, sketch=request.sketch_note)
    _write_still(image, stage, request, target)
    return _describe_file(target, stage, request, image, (image.sentence, image.exposure))


def _describe_file(
    target: Path,
    stage: Stage,
    request: RadiographRequest,
    image: Radiograph,
    taken: tuple[str, Exposure],
) -> RadiographFile:
    """Return what is known of a file that was written."""
    return RadiographFile(
        path=target,
        sentence=taken[0],
        exposure=taken[1],
        carm=image.carm,
        level=stage.level,
        view=request.view,
        procedure=None if stage.plan is None else stage.plan.procedure,
        plan=stage.plan_number,
    )


def _check_ending(target: Path, request: RadiographRequest) -> None:
    ending = target.suffix.lower()
    if ending not in SUFFIXES:
        message = (
            f"the ending of {target.name} must be one of {', '.join(SUFFIXES)}: .png as on the "
            "monitor, .dcm with the pose of the C-arm, .gif for a sequence"
        )
        raise InputError(message)
    if (ending == ".gif") != (request.motion is not None):
        message = "a sequence (--cine) is written as .gif, a still as .png or .dcm"
        raise InputError(message)


def _matter(stage: Stage, request: RadiographRequest) -> list[Matter]:
    """Return needles at their targets, and what is sketched at their tips."""
    vertebra = stage.spine[stage.level]
    if request.balloon_mm > 0:
        return _balloons(stage, request)
    needles = [part for path in shown_paths(stage, request) for part in needle_in_place(path)]
    if request.cement_ml == 0:
        return list(needles)
    tips = [path.target_lps_mm for path in stage.paths]
    return [*needles, sketch_cement(vertebra, tips, request.cement_ml, needles)]


def _balloons(stage: Stage, request: RadiographRequest) -> list[Matter]:
    """Return balloon and cannula of each path shown."""
    paths = shown_paths(stage, request)
    if not paths:
        message = "a balloon needs the path of a planned needle; none is shown at this level"
        raise InputError(message)
    things: list[Matter] = []
    for path in paths:
        longest = path.balloon_mm or 0.0
        if request.balloon_mm > longest:
            message = (
                f"a balloon of {request.balloon_mm:g} mm has no room on the {path.side} path of "
                f"plan {stage.plan_number}; the longest that the plan found room for is "
                f"{longest:g} mm"
            )
            raise InputError(message)
        things.extend(sketch_balloon(stage.spine[stage.level], path, request.balloon_mm))
    return things


def _film(stage: Stage, request: RadiographRequest) -> tuple[Cine, list[str]]:
    """Return the sequence, and what each frame shows in words."""
    rng = None if request.seed is None else np.random.default_rng(request.seed)
    if request.motion is Motion.ARM:
        return _swing(stage, request, rng)
    if not shown_paths(stage, request):
        message = "no needle is shown at this level: only --cine arm can be taken"
        raise InputError(message)
    view = fix_view(stage.patient, stage.carm, stage.technique)
    steps: list[list[Matter]] = []
    titles: list[str] = []
    placed: list[Matter] = []
    for path in shown_paths(stage, request):
        for depth in np.linspace(-_OUTSIDE_MM, path.length_mm, _FRAMES):
            steps.append([*placed, *needle_in_place(path, float(depth))])
            place = "in bone" if depth >= 0 else "before bone"
            titles.append(f"{stage.level} {path.side} needle, {abs(depth):.0f} mm {place}")
        placed = [*placed, *needle_in_place(path)]
    return record(view, steps, rng, persistence=0.3), titles


def _swing(
    stage: Stage, request: RadiographRequest, rng: np.random.Generator | None
) -> tuple[Cine, list[str]]:
    """Swing the arm to both sides of its position and back to it."""
    matter = _matter(stage, request)
    turn = _SWEEP_DEG * np.sin(2 * np.pi * np.arange(_FRAMES) / _FRAMES)
    frames = []
    for degrees in turn:
        primary = (stage.carm.primary_angle_deg + float(degrees) + 180.0) % 360.0 - 180.0
        carm = stage.carm.aim(primary, stage.carm.secondary_angle_deg)
        frames.append(show_view(fix_view(stage.patient, carm, stage.technique), matter, rng))
    titles = [f"{stage.level} receptor {frame.carm.receptor_place}" for frame in frames]
    return Cine(frames=tuple(frames), pulses_per_second=7.5), titles


def _overlay(stage: Stage, request: RadiographRequest, image: Radiograph) -> "Overlay | None":
    """Return what is drawn over an image; None where it is for further use."""
    from vertaug.report.figure_radiograph import RING_LEGEND, WALL_LEGEND, Overlay, view_title
    from vertaug.report.radiographs import VIEW_NAMES

    if not request.outlines:
        return None
    name = "Virtual fluoroscopy" if request.view is None else VIEW_NAMES[request.view]
    side, still = request.looked_along, request.motion is None
    lateral = request.view == "lateral"
    # in the small pictures of a sequence the words alone, without the volume
    note = request.sketch_note if still else request.sketch_note.partition(":")[0]
    return Overlay(
        title=view_title(f"{name}, {stage.level}", image) if still else "",
        levels=tuple(stage.spine.vertebrae) if still else (stage.level,),
        rings=((stage.level, side),) if side is not None else (),
        walls=(stage.level,) if lateral else (),
        note=note,
        legend=WALL_LEGEND if lateral else RING_LEGEND if side is not None else "",
    )


def _write_still(image: Radiograph, stage: Stage, request: RadiographRequest, target: Path) -> None:
    if target.suffix.lower() == ".dcm":
        from vertaug.fluoroscopy.dicom_xa_writer import write_xa

        write_xa(image, target)
        return
    from vertaug.report.film_files import still_png

    overlay = _overlay(stage, request, image)
    replace_bytes(target, still_png(image, stage.spine, overlay))


def _write_cine(
    cine: Cine, titles: Sequence[str], stage: Stage, request: RadiographRequest, target: Path
) -> None:
    from vertaug.report.film_files import cine_gif

    overlay = _overlay(stage, request, cine.frames[0])
    replace_bytes(target, cine_gif(cine, stage.spine, overlay, titles))
