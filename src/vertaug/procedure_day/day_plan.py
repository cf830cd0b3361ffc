"""What a case says for the day: level, procedure, needles, views, cement, and its simulation."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from vertaug.case.augmentation_record import ProcedureRecord
from vertaug.case.case_file import (
    CaseDocument,
    PathRecord,
    PlanningRecord,
    PlanRecord,
    VertebraRecord,
)
from vertaug.case.errors import InputError
from vertaug.case.plan import Procedure
from vertaug.case.positioner import describe_angles, positioner_angles


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleOfDay:
    """One needle of the plan.

    Attributes
    ----------
    side : str
    gauge : int
    skin_left_mm, skin_head_mm : float or None
        Of the skin entry from the centre of the body, along the table's axes; None where the
        skin lies outside the scan.
    skin_depth_mm : float or None
        Skin to bone.
    length_mm : float
        Bone to tip.
    axial_angle_deg, sagittal_angle_deg : float
        Towards the midline, and caudal, in the vertebra's frame.
    tilt_deg : float
        Caudal, along the patient's axes.
    canal_mm : float
        Clearance to the canal.
    breach_probability, balloon_mm : float or None
    safe : bool
        Whether the plan keeps every required margin.
    violations, notes : tuple of str
    """

    side: str
    gauge: int
    skin_left_mm: float | None
    skin_head_mm: float | None
    skin_depth_mm: float | None
    length_mm: float
    axial_angle_deg: float
    sagittal_angle_deg: float
    tilt_deg: float
    canal_mm: float
    breach_probability: float | None
    balloon_mm: float | None
    safe: bool
    violations: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def reach_mm(self) -> float | None:
        """Skin to tip, as scanned."""
        return None if self.skin_depth_mm is None else self.skin_depth_mm + self.length_mm


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewOfDay:
    """A working view.

    Attributes
    ----------
    name : str
    primary_angle_deg, secondary_angle_deg : float
        As DICOM has them.
    angles : str
        In words.
    """

    name: str
    primary_angle_deg: float
    secondary_angle_deg: float
    angles: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedOfDay:
    """What the simulation of this procedure found; a prediction.

    Attributes
    ----------
    injected_ml : float
    first_stop_ml : float or None
        Injected when the first stop rule was met; None where none was.
    stop_reason : str
    balloon_ml : float or None
    product, product_title : str
    own_product : bool
        Whether it came from a file of one's own.
    """

    injected_ml: float
    first_stop_ml: float | None
    stop_reason: str
    balloon_ml: float | None
    product: str
    product_title: str
    own_product: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """What the case says.

    Attributes
    ----------
    level, level_source : str
    procedure : Procedure
    procedure_source : str
        Whether it was chosen or taken from the first plan.
    number : int or None
        Of the plan within its procedure; None where there is none.
    record : PlanRecord or None
    needles : tuple of NeedleOfDay
        The patient's right one first, as in the report.
    views : tuple of ViewOfDay
    cement_ml : tuple of float or None
        Low, target, high.
    cement_basis : str
    simulated : SimulatedOfDay or None
    pedicle_width_mm : tuple of (str, float)
        By side, measured on the CT.
    notes : tuple of str
    """

    level: str
    level_source: str
    procedure: Procedure
    procedure_source: str
    number: int | None
    record: PlanRecord | None
    needles: tuple[NeedleOfDay, ...]
    views: tuple[ViewOfDay, ...]
    cement_ml: tuple[float, float, float] | None
    cement_basis: str
    simulated: SimulatedOfDay | None
    pedicle_width_mm: tuple[tuple[str, float], ...]
    notes: tuple[str, ...]

    @property
    def sides(self) -> str:
        """``left``, ``right``, ``right and left``; empty without a plan."""
        return " and ".join(needle.side for needle in self.needles)

    @property
    def sides_together(self) -> str:
        """Over which sides a volume for the whole body goes, in words."""
        if len(self.needles) == 1:
            return f"{self.sides} side only"
        return "both sides together" if self.needles else "whatever the sides"

    @property
    def safe(self) -> bool | None:
        """Whether the plan keeps its margins; None without one."""
        return None if self.record is None else self.record.safe


def plan_of_day(
    document: CaseDocument, procedure: Procedure | None = None, number: int = 1
) -> DayPlan:
    """Return what a case says for the day.

    Parameters
    ----------
    document : CaseDocument
    procedure : Procedure or None
        None takes that of the first plan.
    number : int
        Of the plan within its procedure.

    Raises
    ------
    InputError
        If the case has no level to treat, or no such plan.
    """
    planning, level = document.planning, document.fracture.level
    if planning is not None:
        level = planning.level
    if level is None:
        message = (
            "the case has no level to treat, and there is no usual one to fall back on: name it "
            "with vertaug measure CASE --level"
        )
        raise InputError(message)
    chosen, said = _procedure(planning, procedure)
    plan = _plan(planning, chosen, number)
    vertebra = document.anatomy.levels.get(level)
    return DayPlan(
        level=level,
        level_source=document.fracture.level_source,
        procedure=chosen,
        procedure_source=said,
        number=None if plan is None else number,
        record=plan,
        needles=() if plan is None else _needles(document, level, plan),
        views=() if planning is None else _views(planning, plan),
        cement_ml=None if planning is None else _cement(planning),
        cement_basis="" if planning is None else planning.cement.basis,
        simulated=_simulated(document, level, chosen),
        pedicle_width_mm=() if vertebra is None else _pedicles(vertebra),
        notes=() if vertebra is None else vertebra.notes,
    )


def _pedicles(vertebra: VertebraRecord) -> tuple[tuple[str, float], ...]:
    pedicles = sorted(vertebra.pedicles.items(), reverse=True)
    return tuple((side, pedicle.width_mm) for side, pedicle in pedicles)


def _procedure(
    planning: PlanningRecord | None, procedure: Procedure | None
) -> tuple[Procedure, str]:
    if procedure is not None:
        return procedure, "chosen"
    if planning is None or not planning.plans:
        message = "the case has no plan: say --procedure vertebroplasty or kyphoplasty"
        raise InputError(message)
    return planning.plans[0].procedure, "that of the highest-scoring plan, not chosen by hand"


def _plan(planning: PlanningRecord | None, procedure: Procedure, number: int) -> PlanRecord | None:
    plans = [] if planning is None else [p for p in planning.plans if p.procedure is procedure]
    if number < 1 or (plans and number > len(plans)):
        message = f"the case has {len(plans)} plans of a {procedure}; there is no number {number}"
        raise InputError(message)
    return plans[number - 1] if plans else None


def _cement(planning: PlanningRecord) -> tuple[float, float, float]:
    cement = planning.cement
    return cement.low_ml, cement.target_ml, cement.high_ml


def _needles(document: CaseDocument, level: str, plan: PlanRecord) -> tuple[NeedleOfDay, ...]:
    origin = document.anatomy.levels[level].origin_lps_mm
    return tuple(_needle(path, origin) for path in right_first(plan.paths))


def right_first(paths: Iterable[PathRecord]) -> list[PathRecord]:
    """Return paths in the order of the report: the patient's right one first."""
    return sorted(paths, key=lambda path: path.side, reverse=True)


def _needle(path: PathRecord, origin_lps_mm: tuple[float, float, float]) -> NeedleOfDay:
    skin = path.skin_entry_lps_mm
    along = np.subtract(path.target_lps_mm, path.entry_lps_mm)
    tilt = float(np.degrees(np.arctan2(-along[2], np.hypot(along[0], along[1]))))
    return NeedleOfDay(
        side=path.side,
        gauge=path.gauge,
        skin_left_mm=None if skin is None else skin[0] - origin_lps_mm[0],
        skin_head_mm=None if skin is None else skin[2] - origin_lps_mm[2],
        skin_depth_mm=path.skin_depth_mm,
        length_mm=path.length_mm,
        axial_angle_deg=path.axial_angle_deg,
        sagittal_angle_deg=path.sagittal_angle_deg,
        tilt_deg=tilt,
        canal_mm=path.canal_clearance_mm,
        breach_probability=path.breach_probability,
        balloon_mm=path.balloon_mm,
        safe=path.safe,
        violations=path.violations,
        notes=path.notes,
    )


def _views(planning: PlanningRecord, plan: PlanRecord | None) -> tuple[ViewOfDay, ...]:
    """Return true AP and lateral, and the views down the needles of this plan."""
    found = [
        _view(name, (view.primary_angle_deg, view.secondary_angle_deg))
        for name, view in planning.views.items()
        if not name.startswith("barrel")
    ]
    for path in () if plan is None else right_first(plan.paths):
        line = np.subtract(path.target_lps_mm, path.entry_lps_mm)
        # the receptor in front of the patient, as in the views of the plan
        found.append(
            _view(f"barrel_{path.side}", positioner_angles(line if line[1] <= 0 else -line))
        )
    return tuple(found)


def _view(name: str, angles_deg: tuple[float, float]) -> ViewOfDay:
    return ViewOfDay(
        name=name,
        primary_angle_deg=angles_deg[0],
        secondary_angle_deg=angles_deg[1],
        angles=describe_angles(*angles_deg),
    )


def _simulated(document: CaseDocument, level: str, procedure: Procedure) -> SimulatedOfDay | None:
    found = document.augmentation
    if found is None:
        return None
    record: ProcedureRecord | None = getattr(found, procedure.value)
    if record is None or record.level != level:
        return None
    parameters = document.provenance.parameters
    vertebroplasty = procedure is Procedure.VERTEBROPLASTY
    given = parameters.simulation if vertebroplasty else parameters.kyphoplasty
    return SimulatedOfDay(
        injected_ml=record.injected_ml,
        first_stop_ml=record.safe_volume_ml,
        stop_reason=record.stop_reason,
        balloon_ml=record.balloon_ml,
        product=record.product.name,
        product_title=record.product.title,
        own_product=given is None or given.products is not None,
    )
