"""A spherical cavity that is inflated in a large body, with the exact answers.

Elastic wall: Lame. Limit pressure of perfectly plastic matter: R. Hill, The Mathematical Theory of
Plasticity, Oxford 1950, chapter V.4 (expansion from zero radius, compressible form with Poisson's
ratio as in the physics reference). Compacted shell: the solid that the cavity has displaced.
"""

from dataclasses import dataclass

import numpy as np

from vertaug.case.errors import InputError
from vertaug.verification.elasticity import Isotropic


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpandingCavity:
    """A spherical cavity in a body without end.

    Attributes
    ----------
    material : Isotropic
    strength_mpa : float
        Yield stress in tension and compression.
    """

    material: Isotropic
    strength_mpa: float

    def __post_init__(self) -> None:
        most = self.material.modulus_mpa / (3.0 * (1.0 - self.material.poisson))
        if not 0.0 < self.strength_mpa < most:
            message = f"the strength must lie between 0 and {most:.3g} MPa; got {self.strength_mpa}"
            raise InputError(message)

    def wall_mm(self, pressure_mpa: float, radius_mm: float) -> float:
        """Return how far the wall moves before anything yields, ``p a / (4 G)``."""
        return pressure_mpa * radius_mm / (4.0 * self.material.shear_mpa)

    @property
    def limit_mpa(self) -> float:
        """Pressure at which the cavity grows on and on."""
        young, poisson = self.material.modulus_mpa, self.material.poisson
        ratio = young / (3.0 * (1.0 - poisson) * self.strength_mpa)
        return 2.0 / 3.0 * self.strength_mpa * (1.0 + float(np.log(ratio)))

    def pressure_mpa(self, radius_mm: float, first_mm: float) -> float:
        """Return the pressure that a cavity of a first radius has when it has grown far.

        The yielded zone reaches as far as the matter that was pushed out asks for:
        ``c^3 = (a^3 - a0^3) E / (3 (1 - nu) Y)``, and ``p = 2 Y / 3 (1 + 3 ln(c / a))``.

        Raises
        ------
        InputError
            If it has not grown.
        """
        if not radius_mm > first_mm >= 0.0:
            message = f"a cavity that grows from {first_mm} mm is wider; got {radius_mm} mm"
            raise InputError(message)
        part = 1.0 - (first_mm / radius_mm) ** 3
        return self.limit_mpa + 2.0 / 3.0 * self.strength_mpa * float(np.log(part))


def compacted_radius_mm(radius_mm: float, densest: float, hole_mm: float = 0.0) -> float:
    """Return how far porous matter is compacted around a sphere.

    Parameters
    ----------
    radius_mm : float
        Of the sphere.
    densest : float
        Of the compacted matter, relative to its density before; above 1.
    hole_mm : float
        Radius of the hole from which the sphere grew, out of which nothing was pushed.

    Raises
    ------
    InputError
        If the matter cannot be compacted.
    """
    if not densest > 1.0:
        message = f"compacted matter is denser than before; got {densest} times the density"
        raise InputError(message)
    return float(((radius_mm**3 * densest - hole_mm**3) / (densest - 1.0)) ** (1.0 / 3.0))
