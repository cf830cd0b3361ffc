"""Pieces that join the neighbour that holds them best."""

import numpy as np
import pytest
from scipy.linalg import eigh

from vertaug.numerics import _pieces_numba, merged_pieces, rigid_pieces
from vertaug.numerics.merged_pieces import find_holders, merge_pieces
from vertaug.numerics.piece_joints import find_arms, find_joints, find_middles, link_pieces
from vertaug.numerics.rigid_pieces import find_pieces, measure_patchiness, prepare_pieces

from .brick_bodies import make_body, scattered, stiffness_of


def column(*moduli, width=2):
    """Bricks of ``moduli`` above each other; the lower side is held."""
    return make_body(np.broadcast_to(np.array(moduli), (width, width, len(moduli))).copy())


def rigid_motions(piece, arm, which):
    """The displacements of all nodes, shape (6, 3, m), when one piece moves as a rigid body."""
    moved = np.zeros((6, 3, piece.size))
    everything = np.ones((3, piece.size), dtype=bool)
    for n in range(6):
        motions = np.zeros((int(piece.max()) + 1, 6))
        motions[which, n] = 1.0
        _pieces_numba.add_motions(motions, piece, arm, everything, moved[n])
    return moved


def test_the_share_is_the_least_that_joints_make_of_the_diagonal():
    body = make_body(scattered((6, 7, 8), 0.3, 4.0))
    piece, diagonal = find_pieces(body, 3), body.diagonal()
    arm, multiply = find_arms(body, piece), stiffness_of(body)
    found, compared = find_holders(body, piece), 0
    for which in range(int(piece.max()) + 1):
        moved = np.where(body.held, 0.0, rigid_motions(piece, arm, which))
        forces = np.array([multiply(u) for u in moved])
        stiffness = np.einsum("ian,jan->ij", moved, forces)
        weight = np.einsum("ian,an,jan->ij", moved, diagonal, moved)
        if np.linalg.cond(weight) < 1e8:
            assert found.share[which] == pytest.approx(eigh(stiffness, weight)[0][0], abs=1e-9)
            compared += 1
    assert compared > 10


def test_the_joints_of_a_piece_make_up_its_stiffness():
    body = make_body(scattered(decades=2.0), held=False)
    piece, free = find_pieces(body, 3), np.ones_like(body.held)
    joints, arm = find_joints(body, piece, free), find_arms(body, piece)
    links = link_pieces(body, joints, arm, free)
    one, other = np.divmod(joints.pairs, joints.count)
    middle = find_middles(body, piece)[1].T
    springs = merged_pieces._spring(links, middle[one] - middle[other])
    total = np.zeros((joints.count, 6, 6))
    np.add.at(total, one[one != other], springs[one != other])
    own = links[one == other]
    assert total == pytest.approx(own, abs=1e-9 * np.abs(own).max())


def test_soft_bricks_follow_their_holder_and_stiff_ones_on_soft_ones_do_not():
    body = column(10.0, 10.0, 0.5, 1e-3, 1000.0, 1000.0)
    top = body.grid.spread_nodes(np.arange(body.grid.nodes.size))[0, 0, -1]
    piece = find_pieces(body, 3)
    merged = merge_pieces(body, piece, 1)
    assert piece.max() + 1 == 3  # the softest brick has no node of its own
    assert merged.max() + 1 == 2
    ends = body.grid.spread_nodes(merged)[0, 0]
    # the nodes of a joint belong to the stiffer side
    assert list(ends == merged[top]) == [False, False, False, False, True, True, True]


def test_no_more_are_merged_than_wanted():
    body = make_body(scattered((7, 8, 9), 0.4, 6.0))
    piece = find_pieces(body, 3)
    count = int(piece.max()) + 1
    for most in (count, count - 1, count - 10, count // 2):
        merged = merge_pieces(body, piece, most)
        assert int(merged.max()) + 1 == most
        # pieces are joined whole
        assert len({(a, b) for a, b in zip(piece, merged, strict=True)}) == count + (-1 in piece)


def test_scattered_voxels_are_merged_where_blocks_do_not_help(monkeypatch):
    random = np.random.default_rng(3)
    modulus = 1e-4 * 6e7 ** random.random((12, 12, 12)) * (random.random((12, 12, 12)) < 0.45)
    assert measure_patchiness(make_body(modulus)) > rigid_pieces.SCATTERED
    modulus[:, :, 0] = 10.0
    body = make_body(modulus)
    monkeypatch.setattr(rigid_pieces, "_MOST_PIECES", 200)
    monkeypatch.setattr(rigid_pieces, "_MERGED", 150)
    assert prepare_pieces(body, scattered=False) is None
    found = prepare_pieces(body, scattered=True)
    assert found.system.pieces <= 200
    assert found.size > 1.0
    monkeypatch.setattr(rigid_pieces, "_MOST_TO_MERGE", 100)
    assert prepare_pieces(body, scattered=True) is None
