"""Stiffness, linear failure load and axial rigidity of an intact vertebra: a second or two."""

from vertaug.case.density import DensityCalibration
from vertaug.case.errors import InputError
from vertaug.case.spine import Vertebra
from vertaug.case.strength_neighbour import IntactNeighbour
from vertaug.mechanics.caps import model_from_vertebra
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.rigidity import (
    failure_load,
    measure_axial_rigidity,
    strength_by_rigidity,
)


def measure_neighbour(
    vertebra: Vertebra, calibration: DensityCalibration, spacing_mm: float
) -> IntactNeighbour:
    """Return what needs no crushing of an intact vertebra, by the law of bone of `comparison`.

    Parameters
    ----------
    vertebra : Vertebra
        Complete.
    calibration : DensityCalibration
    spacing_mm : float
        Of the voxels.

    Raises
    ------
    InputError
        If no model can be made of it.
    ComputationError
        If the solution did not converge.
    """
    model = model_from_vertebra(vertebra, calibration, spacing_mm=spacing_mm)
    stiffness = solve_elastic(model).stiffness
    try:
        rigid = strength_by_rigidity(measure_axial_rigidity(model))
    except InputError:  # caps reach into every layer
        rigid = None
    return IntactNeighbour(
        level=vertebra.level,
        height_mm=model.height_mm,
        stiffness_n_per_mm=stiffness,
        linear_load_n=failure_load(stiffness, model.height_mm),
        rigidity_load_n=rigid,
    )
