import numpy as np
import pytest
from hypothesis import given, strategies as st

from vertaug.case.errors import GeometryError
from vertaug.case.grid import Grid
from vertaug.report.plane import PicturePlane, direction_mark, plane_through, sample

PLANE = plane_through([3.0, -2.0, 7.0], [1.0, 0.2, 0.1], [0.1, 1.0, 0.0], (30.0, 20.0))


def test_pixel_centres_map_back_to_their_pixel():
    pixel = PLANE.to_pixel(PLANE.pixel_centres())
    rows, columns = PLANE.shape
    expected = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), -1)
    np.testing.assert_allclose(pixel, expected, atol=1e-9)


@given(*[st.floats(-25, 25) for _ in range(3)])
def test_a_point_is_its_picture_place_and_its_depth(x, y, z):
    point = np.array([x, y, z])
    right, down = PLANE.to_picture(point)
    back = PLANE.centre_lps_mm + right * PLANE.right + down * PLANE.down
    back = back + PLANE.depth_mm(point) * PLANE.normal
    np.testing.assert_allclose(back, point, atol=1e-9)


def test_axial_is_seen_from_the_feet_and_coronal_from_the_front():
    axial = plane_through([0, 0, 0], [1, 0, 0], [0, 1, 0], (10, 10))
    coronal = plane_through([0, 0, 0], [1, 0, 0], [0, 0, -1], (10, 10))
    np.testing.assert_allclose(axial.normal, [0, 0, 1])  # the eye looks toward the head
    np.testing.assert_allclose(coronal.normal, [0, 1, 0])  # the eye looks toward the back


@pytest.mark.parametrize(
    ("direction", "letters"),
    [
        ([1, 0, 0], "L"),
        ([-1, 0, 0], "R"),
        ([0, 1, 0], "P"),
        ([0, -1, 0], "A"),
        ([0, 0, 1], "H"),
        ([0, 0, -1], "F"),
        ([0.8, 0.6, 0.0], "LP"),
        ([0.1, -0.9, -0.2], "A"),
        ([0.0, -0.8, -0.6], "AF"),
    ],
)
def test_direction_letters_are_those_of_lps(direction, letters):
    assert direction_mark(direction) == letters


def test_sampling_is_exact_on_a_linear_field_and_empty_outside():
    grid = Grid(shape=(20, 24, 16), affine=np.diag([1.5, 1.0, 2.0, 1.0]))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), -1)
    world = grid.to_world(index)
    field = 2 * world[..., 0] - 3 * world[..., 1] + world[..., 2]
    points = np.array([[3.3, 7.7, 11.1], [20.0, 4.25, 9.0], [-5.0, 3.0, 3.0], [3.0, 3.0, 90.0]])
    got = sample(field, grid, points)
    exact = 2 * points[:, 0] - 3 * points[:, 1] + points[:, 2]
    np.testing.assert_allclose(got[:2], exact[:2], atol=1e-5)
    assert np.isnan(got[2:]).all()


def test_axes_that_are_not_orthogonal_are_refused():
    with pytest.raises(GeometryError, match="orthogonal"):
        PicturePlane(
            centre_lps_mm=np.zeros(3),
            right=np.array([1.0, 0, 0]),
            down=np.array([0.6, 0.8, 0]),
            half_width_mm=5.0,
            half_height_mm=5.0,
        )
