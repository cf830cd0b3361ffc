"""What X-rays meet: tissues, and the metal, cement and contrast brought into the patient.

Mass attenuation comes from ``data/attenuation_xray.csv`` (xraylib, ICRU-44 compositions), given
at the centres of 0.5 keV bins. Sums over a spectrum use exactly these energies; values in
between are interpolated in logarithms, never across an absorption edge.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray, read_only

K_EDGES_KEV: dict[str, tuple[float, ...]] = {
    "barium_sulphate": (37.441,),
    "iodine": (33.169,),
    "caesium_iodide": (33.169, 35.985),
    "zirconium_dioxide": (17.998,),
    "steel_316l": (20.0,),
}
"""Absorption edges between 10 and 120 keV of the columns that have one (xraylib; steel: Mo)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A mixture of tabulated substances at a density.

    Attributes
    ----------
    name : str
        In words.
    density_g_per_ml : float
        Of the mixture.
    parts : tuple of (substance, mass fraction)
        Columns of the table; the fractions sum to 1.
    source : str
        Where composition and density come from.
    """

    name: str
    density_g_per_ml: float
    parts: tuple[tuple[str, float], ...]
    source: str

    def __post_init__(self) -> None:
        table = _table()
        for substance, fraction in self.parts:
            if substance not in table or substance == "energy_kev":
                message = f"{self.name}: no attenuation of {substance!r} is tabulated"
                raise InputError(message)
            if not 0.0 <= fraction <= 1.0:
                message = f"{self.name}: a mass fraction of {fraction:g} is not possible"
                raise InputError(message)
        if abs(sum(f for _, f in self.parts) - 1.0) > 1e-6 or not self.density_g_per_ml > 0:
            message = f"{self.name}: mass fractions must sum to 1 at a positive density"
            raise InputError(message)

    @property
    def attenuation_per_mm(self) -> FloatArray:
        """Linear attenuation at `xray_energies_kev`, shape (n,)."""
        mass = sum(f * mass_attenuation(s) for s, f in self.parts)
        return np.asarray(mass * self.density_g_per_ml / 10.0)

    def attenuation_at(self, energy_kev: float) -> float:
        """Return the linear attenuation at one energy in 1/mm."""
        mass = sum(f * mass_attenuation_at(s, energy_kev) for s, f in self.parts)
        return float(mass * self.density_g_per_ml / 10.0)


def xray_energies_kev() -> FloatArray:
    """Return the energies of the tables: centres of 0.5 keV bins, 10.25 to 119.75 keV."""
    return _table()["energy_kev"]


def mass_attenuation(substance: str) -> FloatArray:
    """Return the mass attenuation coefficient in cm2/g at `xray_energies_kev`, shape (n,).

    Raises
    ------
    InputError
        If the substance is not tabulated.
    """
    table = _table()
    if substance not in table or substance == "energy_kev":
        known = ", ".join(sorted(set(table) - {"energy_kev"}))
        message = f"no attenuation of {substance!r} is tabulated; known: {known}"
        raise InputError(message)
    return table[substance]


def mass_attenuation_at(substance: str, energy_kev: float) -> float:
    """Return the mass attenuation coefficient at one energy in cm2/g.

    Interpolated in logarithms between table points on the same side of every absorption edge;
    beside an edge the line through the two nearest points of that side is continued.

    Raises
    ------
    InputError
        If the energy is outside the table.
    """
    energies, values = xray_energies_kev(), mass_attenuation(substance)
    if not 10.0 <= energy_kev <= 120.0:
        message = f"X-ray energies from 10 to 120 keV are tabulated; got {energy_kev:g} keV"
        raise InputError(message)
    edges = np.array(K_EDGES_KEV.get(substance, ()))
    side = np.searchsorted(edges, energies) == np.searchsorted(edges, energy_kev)
    same = np.flatnonzero(side)
    after = int(np.clip(np.searchsorted(energies[same], energy_kev), 1, len(same) - 1))
    low, high = same[after - 1], same[after]
    span = np.log(energies[high] / energies[low])
    slope = np.log(values[high] / values[low]) / span
    return float(values[low] * (energy_kev / energies[low]) ** slope)


@cache
def _table() -> dict[str, FloatArray]:
    place = files("vertaug.tissue").joinpath("data", "attenuation_xray.csv")
    lines = [n for n in place.read_text(encoding="ascii").splitlines() if not n.startswith("#")]
    rows = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    names = lines[0].split(",")
    return {name: read_only(column.copy()) for name, column in zip(names, rows.T, strict=True)}


WATER = Material(
    name="water", density_g_per_ml=1.0, parts=(("water", 1.0),), source="definition of HU"
)
STEEL = Material(
    name="stainless steel 316L",
    density_g_per_ml=7.95,
    parts=(("steel_316l", 1.0),),
    source="AISI 316L; ASTM F138",
)
ALUMINIUM = Material(
    name="aluminium", density_g_per_ml=2.699, parts=(("aluminium", 1.0),), source="NIST"
)
COPPER = Material(name="copper", density_g_per_ml=8.96, parts=(("copper", 1.0),), source="NIST")
CAESIUM_IODIDE = Material(
    name="caesium iodide", density_g_per_ml=4.51, parts=(("caesium_iodide", 1.0),), source="NIST"
)
_PMMA_G_PER_ML, _IODINE_CARRIER_G_PER_ML = 1.18, 1.0
RADIOPACIFIERS: dict[str, tuple[str, str, float]] = {
    "BaSO4": ("barium_sulphate", "barium sulphate", 4.5),
    "ZrO2": ("zirconium_dioxide", "zirconium dioxide", 5.68),
}
"""Of bone cements: column of the table, name and density in g/ml (handbook values, recalled)."""


def bone_cement(mass_share: float = 0.30, radiopacifier: str = "BaSO4") -> Material:
    """Return acrylic cement with a radiopacifier.

    Parameters
    ----------
    mass_share : float
        Of the radiopacifier; powders made for augmentation hold about 0.30 (recalled), others
        0.10, cured cement two thirds of it.
    radiopacifier : str
        One of `RADIOPACIFIERS`.
    """
    f = float(mass_share)
    if radiopacifier not in RADIOPACIFIERS:
        known = ", ".join(RADIOPACIFIERS)
        message = f"unknown radiopacifier {radiopacifier!r}; known: {known}"
        raise InputError(message)
    column, name, own = RADIOPACIFIERS[radiopacifier]
    if not 0.0 <= f <= 0.6:
        message = f"a mass fraction of {name} of {f:g} is not a bone cement (0 to 0.6)"
        raise InputError(message)
    density = 1.0 / ((1.0 - f) / _PMMA_G_PER_ML + f / own)
    return Material(
        name=f"bone cement with {f:.0%} {name}",
        density_g_per_ml=density,
        parts=(("pmma", 1.0 - f), (column, f)),
        source=f"PMMA 1.18, {name} {own:g} g/ml, volumes added",
    )


def iodinated_contrast(iodine_mg_per_ml: float = 150.0) -> Material:
    """Return a watery contrast agent, as a balloon is filled with.

    Parameters
    ----------
    iodine_mg_per_ml : float
        Iodine content; agents hold 180 to 370, and are diluted in balloons.
    """
    grams = float(iodine_mg_per_ml) / 1000.0
    if not 0.0 < grams <= 0.5:
        message = f"{iodine_mg_per_ml:g} mg iodine per ml is not a contrast agent (0 to 500)"
        raise InputError(message)
    # the carrier molecule and water are counted as water
    density = _IODINE_CARRIER_G_PER_ML + 0.8 * grams
    return Material(
        name=f"contrast agent, {iodine_mg_per_ml:g} mg iodine per ml",
        density_g_per_ml=density,
        parts=(("iodine", grams / density), ("water", 1.0 - grams / density)),
        source="iodine in water; iohexol 300 mg/ml has 1.35 g/ml, this gives 1.24 (recalled)",
    )
