"""Make src/vertaug/tissue/data/attenuation_fine.csv from xraylib.

Run by hand in an environment that has xraylib (4.x); vertaug itself does not need it:

    python benchmarks/make_attenuation_table.py src/vertaug/tissue/data/attenuation_fine.csv

Total mass attenuation coefficients (photoelectric + coherent + incoherent) are summed over the
elements by mass fraction. The energies are the search grid of the phantomless fit itself, so
that nothing is interpolated and no absorption edge is crossed.
"""

import sys
from pathlib import Path

import numpy as np
import xraylib

# Mass fractions by atomic number: ICRU Report 44 (1989) as tabulated by NIST (Hubbell &
# Seltzer, NISTIR 5632, table 2); air dry near sea level from the same table.
TISSUES = {
    "adipose": {1: 0.114, 6: 0.598, 7: 0.007, 8: 0.278, 11: 0.001, 16: 0.001, 17: 0.001},
    "air": {6: 0.000124, 7: 0.755268, 8: 0.231781, 18: 0.012827},
    "blood": {
        1: 0.102, 6: 0.110, 7: 0.033, 8: 0.745, 11: 0.001, 15: 0.001, 16: 0.002, 17: 0.003,
        19: 0.002, 26: 0.001,
    },
    "cortical_bone": {
        1: 0.034, 6: 0.155, 7: 0.042, 8: 0.435, 11: 0.001, 12: 0.002, 15: 0.103, 16: 0.003,
        20: 0.225,
    },
    "muscle": {
        1: 0.102, 6: 0.143, 7: 0.034, 8: 0.710, 11: 0.001, 15: 0.002, 16: 0.003, 17: 0.001,
        19: 0.004,
    },
}  # fmt: skip
COMPOUNDS = {"k2hpo4": "K2HPO4", "triglyceride": "C55H98O6", "water": "H2O"}
ENERGIES_KEV = np.arange(1.0, 200.25, 0.5)


def mass_fractions():
    """Return the mass fractions by atomic number of every material."""
    out = dict(TISSUES)
    for name, formula in COMPOUNDS.items():
        parsed = xraylib.CompoundParser(formula)
        out[name] = dict(zip(parsed["Elements"], parsed["massFractions"], strict=True))
    return out


def main(path):
    """Write the table."""
    materials = mass_fractions()
    lines = [
        "# Mass attenuation coefficients in cm2/g, total with coherent scattering.",
        f"# Made by benchmarks/make_attenuation_table.py with xraylib {xraylib.__version__}.",
        "# Compositions: ICRU Report 44 as tabulated in NISTIR 5632; compounds by formula",
        "# (K2HPO4, triglyceride C55H98O6, water).",
        "energy_kev," + ",".join(materials),
    ]
    for energy in ENERGIES_KEV:
        row = [
            sum(w * xraylib.CS_Total(z, float(energy)) for z, w in fractions.items())
            for fractions in materials.values()
        ]
        lines.append(f"{energy:.1f}," + ",".join(f"{value:.6g}" for value in row))
    Path(path).write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1])
