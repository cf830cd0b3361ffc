"""What the maps of failure show: a field of one state of a vertebra, and its fixed classes."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError, InputError
from vertaug.case.grid import FloatArray
from vertaug.mechanics.comparison_fields import NOTHING_MPA
from vertaug.mechanics.model import VertebraModel

GAS_MG_PER_ML = -100.0
"""Pure fat has about -80 mg/ml K2HPO4; what is far below holds gas."""


class FailureField(Enum):
    """What is shown: file name, words, unit, factor to that unit, where the classes begin.

    The classes are the same for all cases, so that maps can be compared. Values below the first
    are not coloured; the last class has no upper end.
    """

    PLASTIC_STRAIN = ("plastic_strain", "Plastic strain", "%", 100.0, (0.5, 1.0, 2.0, 5.0, 10.0))
    ENERGY = (
        "strain_energy",
        "Strain-energy density",
        "kJ/m³",
        1000.0,
        (1.0, 2.0, 5.0, 10.0, 20.0),
    )

    @property
    def words(self) -> str:
        """Name and unit."""
        return f"{self.value[1]} ({self.value[2]})"

    @property
    def bounds(self) -> FloatArray:
        """Where the classes begin, shape (5,), in the unit."""
        return np.array(self.value[4])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FailureState:
    """One state of a vertebra and its field.

    Attributes
    ----------
    name : str
        ``As it is``, ``With 5 ml of cement``.
    model : VertebraModel
    values : (ni, nj, nk) array
        Plastic strain as a share, or strain-energy density in MPa.
    load : str
        Under which load, in words: ``1.93 kN at 1.9 %``.
    density_mg_per_ml : (ni, nj, nk) array or None
        Shown beneath; None shows the modulus instead.
    cement : (ni, nj, nk) array or None
        Share of a voxel that is cement, or True where there is any.
    beside : str
        What this state is beside the first one: ``same shortening, 3.9 times the load``.
    contact : str
        Caps that cement touches with no bone between, with areas.
    """

    name: str
    model: VertebraModel
    values: NDArray[np.generic]
    load: str = ""
    density_mg_per_ml: NDArray[np.generic] | None = None
    cement: NDArray[np.generic] | None = None
    beside: str = ""
    contact: str = ""

    def __post_init__(self) -> None:
        shape = self.model.grid.shape
        for name in ("values", "density_mg_per_ml", "cement"):
            given = getattr(self, name)
            if given is not None and np.shape(given) != shape:
                message = f"{name} has shape {np.shape(given)}, the model {shape}"
                raise GeometryError(message)
        if not np.isfinite(np.asarray(self.values)[self.model.filled]).all():
            message = f"the field of {self.name!r} is not a number where there is matter"
            raise InputError(message)

    @property
    def title(self) -> str:
        """State and load."""
        return f"{self.name}, {self.load}" if self.load else self.name

    @property
    def background(self) -> tuple[NDArray[np.generic], str]:
        """What is shown beneath, and its words."""
        if self.density_mg_per_ml is None:
            return self.model.bone_mpa + self.model.filler_mpa, "modulus (MPa)"
        return self.density_mg_per_ml, "density (mg/ml)"

    @property
    def caps(self) -> NDArray[np.bool_]:
        """Where there is neither bone nor cement, only caps."""
        caps = (self.model.filler_mpa > 0.0) & (self.model.bone_mpa <= 0.0)
        if self.cement is not None:
            caps &= np.asarray(self.cement) <= 0.0
        return np.asarray(caps)

    @property
    def matter(self) -> NDArray[np.bool_]:
        """Bone and cement, without caps."""
        return np.asarray(self.model.filled & ~self.caps)

    @property
    def mostly_cement(self) -> NDArray[np.bool_]:
        """Where more than half of the marrow space is cement."""
        if self.cement is None:
            return np.zeros(self.model.grid.shape, dtype=np.bool_)
        return np.asarray(np.asarray(self.cement, dtype=np.float32) > 0.5)

    @property
    def empty(self) -> NDArray[np.bool_]:
        """Where the density is below 0, so that no bone is seen: noise, fat or gas."""
        inside = self.model.filled & ~self.caps & ~self.mostly_cement
        nothing = self.model.bone_mpa + self.model.filler_mpa <= NOTHING_MPA
        if self.density_mg_per_ml is not None:
            nothing = nothing | (np.asarray(self.density_mg_per_ml) < 0.0)
        return np.asarray(inside & nothing)

    @property
    def gas(self) -> NDArray[np.bool_]:
        """Where the density is that of gas."""
        if self.density_mg_per_ml is None:
            return np.zeros(self.model.grid.shape, dtype=np.bool_)
        return np.asarray(self.empty & (np.asarray(self.density_mg_per_ml) < GAS_MG_PER_ML))
