"""What the follow-up sheet says: one page for the patient, one for the clinic.

Only words and dates; it is laid out elsewhere. Without the number to call it must not be handed
out.
"""

from dataclasses import dataclass

from vertaug.case.source_status import UNVERIFIED
from vertaug.recovery.activity_plan import ActivityPhase, ActivityPlan
from vertaug.recovery.analgesic import mme_words
from vertaug.recovery.bone_health import BoneHealthPlan
from vertaug.recovery.date_words import day_words, due_words, window_words
from vertaug.recovery.recovery_plan import RecoveryPlan
from vertaug.recovery.red_flag import ClinicPhone, FlagTierAdvice, read_banner
from vertaug.recovery.schedule import FollowUp, PlannedVisit


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetVisit:
    """A visit as it is printed."""

    label: str
    due: str
    how: str
    window: str
    capture: str
    imaging: str
    state: str
    closed: bool
    for_patient: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPhase:
    """Some days of activity as they are printed."""

    label: str
    span: str
    do: tuple[str, ...]
    leave: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetTier:
    """Warning signs of one urgency as they are printed."""

    key: str
    label: str
    advice: str
    coordinator: str
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """A line for the clinic: a date or name, words, and where they come from."""

    lead: str
    words: str
    source: str
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpSheet:
    """The sheet.

    Attributes
    ----------
    title, case_name, treated, clinic : str
        ``treated``: bone, procedure and day.
    phone, emergency : str
        Empty where not given.
    banner : str
        That nobody watches.
    visits : tuple of SheetVisit
    has_states : bool
        Whether it is told where the visits stand.
    phases : tuple of SheetPhase
    advice : tuple of str
    tiers : tuple of SheetTier
    bone_words : tuple of str
        For the patient.
    bone_reason, counted_from : str
    tasks, warnings, analgesics, response : tuple of SheetLine
        For the clinic.
    spreads : str
        Numbers on which published sheets disagree.
    unverified : str
        What must be checked against its source; empty where nothing is.
    """

    title: str
    case_name: str
    treated: str
    clinic: str
    phone: str
    emergency: str
    banner: str
    visits: tuple[SheetVisit, ...]
    has_states: bool
    phases: tuple[SheetPhase, ...]
    advice: tuple[str, ...]
    tiers: tuple[SheetTier, ...]
    bone_words: tuple[str, ...]
    bone_reason: str
    counted_from: str
    tasks: tuple[SheetLine, ...]
    warnings: tuple[SheetLine, ...]
    analgesics: tuple[SheetLine, ...]
    response: tuple[SheetLine, ...]
    spreads: str
    unverified: str


def make_sheet(plan: RecoveryPlan) -> FollowUpSheet:
    """Return the sheet of a plan."""
    states = {one.visit.key: one.state.value for one in plan.standings}
    phone = plan.site.phone
    return FollowUpSheet(
        title="After your back treatment",
        case_name=plan.case.name,
        treated=_treated(plan),
        clinic=plan.site.name,
        phone=phone.clinic or "",
        emergency=phone.emergency or "",
        banner=read_banner(),
        visits=tuple(
            _visit(v, plan.follow_up, states.get(v.key, "")) for v in plan.follow_up.visits
        ),
        has_states=bool(states),
        phases=tuple(_phase(phase, plan.follow_up) for phase in plan.activity.phases),
        advice=_advice(plan),
        tiers=tuple(_tier(tier, phone) for tier in plan.flags),
        bone_words=tuple(task.patient_words for task in plan.bone.tasks if task.patient_words),
        bone_reason=plan.bone.reason,
        counted_from=plan.bone.counted_from,
        tasks=_tasks(plan.bone),
        warnings=tuple(
            SheetLine(lead="", words=one.words, source=one.note.words, strong=one.urgent)
            for one in plan.bone.warnings
        ),
        analgesics=_analgesics(plan),
        response=_response(plan),
        spreads=_spreads(plan.activity),
        unverified=_unverified(plan),
    )


def require_phone(sheet: FollowUpSheet) -> str:
    """Return the number to call.

    Raises
    ------
    InputError
        If there is none: the sheet must not be printed.
    """
    return ClinicPhone(clinic=sheet.phone or None).require()


def _treated(plan: RecoveryPlan) -> str:
    what = plan.case.procedure or "bone cement treatment"
    where = f" of {plan.case.level}" if plan.case.level else ""
    at = plan.follow_up.procedure_at
    end = plan.follow_up.ended_at
    clock = f"{at:%H:%M}" if end is None else f"{at:%H:%M} to {end:%H:%M}"
    return f"{what[:1].upper()}{what[1:]}{where} on {day_words(at)} at {clock} ({plan.zone})"


def _visit(visit: PlannedVisit, follow_up: FollowUp, state: str) -> SheetVisit:
    definition = visit.definition
    return SheetVisit(
        label=definition.label,
        due=due_words(visit, follow_up.ended_at),
        how=definition.how,
        window=window_words(visit),
        capture="; ".join(definition.capture),
        imaging=definition.imaging,
        state=state,
        closed=visit.closed,
        for_patient=definition.in_calendar,
    )


def _phase(phase: ActivityPhase, follow_up: FollowUp) -> SheetPhase:
    return SheetPhase(
        label=phase.label,
        span=_span(phase, follow_up),
        do=phase.do,
        leave=phase.leave,
    )


def _span(phase: ActivityPhase, follow_up: FollowUp) -> str:
    """Return from when to when, in few words; no clock where the end is not known."""
    start, end = phase.start, phase.end
    first = day_words(start, short=True)
    if end is None:
        return f"from {first}"
    last = day_words(end, short=True)
    if start.date() == end.date():
        if follow_up.ended_at is None:
            return first
        return f"{first}, {start:%H:%M} to {end:%H:%M}"
    return f"{first} to {last}"


_THINNER = (
    "start again on ______________. Ask before you go home. Do not start or stop it on your own."
)


def _advice(plan: RecoveryPlan) -> tuple[str, ...]:
    thinner = plan.case.facts.value("med.antithrombotic_active")
    whose = "Your blood thinner" if thinner else "If you take a blood thinner"
    return (
        *(one.words for one in plan.activity.advice),
        (
            f"You may drive again from {day_words(plan.activity.drive_from)} on, if you feel safe, "
            "but not while you take strong pain tablets: they make you sleepy and slow."
        ),
        # unknown is not no
        *(() if thinner is False else (f"{whose}: {_THINNER}",)),
    )


def _tier(tier: FlagTierAdvice, phone: ClinicPhone) -> SheetTier:
    advice = tier.advice
    for number in (phone.clinic, phone.emergency):
        if number is not None:
            # a number stays on one line
            advice = advice.replace(number, number.replace(" ", "\u00a0"))
    return SheetTier(
        key=tier.tier.value,
        label=tier.label,
        advice=advice,
        coordinator=tier.coordinator,
        signs=tuple(sign.words for sign in tier.signs),
    )


def _tasks(plan: BoneHealthPlan) -> tuple[SheetLine, ...]:
    lines = []
    for task in plan.tasks:
        undecided = f" (undecided: {task.undecided})" if task.undecided else ""
        lines.append(
            SheetLine(
                lead=day_words(task.due), words=task.words + undecided, source=task.note.words
            )
        )
    return tuple(lines)


def _analgesics(plan: RecoveryPlan) -> tuple[SheetLine, ...]:
    """Return the opioids of a day; not asked is said as such."""
    found = plan.analgesics
    if found is None:
        return (SheetLine(lead="Opioids", words="not asked yet", source=""),)
    lines = [SheetLine(lead="Opioids", words=mme_words(found), source=found.factors.note.words)]
    lines += [
        SheetLine(lead="", words=flag.words, source=flag.note.words)
        for flag in (*found.refused, *found.flags)
    ]
    return (*lines, SheetLine(lead="", words=found.factors.limits, source=""))


def _response(plan: RecoveryPlan) -> tuple[SheetLine, ...]:
    """Return when pain counts as fallen, and what to look at where it has not."""
    cut = plan.cut_points
    path = plan.non_response
    responder = (
        f"pain falls by {cut['nrs_fall'].text} points and {cut['nrs_fall_percent'].text} %; "
        f"strong: by {cut['strong_percent'].text} % or to below {cut['strong_below'].text}. "
        f"No failure is called before day {cut['failure_call_day'].text}; a missing visit is "
        "missing."
    )
    return (
        SheetLine(lead="Responder", words=responder, source=cut["nrs_fall"].note.words),
        SheetLine(
            lead="No responder at 2 to 4 weeks",
            words=f"{', then '.join(path.steps)}. Think of: {', '.join(path.causes)}.",
            source=path.note.words,
        ),
    )


def _spreads(plan: ActivityPlan) -> str:
    """Return the numbers of the activity plan on which published sheets disagree."""
    found = [
        f"{value.words}: {value.text} (published: {value.spread})"
        for value in plan.values.values()
        if value.spread
    ]
    return "; ".join(found) + "."


def _unverified(plan: RecoveryPlan) -> str:
    """Say how much of the sheet is from memory."""
    notes = [
        *(phase.note for phase in plan.activity.phases),
        *(one.note for one in plan.activity.advice),
        *(task.note for task in plan.bone.tasks),
    ]
    marked = sum(note.status.mark == UNVERIFIED for note in notes)
    if not marked:
        return ""
    return (
        f"{marked} of {len(notes)} entries on activity and bone are from memory and marked "
        "(unverified): check them against their sources, or set your own in a site file."
    )
