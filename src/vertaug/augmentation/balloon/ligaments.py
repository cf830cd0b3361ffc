"""Ligaments that hold the level above: springs that bear tension only, once they are taut.

They run from the level above to the level below, upright, and are as stiff as over one disc. A body
that has lost height has let them go slack by what it has lost: the level above is to rise to where
it was before the fracture until they are taut again. In a healed fracture they have shortened, and
are taut at the height that there is (both design defaults).
"""

from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from vertaug.augmentation.balloon.patient_bone import PatientBone
from vertaug.augmentation.cited_table import build_from_table, read_text
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.case.measurement import VertebraMeasurement
from vertaug.case.spine import Vertebra
from vertaug.tissue.cited_value import CitedValue

_BEHIND_MM = {"flavum": 18.0, "interspinous": 30.0, "supraspinous": 45.0}
"""From the posterior wall, design defaults of a lumbar level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpinalLigaments:
    """Stiffness of the ligaments between two levels, N/mm; 0 leaves one out."""

    anterior_longitudinal: CitedValue
    posterior_longitudinal: CitedValue
    flavum: CitedValue
    interspinous: CitedValue
    supraspinous: CitedValue

    def __post_init__(self) -> None:
        for name in LIGAMENTS:
            value = getattr(self, name).value
            if not value >= 0.0:
                message = f"the stiffness of a ligament is expected from 0 up; {name} has {value:g}"
                raise InputError(message)


LIGAMENTS = tuple(field.name for field in fields(SpinalLigaments))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ligament:
    """An upright spring between the level above and the level below.

    Attributes
    ----------
    name : str
    place_mm : (2,) float64 array
        From the corner of the balloon's grid, along left and posterior.
    n_per_mm : float
    slack_mm : float
        By how much the level above is to rise there until it is taut.
    """

    name: str
    place_mm: FloatArray
    n_per_mm: float
    slack_mm: float

    def rise_mm(self, plate: FloatArray, centre_mm: FloatArray) -> float:
        """Return how far the level above has risen over it.

        Parameters
        ----------
        plate : (3,) float64 array
            Rise of the middle of the plate, mm, and its slopes along left and posterior.
        centre_mm : (2,) float64 array
            That middle, from the corner of the grid.
        """
        return float(plate[0] + (self.place_mm - centre_mm) @ plate[1:])

    def tension_n(self, rise_mm: float) -> float:
        """Return its force at a rise of the level above."""
        return self.n_per_mm * max(rise_mm - self.slack_mm, 0.0)


def place_ligaments(
    ligaments: SpinalLigaments,
    bone: PatientBone,
    vertebra: Vertebra,
    fractured: VertebraMeasurement | None = None,
) -> tuple[Ligament, ...]:
    """Return the ligaments of a level where they lie: in its mid-sagittal plane.

    Parameters
    ----------
    ligaments : SpinalLigaments
    bone : PatientBone
    vertebra : Vertebra
    fractured : VertebraMeasurement, optional
        Of a body with a fresh fracture: they are slack by the height that it has lost, in between
        and behind as on the line through front and back. None where they are taut now.
    """
    mark = vertebra.landmarks
    front, back = (
        bone.to_place(np.mean(pair, axis=0))[:2]
        for pair in (
            (mark.superior_anterior, mark.inferior_anterior),
            (mark.superior_posterior, mark.inferior_posterior),
        )
    )
    depth = float(back[1] - front[1])
    lost_front, lost_back = _lost_mm(fractured)
    found = []
    for name in LIGAMENTS:
        behind = -depth if name == "anterior_longitudinal" else _BEHIND_MM.get(name, 0.0)
        lost = lost_back + (lost_back - lost_front) * behind / depth
        found.append(
            Ligament(
                name=name,
                place_mm=np.array([0.5 * (front[0] + back[0]), back[1] + behind]),
                n_per_mm=getattr(ligaments, name).value,
                slack_mm=max(lost, 0.0),
            )
        )
    return tuple(one for one in found if one.n_per_mm > 0.0)


def _lost_mm(fractured: VertebraMeasurement | None) -> tuple[float, float]:
    """Return the height that a body has lost in front and behind; nothing where it is higher."""
    if fractured is None or fractured.reference_mm is None:
        return 0.0, 0.0
    before, now = fractured.reference_mm, fractured.heights_mm
    front, back = before.anterior - now.anterior, before.posterior - now.posterior
    return max(front, 0.0), max(back, 0.0)


def read_ligaments(file: str | Path) -> SpinalLigaments:
    """Return the ligaments of a TOML file in the form of the built-in ``ligaments.toml``.

    Raises
    ------
    FormatError
        If it cannot be read, or a key is missing, unknown or not what is expected.
    """
    return build_from_table(read_text(Path(file)), str(file), "ligaments", SpinalLigaments)


@cache
def lumbar_ligaments() -> SpinalLigaments:
    """Return the built-in ligaments of a lumbar level."""
    where = files("vertaug.augmentation.balloon").joinpath("data", "ligaments.toml")
    text = where.read_text("utf-8")
    return build_from_table(text, "the built-in table", "ligaments", SpinalLigaments)
