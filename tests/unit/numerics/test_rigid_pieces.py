"""Pieces that move as rigid bodies: which there are, what joins them, what they balance."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.numerics import (
    _pieces_numba as compiled,
    _pieces_reference as plain,
    rigid_pieces,
)
from vertaug.numerics.piece_joints import find_joints, link_pieces
from vertaug.numerics.rigid_pieces import (
    block_shape,
    find_pieces,
    measure_patchiness,
    prepare_pieces,
)

from .brick_bodies import SPACING, make_body, scattered, stiffness_of


def node_pieces(modulus, edge, least=0.0, spacing=SPACING):
    body = make_body(modulus, spacing=spacing)
    return body.grid.spread_nodes(find_pieces(body, edge, least) + 1) - 1


def test_a_full_body_falls_into_its_blocks():
    found = node_pieces(np.full((6, 6, 6), 5.0), 3, spacing=np.ones(3))
    assert found.max() + 1 == 8
    assert len(set(found[:3, :3, :3].ravel())) == 1


@pytest.mark.parametrize(
    ("spacing", "shape"),
    [((1.0, 1.0, 1.0), (3, 3, 3)), ((0.3, 0.3, 3.0), (6, 6, 1)), ((1.0, 0.5, 0.5), (2, 4, 4))],
)
def test_a_block_is_nearly_a_cube(spacing, shape):
    assert block_shape(np.array(spacing), 3) == shape


def test_two_struts_in_one_block_are_two_pieces():
    modulus = np.zeros((4, 4, 4))
    modulus[0, 0, :] = modulus[2:4, 3, :] = 1.0
    assert node_pieces(modulus, 4).max() + 1 == 2


def test_bricks_that_share_an_edge_only_may_turn_about_it():
    modulus = np.zeros((2, 2, 1))
    modulus[0, 0, 0] = modulus[1, 1, 0] = 1.0
    assert node_pieces(modulus, 4).max() + 1 == 2
    modulus[0, 1, 0] = 1.0
    assert node_pieces(modulus, 4).max() + 1 == 1


def test_a_node_belongs_to_the_stiffest_brick_around_it():
    modulus = np.full((3, 1, 1), 1.0)
    modulus[1] = 100.0
    found = node_pieces(modulus, 3)
    assert found.max() + 1 == 3
    assert len(set(found[1:3].ravel())) == 1
    assert found[0, 0, 0] != found[1, 0, 0]


def test_soft_bricks_may_be_left_out():
    modulus = np.full((3, 1, 1), 1.0)
    modulus[2] = 1e6
    found = node_pieces(modulus, 3, least=1e-3)
    assert (found[:2] == -1).all()
    assert (found[2:] == 0).all()


def test_foam_is_patchy_and_a_block_is_not():
    rng = np.random.default_rng(2)
    assert measure_patchiness(make_body(scattered((12, 12, 12), 0.5))) > 0.7
    block = 100.0 + rng.random((12, 12, 12))
    # all of its faces toward nothing: 6 of 12^2, beside 3 of 11 * 12^2 within
    assert measure_patchiness(make_body(block)) == pytest.approx(6 / (6 + 3 * 11))
    # a soft filling around the struts changes nothing
    struts = scattered((12, 12, 12), 0.6, 0.1)
    filled = np.where(struts > 0, 6000.0 * struts, 1e-4)
    found = [measure_patchiness(make_body(m)) for m in (struts, filled)]
    assert found[0] == found[1] > 0.5


@pytest.mark.parametrize("least", [0.0, 30.0])
def test_faces_are_counted_as_by_the_twin(least):
    modulus = scattered((6, 5, 7), 0.3, 2.0)
    found = compiled.count_faces(modulus, least, 0.1)
    assert found == plain.count_faces(modulus, least, 0.1)
    assert 0 < found[1] < found[0]


def test_the_kernels_do_what_their_twins_do():
    rng = np.random.default_rng(1)
    piece = rng.integers(-1, 5, 40).astype(np.int32)
    arm, forces = rng.standard_normal((2, 3, 40))
    free = rng.random((3, 40)) > 0.3
    motions = rng.standard_normal((5, 6))
    wrenches, moved = [], []
    for kernels in (compiled, plain):
        out = np.ones((5, 6))
        kernels.gather_wrenches(forces, piece, arm, out)
        wrenches.append(out)
        field = np.ones((3, 40))
        kernels.add_motions(motions, piece, arm, free, field)
        moved.append(field)
    assert wrenches[0] == pytest.approx(wrenches[1], abs=1e-12)
    assert moved[0] == pytest.approx(moved[1], abs=1e-12)


def test_the_sums_over_bricks_do_what_their_twins_do():
    rng = np.random.default_rng(5)
    pieces = rng.integers(-1, 6, (30, 8)).astype(np.int32)
    arms, free = rng.standard_normal((30, 8, 3)), rng.random((30, 8, 3)) > 0.2
    moduli, stiffness = rng.random((2, 30)), rng.standard_normal((2, 24, 24))
    found = []
    for kernels in (compiled, plain):
        pairs = np.empty(64 * 30, dtype=np.int64)
        pairs = pairs[: kernels.list_pairs(pieces, 6, pairs)]
        keys = np.unique(pairs)
        out = np.zeros((keys.size, 6, 6))
        kernels.sum_links(pieces, arms, free, moduli, stiffness, 6, keys, out)
        found.append((pairs, out))
    assert (found[0][0] == found[1][0]).all()
    assert found[0][1] == pytest.approx(found[1][1], abs=1e-10)


def test_links_are_the_stiffness_of_rigid_motions():
    body = make_body(scattered())
    pieces = prepare_pieces(body, scattered=False)
    count, multiply = pieces.system.pieces, stiffness_of(body)
    joints = find_joints(body, pieces.piece, pieces.free)
    keys, links = joints.pairs, link_pieces(body, joints, pieces.arm, pieces.free)
    table = np.zeros((count, count, 6, 6))
    table[np.divmod(keys, count)] = links
    table = table.transpose(0, 2, 1, 3).reshape(6 * count, 6 * count)
    for n in np.random.default_rng(0).integers(0, 6 * count, 25):
        motions, moved, column = np.zeros((count, 6)), np.zeros((3, pieces.piece.size)), None
        motions.reshape(-1)[n] = 1.0
        compiled.add_motions(motions, pieces.piece, pieces.arm, pieces.free, moved)
        column = np.empty((count, 6))
        compiled.gather_wrenches(multiply(moved), pieces.piece, pieces.arm, column)
        assert table[:, n] == pytest.approx(column.ravel(), abs=1e-9 * np.abs(table).max())
    assert table == pytest.approx(table.T, abs=1e-9 * np.abs(table).max())


def test_a_body_that_turns_as_a_whole_strains_no_link():
    body = make_body(scattered(decades=0.5), held=False)
    piece = find_pieces(body, 3)
    count = int(piece.max()) + 1
    places = [np.arange(n) * s for n, s in zip(body.grid.node_shape, SPACING, strict=True)]
    place = np.array([body.grid.gather_nodes(x) for x in np.meshgrid(*places, indexing="ij")])
    middle = np.array([np.bincount(piece[piece >= 0], x[piece >= 0]) for x in place])
    middle /= np.bincount(piece[piece >= 0])
    arm = np.where(piece >= 0, place - middle[:, piece], 0.0)
    free = np.ones_like(body.held)
    joints = find_joints(body, piece, free)
    keys, links = joints.pairs, link_pieces(body, joints, arm, free)
    turn = np.array([0.3, -0.2, 0.5])
    motion = np.hstack([np.cross(turn, middle.T), np.broadcast_to(turn, (count, 3))])
    one, other = np.divmod(keys, count)
    forces = np.zeros((count, 6))
    np.add.at(forces, one, np.einsum("nij,nj->ni", links, motion[other]))
    assert forces == pytest.approx(np.zeros((count, 6)), abs=1e-10 * np.abs(links).max())


def test_what_is_left_does_no_work_on_rigid_motions():
    body = make_body(scattered((7, 8, 9), 0.5, 6.0))
    pieces, multiply = prepare_pieces(body, scattered=False), stiffness_of(body)
    residual = np.where(pieces.free, np.random.default_rng(3).standard_normal(body.held.shape), 0)
    moved = np.zeros_like(residual)
    pieces.add_correction(residual, moved)
    assert (moved[body.held] == 0.0).all()
    before, after = np.empty((2, pieces.system.pieces, 6))
    compiled.gather_wrenches(residual, pieces.piece, pieces.arm, before)
    compiled.gather_wrenches(residual - multiply(moved), pieces.piece, pieces.arm, after)
    # but for what is added to the diagonal, which tells where pieces hang by nearly nothing
    assert np.abs(after).max() < 1e-4 * np.abs(before).max()


def test_blocks_grow_until_the_pieces_are_few_enough(monkeypatch):
    body = make_body(np.full((9, 9, 9), 5.0), spacing=np.ones(3))
    assert prepare_pieces(body, scattered=False).system.pieces == 27
    # 27 pieces have 7^3 pairs, 8 of them 4^3
    monkeypatch.setattr(rigid_pieces, "_MOST_WORK", 600.0)
    assert prepare_pieces(body, scattered=False).system.pieces == 8
    monkeypatch.setattr(rigid_pieces, "_MOST_WORK", 3.0)
    assert prepare_pieces(body, scattered=False) is None


def test_a_brick_that_touches_nothing_stays_where_it_is():
    modulus = np.zeros((3, 3, 5))
    modulus[:, :, :2] = 10.0
    modulus[1, 1, 4] = 10.0
    body = make_body(modulus)
    pieces = prepare_pieces(body, scattered=False)
    moved = np.zeros(body.held.shape)
    pieces.add_correction(np.where(pieces.free, 1.0, 0.0), moved)
    assert np.isfinite(moved).all()


def test_held_nodes_take_no_part():
    body = make_body(np.full((3, 3, 3), 1.0))
    everything = replace(body, held=np.ones_like(body.held))
    assert prepare_pieces(everything, scattered=False) is None
