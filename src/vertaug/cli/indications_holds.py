"""The time of the procedure and the policy by which holds of antithrombotics are judged."""

from datetime import date
from typing import TYPE_CHECKING

from vertaug.case.errors import InputError
from vertaug.indications.antithrombotic_fact import AntithromboticRecord
from vertaug.indications.antithrombotic_file import read_moment
from vertaug.indications.antithrombotic_table import HoldPolicy
from vertaug.indications.hold_plan import HoldPlan
from vertaug.workflow.indication_choice import IndicationChoice

if TYPE_CHECKING:
    from vertaug.cli.indications_options import Indications


def plan_holds(
    given: "Indications",
    drugs: AntithromboticRecord,
    kept: IndicationChoice | None,
    on: date,
) -> tuple[HoldPlan, tuple[str, ...]]:
    """Return what is judged, and what was taken from the case.

    Raises
    ------
    InputError
        If time or policy cannot be used, or the procedure lies before the day of the panel.
    """
    before = HoldPlan() if kept is None else kept.holds
    procedure, policy = before.procedure, before.policy
    notes = []
    if given.procedure_at is not None:
        procedure = read_moment(given.procedure_at, "--procedure-at")
        if procedure.date() < on:
            message = (
                f"--procedure-at {given.procedure_at} lies before the day of the panel "
                f"({on.isoformat()}); give that day with --date, or another time"
            )
            raise InputError(message)
    elif procedure is not None and procedure.date() < on:
        notes.append(
            f"the procedure that the case has kept, {procedure.isoformat(' ', 'minutes')}, lies "
            "before the day of the panel and is left out; give another with --procedure-at"
        )
        procedure = None
    elif procedure is not None:
        notes.append(f"procedure, as the case has kept: {procedure.isoformat(' ', 'minutes')}")
    if given.hold_policy is not None:
        policy = _policy(given.hold_policy)
    holds = HoldPlan(record=drugs, procedure=procedure, policy=policy)
    told = holds.note_clock() if given.procedure_at is not None else ()
    return holds, (*notes, *told)


def _policy(given: str) -> HoldPolicy:
    known = {policy.name.lower(): policy for policy in HoldPolicy}
    if given.lower() not in known:
        message = f"--hold-policy is one of {', '.join(known)}; got '{given}'"
        raise InputError(message)
    return known[given.lower()]
