"""How stiff and how strong crushable bone is at its present density."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.tissue.bone_law import (
    KOPPERDAHL_2002_MODULUS,
    KOPPERDAHL_2002_STRENGTH,
    DensityKind,
    convert_density,
)
from vertaug.tissue.porosity import TISSUE_DENSITY

FOAM_SHAPE = 2.25
"""``a^2`` of a foam that crushes with a plastic Poisson ratio of 0.2; 0 for von Mises."""
DENSEST_G_PER_ML = 0.001 * float(
    convert_density(TISSUE_DENSITY.value, DensityKind.APPARENT, DensityKind.K2HPO4)
)
"""K2HPO4-equivalent, of bone without pores: the laws are taken no further."""


def foam_shape(plastic_poisson: float) -> float:
    """Return ``a^2 = 9 (1 - 2 nu) / (2 (1 + nu))`` of a plastic Poisson ratio.

    Deshpande and Fleck, J Mech Phys Solids 2000;48:1253.
    """
    return 4.5 * (1.0 - 2.0 * plastic_poisson) / (1.0 + plastic_poisson)


@dataclass(frozen=True, slots=True, kw_only=True)
class Softening:
    """How bone loses strength when it is crushed, before it is compacted.

    The strength of the density falls in a straight line with the equivalent plastic strain, from
    all of it to a share that is left.

    Attributes
    ----------
    residual : float
        The share that is left, above 0 and at most 1.
    strain : float
        Equivalent plastic strain at which it is reached.
    """

    residual: float
    strain: float

    def __post_init__(self) -> None:
        if not 0.0 < self.residual <= 1.0:
            message = "the share of the strength that is left is expected above 0 and at most 1; "
            message += f"got {self.residual:g}"
            raise InputError(message)
        if not self.strain > 0.0:
            message = f"bone softens over a plastic strain above 0; got {self.strain:g}"
            raise InputError(message)

    def share(self, flow: FloatArray) -> FloatArray:
        """Return the share of the strength at an equivalent plastic strain."""
        gone = np.clip(flow / self.strain, 0.0, 1.0)
        return np.asarray(1.0 - (1.0 - self.residual) * gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoamLaw:
    """Modulus and uniaxial strength by density, and the shape of the yield surface.

    Attributes
    ----------
    modulus_mpa, strength_mpa : callable
        Take and return an array; density in g/ml.
    shape : float
        ``a^2`` of the ellipse.
    softening : Softening or None
        None where strength follows the density alone.
    contact_fall : float
        How fast broken bone loses contact as it opens, see `contact`; 0 for never.
    """

    modulus_mpa: Callable[[FloatArray], FloatArray]
    strength_mpa: Callable[[FloatArray], FloatArray]
    shape: float = FOAM_SHAPE
    softening: Softening | None = None
    contact_fall: float = 0.0

    def softened_mpa(self, density_g_per_ml: FloatArray, flow: FloatArray) -> FloatArray:
        """Return the strength of bone that has flowed.

        Parameters
        ----------
        density_g_per_ml, flow : arrays of one shape
            Equivalent plastic strain.
        """
        strength = self.strength_mpa(density_g_per_ml)
        return strength if self.softening is None else strength * self.softening.share(flow)

    def contact(self, opened: FloatArray, broken: FloatArray) -> FloatArray:
        """Return the share of its strength that bone has when it is broken and opens.

        Fragments that move apart lose contact, and gain it when they come together again: the
        strength falls exponentially with the logarithm of their room, as the modified Cam-clay
        ellipse shrinks where it dilates.

        Parameters
        ----------
        opened, broken : arrays of one shape
            Logarithm of the room by that at first; 0 for whole, 1 for all broken.
        """
        lost = 1.0 - np.exp(-self.contact_fall * np.maximum(opened, 0.0))
        return np.asarray(1.0 - broken * lost)

    def apart_mpa(self, strength_mpa: FloatArray, broken: FloatArray) -> FloatArray:
        """Return by how much the yield surface of broken bone is moved toward compression.

        Of bone that is all broken so far that it bears no tension and no shear without
        compression, and 0.89 of the strength in uniaxial compression: the ellipse goes through
        the origin, as in the modified Cam-clay law of soils (Roscoe and Burland 1968).

        Parameters
        ----------
        strength_mpa, broken : arrays of one shape
            Uniaxial strength of whole bone; 0 for whole, 1 for all broken.

        Raises
        ------
        InputError
            If bone is broken in a law without a limit of the mean stress.
        """
        if self.shape <= 0.0:
            if broken.any():
                message = "broken bone needs a foam: von Mises' surface bears any mean stress"
                raise InputError(message)
            return np.zeros_like(strength_mpa)
        return np.asarray(broken * strength_mpa * np.sqrt((1.0 + self.shape / 9.0) / self.shape))


def vertebral_foam(
    strength_share: float, softening: Softening | None = None, contact_fall: float = 0.0
) -> FoamLaw:
    """Return the law of human vertebral cancellous bone.

    The default laws of uniaxial compression (`tissue.bone_law`, Kopperdahl 2002), at the present
    density, so that bone that is compacted grows stiffer and stronger. The density is
    K2HPO4-equivalent, and what the points carry is so much of it; beyond 200 mg/ml the laws are
    extrapolated.

    Parameters
    ----------
    strength_share : float
        Of that strength: what a balloon meets is off the axis, from all sides and beyond the
        peak. A calibration.
    softening : Softening, optional
    contact_fall : float
        As in `FoamLaw`.
    """
    return FoamLaw(
        contact_fall=contact_fall,
        softening=softening,
        modulus_mpa=lambda rho: KOPPERDAHL_2002_MODULUS.evaluate(1000.0 * rho),
        strength_mpa=lambda rho: strength_share * KOPPERDAHL_2002_STRENGTH.evaluate(1000.0 * rho),
    )
