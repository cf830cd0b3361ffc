"""Plain twins of `_pieces_numba`."""

import numpy as np
from numpy.typing import NDArray


def count_faces(modulus: NDArray[np.float64], least: float, like: float) -> tuple[int, int]:
    """Return how many faces bricks have, and how many of these join two like ones.

    Parameters
    ----------
    modulus : (ni, nj, nk) array
    least : float
        Softer bricks are taken as void.
    like : float
        Two bricks are alike if neither has less than this part of the other's modulus.
    """
    box = np.pad(np.where(modulus < least, 0.0, modulus), 1)
    faces = joined = 0
    for axis in range(3):
        turned = np.moveaxis(box, axis, 0)
        low, high = np.minimum(turned[:-1], turned[1:]), np.maximum(turned[:-1], turned[1:])
        faces += int((high > 0.0).sum())
        joined += int(((low > 0.0) & (low >= like * high)).sum())
    return faces, joined


def gather_wrenches(
    forces: NDArray[np.float64],
    piece: NDArray[np.int32],
    arm: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill the force and the moment of the nodes of each piece about its middle.

    Parameters
    ----------
    forces : (3, m) array
    piece : (m,) int32 array
        -1 for a node of no piece.
    arm : (3, m) array
        From the middle of its piece to each node.
    out : (n, 6) array
    """
    out[:] = 0.0
    member = piece >= 0
    force, distance = forces[:, member].T, arm[:, member].T
    moment = np.cross(distance, force)
    np.add.at(out, piece[member], np.hstack([force, moment]))


def add_motions(
    motions: NDArray[np.float64],
    piece: NDArray[np.int32],
    arm: NDArray[np.float64],
    free: NDArray[np.bool_],
    out: NDArray[np.float64],
) -> None:
    """Add the displacement of the free nodes when pieces move as rigid bodies.

    Parameters
    ----------
    motions : (n, 6) array
        Translation and rotation of each piece about its middle.
    piece, arm
        As in `gather_wrenches`.
    free : (3, m) bool array
    out : (3, m) array
    """
    member = piece >= 0
    motion = motions[piece[member]]
    moved = motion[:, :3] + np.cross(motion[:, 3:], arm[:, member].T)
    out[:, member] += np.where(free[:, member], moved.T, 0.0)


def list_pairs(pieces: NDArray[np.int32], count: int, out: NDArray[np.int64]) -> int:
    """Fill the pairs of pieces that bricks join, ``count * one + other``; return how many.

    Parameters
    ----------
    pieces : (b, 8) int32 array
        Piece of each corner of each brick; -1 for none.
    count : int
        Pieces in all.
    out : (64 b,) int64 array
    """
    found = 0
    for corners in pieces:
        own = sorted({int(p) for p in corners if p >= 0})
        for one in own:
            for other in own:
                out[found] = count * one + other
                found += 1
    return found


def sum_links(
    pieces: NDArray[np.int32],
    arms: NDArray[np.float64],
    free: NDArray[np.bool_],
    moduli: NDArray[np.float64],
    stiffness: NDArray[np.float64],
    count: int,
    keys: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Add the stiffness that pairs of pieces feel when they move as rigid bodies.

    Parameters
    ----------
    pieces : (b, 8) int32 array
        As in `list_pairs`.
    arms : (b, 8, 3) array
        From the middle of its piece to each corner.
    free : (b, 8, 3) bool array
    moduli : (materials, b) array
    stiffness : (materials, 24, 24) array
        Of a brick at a modulus of 1.
    count : int
    keys : (pairs,) int64 array
        Sorted pairs, as from `list_pairs`.
    out : (pairs, 6, 6) array
    """
    for b, corners in enumerate(pieces):
        matrix = np.tensordot(moduli[:, b], stiffness, axes=1)
        motion = np.zeros((8, 3, 6))
        for a in range(8):
            x, y, z = arms[b, a]
            turned = np.array([[0.0, z, -y], [-z, 0.0, x], [y, -x, 0.0]])
            motion[a] = np.where(free[b, a][:, None], np.hstack([np.eye(3), turned]), 0.0)
        for a in range(8):
            for c in range(8):
                if corners[a] >= 0 and corners[c] >= 0:
                    at = np.searchsorted(keys, count * int(corners[a]) + int(corners[c]))
                    block = matrix[3 * a : 3 * a + 3, 3 * c : 3 * c + 3]
                    out[at] += motion[a].T @ block @ motion[c]
