"""Permeability below what CT resolves: a log-normal field of mean 1 with its seed."""

from dataclasses import dataclass

import numpy as np

from vertaug.anatomy.vertebra_grid import average_over_voxels
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray, Grid, axis_aligned_grid
from vertaug.case.spine import VertebraFrame

_STEP_MM = 1.0
_HALF_WIDTH_MM = 56.0
"""The field spans more than a vertebra and repeats beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """Spread of permeability between places of the same density.

    Attributes
    ----------
    sigma : float
        Standard deviation of the logarithm at a point, 0 for none. 1 to 1.5 makes lobed cement as
        in clinical pictures (methods reference, cement flow); a modelling choice, not measured:
        Baroud 2004 found density a weak predictor, with a spread of 38 % between cores of some
        centimetres. Uncertain.
    correlation_mm : float
        Distance over which the logarithm stays alike, 2 to 4 mm (as above, uncertain).
    """

    sigma: float = 1.2
    correlation_mm: float = 3.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.sigma <= 3.0:
            message = f"sigma of the permeability must lie in 0 to 3; got {self.sigma:g}"
            raise InputError(message)
        if not 2.0 <= self.correlation_mm <= 20.0:
            message = (
                "the correlation length of the permeability must lie in 2 to 20 mm; got "
                f"{self.correlation_mm:g} mm"
            )
            raise InputError(message)


def draw_heterogeneity(
    setting: Heterogeneity, frame: VertebraFrame, grid: Grid, rng: np.random.Generator
) -> FloatArray:
    """Return factors of permeability, expected value 1, on a grid.

    ``exp(sigma f - sigma^2 / 2)`` with a Gaussian field f of mean 0, variance 1 and correlation
    ``exp(-(d / correlation)^2)``. The field is drawn on a lattice of the vertebra frame, whatever
    the grid, so the same generator gives the same bone at any spacing; a cell takes the mean over
    its volume.

    Parameters
    ----------
    setting : Heterogeneity
    frame : VertebraFrame
    grid : Grid
    rng : numpy Generator
    """
    from scipy.ndimage import gaussian_filter

    half = int(_HALF_WIDTH_MM / _STEP_MM)
    n = 2 * half
    noise = rng.standard_normal((n, n, n))
    if setting.sigma == 0.0:
        return np.ones(grid.shape)
    # noise smoothed by s is correlated over 2 s
    field = gaussian_filter(noise, 0.5 * setting.correlation_mm / _STEP_MM, mode="wrap")
    field -= field.mean()
    field /= field.std()
    factor = np.exp(setting.sigma * field - 0.5 * setting.sigma**2)
    corner = frame.to_world(np.full(3, -half * _STEP_MM))
    lattice = axis_aligned_grid(corner, frame.axes, _STEP_MM, (n, n, n))
    parts = [int(np.ceil(s / _STEP_MM * 2.0)) for s in grid.spacing_mm]
    return average_over_voxels(factor, lattice, grid, parts)
