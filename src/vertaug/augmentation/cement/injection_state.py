"""The cement in the bone while it is injected: how much, how old, how thick, and where it leaves.

Cement ages at room temperature until it enters the bone, then warms toward the body's temperature;
all its history follows from when it entered, which particles carry (`numerics.flow_tracer`).
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.filling_measures import LEAK_CODES
from vertaug.augmentation.cement.injection_plan import BODY_C, InjectionPlan
from vertaug.augmentation.cement.mouth import MouthLaw, fitted_mouth_law
from vertaug.augmentation.cement.porous_body import PorousBody
from vertaug.augmentation.cement.product import CementProduct
from vertaug.augmentation.cement.rheology import (
    ageing_rate,
    pore_shear_rate_per_s,
    pore_viscosity_mpa_s,
)
from vertaug.augmentation.cement.thin_ways import ThinWays
from vertaug.case.errors import ComputationError, InputError
from vertaug.case.grid import FloatArray
from vertaug.numerics.darcy_multigrid import DarcySolver, NoOutletError, PressureSolution
from vertaug.numerics.flow_tracer import FlowTracers, no_tracers, release_and_carry
from vertaug.numerics.sharp_transport import advance_saturation
from vertaug.numerics.tip_source import TipSource, place_tip
from vertaug.tissue.permeability import MARROW_VISCOSITY

WARMING_S = 30.0
"""Time in which cement in bone comes to 1/e of its difference from body temperature: lobes of 5 to
6 mm radius r in bone of 0.1 mm2/s diffusivity D, ``r^2 / (pi^2 D)``. A design value, uncertain."""
BALANCE = 1e-10
"""Largest part of the injected volume by which the balance may fail."""
_LONGEST_S = 7200.0
_PER_CELL = 16.0
"""Particles that carry the cement's age, in a cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLimits:
    """How finely an injection is computed, and what surrounds the cement.

    Attributes
    ----------
    step_mm3 : float
        Cement between two pressures (methods reference: 40 mm3).
    first_mm3 : float
        Of the first step through a needle; steps double from there.
    tolerance, iterations : float, int
        Of the pressure.
    marrow_mpa_s : float
        Viscosity of the marrow.
    warming_s : float
    mouth : MouthLaw
        What cement meets in ways out beside its own flow.
    """

    step_mm3: float = 40.0
    first_mm3: float = 5.0
    tolerance: float = 1e-4
    iterations: int = 200
    marrow_mpa_s: float = MARROW_VISCOSITY.value
    warming_s: float = WARMING_S
    mouth: MouthLaw = field(default_factory=fitted_mouth_law)

    def __post_init__(self) -> None:
        sizes = (self.step_mm3, self.first_mm3, self.tolerance, self.marrow_mpa_s, self.warming_s)
        if min(sizes) <= 0.0 or self.iterations < 1:
            message = f"steps, tolerance, viscosity and warming must lie above 0; got {sizes}"
            raise InputError(message)


class AgeClock:
    """Age and temperature of cement by when it entered the bone.

    Parameters
    ----------
    product : CementProduct
    first_age_s : float
        From the start of mixing to that of the injection.
    room_c : float
    warming_s : float
    """

    def __init__(
        self, product: CementProduct, first_age_s: float, room_c: float, warming_s: float
    ) -> None:
        self._first, self._room, self._warming = first_age_s, room_c, warming_s
        self._at_room = float(ageing_rate(product, room_c))
        at = np.arange(0.0, _LONGEST_S, 0.5)
        rate = ageing_rate(product, self._temperature(at))
        self._seconds = at
        self._aged = np.concatenate([[0.0], np.cumsum(0.25 * (rate[1:] + rate[:-1]))])

    def equivalent_age_s(self, now_s: float, entered_s: FloatArray) -> FloatArray:
        """Return the age at the product's reference temperature.

        Parameters
        ----------
        now_s : float
            Since the start of the injection.
        entered_s : float64 array
        """
        inside = np.interp(now_s - entered_s, self._seconds, self._aged)
        return np.asarray(self._at_room * (self._first + entered_s) + inside)

    def temperature_c(self, now_s: float, entered_s: FloatArray) -> FloatArray:
        """Return the temperature."""
        return self._temperature(now_s - entered_s)

    def _temperature(self, inside_s: FloatArray) -> FloatArray:
        cold = np.exp(-np.maximum(inside_s, 0.0) / self._warming)
        return np.asarray(BODY_C - (BODY_C - self._room) * cold)


class CementInBone:
    """The state of an injection.

    Parameters
    ----------
    body : PorousBody
    plan : InjectionPlan
    limits : FlowLimits
    """

    def __init__(self, body: PorousBody, plan: InjectionPlan, limits: FlowLimits) -> None:
        self.body, self.plan, self.limits = body, plan, limits
        self.clock = AgeClock(plan.product, plan.first_age_s, plan.room_c, limits.warming_s)
        self.saturation = np.zeros(body.grid.shape)
        self.tracers: FlowTracers = no_tracers()
        self.leaked_mm3 = np.zeros(len(LEAK_CODES))
        self.injected_mm3 = 0.0
        self.time_s = 0.0
        self._speed = np.zeros(body.grid.shape)
        self._pressure = np.zeros(body.grid.shape)
        self._mobility = np.zeros(body.grid.shape)
        self._thickness = np.full(body.grid.shape, limits.marrow_mpa_s)
        self._aged = np.zeros(body.grid.shape)
        self._entered = np.full(body.grid.shape, np.nan)
        self._ways = ThinWays(body, plan.product, limits.marrow_mpa_s, limits.mouth)
        self._solver = DarcySolver(body.cells)
        self._outlets = body.outlets()
        self._walls = len(self._outlets.path) - len(body.thin.path)
        self._wall = tuple(self._outlets.cell[: self._walls].T)
        self._passed = np.zeros(len(self._outlets.path))
        self.tips = tuple(self._place(n.tip_lps_mm, n.needle.radius_mm) for n in plan.needles)

    def _place(self, tip_lps_mm: FloatArray, radius_mm: float) -> TipSource:
        return place_tip(self.body.cells, self.body.grid.to_index(tip_lps_mm), radius_mm)

    @property
    def cement_share(self) -> FloatArray:
        """Cement by volume of each cell."""
        return np.asarray(
            self.saturation * self.body.pore_volume_mm3 / self.body.grid.voxel_volume_mm3
        )

    @property
    def in_bone_mm3(self) -> float:
        """Cement in the pores and in veins, fissures and tracks within the bone."""
        return float((self.saturation * self.body.pore_volume_mm3).sum()) + self.in_ways_mm3

    @property
    def in_ways_mm3(self) -> float:
        """Cement in veins, fissures and tracks that has not left the bone."""
        return float(self._ways.in_bone_mm3.sum())

    def entered_s(self) -> FloatArray:
        """When the cement in each cell entered the bone; NaN without cement."""
        return self.tracers.typical_in_cells(self.saturation > 0.0)

    def solve(
        self, tip: int, rate_mm3_per_s: float, seconds: float
    ) -> tuple[PressureSolution, float]:
        """Return pressure and flow of an injection, and the pressure at the tip.

        Parameters
        ----------
        tip : int
        rate_mm3_per_s : float
        seconds : float
            How long it is to last.
        """
        limits = self.limits
        self._fill_mobility(tip, rate_mm3_per_s)
        wall = (self.body.links * self._mobility)[self._wall]
        thin = self._ways.conductance(
            self._mobility,
            cement_mpa_s=self._thickness,
            aged_s=self._aged,
            held_aged_s=self.clock.equivalent_age_s(self.time_s, self._ways.entered_s),
            saturation=self.saturation,
            pressure_mpa=self._pressure,
            seconds=seconds,
        )
        self._passed = np.concatenate([wall, thin])
        links = np.zeros(self.body.grid.shape)
        links[self._wall] = wall
        np.add.at(links, tuple(self.body.thin.cell.T), thin)
        try:
            flow = self._solver.solve(
                self._mobility,
                rate_mm3_per_s * self.tips[tip].weights,
                links=links,
                start_mpa=self._pressure,
                limits=(limits.tolerance, limits.iterations),
            )
        except NoOutletError as error:
            message = f"{error}; give the shell a permeability above 0"
            raise InputError(message) from error
        if not flow.solver.converged:
            message = f"the pressure of the injection cannot be used: {flow.solver.describe()}"
            raise ComputationError(message)
        self._pressure, self._speed = flow.pressure_mpa, flow.speed_mm_per_s
        at_tip = self.tips[tip].pressure_mpa(flow.pressure_mpa, self._mobility, rate_mm3_per_s)
        return flow, at_tip

    def _fill_mobility(self, tip: int, rate_mm3_per_s: float) -> None:
        """Permeability by viscosity; marrow and cement of one cell in series."""
        source = self.tips[tip].weights > 0.0
        body, marrow = self.body, self.limits.marrow_mpa_s
        np.divide(body.permeability_mm2, marrow, out=self._mobility)
        cement = (self.saturation > 0.0) | (source & (body.permeability_mm2 > 0.0))
        share = self.saturation[cement]
        entered = self._mean_entered_s(cement)
        k = body.permeability_mm2[cement]
        # flow enters at the needle's surface: the speed at the centre of the source, where it
        # turns around, says nothing about how fast it is sheared
        radius = self.plan.needles[tip].needle.radius_mm
        entry = np.where(source[cement], rate_mm3_per_s / (4.0 * np.pi * radius**2), 0.0)
        speed = np.maximum(self._speed[cement], entry)
        shear = pore_shear_rate_per_s(speed, k, body.porosity[cement])
        aged = self.clock.equivalent_age_s(self.time_s, entered)
        thick = pore_viscosity_mpa_s(
            self.plan.product,
            aged,
            self.clock.temperature_c(self.time_s, entered),
            shear,
        )
        self._mobility[cement] = k / (share * thick + (1.0 - share) * marrow)
        self._thickness[cement], self._aged[cement] = thick, aged

    def _mean_entered_s(
        self, cells: NDArray[np.bool_] | tuple[NDArray[np.int64], ...]
    ) -> FloatArray:
        """Return when the cement of some cells entered the bone; now, in a cell without cement."""
        entered = self._entered[cells]
        return np.where(np.isnan(entered), self.time_s, entered)

    def advance(
        self, tip: int, flow: PressureSolution, rate_mm3_per_s: float, seconds: float
    ) -> FloatArray:
        """Move the cement; return what has left the bone by each of its outlets, mm3."""
        body, source = self.body, rate_mm3_per_s * self.tips[tip].weights
        moved = advance_saturation(
            body.cells, self.saturation, flow, source, body.pore_volume_mm3, seconds
        )
        self.tracers = release_and_carry(
            self.tracers,
            flow,
            source,
            body.pore_volume_mm3,
            seconds=seconds,
            values=(self.time_s, self.time_s + seconds),
            per_mm3=_PER_CELL / body.cells.volume_mm3,
        )
        self.saturation = moved.saturation
        self._entered = self.tracers.mean_in_cells(self.saturation > 0.0)
        left = self._leave(moved.through_links_mm3)
        by_path = np.bincount(self._outlets.path, left, minlength=max(LEAK_CODES) + 1)
        self.leaked_mm3 = self.leaked_mm3 + by_path[list(LEAK_CODES)]
        self.injected_mm3 += rate_mm3_per_s * seconds
        self.time_s += seconds
        self._check()
        return left

    def _leave(self, through_mm3: FloatArray) -> FloatArray:
        """Return what has left the bone by each outlet of what has left each cell.

        The outlets of a cell share it as they share its flow.
        """
        at = tuple(self._outlets.cell.T)
        every = np.zeros(through_mm3.shape)
        np.add.at(every, at, self._passed)
        left = np.asarray(through_mm3[at] * self._passed / np.maximum(every[at], 1e-300))
        thin = tuple(self.body.thin.cell.T)
        left[self._walls :] = self._ways.fill(left[self._walls :], self._mean_entered_s(thin))
        return left

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.time_s += seconds
        self._speed = np.zeros(self.body.grid.shape)

    def _check(self) -> None:
        lost = self.injected_mm3 - self.in_bone_mm3 - float(self.leaked_mm3.sum())
        low, high = float(self.saturation.min()), float(self.saturation.max())
        if abs(lost) > BALANCE * self.injected_mm3 or low < 0.0 or high > 1.0:
            message = (
                f"the cement does not balance: {lost:.3e} mm3 of {self.injected_mm3:g} are missing "
                f"and saturation lies in {low:g} to {high:.17g}; this is an error of the program"
            )
            raise ComputationError(message)


def scale_flow(flow: PressureSolution, factor: float) -> PressureSolution:
    """Return the flow at another rate through the same mobilities."""
    return replace(
        flow,
        pressure_mpa=flow.pressure_mpa * factor,
        fluxes=flow.fluxes * factor,
        outflow=flow.outflow * factor,
        link_flow=flow.link_flow * factor,
        speed_mm_per_s=flow.speed_mm_per_s * factor,
    )
