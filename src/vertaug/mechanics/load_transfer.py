"""How a vertebra carries an axial load: through its core, its shell, its left and right half.

In every transverse layer of bricks the forces of the bricks on their upper nodes add up to the
force of the platen, because the nodes between two layers are in balance. So each brick has its
share of the force, and shares of parts are sums.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.case.strength import LoadLevel
from vertaug.mechanics.elastic import ElasticResult
from vertaug.mechanics.model import VertebraModel
from vertaug.numerics.hexahedron import CORNERS

SHELL_MM = 2.0
"""Depth below the side wall that counts as shell. A design default: two voxels of 1 mm, which hold
the cortex of 0.2 to 0.5 mm with its blur in a clinical CT; so it is more than the cortex."""
_CHUNK = 20_000
_PEAK_PERCENTILE = 95.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodyParts:
    """Parts of a model; of the model before, where one with cement is compared with it.

    Attributes
    ----------
    shell, core, cap : (ni, nj, nk) bool arrays
        Bone near the side wall, bone inside, and caps.
    left : (ni,) float64 array
        Share of each sagittal layer of voxels that lies left of the middle of the bone.
    free : (n,) int64 array
        Layers of bone between the platens without caps; empty if the caps reach everywhere.
    cavity : (ni, nj, nk) bool array or None
        Empty voxels inside that cement may fill; what they carry is the core's. None without any.
    """

    shell: NDArray[np.bool_]
    core: NDArray[np.bool_]
    cap: NDArray[np.bool_]
    left: FloatArray
    free: NDArray[np.int64]
    cavity: NDArray[np.bool_] | None = None

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Core and cavity together."""
        return self.core if self.cavity is None else self.core | self.cavity


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadTransfer:
    """What each voxel carries.

    Attributes
    ----------
    axial_n : (ni, nj, nk) float64 array
        Axial force through each voxel, downward positive.
    energy_mpa : (ni, nj, nk) float64 array
        Strain energy per volume (N mm / mm3).
    """

    axial_n: FloatArray
    energy_mpa: FloatArray


def divide_body(
    model: VertebraModel,
    shell_mm: float = SHELL_MM,
    cavity: NDArray[np.bool_] | None = None,
) -> BodyParts:
    """Return the parts of a model without cement.

    Parameters
    ----------
    model : VertebraModel
    shell_mm : float
        Depth of the shell below the side wall, measured within each layer; at least one voxel.
    cavity : (ni, nj, nk) bool array, optional
        Empty voxels inside: the bone about them is no shell.

    Raises
    ------
    InputError
        If the model holds no bone, or the depth is not above 0.
    """
    from scipy.ndimage import distance_transform_edt

    bone, cap = model.bone_mpa > 0.0, model.filler_mpa > 0.0
    solid = bone | cap if cavity is None else bone | cap | cavity
    if not bone.any() or not shell_mm > 0.0:
        message = f"a model of bone and a shell above 0 mm are needed; got {shell_mm:g} mm"
        raise InputError(message)
    spacing = model.grid.spacing_mm
    deep = np.zeros(bone.shape)
    for k in np.flatnonzero(bone.any(axis=(0, 1))):
        layer = np.pad(solid[:, :, k], 1)
        deep[:, :, k] = distance_transform_edt(layer, sampling=spacing[:2])[1:-1, 1:-1]
    # the distance is one to voxel centres outside: half a voxel less (the smaller edge) is the wall
    half = 0.5 * float(spacing[:2].min())
    shell = bone & (deep - half <= max(shell_mm, half) + 1e-9)
    low, high = int(model.inferior_nodes[0, 2]), int(model.superior_nodes[0, 2])
    layers = np.arange(low, high)
    capped, boned = (np.asarray(m.any(axis=(0, 1))) for m in (cap, bone))
    middle = float(np.average(np.arange(bone.shape[0]), weights=bone.sum(axis=(1, 2))))
    return BodyParts(
        shell=shell,
        core=bone & ~shell,
        cap=cap & ~bone,
        left=np.clip(np.arange(bone.shape[0]) - middle + 0.5, 0.0, 1.0),
        free=layers[~capped[layers] & boned[layers]],
        cavity=None if cavity is None else cavity & ~bone,
    )


def measure_transfer(result: ElasticResult) -> LoadTransfer:
    """Return the axial force and the strain energy of each voxel.

    Parameters
    ----------
    result : ElasticResult
        In compression.

    Raises
    ------
    InputError
        If the result is one of bending.
    """
    if result.load.motion.is_bending:
        message = "shares of an axial load need a result of compression; got one of bending"
        raise InputError(message)
    body = result.loaded.body
    grid = body.grid
    number = grid.spread_nodes(np.arange(grid.nodes.size))
    cells = np.argwhere(grid.spread_cells(np.ones(grid.cells.size, dtype=np.bool_)))
    matrices = body.brick_stiffnesses()
    upper = 3 * np.flatnonzero(CORNERS[:, 2] == 1) + 2
    axial, energy = np.empty(len(cells)), np.empty(len(cells))
    for start in range(0, len(cells), _CHUNK):
        part = slice(start, start + _CHUNK)
        corner = cells[part, None, :] + CORNERS[None, :, :]
        nodes = number[corner[..., 0], corner[..., 1], corner[..., 2]]
        u = result.displacement_mm[:, nodes].transpose(1, 2, 0).reshape(len(nodes), 24)
        force = np.zeros_like(u)
        for modulus, matrix in zip(body.moduli, matrices, strict=True):
            force += modulus[part, None] * (u @ matrix)
        axial[part] = -force[:, upper].sum(axis=1)
        energy[part] = 0.5 * np.einsum("ij,ij->i", u, force)
    volume = float(np.prod(body.spacing_mm))
    return LoadTransfer(
        axial_n=grid.spread_cells(axial), energy_mpa=grid.spread_cells(energy) / volume
    )


def share_levels(
    transfer: LoadTransfer, parts: BodyParts, cement: NDArray[np.bool_] | None = None
) -> tuple[LoadLevel, ...]:
    """Return who carries the force near both endplates and midway.

    Parameters
    ----------
    transfer : LoadTransfer
    parts : BodyParts
        Of the model before cement.
    cement : (ni, nj, nk) bool array, optional
        Voxels that hold cement.

    Returns
    -------
    tuple of LoadLevel
        Superior, middle, inferior: the outermost layers without caps and the one midway; empty
        where caps reach into every layer.
    """
    if not parts.free.size:
        return ()
    filled = np.zeros(parts.core.shape, dtype=bool) if cement is None else cement
    chosen = (
        ("superior", int(parts.free[-1])),
        ("middle", int(parts.free[len(parts.free) // 2])),
        ("inferior", int(parts.free[0])),
    )
    found = []
    for name, k in chosen:
        force = transfer.axial_n[:, :, k]
        total = float(force.sum())
        shell, core, cap, held = (
            float(force[mask[:, :, k]].sum()) / total
            for mask in (parts.shell, parts.inside, parts.cap, filled)
        )
        left = float(parts.left @ force.sum(axis=1)) / total
        found.append(LoadLevel(name=name, shell=shell, core=core, cap=cap, cement=held, left=left))
    return tuple(found)


def largest_asymmetry(transfer: LoadTransfer, parts: BodyParts) -> float:
    """Return how far the left half's share departs from a half, at most over the free layers."""
    if not parts.free.size:
        return 0.0
    force = transfer.axial_n[:, :, parts.free].sum(axis=1)
    left = parts.left @ force / force.sum(axis=0)
    return float(np.abs(left - 0.5).max())


def peak_energy(transfer: LoadTransfer, parts: BodyParts, scale: float = 1.0) -> float:
    """Return the 95th percentile of the strain energy density of bone in MPa.

    Parameters
    ----------
    transfer : LoadTransfer
    parts : BodyParts
    scale : float
        Of the displacement; energy grows with its square.
    """
    bone = parts.shell | parts.core
    return scale**2 * float(np.percentile(transfer.energy_mpa[bone], _PEAK_PERCENTILE))
