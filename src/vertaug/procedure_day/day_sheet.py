"""The sheet of the day, composed from the case and the facts of the patient; as data.

It holds no names. What is not known is said to be unknown; nothing is ticked.
"""

from dataclasses import dataclass
from datetime import date

from vertaug.augmentation.cement.product import cement_product
from vertaug.case.case_file import CaseDocument
from vertaug.case.errors import LevelError
from vertaug.case.level import parse_level
from vertaug.case.plan import Procedure
from vertaug.indications.antithrombotic import HoldResult
from vertaug.indications.patient_facts import PatientFacts
from vertaug.procedure_day.access_rule import (
    AccessRule,
    UsualAccess,
    list_access_rules,
    session_most_ml,
    usual_access,
)
from vertaug.procedure_day.anaesthetic_sheet import AnaestheticOfDay, compose_anaesthetic
from vertaug.procedure_day.antibiotic import AntibioticChoice, list_antibiotics
from vertaug.procedure_day.cement_clock import (
    CementWindow,
    HandlingTime,
    cement_facts,
    clock_rules,
    handling_times,
    window_of,
)
from vertaug.procedure_day.checklist import DayFacts, KnownItem, fill_checklist
from vertaug.procedure_day.complication import Complication, leak_risks, list_complications
from vertaug.procedure_day.day_plan import DayPlan, plan_of_day
from vertaug.procedure_day.discharge import (
    Observation,
    list_criteria,
    plan_observations,
    recovery_orders,
    stay_words,
)
from vertaug.procedure_day.evidence import Line
from vertaug.procedure_day.guide import Topic, guide_lines
from vertaug.procedure_day.hold import HoldOfDay, hold_of_day
from vertaug.procedure_day.patient_risk import RiskOfDay, list_risks
from vertaug.procedure_day.sedation import (
    SedationStep,
    list_sedation,
    monitoring,
    sedation_rules,
)
from vertaug.procedure_day.state import State, states_of
from vertaug.procedure_day.stop_rule import (
    BalloonLimit,
    Stopped,
    StopRule,
    after_stop,
    balloon_limits,
    how_to,
    list_stop_rules,
)

SHEET_VERSION = 1
"""Version of the keys of the sheet as data."""
WATERMARK = "SIMULATION - NOT FOR PATIENT CARE"
_ROOMS_C = (18.0, 20.0, 22.0, 24.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChoice:
    """What the user chose for a sheet.

    Attributes
    ----------
    procedure : Procedure or None
        None takes that of the first plan.
    plan : int
        Number of the plan within its procedure.
    on : date or None
        Day of the procedure; None: ages of results are not judged.
    cement : str or None
        Built-in product of the clock; None takes that of the simulation, if there is one.
    holds : tuple of HoldResult
        Of the antithrombotics of the patient, for the day.
    """

    procedure: Procedure | None = None
    plan: int = 1
    on: date | None = None
    cement: str | None = None
    holds: tuple[HoldResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CementOfDay:
    """Clock and limits of the cement.

    Attributes
    ----------
    product : str
        Empty where none was chosen.
    windows : tuple of CementWindow
        By temperature of the room; empty where no product was chosen.
    handling : tuple of HandlingTime
        Of one PMMA of the literature.
    rules, facts : tuple of Line
    session_most_ml : tuple of float
    """

    product: str
    windows: tuple[CementWindow, ...]
    handling: tuple[HandlingTime, ...]
    rules: tuple[Line, ...]
    facts: tuple[Line, ...]
    session_most_ml: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SedationOfDay:
    """Sedation and its monitoring."""

    steps: tuple[SedationStep, ...]
    rules: tuple[Line, ...]
    monitoring: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopsOfDay:
    """Signs at which to stop; those of the balloon are empty for a vertebroplasty."""

    how: tuple[Line, ...]
    balloon: tuple[StopRule, ...]
    balloon_limits: tuple[BalloonLimit, ...]
    cement: tuple[StopRule, ...]
    after: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryOfDay:
    """Observation and discharge."""

    orders: tuple[Line, ...]
    observations: tuple[Observation, ...]
    criteria: tuple[Line, ...]
    stay: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySheet:
    """Everything that the sheet says.

    Attributes
    ----------
    case_name : str
    on : date or None
    plan : DayPlan
    risk : RiskOfDay
    checklist : tuple of KnownItem
    holds : tuple of HoldOfDay
    anaesthetic : AnaestheticOfDay
    sedation : SedationOfDay
    antibiotics : tuple of AntibioticChoice
    access : tuple of AccessRule
    usual : UsualAccess
    cement : CementOfDay
    stops : StopsOfDay
    recovery : RecoveryOfDay
    complications : tuple of Complication
    leak_risks : tuple of Line
    guide : tuple of (Topic, tuple of Line)
    states : tuple of State
    """

    case_name: str
    on: date | None
    plan: DayPlan
    risk: RiskOfDay
    checklist: tuple[KnownItem, ...]
    holds: tuple[HoldOfDay, ...]
    anaesthetic: AnaestheticOfDay
    sedation: SedationOfDay
    antibiotics: tuple[AntibioticChoice, ...]
    access: tuple[AccessRule, ...]
    usual: UsualAccess
    cement: CementOfDay
    stops: StopsOfDay
    recovery: RecoveryOfDay
    complications: tuple[Complication, ...]
    leak_risks: tuple[Line, ...]
    guide: tuple[tuple[Topic, tuple[Line, ...]], ...]
    states: tuple[State, ...]


def compose_day_sheet(
    document: CaseDocument, facts: PatientFacts, choice: DayChoice, case_name: str = ""
) -> DaySheet:
    """Return the sheet of a case.

    Parameters
    ----------
    document : CaseDocument
    facts : PatientFacts
        May be empty: then everything of the patient is unknown.
    choice : DayChoice
    case_name : str
        Short, without the name of a person.

    Raises
    ------
    LevelError
        If the facts name another level than the case.
    InputError
        If the case has no level or no such plan, a value is implausible, or a result is dated
        after the day.
    """
    plan = plan_of_day(document, choice.procedure, choice.plan)
    _check_level(plan, facts)
    procedure = plan.procedure
    cement = _cement(plan, choice.cement)
    risk = list_risks(facts)
    day = DayFacts(facts=facts, on=choice.on, case=_case_words(plan, cement), holds=choice.holds)
    return DaySheet(
        case_name=case_name,
        on=choice.on,
        plan=plan,
        risk=risk,
        checklist=fill_checklist(procedure, day),
        holds=tuple(map(hold_of_day, choice.holds)),
        anaesthetic=compose_anaesthetic(facts),
        sedation=SedationOfDay(
            steps=list_sedation(facts.number("patient.age_y")),
            rules=sedation_rules(),
            monitoring=monitoring(),
        ),
        antibiotics=list_antibiotics(facts),
        access=list_access_rules(procedure, plan.record),
        usual=usual_access(plan.level),
        cement=cement,
        stops=_stops(plan),
        recovery=RecoveryOfDay(
            orders=recovery_orders(),
            observations=plan_observations(),
            criteria=list_criteria(),
            stay=stay_words(),
        ),
        complications=list_complications(procedure, risk.etiology),
        leak_risks=leak_risks(),
        guide=tuple((topic, guide_lines(topic)) for topic in Topic),
        states=states_of(procedure),
    )


def _check_level(plan: DayPlan, facts: PatientFacts) -> None:
    """Refuse a patient whose fracture is said to be elsewhere (hazard 1)."""
    said = facts.value("fx.level")
    if said is not None and parse_level(str(said)) != plan.level:
        message = (
            f"WRONG LEVEL? the facts say {said}, the case is planned for {plan.level}; count the "
            "level again and correct one of them"
        )
        raise LevelError(message)


def _case_words(plan: DayPlan, cement: CementOfDay) -> tuple[tuple[str, str], ...]:
    """Return what of the case stands beside the items of the checklist."""
    gauges = " and ".join(f"{gauge}G" for gauge in sorted({n.gauge for n in plan.needles}))
    sizes = [f"needle {gauges}"] if gauges else []
    balloon = _balloon_words(plan)
    sizes += [balloon] if balloon else []
    if plan.cement_ml:
        sizes.append(f"cement planned {plan.cement_ml[1]:.1f} ml IN ALL, {plan.sides_together}")
    words = {
        "level": f"the case is planned for {plan.level}",
        "sides": plan.sides,
        "sizes": ", ".join(sizes),
        "cement": cement.product,
        "balloon": balloon,
    }
    return tuple((key, value) for key, value in words.items() if value)


def _balloon_words(plan: DayPlan) -> str:
    said = [f"{n.side} {n.balloon_mm:g} mm" for n in plan.needles if n.balloon_mm]
    return f"balloon {', '.join(said)}" if said else ""


def _cement(plan: DayPlan, name: str | None) -> CementOfDay:
    simulated = plan.simulated
    if name is None and simulated is not None and not simulated.own_product:
        name = simulated.product
    windows: tuple[CementWindow, ...] = ()
    title = "" if simulated is None else simulated.product_title
    if name is not None:
        product = cement_product(name)
        title = product.title
        windows = tuple(window_of(product, room) for room in _ROOMS_C)
    return CementOfDay(
        product=title,
        windows=windows,
        handling=handling_times(),
        rules=clock_rules(),
        facts=cement_facts(),
        session_most_ml=session_most_ml(),
    )


def _stops(plan: DayPlan) -> StopsOfDay:
    balloon = plan.procedure is Procedure.KYPHOPLASTY
    lengths = sorted({n.balloon_mm for n in plan.needles if n.balloon_mm})
    limits = [limit for length in lengths for limit in balloon_limits(length)]
    limits = limits or list(balloon_limits(None))
    return StopsOfDay(
        how=how_to(plan.procedure),
        balloon=list_stop_rules(Stopped.BALLOON) if balloon else (),
        balloon_limits=tuple(limits) if balloon else (),
        cement=list_stop_rules(Stopped.CEMENT),
        after=after_stop(),
    )
