"""Make the X-ray tables of vertaug from spekpy and xraylib.

Run by hand in an environment that has both; vertaug itself needs neither:

    pip install "spekpy==2.5.4" "xraylib==4.3.0"
    python benchmarks/make_xray_tables.py src/vertaug

It writes ``tissue/data/attenuation_xray.csv`` (mass attenuation of tissues and of what is
brought into the patient) and ``fluoroscopy/data/tungsten_spectra.csv`` (bremsstrahlung and
characteristic lines of a tungsten anode). Both hold the same energies, the centres of 0.5 keV
bins, so that a spectrum is attenuated without any interpolation and no absorption edge is
crossed. Total mass attenuation is photoelectric + coherent + incoherent, summed over the
elements by mass fraction.
"""

import sys
from pathlib import Path

import numpy as np
import spekpy
import xraylib

ENERGIES_KEV = np.arange(10.25, 120.0, 0.5)
TUBE_VOLTAGES_KV = range(60, 121)
ANODE_ANGLE_DEG = 12

# Mass fractions by atomic number: ICRU Report 44 (1989) as tabulated by NIST (Hubbell & Seltzer,
# NISTIR 5632, table 2); air dry near sea level from the same table. Spongiosa: ICRU Report 44
# "skeleton, spongiosa" (as listed by ICRU-46). Steel: AISI 316L, mid-range of ASTM F138.
MIXTURES = {
    "adipose": {1: 0.114, 6: 0.598, 7: 0.007, 8: 0.278, 11: 0.001, 16: 0.001, 17: 0.001},
    "air": {6: 0.000124, 7: 0.755268, 8: 0.231781, 18: 0.012827},
    "lung": {
        1: 0.103, 6: 0.105, 7: 0.031, 8: 0.749, 11: 0.002, 15: 0.002, 16: 0.003, 17: 0.003,
        19: 0.002,
    },
    "muscle": {
        1: 0.102, 6: 0.143, 7: 0.034, 8: 0.710, 11: 0.001, 15: 0.002, 16: 0.003, 17: 0.001,
        19: 0.004,
    },
    "spongiosa": {
        1: 0.085, 6: 0.404, 7: 0.028, 8: 0.367, 11: 0.001, 12: 0.001, 15: 0.034, 16: 0.002,
        17: 0.002, 19: 0.001, 20: 0.074, 26: 0.001,
    },
    "cortical_bone": {
        1: 0.034, 6: 0.155, 7: 0.042, 8: 0.435, 11: 0.001, 12: 0.002, 15: 0.103, 16: 0.003,
        20: 0.225,
    },
    "steel_316l": {14: 0.005, 24: 0.175, 25: 0.015, 26: 0.655, 28: 0.125, 42: 0.025},
}  # fmt: skip
COMPOUNDS = {
    "water": "H2O",
    "pmma": "C5H8O2",
    "barium_sulphate": "BaSO4",
    "zirconium_dioxide": "ZrO2",
    "iodine": "I",
    "aluminium": "Al",
    "copper": "Cu",
    "titanium": "Ti",
    "caesium_iodide": "CsI",
}


def mass_fractions():
    """Return the mass fractions by atomic number of every material."""
    out = {name: _normalised(parts) for name, parts in MIXTURES.items()}
    for name, formula in COMPOUNDS.items():
        parsed = xraylib.CompoundParser(formula)
        out[name] = dict(zip(parsed["Elements"], parsed["massFractions"], strict=True))
    return out


def _normalised(parts):
    total = sum(parts.values())
    return {z: w / total for z, w in parts.items()}


def attenuation_lines():
    """Return the text of the attenuation table."""
    materials = mass_fractions()
    lines = [
        "# Mass attenuation coefficients in cm2/g, total with coherent scattering, at the centres",
        "# of 0.5 keV bins; air_absorption is the mass energy-absorption coefficient of air.",
        f"# Made by benchmarks/make_xray_tables.py with xraylib {xraylib.__version__};",
        f"# air_absorption from the NIST table of spekpy {spekpy.__version__}.",
        "# Compositions: ICRU Report 44 as tabulated in NISTIR 5632 (tissues, air), AISI 316L",
        "# (steel), compounds and elements by formula.",
        "energy_kev," + ",".join(materials) + ",air_absorption",
    ]
    air = spekpy.Spek(kvp=100, mu_data_source="nist").muen_air_data
    for energy in map(float, ENERGIES_KEV):
        row = [
            sum(w * xraylib.CS_Total(z, energy) for z, w in parts.items())
            for parts in materials.values()
        ]
        row.append(float(air.get_muen_over_rho_air(np.array([energy]))[0]))
        lines.append(f"{energy:.2f}," + ",".join(f"{value:.6g}" for value in row))
    return lines


def spectrum_lines():
    """Return the text of the spectrum table: one row per tube voltage."""
    lines = [
        "# Photon fluence of a tungsten anode in photons per mm2 per keV per mAs, 1 m from the",
        "# focus in vacuum, without any filter, at the centres of 0.5 keV",
        f"# bins; anode angle {ANODE_ANGLE_DEG} degrees.",
        f"# Made by benchmarks/make_xray_tables.py with spekpy {spekpy.__version__}, default",
        "# physics model (casim) and its default attenuation data.",
        "tube_voltage_kv," + ",".join(f"{e:.2f}" for e in ENERGIES_KEV),
    ]
    for kv in TUBE_VOLTAGES_KV:
        spectrum = spekpy.Spek(kvp=kv, th=ANODE_ANGLE_DEG, dk=0.5, z=100, physics="casim")
        energy, fluence = spectrum.get_spectrum(edges=False)
        row = np.interp(ENERGIES_KEV, energy, fluence, left=0.0, right=0.0) / 100.0
        assert np.isin(ENERGIES_KEV[kv > ENERGIES_KEV], energy).all(), "bins must coincide"
        lines.append(f"{kv}," + ",".join(f"{value:.5g}" for value in row))
    return lines


def main(package):
    """Write both tables."""
    for place, lines in (
        ("tissue/data/attenuation_xray.csv", attenuation_lines()),
        ("fluoroscopy/data/tungsten_spectra.csv", spectrum_lines()),
    ):
        (Path(package) / place).write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1])
