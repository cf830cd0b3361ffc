"""Fewer pieces where a body falls into too many: each joins the neighbour that holds it best.

Where hardly two bricks are alike, as in voxels of many moduli filled at random, a piece is one or
two bricks in blocks of any size. Most of them are held: any rigid motion of theirs is resisted by
their joints nearly as much as by the diagonal of the stiffness, so that smoothing finds it (the
measure of aggregation methods; Napov, Notay, SIAM J Sci Comput 2012;34:A1079). Two that are held
may be one, and one that is held by a single joint may follow the other. Left for the system of
the pieces are those that hang by softer bricks, or hinge.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.brick_operator import BrickBody
from vertaug.numerics.hexahedron import FloatArray
from vertaug.numerics.piece_joints import find_arms, find_joints, find_middles, link_pieces
from vertaug.numerics.piece_system import own_motions

_ROUNDS = 8
_LEAST = 1e-3
"""Quality of a pair (`Holders`) that is merged."""
_AT_ONCE = 50_000
"""Joints looked at at once."""
_CYCLIC = ((0, 1, 2), (1, 2, 0), (2, 0, 1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Holders:
    """How well the joints of pieces hold them, and which neighbour does most.

    Attributes
    ----------
    share : (n,) float64 array
        Stiffness of all joints against the rigid motion that they resist least, as a part of what
        the diagonal of the body's stiffness makes of it; 1 where a piece cannot move.
    holder : (n,) int64 array
        The neighbour; the piece itself where it has none.
    single : (n,) float64 array
        The same as ``share`` of the joint with the holder alone.
    """

    share: FloatArray
    holder: NDArray[np.int64]
    single: FloatArray

    @property
    def quality(self) -> FloatArray:
        """How well a piece and its holder may be one.

        What they do beside each other must be stiff: because both are held, or by their joint.
        """
        both = np.minimum(self.share, self.share[self.holder])
        best: FloatArray = np.maximum(both, self.single)
        return best


def merge_pieces(body: BrickBody, piece: NDArray[np.int32], most: int) -> NDArray[np.int32]:
    """Merge pieces with those that hold them, the best held first, until few are left.

    Parameters
    ----------
    body : BrickBody
    piece : (m,) int32 array
        Of each node, as in `rigid_pieces.RigidPieces`.
    most : int
        Pieces that are wanted; more are left where none is held by a neighbour.

    Returns
    -------
    (m,) int32 array
    """
    for _ in range(_ROUNDS):
        surplus = int(piece.max()) + 1 - most
        if surplus <= 0:
            break
        piece, merged = _merge_best(piece, find_holders(body, piece), surplus)
        if not merged:
            break
    return piece


def find_holders(body: BrickBody, piece: NDArray[np.int32]) -> Holders:
    """Return how well each piece is held, and by which neighbour most.

    Parameters
    ----------
    body : BrickBody
    piece : (m,) int32 array
    """
    diagonal = body.diagonal()
    free = ~body.held & (diagonal > 0.0)
    arm = find_arms(body, piece)
    joints = find_joints(body, piece, free)
    links = link_pieces(body, joints, arm, free)
    one, other = np.divmod(joints.pairs, joints.count)
    motions, able = own_motions(_inertia(piece, arm, np.where(free, diagonal, 0.0)))
    own = np.zeros((joints.count, 6, 6))
    own[one[one == other]] = links[one == other]
    middle = find_middles(body, piece)[1].T
    strength = np.zeros(one.size)
    between = np.flatnonzero(one != other)
    for start in range(0, between.size, _AT_ONCE):
        some = between[start : start + _AT_ONCE]
        spring = _spring(links[some], middle[one[some]] - middle[other[some]])
        felt = motions[one[some]]
        strength[some] = np.einsum("nab,nac,ncb->n", felt, spring, felt)
    best = _strongest(one, strength)
    best = best[strength[best] > 0.0]
    held, holder, single = one[best], np.arange(joints.count), np.zeros_like(own)
    holder[held] = other[best]
    single[held] = _spring(links[best], middle[held] - middle[other[best]])
    return Holders(
        share=_least(own, motions, able), holder=holder, single=_least(single, motions, able)
    )


def _least(stiffness: FloatArray, motions: FloatArray, able: NDArray[np.bool_]) -> FloatArray:
    """Return the least stiffness of any motion, of those with a weight of 1."""
    felt = motions.transpose(0, 2, 1) @ stiffness @ motions
    felt = 0.5 * (felt + felt.transpose(0, 2, 1))
    felt[:, range(6), range(6)] += ~able  # what moves nothing is held
    return np.asarray(np.linalg.eigvalsh(felt)[:, 0], dtype=np.float64)


def _strongest(one: NDArray[np.int64], strength: FloatArray) -> NDArray[np.int64]:
    """Return for each piece that is joined to any the pair with the largest strength."""
    order = np.lexsort((-strength, one))
    return order[np.unique(one[order], return_index=True)[1]]


def _inertia(piece: NDArray[np.int32], arm: FloatArray, diagonal: FloatArray) -> FloatArray:
    """Return what the diagonal of the stiffness makes of rigid motions, shape (n, 6, 6)."""
    member = piece >= 0
    motion = np.zeros((3, 6, int(member.sum())))
    for a, b, c in _CYCLIC:
        motion[a, a] = 1.0
        motion[a, 3 + b], motion[a, 3 + c] = arm[c, member], -arm[b, member]
    total = np.zeros((int(piece.max()) + 1, 6, 6))
    for weight, row in zip(diagonal[:, member], motion, strict=True):
        for a in range(6):
            for b in range(6):
                total[:, a, b] += np.bincount(piece[member], weight * row[a] * row[b], len(total))
    return total


def _spring(link: FloatArray, way: FloatArray) -> FloatArray:
    """Return the stiffness of joints about the middles of the pieces that feel them.

    A motion of the neighbour about its own middle is the same as one about the piece's, displaced
    by the turn along the way between them; the link is minus the stiffness times this.
    """
    across = np.zeros((len(way), 3, 3))
    for a, b, c in _CYCLIC:
        across[:, b, a], across[:, a, b] = way[:, c], -way[:, c]
    spring = -link
    spring[:, :, 3:] += spring[:, :, :3] @ across
    return spring


def _merge_best(
    piece: NDArray[np.int32], holders: Holders, surplus: int
) -> tuple[NDArray[np.int32], int]:
    """Return the pieces when some of the best held ones are merged, and how many were.

    Parameters
    ----------
    piece : (m,) int32 array
    holders : Holders
    surplus : int
        At most so many are merged.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = int(piece.max()) + 1
    quality = holders.quality
    best = np.flatnonzero((quality > _LEAST) & (holders.holder != np.arange(count)))
    best = best[np.argsort(-quality[best], kind="stable")][:surplus]
    ends: Any = (best, holders.holder[best])
    graph = coo_array((np.ones(best.size, dtype=bool), ends), shape=(count, count))
    left, group = connected_components(graph, directed=False)
    merged = np.where(piece >= 0, group[piece], -1).astype(np.int32)
    return merged, count - int(left)
