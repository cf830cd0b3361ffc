"""A hollow sphere that yields under internal pressure, with the exact answer.

R. Hill, The Mathematical Theory of Plasticity, Oxford 1950, chapter V.2: elastic, then perfectly
plastic; Tresca's and von Mises's conditions are the same here, as two stresses are equal.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.verification.elasticity import Isotropic


@dataclass(frozen=True, slots=True, kw_only=True)
class PlasticSphere:
    """A hollow sphere of a material that yields at one stress.

    Attributes
    ----------
    material : Isotropic
    strength_mpa : float
        Yield stress in tension and compression.
    inner_mm, outer_mm : float
    """

    material: Isotropic
    strength_mpa: float
    inner_mm: float
    outer_mm: float

    @property
    def first_yield_mpa(self) -> float:
        """Pressure at which the inner surface begins to yield."""
        return self.pressure_mpa(self.inner_mm)

    @property
    def collapse_mpa(self) -> float:
        """Pressure at which the whole wall yields: 2 Y ln(b / a)."""
        return self.pressure_mpa(self.outer_mm)

    def pressure_mpa(self, plastic_mm: float) -> float:
        """Return the pressure at which the wall has yielded up to a radius."""
        logarithm = np.log(plastic_mm / self.inner_mm)
        rest = (1.0 - (plastic_mm / self.outer_mm) ** 3) / 3.0
        return float(2.0 * self.strength_mpa * (logarithm + rest))

    def plastic_mm(self, pressure_mpa: float) -> float:
        """Return the radius up to which the wall has yielded.

        Raises
        ------
        InputError
            If the pressure makes nothing yield, or the whole wall.
        """
        if not self.first_yield_mpa <= pressure_mpa < self.collapse_mpa:
            message = (
                f"this sphere yields in part from {self.first_yield_mpa:.4g} to "
                f"{self.collapse_mpa:.4g} MPa; got {pressure_mpa:.4g} MPa"
            )
            raise InputError(message)
        low, high = self.inner_mm, self.outer_mm
        # the pressure grows with the radius: 60 halvings are beyond double precision
        for _ in range(60):
            middle = (low + high) / 2.0
            low, high = (
                (middle, high) if self.pressure_mpa(middle) < pressure_mpa else (low, middle)
            )
        return (low + high) / 2.0

    def stresses_mpa(
        self, radius_mm: ArrayLike, pressure_mpa: float
    ) -> tuple[FloatArray, FloatArray]:
        """Return the radial stress and that around."""
        r, c = np.asarray(radius_mm, dtype=np.float64), self.plastic_mm(pressure_mpa)
        y, b = self.strength_mpa, self.outer_mm
        elastic = 2.0 * y * (c / b) ** 3 / 3.0
        inside = r < c
        yielded = -2.0 * y * np.log(c / r) - 2.0 * y * (1.0 - (c / b) ** 3) / 3.0
        radial = np.where(inside, yielded, elastic * (1.0 - (b / r) ** 3))
        around = np.where(inside, yielded + y, elastic * (1.0 + (b / r) ** 3 / 2.0))
        return radial, around

    def exact(self, radius_mm: ArrayLike, pressure_mpa: float) -> FloatArray:
        """Return the displacement outward in mm, for small strains.

        The plastic strain keeps its volume, so the displacement follows from the mean stress
        alone.
        """
        r, c = np.asarray(radius_mm, dtype=np.float64), self.plastic_mm(pressure_mpa)
        nu, b = self.material.poisson, self.outer_mm
        share = (c / b) ** 3
        elastic = 2.0 * share / 3.0 * ((1.0 - 2.0 * nu) + (1.0 + nu) * (b / r) ** 3 / 2.0)
        volume = 2.0 * (1.0 - 2.0 * nu) * (1.0 + 3.0 * np.log(c / r) - share) / 3.0
        yielded = (1.0 - nu) * (c / r) ** 3 - volume
        factor = self.strength_mpa / self.material.modulus_mpa
        return np.asarray(factor * r * np.where(r < c, yielded, elastic))
