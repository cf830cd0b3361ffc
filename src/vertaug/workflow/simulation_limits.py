"""What limits a simulated vertebroplasty of one case: its fracture, gas, voltage, plan, volume."""

from vertaug.case.case_content import CaseResults
from vertaug.case.plan import AccessPlan
from vertaug.case.volume_words import millilitres_of


def list_simulation_limits(
    results: CaseResults, level: str, plan: AccessPlan, volume_ml: float
) -> tuple[str, ...]:
    """Return what limits the simulation of a level of a case, in sentences.

    Parameters
    ----------
    results : CaseResults
    level : str
    plan : AccessPlan
        Whose needles are used.
    volume_ml : float
        Planned.
    """
    notes = []
    violated = [f"{path.side}: {text}" for path in plan.paths for text in path.violations]
    if not plan.safe:
        which = f" ({'; '.join(violated)})" if violated else ""
        notes.append(
            f"THE PLAN DOES NOT KEEP ITS MARGINS{which}: the injection is computed along a needle "
            "that must not be placed like this"
        )
    measured = results.assessment.levels.get(level)
    if measured is not None and measured.cleft.present:
        notes.append(
            f"{level} holds a gas cleft of {measured.cleft.volume_ml:.1f} ml: modelled as free "
            "space as wide as the CT shows it; fluid in it is not seen. In patients cement runs "
            "into a cleft first and opens it; the model does not show that, and the shape of the "
            "cement here is not to be relied on"
        )
    if measured is not None and measured.genant_grade > 0:
        notes.append(
            f"{level} is fractured (Genant grade {measured.genant_grade}) and its bone compacted: "
            "its density, and with it the permeability, is not that of intact bone"
        )
    planning = results.planning
    if planning is not None:
        low, high = planning.cement.low_ml, planning.cement.high_ml
        if not low <= volume_ml <= high:
            where = "below" if volume_ml < low else "above"
            notes.append(
                f"The planned {millilitres_of(volume_ml)} are {where} the plan's estimate of "
                f"{low:.1f} to {high:.1f} ml"
            )
    assumed = [part for part in results.calibration.description.split("; ") if "assumed" in part]
    if results.calibration.method == "generic":
        known = f": {'; '.join(assumed)}" if assumed else ""
        notes.append(
            f"The density is not calibrated on this scan (generic law{known}); porosity, "
            "permeability and pressures depend on it"
        )
    return tuple(notes)
