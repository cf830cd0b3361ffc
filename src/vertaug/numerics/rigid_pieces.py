"""Pieces of a body that move nearly as rigid bodies, as a correction beside coarse grids.

Coarse grids of trilinear functions can neither bend a thin strut nor turn a voxel that hangs by an
edge, and two struts in one coarse cell move as one. So the body is cut into blocks of a few
bricks, each block into pieces of bricks of like stiffness joined by faces, and the six rigid
motions of every piece become unknowns of their own system, which is solved directly (the coarse
space of aggregation methods and of deflated conjugate gradients; Tang, Nabben, Vuik, Erlangga, J
Sci Comput 2009;39:340). Bricks that share an edge or a corner only belong to different pieces:
these can turn about it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.brick_operator import BrickBody
from vertaug.numerics.hexahedron import CORNERS, FloatArray
from vertaug.numerics.merged_pieces import merge_pieces
from vertaug.numerics.piece_joints import find_arms, find_joints, link_pieces
from vertaug.numerics.piece_system import PieceSystem, factorise

FINEST_EDGE = 3
"""Bricks along the side of the smallest blocks, where bricks are cubes."""
_CUTS = ((FINEST_EDGE, 0.0), (FINEST_EDGE, 1e-5), (4, 1e-5), (6, 1e-5), (8, 1e-5))
"""Bricks along the side of a block, and the part of the largest modulus below which bricks belong
to no piece; the next ones where these make too many pieces. Soft bricks between stiff ones need no
help, soft ones that hang in nothing do."""
_MERGED, _MOST_TO_MERGE = 7_500, 100_000
"""Pieces that are left when pieces are merged: their factors take four to fourteen seconds; and
pieces at most that are: the links of more take half a gigabyte."""
_UNEVEN = 3.0
"""Merged pieces are of many sizes, and are smoothed as if all were so many times larger."""
_MOST_PIECES, _MOST_WORK = 12_000, 1.0e6
"""At most so many pieces, and so many times the square of how many others each one is linked to:
then their factors take three seconds at most."""
LARGE = _MOST_PIECES * FINEST_EDGE**3
"""Bricks of a body that has more of the smallest blocks than pieces are allowed."""
SOME, MUCH = 0.15, 0.36
"""Share of the faces of bricks at which the neighbour is unlike or missing: 0.1 in bone between its
walls, 0.3 in thick foams, 0.37 to 0.46 in lattices and thin foams, 0.8 in random voxels."""
SCATTERED = 0.925
"""And where half of the voxels or less are filled at random: 0.915 at 60 %, 0.93 at a half."""
_LIKE = 0.1
"""Bricks are of like stiffness if none has less than this part of the other's modulus."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RigidPieces:
    """The pieces of a body, and how they answer to forces when they move as rigid bodies.

    Attributes
    ----------
    size : float
        Of the pieces, beside those of the smallest blocks.
    piece : (m,) int32 array
        Of each node in the order of the runs; -1 for none.
    arm : (3, m) float64 array
        From the middle of its piece to each node, in bricks.
    free : (3, m) bool array
    system : PieceSystem
    """

    size: float
    piece: NDArray[np.int32]
    arm: FloatArray
    free: NDArray[np.bool_]
    system: PieceSystem

    def add_correction(self, residual: FloatArray, out: FloatArray) -> None:
        """Add the rigid motions that balance a residual, zero at held nodes, to ``out``.

        Parameters
        ----------
        residual, out : (3, m) float64 arrays
        """
        from vertaug.numerics._pieces_numba import add_motions, gather_wrenches

        wrenches = np.empty((self.system.pieces, 6))
        gather_wrenches(residual, self.piece, self.arm, wrenches)
        add_motions(self.system.solve(wrenches), self.piece, self.arm, self.free, out)


def measure_patchiness(body: BrickBody) -> float:
    """Return the share of the faces of bricks at which the neighbour is unlike or missing.

    High in foams, struts, columns and random voxels; bricks next to nothing are taken as void.
    """
    from vertaug.numerics._pieces_numba import count_faces

    modulus = body.grid.spread_cells(np.asarray(body.moduli.sum(axis=0)))
    if not np.isfinite(modulus).all():
        return 0.0
    faces, joined = count_faces(modulus, _CUTS[1][1] * float(modulus.max()), _LIKE)
    return 1.0 - joined / faces


def _both_sides(values: NDArray[Any], axis: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the values before and behind each face between two bricks, as views."""
    turned = np.moveaxis(values, axis, 0)
    return turned[:-1], turned[1:]


def _alike(one: FloatArray, other: FloatArray) -> NDArray[np.bool_]:
    low, high = np.minimum(one, other), np.maximum(one, other)
    return np.asarray((low > 0.0) & (low >= _LIKE * high))


def prepare_pieces(body: BrickBody, *, scattered: bool) -> RigidPieces | None:
    """Return the pieces of a body, or None where there are too many to help.

    Parameters
    ----------
    body : BrickBody
    scattered : bool
        Whether pieces are merged where larger blocks do not make them fewer.
    """
    for edge, least in _CUTS:
        found = _prepare(body, find_pieces(body, edge, least), edge / FINEST_EDGE, _MOST_WORK)
        if found is not None:
            return found
    if not scattered:
        return None
    piece = find_pieces(body, FINEST_EDGE)
    count = int(piece.max()) + 1
    if not 0 < count <= _MOST_TO_MERGE:
        return None
    merged = merge_pieces(body, piece, _MERGED)
    return _prepare(body, merged, _UNEVEN * count / (int(merged.max()) + 1), np.inf)


def _prepare(
    body: BrickBody, piece: NDArray[np.int32], size: float, most_work: float
) -> RigidPieces | None:
    count = int(piece.max()) + 1
    if not 0 < count <= _MOST_PIECES:
        return None
    free = ~body.held & (body.diagonal() > 0.0)
    joints = find_joints(body, piece, free)
    if not 0 < joints.pairs.size**2 <= most_work * count:
        return None
    arm = find_arms(body, piece)
    system = factorise(joints.pairs, link_pieces(body, joints, arm, free), count)
    if system is None:
        return None
    return RigidPieces(size=size, piece=piece, arm=arm, free=free, system=system)


def block_shape(spacing_mm: FloatArray, edge: int) -> tuple[int, int, int]:
    """Return the bricks along each side of a block that is nearly a cube.

    A flat block of bricks that are long one way would bend before its neighbours move.

    Parameters
    ----------
    spacing_mm : (3,) float64 array
    edge : int
        Bricks along each side if bricks were cubes of the same volume.
    """
    cube = edge * float(np.prod(spacing_mm)) ** (1.0 / 3.0)
    i, j, k = (max(1, round(cube / float(side))) for side in spacing_mm)
    return i, j, k


def find_pieces(body: BrickBody, edge: int, least: float = 0.0) -> NDArray[np.int32]:
    """Return the piece that each node belongs to, -1 for none, in the order of the runs.

    A node belongs to the piece of the stiffest brick around it.

    Parameters
    ----------
    body : BrickBody
    edge : int
        Bricks along the side of a block, as in `block_shape`.
    least : float
        Bricks softer than this part of the stiffest one belong to no piece.
    """
    modulus = body.grid.spread_cells(np.asarray(body.moduli.sum(axis=0)))
    label = _label_bricks(modulus, block_shape(body.spacing_mm, edge))
    label[modulus < least * modulus.max()] = -1
    stiffest = np.zeros(body.grid.node_shape)
    owner = np.full(body.grid.node_shape, -1, dtype=np.int64)
    i, j, k = body.grid.shape
    for a, b, c in CORNERS:
        near = np.s_[a : a + i, b : b + j, c : c + k]
        better = modulus > stiffest[near]
        stiffest[near] = np.where(better, modulus, stiffest[near])
        owner[near] = np.where(better, label, owner[near])
    found = body.grid.gather_nodes(owner)
    known, number = np.unique(found, return_inverse=True)
    return np.asarray(number - int(known[0] < 0), dtype=np.int32)


def _label_bricks(modulus: FloatArray, block: tuple[int, int, int]) -> NDArray[np.int64]:
    """Return a number for each brick, the same for like bricks joined by faces in a block."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    number = np.arange(modulus.size).reshape(modulus.shape)
    ones, others = [], []
    for axis in range(3):
        one, other = _both_sides(number, axis)
        inside = (np.arange(1, len(one) + 1) % block[axis] != 0)[:, None, None]
        like = _alike(*_both_sides(modulus, axis)) & inside
        ones.append(one[like])
        others.append(other[like])
    one, other = np.concatenate(ones), np.concatenate(others)
    size = modulus.size
    graph = coo_array((np.ones(one.size, dtype=bool), (one, other)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1]
    return np.asarray(labels.reshape(modulus.shape), dtype=np.int64)
