"""Heights from the six points and from the height map."""

import numpy as np
import pytest

from vertaug.case.errors import AnatomyError
from vertaug.case.spine import HeightField
from vertaug.fracture.height import (
    PROFILE_SHARES,
    BodyHeights,
    average_thirds,
    map_heights,
    measure_body,
    measure_heights,
)


@pytest.mark.parametrize("tilt", [0.0, 23.0])
def test_heights_are_distances_of_the_six_points(blocks, tilt):
    vertebra = blocks.block_vertebra("L1", (14.0, 20.0, 26.0), (3.0, -7.0, 40.0), tilt)
    found = measure_heights(vertebra.landmarks)
    assert (found.anterior, found.middle, found.posterior) == pytest.approx((14, 20, 26))


def test_missing_landmark_is_an_error(blocks):
    vertebra = blocks.block_vertebra("L1", (14.0, 20.0, 26.0))
    points = vertebra.landmarks
    broken = type(points)(
        superior_anterior=np.full(3, np.nan),
        superior_middle=points.superior_middle,
        superior_posterior=points.superior_posterior,
        inferior_anterior=points.inferior_anterior,
        inferior_middle=points.inferior_middle,
        inferior_posterior=points.inferior_posterior,
    )
    with pytest.raises(AnatomyError, match="positive"):
        measure_heights(broken)


def test_thirds_of_a_linear_wedge_are_its_values_at_the_thirds_centres():
    x, y = np.arange(-20.0, 20.01, 0.5), np.arange(-14.75, 15, 0.5)
    column = 20 + 0.2 * y
    thirds = average_thirds(np.stack([column] * x.size), x, y)
    found = (thirds.anterior, thirds.middle, thirds.posterior)
    assert found == pytest.approx((18.0, 20.0, 22.0), abs=0.02)


def test_overhanging_rim_is_left_out_of_the_thirds():
    x, y = np.arange(-20.0, 20.01, 0.5), np.arange(-14.75, 15, 0.5)
    height = np.full((x.size, y.size), 25.0)
    height[:, -2:] = 12.0
    assert average_thirds(height, x, y).posterior == pytest.approx(25.0)


def test_thirds_follow_the_depth_of_each_column():
    x, y = np.arange(-8.0, 9.0), np.arange(-15.0, 16.0)
    # short columns that start 10 mm behind the front still have an anterior third
    height = np.full((x.size, y.size), np.nan)
    height[:8] = np.where(y < -5, 10.0, np.where(y < 5, 20.0, 30.0))
    height[8:, 10:] = np.where(y[10:] < 2, 10.0, np.where(y[10:] < 9, 20.0, 30.0))
    thirds = average_thirds(height, x, y)
    assert thirds.anterior == pytest.approx(10.0, abs=0.7)
    assert thirds.posterior == pytest.approx(30.0, abs=0.7)


def test_empty_height_map_is_an_error():
    with pytest.raises(AnatomyError, match="do not face"):
        average_thirds(np.full((3, 9), np.nan), np.arange(3.0), np.arange(9.0))


def test_endplates_with_different_sampling_are_brought_together():
    x, y = np.arange(-5.0, 6.0), np.arange(-6.0, 7.0)
    top = HeightField(u_mm=x, v_mm=y, height_mm=10 + 0.1 * x[:, None] + 0 * y)
    fine_x, fine_y = np.arange(-4.0, 4.01, 0.5), np.arange(-6.0, 6.01, 0.5)
    low = HeightField(u_mm=fine_x, v_mm=fine_y, height_mm=-10 + 0.2 * fine_y + 0 * fine_x[:, None])
    heights = map_heights(top, low)
    assert np.isnan(heights[[0, -1]]).all()
    expected = 20 + 0.1 * x[:, None] - 0.2 * y
    np.testing.assert_allclose(heights[1:-1], expected[1:-1])


@pytest.mark.parametrize("tilt", [0.0, -17.0])
def test_profile_of_a_block_is_its_height_at_each_share(blocks, tilt):
    vertebra = blocks.block_vertebra("L1", (14.0, 20.0, 26.0), (3.0, -7.0, 40.0), tilt)
    found = measure_body(vertebra)
    expected = 14.0 + 12.0 * np.array(PROFILE_SHARES)
    np.testing.assert_allclose(found.profile_mm, expected, atol=0.25)
    np.testing.assert_allclose(
        BodyHeights.from_points(found.points).profile_mm, expected, atol=1e-9
    )


def test_heights_survive_the_way_through_one_array(blocks):
    found = measure_body(blocks.block_vertebra("L1", (14.0, 19.0, 26.0)))
    assert BodyHeights.from_vector(found.vector()) == found
