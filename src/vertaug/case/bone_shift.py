"""How the bone of a vertebra, and what lies about it, was moved."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError
from vertaug.case.grid import FloatArray, Grid, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RigidMotion:
    """A turn about a point, then a shift.

    Attributes
    ----------
    centre_lps_mm : (3,) float64 array
    turn : (3, 3) float64 array
        Rotation in LPS.
    shift_mm : (3,) float64 array
        In LPS.
    """

    centre_lps_mm: FloatArray
    turn: FloatArray
    shift_mm: FloatArray

    def origin_of(self, places_lps_mm: FloatArray) -> FloatArray:
        """Return where what is at places (..., 3) now has come from."""
        back = places_lps_mm - self.centre_lps_mm - self.shift_mm
        return np.asarray(self.centre_lps_mm + back @ self.turn)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoneShift:
    """Displacements of bone on a grid; beyond its outermost voxels nothing has moved.

    Attributes
    ----------
    grid : Grid
    went_mm : (ni, nj, nk, 3) float32 array
        How far the bone that was in a voxel has gone, in LPS; beside bone, that of the nearest.
    came_mm : (ni, nj, nk, 3) float32 array
        How far what is in a voxel now has come, in LPS, bone or not.
    above : RigidMotion or None
        Of the level above, with the outer face of the disc between; None where it is held.
    """

    grid: Grid
    went_mm: NDArray[np.float32]
    came_mm: NDArray[np.float32]
    above: RigidMotion | None = None

    def __post_init__(self) -> None:
        for name in ("went_mm", "came_mm"):
            value = read_only(getattr(self, name), np.float32)
            if value.shape != (*self.grid.shape, 3):
                message = f"{name} of {self.grid.shape} voxels has shape {value.shape}"
                raise GeometryError(message)
            object.__setattr__(self, name, value)
