"""Cure of acrylic cement: kinetics, at one temperature or heating itself.

``dw/dt = K0 exp(-E / RT) w^m (w_max - w)^n`` with the degree of cure w and ``w_max = T / T_g``
(temperatures in K), at most 1: below the temperature of glass transition the cement vitrifies
before it is wholly cured (Quarini, Learmonth, Gheduzzi, Proc IMechE H 2006;220:625; physics
reference 3.3). The law needs a seed: at w = 0 nothing starts.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveFloat

from vertaug.augmentation.cement import _cure_reference as law_of_cure
from vertaug.augmentation.cited_table import read_tables
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.case.source_status import SourceStatus
from vertaug.numerics.thread_limit import few_threads

GAS_CONSTANT = 8.314462618
"""J/(mol K), CODATA 2018."""
KELVIN = 273.15
SEED = 1e-3
"""Degree of cure at mixing, with which the published half-times are met (physics reference 3.3)."""
_LARGEST_CHANGE = 0.25
"""Of the rate of cure times the step of the integration."""
_ONE_THREAD_PLACES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CureKinetics:
    """Parameters of the rate law.

    Attributes
    ----------
    name, title : str
    rate_per_s : float
        K0.
    activation_kj_per_mol : float
        E.
    m, n : float
    heat_kj_per_kg : float
        Released per mass of cement from w = 0 to 1.
    glass_transition_k : float
        T_g; 0 where w_max is 1 at every temperature.
    source : str
    status : SourceStatus
    """

    name: str
    title: str
    rate_per_s: float
    activation_kj_per_mol: float
    m: float
    n: float
    heat_kj_per_kg: float
    glass_transition_k: float
    source: str
    status: SourceStatus

    @property
    def law(self) -> tuple[float, float, float, float, float]:
        """K0 in 1/s, E / R in K, m, n and T_g in K."""
        activation_k = 1000.0 * self.activation_kj_per_mol / GAS_CONSTANT
        return (self.rate_per_s, activation_k, self.m, self.n, self.glass_transition_k)

    def final_degree(self, temperature_c: ArrayLike) -> FloatArray:
        """Return w_max."""
        return law_of_cure.final_degree(_kelvin(temperature_c), self.law)

    def rate(self, degree: ArrayLike, temperature_c: ArrayLike) -> FloatArray:
        """Return dw/dt in 1/s."""
        w = np.asarray(degree, dtype=np.float64)
        return law_of_cure.cure_rate(w, _kelvin(temperature_c), self.law)


class _KineticsTable(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    rate_per_s: PositiveFloat
    activation_kj_per_mol: PositiveFloat
    m: PositiveFloat
    n: PositiveFloat
    heat_kj_per_kg: PositiveFloat
    glass_transition_k: NonNegativeFloat
    source: str
    status: SourceStatus


@cache
def published_kinetics() -> dict[str, CureKinetics]:
    """Return the three published sets by name."""
    where = files("vertaug.augmentation.cement").joinpath("data", "kinetics.toml")
    return parse_kinetics(where.read_text("utf-8"), "the built-in kinetics")


def parse_kinetics(text: str, where: str) -> dict[str, CureKinetics]:
    """Return the sets of a TOML text in the form of the built-in ``kinetics.toml``.

    Parameters
    ----------
    text : str
    where : str
        Named in errors.

    Raises
    ------
    FormatError
        If the text is not TOML, or a key is missing, unknown or not a positive number.
    """
    return {
        name: CureKinetics(name=name, **table.model_dump())
        for name, table in read_tables(text, where, "kinetics", _KineticsTable)
    }


def kinetics_of(name: str) -> CureKinetics:
    """Return a published set.

    Raises
    ------
    InputError
        If the name is unknown.
    """
    known = published_kinetics()
    if name not in known:
        message = f"unknown cure kinetics {name!r}; known: {', '.join(known)}"
        raise InputError(message)
    return known[name]


def advance_cure(
    kinetics: CureKinetics,
    degree: ArrayLike,
    temperature_c: ArrayLike,
    seconds: ArrayLike,
    heating_c: ArrayLike = 0.0,
) -> FloatArray:
    """Return the degree of cure after a time in which no heat is exchanged.

    The temperature follows the degree, ``T = T_0 + heating (w - w_0)``; with a heating of 0 it
    stays. Runge-Kutta of fourth order, for each place in as many equal parts as it needs.

    Parameters
    ----------
    kinetics : CureKinetics
    degree, temperature_c : array-like
        At the start; all arrays are broadcast.
    seconds : array-like
    heating_c : array-like
        Rise of temperature from w = 0 to 1, degrees C.
    """
    from vertaug.augmentation.cement._cure_numba import cure_cells

    given = np.broadcast_arrays(degree, _kelvin(temperature_c), seconds, heating_c)
    w, kelvin, time, heating = (np.array(a, np.float64, order="C").reshape(-1) for a in given)
    out = np.empty_like(w)
    with few_threads(out.size, _ONE_THREAD_PLACES):
        cure_cells(w, kelvin, time, heating, kinetics.law, _LARGEST_CHANGE, out)
    return out.reshape(given[0].shape)


def _kelvin(temperature_c: ArrayLike) -> FloatArray:
    return np.asarray(temperature_c, dtype=np.float64) + KELVIN


def time_to_degree_s(
    kinetics: CureKinetics,
    degree: float,
    temperature_c: float,
    *,
    heating_c: float = 0.0,
    seed: float = SEED,
) -> float:
    """Return the time from mixing to a degree of cure.

    The rate depends on the degree alone, so that the time is an integral over it.

    Parameters
    ----------
    kinetics : CureKinetics
    degree : float
        To be reached, above ``seed``.
    temperature_c : float
        At the start; kept where ``heating_c`` is 0.
    heating_c : float
        Adiabatic rise of temperature from w = 0 to 1.
    seed : float

    Raises
    ------
    InputError
        If the degree is never reached.
    """
    from scipy.integrate import quad

    def seconds_per_log_degree(log_w: float) -> float:
        w = float(np.exp(log_w))
        return w / float(kinetics.rate(w, temperature_c + heating_c * (w - seed)))

    last = float(kinetics.final_degree(temperature_c + heating_c * (degree - seed)))
    if not seed < degree < last:
        message = (
            f"{kinetics.title} cures from {seed:g} to {last:.3f} at {temperature_c:g} degrees C; "
            f"a degree of {degree:g} is not reached"
        )
        raise InputError(message)
    found, _ = quad(seconds_per_log_degree, np.log(seed), np.log(degree), limit=200)
    return float(found)


def half_time_s(kinetics: CureKinetics, temperature_c: float) -> float:
    """Return the time from mixing to w = 0.5 at one temperature."""
    return time_to_degree_s(kinetics, 0.5, temperature_c)


def degree_after_s(
    kinetics: CureKinetics, seconds: ArrayLike, temperature_c: ArrayLike
) -> FloatArray:
    """Return the degree of cure after times from mixing at constant temperatures."""
    return advance_cure(kinetics, SEED, temperature_c, seconds)
