"""Cells of a box through which liquids flow: porous, sealed, or outside."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OUTSIDE, POROUS, SEALED = 0, 1, 2
"""Of a cell: at pressure 0, taking what comes; permeable; without flow."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlowCells:
    """What each cell of a box is.

    Attributes
    ----------
    region : (ni, nj, nk) uint8 array
        OUTSIDE, POROUS or SEALED.
    spacing_mm : (3,) float64 array
        Size of a cell.
    ratios : (3,) float64 array
        Permeability along each axis over the scalar one of a cell.
    """

    region: NDArray[np.uint8]
    spacing_mm: NDArray[np.float64]
    ratios: NDArray[np.float64]
