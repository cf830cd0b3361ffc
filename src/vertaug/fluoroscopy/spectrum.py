"""The X-ray beam: tungsten spectra, filters, half-value layer, air kerma.

Spectra come from ``data/tungsten_spectra.csv`` (spekpy) every kilovolt from 60 to 120 kV.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray, read_only
from vertaug.tissue.material import (
    ALUMINIUM,
    COPPER,
    Material,
    mass_attenuation,
    mass_attenuation_at,
    xray_energies_kev,
)

LOWEST_KV, HIGHEST_KV = 60.0, 120.0
BIN_KEV = 0.5
"""Distance of the tabulated energies."""
_UGY_PER_KEV_PER_MM2 = 1.602176634e-13 * 100.0 * 1e6
"""Microgray for 1 keV per mm2 and a mass attenuation of 1 cm2/g: joule per kg, cm2, micro."""
_REFERENCE_MM = 1000.0

Filters = tuple[tuple[Material, float], ...]
DEFAULT_FILTERS: Filters = ((ALUMINIUM, 3.0), (COPPER, 0.1))
"""3 mm Al and 0.1 mm Cu, as the validation values of physics reference 7.2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beam:
    """An X-ray beam.

    Attributes
    ----------
    tube_voltage_kv : float
        60 to 120.
    filters : tuple of (Material, mm)
        Between tube and patient.
    energy_kev : float or None
        Monoenergetic mode: all photons have this energy, with the same air kerma.
    """

    tube_voltage_kv: float = 80.0
    filters: Filters = DEFAULT_FILTERS
    energy_kev: float | None = None

    def __post_init__(self) -> None:
        if not LOWEST_KV <= self.tube_voltage_kv <= HIGHEST_KV:
            message = (
                f"tube voltages from {LOWEST_KV:g} to {HIGHEST_KV:g} kV are tabulated; got "
                f"{self.tube_voltage_kv:g} kV"
            )
            raise InputError(message)
        if any(not 0.0 <= mm <= 100.0 for _, mm in self.filters):
            message = "a filter is 0 to 100 mm thick"
            raise InputError(message)
        if self.energy_kev is not None and not 15.0 <= self.energy_kev <= HIGHEST_KV:
            message = f"a monoenergetic beam has 15 to 120 keV; got {self.energy_kev:g} keV"
            raise InputError(message)

    def fluence(self) -> FloatArray:
        """Return photons per mm2 per keV per mAs, 1 m from the focus, at the table's energies."""
        return _filtered(self.tube_voltage_kv, self.filters)

    def describe(self) -> str:
        """Return the beam in words."""
        layers = " + ".join(f"{mm:g} mm {m.name}" for m, mm in self.filters) or "no filter"
        mono = "" if self.energy_kev is None else f", taken as {self.energy_kev:g} keV throughout"
        return f"{self.tube_voltage_kv:g} kV, {layers}{mono}"


def air_kerma_per_mas(beam: Beam, distance_mm: float = _REFERENCE_MM) -> float:
    """Return the air kerma in microgray per mAs at a distance from the focus, without scatter."""
    at_one_metre = _kerma_sum(beam.fluence())
    return at_one_metre * (_REFERENCE_MM / distance_mm) ** 2


def photons_of_one_energy_per_mas(beam: Beam) -> float:
    """Return photons per mm2 and mAs, 1 m from the focus, of a monoenergetic beam.

    As many as give the air kerma of the spectrum.

    Raises
    ------
    InputError
        If the beam is not monoenergetic.
    """
    if beam.energy_kev is None:
        message = "photons of one energy need a monoenergetic beam: Beam(energy_kev=...)"
        raise InputError(message)
    absorption = mass_attenuation_at("air_absorption", beam.energy_kev)
    return air_kerma_per_mas(beam) / (beam.energy_kev * absorption * _UGY_PER_KEV_PER_MM2)


def kerma_transmission(beam: Beam, material: Material, thickness_mm: float) -> float:
    """Return the share of air kerma behind a layer, narrow beam."""
    behind = beam.fluence() * np.exp(-material.attenuation_per_mm * thickness_mm)
    return _kerma_sum(behind) / _kerma_sum(beam.fluence())


def half_value_layer_mm(beam: Beam, material: Material = ALUMINIUM) -> float:
    """Return the layer that halves the air kerma, in mm."""
    from scipy.optimize import brentq

    thickest = 1.0
    while kerma_transmission(beam, material, thickest) > 0.5:
        thickest *= 2.0
    return float(
        brentq(lambda mm: kerma_transmission(beam, material, mm) - 0.5, 0.0, thickest, xtol=1e-9)
    )


def mean_energy_kev(beam: Beam) -> float:
    """Return the mean photon energy."""
    fluence = beam.fluence()
    return float(fluence @ xray_energies_kev() / fluence.sum())


def _kerma_sum(fluence: FloatArray) -> float:
    """Return microgray per mAs from photons per mm2 per keV per mAs."""
    energy_per_gram = fluence * xray_energies_kev() * mass_attenuation("air_absorption")
    return float(energy_per_gram.sum()) * BIN_KEV * _UGY_PER_KEV_PER_MM2


@lru_cache(maxsize=64)
def _filtered(voltage: float, filters: Filters) -> FloatArray:
    table = _spectra()
    below = int(min(np.floor(voltage), HIGHEST_KV - 1.0))
    share = voltage - below
    row = (1.0 - share) * table[below - int(LOWEST_KV)] + share * table[below + 1 - int(LOWEST_KV)]
    for material, mm in filters:
        row = row * np.exp(-material.attenuation_per_mm * mm)
    return read_only(row)


@cache
def _spectra() -> FloatArray:
    """Return photons per mm2 per keV per mAs, one row a kilovolt, shape (61, n)."""
    place = files("vertaug.fluoroscopy").joinpath("data", "tungsten_spectra.csv")
    lines = [n for n in place.read_text(encoding="ascii").splitlines() if not n.startswith("#")]
    return np.array([[float(cell) for cell in line.split(",")[1:]] for line in lines[1:]])
