"""One radiograph, or a sequence, of a case that has been made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vertaug.case.case_file import read_case
from vertaug.case.errors import FormatError, InputError, LevelError
from vertaug.case.plan import AccessPlan, NeedlePath, PlanningResult, Procedure, WorkingView
from vertaug.case.spine import Spine
from vertaug.case.storage import write_atomically
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.cine import Cine, record
from vertaug.fluoroscopy.exposure import Exposure
from vertaug.fluoroscopy.matter import Matter
from vertaug.fluoroscopy.needle_series import needle_in_place
from vertaug.fluoroscopy.patient import XrayPatient, prepare_patient, say_wide_voxels
from vertaug.fluoroscopy.presets import carm_preset
from vertaug.fluoroscopy.radiograph import Radiograph, render, show_view
from vertaug.fluoroscopy.sketch import sketch_balloon, sketch_cement
from vertaug.fluoroscopy.spectrum import Beam
from vertaug.fluoroscopy.surroundings import Trunk
from vertaug.fluoroscopy.technique import Technique
from vertaug.fluoroscopy.view import fix_view
from vertaug.fluoroscopy.working_view import WORKING_ZOOM, aim_at_view, centre_on_needle
from vertaug.planning.views import view_of_needle
from vertaug.workflow.radiograph_request import Motion, RadiographRequest
from vertaug.workflow.step_store import StepStore
from vertaug.workflow.workspace import PRIVATE

if TYPE_CHECKING:
    from vertaug.report.figure_radiograph import Overlay

SUFFIXES = (".png", ".dcm", ".gif")
_OUTSIDE_MM, _FRAMES, _SWEEP_DEG = 30.0, 24, 40.0
_CINE_COLUMNS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiographFile:
    """A file that was written, and how it was taken."""

    path: Path
    sentence: str
    exposure: Exposure


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stage:
    """What is needed to take images of a case."""

    spine: Spine
    patient: XrayPatient
    plan: AccessPlan | None
    carm: CArm
    technique: Technique
    level: str

    @property
    def paths(self) -> tuple[NeedlePath, ...]:
        """Needles of the plan."""
        return () if self.plan is None else self.plan.paths


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
    stage = _set_up(Path(case), request)
    if request.motion is not None:
        cine, titles = _film(stage, request)
        _write_cine(cine, titles, stage, request, target)
        first = replace(cine.frames[0], note=_note(stage, request))
        words = f"First frame: {first.sentence} {cine.exposure.describe()}."
        return RadiographFile(path=target, sentence=words, exposure=cine.exposure)
    rng = None if request.seed is None else np.random.default_rng(request.seed)
    image = render(stage.patient, stage.carm, _matter(stage, request), stage.technique, rng)
    image = replace(image, note=_note(stage, request))
    _write_still(image, stage, request, target)
    return RadiographFile(path=target, sentence=image.sentence, exposure=image.exposure)


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


def _set_up(case: Path, request: RadiographRequest) -> _Stage:
    document = read_case(case)
    store = StepStore(folder=case / PRIVATE / "steps")
    keys = {step.name: step.key for step in document.provenance.steps}
    spine = store.load("anatomy", keys.get("anatomy", ""), Spine)
    if spine is None:
        message = (
            f"{case} has lost its stored anatomy ({PRIVATE}/steps); make the case again with: "
            f"vertaug plan CT --labels LABELS -o {case}"
        )
        raise FormatError(message)
    planning = store.load("plan", keys.get("plan", ""), PlanningResult) if "plan" in keys else None
    level = request.level or document.fracture.level
    if level is None:
        message = "no level is treated in this case; name one with --level"
        raise LevelError(message)
    spine[level]  # raises where the level is not in the scan
    if planning is not None and planning.level != level:
        planning = None
    plan = _choose_plan(planning, request)
    beam = (
        None if request.tube_voltage_kv is None else Beam(tube_voltage_kv=request.tube_voltage_kv)
    )
    return _Stage(
        spine=spine,
        patient=prepare_patient(spine.scan, spine.patient, Trunk() if request.completed else None),
        plan=plan,
        carm=_aim(spine, level, () if planning is None else planning.views, plan, request),
        technique=Technique(beam=beam),
        level=level,
    )


def _choose_plan(planning: PlanningResult | None, request: RadiographRequest) -> AccessPlan | None:
    """Return the plan that is shown; a balloon is shown on the paths that were planned for one."""
    if planning is None or not planning.plans:
        return None
    procedure = planning.plans[0].procedure
    if request.balloon_mm > 0:
        procedure = Procedure.KYPHOPLASTY
    plans = [plan for plan in planning.plans if plan.procedure == procedure]
    if not plans:
        message = "a balloon needs a plan of kyphoplasty; this case has one of vertebroplasty only"
        raise InputError(message)
    if not 1 <= request.plan <= len(plans):
        message = f"there are plans 1 to {len(plans)} of {procedure.value}; got {request.plan}"
        raise InputError(message)
    return plans[request.plan - 1]


def _aim(
    spine: Spine,
    level: str,
    views: Sequence[WorkingView],
    plan: AccessPlan | None,
    request: RadiographRequest,
) -> CArm:
    centre = spine[level].frame.origin_lps_mm
    usual = 1.0 if request.view is None else WORKING_ZOOM
    zoom = usual if request.zoom is None else request.zoom
    arm = carm_preset(request.preset, centre, posture=request.posture).zoom(zoom)
    columns = request.columns or (None if request.motion is None else _CINE_COLUMNS)
    if columns is not None:
        arm = arm.with_pixels(columns)
    if request.view is None:
        return arm.aim(request.primary_angle_deg or 0.0, request.secondary_angle_deg or 0.0)
    if request.view in ("barrel_left", "barrel_right") and plan is not None:
        return _aim_down(arm, plan, request)
    known = {view.name: view for view in views}
    if request.view not in known:
        names = ", ".join(known) or "none, because nothing was planned for this level"
        message = f"the plan has no working view {request.view!r}; it has: {names}"
        raise InputError(message)
    return aim_at_view(arm, known[request.view])


def _aim_down(arm: CArm, plan: AccessPlan, request: RadiographRequest) -> CArm:
    """Return the arm looking along a needle of the plan that is shown."""
    side = request.looked_along
    path = next((path for path in plan.paths if path.side == side), None)
    if path is None:
        message = f"plan {request.plan} of {plan.procedure.value} has no needle on the {side}"
        raise InputError(message)
    return aim_at_view(centre_on_needle(arm, path), view_of_needle(f"barrel_{side}", path))


def _matter(stage: _Stage, request: RadiographRequest) -> list[Matter]:
    """Return needles at their targets, and what is sketched at their tips."""
    vertebra = stage.spine[stage.level]
    if request.balloon_mm > 0:
        return _balloons(stage, request)
    needles = [part for path in _shown_paths(stage, request) for part in needle_in_place(path)]
    if request.cement_ml == 0:
        return list(needles)
    tips = [path.target_lps_mm for path in stage.paths] or [vertebra.frame.origin_lps_mm]
    return [*needles, sketch_cement(vertebra, tips, request.cement_ml, needles)]


def _balloons(stage: _Stage, request: RadiographRequest) -> list[Matter]:
    """Return balloon and cannula of each path shown."""
    paths = _shown_paths(stage, request)
    if not paths:
        message = "a balloon needs the path of a planned needle; none is shown at this level"
        raise InputError(message)
    things: list[Matter] = []
    for path in paths:
        longest = path.balloon_mm or 0.0
        if request.balloon_mm > longest:
            message = (
                f"a balloon of {request.balloon_mm:g} mm has no room on the {path.side} path of "
                f"plan {request.plan}; the longest that the plan found room for is {longest:g} mm"
            )
            raise InputError(message)
        things.extend(sketch_balloon(stage.spine[stage.level], path, request.balloon_mm))
    return things


def _shown_paths(stage: _Stage, request: RadiographRequest) -> list[NeedlePath]:
    """Return the needles that are seen: down a needle that one alone."""
    if not request.needles:
        return []
    side = request.looked_along
    return [path for path in stage.paths if side in (None, path.side)]


def _note(stage: _Stage, request: RadiographRequest) -> str:
    """Say what the picture cannot say itself."""
    scan = stage.spine.scan
    said = [request.sketch_note, say_wide_voxels(scan.grid, stage.carm.receptor)]
    if stage.plan is not None and _shown_paths(stage, request):
        said.insert(0, f"Needles of plan {request.plan}, {stage.plan.procedure.value}.")
    if scan.info.source_format == "phantom":
        said.insert(0, "Phantom, not a patient.")
    return " ".join(part for part in said if part)


def _film(stage: _Stage, request: RadiographRequest) -> tuple[Cine, list[str]]:
    """Return the sequence, and what each frame shows in words."""
    rng = None if request.seed is None else np.random.default_rng(request.seed)
    if request.motion is Motion.ARM:
        return _swing(stage, request, rng)
    if not _shown_paths(stage, request):
        message = "no needle is shown at this level: only --cine arm can be taken"
        raise InputError(message)
    view = fix_view(stage.patient, stage.carm, stage.technique)
    steps: list[list[Matter]] = []
    titles: list[str] = []
    placed: list[Matter] = []
    for path in _shown_paths(stage, request):
        for depth in np.linspace(-_OUTSIDE_MM, path.length_mm, _FRAMES):
            steps.append([*placed, *needle_in_place(path, float(depth))])
            place = "in bone" if depth >= 0 else "before bone"
            titles.append(f"{stage.level} {path.side} needle, {abs(depth):.0f} mm {place}")
        placed = [*placed, *needle_in_place(path)]
    return record(view, steps, rng, persistence=0.3), titles


def _swing(
    stage: _Stage, request: RadiographRequest, rng: np.random.Generator | None
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


def _overlay(stage: _Stage, request: RadiographRequest, image: Radiograph) -> "Overlay | None":
    """Return what is drawn over an image; None where it is for further use."""
    from vertaug.report.figure_radiograph import RING_LEGEND, WALL_LEGEND, Overlay, view_title
    from vertaug.report.radiographs import VIEW_NAMES

    if not request.outlines:
        return None
    name = "Virtual fluoroscopy" if request.view is None else VIEW_NAMES[request.view]
    side, still = request.looked_along, request.motion is None
    lateral = request.view == "lateral"
    return Overlay(
        title=view_title(f"{name}, {stage.level}", image) if still else "",
        levels=tuple(stage.spine.vertebrae) if still else (stage.level,),
        rings=((stage.level, side),) if side is not None else (),
        walls=(stage.level,) if lateral else (),
        note=request.sketch_note,
        legend=WALL_LEGEND if lateral else RING_LEGEND if side is not None else "",
    )


def _write_still(
    image: Radiograph, stage: _Stage, request: RadiographRequest, target: Path
) -> None:
    if target.suffix.lower() == ".dcm":
        from vertaug.fluoroscopy.dicom_xa_writer import write_xa

        write_xa(image, target)
        return
    from vertaug.report.film_files import still_png

    overlay = _overlay(stage, request, image)
    _write_bytes(target, still_png(image, stage.spine, overlay))


def _write_cine(
    cine: Cine, titles: Sequence[str], stage: _Stage, request: RadiographRequest, target: Path
) -> None:
    from vertaug.report.film_files import cine_gif

    overlay = _overlay(stage, request, cine.frames[0])
    _write_bytes(target, cine_gif(cine, stage.spine, overlay, titles))


def _write_bytes(target: Path, data: bytes) -> None:
    def fill(part: Path) -> None:
        part.write_bytes(data)

    write_atomically(target, fill)
