"""Problems of flow through porous bone with exact answers.

Lengths mm, pressures MPa, viscosities MPa s, permeabilities mm2, flows mm3/s.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.grid import FloatArray
from vertaug.numerics.darcy_multigrid import DarcySolver, PressureSolution
from vertaug.numerics.flow_cells import OUTSIDE, POROUS, FlowCells
from vertaug.numerics.sharp_transport import advance_saturation
from vertaug.numerics.tip_source import TipSource, place_tip


@dataclass(frozen=True, slots=True, kw_only=True)
class BuckleyLeverett:
    """A front in a tube where both liquids hinder each other (Buckley and Leverett 1942).

    Relative permeabilities are the squares of the saturations, so that the share of cement in
    what flows is s^2 / (s^2 + A (1 - s)^2). Welge's tangent gives the front.

    Attributes
    ----------
    viscosity_ratio : float
        A, of the liquid that enters by the one that leaves.
    """

    viscosity_ratio: float

    @property
    def saturation(self) -> float:
        """Just behind the front."""
        return float(np.sqrt(self.viscosity_ratio / (1.0 + self.viscosity_ratio)))

    @property
    def speed(self) -> float:
        """Pore volumes of the way behind the front by pore volumes that have entered."""
        s = self.saturation
        flowing = s**2 / (s**2 + self.viscosity_ratio * (1.0 - s) ** 2)
        return flowing / s

    def measure_speed(self, count: int, entered: tuple[float, float] = (0.15, 0.35)) -> float:
        """Return the speed between two amounts entered, in a tube of cells.

        Parameters
        ----------
        count : int
            Cells along the tube.
        entered : (float, float)
            Pore volumes of the tube.
        """
        region = np.full((count + 1, 1, 1), POROUS, dtype=np.uint8)
        region[-1] = OUTSIDE
        cells = FlowCells(region=region, spacing_mm=np.ones(3), ratios=np.ones(3))
        source = np.zeros(cells.shape)
        source[0] = 1.0
        flow = DarcySolver(cells).solve(np.ones(cells.shape), source, limits=(1e-10, 200))
        saturation, places, done = np.zeros(cells.shape), [], 0.0
        for amount in entered:
            step = advance_saturation(
                cells,
                saturation,
                flow,
                source,
                np.ones(cells.shape),
                seconds=(amount - done) * count,
                viscosity_ratio=self.viscosity_ratio,
            )
            saturation, done = step.saturation, amount
            places.append(_last_crossing(saturation[:, 0, 0], 0.5 * self.saturation) / count)
        return (places[1] - places[0]) / (entered[1] - entered[0])


def _last_crossing(values: FloatArray, level: float) -> float:
    """Return the furthest place, in cells, where values fall below a level."""
    at = int(np.flatnonzero(values > level)[-1])
    return float(at + (values[at] - level) / (values[at] - values[at + 1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class SphereInjection:
    """Cement from a needle's tip into a ball of bone full of marrow.

    Attributes
    ----------
    rate_mm3_per_s, permeability_mm2, porosity : float
    cement_mpa_s, marrow_mpa_s : float
        Viscosities.
    needle_mm, outer_mm : float
        Radii of the needle and of the ball, outside of which the pressure is 0.
    ratios : (float, float, float)
        Permeability along each axis; the ball is then an ellipsoid with half axes
        ``outer_mm * sqrt(ratios)``. The exact pressure is for ratios of 1.
    """

    rate_mm3_per_s: float = 50.0
    permeability_mm2: float = 3.44e-2
    porosity: float = 0.85
    cement_mpa_s: float = 5e-5
    marrow_mpa_s: float = 1e-7
    needle_mm: float = 1.3
    outer_mm: float = 18.0
    ratios: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def radius_mm(self, volume_mm3: ArrayLike) -> FloatArray:
        """Return how far the cement reaches in the axes scaled by the roots of the ratios."""
        scale = np.sqrt(np.prod(self.ratios))
        pores = 4.0 / 3.0 * np.pi * self.porosity * scale
        return np.asarray(np.cbrt(np.asarray(volume_mm3, dtype=np.float64) / pores))

    def pressure_mpa(self, volume_mm3: float) -> float:
        """Return the pressure at the radius of the needle."""
        front = float(self.radius_mm(volume_mm3))
        cement = self.cement_mpa_s * (1.0 / self.needle_mm - 1.0 / front)
        marrow = self.marrow_mpa_s * (1.0 / front - 1.0 / self.outer_mm)
        return self.rate_mm3_per_s * (cement + marrow) / (4.0 * np.pi * self.permeability_mm2)

    def place(self, spacing_mm: ArrayLike, offset: ArrayLike) -> "PlacedInjection":
        """Return the problem on cells, the tip at an offset in cells from a cell's centre."""
        spacing = np.broadcast_to(np.asarray(spacing_mm, dtype=np.float64), 3)
        half = self.outer_mm * np.sqrt(np.array(self.ratios)) / spacing
        shape = 2 * np.ceil(half).astype(int) + 5
        tip = shape // 2 + np.asarray(offset, dtype=np.float64)
        steps = (np.indices(shape).reshape(3, -1).T - tip) * spacing
        scaled = np.linalg.norm(steps / np.sqrt(np.array(self.ratios)), axis=1).reshape(shape)
        region = np.where(scaled < self.outer_mm, POROUS, OUTSIDE).astype(np.uint8)
        cells = FlowCells(region=region, spacing_mm=spacing, ratios=np.array(self.ratios))
        return PlacedInjection(
            problem=self, cells=cells, tip=tip, source=place_tip(cells, tip, self.needle_mm)
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlacedInjection:
    """An injection on cells.

    Attributes
    ----------
    problem : SphereInjection
    cells : FlowCells
    tip : (3,) float64 array
        In cells.
    source : TipSource
    """

    problem: SphereInjection
    cells: FlowCells
    tip: FloatArray
    source: TipSource

    def inject(self, volume_mm3: float, steps: int) -> "InjectedCement":
        """Return where the cement is after equal portions, each with its own pressure.

        In a mixed cell the resistances of both liquids are in series, as behind a front.
        """
        p, cells = self.problem, self.cells
        solver, seconds = DarcySolver(cells), volume_mm3 / p.rate_mm3_per_s / steps
        source = p.rate_mm3_per_s * self.source.weights
        pores = np.full(cells.shape, p.porosity * cells.volume_mm3)
        saturation, start, leaked, worst = np.zeros(cells.shape), None, 0.0, 0.0
        for number in range(steps + 1):
            viscosity = saturation * p.cement_mpa_s + (1.0 - saturation) * p.marrow_mpa_s
            mobility = p.permeability_mm2 / viscosity
            flow = solver.solve(mobility, source, start_mpa=start, limits=(1e-5, 100))
            start = flow.pressure_mpa
            if number < steps:
                step = advance_saturation(cells, saturation, flow, source, pores, seconds=seconds)
                saturation = step.saturation
                leaked += float(step.leaked_mm3.sum())
                entered = (number + 1) * volume_mm3 / steps
                inside = float((saturation * pores).sum())
                worst = max(worst, abs(inside + leaked - entered) / entered)
        tip = self.source.pressure_mpa(flow.pressure_mpa, mobility, p.rate_mm3_per_s)
        return InjectedCement(
            placed=self, saturation=saturation, flow=flow, tip_mpa=tip, volume_error=worst
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InjectedCement:
    """Cement in cells.

    Attributes
    ----------
    placed : PlacedInjection
    saturation : array
    flow : PressureSolution
        At the end.
    tip_mpa : float
        Pressure at the needle's tip.
    volume_error : float
        Largest difference between what has entered and what is there or leaked, relative.
    """

    placed: PlacedInjection
    saturation: FloatArray
    flow: PressureSolution
    tip_mpa: float
    volume_error: float

    def reach_mm(self, direction: ArrayLike) -> float:
        """Return how far the cement reaches from the tip: the integral of its saturation.

        The mean of rays within 6 degrees, because a single one sees the cells it meets.
        """
        from scipy.ndimage import map_coordinates

        ray = np.asarray(direction, dtype=np.float64)
        ray = ray / np.linalg.norm(ray)
        sides = np.linalg.svd(ray[None, :])[2][1:]
        turn = 2.399963 * np.arange(61)  # the golden angle: an even disc
        disc = np.tan(np.radians(6.0)) * np.sqrt(np.arange(61) / 60.0)
        rays = ray + disc[:, None] * (
            np.outer(np.cos(turn), sides[0]) + np.outer(np.sin(turn), sides[1])
        )
        rays /= np.linalg.norm(rays, axis=1, keepdims=True)
        length = 0.05 * np.arange(int(32.0 * self.placed.problem.outer_mm)) + 0.025
        steps = rays.T[:, :, None] * length / self.placed.cells.spacing_mm[:, None, None]
        places = self.placed.tip[:, None, None] + steps
        values = map_coordinates(self.saturation, places, order=1, mode="constant")
        return float(0.05 * values.sum(axis=1).mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLawSphere:
    """A shear-thinning liquid that seeps from a point through a ball of bone.

    The speed of filtration q follows q^n = (k / mu) |grad p|, so that the apparent viscosity is
    ``mu q ** (n - 1)`` (Christopher and Middleman, Ind Eng Chem Fundam 1965;4:422).

    Attributes
    ----------
    rate_mm3_per_s, permeability_mm2 : float
    consistency : float
        mu, in MPa s (mm/s) ** (1 - n).
    exponent : float
        n.
    """

    rate_mm3_per_s: float
    permeability_mm2: float
    consistency: float
    exponent: float

    def drop_mpa(self, inner_mm: ArrayLike, outer_mm: ArrayLike) -> FloatArray:
        """Return the pressure between two radii."""
        n, a, b = self.exponent, np.asarray(inner_mm), np.asarray(outer_mm)
        factor = self.consistency / self.permeability_mm2
        factor *= (self.rate_mm3_per_s / (4.0 * np.pi)) ** n
        if abs(1.0 - 2.0 * n) < 1e-12:
            return np.asarray(factor * np.log(b / a))
        power = 1.0 - 2.0 * n
        return np.asarray(factor * (b**power - a**power) / power)

    def viscosity_mpa_s(self, speed_mm_per_s: FloatArray) -> FloatArray:
        """Return the apparent viscosity, for speeds of at least 1e-6 mm/s."""
        speed = np.maximum(speed_mm_per_s, 1e-6)
        return np.asarray(self.consistency * speed ** (self.exponent - 1.0))


def solve_lagged(
    solver: DarcySolver,
    source: FloatArray,
    mobility_of: Callable[[FloatArray], FloatArray],
    rounds: int = 30,
) -> PressureSolution:
    """Return a pressure whose mobility fits the speed it drives, by repeated solutions.

    Parameters
    ----------
    solver : DarcySolver
    source : (ni, nj, nk) float64 array
    mobility_of : callable
        Returns the mobility at speeds.
    rounds : int
    """
    flow = solver.solve(mobility_of(np.ones_like(source)), source)
    for _ in range(rounds):
        mobility = mobility_of(flow.speed_mm_per_s)
        flow = solver.solve(mobility, source, start_mpa=flow.pressure_mpa)
    return flow
