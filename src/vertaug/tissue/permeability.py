"""From porosity to the permeability of cancellous bone, and the viscosity of its marrow.

Physics reference 4.1. Permeabilities in mm2 (1 m2 = 1e6 mm2), viscosities in MPa s.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.case.source_status import SourceStatus
from vertaug.tissue.cited_value import CitedValue

MARROW_VISCOSITY = CitedValue(
    value=9.3e-8,
    low=4.4e-8,
    high=14.2e-8,
    unit="MPa s",
    source="human yellow marrow, 44-142 mPa s, N = 19 (Biorheology 2011;48:89); middle taken",
    status=SourceStatus.VERIFIED,
)


def specific_surface(porosity: ArrayLike) -> FloatArray:
    """Return the surface of trabeculae per bulk volume in 1/mm.

    ``32.3 f - 93.9 f^2 + 134 f^3 - 101 f^4 + 28.8 f^5`` with the porosity f: Martin, Crit Rev
    Biomed Eng 1984;10:179 (recalled, as in the physics reference 4.1).

    Parameters
    ----------
    porosity : array-like of any shape
    """
    f = np.asarray(porosity, dtype=np.float64)
    return np.asarray(f * (32.3 + f * (-93.9 + f * (134.0 + f * (-101.0 + f * 28.8)))))


def kozeny_carman(porosity: ArrayLike) -> FloatArray:
    """Return ``f^3 / (5 S^2)`` in mm2 with the specific surface S of Martin.

    Parameters
    ----------
    porosity : array-like of any shape
    """
    f = np.asarray(porosity, dtype=np.float64)
    return np.asarray(f**3 / (5.0 * specific_surface(f) ** 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class PermeabilityLaw:
    """Kozeny-Carman by porosity, scaled to a measured permeability.

    Attributes
    ----------
    name : str
    reference_porosity : float
        Where the law takes the measured value.
    transverse_mm2, superior_mm2 : float
        Measured at that porosity across (front to back; left to right is taken as the same) and
        along the superior axis.
    source : str
    status : SourceStatus
    """

    name: str
    reference_porosity: float
    transverse_mm2: float
    superior_mm2: float
    source: str
    status: SourceStatus

    def __post_init__(self) -> None:
        if not (self.transverse_mm2 > 0.0 and self.superior_mm2 > 0.0):
            message = (
                f"permeabilities must be above 0; got {self.transverse_mm2:g} and "
                f"{self.superior_mm2:g} mm2"
            )
            raise InputError(message)

    @property
    def ratios(self) -> FloatArray:
        """Permeability along left, posterior, superior over the transverse one, shape (3,)."""
        return np.array([1.0, 1.0, self.superior_mm2 / self.transverse_mm2])

    def evaluate(self, porosity: ArrayLike) -> FloatArray:
        """Return the transverse permeability in mm2.

        Parameters
        ----------
        porosity : array-like of any shape
            In (0, 1).
        """
        scale = self.transverse_mm2 / kozeny_carman(self.reference_porosity)
        return np.asarray(scale * kozeny_carman(porosity))


BAROUD_2004 = PermeabilityLaw(
    name="Baroud 2004",
    reference_porosity=0.85,
    transverse_mm2=3.44e-2,
    superior_mm2=4.45e-2,
    source="human lumbar cores, silicone oil, 3.44e-8 (front to back) and 4.45e-8 m2 (superior): "
    "Baroud et al., J Biomech 2004;37:189 (verified); taken at a porosity of 0.85 and continued by "
    "Kozeny-Carman with Martin's specific surface (computed)",
    status=SourceStatus.VERIFIED,
)
"""The default. The cores' own spread is 38 %; their density explained little of it."""
NAUMAN_1999 = PermeabilityLaw(
    name="Nauman 1999",
    reference_porosity=0.85,
    transverse_mm2=3.44e-2 / 10.0**0.5,
    superior_mm2=2.05 * 3.44e-2 / 10.0**0.5,
    source="lower envelope: Baroud's transverse value over 3.2, the middle of a published "
    "factor of 2 to 5; anisotropy 2.05 of vertebral cores (Nauman, Fong, Keaveny, Ann "
    "Biomed Eng 1999;27:517, verified)",
    status=SourceStatus.UNCERTAIN,
)
PERMEABILITY_LAWS: tuple[PermeabilityLaw, ...] = (BAROUD_2004, NAUMAN_1999)
