"""What limits the strength of one case: its fracture, gas, voxels, voltage and cement."""

from vertaug.case.case_content import CaseResults
from vertaug.case.filling import Filling
from vertaug.case.level import sort_levels
from vertaug.case.measurement import VertebraMeasurement
from vertaug.case.plan import AccessPlan, Procedure
from vertaug.case.simulation import SimulatedVertebroplasty
from vertaug.case.volume_words import millilitres_of

_AS_SCANNED = (
    "A fractured vertebra is computed as it was scanned: broken trabeculae that still touch count "
    "as whole, so that it reads too strong."
)
_COARSER = 1.001
"""How much larger than the model's a voxel of the CT is before it is told."""


def list_case_limits(
    results: CaseResults,
    level: str,
    spacing_mm: float,
    cement_ml: float | None = None,
    *,
    simulated: SimulatedVertebroplasty | None = None,
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
        In ellipsoids; None without such cement.
    simulated : SimulatedVertebroplasty, optional
        Whose cement it is; ``cement_ml`` is then None.
    """
    measured = results.assessment.levels.get(level)
    notes = []
    if measured is not None and measured.cleft.present:
        notes.append(_cleft(measured, _cement_in_cleft(cement_ml, simulated)))
    if measured is not None and measured.genant_grade > 0:
        notes += [_fracture(results, measured), _AS_SCANNED]
    if cement_ml is not None:
        share = _share(results, level, cement_ml, "cement")
        notes.append(f"{share}; {_ellipsoids(results, level)}.")
    if simulated is not None:
        notes.append(_simulated_cement(results, level, simulated))
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


def _cleft(measured: VertebraMeasurement, cement: str) -> str:
    return (
        f"{measured.level} holds a gas cleft of {measured.cleft.volume_ml:.1f} ml: modelled as a "
        "gap that bears next to nothing where the density is below 0, and as thin bone at its "
        f"blurred edges; it does not close under load{cement}."
    )


def _cement_in_cleft(cement_ml: float | None, simulated: SimulatedVertebroplasty | None) -> str:
    """Return what cement does with a cleft, to follow on a sentence."""
    if simulated is not None:
        return (
            ". In the simulated injection it is free space that cement enters; fluid in it is not "
            "seen"
        )
    if cement_ml is None:
        return ""
    return (
        ". Cement would enter it first, which this result does not show: its shape here takes no "
        "notice of the cleft"
    )


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


def _share(
    results: CaseResults, level: str, volume_ml: float, cement: str, body_mm3: float | None = None
) -> str:
    """Return how much of the body some cement is, beside the plan's estimate."""
    body = (body_mm3 or results.spine[level].body_volume_mm3) / 1000.0
    text = (
        f"{millilitres_of(volume_ml)} of {cement} is {100 * volume_ml / body:.0f} % of the body's "
        f"{body:.1f} ml"
    )
    planning = results.planning
    if planning is None or planning.level != level:
        return text
    low, high = planning.cement.low_ml, planning.cement.high_ml
    where = "below" if volume_ml < low else "above" if volume_ml > high else "within"
    return f"{text}, {where} the plan's estimate of {low:.1f} to {high:.1f} ml"


def _ellipsoids(results: CaseResults, level: str) -> str:
    """Return where cement without a simulation lies, to follow on a sentence."""
    plan = find_cement_plan(results, level)
    if plan is None:
        return f"it lies in the middle of the body, as there is no plan for {level}"
    number, access = plan
    one = len(access.paths) == 1
    return (
        f"it lies at the {'tip' if one else 'tips'} of plan {number} "
        f"({access.procedure.value}, {access.route.value.replace('_', '-')}, "
        f"{'both sides' if access.sides == 'both' else access.sides})"
    )


def _simulated_cement(results: CaseResults, level: str, simulated: SimulatedVertebroplasty) -> str:
    """Return how much simulated cement the body holds, and by which needles it came."""
    filling = simulated.result.filling
    setup = simulated.setup
    cement, body_mm3 = "simulated cement in the body", filling.body_volume_mm3
    text = _share(results, level, _in_body_ml(filling), cement, body_mm3)
    other = results.kyphoplasty
    name = Procedure.KYPHOPLASTY if other is not None and simulated is other.cement else None
    return (
        f"{text}; it was injected through the needles of plan {setup.plan_number} of a "
        f"{(name or Procedure.VERTEBROPLASTY).value} ({setup.plan}, {setup.gauge} G) and lies "
        "where the injection put it."
    )


def _in_body_ml(filling: Filling) -> float:
    return filling.fill_fraction * filling.body_volume_mm3 / 1000.0
