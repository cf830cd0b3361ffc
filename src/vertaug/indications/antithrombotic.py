"""Whether the antithrombotics of a patient were held long enough; never an advice to stop one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from math import floor

from vertaug.case.errors import InputError
from vertaug.indications.antithrombotic_table import (
    AntithromboticDrug,
    HoldPolicy,
    HoldTime,
    RestartTime,
    default_policy,
    find_drug,
    policy_title,
)
from vertaug.indications.patient_facts import define_fact

LOCAL_POLICY = "Local policy overrides this table."
_LAST_DOSE = "time of the last dose"
_PROCEDURE = "time of the procedure"
_LOCAL_ASPIRIN = "local policy: held or continued"
NOT_IN_TABLE = "not in the table, local policy"
INR_NO_MEASURE = "the INR does not measure its effect (recalled)"
"""Of a direct oral anticoagulant: a normal INR does not mean that it has worn off."""


class HoldState(StrEnum):
    """Whether a drug was held as long as the policy says."""

    COMPLETE = "complete"
    NOT_COMPLETE = "not complete"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class AntithromboticUse:
    """A drug that a patient takes.

    Attributes
    ----------
    drug : str
        A name that `find_drug` knows.
    last_dose : datetime or None
        None: unknown.
    """

    drug: str
    last_dose: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldResult:
    """How long a drug was held, and what a policy says of it.

    Attributes
    ----------
    drug : AntithromboticDrug
    state : HoldState
    policy : HoldPolicy
        The one that was chosen.
    policy_used : str
        The one whose value was taken; another where the chosen one has none; empty where none has.
    holds : tuple of HoldTime
        Values that apply; more than one where the creatinine clearance is unknown.
    held_h : float or None
        Hours from the last dose to the procedure.
    complete_from : datetime or None
        From when the longest applicable hold is complete by time alone.
    restart : RestartTime or None
        None where the table has none.
    missing : tuple of str
        What is not known and would decide.
    words : tuple of str
        For the clinician; the policy, its status and where the longer end of a range was taken.
    """

    drug: AntithromboticDrug
    state: HoldState
    policy: HoldPolicy
    policy_used: str
    holds: tuple[HoldTime, ...]
    held_h: float | None
    complete_from: datetime | None
    restart: RestartTime | None
    missing: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The result in one line."""
        held = "" if self.held_h is None else f"held {hours_words(self.held_h)}; "
        held = "last dose unknown; " if _LAST_DOSE in self.missing else held
        said = f"{self.drug.title}: {held}hold {self.state.value}"
        if self.missing:
            said += f", missing {', '.join(self.missing)}"
        if self.state is not HoldState.COMPLETE and self.complete_from is not None:
            said += f"; by time complete from {self.complete_from.isoformat(' ', 'minutes')}"
        return said


def judge_hold(
    drug: str,
    last_dose: datetime | None,
    procedure: datetime | None,
    crcl: float | None = None,
    policy: HoldPolicy | None = None,
    *,
    inr: float | None = None,
) -> HoldResult:
    """Return whether a drug was held as long as a policy says.

    Nothing is assumed: an unknown clearance, INR or last dose leaves the state unknown unless
    every value it could have gives the same answer. Of a range the longer end counts. It is taken
    that no further dose follows the last one.

    Parameters
    ----------
    drug : str
        A name that `find_drug` knows.
    last_dose, procedure : datetime or None
        Both with a time zone or both without; without, a change of the clock in between counts as
        an hour held. Without a procedure the state is unknown; from when the hold is complete
        still follows from the last dose.
    crcl : float, optional
        Creatinine clearance in mL/min.
    policy : HoldPolicy, optional
        `default_policy` otherwise.
    inr : float, optional
        On the day, for drugs that need it.

    Raises
    ------
    InputError
        If the drug is unknown, the last dose lies after the procedure, only one of the two times
        has a time zone, or a laboratory value is impossible.
    """
    found = find_drug(drug)
    policy = default_policy() if policy is None else policy
    crcl = None if crcl is None else float(define_fact("lab.crcl").check(crcl))
    inr = None if inr is None else float(define_fact("lab.inr").check(inr))
    holds = tuple(h for h in found.holds_by(policy) if _applies(h, crcl))
    held, moments = None, []
    if last_dose is not None:
        zone = last_dose.tzinfo if procedure is None else procedure.tzinfo
        held = None if procedure is None else _hours_between(last_dose, procedure, found)
        moments = [_complete_from(hold, last_dose, zone) for hold in holds]
    by_time, missing = _by_time(found, moments, procedure, given=last_dose is not None)
    state = by_time
    if found.inr_max is not None and by_time is not HoldState.NOT_COMPLETE:
        state = _with_inr(by_time, inr, found.inr_max)
        missing = missing if inr is not None else (*missing, "lab.inr")
    complete_from = max(moments) if moments else None
    return HoldResult(
        drug=found,
        state=state,
        policy=policy,
        policy_used=holds[0].policy if holds else "",
        holds=holds,
        held_h=held,
        complete_from=complete_from,
        restart=found.restart_by(policy),
        missing=missing,
        words=_words(found, policy, holds, inr),
    )


def judge_holds(
    uses: Iterable[AntithromboticUse],
    procedure: datetime | None,
    crcl: float | None = None,
    policy: HoldPolicy | None = None,
    *,
    inr: float | None = None,
) -> tuple[HoldResult, ...]:
    """Return `judge_hold` of each drug.

    Raises
    ------
    InputError
        As `judge_hold`, or if a drug is given twice.
    """
    results = tuple(
        judge_hold(use.drug, use.last_dose, procedure, crcl, policy, inr=inr) for use in uses
    )
    refuse_twice(result.drug.name for result in results)
    return results


def refuse_twice(drugs: Iterable[str]) -> None:
    """Refuse a drug that is given twice.

    Raises
    ------
    InputError
        If one is.
    """
    names = list(drugs)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"{', '.join(twice)} is given twice; give the later last dose once"
        raise InputError(message)


def refuse_mixed_zones(drug: str, last_dose: datetime, procedure: datetime) -> None:
    """Refuse two times of which only one has a time zone.

    Raises
    ------
    InputError
        If they are so.
    """
    if (last_dose.utcoffset() is None) != (procedure.utcoffset() is None):
        message = (
            f"last dose of {drug} and procedure: both with a time zone or both without; got "
            f"{last_dose.isoformat()} and {procedure.isoformat()}"
        )
        raise InputError(message)


def hours_words(held_h: float) -> str:
    """Return hours rounded down: one that is not over does not read as one that is."""
    return f"{floor(10 * held_h) / 10:g} h"


def _applies(hold: HoldTime, crcl: float | None) -> bool:
    return hold.crcl is None or crcl is None or hold.crcl.holds(crcl)


def _by_time(
    drug: AntithromboticDrug, moments: list[datetime], procedure: datetime | None, *, given: bool
) -> tuple[HoldState, tuple[str, ...]]:
    """Return the state by time alone, and what is missing."""
    lacking = (
        ("" if given else _LAST_DOSE),
        ("" if procedure is not None else _PROCEDURE),
        ("" if moments or not given else "a value in the table"),
    )
    if procedure is None or any(lacking):
        return HoldState.UNKNOWN, tuple(word for word in lacking if word)
    if not _before(procedure, max(moments)):
        return HoldState.COMPLETE, ()
    clearance = ("lab.crcl",) if len(set(moments)) > 1 else ()
    if not _before(procedure, min(moments)):
        return HoldState.UNKNOWN, clearance
    if drug.may_continue:
        return HoldState.UNKNOWN, (_LOCAL_ASPIRIN,)
    return HoldState.NOT_COMPLETE, clearance


def _with_inr(by_time: HoldState, inr: float | None, inr_max: float) -> HoldState:
    if inr is None:
        return HoldState.UNKNOWN
    return by_time if inr <= inr_max else HoldState.NOT_COMPLETE


def _before(first: datetime, second: datetime) -> bool:
    return _moment(first) < _moment(second)


def _moment(when: datetime) -> datetime:
    # times of one zone are otherwise subtracted by the clock on the wall, not by what passed
    return when if when.tzinfo is None else when.astimezone(UTC)


def _hours_between(last_dose: datetime, procedure: datetime, drug: AntithromboticDrug) -> float:
    refuse_mixed_zones(drug.name, last_dose, procedure)
    hours = (_moment(procedure) - _moment(last_dose)) / timedelta(hours=1)
    if hours < 0:
        message = (
            f"the last dose of {drug.name} ({last_dose.isoformat()}) lies after the procedure "
            f"({procedure.isoformat()}); check both dates"
        )
        raise InputError(message)
    return hours


def _complete_from(hold: HoldTime, last_dose: datetime, zone: tzinfo | None) -> datetime:
    """Return from when a hold is complete, in the time zone of the procedure."""
    if hold.full_days:
        day = last_dose if zone is None else last_dose.astimezone(zone)
        free = day.date() + timedelta(days=hold.full_days + 1)
        return datetime.combine(free, time.min, tzinfo=zone)
    end = _moment(last_dose) + timedelta(hours=hold.most_h)
    return end if zone is None else end.astimezone(zone)


def _words(
    drug: AntithromboticDrug, policy: HoldPolicy, holds: tuple[HoldTime, ...], inr: float | None
) -> tuple[str, ...]:
    words = [f"Policy: {policy_title(policy)}."]
    if holds and holds[0].policy != policy:
        used = policy_title(holds[0].policy)
        words.append(f"It has no value for {drug.title} here; taken from {used}.")
    for hold in holds:
        clearance = f" at a creatinine clearance {hold.crcl.words} mL/min" if hold.crcl else ""
        words.append(f"Listed: {hold.words}{clearance} ({hold.status.words}).")
    if not drug.holds:
        words.append(f"Hold {NOT_IN_TABLE}.")
    if any(hold.least_h != hold.most_h for hold in holds):
        words.append("The longer end of the range is used.")
    if drug.may_continue:
        words.append("Policies also let it be continued: local policy decides.")
    if drug.is_direct:
        words.append(f"{INR_NO_MEASURE[0].upper()}{INR_NO_MEASURE[1:]}.")
    if drug.inr_max is not None:
        said = "unknown" if inr is None else f"{inr:g}"
        words.append(f"INR {said}; {drug.note}.")
    restart = drug.restart_by(policy)
    if restart is not None:
        by = policy_title(restart.policy)
        words.append(f"Restart listed: {restart.words} after ({by}, {restart.status.words}).")
    return (*words, LOCAL_POLICY)
