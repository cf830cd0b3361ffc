"""Posterior wall and canal."""

import numpy as np
import pytest

from vertaug.case.spine import Region
from vertaug.fracture.canal import (
    _find_edges,
    compute_compromise,
    measure_canal_depth,
    measure_posterior_wall,
    measure_retropulsion,
)

NORMAL = (25.0, 25.0, 25.0)


def test_golden_vector_of_canal_compromise():
    assert round(compute_compromise(11.2, 16.0, 15.6), 1) == 29.1
    assert compute_compromise(17.0, 16.0, 15.6) == 0.0


def test_retropulsion_is_the_distance_behind_the_line():
    above, below = np.array([10.0, 20.0]), np.array([10.0, -20.0])
    wall = np.array([[9.0, 5.0], [13.5, 0.0], [10.0, -5.0]])
    assert measure_retropulsion(wall, above, below) == pytest.approx(3.5)
    assert measure_retropulsion(wall[:1], above, below) == 0.0


def test_retropulsion_against_an_oblique_line():
    above, below = np.array([20.0, 20.0]), np.array([0.0, 0.0])
    assert measure_retropulsion(np.array([[10.0, 0.0]]), above, below) == pytest.approx(50**0.5)
    assert measure_retropulsion(np.array([[0.0, 10.0]]), above, below) == 0.0


@pytest.mark.parametrize("depth", [16.0, 11.0])
def test_canal_depth_of_a_block(blocks, depth):
    vertebra = blocks.block_vertebra("L1", NORMAL, canal_mm=depth)
    assert measure_canal_depth(vertebra) == pytest.approx(depth, abs=0.01)


def test_canal_of_another_vertebra_height_does_not_count(blocks):
    vertebra = blocks.block_vertebra("L1", NORMAL)
    regions = np.array(vertebra.regions.values)
    z = blocks.local_axes()[2]
    regions[:, 45:, np.abs(z) > 14] = 0  # the canal narrows outside the body's height only
    narrowed = _with_regions(vertebra, regions)
    assert measure_canal_depth(narrowed) == pytest.approx(16.0)


def test_fragment_in_the_canal_is_found_where_it_is(blocks):
    vertebra = blocks.block_vertebra("L1", NORMAL)
    regions = np.array(vertebra.regions.values)
    x, y, z = np.meshgrid(*blocks.local_axes(), indexing="ij")
    fragment = (np.abs(z - 6) < 3) & (y > 15) & (y < 20) & (np.abs(x) < 8)
    regions[fragment] = 1
    assert measure_canal_depth(_with_regions(vertebra, regions)) == pytest.approx(11.0)


def test_open_back_of_the_canal_takes_the_nearest_lamina(blocks):
    vertebra = blocks.block_vertebra("L1", NORMAL)
    regions = np.array(vertebra.regions.values)
    x, y, z = np.meshgrid(*blocks.local_axes(), indexing="ij")
    regions[(regions == 4) & (z > 0)] = 0  # no lamina above the middle
    regions[(regions == 0) & (z > 0) & (np.abs(x) < 11) & (y > 15) & (y < 36)] = 5
    regions[(np.abs(z - 6) < 3) & (y > 15) & (y < 20) & (np.abs(x) < 8)] = 1  # fragment there
    assert measure_canal_depth(_with_regions(vertebra, regions)) == pytest.approx(11.0)
    regions[regions == 4] = 0
    assert measure_canal_depth(_with_regions(vertebra, regions)) is None


def test_unknown_canal_gives_no_depth(blocks):
    vertebra = blocks.block_vertebra("L1", NORMAL)
    regions = np.array(vertebra.regions.values)
    regions[regions == 5] = 0
    assert measure_canal_depth(_with_regions(vertebra, regions)) is None


def _with_regions(vertebra, regions):
    from dataclasses import replace

    from vertaug.case.volume import Volume

    return replace(vertebra, regions=Volume(values=regions, grid=vertebra.regions.grid))


def test_wall_of_a_level_between_two_neighbours(blocks):
    above = blocks.block_vertebra("T12", NORMAL, (0, 0, 35), canal_mm=16)
    level = blocks.block_vertebra("L1", NORMAL, (0, 0, 0), canal_mm=12, wall_bulge_mm=4.0)
    below = blocks.block_vertebra("L2", NORMAL, (0, 0, -35), canal_mm=18)
    wall, notes = measure_posterior_wall(level, above, below)
    assert wall.retropulsion_mm == pytest.approx(4.0)
    assert wall.canal_reference_mm == pytest.approx(17.0)
    assert wall.canal_compromise_percent == pytest.approx(100 * (1 - 12 / 17))
    assert notes == ()


def test_missing_neighbour_is_named(blocks):
    level = blocks.block_vertebra("L1", NORMAL)
    wall, notes = measure_posterior_wall(level, None, level)
    assert wall.canal_depth_mm == pytest.approx(16.0)
    assert wall.retropulsion_mm is None
    assert wall.canal_compromise_percent is None
    assert "above is missing" in notes[0]


@pytest.mark.parametrize("shift", [-0.3, 0.2])
def test_edges_lie_where_the_share_of_bone_crosses_a_half(shift):
    regions = np.zeros((3, 20, 4), dtype=np.uint8)
    regions[:, :6], regions[:, 6:14], regions[:, 14:] = Region.BODY, Region.CANAL, Region.ARCH
    y = np.arange(20.0)[None, :, None]
    inside = np.minimum(y - (5.5 + shift), 13.5 - y)  # depth into the canal
    share = np.broadcast_to(np.clip(0.5 - inside / 4.0, 0, 1), regions.shape).astype(np.float32)
    front, back, bounded = _find_edges(regions, share)
    assert front == pytest.approx(np.full(4, 5.5 + shift))
    assert back == pytest.approx(np.full(4, 13.5))
    assert bounded.all()
