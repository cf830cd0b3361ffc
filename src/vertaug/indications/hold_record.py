"""Antithrombotics as ``case.json`` and the report hold them: times as hours, not as dates."""

from datetime import date, datetime, time, timedelta

from vertaug.case.indication_record import (
    BloodThinnersRecord,
    GivenAntithrombotic,
    GivenHolds,
    HoldRecord,
)
from vertaug.case.source_status import find_weakest
from vertaug.indications.antithrombotic import (
    INR_NO_MEASURE,
    NOT_IN_TABLE,
    AntithromboticUse,
    HoldResult,
    hours_words,
)
from vertaug.indications.antithrombotic_fact import AntithromboticRecord
from vertaug.indications.antithrombotic_table import (
    HoldPolicy,
    default_policy,
    find_drug,
    policy_title,
)
from vertaug.indications.hold_plan import HoldPlan
from vertaug.indications.patient_facts import read_definitions

_MINUTES = 60.0


def keep_holds(plan: HoldPlan, on: date) -> GivenHolds:
    """Return what was given, with times in hours from the start of the panel's day.

    Raises
    ------
    InputError
        If only some of the times have a time zone.
    """
    plan = plan.on_one_clock()
    return GivenHolds(
        drugs=tuple(
            GivenAntithrombotic(drug=use.drug, last_dose_h=_hours(use.last_dose, on))
            for use in plan.record.uses
        ),
        is_whole=plan.record.is_whole,
        procedure_h=_hours(plan.procedure, on),
        policy=None if plan.policy is None else plan.policy.value,
    )


def restore_holds(given: GivenHolds, on: date) -> HoldPlan:
    """Return what a case has kept.

    Raises
    ------
    ValueError
        If a drug or policy is not known.
    """
    uses = tuple(
        AntithromboticUse(
            drug=find_drug(each.drug).name,
            last_dose=None if each.last_dose_h is None else moment_of(each.last_dose_h, on),
        )
        for each in given.drugs
    )
    return HoldPlan(
        record=AntithromboticRecord(uses=uses, is_whole=given.is_whole),
        procedure=None if given.procedure_h is None else moment_of(given.procedure_h, on),
        policy=None if given.policy is None else HoldPolicy(given.policy),
    )


def _hours(when: datetime | None, on: date) -> float | None:
    if when is None:
        return None
    return (when - datetime.combine(on, time.min)) / timedelta(hours=1)


def moment_of(hours: float, on: date) -> datetime:
    """Return the time, to the minute, that lies some hours from the start of a day."""
    minutes = round(hours * _MINUTES)
    return datetime.combine(on, time.min) + timedelta(minutes=minutes)


def moment_words(hours: float | None, evaluated_at: str) -> str:
    """Return such a time as people read it; empty where it is not known."""
    if hours is None:
        return ""
    return moment_of(hours, date.fromisoformat(evaluated_at)).isoformat(" ", "minutes")


def describe_holds(
    plan: HoldPlan, results: tuple[HoldResult, ...], tasks: tuple[str, ...], on: date
) -> BloodThinnersRecord | None:
    """Return the antithrombotics as they are written; None where nothing is known of any."""
    if plan.is_empty and not tasks:
        return None
    policy = default_policy() if plan.policy is None else plan.policy
    return BloodThinnersRecord(
        drugs=tuple(_describe(result, on) for result in results),
        is_whole=plan.record.is_whole,
        procedure_h=_hours(plan.procedure, on),
        policy=policy_title(policy),
        tasks=tasks,
    )


def _describe(result: HoldResult, on: date) -> HoldRecord:
    restart = result.restart
    return HoldRecord(
        drug=result.drug.name,
        title=result.drug.title,
        state=result.state.value,
        held_h=result.held_h,
        complete_from_h=_hours(result.complete_from, on),
        listed=listed_words(result),
        source=policy_title(result.policy_used) if result.policy_used else "",
        status=find_weakest(hold.status for hold in result.holds) if result.holds else None,
        restart="" if restart is None else restart.words,
        restart_source="" if restart is None else policy_title(restart.policy),
        restart_status=None if restart is None else restart.status,
        missing=result.missing,
        words=result.words,
    )


def listed_words(result: HoldResult) -> str:
    """Return the hold that the policy lists, with the INR that it also asks for."""
    said = [
        f"{hold.words} at a creatinine clearance {hold.crcl.words} mL/min"
        if hold.crcl is not None and len(result.holds) > 1
        else hold.words
        for hold in result.holds
    ]
    words = "; ".join(said) or NOT_IN_TABLE
    inr = result.drug.inr_max
    return words if inr is None else f"{words}, and INR at most {inr:g}"


def held_words(drug: HoldRecord) -> str:
    """Return how far a hold has come, in one line."""
    said = [f"hold {drug.state}"]
    if drug.held_h is not None:
        said.append(f"held {hours_words(drug.held_h)} at the procedure")
    if drug.missing:
        said.append(f"missing {missing_words(drug.missing)}")
    return "; ".join(said)


def inr_words(drug: HoldRecord) -> str:
    """Return that the INR is no measure of a drug; empty for others."""
    return INR_NO_MEASURE if find_drug(drug.drug).is_direct else ""


def missing_words(missing: tuple[str, ...]) -> str:
    """Return what is not known of a hold, facts by their labels."""
    known = read_definitions()
    return ", ".join(known[name].label if name in known else name for name in missing)
