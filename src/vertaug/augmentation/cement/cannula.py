"""What it takes to press cement through a needle.

A fluid with yield stress and power law (Herschel and Bulkley) in a round tube, laminar, without
slip at the wall and without end effects; without a yield stress the power law, and with n = 1
Hagen and Poiseuille. With the wall stress ``s = R dp / (2 L)`` and the yield stress y

``Q = pi R^3 n (s - y)^(1 + 1/n) / (K^(1/n) s^3) [(s - y)^2 / (3n + 1) + 2 y (s - y) / (2n + 1)
+ y^2 / (n + 1)]``,

Rabinowitsch's integral of the velocity (Bird, Armstrong, Hassager, Dynamics of Polymeric Liquids
1987, recalled); for y = 0 ``dp = (2 K L / R) ((3n + 1) / n Q / (pi R^3))^n``.
"""

from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import ArrayLike

from vertaug.augmentation.cement.product import CementProduct
from vertaug.augmentation.cement.rheology import PowerLaw, check_working, power_law
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.case.instrument import Needle

_BORE_MM: dict[int, float] = {8: 3.4, 10: 2.7, 11: 2.4, 13: 1.8}
"""Inner diameters with which the physics reference, 4.3, computes its cannulas."""
_BISECTIONS = 200
_ML_PER_MIN = 0.06
"""Of a mm3/s."""
_USEFUL = 0.1
"""Of the wanted flow: nobody fills a vertebra at less (design default)."""


class TooThickError(InputError):
    """Cement that the syringe cannot press at the wanted flow.

    Parameters
    ----------
    fault : str
        What is wrong, without what to do.
    most_mm3_per_s : float or None
        The largest flow that can be pressed; None where it is too small to be of use.
    """

    def __init__(self, fault: str, most_mm3_per_s: float | None) -> None:
        self.fault = fault
        self.most_mm3_per_s = most_mm3_per_s
        others = "earlier, through a thicker or shorter needle, or with a stronger syringe"
        if most_mm3_per_s is None:
            advice = f"this cement is too thick by then: inject it {others}"
        else:
            advice = f"inject at {self.most_ml_per_min:.2f} ml/min or less, {others}"
        super().__init__(f"{fault}; {advice}")

    @property
    def most_ml_per_min(self) -> float:
        """The largest flow in ml/min, rounded down so that it can be pressed; else 0."""
        return floor(100.0 * _ML_PER_MIN * (self.most_mm3_per_s or 0.0)) / 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tube:
    """The inside of a needle or cannula.

    Attributes
    ----------
    bore_mm : float
        Inner diameter.
    length_mm : float
    source : str
        Of the bore.
    """

    bore_mm: float
    length_mm: float
    source: str = "given by the user"

    def __post_init__(self) -> None:
        if not 0.1 <= self.bore_mm <= 8.0:
            message = f"a cannula's bore is expected within 0.1 to 8 mm; got {self.bore_mm:g} mm"
            raise InputError(message)
        if not 0.0 < self.length_mm <= 1000.0:
            message = f"a cannula's length is expected within 1000 mm; got {self.length_mm:g} mm"
            raise InputError(message)

    @property
    def volume_mm3(self) -> float:
        """Cement that stays in it."""
        return float(np.pi / 4.0 * self.bore_mm**2 * self.length_mm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Syringe:
    """What presses.

    Attributes
    ----------
    limit_mpa : float
        Largest pressure. 3.215 MPa: the highest that Krebs and others measured in patients (Spine
        2005;30:E118, physics reference 4.4, verified); mean peaks were 1.7 MPa.
    source : str
    """

    limit_mpa: float = 3.215
    source: str = "the highest measured in patients, Krebs 2005"

    def __post_init__(self) -> None:
        if not 0.0 < self.limit_mpa <= 100.0:
            message = f"a syringe's limit is expected within 100 MPa; got {self.limit_mpa:g} MPa"
            raise InputError(message)


def tube_of_needle(
    needle: Needle, *, length_mm: float | None = None, bore_mm: float | None = None
) -> Tube:
    """Return the inside of a needle.

    Parameters
    ----------
    needle : Needle
    length_mm : float, optional
        The whole usable length where not given.
    bore_mm : float, optional
        Inner diameter; that of the gauge where not given.

    Raises
    ------
    InputError
        If the bore of the gauge is not known, or does not fit into the needle.
    """
    source = "given by the user" if bore_mm is not None else "usual bore of the gauge"
    if bore_mm is None and needle.gauge not in _BORE_MM:
        known = ", ".join(f"{g}G" for g in _BORE_MM)
        message = (
            f"the bore of a {needle.gauge}G needle is not known (known: {known}); give bore_mm"
        )
        raise InputError(message)
    bore = _BORE_MM[needle.gauge] if bore_mm is None else bore_mm
    if not bore < needle.outer_diameter_mm:
        message = (
            f"a bore is expected below the outer diameter of {needle.outer_diameter_mm:g} mm; "
            f"got {bore:g} mm"
        )
        raise InputError(message)
    length = needle.usable_length_mm if length_mm is None else length_mm
    return Tube(bore_mm=bore, length_mm=length, source=source)


def tube_flow_mm3_per_s(law: PowerLaw, tube: Tube, pressure_mpa: ArrayLike) -> FloatArray:
    """Return the flow that a pressure drop drives; 0 below the yield stress.

    Parameters
    ----------
    law : PowerLaw
    tube : Tube
    pressure_mpa : array-like
        Broadcast against the consistency.
    """
    n, y, radius = law.exponent, law.yield_mpa, 0.5 * tube.bore_mm
    wall = 0.5 * radius / tube.length_mm * np.asarray(pressure_mpa, dtype=np.float64)
    over = np.maximum(wall - y, 0.0)
    shape = over**2 / (3.0 * n + 1.0) + 2.0 * y * over / (2.0 * n + 1.0) + y**2 / (n + 1.0)
    speed = (over / law.consistency) ** (1.0 / n) * over * shape
    return np.asarray(np.pi * radius**3 * n * speed / np.where(over > 0.0, wall, 1.0) ** 3)


def tube_pressure_mpa(law: PowerLaw, tube: Tube, flow_mm3_per_s: ArrayLike) -> FloatArray:
    """Return the pressure drop at a flow.

    Parameters
    ----------
    law : PowerLaw
    tube : Tube
    flow_mm3_per_s : array-like
        At least 0; broadcast against the consistency.
    """
    flow = np.asarray(flow_mm3_per_s, dtype=np.float64)
    n, radius = law.exponent, 0.5 * tube.bore_mm
    rate = (3.0 * n + 1.0) / n * flow / (np.pi * radius**3)
    found = 2.0 * tube.length_mm / radius * law.consistency * rate**n
    if law.yield_mpa == 0.0:
        return np.asarray(found)
    # without flow: the pressure that the yield stress holds
    least = 2.0 * tube.length_mm / radius * law.yield_mpa
    low = np.maximum(found, least)
    high = 4.0 * (found + least)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        enough = tube_flow_mm3_per_s(law, tube, middle) >= flow
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.asarray(0.5 * (low + high))


def largest_flow_mm3_per_s(
    law: PowerLaw, tube: Tube, syringe: Syringe, *, behind_mpa: ArrayLike = 0.0
) -> FloatArray:
    """Return the flow at the limit of the syringe.

    Parameters
    ----------
    law : PowerLaw
    tube : Tube
    syringe : Syringe
    behind_mpa : array-like
        Pressure at the tip.
    """
    left = np.maximum(syringe.limit_mpa - np.asarray(behind_mpa, dtype=np.float64), 0.0)
    return tube_flow_mm3_per_s(law, tube, left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A syringe at a needle, with a product at a temperature.

    Attributes
    ----------
    product : CementProduct
    tube : Tube
    syringe : Syringe
    temperature_c : float
        Of the cement since mixing; 22 is that of the products' viscosity.
    """

    product: CementProduct
    tube: Tube
    syringe: Syringe = Syringe()
    temperature_c: float = 22.0

    def law(self, age_s: ArrayLike) -> PowerLaw:
        """Return the fluid in the needle at a time from mixing."""
        return power_law(self.product, age_s, self.temperature_c)

    def pressure_mpa(self, age_s: ArrayLike, flow_mm3_per_s: ArrayLike) -> FloatArray:
        """Return the pressure drop of the needle."""
        return tube_pressure_mpa(self.law(age_s), self.tube, flow_mm3_per_s)

    def largest_flow_mm3_per_s(self, age_s: ArrayLike, behind_mpa: ArrayLike = 0.0) -> FloatArray:
        """Return the flow at the limit of the syringe."""
        return largest_flow_mm3_per_s(
            self.law(age_s), self.tube, self.syringe, behind_mpa=behind_mpa
        )

    def check(self, age_s: float, flow_mm3_per_s: float, behind_mpa: float = 0.0) -> None:
        """Refuse a flow that the syringe cannot press.

        Raises
        ------
        InputError
            If the cement is outside its working time.
        TooThickError
            If the pressure is over the limit.
        """
        check_working(self.product, age_s, self.temperature_c)
        needed = float(self.pressure_mpa(age_s, flow_mm3_per_s)) + behind_mpa
        if needed <= self.syringe.limit_mpa:
            return
        fault = (
            f"{flow_mm3_per_s * _ML_PER_MIN:.2f} ml/min of {self.product.title} at "
            f"{age_s / 60.0:.1f} min take {needed:.2f} MPa through {self.tube.length_mm:g} mm of "
            f"{self.tube.bore_mm:g} mm bore, over the syringe's limit of "
            f"{self.syringe.limit_mpa:g} MPa"
        )
        most = float(self.largest_flow_mm3_per_s(age_s, behind_mpa))
        raise TooThickError(fault, most if most >= _USEFUL * flow_mm3_per_s else None)
