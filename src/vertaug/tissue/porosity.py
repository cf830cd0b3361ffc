"""From density to the share of a volume of bone that marrow fills.

``porosity = 1 - apparent / tissue`` with the apparent density by way of ash, each line with its
source (physics reference 1.1). All of the pore space counts as open: cancellous bone has no closed
pores.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.case.source_status import SourceStatus
from vertaug.tissue.bone_law import DensityKind, convert_density
from vertaug.tissue.cited_value import CitedValue

TISSUE_DENSITY = CitedValue(
    value=1900.0,
    low=1800.0,
    high=2000.0,
    unit="mg/ml",
    source="wet bone tissue without pores; methods reference, cement flow (range: textbook values)",
    status=SourceStatus.RECALLED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PorosityLaw:
    """How porosity follows from density.

    Attributes
    ----------
    tissue_density : CitedValue
        Wet mass of bone per volume of bone, mg/ml.
    least, most : float
        Limits. The conversion to ash leaves 3 % of bone where the density is 0 (its intercept),
        and the laws of permeability are not known above a porosity of 0.95 (design default).
    """

    tissue_density: CitedValue = TISSUE_DENSITY
    least: float = 0.05
    most: float = 0.95

    def __post_init__(self) -> None:
        if not 0.0 < self.least < self.most < 1.0:
            message = f"limits of porosity must rise within 0 and 1; got {self.least}, {self.most}"
            raise InputError(message)

    def evaluate(
        self, density_mg_per_ml: ArrayLike, kind: DensityKind = DensityKind.K2HPO4
    ) -> FloatArray:
        """Return the porosity of bone.

        ``ash = 1.06 rho + 38.9`` (Keyak 1994, verified), ``apparent = ash / 0.60`` (Schileo 2008,
        verified), ``porosity = 1 - apparent / 1900``; all in mg/ml.

        Parameters
        ----------
        density_mg_per_ml : array-like of any shape
        kind : DensityKind
            What the density counts.
        """
        apparent = convert_density(density_mg_per_ml, kind, DensityKind.APPARENT)
        share = 1.0 - apparent / self.tissue_density.value
        return np.asarray(np.clip(share, self.least, self.most))
