"""Mass attenuation tables of tissues and calibration materials."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np

from vertaug.case.grid import FloatArray, read_only


class AttenuationSource(StrEnum):
    """Where mass attenuation comes from.

    ``NIST``: the NIST node tables, interpolated linearly, as the published phantomless method
    does. ``FINE``: xraylib evaluated every 0.5 keV from ICRU-44 compositions.
    """

    NIST = "nist"
    FINE = "fine"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AttenuationTable:
    """Mass attenuation coefficients on an ascending energy grid.

    Attributes
    ----------
    energy_kev : (n,) float64 array
        Energies of the search, 0.5 keV apart.
    coefficient : mapping of str to (n,) float64 array
        Total mass attenuation in cm2/g of ``adipose``, ``air``, ``blood``, ``cortical_bone``,
        ``muscle``, ``k2hpo4``, ``triglyceride``, ``water``.
    """

    energy_kev: FloatArray
    coefficient: Mapping[str, FloatArray]


def _read(name: str) -> dict[str, FloatArray]:
    text = files("vertaug.tissue").joinpath("data", name).read_text(encoding="ascii")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    values = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    return dict(zip(lines[0].split(","), values.T, strict=True))


@cache
def load_attenuation(source: AttenuationSource) -> AttenuationTable:
    """Return a table on a 0.5 keV grid.

    The fine table holds exactly these energies, so nothing is interpolated and no absorption
    edge is crossed. The NIST nodes begin at 10 keV, above every edge of these materials (the
    highest is iron's K edge in blood, 7.1 keV).

    Parameters
    ----------
    source : AttenuationSource
        Which of the two tables.
    """
    columns = _read(f"attenuation_{source.value}.csv")
    energy = columns.pop("energy_kev")
    if source is AttenuationSource.NIST:
        nodes, energy = energy, np.arange(energy[0], energy[-1] + 0.25, 0.5)
        columns = {name: np.interp(energy, nodes, mu) for name, mu in columns.items()}
    frozen = {name: read_only(mu) for name, mu in columns.items()}
    return AttenuationTable(energy_kev=read_only(energy), coefficient=MappingProxyType(frozen))
