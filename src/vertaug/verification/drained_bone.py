"""Bone drained by a vein: the exact pressure around it beside that of cells with links to it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.numerics.darcy_multigrid import DarcySolver
from vertaug.numerics.flow_cells import POROUS, SEALED, FlowCells

_LAYERS = 4
_LOOKED_AT_MM = (5.0, 8.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainedBone:
    """A round bar of bone, fed evenly at its surface, with a vein along its axis.

    Nothing resists in the vein: at the distance r from its axis the pressure is
    ``q eta ln(r / R) / (2 pi k)`` for a flow q per length into a vein of radius R.

    Attributes
    ----------
    diameter_mm : float
        Of the vein.
    outer_mm : float
        Radius of the bar.
    permeability_mm2, viscosity_mpa_s : float
    """

    diameter_mm: float
    outer_mm: float = 10.0
    permeability_mm2: float = 3.44e-2
    viscosity_mpa_s: float = 1e-7

    def pressure_mpa(self, distance_mm: FloatArray, flow_mm2_per_s: float) -> FloatArray:
        """Return the exact pressure at distances from the axis."""
        resistance = self.viscosity_mpa_s / (2.0 * np.pi * self.permeability_mm2)
        drop = np.log(2.0 * distance_mm / self.diameter_mm)
        return np.asarray(flow_mm2_per_s * resistance * drop)

    def place(self, spacing_mm: float, offset: tuple[float, float]) -> "PlacedDrain":
        """Return the problem on cells.

        Parameters
        ----------
        spacing_mm : float
        offset : (float, float)
            Of the axis from the middle of a cell, in cells.
        """
        half = int(np.ceil(self.outer_mm / spacing_mm)) + 1
        axis = spacing_mm * (half + np.asarray(offset, dtype=np.float64))
        steps = spacing_mm * np.indices((2 * half + 1, 2 * half + 1)) - axis[:, None, None]
        distance = np.hypot(*steps)[..., None].repeat(_LAYERS, axis=2)
        return PlacedDrain(problem=self, spacing_mm=spacing_mm, axis_mm=axis, distance_mm=distance)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlacedDrain:
    """Drained bone on cells.

    Attributes
    ----------
    problem : DrainedBone
    spacing_mm : float
    axis_mm : (2,) float64 array
        Place of the vein; the middle of the first cell is at 0.
    distance_mm : (ni, ni, 4) float64 array
        Of the middle of each cell from the axis.
    """

    problem: DrainedBone
    spacing_mm: float
    axis_mm: FloatArray
    distance_mm: FloatArray

    @property
    def length_mm(self) -> float:
        """Of the bar."""
        return _LAYERS * self.spacing_mm

    def pressure_ratio(self, cell: NDArray[np.int64], conductance_mm3: FloatArray) -> float:
        """Return the pressure in cells 5 to 8 mm from the vein over the exact one.

        Parameters
        ----------
        cell : (n, 3) int64 array
        conductance_mm3 : (n,) float64 array
            Of the links to the vein, times viscosity.
        """
        p, distance = self.problem, self.distance_mm
        bone = distance < p.outer_mm
        region = np.where(bone, POROUS, SEALED).astype(np.uint8)
        cells = FlowCells(region=region, spacing_mm=np.full(3, self.spacing_mm), ratios=np.ones(3))
        rim = bone & (distance > p.outer_mm - self.spacing_mm)
        source = np.where(rim, self.length_mm / rim.sum(), 0.0)
        mobility = np.full(distance.shape, p.permeability_mm2 / p.viscosity_mpa_s)
        links = np.zeros(distance.shape)
        np.add.at(links, tuple(cell.T), conductance_mm3 / p.viscosity_mpa_s)
        found = DarcySolver(cells).solve(mobility, source, links=links).pressure_mpa
        seen = (distance > _LOOKED_AT_MM[0]) & (distance < _LOOKED_AT_MM[1])
        return float(np.mean(found[seen] / p.pressure_mpa(distance[seen], 1.0)))
