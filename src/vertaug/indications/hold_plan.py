"""Antithrombotics of a patient with the time of the procedure and the policy that judges them."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone

from vertaug.case.errors import InputError
from vertaug.indications.antithrombotic import (
    AntithromboticUse,
    HoldResult,
    judge_holds,
    refuse_mixed_zones,
)
from vertaug.indications.antithrombotic_fact import (
    AntithromboticRecord,
    derive_antithrombotics,
    list_conflicts,
    list_thrombosis_tasks,
)
from vertaug.indications.antithrombotic_table import HoldPolicy
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlan:
    """What a patient takes, and when the procedure is.

    Attributes
    ----------
    record : AntithromboticRecord
    procedure : datetime or None
        None: not known, and nothing is said of whether a hold is complete.
    policy : HoldPolicy or None
        None takes the default one.
    """

    record: AntithromboticRecord = field(default_factory=AntithromboticRecord)
    procedure: datetime | None = None
    policy: HoldPolicy | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of any drug."""
        return not self.record.uses and not self.record.is_whole

    def on_one_clock(self) -> "HoldPlan":
        """Return it without time zones, all times by one clock: that of the procedure's hour.

        Hours between two of its times are those that passed, also over a change of the clock.

        Raises
        ------
        InputError
            If only some of the times have a time zone.
        """
        uses = tuple(self._on_clock(use) for use in self.record.uses)
        return replace(
            self,
            record=replace(self.record, uses=uses),
            procedure=None if self.procedure is None else self.procedure.replace(tzinfo=None),
        )

    def _on_clock(self, use: AntithromboticUse) -> AntithromboticUse:
        dose, procedure = use.last_dose, self.procedure
        if dose is None:
            return use
        if procedure is not None:
            refuse_mixed_zones(use.drug, dose, procedure)
        if procedure is None or procedure.tzinfo is None:
            return replace(use, last_dose=dose.replace(tzinfo=None))
        own = dose.astimezone(procedure.tzinfo).date()
        # the fixed offset of the procedure: a zone's wall clock jumps in between
        moved = dose.astimezone(timezone(procedure.utcoffset() or timedelta())).replace(tzinfo=None)
        # whole days count from the patient's own day, which a jump back must not make earlier
        return replace(use, last_dose=max(moved, datetime.combine(own, time.min)))

    def note_clock(self) -> tuple[str, ...]:
        """Return that a change of the clock is not counted, where the times have no zone."""
        times = [use.last_dose for use in self.record.uses]
        known = [moment for moment in (self.procedure, *times) if moment is not None]
        if self.procedure is None or len(known) < 2 or known[0].tzinfo is not None:
            return ()
        message = (
            "times of drugs have no time zone: a change of the clock between last dose and "
            "procedure is not counted; give them with their offset, such as 2026-03-29T10:30+02:00"
        )
        return (message,)

    def refuse_later_doses(self, on: date) -> None:
        """Refuse a last dose after the day of the procedure.

        Raises
        ------
        InputError
            If there is one.
        """
        for use in self.record.uses:
            if use.last_dose is not None and use.last_dose.date() > on:
                message = (
                    f"the last dose of {use.drug} ({use.last_dose.isoformat()}) lies after the "
                    f"day of the procedure ({on.isoformat()}); check both dates"
                )
                raise InputError(message)

    def judge(self, facts: PatientFacts) -> tuple[HoldResult, ...]:
        """Return what the policy says of each drug.

        Raises
        ------
        InputError
            As `vertaug.indications.antithrombotic.judge_hold`.
        """
        crcl, inr = facts.number("lab.crcl"), facts.number("lab.inr")
        return judge_holds(self.record.uses, self.procedure, crcl, self.policy, inr=inr)

    def derive(self, facts: PatientFacts) -> tuple[Fact, ...]:
        """Return the facts that follow from the drugs and are not given.

        Raises
        ------
        InputError
            As `judge`.
        """
        return derive_antithrombotics(self.record, facts, self.procedure, self.policy)

    def conflicts(self, facts: PatientFacts) -> tuple[str, ...]:
        """Return where given facts say otherwise than the drugs do.

        Raises
        ------
        InputError
            As `judge`.
        """
        return list_conflicts(self.record, facts, self.procedure, self.policy)

    def tasks(self, facts: PatientFacts) -> tuple[str, ...]:
        """Return whom to ask before a drug is held, where one is taken."""
        taken = bool(self.record.uses) or facts.value("med.antithrombotic_active") is True
        return list_thrombosis_tasks(facts) if taken else ()
