"""The recovery as plain values for ``recovery.json``; units stand in the names of the keys."""

from collections.abc import Mapping
from typing import Any

from vertaug.recovery.activity_plan import ActivityPlan
from vertaug.recovery.analgesic import MmeResult, mme_words
from vertaug.recovery.bone_health import BoneHealthPlan
from vertaug.recovery.recovery_plan import RecoveryPlan
from vertaug.recovery.red_flag import FlagTierAdvice, read_banner
from vertaug.recovery.schedule import PlannedVisit
from vertaug.recovery.site_value import SiteValue
from vertaug.recovery.source_note import CitedSentence, SourceNote

SCHEMA_VERSION = 1


def recovery_tree(plan: RecoveryPlan) -> dict[str, Any]:
    """Return the plan as JSON holds it; missing values are null, never zero."""
    states = {one.visit.key: one for one in plan.standings}
    visits = {}
    for visit in plan.follow_up.visits:
        visits[visit.key] = _visit(visit)
        if visit.key in states:
            done = states[visit.key].done_at
            visits[visit.key]["state"] = states[visit.key].state.value
            visits[visit.key]["done_at"] = None if done is None else done.isoformat()
    return {
        "schema_version": SCHEMA_VERSION,
        "research_use_only": True,
        "case": plan.case.name,
        "level": plan.case.level,
        "procedure": plan.case.procedure,
        "procedure_at": plan.follow_up.procedure_at.isoformat(),
        "procedure_ended_at": (
            None if plan.follow_up.ended_at is None else plan.follow_up.ended_at.isoformat()
        ),
        "hours_count_from": "end" if plan.follow_up.ended_at is not None else "start, at least",
        "time_zone": plan.zone,
        "now": None if plan.now is None else plan.now.isoformat(),
        "clinic": {
            "name": plan.site.name or None,
            "phone": plan.site.phone.clinic,
            "emergency_phone": plan.site.phone.emergency,
        },
        "visits": visits,
        "activity": _activity(plan.activity),
        "red_flags": {"banner": read_banner(), "tiers": [_tier(tier) for tier in plan.flags]},
        "bone_health": _bone(plan.bone),
        "analgesics": None if plan.analgesics is None else _analgesics(plan.analgesics),
        "response": {
            "cut_points": _values(plan.cut_points),
            "non_response": {
                "steps": list(plan.non_response.steps),
                "causes": list(plan.non_response.causes),
                **_note(plan.non_response.note),
            },
        },
    }


def _note(note: SourceNote) -> dict[str, str]:
    return {"source": note.source, "status": note.status.value}


def _sentence(one: CitedSentence) -> dict[str, str]:
    return {"key": one.key, "words": one.words, **_note(one.note)}


def _values(values: Mapping[str, SiteValue]) -> dict[str, Any]:
    return {
        name: {
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "words": one.words,
            **_note(one.note),
        }
        for name, one in values.items()
    }


def _visit(visit: PlannedVisit) -> dict[str, Any]:
    definition = visit.definition
    return {
        "label": definition.label,
        "how": definition.how,
        "due": visit.due.isoformat(),
        "proposed": visit.proposed.isoformat(),
        "earliest": visit.earliest.isoformat(),
        "latest": visit.latest.isoformat(),
        "missed_after": visit.missed_after.isoformat(),
        "clinic_closed_in_window": visit.closed,
        "capture": list(definition.capture),
        "imaging": definition.imaging or None,
        **_note(definition.note),
        "window_source": definition.window_note.source,
        "window_status": definition.window_note.status.value,
    }


def _activity(plan: ActivityPlan) -> dict[str, Any]:
    return {
        "phases": [
            {
                "key": phase.key,
                "label": phase.label,
                "start": phase.start.isoformat(),
                "end": None if phase.end is None else phase.end.isoformat(),
                "do": list(phase.do),
                "leave": list(phase.leave),
                **_note(phase.note),
            }
            for phase in plan.phases
        ],
        "advice": [_sentence(one) for one in plan.advice],
        "values": _values(plan.values),
        "drive_from": plan.drive_from.isoformat(),
        "lift_until": plan.lift_until.isoformat(),
    }


def _tier(tier: FlagTierAdvice) -> dict[str, Any]:
    return {
        "tier": tier.tier.value,
        "label": tier.label,
        "advice": tier.advice,
        "coordinator": tier.coordinator,
        "signs": [
            {
                "key": sign.key,
                "words": sign.words,
                "why": sign.why,
                "from_hours": sign.from_hours,
                **_note(sign.note),
            }
            for sign in tier.signs
        ],
    }


def _bone(plan: BoneHealthPlan) -> dict[str, Any]:
    return {
        "applies": plan.applies,
        "reason": plan.reason,
        "counted_from": plan.counted_from,
        "tasks": [
            {
                "key": task.key,
                "words": task.words,
                "due": task.due.isoformat(),
                "metric": task.metric or None,
                "undecided": task.undecided or None,
                **_note(task.note),
            }
            for task in plan.tasks
        ],
        "warnings": [
            {"key": one.key, "words": one.words, "urgent": one.urgent, **_note(one.note)}
            for one in plan.warnings
        ],
        **_note(plan.note),
    }


def _analgesics(result: MmeResult) -> dict[str, Any]:
    """Return the opioids of a day; numbers as texts, because they are exact."""
    total = result.total_per_day
    return {
        "mme_per_day": None if total is None else str(total),
        "counted_mme_per_day": str(result.counted_per_day),
        "words": mme_words(result),
        "factor_set": {"name": result.factors.name, "version": result.factors.version},
        "limits": result.factors.limits,
        "drugs": [
            {
                "drug": line.dose.drug,
                "amount": str(line.dose.amount),
                "unit": line.dose.unit,
                "times_per_day": str(line.dose.times_per_day),
                "factor": str(line.factor),
                "mme_per_day": str(line.mme),
            }
            for line in result.lines
        ],
        "refused": [_sentence(one) for one in result.refused],
        "flags": [_sentence(one) for one in result.flags],
        "no_opioids": list(result.no_opioids),
        "who_step": result.who_step,
    }
