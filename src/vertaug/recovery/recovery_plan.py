"""The recovery of one patient in one value: visits, activity, warning signs, bone, pain drugs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.recovery.activity_plan import ActivityPlan, plan_activity
from vertaug.recovery.analgesic import MmeResult, morphine_equivalents
from vertaug.recovery.bone_drug import DrugCourse
from vertaug.recovery.bone_health import BoneHealthPlan, plan_bone_health
from vertaug.recovery.clinic_site import ClinicSite
from vertaug.recovery.dose import AnalgesicDose
from vertaug.recovery.red_flag import FlagTierAdvice, advise_flags
from vertaug.recovery.responder import NonResponsePath, read_cut_points, read_non_response_path
from vertaug.recovery.schedule import FollowUp, VisitStanding, schedule_visits, visit_status
from vertaug.recovery.site_value import SiteValue
from vertaug.recovery.visit import read_visits


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCase:
    """Whose recovery is planned.

    Attributes
    ----------
    name : str
        Of the case.
    level : str or None
        Treated.
    procedure : str or None
        ``vertebroplasty`` or ``kyphoplasty``; None: not said.
    facts : PatientFacts
    fracture_on : date or None
    drugs : tuple of DrugCourse
        For bone.
    doses : tuple of AnalgesicDose or None
        For pain, a day; None: not asked.
    """

    name: str
    level: str | None
    facts: PatientFacts
    procedure: str | None = None
    fracture_on: date | None = None
    drugs: tuple[DrugCourse, ...] = ()
    doses: tuple[AnalgesicDose, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDiary:
    """What has been done, as of a moment.

    Attributes
    ----------
    now : datetime
        Aware.
    done : mapping of str to datetime
        Visits that were made.
    """

    now: datetime
    done: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPlan:
    """The recovery of one patient.

    Attributes
    ----------
    case : RecoveryCase
    site : ClinicSite
    zone : str
        Name of the clinic's zone, or its offset.
    follow_up : FollowUp
    standings : tuple of VisitStanding
        Empty where no moment was given.
    now : datetime or None
    activity : ActivityPlan
    flags : tuple of FlagTierAdvice
    bone : BoneHealthPlan
    analgesics : MmeResult or None
        None: not asked, which is not zero.
    cut_points : mapping of str to SiteValue
    non_response : NonResponsePath
    """

    case: RecoveryCase
    site: ClinicSite
    zone: str
    follow_up: FollowUp
    standings: tuple[VisitStanding, ...]
    now: datetime | None
    activity: ActivityPlan
    flags: tuple[FlagTierAdvice, ...]
    bone: BoneHealthPlan
    analgesics: MmeResult | None
    cut_points: Mapping[str, SiteValue]
    non_response: NonResponsePath


def plan_recovery(
    case: RecoveryCase,
    procedure_at: datetime,
    site: ClinicSite | None = None,
    diary: VisitDiary | None = None,
    *,
    ended_at: datetime | None = None,
) -> RecoveryPlan:
    """Return everything that is planned after a procedure.

    Parameters
    ----------
    case : RecoveryCase
    procedure_at : datetime
        Aware, in the clinic's zone.
    site : ClinicSite or None
        None: defaults of the clinical reference.
    diary : VisitDiary or None
        None: where the visits stand is not told.
    ended_at : datetime or None
        End of the procedure, aware: hours count from it. None: not known.

    Raises
    ------
    InputError
        If a time, date, number or drug cannot be, or dates are in the wrong order.
    """
    clinic = ClinicSite() if site is None else site
    follow_up = schedule_visits(
        procedure_at, clinic.days, read_visits(clinic.visits), ended_at=ended_at
    )
    day = procedure_at.date()
    bone = plan_bone_health(
        _with_level(case),
        day,
        fracture_on=case.fracture_on,
        drugs=case.drugs,
        today=_today(day, diary),
    )
    return RecoveryPlan(
        case=case,
        site=clinic,
        zone=_zone_name(procedure_at),
        follow_up=follow_up,
        standings=() if diary is None else visit_status(follow_up, diary.done, diary.now),
        now=None if diary is None else diary.now,
        activity=plan_activity(procedure_at, clinic.activity, ended_at=follow_up.ended_at),
        flags=advise_flags(clinic.phone, clinic.fever_c),
        bone=bone,
        analgesics=_count_doses(case.doses),
        cut_points=read_cut_points(clinic.response),
        non_response=read_non_response_path(),
    )


def _with_level(case: RecoveryCase) -> PatientFacts:
    """Return the facts with the level of the case where it was not given."""
    if case.level is None or case.facts.value("fx.level") is not None:
        return case.facts
    level = Fact(definition=define_fact("fx.level"), value=case.level, source="case")
    return case.facts.with_facts((level,))


def _today(procedure_on: date, diary: VisitDiary | None) -> date:
    return procedure_on if diary is None else max(diary.now.date(), procedure_on)


def _count_doses(doses: Sequence[AnalgesicDose] | None) -> MmeResult | None:
    return None if doses is None else morphine_equivalents(doses)


def _zone_name(moment: datetime) -> str:
    """Return the name of a zone; of a fixed offset, the offset."""
    return str(getattr(moment.tzinfo, "key", "")) or f"UTC{moment.isoformat()[-6:]}"
