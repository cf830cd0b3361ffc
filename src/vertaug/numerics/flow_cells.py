"""Cells through which a liquid seeps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OUTSIDE, POROUS, SEALED = 0, 1, 2
"""Pressure 0, takes what comes; lets liquid through; lets none through."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlowCells:
    """What each cell of a box is.

    What lies beyond the box is sealed: an outlet has to be a cell of it.

    Attributes
    ----------
    region : (ni, nj, nk) uint8 array
        `OUTSIDE`, `POROUS` or `SEALED`.
    spacing_mm : (3,) float64 array
        Edges of a cell.
    ratios : (3,) float64 array
        Permeability along each axis relative to the one that a mobility is given with.
    """

    region: NDArray[np.uint8]
    spacing_mm: NDArray[np.float64]
    ratios: NDArray[np.float64]

    def __post_init__(self) -> None:
        region = np.ascontiguousarray(self.region, dtype=np.uint8).view()
        if region.ndim != 3 or region.size == 0 or region.max() > SEALED:
            message = (
                "a region is a box of cells that are 0 (outside), 1 (porous) or 2 (sealed); got "
                f"shape {region.shape} with values up to {region.max(initial=0)}"
            )
            raise ValueError(message)
        region.flags.writeable = False
        object.__setattr__(self, "region", region)
        for name in ("spacing_mm", "ratios"):
            values = np.array(getattr(self, name), dtype=np.float64)
            if values.shape != (3,) or not np.all(np.isfinite(values) & (values > 0.0)):
                message = f"{name} has to be three positive numbers; got {values}"
                raise ValueError(message)
            values.flags.writeable = False
            object.__setattr__(self, name, values)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of cells along each axis."""
        a, b, c = self.region.shape
        return a, b, c

    @property
    def volume_mm3(self) -> float:
        """Volume of a cell."""
        return float(self.spacing_mm.prod())

    @property
    def areas_mm2(self) -> NDArray[np.float64]:
        """Area of a face across each axis, shape (3,)."""
        return np.asarray(self.volume_mm3 / self.spacing_mm)

    @property
    def shares_mm(self) -> NDArray[np.float64]:
        """Conductance between two neighbours of mobility 1 along each axis, shape (3,)."""
        return np.asarray(self.ratios * self.areas_mm2 / self.spacing_mm)
