"""How far stiffness and failure load depend on the uncertainty of the density."""

from collections.abc import Callable
from dataclasses import replace

from vertaug.case.density import DensityCalibration
from vertaug.case.strength import DensitySensitivity
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.failure import LINEAR, linear_failure
from vertaug.mechanics.model import VertebraModel


def shift_density(
    calibration: DensityCalibration, density_mg_per_ml: float, uncertainties: float
) -> DensityCalibration:
    """Return a calibration moved by standard uncertainties at a density.

    Slope and offset are moved in the direction in which their independent errors together make
    the error of that density.

    Parameters
    ----------
    calibration : DensityCalibration
    density_mg_per_ml : float
        Where the change is that many standard uncertainties exactly.
    uncertainties : float
        How many, with sign.
    """
    total = calibration.uncertainty(density_mg_per_ml)
    if total == 0.0:
        return calibration
    relative, offset = calibration.relative_uncertainty, calibration.offset_uncertainty_mg_per_ml
    factor = 1.0 + uncertainties * relative * relative * density_mg_per_ml / total
    return replace(
        calibration,
        slope_mg_per_ml_per_hu=factor * calibration.slope_mg_per_ml_per_hu,
        quadratic_mg_per_ml_per_hu2=factor * calibration.quadratic_mg_per_ml_per_hu2,
        intercept_mg_per_ml=factor * calibration.intercept_mg_per_ml
        + uncertainties * offset * offset / total,
    )


def measure_sensitivity(
    build: Callable[[DensityCalibration], VertebraModel],
    calibration: DensityCalibration,
    density_mg_per_ml: float,
) -> DensitySensitivity:
    """Solve again with the densities one standard uncertainty lower and higher, linearly.

    Parameters
    ----------
    build : callable
        Makes the model of a calibration.
    calibration : DensityCalibration
    density_mg_per_ml : float
        Mean of the body.

    Raises
    ------
    ComputationError
        If a solution did not converge.
    """
    models = [build(shift_density(calibration, density_mg_per_ml, sign)) for sign in (-1.0, 1.0)]
    low, high = (solve_elastic(model).stiffness for model in models)
    loads = [
        linear_failure(stiffness, model.height_mm).force_n or 0.0
        for stiffness, model in zip((low, high), models, strict=True)
    ]
    return DensitySensitivity(
        density_mg_per_ml=density_mg_per_ml,
        uncertainty_mg_per_ml=calibration.uncertainty(density_mg_per_ml),
        stiffness_n_per_mm=(low, high),
        failure_load_n=(loads[0], loads[1]),
        definition=LINEAR.name,
    )
