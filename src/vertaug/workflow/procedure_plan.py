"""The plan whose needles a simulation uses."""

from vertaug.case.case_content import CaseResults
from vertaug.case.errors import InputError, LevelError
from vertaug.case.plan import AccessPlan
from vertaug.workflow.simulation_choice import SimulationChoice


def find_injection_plan(results: CaseResults, choice: SimulationChoice) -> tuple[str, AccessPlan]:
    """Return the level and the plan whose needles are used: one of the chosen procedure.

    Raises
    ------
    LevelError
        If no level is treated or named, or it is not in the case or incomplete.
    InputError
        If that procedure was not planned for it, or there are fewer plans.
    """
    level = choice.level or results.assessment.level
    if level is None:
        message = "this case treats no level; name the one to simulate with --level"
        raise LevelError(message)
    vertebra = results.spine[level]
    if not vertebra.complete:
        cut = ", ".join(vertebra.cut_by) or "an edge of the scan"
        message = f"{level} is incomplete (cut by {cut}); choose another level with --level"
        raise LevelError(message)
    planning = results.planning
    if planning is None or planning.level != level:
        other = "" if planning is None else f" (the plans are for {planning.level})"
        message = (
            f"no needle is planned for {level}{other}; plan it with: "
            f"vertaug measure CASE --level {level}"
        )
        raise InputError(message)
    procedure = choice.procedure
    plans = [plan for plan in planning.plans if plan.procedure is procedure]
    if not plans:
        why = f": {'; '.join(planning.advice)}" if planning.advice else ""
        message = (
            f"there is no plan of a {procedure.value} for {level}{why}; make the case again with "
            f"vertaug plan and --procedure {procedure.value} or both"
        )
        raise InputError(message)
    if choice.plan > len(plans):
        message = (
            f"--plan is 1 to {len(plans)} for a {procedure.value} of {level}; got {choice.plan}"
        )
        raise InputError(message)
    return level, plans[choice.plan - 1]


def plan_words(plan: AccessPlan) -> str:
    """Return route and sides of a plan."""
    sides = "both sides" if plan.sides == "both" else f"{plan.sides} side"
    return f"{plan.route.value.replace('_', '-')}, {sides}"
