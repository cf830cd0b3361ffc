"""What a radiograph of a case is taken of: patient, plan, and the C-arm in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vertaug.case.case_file import read_case
from vertaug.case.errors import FormatError, InputError, LevelError
from vertaug.case.plan import AccessPlan, NeedlePath, PlanningResult, Procedure, WorkingView
from vertaug.case.spine import Spine
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.patient import XrayPatient, prepare_patient
from vertaug.fluoroscopy.presets import carm_preset
from vertaug.fluoroscopy.spectrum import Beam
from vertaug.fluoroscopy.surroundings import Trunk
from vertaug.fluoroscopy.technique import Technique
from vertaug.fluoroscopy.working_view import WORKING_ZOOM, aim_at_view, centre_on_needle
from vertaug.planning.views import view_of_needle
from vertaug.workflow.radiograph_request import RadiographRequest
from vertaug.workflow.step_store import StepStore
from vertaug.workflow.workspace import PRIVATE

_CINE_COLUMNS = 512


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """What is needed to take images of a case.

    Attributes
    ----------
    spine : Spine
    patient : XrayPatient
    plan : AccessPlan or None
        Whose needles are shown; None where nothing was planned for the level.
    plan_number : int or None
        Its number among the plans of its procedure, from 1.
    carm : CArm
    technique : Technique
    level : str
        Level in the middle.
    """

    spine: Spine
    patient: XrayPatient
    plan: AccessPlan | None
    plan_number: int | None
    carm: CArm
    technique: Technique
    level: str

    @property
    def paths(self) -> tuple[NeedlePath, ...]:
        """Needles of the plan."""
        return () if self.plan is None else self.plan.paths


def set_up(case: Path, request: RadiographRequest) -> Stage:
    """Read a case, choose the plan and place the C-arm.

    Raises
    ------
    FormatError
        If the folder is no case or has lost its anatomy.
    LevelError
        If the level is not in the scan, or none is treated and none is named.
    InputError
        If plan, view, balloon or cement do not fit the case.
    """
    spine, planning, treated = _read(case)
    level = request.level or treated
    if level is None:
        message = "no level is treated in this case; name one with --level"
        raise LevelError(message)
    spine[level]  # raises where the level is not in the scan
    if planning is None or planning.level != level or not planning.plans:
        _refuse_without_plan(request, level, planning)
    if planning is not None and planning.level != level:
        planning = None
    number = request.plan or 1
    plan = None if planning is None else _choose_plan(planning, number, request)
    beam = (
        None if request.tube_voltage_kv is None else Beam(tube_voltage_kv=request.tube_voltage_kv)
    )
    return Stage(
        spine=spine,
        patient=prepare_patient(spine.scan, spine.patient, Trunk() if request.completed else None),
        plan=plan,
        plan_number=None if plan is None else number,
        carm=_aim(spine, level, () if planning is None else planning.views, plan, request),
        technique=Technique(beam=beam),
        level=level,
    )


def _read(case: Path) -> tuple[Spine, PlanningResult | None, str | None]:
    """Return anatomy, plans and the treated level of a case."""
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
    return spine, planning, document.fracture.level


def _refuse_without_plan(
    request: RadiographRequest, level: str, planning: PlanningResult | None
) -> None:
    """Raise where something is asked for that only a plan of the level has."""
    asked = {
        "--plan": request.plan is not None,
        "--procedure": request.procedure is not None,
        "--cement-ml": request.cement_ml > 0,
        "--balloon-mm": request.balloon_mm > 0,
    }
    given = [option for option, is_given in asked.items() if is_given]
    if not given:
        return
    other = f" (the plans are for {planning.level})" if planning and planning.level != level else ""
    needs = "need" if len(given) > 1 else "needs"
    message = (
        f"nothing was planned for {level}{other}: {' and '.join(given)} {needs} a plan of that "
        f"level. Leave it out, or plan {level} with: vertaug measure CASE --level {level}"
    )
    raise InputError(message)


def _choose_plan(
    planning: PlanningResult, number: int, request: RadiographRequest
) -> AccessPlan | None:
    """Return the plan that is shown; a balloon is shown on the paths that were planned for one."""
    if not planning.plans:
        return None
    procedure = request.procedure or planning.plans[0].procedure
    if request.balloon_mm > 0:
        procedure = Procedure.KYPHOPLASTY
    plans = [plan for plan in planning.plans if plan.procedure == procedure]
    if not plans:
        found = planning.plans[0].procedure.value
        who = "a balloon" if request.balloon_mm > 0 else "--procedure kyphoplasty"
        if procedure is Procedure.VERTEBROPLASTY:
            who = "--procedure vertebroplasty"
        message = f"{who} needs a plan of {procedure.value}; this case has one of {found} only"
        raise InputError(message)
    if number > len(plans):
        message = f"there are plans 1 to {len(plans)} of {procedure.value}; got {number}"
        raise InputError(message)
    return plans[number - 1]


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
        number = request.plan or 1
        message = f"plan {number} of {plan.procedure.value} has no needle on the {side}"
        raise InputError(message)
    return aim_at_view(centre_on_needle(arm, path), view_of_needle(f"barrel_{side}", path))
