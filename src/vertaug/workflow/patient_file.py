"""The facts of the patient of a case: from a file, or those that the case has kept."""

from datetime import date
from pathlib import Path

from vertaug.case.case_file import CaseDocument
from vertaug.indications.derived_fact import derive_facts
from vertaug.indications.fact_case import join_case
from vertaug.indications.fact_file import read_facts
from vertaug.indications.fact_value import ReadFacts
from vertaug.indications.patient_facts import PatientFacts
from vertaug.workflow.indication_choice import indication_choice_of


def find_patient_facts(document: CaseDocument, path: Path | None, on: date) -> ReadFacts:
    """Return what is known of the patient, with what the case has measured and what follows.

    Parameters
    ----------
    document : CaseDocument
    path : Path or None
        File of facts; None takes those that were given for the indication panel, if any.
    on : date
        Day from which the age of the fracture is counted.

    Raises
    ------
    FormatError
        If the file cannot be read, or the facts of the case are damaged.
    InputError
        If a fact is not known, impossible, or of another level than the case.
    """
    given = _kept(document) if path is None else read_facts(path, on=on)
    # what the case could not measure is a note of the panel, not of every sheet
    joined = join_case(given.facts, document).facts
    return ReadFacts(facts=derive_facts(joined), notes=given.notes)


def _kept(document: CaseDocument) -> ReadFacts:
    kept = document.provenance.parameters.indications
    # facts of a level that the case does not treat any more say nothing of this one
    if kept is None or kept.level != document.fracture.level:
        return ReadFacts(facts=PatientFacts.of(()))
    return ReadFacts(facts=indication_choice_of(kept).facts)


def list_fired_rules(document: CaseDocument) -> tuple[str, ...]:
    """Return the rules of the case's panel that hold, in the order of the panel.

    Criteria of payers are left out, and what somebody has overridden with a reason.
    """
    panel = document.indications
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
    return tuple(found.id for group in groups for found in group if found.override is None)
