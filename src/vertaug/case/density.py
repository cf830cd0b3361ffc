"""How Hounsfield units become K2HPO4-equivalent density."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.grid import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityCalibration:
    """A law ``density = intercept + slope * HU + quadratic * HU**2``.

    Attributes
    ----------
    slope_mg_per_ml_per_hu, intercept_mg_per_ml : float
        The law, K2HPO4-equivalent.
    relative_uncertainty : float
        Standard uncertainty of a density as a share of it.
    offset_uncertainty_mg_per_ml : float
        Standard uncertainty that does not scale with density.
    method : str
        ``generic``, ``phantom`` or ``phantomless``.
    description : str
        How it was made, in words for the report, with the source.
    effective_energy_kev : float or None
        Found by the phantomless fit.
    r_squared : float or None
        Of the fit, where there was one.
    quadratic_mg_per_ml_per_hu2 : float
        Curvature of the law; 0 for the linear laws (generic, phantom).
    """

    slope_mg_per_ml_per_hu: float
    intercept_mg_per_ml: float
    relative_uncertainty: float
    offset_uncertainty_mg_per_ml: float
    method: str
    description: str
    effective_energy_kev: float | None = None
    r_squared: float | None = None
    quadratic_mg_per_ml_per_hu2: float = 0.0

    def to_density(self, hu: ArrayLike) -> FloatArray:
        """Return the density in mg/ml for Hounsfield units of any shape."""
        values = np.asarray(hu, dtype=np.float64)
        slope = self.slope_mg_per_ml_per_hu + self.quadratic_mg_per_ml_per_hu2 * values
        return np.asarray(slope * values + self.intercept_mg_per_ml)

    def uncertainty(self, density_mg_per_ml: float) -> float:
        """Return the standard uncertainty in mg/ml of a density."""
        relative = self.relative_uncertainty * density_mg_per_ml
        return float(np.hypot(relative, self.offset_uncertainty_mg_per_ml))
