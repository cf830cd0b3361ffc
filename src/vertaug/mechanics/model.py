"""A vertebra as a body of voxels with moduli, between two platens."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError, InputError
from vertaug.case.grid import FloatArray, Grid, read_only
from vertaug.numerics.hexahedron import OrthotropicRatios, isotropic_stiffness

LARGEST_MODULUS_MPA = 30_000.0
"""Stiffer than bone tissue (18-20 GPa, Bayraktar 2004) and than any bone cement."""
LEAST_MODULUS_MPA = 1e-9
POISSON = 0.3
"""Of bone and cement alike (physics reference 0.2)."""

CRAWFORD_2003 = OrthotropicRatios(
    modulus=(1 / 3, 1 / 3, 1.0), shear=(0.157, 0.157, 0.121), poisson=(0.104, 0.104, 0.381)
)
"""Transversely isotropic vertebral bone along the superior axis: Crawford, Cann, Keaveny, Bone
2003;33:744. E_x = E_y = E_z / 3, G_xz = G_yz = 0.157 E_z, G_xy = 0.121 E_z; nu_xy = 0.381 and
nu_xz = nu_yz = 0.104 are recalled (physics reference 1.3): the strain along z from stress along x,
so that nu_zx = 0.312."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VertebraModel:
    """A body of voxels; the third axis of the grid is the vertebra's superior axis.

    Attributes
    ----------
    grid : Grid
        Axes: the patient's left, posterior, superior (the vertebra's own), any spacing.
    bone_mpa : (ni, nj, nk) float64 array
        Modulus of bone along the superior axis; 0 where there is none.
    filler_mpa : (ni, nj, nk) float64 array
        Modulus of what is isotropic beside it: caps of PMMA, cement. A voxel of both has the
        stiffness of both.
    strength_mpa : (ni, nj, nk) float32 array
        Stress at which a voxel yields in uniaxial compression; infinite where it never does.
        Seven digits are more than are known of it, and half the memory.
    anisotropic : bool
        Whether bone is transversely isotropic (Crawford 2003) or isotropic.
    superior_nodes, inferior_nodes : (n, 3) int64 arrays
        Nodes at the platens; node (i, j, k) is the lower corner of voxel (i, j, k).
    height_mm : float
        Of the body between its endplates, for apparent strain.
    density_mg_per_ml : (ni, nj, nk) float32 array or None
        Of the image in voxels of bone, 0 elsewhere; no modulus follows from it.
    notes : tuple of str
        What was changed or left out when the model was made, in sentences.
    """

    grid: Grid
    bone_mpa: FloatArray
    filler_mpa: FloatArray
    strength_mpa: NDArray[np.floating[Any]]
    anisotropic: bool
    superior_nodes: NDArray[np.int64]
    inferior_nodes: NDArray[np.int64]
    height_mm: float
    density_mg_per_ml: NDArray[np.float32] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        kinds: dict[str, type[np.floating]] = dict.fromkeys(
            ("bone_mpa", "filler_mpa"), np.float64
        ) | {"strength_mpa": np.float32}
        if self.density_mg_per_ml is not None:
            kinds["density_mg_per_ml"] = np.float32
        for name, kind in kinds.items():
            values = read_only(getattr(self, name), kind)
            object.__setattr__(self, name, values)
            if values.shape != self.grid.shape:
                message = f"{name} has shape {values.shape}, its grid {self.grid.shape}"
                raise GeometryError(message)
        for name in ("superior_nodes", "inferior_nodes"):
            object.__setattr__(self, name, read_only(getattr(self, name), np.int64))
        self._check_moduli()
        if not 2.0 <= self.height_mm <= 100.0:
            message = f"a vertebral body is 2 to 100 mm high; got {self.height_mm:g} mm"
            raise InputError(message)

    def _check_moduli(self) -> None:
        total = self.bone_mpa + self.filler_mpa
        if not np.isfinite(total).all() or min(self.bone_mpa.min(), self.filler_mpa.min()) < 0.0:
            message = "a modulus is negative or not a number; expected 0 for void, above for matter"
            raise InputError(message)
        if not total.any():
            message = "no voxel has a modulus: there is nothing that could carry a load"
            raise InputError(message)
        if total.max() > LARGEST_MODULUS_MPA:
            message = (
                f"a modulus of {total.max():.3g} MPa is none of bone or cement (at most "
                f"{LARGEST_MODULUS_MPA:g} MPa); check the unit of the density: mg/ml K2HPO4 is "
                "expected"
            )
            raise InputError(message)
        matter = total > 0.0
        if total[matter].min() < LEAST_MODULUS_MPA:
            message = (
                f"a modulus of {total[matter].min():.1g} MPa is none of any tissue (at least "
                f"{LEAST_MODULUS_MPA:g} MPa; 0 for void)"
            )
            raise InputError(message)
        if not (self.strength_mpa[matter] > 0.0).all():
            message = "a strength is 0, negative or not a number where there is matter"
            raise InputError(message)

    @property
    def elasticity(self) -> tuple[FloatArray, FloatArray]:
        """Elasticity matrices of bone and filler at a modulus of 1, each (6, 6)."""
        isotropic = isotropic_stiffness(POISSON)
        return (CRAWFORD_2003.stiffness() if self.anisotropic else isotropic), isotropic

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Where there is matter."""
        return np.asarray((self.bone_mpa > 0.0) | (self.filler_mpa > 0.0))


def nodes_of_faces(voxels: NDArray[np.bool_], *, upper: bool) -> NDArray[np.int64]:
    """Return the nodes of the outermost flat face of some voxels along the third axis.

    Parameters
    ----------
    voxels : (ni, nj, nk) bool array
    upper : bool
        The face on the superior side of the uppermost voxels, or the other one.

    Returns
    -------
    (n, 3) int64 array
    """
    layers = np.flatnonzero(voxels.any(axis=(0, 1)))
    layer = int(layers[-1] if upper else layers[0])
    face = np.zeros((voxels.shape[0] + 1, voxels.shape[1] + 1), dtype=bool)
    for a in (0, 1):
        for b in (0, 1):
            face[a : a + voxels.shape[0], b : b + voxels.shape[1]] |= voxels[:, :, layer]
    where = np.argwhere(face)
    return np.column_stack([where, np.full(len(where), layer + upper)])
