"""How stiff and how strong crushable bone is at its present density."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vertaug.case.grid import FloatArray

FOAM_SHAPE = 2.25
"""``a^2`` of a foam that crushes with a plastic Poisson ratio of 0.2; 0 for von Mises."""
POISSON = 0.3
DENSEST_G_PER_ML = 1.9


def foam_shape(plastic_poisson: float) -> float:
    """Return ``a^2 = 9 (1 - 2 nu) / (2 (1 + nu))`` of a plastic Poisson ratio.

    Deshpande and Fleck, J Mech Phys Solids 2000;48:1253.
    """
    return 4.5 * (1.0 - 2.0 * plastic_poisson) / (1.0 + plastic_poisson)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoamLaw:
    """Modulus and uniaxial strength by apparent density, and the shape of the yield surface.

    Attributes
    ----------
    modulus_mpa, strength_mpa : callable
        Take and return an array; density in g/ml.
    shape : float
        ``a^2`` of the ellipse.
    """

    modulus_mpa: Callable[[FloatArray], FloatArray]
    strength_mpa: Callable[[FloatArray], FloatArray]
    shape: float = FOAM_SHAPE


def vertebral_foam(strength_share: float) -> FoamLaw:
    """Return the law of human vertebral cancellous bone.

    Modulus ``2980 rho^1.05`` and strength ``37.4 rho^1.39`` of uniaxial compression (Kopperdahl
    and Keaveny, J Biomech 1998;31:601), of the present density, so that bone that is compacted
    grows stiffer and stronger.

    Parameters
    ----------
    strength_share : float
        Of that strength: what a balloon meets is off the axis, from all sides and beyond the
        peak. A calibration.
    """
    return FoamLaw(
        modulus_mpa=lambda rho: 2980.0 * np.maximum(rho, 1e-3) ** 1.05,
        strength_mpa=lambda rho: strength_share * 37.4 * np.maximum(rho, 1e-3) ** 1.39,
    )
