"""What limits the strength of one case: its fracture, gas, voxels, voltage and cement."""

from vertaug.case.case_content import CaseResults
from vertaug.case.level import sort_levels
from vertaug.case.measurement import VertebraMeasurement
from vertaug.case.plan import AccessPlan, Procedure

_COARSER = 1.001
"""How much larger than the model's a voxel of the CT is before it is told."""


def list_case_limits(
    results: CaseResults, level: str, spacing_mm: float, cement_ml: float | None
) -> tuple[str, ...]:
    """Return what limits the strength of a level of a case, in sentences.

    Parameters
    ----------
    results : CaseResults
    level : str
        Whose strength it is.
    spacing_mm : float
        Of the model's voxels.
    cement_ml : float or None
        None without cement.
    """
    measured = results.assessment.levels.get(level)
    notes = []
    if measured is not None and measured.cleft.present:
        notes.append(_cleft(measured, cement=cement_ml is not None))
    if measured is not None and measured.genant_grade > 0:
        notes.append(_fracture(results, measured))
    if cement_ml is not None:
        notes.append(_cement(results, level, cement_ml))
    coarse = results.spine.scan.grid.spacing_mm
    if max(coarse) > _COARSER * spacing_mm:
        sizes = " × ".join(f"{size:.1f}" for size in coarse)
        notes.append(
            f"The model was resampled from voxels of {sizes} mm (left-right, front-back, "
            f"head-foot) to {spacing_mm:g} mm: cortex and side walls are not resolved."
        )
    assumed = [part for part in results.calibration.description.split("; ") if "assumed" in part]
    if assumed:
        notes.append(f"Density: {'; '.join(assumed)}; every load depends on it.")
    return tuple(notes)


def find_cement_plan(results: CaseResults, level: str) -> tuple[int, AccessPlan] | None:
    """Return the plan at whose tips the cement lies, with its number; None if there is none.

    The best vertebroplasty of that level, else the best plan.
    """
    planning = results.planning
    if planning is None or planning.level != level or not planning.plans:
        return None
    plans = planning.numbered()
    named = (n for n in plans if n[1].procedure is Procedure.VERTEBROPLASTY)
    return next(named, plans[0])


def _cleft(measured: VertebraMeasurement, *, cement: bool) -> str:
    text = (
        f"{measured.level} holds a gas cleft of {measured.cleft.volume_ml:.1f} ml: modelled as a "
        "gap that bears next to nothing where the density is below 0, and as thin bone at its "
        "blurred edges; it does not close under load"
    )
    if cement:
        text += (
            ". Cement would enter it first, which this result does not show: its shape here takes "
            "no notice of the cleft"
        )
    return f"{text}."


def _fracture(results: CaseResults, measured: VertebraMeasurement) -> str:
    """Return that the density of a broken body reads too high, and that of its neighbours."""
    text = (
        f"{measured.level} is fractured (Genant grade {measured.genant_grade}, "
        f"{measured.shape.value}) and its bone compacted: its density reads too high, is not "
        "comparable with that of intact bodies, and all loads here rest on it"
    )
    intact = {n: m for n, m in results.assessment.levels.items() if m.genant_grade == 0}
    order = sort_levels({measured.level, *intact})
    place = order.index(measured.level)
    known = [
        f"{name} {density:.0f}"
        for name in order[max(place - 1, 0) : place + 2]
        if name in intact and (density := intact[name].trabecular.density_mg_per_ml) is not None
    ]
    own = measured.trabecular.density_mg_per_ml
    if not known:
        return f"{text}. No intact neighbour with a density is known."
    mine = "" if own is None else f"; {measured.level} itself {own:.0f}"
    return f"{text}. Cancellous bone in mg/ml, intact neighbours: {', '.join(known)}{mine}."


def _cement(results: CaseResults, level: str, volume_ml: float) -> str:
    """Return how much of the body the cement is, beside the plan's estimate, and where it lies."""
    body = results.spine[level].body_volume_mm3 / 1000.0
    text = (
        f"{volume_ml:g} ml of cement is {100 * volume_ml / body:.0f} % of the body's {body:.1f} ml"
    )
    planning = results.planning
    if planning is not None and planning.level == level:
        low, high = planning.cement.low_ml, planning.cement.high_ml
        where = "below" if volume_ml < low else "above" if volume_ml > high else "within"
        text += f", {where} the plan's estimate of {low:.1f} to {high:.1f} ml"
    plan = find_cement_plan(results, level)
    if plan is None:
        return f"{text}; it lies in the middle of the body, as there is no plan for {level}."
    number, access = plan
    one = len(access.paths) == 1
    return (
        f"{text}; it lies at the {'tip' if one else 'tips'} of plan {number} "
        f"({access.procedure.value}, {access.route.value.replace('_', '-')}, "
        f"{'both sides' if access.sides == 'both' else access.sides})."
    )
