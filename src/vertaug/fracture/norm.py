"""Normal heights of the vertebral bodies by level."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from vertaug.case.measurement import HeightSet
from vertaug.case.packaged_data import read_packaged_toml

# A supernumerary vertebra takes the norm of the regular one it resembles.
_STAND_IN = {"T13": "T12", "L6": "L5"}

WEDGE_SD = 0.07
"""Spread of the anterior/posterior ratio in healthy adults: 0.06-0.08 (MRI, Surg Radiol Anat
2011;33:223)."""


@cache
def load_norms() -> Mapping[str, HeightSet]:
    """Return normal anterior, middle and posterior heights in mm, T1-L5.

    Sources stand value by value in ``data/level_norms.toml``. Only ratios of these numbers mean
    anything: body size differs between people, shape and progression along the spine much less.
    """
    norms = {}
    for level, row in read_packaged_toml("vertaug.fracture", "level_norms").items():
        posterior = float(row["posterior_mm"])
        norms[level] = HeightSet(
            anterior=posterior * row["wedge"],
            middle=posterior * row["biconcave"],
            posterior=posterior,
        )
    return MappingProxyType(norms)


def find_norm(level: str) -> HeightSet:
    """Return the normal heights of a level; T13 and L6 take those of T12 and L5."""
    return load_norms()[_STAND_IN.get(level, level)]


def usual_excess(level: str) -> float:
    """Return by which share the anterior height, in norms, may exceed the posterior one.

    Two standard deviations of the anterior/posterior ratio of healthy bodies.
    """
    norm = find_norm(level)
    return 2.0 * WEDGE_SD * norm.posterior / norm.anterior
