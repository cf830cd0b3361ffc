"""One radiograph, or a sequence, of a case that has been made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vertaug.case.case_file import read_case
from vertaug.case.errors import FormatError, InputError, LevelError
from vertaug.case.plan import AccessPlan, NeedlePath, PlanningResult
from vertaug.case.spine import Spine
from vertaug.case.storage import write_atomically
from vertaug.fluoroscopy.carm import CArm, Posture
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
from vertaug.workflow.step_store import StepStore
from vertaug.workflow.workspace import PRIVATE

if TYPE_CHECKING:
    from vertaug.report.figure_radiograph import Overlay

SUFFIXES = (".png", ".dcm", ".gif")
_OUTSIDE_MM, _FRAMES, _SWEEP_DEG = 30.0, 24, 40.0
_CINE_COLUMNS = 512


class Motion(StrEnum):
    """What moves in a sequence."""

    NEEDLE = "needle"
    """The needles are pushed in, one after the other."""
    ARM = "arm"
    """The C-arm swings about the patient's long axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiographRequest:
    """What to show and how.

    Attributes
    ----------
    view : str or None
        A working view of the plan: ``ap``, ``lateral``, ``barrel_left``, ``barrel_right``.
    primary_angle_deg, secondary_angle_deg : float or None
        C-arm angles in DICOM signs, where no view is named.
    level : str or None
        Level in the middle; None takes the one that is treated.
    preset : str
        C-arm.
    posture : Posture
    tube_voltage_kv : float or None
        None: automatic exposure.
    zoom : float or None
        Magnification mode, at least 1; None takes that of the report for working views, else 1.
    columns : int or None
        Pixels across; None takes the detector's own, in a sequence 512.
    plan : int
        Which plan's needles, from 1, among those of the first procedure.
    needles : bool
        Show them.
    cement_ml, balloon_mm : float
        Cement of that volume, shared by the tips, or a balloon of that length at each: sketched,
        not simulated. 0: none.
    completed : bool
        Complete the trunk around a CT that is narrower, and cover what it does not show.
    outlines : bool
        Draw letters, levels and scale; a picture for further use has none.
    seed : int or None
        Of the noise; None: no noise.
    motion : Motion or None
        What moves; None makes a still.
    """

    view: str | None = None
    primary_angle_deg: float | None = None
    secondary_angle_deg: float | None = None
    level: str | None = None
    preset: str = "mobile"
    posture: Posture = Posture.PRONE
    tube_voltage_kv: float | None = None
    zoom: float | None = None
    columns: int | None = None
    plan: int = 1
    needles: bool = True
    cement_ml: float = 0.0
    balloon_mm: float = 0.0
    completed: bool = True
    outlines: bool = True
    seed: int | None = 1
    motion: Motion | None = None

    def __post_init__(self) -> None:
        given = (self.primary_angle_deg, self.secondary_angle_deg)
        if (self.view is None) == (given == (None, None)):
            message = (
                "name a working view (ap, lateral, barrel_left, barrel_right) or give the "
                "primary and secondary angle of the C-arm, not both"
            )
            raise InputError(message)
        if not 0.0 <= self.cement_ml <= 20.0 or not 0.0 <= self.balloon_mm <= 30.0:
            message = (
                "cement is 0 to 20 ml and a balloon 0 to 30 mm long; got "
                f"{self.cement_ml:g} ml and {self.balloon_mm:g} mm"
            )
            raise InputError(message)
        if self.cement_ml > 0 and self.balloon_mm > 0:
            message = "the balloon is taken out before cement is filled in: give one of the two"
            raise InputError(message)
        if self.columns is not None and not 32 <= self.columns <= 2048:
            message = f"an image is 32 to 2048 pixels wide; got {self.columns}"
            raise InputError(message)


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
    paths: tuple[NeedlePath, ...]
    carm: CArm
    technique: Technique
    level: str


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
        words = f"First frame: {cine.frames[0].sentence} {cine.exposure.describe()}."
        return RadiographFile(path=target, sentence=words, exposure=cine.exposure)
    rng = None if request.seed is None else np.random.default_rng(request.seed)
    image = render(stage.patient, stage.carm, _matter(stage, request), stage.technique, rng)
    words = f"{_sketch_note(request)} {say_wide_voxels(stage.spine.scan.grid)}".strip()
    image = replace(image, note=words)
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
    paths = _paths(planning, request) if planning is not None else ()
    beam = (
        None if request.tube_voltage_kv is None else Beam(tube_voltage_kv=request.tube_voltage_kv)
    )
    return _Stage(
        spine=spine,
        patient=prepare_patient(spine.scan, spine.patient, Trunk() if request.completed else None),
        paths=paths,
        carm=_aim(spine, level, planning, paths, request),
        technique=Technique(beam=beam),
        level=level,
    )


def _paths(planning: PlanningResult, request: RadiographRequest) -> tuple[NeedlePath, ...]:
    if not request.needles or not planning.plans:
        return ()
    procedure = planning.plans[0].procedure
    plans: list[AccessPlan] = [p for p in planning.plans if p.procedure == procedure]
    if not 1 <= request.plan <= len(plans):
        message = f"there are plans 1 to {len(plans)} of {procedure.value}; got {request.plan}"
        raise InputError(message)
    return plans[request.plan - 1].paths


def _aim(
    spine: Spine,
    level: str,
    planning: PlanningResult | None,
    paths: Sequence[NeedlePath],
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
    views = {view.name: view for view in planning.views} if planning is not None else {}
    if request.view not in views:
        known = ", ".join(views) or "none, because nothing was planned for this level"
        message = f"the plan has no working view {request.view!r}; it has: {known}"
        raise InputError(message)
    side = request.view.removeprefix("barrel_")
    along = next((path for path in paths if path.side == side), None)
    arm = arm if along is None else centre_on_needle(arm, along)
    return aim_at_view(arm, views[request.view])


def _matter(stage: _Stage, request: RadiographRequest) -> list[Matter]:
    """Return needles at their targets, and what is sketched at their tips."""
    vertebra = stage.spine[stage.level]
    if request.balloon_mm > 0:
        if not stage.paths:
            message = "a balloon needs the path of a planned needle; none is shown at this level"
            raise InputError(message)
        return [
            part
            for path in stage.paths
            for part in sketch_balloon(vertebra, path, request.balloon_mm)
        ]
    things: list[Matter] = [needle_in_place(path) for path in _shown_paths(stage, request)]
    if request.cement_ml > 0:
        tips = [path.target_lps_mm for path in stage.paths] or [vertebra.frame.origin_lps_mm]
        things.append(sketch_cement(vertebra, tips, request.cement_ml))
    return things


def _shown_paths(stage: _Stage, request: RadiographRequest) -> list[NeedlePath]:
    """Return the needles that are seen: down a needle that one alone."""
    side = (request.view or "").removeprefix("barrel_")
    return [path for path in stage.paths if path.side == side] or list(stage.paths)


def _sketch_note(request: RadiographRequest) -> str:
    """Say that cement or balloon are not computed."""
    if request.cement_ml > 0:
        return f"Cement sketched, {request.cement_ml:g} ml in all: not simulated."
    if request.balloon_mm > 0:
        return f"Balloons of {request.balloon_mm:g} mm sketched: not simulated."
    return ""


def _film(stage: _Stage, request: RadiographRequest) -> tuple[Cine, list[str]]:
    """Return the sequence, and what each frame shows in words."""
    rng = None if request.seed is None else np.random.default_rng(request.seed)
    if request.motion is Motion.ARM:
        return _swing(stage, request, rng)
    if not stage.paths:
        message = "no needle is planned for this level: only --cine arm can be shown"
        raise InputError(message)
    view = fix_view(stage.patient, stage.carm, stage.technique)
    steps: list[list[Matter]] = []
    titles: list[str] = []
    placed: list[Matter] = []
    for path in _shown_paths(stage, request):
        for depth in np.linspace(-_OUTSIDE_MM, path.length_mm, _FRAMES):
            steps.append([*placed, needle_in_place(path, float(depth))])
            place = "in bone" if depth >= 0 else "before bone"
            titles.append(f"{stage.level} {path.side} needle, {abs(depth):.0f} mm {place}")
        placed = [*placed, needle_in_place(path)]
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
    from vertaug.report.figure_radiograph import Overlay, view_title
    from vertaug.report.radiographs import VIEW_NAMES

    if not request.outlines:
        return None
    name = "Virtual fluoroscopy" if request.view is None else VIEW_NAMES[request.view]
    side = (request.view or "").removeprefix("barrel_")
    return Overlay(
        title=view_title(f"{name}, {stage.level}", image) if request.motion is None else "",
        levels=tuple(stage.spine.vertebrae) if request.motion is None else (stage.level,),
        rings=((stage.level, side),) if side in ("left", "right") else (),
        note=_sketch_note(request),
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
