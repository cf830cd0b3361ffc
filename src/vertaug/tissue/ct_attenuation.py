"""From Hounsfield units to X-ray attenuation at any energy.

A CT gives one number a voxel, its attenuation at the scanner's effective energy. What it is made
of follows from the number: between two anchor tissues (`ANCHORS`) the composition is taken as
their mixture, linear in HU. The density is then the one that gives the measured HU, so that at
the scanner's energy the attenuation is the scanner's own. Attenuation at every other energy is
that of two basis substances, water and cortical bone (Alvarez and Macovski, Phys Med Biol
1976;21:733): no tissue has an absorption edge above 10 keV, and two functions describe it
within 0.3 % from 35 to 120 keV.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from vertaug.case.grid import FloatArray, read_only
from vertaug.tissue.material import mass_attenuation, mass_attenuation_at, xray_energies_kev

BASIS = ("water", "cortical_bone")
"""Basis substances, in this order everywhere."""

AIR_HU = -950.0
"""At and below, a voxel is air and attenuates nothing; the noise of air around the patient too."""
METAL_HU = 3000.0
"""From here on a voxel is metal: scanners end at 3071, so its HU says no more."""
_METAL_G_PER_ML = 4.43  # Ti-6Al-4V, the metal of spinal implants
LOWEST_HU, HIGHEST_HU = -1024, 3071


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorTissue:
    """A tissue of known composition and density; its HU follows from both.

    Attributes
    ----------
    name : str
        In words.
    density_g_per_ml : float
        Mass density.
    substance : str
        Its column in the attenuation table.
    """

    name: str
    density_g_per_ml: float
    substance: str

    def hounsfield(self, energy_kev: float) -> float:
        """Return its HU at the effective energy of a CT."""
        basis = basis_attenuation_at(energy_kev)
        mass = float(np.array(basis_weights(self.substance)) @ basis)
        return 1000.0 * (self.density_g_per_ml * mass / float(basis[0]) - 1.0)


ANCHORS: tuple[AnchorTissue, ...] = (
    AnchorTissue(name="lung", density_g_per_ml=0.80, substance="lung"),
    AnchorTissue(name="fat", density_g_per_ml=0.95, substance="adipose"),
    AnchorTissue(name="soft tissue", density_g_per_ml=1.05, substance="muscle"),
    AnchorTissue(name="cancellous bone", density_g_per_ml=1.18, substance="spongiosa"),
    AnchorTissue(name="cortical bone", density_g_per_ml=1.92, substance="cortical_bone"),
)
"""Compositions and densities of ICRU-44; lung, of any density up to that of the anchor. Below the
first and above the last anchor the composition stays."""

# Mean energy behind 20 cm of water, physics reference 7.2 (80-120 kV) and the same computation.
_EFFECTIVE_KEV = ((80.0, 56.8), (100.0, 64.9), (120.0, 72.0), (140.0, 77.5))
_FIT_FROM_KEV = 25.0


def effective_energy_kev(tube_voltage_kv: float | None) -> float:
    """Return the effective energy of a CT; 120 kV where the voltage is unknown."""
    voltage, energy = np.array(_EFFECTIVE_KEV).T
    return float(np.interp(120.0 if tube_voltage_kv is None else tube_voltage_kv, voltage, energy))


@cache
def basis_weights(substance: str) -> tuple[float, float]:
    """Return grams of water and of cortical bone that attenuate like a gram of a substance.

    Least squares of the relative error from 25 to 120 keV.
    """
    energies = xray_energies_kev()
    use = energies >= _FIT_FROM_KEV
    target = mass_attenuation(substance)[use]
    columns = np.stack([mass_attenuation(b)[use] for b in BASIS], axis=1) / target[:, None]
    water, bone = np.linalg.lstsq(columns, np.ones(len(target)), rcond=None)[0]
    return float(water), float(bone)


def basis_attenuation_per_mm() -> FloatArray:
    """Return the attenuation of 1 g/ml of each basis at the table's energies, shape (n, 2)."""
    return np.stack([mass_attenuation(b) for b in BASIS], axis=1) / 10.0


def basis_attenuation_at(energy_kev: float) -> FloatArray:
    """Return the attenuation of 1 g/ml of each basis at one energy in 1/mm, shape (2,)."""
    return np.array([mass_attenuation_at(b, energy_kev) for b in BASIS]) / 10.0


@cache
def basis_of_hounsfield(tube_voltage_kv: float | None) -> FloatArray:
    """Return g/ml of water and of cortical bone for every HU from `LOWEST_HU` to `HIGHEST_HU`.

    Parameters
    ----------
    tube_voltage_kv : float or None
        Of the CT.

    Returns
    -------
    (4096, 2) float64 array
    """
    hu = np.arange(LOWEST_HU, HIGHEST_HU + 1, dtype=np.float64)
    energy = effective_energy_kev(tube_voltage_kv)
    per_gram = _composition(hu, energy)
    mu_basis = basis_attenuation_at(energy)
    wanted = (1.0 + hu / 1000.0) * mu_basis[0]
    out = per_gram * (wanted / (per_gram @ mu_basis))[:, None]
    out[hu <= AIR_HU] = 0.0
    out[hu >= METAL_HU] = _METAL_G_PER_ML * np.array(basis_weights("titanium"))
    return read_only(out)


def density_of_hounsfield(tube_voltage_kv: float | None) -> FloatArray:
    """Return the mass density in g/ml for every HU from `LOWEST_HU` to `HIGHEST_HU`."""
    hu = np.arange(LOWEST_HU, HIGHEST_HU + 1, dtype=np.float64)
    energy = effective_energy_kev(tube_voltage_kv)
    mu_basis = basis_attenuation_at(energy)
    density = (1.0 + hu / 1000.0) * mu_basis[0] / (_composition(hu, energy) @ mu_basis)
    density[hu <= AIR_HU] = 0.0
    density[hu >= METAL_HU] = _METAL_G_PER_ML
    return np.asarray(density)


def _composition(hu: FloatArray, energy_kev: float) -> FloatArray:
    """Return basis grams per gram of tissue, shape (n, 2), mixed between the anchors."""
    at = [anchor.hounsfield(energy_kev) for anchor in ANCHORS]
    weights = np.array([basis_weights(anchor.substance) for anchor in ANCHORS])
    return np.stack([np.interp(hu, at, weights[:, b]) for b in range(2)], axis=1)
