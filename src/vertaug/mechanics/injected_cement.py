"""Cement of a simulated injection in the voxels of a model.

The filling knows cement by volume of its own cells; a model needs the share of the marrow space of
its voxels. Volume is kept: what a voxel of the model has no room for moves to bone beside it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import InputError
from vertaug.case.filling import Filling
from vertaug.case.grid import FloatArray
from vertaug.case.volume_words import millilitres_of
from vertaug.mechanics.cement_bone import CementBone
from vertaug.mechanics.model import VertebraModel
from vertaug.numerics.volume_transfer import transfer_contents
from vertaug.tissue.porosity import PorosityLaw

_ROUNDS = 200
_LEFT_OVER = 1e-9
"""Share of the cement that may still wait for room when the search ends."""
_TOLD_ML, _TOLD_SHARE = 0.01, 0.02
"""From which volume, and share of the cement, it is told that some was left out or moved."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlacedCement:
    """Cement in a model.

    Attributes
    ----------
    share : (ni, nj, nk) float64 array
        Share of the marrow space filled, 0 to 1.
    bone_share : (ni, nj, nk) float64 array or None
        Share of each voxel that is bone tissue; None takes that of the mixture law everywhere.
    volume_ml : float
        In the model.
    left_out_ml : float
        Beyond the model: in the pedicles, which it does not have.
    moved_ml : float
        Put beside where it was, for want of room.
    words : str
        Where the cement comes from, as part of a sentence.
    notes : tuple of str
        What limits it, in sentences.
    """

    share: FloatArray
    bone_share: FloatArray | None
    volume_ml: float
    left_out_ml: float = 0.0
    moved_ml: float = 0.0
    words: str = ""
    notes: tuple[str, ...] = ()


def place_filling(
    model: VertebraModel,
    filling: Filling,
    law: CementBone | None = None,
    cavity: NDArray[np.bool_] | None = None,
) -> PlacedCement:
    """Return the cement of a filling's end in the voxels of a model, its volume kept.

    Cement within the body counts wherever the model has bone, and where the recipe for bone leaves
    a voxel of the body empty (at 0 mg/ml); cement in the pedicles and cement that leaked does not.

    Parameters
    ----------
    model : VertebraModel
        Of the same vertebra; any spacing, and any axes.
    filling : Filling
    law : CementBone, optional
        For the share of bone where the model knows no density.
    cavity : (ni, nj, nk) bool array, optional
        Empty voxels of the model that a balloon left: cement lies there as it does in bone.

    Raises
    ------
    InputError
        If there is no cement, the model is of another place, or its marrow has no room for it.
    """
    law = law or CementBone()
    held = filling.cement_share.astype(np.float64) * filling.grid.voxel_volume_mm3
    inside = np.where(filling.in_body, held, 0.0)
    if not inside.sum() > 0.0:
        message = f"the filling of {filling.level} holds no cement in the body"
        raise InputError(message)
    index_map = np.linalg.inv(model.grid.affine) @ filling.grid.affine
    contents, outside = transfer_contents(inside, index_map, model.grid.shape)
    tissue = bone_tissue_share(model)
    voxel = model.grid.voxel_volume_mm3
    whole = np.where(filling.in_body, filling.grid.voxel_volume_mm3, 0.0)
    in_body = transfer_contents(whole, index_map, model.grid.shape)[0] > 0.5 * voxel
    empty = in_body & ~model.filled
    room = np.where(model.bone_mpa > 0.0, 1.0 - (law.bone_share if tissue is None else tissue), 0.0)
    room = voxel * np.where(empty, 1.0, room)
    own = model.bone_mpa > 0.0
    _check_place(own if cavity is None else own | cavity, contents, outside, float(room.sum()))
    settled = np.minimum(_settle(contents, room), room)
    moved = 0.5 * float(np.abs(settled - contents).sum()) / 1000.0
    volume = float(settled.sum()) / 1000.0
    by_density = "" if tissue is None else ", the share of bone in each voxel by its density"
    pedicles = float(held.sum() - inside.sum() + outside) / 1000.0
    return PlacedCement(
        share=np.divide(settled, room, out=np.zeros_like(room), where=room > 0.0),
        bone_share=tissue,
        volume_ml=volume,
        left_out_ml=pedicles,
        moved_ml=moved,
        words=f"that of the simulated injection ({millilitres_of(volume)} in the body){by_density}",
        notes=_notes(volume, pedicles, moved),
    )


def bone_tissue_share(model: VertebraModel) -> FloatArray | None:
    """Return the share of each voxel that is bone tissue, by its density; None without one.

    Nothing is bone where the density is 0 or below (a gap).
    """
    density = model.density_mg_per_ml
    if density is None:
        return None
    tissue = 1.0 - PorosityLaw().evaluate(density.astype(np.float64))
    return np.asarray(np.where(density > 0.0, tissue, 0.0))


def _check_place(own: NDArray[np.bool_], contents: FloatArray, outside: float, room: float) -> None:
    total = float(contents.sum()) + outside
    on_bone = float(contents[own].sum())
    if on_bone < 0.5 * total:
        message = (
            f"only {100.0 * on_bone / total:.0f} % of the filling's cement lies in the bone of the "
            "model: they are not of the same vertebra in the same scan"
        )
        raise InputError(message)
    if total > room:
        message = (
            f"the bone of the model has room for {room / 1000.0:.1f} ml of cement; the filling "
            f"holds {total / 1000.0:.1f} ml"
        )
        raise InputError(message)


def _settle(contents: FloatArray, room: FloatArray) -> FloatArray:
    """Return the contents with what is over moved to the nearest voxels that have room."""
    from scipy.ndimage import convolve, distance_transform_edt

    ball = np.ones((3, 3, 3))
    open_ = room > 0.0
    nearest = distance_transform_edt(~open_, return_distances=False, return_indices=True)
    flat = np.ravel_multi_index(tuple(nearest), room.shape).ravel()
    held = np.bincount(flat, contents.ravel(), minlength=room.size).reshape(room.shape)
    ways = convolve(open_.astype(np.float64), ball, mode="constant")
    total = float(held.sum())
    for _ in range(_ROUNDS):
        over = np.maximum(held - room, 0.0)
        if over.sum() <= _LEFT_OVER * total:
            break
        free = np.maximum(room - held, 0.0)
        around = convolve(free, ball, mode="constant")
        # where no neighbour has room they all take their part and pass it on
        some = around > 0.0
        given = np.divide(over, around, out=np.zeros_like(over), where=some)
        passed = np.where(some, 0.0, over / np.maximum(ways, 1.0))
        taken = free * convolve(given, ball, mode="constant")
        taken += open_ * convolve(passed, ball, mode="constant")
        held = held - over + taken
    return np.asarray(held)


def _notes(volume: float, pedicles: float, moved: float) -> tuple[str, ...]:
    notes = [
        "The cement is that of a simulated injection, which has not been compared with patients."
    ]
    if pedicles > _TOLD_ML:
        notes.append(
            f"{millilitres_of(pedicles)} of cement in the pedicles are left out: the model has "
            "none."
        )
    if moved > _TOLD_SHARE * volume:
        notes.append(
            f"{millilitres_of(moved)} of the cement had no room in the voxels of the model and "
            "were put beside them."
        )
    return tuple(notes)
