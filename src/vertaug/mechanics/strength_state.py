"""What one model bears: the same measures for a vertebra as scanned and with any cement."""

from collections.abc import Callable

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.strength import StrengthCurve, StrengthState
from vertaug.mechanics.cement_bone import CementBone, with_cement
from vertaug.mechanics.comparison_fields import Solved, keep_fields, where_yielded
from vertaug.mechanics.disc_load import measure_disc_load
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.failure import failure_loads, main_definition
from vertaug.mechanics.injected_cement import PlacedCement
from vertaug.mechanics.load_case import LoadCase, Motion
from vertaug.mechanics.load_transfer import (
    BodyParts,
    largest_asymmetry,
    measure_transfer,
    peak_energy,
    share_levels,
)
from vertaug.mechanics.model import VertebraModel
from vertaug.mechanics.plastic import PlasticResult, crush
from vertaug.mechanics.plastic_body import YieldSurface
from vertaug.mechanics.rigidity import FAILURE_STRAIN

_BENDING = (Motion.FLEXION, Motion.BEND_LEFT)


def fill_model(
    model: VertebraModel, cement: PlacedCement, law: CementBone
) -> tuple[VertebraModel, FloatArray]:
    """Return a model with cement, and the share of the marrow space that it fills where it counts.

    Parameters
    ----------
    model : VertebraModel
        Without cement.
    cement : PlacedCement
        In its voxels.
    law : CementBone
    """
    filled = with_cement(model, cement.share, law, cement.bone_share)
    return filled, np.where(filled.filler_mpa > model.filler_mpa, cement.share, 0.0)


def measure_state(
    model: VertebraModel,
    parts: BodyParts,
    share: FloatArray,
    surface: YieldSurface | None,
    tell: Callable[[str, float], None],
) -> StrengthState:
    """Return what a model bears.

    Parameters
    ----------
    model : VertebraModel
        Without or with cement.
    parts : BodyParts
        Of the same without cement.
    share : (ni, nj, nk) float64 array
        Of the marrow space that cement fills.
    surface : YieldSurface or None
        None leaves out the elastic-plastic curve.
    tell : callable
        Takes (message, fraction).

    Raises
    ------
    ComputationError
        If a solution did not converge.
    """
    tell("compression", 0.0)
    pressed = solve_elastic(model)
    bending = {}
    for number, motion in enumerate(_BENDING):
        tell(motion.value.replace("_", " "), 0.1 + 0.1 * number)
        bending[motion.value] = solve_elastic(model, LoadCase(motion=motion)).stiffness
    transfer = measure_transfer(pressed)
    plastic = None
    if surface is not None:
        plastic = crush(
            model,
            surface,
            bone=parts.shell | parts.core,
            progress=lambda message, done: tell(message, 0.3 + 0.7 * done),
        )
    loads = failure_loads(pressed, model.height_mm, plastic)
    scale = FAILURE_STRAIN * model.height_mm / pressed.load.displacement_mm
    return StrengthState(
        stiffness_n_per_mm=pressed.stiffness,
        bending_nmm_per_rad=bending,
        failure_loads=loads,
        main=main_definition(loads).name,
        curve=None if plastic is None else _curve(plastic),
        yielded={} if plastic is None else where_yielded(plastic, parts),
        levels=share_levels(transfer, parts, share > 0.0),
        asymmetry=largest_asymmetry(transfer, parts),
        peak_energy_mpa=peak_energy(transfer, parts, scale),
        field=keep_fields(
            model, Solved(pressed=pressed, transfer=transfer, scale=scale, plastic=plastic), share
        ),
        disc_load=measure_disc_load(model, parts.cap),
    )


def _curve(plastic: PlasticResult) -> StrengthCurve:
    return StrengthCurve(
        displacement_mm=plastic.displacement_mm,
        force_n=plastic.force_n,
        yielded=plastic.yielded,
        yielded_bone=plastic.yielded_bone,
    )
