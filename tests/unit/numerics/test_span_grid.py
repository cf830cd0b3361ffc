"""Runs of voxels and nodes against the boxes that they stand for."""

import numpy as np
import pytest

from vertaug.numerics.span_grid import coarsen, span_body


def full_runs(filled):
    """Voxels between the first and the last one of each row, found row by row."""
    inside = np.zeros_like(filled)
    for i, j in np.ndindex(filled.shape[:2]):
        at = np.flatnonzero(filled[i, j])
        if len(at):
            inside[i, j, at[0] : at[-1] + 1] = True
    return inside


def corners_of(cells):
    nodes = np.zeros([n + 1 for n in cells.shape], dtype=bool)
    for i, j, k in np.argwhere(cells):
        nodes[i : i + 2, j : j + 2, k : k + 2] = True
    return nodes


def one_voxel():
    filled = np.zeros((4, 3, 5), dtype=bool)
    filled[2, 1, 3] = True
    return filled


def ragged(shape=(6, 7, 11), seed=0):
    filled = np.random.default_rng(seed).random(shape) > 0.7
    filled[2, 1] = filled[-1] = False
    return filled


BODIES = {
    "one voxel": one_voxel(),
    "voxel of its own box": np.ones((1, 1, 1), dtype=bool),
    "full": np.ones((3, 4, 5), dtype=bool),
    "ragged": ragged(),
    "odd": ragged((5, 3, 7), 1),
}


@pytest.fixture(params=BODIES, ids=list(BODIES))
def filled(request):
    return BODIES[request.param]


def test_runs_hold_the_voxels_of_each_row_and_their_corners(filled):
    grid = span_body(filled)
    inside = full_runs(filled)
    assert grid.cells.size == inside.sum()
    assert (grid.spread_cells(np.ones(grid.cells.size)) == inside).all()
    nodes = grid.spread_nodes(np.ones(grid.nodes.size)) == 1
    # a run of nodes joins the corners of four rows
    assert (nodes == full_runs(corners_of(inside))).all()


def test_flat_numbers_follow_from_base_and_place(filled):
    grid = span_body(filled)
    for rows, spread in ((grid.cells, grid.spread_cells), (grid.nodes, grid.spread_nodes)):
        number = spread(np.arange(1, rows.size + 1))
        for i, j, k in np.argwhere(number):
            assert rows.base[i, j] + k + 1 == number[i, j, k]


def test_gather_undoes_spread(filled):
    grid = span_body(filled)
    rng = np.random.default_rng(2)
    cells, nodes = rng.random(grid.cells.size), rng.random(grid.nodes.size)
    assert (grid.gather_cells(grid.spread_cells(cells)) == cells).all()
    assert (grid.gather_nodes(grid.spread_nodes(nodes)) == nodes).all()
    box = rng.random(filled.shape) * full_runs(filled)
    assert (grid.spread_cells(grid.gather_cells(box)) == box).all()


def test_coarse_runs_cover_the_fine_ones_and_no_more_than_rows_need(filled):
    grid = span_body(filled)
    while True:
        coarse = coarsen(grid)
        fine = grid.spread_cells(np.ones(grid.cells.size)) == 1
        pad = [(0, n % 2) for n in fine.shape]
        blocks = np.pad(fine, pad)
        a, b, c = (n // 2 for n in blocks.shape)
        blocks = blocks.reshape(a, 2, b, 2, c, 2).any(axis=(1, 3, 5))
        assert coarse.shape == blocks.shape
        found = coarse.spread_cells(np.ones(coarse.cells.size)) == 1
        assert (found == full_runs(blocks)).all()
        if coarse.shape == grid.shape:
            break
        grid = coarse


def test_every_parent_of_a_fine_node_is_a_coarse_node(filled):
    grid = span_body(filled)
    coarse = coarsen(grid)
    parents = coarse.spread_nodes(np.ones(coarse.nodes.size)) == 1
    for place in np.argwhere(grid.spread_nodes(np.ones(grid.nodes.size))):
        assert parents[tuple(place // 2)]
        assert parents[tuple((place + 1) // 2)]


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4)])
def test_no_body_is_refused(shape):
    with pytest.raises(ValueError, match="no voxel holds any matter"):
        span_body(np.zeros(shape, dtype=bool))
