"""The facts of the patient of a case: from a file, or those that the case has kept."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from vertaug.case.case_file import CaseDocument
from vertaug.case.indication_record import IndicationRecord
from vertaug.indications.antithrombotic import HoldResult
from vertaug.indications.derived_fact import derive_facts
from vertaug.indications.fact_case import join_case
from vertaug.indications.fact_file import read_facts
from vertaug.indications.hold_plan import HoldPlan
from vertaug.indications.lab_age import drop_old_labs
from vertaug.indications.panel import weigh_indications
from vertaug.indications.panel_record import describe_panel
from vertaug.indications.patient_facts import PatientFacts
from vertaug.indications.rule_pack import LAB_AGE
from vertaug.workflow.indication_choice import IndicationChoice, indication_choice_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientOfCase:
    """What is known of the patient of a case.

    Attributes
    ----------
    facts : PatientFacts
        Given, measured and derived.
    notes : tuple of str
        What was left out of the file or changed, and where given facts and the drugs differ.
    holds : HoldPlan
        Antithrombotics and the time of the procedure.
    hold_results : tuple of HoldResult
        Of each drug.
    """

    facts: PatientFacts
    notes: tuple[str, ...]
    holds: HoldPlan
    hold_results: tuple[HoldResult, ...]


def find_patient_facts(
    document: CaseDocument, path: Path | None, on: date, procedure: datetime | None = None
) -> PatientOfCase:
    """Return what is known of the patient, with what the case has measured and what follows.

    Parameters
    ----------
    document : CaseDocument
    path : Path or None
        File of facts; None takes those that were given for the indication panel, if any.
    on : date
        Day from which the age of the fracture is counted.
    procedure : datetime, optional
        By which holds of antithrombotics are judged; otherwise the time that the case has kept, if
        it is of that day.

    Raises
    ------
    FormatError
        If the file cannot be read, or the facts of the case are damaged.
    InputError
        If a fact is not known, impossible, or of another level than the case, or the last dose of
        an antithrombotic lies after the procedure.
    """
    kept = _kept(document)
    given = None if path is None else read_facts(path, on=on)
    known = kept.facts if given is None else given.facts
    record = kept.holds.record if given is None else given.antithrombotics
    at = kept.holds.procedure if procedure is None else procedure
    if procedure is None and at is not None and at.date() != on:
        at = None
    holds = HoldPlan(record=record, procedure=at, policy=kept.holds.policy).on_one_clock()
    # what the case could not measure is a note of the panel, not of every sheet
    joined = join_case(known, document).facts
    # an INR of another week says nothing of the hold of warfarin
    current, _ = drop_old_labs(joined, on, kept.rules.read_pack().values[LAB_AGE])
    facts = derive_facts(joined.with_facts(holds.derive(current)))
    return PatientOfCase(
        facts=facts,
        notes=(*(given.notes if given else ()), *holds.conflicts(current)),
        holds=holds,
        hold_results=holds.judge(current),
    )


def _kept(document: CaseDocument) -> IndicationChoice:
    kept = document.provenance.parameters.indications
    # facts of a level that the case does not treat any more say nothing of this one
    if kept is None or kept.level != document.fracture.level:
        return IndicationChoice(facts=PatientFacts.of(()), evaluated=date.min)
    return indication_choice_of(kept)


def list_fired_rules(
    document: CaseDocument, found: PatientOfCase | None, on: date
) -> tuple[str, ...]:
    """Return the rules that hold for the patient, in the order of the panel.

    Criteria of payers are left out, and what somebody has overridden with a reason.

    Parameters
    ----------
    document : CaseDocument
    found : PatientOfCase or None
        Of a file; None takes the panel that the case has kept.
    on : date
        Day by which blood tests of ``found`` grow old.
    """
    panel: IndicationRecord | None = document.indications
    if found is not None:
        pack = _kept(document).rules.read_pack()
        panel = describe_panel(weigh_indications(found.facts, pack, on=on, holds=found.holds))
    if panel is None:
        return ()
    groups = (
        panel.emergencies,
        panel.absolute,
        panel.relative,
        panel.reasons_for,
        panel.against,
        panel.techniques,
        panel.tasks,
    )
    return tuple(one.id for group in groups for one in group if one.override is None)
