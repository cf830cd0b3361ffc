"""How far stiffness and failure load depend on the uncertainty of the density."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from vertaug.case.density import DensityCalibration
from vertaug.case.errors import ComputationError
from vertaug.case.strength import DensitySensitivity
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.failure import failure_loads, main_definition
from vertaug.mechanics.model import VertebraModel
from vertaug.mechanics.plastic import NewtonLimits, PlasticResult, crush
from vertaug.mechanics.plastic_body import YieldSurface

_ROUGHLY = NewtonLimits(tolerance=1e-3)
"""A tenth of the closeness of the failure load itself: what is asked for differs by tens of
percent."""


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
    surface: YieldSurface | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> DensitySensitivity:
    """Compute again with the densities one standard uncertainty lower and higher.

    Parameters
    ----------
    build : callable
        Makes the model of a calibration.
    calibration : DensityCalibration
    density_mg_per_ml : float
        Mean of the body.
    surface : YieldSurface, optional
        Crush as well; None gives the linear failure load. Where crushing fails at either density,
        the linear load is given for both, and its name says so.
    progress : callable, optional
        Takes (message, share done, 0 to 1).

    Raises
    ------
    ComputationError
        If a linear solution did not converge.
    """
    models = [build(shift_density(calibration, density_mg_per_ml, sign)) for sign in (-1.0, 1.0)]
    pressed = [solve_elastic(model) for model in models]
    crushed: list[PlasticResult | None] = [None, None]
    if surface is not None:
        # the state itself was computed: a lack here must not hide it
        with suppress(ComputationError):
            crushed = [
                crush(model, surface, limits=_ROUGHLY, progress=_part(progress, number))
                for number, model in enumerate(models)
            ]
    loads = [
        failure_loads(elastic, model.height_mm, plastic)
        for elastic, model, plastic in zip(pressed, models, crushed, strict=True)
    ]
    name = main_definition(loads[0]).name
    low, high = (next(x.force_n for x in found if x.name == name) or 0.0 for found in loads)
    return DensitySensitivity(
        density_mg_per_ml=density_mg_per_ml,
        uncertainty_mg_per_ml=calibration.uncertainty(density_mg_per_ml),
        stiffness_n_per_mm=(pressed[0].stiffness, pressed[1].stiffness),
        failure_load_n=(low, high),
        definition=name,
    )


def _part(
    progress: Callable[[str, float], None] | None, number: int
) -> Callable[[str, float], None] | None:
    """Return the progress of the lower (0) or higher (1) density as part of that of both."""
    if progress is None:
        return None
    which = ("lower", "higher")[number]
    return lambda message, share: progress(f"{which} density: {message}", 0.5 * (number + share))
