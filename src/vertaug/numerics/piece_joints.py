"""Where the pieces of a body lie, what joins them, and how stiffly."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.brick_operator import BrickBody
from vertaug.numerics.hexahedron import CORNERS, FloatArray

_AT_ONCE = 100_000
"""Bricks whose pairs of pieces are listed at once."""


def find_middles(body: BrickBody, piece: NDArray[np.int32]) -> tuple[FloatArray, FloatArray]:
    """Return the places of nodes and of the middles of pieces, in bricks.

    Parameters
    ----------
    body : BrickBody
    piece : (m,) int32 array
        As in `rigid_pieces.RigidPieces`.

    Returns
    -------
    place : (3, m) float64 array
    middle : (3, pieces) float64 array
        Mean over the nodes of a piece.
    """
    member = piece >= 0
    size = np.bincount(piece[member])
    place = np.empty((3, piece.size))
    middle = np.empty((3, size.size))
    longest = float(np.max(body.spacing_mm))
    for axis, shape in enumerate(((-1, 1, 1), (1, -1, 1), (1, 1, -1))):
        along = np.arange(body.grid.node_shape[axis]) * float(body.spacing_mm[axis])
        box = np.broadcast_to(along.reshape(shape) / longest, body.grid.node_shape)
        place[axis] = body.grid.gather_nodes(box)
        middle[axis] = np.bincount(piece[member], place[axis, member]) / size
    return place, middle


def find_arms(body: BrickBody, piece: NDArray[np.int32]) -> FloatArray:
    """Return the way from the middle of its piece to each node, in bricks, shape (3, m)."""
    place, middle = find_middles(body, piece)
    arm: FloatArray = np.where(piece >= 0, place - middle[:, piece], 0.0)
    return arm


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joints:
    """Where pieces are joined, or held.

    Attributes
    ----------
    count : int
        Pieces in all.
    bricks : (b,) int64 array
        Bricks that deform when pieces move, in the order of the runs of cells.
    nodes : (b, 8) int64 array
        Their corners.
    pieces : (b, 8) int32 array
        The pieces of these, -1 for none.
    pairs : (p,) int64 array
        Pieces that meet in a brick, ``count * one + other``, each pair once, rising.
    """

    count: int
    bricks: NDArray[np.int64]
    nodes: NDArray[np.int64]
    pieces: NDArray[np.int32]
    pairs: NDArray[np.int64]


def find_joints(body: BrickBody, piece: NDArray[np.int32], free: NDArray[np.bool_]) -> Joints:
    """Return where pieces are joined.

    Parameters
    ----------
    body : BrickBody
    piece, free
        As in `RigidPieces`.
    """
    grid, count = body.grid, int(piece.max()) + 1
    number = grid.spread_nodes(np.arange(grid.nodes.size))
    where = np.argwhere(grid.spread_cells(np.asarray(body.moduli.sum(axis=0) > 0.0)))
    nodes = number[tuple((where[:, None, :] + CORNERS).transpose(2, 0, 1))]
    pieces = piece[nodes]
    gives = (pieces != pieces[:, :1]).any(axis=1)
    gives |= (pieces[:, 0] >= 0) & ~free[:, nodes].all(axis=(0, 2))
    bricks = grid.spread_cells(np.arange(grid.cells.size))[tuple(where[gives].T)]
    parts = np.array_split(pieces[gives], max(1, bricks.size // _AT_ONCE))
    pairs = np.unique(np.concatenate([_pair(part, count) for part in parts]))
    return Joints(count=count, bricks=bricks, nodes=nodes[gives], pieces=pieces[gives], pairs=pairs)


def _pair(pieces: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    from vertaug.numerics._pieces_numba import list_pairs

    pairs: NDArray[np.int64] = np.empty(64 * len(pieces), dtype=np.int64)
    return np.unique(pairs[: list_pairs(pieces, count, pairs)])


def link_pieces(
    body: BrickBody, joints: Joints, arm: FloatArray, free: NDArray[np.bool_]
) -> FloatArray:
    """Return the stiffness that each pair of pieces feels, shape (p, 6, 6).

    Parameters
    ----------
    body : BrickBody
    joints : Joints
    arm, free
        As in `RigidPieces`.
    """
    from vertaug.numerics._pieces_numba import sum_links

    links = np.zeros((joints.pairs.size, 6, 6))
    arms, able = (np.moveaxis(v[:, joints.nodes], 0, -1).copy() for v in (arm, free))
    stiffness = np.array(body.brick_stiffnesses())
    moduli = np.ascontiguousarray(body.moduli[:, joints.bricks])
    pieces, pairs = joints.pieces, joints.pairs
    sum_links(pieces, arms, able, moduli, stiffness, joints.count, pairs, links)
    return links
