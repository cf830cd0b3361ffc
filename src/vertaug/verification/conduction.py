"""Problems of heat conduction with exact answers.

Lengths are mm, times s, conductivities mJ/(s mm K), capacities mJ/(mm3 K). All are posed on cells
whose centres are at half spacings from the lower corner of the box.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.conduction import HeatBody

_Array = NDArray[np.float64]
_X_ONLY = np.array([[True, True], [False, False], [False, False]])


def cell_centres(body: HeatBody) -> tuple[_Array, _Array, _Array]:
    """Return x, y, z of the cells' centres, as arrays that broadcast."""
    x, y, z = (
        (np.arange(n) + 0.5) * h for n, h in zip(body.capacity.shape, body.spacing_mm, strict=True)
    )
    return x[:, None, None], y[None, :, None], z[None, None, :]


def _slab(cells: int, length_mm: float, conductivity: _Array, capacity: _Array) -> HeatBody:
    """Return a slab along x, kept at 0 at both ends, three cells wide."""
    shape = (cells, 3, 3)
    return HeatBody(
        spacing_mm=np.array([length_mm / cells, 1.0, 1.0]),
        conductivity=np.broadcast_to(conductivity[:, None, None], shape),
        capacity=np.broadcast_to(capacity[:, None, None], shape),
        held=_X_ONLY,
        border_c=0.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SlabMode:
    """The slowest mode of a slab with cold ends: ``sin(pi x / L) exp(-k pi^2 t / (C L^2))``.

    Carslaw and Jaeger, Conduction of Heat in Solids 1959, section 3.3.
    """

    length_mm: float = 20.0
    conductivity: float = 0.43
    capacity: float = 2.0

    def body(self, cells: int) -> HeatBody:
        """Return the slab."""
        whole = np.ones(cells)
        return _slab(cells, self.length_mm, self.conductivity * whole, self.capacity * whole)

    def exact(self, body: HeatBody, seconds: float) -> _Array:
        """Return the temperatures of the cells."""
        x = cell_centres(body)[0]
        wave = np.pi / self.length_mm
        decay = np.exp(-self.conductivity / self.capacity * wave**2 * seconds)
        return np.broadcast_to(np.sin(wave * x) * decay, body.capacity.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoLayers:
    """The slowest mode of a slab of two layers with cold ends.

    ``sin(v x / sqrt(a1))`` on one side, a multiple of ``sin(v (L - x) / sqrt(a2))`` on the other,
    decaying as ``exp(-v^2 t)``; temperature and flow are the same on both sides of the joint
    (Carslaw and Jaeger 1959, section 12.8). The joint is in the middle.
    """

    length_mm: float = 20.0
    conductivities: tuple[float, float] = (0.17, 0.43)
    capacities: tuple[float, float] = (1.6, 2.0)

    def body(self, cells: int) -> HeatBody:
        """Return the slab; an even number of cells has a face at the joint."""
        first = (np.arange(cells) + 0.5) < 0.5 * cells
        k, c = self.conductivities, self.capacities
        return _slab(cells, self.length_mm, np.where(first, *k), np.where(first, *c))

    def exact(self, body: HeatBody, seconds: float) -> _Array:
        """Return the temperatures of the cells."""
        x, half = cell_centres(body)[0], 0.5 * self.length_mm
        speed = self.speed()
        one, two = (speed / np.sqrt(a) for a in self._diffusivities)
        ratio = np.sin(one * half) / np.sin(two * half)
        shape = np.where(x < half, np.sin(one * x), ratio * np.sin(two * (self.length_mm - x)))
        return np.broadcast_to(shape * np.exp(-(speed**2) * seconds), body.capacity.shape)

    def speed(self) -> float:
        """Return v: the smallest root of the condition at the joint."""
        from scipy.optimize import brentq

        half = 0.5 * self.length_mm
        weights = [
            np.sqrt(k * c) for k, c in zip(self.conductivities, self.capacities, strict=True)
        ]
        times = [half / np.sqrt(a) for a in self._diffusivities]

        def mismatch(v: float) -> float:
            one, two = (v * t for t in times)
            return float(
                weights[0] * np.cos(one) * np.sin(two) + weights[1] * np.cos(two) * np.sin(one)
            )

        return float(brentq(mismatch, 1e-6, np.pi / max(times), xtol=1e-15))

    @property
    def _diffusivities(self) -> tuple[float, float]:
        (k1, k2), (c1, c2) = self.conductivities, self.capacities
        return k1 / c1, k2 / c2


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadingSpot:
    """Heat from a point after some time: a Gaussian that spreads.

    ``heat / C (4 pi a (t + t0))^(-3/2) exp(-r^2 / (4 a (t + t0)))`` with a = k / C (Carslaw and
    Jaeger 1959, section 10.2). One eighth of it, the point at a corner of insulated sides.
    """

    conductivity: float = 0.43
    capacity: float = 2.0
    heat_mj: float = 1000.0
    older_s: float = 40.0
    edge_mm: float = 24.0

    def body(self, cells: int) -> HeatBody:
        """Return the box."""
        whole = np.ones((cells, cells, cells))
        return HeatBody(
            spacing_mm=np.full(3, self.edge_mm / cells),
            conductivity=self.conductivity * whole,
            capacity=self.capacity * whole,
            held=np.zeros((3, 2), dtype=bool),
        )

    def exact(self, body: HeatBody, seconds: float) -> _Array:
        """Return the temperatures of the cells."""
        x, y, z = cell_centres(body)
        spread = 4.0 * self.conductivity / self.capacity * (seconds + self.older_s)
        peak = self.heat_mj / self.capacity * (np.pi * spread) ** -1.5
        return np.asarray(peak * np.exp(-(x**2 + y**2 + z**2) / spread))


@dataclass(frozen=True, slots=True, kw_only=True)
class PerfusedSlab:
    """A slab between hot ends that blood cools: ``cosh((x - L / 2) / d) / cosh(L / (2 d))``.

    Excess over the blood's temperature in the steady state; ``d = sqrt(k / w)`` with the heat w
    taken per volume and degree (Pennes, J Appl Physiol 1948;1:93).
    """

    length_mm: float = 20.0
    conductivity: float = 0.43
    capacity: float = 2.0
    perfusion: float = 0.02
    blood_c: float = 37.0
    hot_c: float = 60.0

    def body(self, cells: int) -> HeatBody:
        """Return the slab."""
        shape = (cells, 3, 3)
        return HeatBody(
            spacing_mm=np.array([self.length_mm / cells, 1.0, 1.0]),
            conductivity=np.full(shape, self.conductivity),
            capacity=np.full(shape, self.capacity),
            perfusion=np.full(shape, self.perfusion),
            blood_c=self.blood_c,
            held=_X_ONLY,
            border_c=self.hot_c,
        )

    def exact(self, body: HeatBody) -> _Array:
        """Return the steady temperatures of the cells."""
        x = cell_centres(body)[0] - 0.5 * self.length_mm
        depth = np.sqrt(self.conductivity / self.perfusion)
        share = np.cosh(x / depth) / np.cosh(0.5 * self.length_mm / depth)
        return np.broadcast_to(
            self.blood_c + (self.hot_c - self.blood_c) * share, body.capacity.shape
        )
