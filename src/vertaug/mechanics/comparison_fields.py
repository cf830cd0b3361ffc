"""What is kept of a computation in each voxel and at each node, for pictures and files."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.grid import FloatArray
from vertaug.case.strength import StrengthField
from vertaug.mechanics.elastic import ElasticResult
from vertaug.mechanics.load_transfer import BodyParts, LoadTransfer
from vertaug.mechanics.model import VertebraModel
from vertaug.mechanics.plastic import PlasticResult
from vertaug.numerics.hexahedron import CORNERS
from vertaug.numerics.interpolation import extend_nearest
from vertaug.numerics.span_grid import SpanGrid

_YIELDED = 1e-9
"""Plastic strain from which on a voxel counts as yielded, as in `plastic`."""
NOTHING_MPA = 1e-3
"""Softer voxels hold no bone: the laws give 1e-4 MPa to a density below 0. Crushing moves them at
will, by metres if it comes to that."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solved:
    """What was computed of one model.

    Attributes
    ----------
    pressed : ElasticResult
        Linear compression.
    transfer : LoadTransfer
        Of it.
    scale : float
        Of its displacement, to the load that is shown.
    plastic : PlasticResult or None
    """

    pressed: ElasticResult
    transfer: LoadTransfer
    scale: float
    plastic: PlasticResult | None


def keep_fields(model: VertebraModel, solved: Solved, share: FloatArray) -> StrengthField:
    """Return the fields of a model in single precision.

    Voxels of nothing have no plastic strain, and nodes that touch nothing else are crushed as far
    as the nearest one that does.

    Parameters
    ----------
    model : VertebraModel
    solved : Solved
    share : (ni, nj, nk) float64 array
        Of the marrow space that cement fills.
    """
    pressed, plastic, scale = solved.pressed, solved.plastic, solved.scale
    moved = node_box(pressed.loaded.body.grid, scale * pressed.displacement_mm)
    matter = model.bone_mpa + model.filler_mpa > NOTHING_MPA
    crushed = strain = None
    if plastic is not None:
        crushed = _follow(node_box(plastic.body.body.grid, plastic.nodes_mm), matter)
        strain = np.where(matter, equivalent_strain(plastic), np.float32(0.0))
    density = model.density_mg_per_ml
    return StrengthField(
        grid=model.grid,
        bone_mpa=model.bone_mpa.astype(np.float32),
        filler_mpa=model.filler_mpa.astype(np.float32),
        cement_share=share.astype(np.float32),
        energy_mpa=(scale**2 * solved.transfer.energy_mpa).astype(np.float32),
        plastic_strain=strain,
        displacement_mm=moved.astype(np.float32),
        crushed_mm=None if crushed is None else crushed.astype(np.float32),
        superior_nodes=model.superior_nodes,
        inferior_nodes=model.inferior_nodes,
        density_mg_per_ml=None if density is None else density.astype(np.float32),
        anisotropic=model.anisotropic,
    )


def _follow(displacement_mm: FloatArray, matter: NDArray[np.bool_]) -> FloatArray:
    """Return displacements with those of nodes away from matter taken from the nearest at it."""
    held = np.zeros(displacement_mm.shape[:3], dtype=bool)
    i, j, k = matter.shape
    for a, b, c in CORNERS:
        held[a : a + i, b : b + j, c : c + k] |= matter
    return extend_nearest(displacement_mm, held)


def node_box(grid: SpanGrid, displacement_mm: ArrayLike) -> FloatArray:
    """Return displacements in the order of the runs, (3, m), as a box of nodes.

    Returns
    -------
    (ni + 1, nj + 1, nk + 1, 3) float64 array
        0 where there is no node.
    """
    axes = np.asarray(displacement_mm, dtype=np.float64)
    return np.stack([grid.spread_nodes(u) for u in axes], axis=-1)


def yielded_voxels(plastic: PlasticResult) -> NDArray[np.bool_]:
    """Return where matter has yielded at the end of the curve, on the model's grid."""
    flowed = np.abs(plastic.body.plastic).max(axis=0) > _YIELDED
    return np.asarray(plastic.body.body.grid.spread_cells(flowed))


def equivalent_strain(plastic: PlasticResult) -> NDArray[np.float32]:
    """Return the equivalent plastic strain of each voxel, mean of its Gauss points.

    ``sqrt(2/3 e:e)``; stored shears are engineering shears, twice those of the tensor.
    """
    strain = plastic.body.plastic.reshape(-1, 6, plastic.body.plastic.shape[-1])
    square = (strain[:, :3] ** 2).sum(axis=1) + 0.5 * (strain[:, 3:] ** 2).sum(axis=1)
    mean = np.sqrt(2.0 / 3.0 * square).mean(axis=0)
    spread = plastic.body.body.grid.spread_cells(mean)
    return np.asarray(spread, dtype=np.float32)


def where_yielded(plastic: PlasticResult, parts: BodyParts) -> dict[str, float]:
    """Return the share of yielded voxels of bone: of all, by thirds of the height, by depth."""
    flowed = yielded_voxels(plastic)
    bone = parts.shell | parts.core
    layers = np.flatnonzero(bone.any(axis=(0, 1)))
    low, high = int(layers[0]), int(layers[-1]) + 1
    third = np.clip((np.arange(bone.shape[2]) - low) * 3 // (high - low), 0, 2)
    named = {
        "all": bone,
        **{
            name: bone & (third == n)[None, None, :]
            for n, name in enumerate(("inferior", "middle", "superior"))
        },
        "shell": parts.shell,
        "core": parts.core,
    }
    return {name: float(flowed[mask].mean()) for name, mask in named.items() if mask.any()}
