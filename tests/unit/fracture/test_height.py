"""Heights from the six points and from the height map."""

import numpy as np
import pytest

from vertaug.case.errors import AnatomyError
from vertaug.case.spine import HeightField
from vertaug.fracture.height import average_thirds, map_heights, measure_heights


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
    y = np.linspace(-15, 15, 301)
    column = 20 + 0.2 * y
    thirds = average_thirds(np.stack([column] * 4), y)
    found = (thirds.anterior, thirds.middle, thirds.posterior)
    assert found == pytest.approx((18.0, 20.0, 22.0), abs=0.02)


def test_thirds_follow_the_depth_of_each_column():
    y = np.arange(-15.0, 16.0)
    # a short column that starts 10 mm behind the front still has an anterior third
    height = np.full((2, y.size), np.nan)
    height[0] = np.where(y < -5, 10.0, np.where(y < 5, 20.0, 30.0))
    height[1, 10:] = np.where(y[10:] < 2, 10.0, np.where(y[10:] < 9, 20.0, 30.0))
    thirds = average_thirds(height, y)
    assert thirds.anterior == pytest.approx(10.0, abs=0.7)
    assert thirds.posterior == pytest.approx(30.0, abs=0.7)


def test_empty_height_map_is_an_error():
    with pytest.raises(AnatomyError, match="do not face"):
        average_thirds(np.full((3, 9), np.nan), np.arange(9.0))


def test_endplates_with_different_sampling_are_brought_together():
    x, y = np.arange(-5.0, 6.0), np.arange(-6.0, 7.0)
    top = HeightField(u_mm=x, v_mm=y, height_mm=10 + 0.1 * x[:, None] + 0 * y)
    fine_x, fine_y = np.arange(-4.0, 4.01, 0.5), np.arange(-6.0, 6.01, 0.5)
    low = HeightField(u_mm=fine_x, v_mm=fine_y, height_mm=-10 + 0.2 * fine_y + 0 * fine_x[:, None])
    heights = map_heights(top, low)
    assert np.isnan(heights[[0, -1]]).all()
    expected = 20 + 0.1 * x[:, None] - 0.2 * y
    np.testing.assert_allclose(heights[1:-1], expected[1:-1])
