"""More problems of flow through porous bone: a smooth pressure, and a wavy front."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.numerics.darcy_multigrid import DarcySolver
from vertaug.numerics.flow_cells import OUTSIDE, POROUS, FlowCells
from vertaug.numerics.sharp_transport import advance_saturation


@dataclass(frozen=True, slots=True, kw_only=True)
class ManufacturedPressure:
    """A smooth pressure in a box, and the source per volume that makes it the answer.

    The pressure is the product over the axes of ``sin(pi x / edge)``, 0 at the border; the
    mobility is ``exp`` of a linear function (method of manufactured solutions, Roache, J Fluids
    Eng 2002;124:4).

    Attributes
    ----------
    edges_mm : (float, float, float)
    slopes_per_mm : (float, float, float)
        Of the logarithm of the mobility.
    ratios : (float, float, float)
        Permeability along each axis.
    """

    edges_mm: tuple[float, float, float] = (8.0, 10.0, 12.0)
    slopes_per_mm: tuple[float, float, float] = (0.2, -0.1, 0.15)
    ratios: tuple[float, float, float] = (1.0, 0.7, 1.4)

    def error(self, count: int) -> float:
        """Return the error of the pressure with so many cells along each edge, relative (L2)."""
        region = np.full((count + 2,) * 3, OUTSIDE, dtype=np.uint8)
        region[1:-1, 1:-1, 1:-1] = POROUS
        spacing = np.array(self.edges_mm) / count
        cells = FlowCells(region=region, spacing_mm=spacing, ratios=np.array(self.ratios))
        at = (np.indices(region.shape) - 0.5) * spacing[:, None, None, None]
        slopes = np.array(self.slopes_per_mm)
        mobility = np.exp(np.tensordot(slopes, at, axes=1))
        source = np.where(region == POROUS, self._source(at) * mobility * cells.volume_mm3, 0.0)
        flow = DarcySolver(cells).solve(mobility, source, limits=(1e-10, 100))
        exact = np.where(region == POROUS, self._product(at, None), 0.0)
        return float(np.linalg.norm(flow.pressure_mpa - exact) / np.linalg.norm(exact))

    def _source(self, at: FloatArray) -> FloatArray:
        """Return the source per volume by the mobility."""
        total = np.zeros(at.shape[1:])
        for axis, ratio in enumerate(self.ratios):
            wave = np.pi / self.edges_mm[axis]
            bend = wave**2 * self._product(at, None)
            total += ratio * (bend - self.slopes_per_mm[axis] * wave * self._product(at, axis))
        return total

    def _product(self, at: FloatArray, cosine: int | None) -> FloatArray:
        """Return the product of sines, with a cosine along one axis."""
        out = np.ones(at.shape[1:])
        for axis in range(3):
            angle = np.pi * at[axis] / self.edges_mm[axis]
            out *= np.cos(angle) if axis == cosine else np.sin(angle)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class WavyFront:
    """A front between two liquids, nearly flat (Saffman and Taylor 1958).

    A wave on it grows as exp(rate t), rate = wave number times speed times the difference of
    the viscosities (displaced minus displacing) by their sum: it decays where the thicker liquid
    displaces the thinner one.

    Attributes
    ----------
    viscosity_ratio : float
        Displacing by displaced.
    width : int
        Cells, of 1 mm, in half a wave.
    """

    viscosity_ratio: float
    width: int = 24

    def growth(self, distance_mm: float) -> float:
        """Return the amplitude by that at first, after the front has moved on."""
        a = self.viscosity_ratio
        return float(np.exp(np.pi / self.width * distance_mm * (1.0 - a) / (1.0 + a)))

    def measure_growth(self, distance_mm: float, amplitude_mm: float = 2.0) -> float:
        """Return the same on cells, in steps of half a cell."""
        length = 4 * self.width
        region = np.full((length + 1, self.width, 1), POROUS, dtype=np.uint8)
        region[-1] = OUTSIDE
        cells = FlowCells(region=region, spacing_mm=np.ones(3), ratios=np.ones(3))
        phase = np.pi * (np.arange(self.width) + 0.5) / self.width
        front = 1.5 * self.width + amplitude_mm * np.cos(phase)
        filled = np.clip(front[None, :] - np.arange(length + 1)[:, None], 0.0, 1.0)
        saturation = filled[:, :, None]
        source = np.zeros(cells.shape)
        source[0] = 1.0
        solver, start, before = DarcySolver(cells), None, self._amplitude(saturation)
        for _ in range(int(2.0 * distance_mm)):
            mobility = 1.0 / (1.0 + saturation * (self.viscosity_ratio - 1.0))
            flow = solver.solve(mobility, source, start_mpa=start)
            start = flow.pressure_mpa
            saturation = advance_saturation(
                cells, saturation, flow, source, np.ones(cells.shape), seconds=0.5
            ).saturation
        return self._amplitude(saturation) / before

    def _amplitude(self, saturation: FloatArray) -> float:
        reach = saturation.sum(axis=(0, 2))
        phase = np.pi * (np.arange(self.width) + 0.5) / self.width
        return float(2.0 * (reach * np.cos(phase)).mean())
