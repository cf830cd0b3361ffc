"""From a model and a load to the body that the solver sees."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.mechanics.load_case import LoadCase, Motion, Platen
from vertaug.mechanics.model import VertebraModel
from vertaug.numerics.brick_operator import BrickBody
from vertaug.numerics.span_grid import SpanGrid, span_body


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedBody:
    """A body with its platens.

    Attributes
    ----------
    body : BrickBody
    superior, inferior : (n,) int64 arrays
        Nodes at the platens, in the order of the runs of nodes.
    superior_mm : (n,) float64 array
        Displacement of the superior nodes along the superior axis; the inferior ones stay.
    lever_mm : (n,) float64 array
        Distance of the superior nodes from the axis about which the platen turns; 1 in
        compression.
    """

    body: BrickBody
    superior: NDArray[np.int64]
    inferior: NDArray[np.int64]
    superior_mm: FloatArray
    lever_mm: FloatArray


def assemble(model: VertebraModel, load: LoadCase) -> LoadedBody:
    """Return the body of a model under a load.

    Raises
    ------
    InputError
        If the platens are not joined by matter, or a piece hangs on nothing.
    """
    filled = model.filled
    _check_path(model, filled)
    grid = span_body(filled)
    number = grid.spread_nodes(np.arange(1, grid.nodes.size + 1)) - 1
    superior = _nodes_at(number, model.superior_nodes, "superior")
    inferior = _nodes_at(number, model.inferior_nodes, "inferior")
    if np.intersect1d(superior, inferior).size:
        message = "no load path: the superior and the inferior platen hold the same nodes"
        raise InputError(message)
    held = np.zeros((3, grid.nodes.size), dtype=bool)
    axes = slice(0, 3) if load.platen is Platen.FIXED else slice(2, 3)
    held[axes, superior] = True
    held[axes, inferior] = True
    lever = _lever(model, load)
    moduli, elasticity = _materials(model, grid)
    body = BrickBody(
        grid=grid,
        spacing_mm=model.grid.spacing_mm,
        moduli=moduli,
        elasticity=elasticity,
        held=held,
    )
    return LoadedBody(
        body=body,
        superior=superior,
        inferior=inferior,
        superior_mm=-_size(load) * lever,
        lever_mm=lever,
    )


def guess_motion(model: VertebraModel, load: LoadCase, loaded: LoadedBody) -> FloatArray:
    """Return where held nodes shall be, and between them an even strain, shape (3, m)."""
    start = np.zeros(loaded.body.held.shape)
    start[2] = loaded.body.grid.gather_nodes(_ramp(model, load, _size(load)))
    start[loaded.body.held] = 0.0
    start[2, loaded.superior] = loaded.superior_mm
    return start


def _size(load: LoadCase) -> float:
    """Return the displacement in mm, or the angle in rad, of the superior platen."""
    return float(np.radians(load.angle_deg)) if load.motion.is_bending else load.displacement_mm


def _materials(model: VertebraModel, grid: SpanGrid) -> tuple[FloatArray, tuple[FloatArray, ...]]:
    """Return moduli and elasticity of one material, or of two where they differ in kind."""
    bone, filler = model.elasticity
    if model.anisotropic and model.bone_mpa.any() and model.filler_mpa.any():
        moduli = np.array([grid.gather_cells(m) for m in (model.bone_mpa, model.filler_mpa)])
        return moduli, (bone, filler)
    moduli = grid.gather_cells(model.bone_mpa + model.filler_mpa)[None]
    return moduli, (bone if model.bone_mpa.any() else filler,)


def _lever(model: VertebraModel, load: LoadCase) -> FloatArray:
    """Return how far each superior node goes down for a motion of 1."""
    nodes = model.superior_nodes
    return _lever_at(model, load, nodes[:, 0], nodes[:, 1])


def _lever_at(
    model: VertebraModel, load: LoadCase, i: NDArray[np.int64], j: NDArray[np.int64]
) -> FloatArray:
    if load.motion is Motion.COMPRESSION:
        return np.ones(np.broadcast(i, j).shape)
    left, posterior = model.grid.spacing_mm[0] * i, model.grid.spacing_mm[1] * j
    nodes = model.superior_nodes
    middle_left = model.grid.spacing_mm[0] * nodes[:, 0].mean()
    middle_posterior = model.grid.spacing_mm[1] * nodes[:, 1].mean()
    if load.motion in {Motion.FLEXION, Motion.EXTENSION}:
        # forward: what lies in front goes down
        sign = -1.0 if load.motion is Motion.FLEXION else 1.0
        return np.asarray(sign * (posterior - middle_posterior))
    sign = 1.0 if load.motion is Motion.BEND_LEFT else -1.0
    return np.asarray(sign * (left - middle_left))


def _ramp(model: VertebraModel, load: LoadCase, size: float) -> FloatArray:
    """Return a displacement that grows evenly from the inferior to the superior platen."""
    i, j, k = (n + 1 for n in model.grid.shape)
    low, high = model.inferior_nodes[0, 2], model.superior_nodes[0, 2]
    share = np.clip((np.arange(k) - low) / (high - low), 0.0, 1.0)
    lever = _lever_at(model, load, np.arange(i)[:, None], np.arange(j)[None, :])
    return np.asarray(-size * np.broadcast_to(lever, (i, j))[:, :, None] * share)


def _nodes_at(
    number: NDArray[np.int64], nodes: NDArray[np.int64], platen: str
) -> NDArray[np.int64]:
    """Return the numbers of a platen's nodes, all of which must be nodes of the body."""
    inside = nodes.ndim == 2 and nodes.size > 0 and nodes.min() >= 0
    if inside and (nodes < number.shape).all():
        found = number[tuple(nodes.T)]
        if found.min() >= 0:
            return np.asarray(found)
    message = (
        f"no load path: the {platen} platen must hold nodes of voxels with matter (see "
        "`nodes_of_faces`); some of its nodes are nowhere, or there are none"
    )
    raise InputError(message)


def _check_path(model: VertebraModel, filled: NDArray[np.bool_]) -> None:
    """Refuse a body in pieces: a loose piece has no unique place, and a gap carries no load."""
    from scipy.ndimage import label

    pieces, count = label(filled, structure=np.ones((3, 3, 3)))
    if count == 1:
        return
    top, bottom = (
        set(np.unique(pieces[_beside(pieces.shape, nodes, below=below)])) - {0}
        for nodes, below in ((model.superior_nodes, True), (model.inferior_nodes, False))
    )
    if not top & bottom:
        message = (
            "no load path: no matter joins the inferior platen with the superior one; check the "
            "caps and that the regions hang together"
        )
        raise InputError(message)
    sizes = np.bincount(pieces.ravel())[1:]
    message = (
        f"the model is in {count} pieces of {', '.join(str(n) for n in sorted(sizes)[::-1][:4])} "
        "voxels; keep the largest one (`keep_largest_piece`) or mend the mask"
    )
    raise InputError(message)


def _beside(
    shape: tuple[int, ...], nodes: NDArray[np.int64], *, below: bool
) -> tuple[NDArray[np.int64], ...]:
    """Return the voxels around nodes of a platen on the side of the bone."""
    shifts = [(a, b, -1 if below else 0) for a in (-1, 0) for b in (-1, 0)]
    every = np.concatenate([nodes + np.array(shift) for shift in shifts])
    inside = np.all((every >= 0) & (every < shape), axis=1)
    return tuple(every[inside].T)
