"""Under which keys the steps of a simulation are stored."""

from vertaug.case.plan import Procedure
from vertaug.workflow.balloon_choice import BALLOON_STEP
from vertaug.workflow.fingerprint import make_key
from vertaug.workflow.simulation_choice import SimulationChoice
from vertaug.workflow.simulation_steps import CEMENT_STEPS, step_name

SIMULATION_STEPS = (
    *(step_name(Procedure.VERTEBROPLASTY, step) for step in CEMENT_STEPS),
    BALLOON_STEP,
    *(step_name(Procedure.KYPHOPLASTY, step) for step in CEMENT_STEPS),
)


def list_simulation_keys(choice: SimulationChoice, measured: str, planned: str) -> dict[str, str]:
    """Return the key of each step of a simulation.

    The balloons do not depend on the cement, so that another cement keeps them.

    Parameters
    ----------
    choice : SimulationChoice
    measured, planned : str
        Keys of the measuring and the planning step.
    """
    injection, hardening, samples = (step_name(choice.procedure, step) for step in CEMENT_STEPS)
    keys: dict[str, str] = {}
    ingredients: dict[str, object] = {"measure": measured, "plan": planned}
    if choice.balloon is not None and not choice.balloon.none:
        inflated = {**ingredients, "choice": choice.balloon_part()}
        keys[BALLOON_STEP] = ingredients["balloon"] = make_key(BALLOON_STEP, inflated)
    found = make_key("injection", {**ingredients, "choice": choice.injection_part()})
    keys[injection] = found
    keys[hardening] = make_key("hardening", {"injection": found})
    if choice.samples:
        keys[samples] = make_key("samples", {"injection": found, "samples": choice.samples})
    return keys
