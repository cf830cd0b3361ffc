"""What limits the heat of a filling: leaked cement, tissues beyond the box, an early cure."""

import numpy as np

from vertaug.augmentation.cement.hardening import Hardening
from vertaug.augmentation.cement.heat_scene import HeatScene
from vertaug.augmentation.cement.heat_tissue import LEAKED_INTO
from vertaug.augmentation.cement.product import CementProduct
from vertaug.case.filling import LEAK_PATHS, LEAST_LEAK_MM3, Filling
from vertaug.case.grid import FloatArray

_BY = {
    "B": "the basivertebral vein",
    "S": "segmental veins",
    "C": "the cortex",
    "D": "an endplate",
    "canal": "the posterior wall",
    "track": "a needle track",
}


def list_heat_limits(
    filling: Filling,
    scene: HeatScene,
    start: FloatArray,
    found: Hardening,
    product: CementProduct,
) -> tuple[str, ...]:
    """Return what the heat of a filling leaves out, in sentences.

    Parameters
    ----------
    filling : Filling
    scene : HeatScene
        The filling among the tissues.
    start : (ni, nj, nk) float64 array
        Temperatures at the end of the injection, degrees C.
    found : Hardening
    product : CementProduct
    """
    notes = []
    leaked = {path: filling.leaked_mm3(path) for path in LEAK_PATHS}
    told = {path: volume for path, volume in leaked.items() if volume > LEAST_LEAK_MM3}
    lumps, lost = (
        ", ".join(
            f"{volume / 1000.0:.2f} ml by {_BY[path]}"
            for path, volume in told.items()
            if (path in LEAKED_INTO) is kept
        )
        for kept in (True, False)
    )
    if lumps:
        notes.append(
            f"Leaked cement ({lumps}) lies in this heat as a lump where it began to leave: its "
            "shape is not known, and spread thin it would heat less."
        )
    in_pores = filling.in_bone_mm3 - filling.in_ways_mm3
    placed = float(scene.cement.sum()) * float(np.prod(scene.spacing_mm)) - in_pores
    short = sum(leaked[path] for path in LEAKED_INTO) - placed
    if short > LEAST_LEAK_MM3:
        notes.append(
            f"{short / 1000.0:.2f} ml of leaked cement find no room in their disc or "
            "canal here and give off no heat."
        )
    if lost:
        notes.append(f"Cement that left the vertebra ({lost}) is not in this heat.")
    if "canal" not in scene.regions:
        notes.append("The canal lies beyond the box and stays at body temperature.")
    weight = scene.cement / scene.cement.sum()
    cured = float(found.degree_mean[0])
    early = cured * product.adiabatic_rise_c
    notes.append(
        f"At the end of the injection the cement is at {float((weight * start).sum()):.1f} °C in "
        f"the mean and {100.0 * cured:.1f} % cured; the heat of that first cure, at most "
        f"{early:.1f} °C, is left out."
    )
    if found.set_s is None:
        notes.append(f"The cement was not set after {found.times_s[-1] / 60.0:.0f} min.")
    return tuple(notes)
