"""From the density of voxels to their modulus and strength."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.tissue.bone_law import (
    KOPPERDAHL_2002_MODULUS,
    KOPPERDAHL_2002_STRENGTH,
    BoneLaw,
    DensityKind,
    Property,
)

LEAST_DENSITY_MG_PER_ML = -31.0
"""Densities below are raised to it; recipe of spineFE-benchmark (physics reference 0.2,
verified)."""
BINS = 128
"""Number of density bins of the same recipe."""
CAP_MPA = 2500.0
"""Modulus of caps of PMMA (physics reference 0.2 and 2.1, verified). Measured in place: 1177 MPa
(Hernandez, Gill, Gheduzzi 2020)."""
CAP_STRENGTH_MPA = 70.0
"""Yield strength of caps of PMMA (Ogo production, physics reference 2.1, verified)."""


class DensityMapping(Enum):
    """How a voxel's density picks its modulus (physics reference 0.3)."""

    EXACT = "exact"
    """Every voxel its own modulus."""
    BINNED = "binned"
    """128 equal bins between the least and the greatest density of bone; modulus at the middle
    of the voxel's bin."""
    PUBLISHED = "published"
    """As `BINNED` but at the middle of the next higher bin: what the published results of
    spineFE-benchmark seem to hold, inferred from its code and one vertebra, and 18 % too stiff
    there. For comparison with those results only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneMaterial:
    """What bone and caps are made of.

    Attributes
    ----------
    modulus, strength : BoneLaw
    density : DensityKind
        Of the image, in mg/ml.
    mapping : DensityMapping
    anisotropic : bool
        Whether bone is transversely isotropic (Crawford 2003); the benchmark is isotropic.
    cap_mpa, cap_strength_mpa : float
        Of the caps.
    """

    modulus: BoneLaw = KOPPERDAHL_2002_MODULUS
    strength: BoneLaw = KOPPERDAHL_2002_STRENGTH
    density: DensityKind = DensityKind.K2HPO4
    mapping: DensityMapping = DensityMapping.EXACT
    anisotropic: bool = False
    cap_mpa: float = CAP_MPA
    cap_strength_mpa: float = CAP_STRENGTH_MPA

    def __post_init__(self) -> None:
        object.__setattr__(self, "mapping", DensityMapping(self.mapping))
        object.__setattr__(self, "density", DensityKind(self.density))
        for law, wanted in (
            (self.modulus, Property.MODULUS),
            (self.strength, Property.STRENGTH),
        ):
            if law.gives is not wanted:
                message = f"{law.name} gives the {law.gives.value}, expected the {wanted.value}"
                raise InputError(message)
        if not (0.0 < self.cap_mpa <= 30_000.0 and self.cap_strength_mpa > 0.0):
            message = (
                f"caps of {self.cap_mpa:g} MPa that yield at {self.cap_strength_mpa:g} MPa are no "
                "matter that carries a load; PMMA has 2500 and 70 MPa"
            )
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MappedBone:
    """Modulus and strength of voxels; 0 and infinite where there is no bone.

    Attributes
    ----------
    modulus_mpa, strength_mpa : (ni, nj, nk) float64 arrays
    bone : (ni, nj, nk) bool array
        Voxels of bone that are left: those of exactly 0 mg/ml drop out.
    """

    modulus_mpa: FloatArray
    strength_mpa: FloatArray
    bone: NDArray[np.bool_]


def map_bone(
    density_mg_per_ml: ArrayLike, bone: NDArray[np.bool_], material: BoneMaterial | None = None
) -> MappedBone:
    """Return modulus and strength of voxels of bone by the recipe of spineFE-benchmark.

    Densities below -31 mg/ml are raised to it, then cut to whole numbers toward 0; voxels that
    are then exactly 0 are no bone (physics reference 0.2). All mappings share this. With
    `DensityMapping.EXACT` the cut changes a modulus by at most the law's step of 1 mg/ml.

    Parameters
    ----------
    density_mg_per_ml : (ni, nj, nk) array-like
    bone : (ni, nj, nk) bool array
    material : BoneMaterial, optional

    Raises
    ------
    InputError
        If no voxel of bone is left.
    """
    material = material or BoneMaterial()
    raised = np.maximum(np.asarray(density_mg_per_ml, dtype=np.float64), LEAST_DENSITY_MG_PER_ML)
    whole = np.trunc(raised)
    kept = np.asarray(bone & (whole != 0.0))
    if not kept.any():
        message = "no voxel of bone has a density other than 0; check the regions and the image"
        raise InputError(message)
    values = _mapped_density(whole[kept], material.mapping)
    modulus, strength = np.zeros(kept.shape), np.full(kept.shape, np.inf)
    modulus[kept] = material.modulus.evaluate(values, material.density)
    strength[kept] = material.strength.evaluate(values, material.density)
    return MappedBone(modulus_mpa=modulus, strength_mpa=strength, bone=kept)


def _mapped_density(values: FloatArray, mapping: DensityMapping) -> FloatArray:
    low, high = float(values.min()), float(values.max())
    width = (high - low) / BINS
    if mapping is DensityMapping.EXACT or width == 0.0:
        return values
    number = np.minimum(((values - low) / width).astype(np.int64), BINS - 1)
    shift = 1.0 if mapping is DensityMapping.PUBLISHED else 0.0
    return np.asarray(low + (number + 0.5 + shift) * width)


def keep_largest_piece(filled: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest piece of some voxels; voxels hang together by a shared corner.

    Parameters
    ----------
    filled : (ni, nj, nk) bool array
        Not empty.
    """
    from scipy.ndimage import label

    pieces, count = label(filled, structure=np.ones((3, 3, 3)))
    if count <= 1:
        return filled
    return np.asarray(pieces == np.bincount(pieces.ravel())[1:].argmax() + 1)
