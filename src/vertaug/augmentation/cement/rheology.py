"""Viscosity of cement over time, temperature and shear rate; in pores too.

``eta = eta_0(T) exp(t* / tau) (1 + (lambda g)^2)^((n - 1) / 2) + tau_y (1 - exp(-g / g_y)) / g``

with the shear rate g and the equivalent age ``t* = integral exp(-E_a / R (1 / T - 1 / T_ref)) dt``
(Arrhenius): physics reference 3.2, Carreau's form. The last term is the yield stress as
Papanastasiou (J Rheol 1987;31:385) smooths it. Times count from the start of mixing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vertaug.augmentation.cement.cure import GAS_CONSTANT, KELVIN
from vertaug.augmentation.cement.product import CementProduct
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray

PA_IN_MPA = 1e-6
_YIELD_RATE_PER_S = 1e-2
"""Shear rate at which 63 % of the yield stress are there: small against the 0.1 to 10 1/s of flow
in pores, a design default."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PowerLaw:
    """``stress = yield + K g^n``: what the viscosity is at high shear rates.

    Attributes
    ----------
    consistency : float64 array
        K in MPa s^n.
    exponent : float
        n.
    yield_mpa : float
    """

    consistency: FloatArray
    exponent: float
    yield_mpa: float = 0.0


def ageing_rate(product: CementProduct, temperature_c: ArrayLike) -> FloatArray:
    """Return how many times faster the cement ages than at its reference temperature.

    Parameters
    ----------
    product : CementProduct
    temperature_c : array-like
    """
    return _arrhenius(product, product.activation_kj_per_mol.value, temperature_c)


def equivalent_age_s(
    product: CementProduct, age_s: ArrayLike, temperature_c: ArrayLike
) -> FloatArray:
    """Return the age at the reference temperature that has aged the cement as much.

    For a history of temperatures add ``ageing_rate`` times the length of each part.

    Parameters
    ----------
    product : CementProduct
    age_s : array-like
        Since the start of mixing.
    temperature_c : array-like
        Constant over that time.
    """
    return np.asarray(np.asarray(age_s, np.float64) * ageing_rate(product, temperature_c))


def viscosity_mpa_s(
    product: CementProduct,
    age_s: ArrayLike,
    temperature_c: ArrayLike,
    shear_rate_per_s: ArrayLike,
) -> FloatArray:
    """Return the viscosity in MPa s of cement kept at one temperature since mixing.

    Parameters
    ----------
    product : CementProduct
    age_s, temperature_c, shear_rate_per_s : array-like
        Broadcast against each other; a shear rate of 0 is allowed.
    """
    aged = equivalent_age_s(product, age_s, temperature_c)
    return aged_viscosity_mpa_s(product, aged, temperature_c, shear_rate_per_s)


def aged_viscosity_mpa_s(
    product: CementProduct,
    equivalent_age: ArrayLike,
    temperature_c: ArrayLike,
    shear_rate_per_s: ArrayLike,
) -> FloatArray:
    """Return the viscosity in MPa s at an equivalent age.

    Parameters
    ----------
    product : CementProduct
    equivalent_age : array-like
        s at the reference temperature.
    temperature_c : array-like
        Now.
    shear_rate_per_s : array-like
    """
    rate = np.asarray(shear_rate_per_s, dtype=np.float64)
    rest = _rest_viscosity(product, equivalent_age, temperature_c)
    found = rest * _thinning(product, rate)
    yielding = PA_IN_MPA * product.yield_stress_pa.value
    if yielding > 0.0:
        slow = np.maximum(rate, 1e-9 * _YIELD_RATE_PER_S)
        found = found - yielding * np.expm1(-slow / _YIELD_RATE_PER_S) / slow
    return np.asarray(found)


def power_law(product: CementProduct, age_s: ArrayLike, temperature_c: ArrayLike) -> PowerLaw:
    """Return the consistency and exponent of cement kept at one temperature since mixing.

    The limit of the viscosity for shear rates far above one over ``carreau_s``.

    Parameters
    ----------
    product : CementProduct
    age_s, temperature_c : array-like
    """
    aged = equivalent_age_s(product, age_s, temperature_c)
    n = product.exponent.value
    rest = _rest_viscosity(product, aged, temperature_c)
    return PowerLaw(
        consistency=np.asarray(rest * product.carreau_s.value ** (n - 1.0)),
        exponent=n,
        yield_mpa=PA_IN_MPA * product.yield_stress_pa.value,
    )


def pore_shear_rate_per_s(
    speed_mm_per_s: ArrayLike, permeability_mm2: ArrayLike, porosity: ArrayLike
) -> FloatArray:
    """Return the shear rate in the pores, ``12 q / sqrt(150 k phi)``.

    The rate at which the power law of Christopher and Middleman (Ind Eng Chem Fundam 1965;4:422;
    physics reference 4.2, recalled) has the viscosity of `pore_power_law`, but for a factor.

    Parameters
    ----------
    speed_mm_per_s : array-like
        Darcy speed q: volume per time and area of bone.
    permeability_mm2, porosity : array-like
    """
    length = np.sqrt(150.0 * np.asarray(permeability_mm2, np.float64) * np.asarray(porosity))
    return np.asarray(12.0 * np.asarray(speed_mm_per_s, np.float64) / length)


def pore_power_law(law: PowerLaw, permeability_mm2: ArrayLike, porosity: ArrayLike) -> FloatArray:
    """Return mu_eff of ``q^n = (k / mu_eff) |grad p|`` in MPa s^n mm^(1 - n).

    ``mu_eff = (K / 12) (9 + 3 / n)^n (150 k phi)^((1 - n) / 2)``: Christopher and Middleman 1965
    in the form of Hirasaki and Pope (physics reference 4.2, recalled).

    Parameters
    ----------
    law : PowerLaw
    permeability_mm2, porosity : array-like
    """
    n = law.exponent
    channel = 150.0 * np.asarray(permeability_mm2, np.float64) * np.asarray(porosity)
    return np.asarray(law.consistency / 12.0 * (9.0 + 3.0 / n) ** n * channel ** (0.5 - 0.5 * n))


def pore_viscosity_mpa_s(
    product: CementProduct,
    equivalent_age: ArrayLike,
    temperature_c: ArrayLike,
    shear_rate_per_s: ArrayLike,
) -> FloatArray:
    """Return the viscosity that stands in Darcy's law, ``q = (k / mu) |grad p|``, in MPa s.

    At high shear rates that of `pore_power_law`, ``mu_eff q^(n - 1)``; where cement hardly moves
    it ends at the viscosity at rest instead of growing without bound. The factor
    ``((9 + 3 / n) / 12)^n`` of the power law (1.12 for n = 0.5, 1 for n = 1) is kept throughout.

    Parameters
    ----------
    product : CementProduct
    equivalent_age : array-like
        s at the reference temperature, see `equivalent_age_s`.
    temperature_c : array-like
    shear_rate_per_s : array-like
        In the pores, see `pore_shear_rate_per_s`.
    """
    n = product.exponent.value
    factor = ((9.0 + 3.0 / n) / 12.0) ** n
    return np.asarray(
        factor * aged_viscosity_mpa_s(product, equivalent_age, temperature_c, shear_rate_per_s)
    )


def working_window_s(product: CementProduct, temperature_c: float) -> tuple[float, float]:
    """Return between which times from mixing the cement can be injected at a temperature."""
    faster = float(ageing_rate(product, temperature_c))
    return product.waiting_s.value / faster, product.working_end_s.value / faster


def check_working(product: CementProduct, age_s: float, temperature_c: float) -> None:
    """Refuse cement that is still too runny or already too thick to be injected.

    Parameters
    ----------
    product : CementProduct
    age_s : float
        Since the start of mixing.
    temperature_c : float
        Where it was kept.

    Raises
    ------
    InputError
        With the window and what to do.
    """
    first, last = working_window_s(product, temperature_c)
    window = f"{first / 60.0:.1f} to {last / 60.0:.1f} min after mixing at {temperature_c:g} °C"
    if age_s > last:
        message = (
            f"{product.title} is past its working time and cannot be injected: {age_s / 60.0:.1f} "
            f"min, expected {window}; inject faster, mix a second portion or cool the cement"
        )
        raise InputError(message)
    if age_s < first:
        message = (
            f"{product.title} is still within its waiting time and would run: {age_s / 60.0:.1f} "
            f"min, expected {window}; wait {(first - age_s) / 60.0:.1f} min more"
        )
        raise InputError(message)


def setting_time_s(product: CementProduct, temperature_c: ArrayLike) -> FloatArray:
    """Return the time from mixing until the viscosity is that of set cement.

    Nicholas 2007: 7.5e4 Pa s for all brands (physics reference 3.2, verified), here at the shear
    rate of the product's viscosity.

    Parameters
    ----------
    product : CementProduct
    temperature_c : array-like
        Constant since mixing.
    """
    rest = _rest_viscosity(product, 0.0, temperature_c)
    rest = rest * _thinning(product, np.asarray(product.viscosity_at_per_s.value))
    end = PA_IN_MPA * product.end_viscosity_pa_s.value
    aged = product.thickening_s.value * np.log(np.maximum(end / rest, 1.0))
    return np.asarray(aged / ageing_rate(product, temperature_c))


def _thinning(product: CementProduct, rate: FloatArray) -> FloatArray:
    n = product.exponent.value
    return np.asarray((1.0 + (product.carreau_s.value * rate) ** 2) ** (0.5 * n - 0.5))


def _rest_viscosity(
    product: CementProduct, equivalent_age: ArrayLike, temperature_c: ArrayLike
) -> FloatArray:
    """Return the viscosity at no shear, from the one that the product gives."""
    given = PA_IN_MPA * product.viscosity_pa_s.value
    given /= float(_thinning(product, np.asarray(product.viscosity_at_per_s.value)))
    older = np.asarray(equivalent_age, np.float64) - product.viscosity_at_s.value
    thinner = _arrhenius(product, product.softening_kj_per_mol.value, temperature_c)
    return np.asarray(given * np.exp(older / product.thickening_s.value) / thinner)


def _arrhenius(
    product: CementProduct, energy_kj_per_mol: float, temperature_c: ArrayLike
) -> FloatArray:
    kelvin = np.asarray(temperature_c, dtype=np.float64) + KELVIN
    reference = product.viscosity_at_c.value + KELVIN
    power = 1000.0 * energy_kj_per_mol / GAS_CONSTANT * (1.0 / reference - 1.0 / kelvin)
    return np.asarray(np.exp(power))
