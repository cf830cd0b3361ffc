import numpy as np
import pytest

from vertaug.numerics import _interpolation_numba as fast, _interpolation_reference as reference
from vertaug.numerics.interpolation import resample_nearest, resample_trilinear, sample_trilinear


@pytest.fixture
def field():
    return np.random.default_rng(3).normal(size=(7, 5, 6)).astype(np.float32)


def test_a_linear_field_is_sampled_exactly():
    i, j, k = np.indices((6, 7, 8))
    values = 2.0 * i - 0.5 * j + 3.0 * k + 1.0
    points = np.random.default_rng(0).uniform(0, 5, size=(40, 3))
    expected = points @ [2.0, -0.5, 3.0] + 1.0
    assert sample_trilinear(values, points) == pytest.approx(expected, abs=1e-5)


def test_half_a_voxel_beyond_the_border_holds_and_then_is_outside():
    values = np.full((3, 3, 3), 4.0)
    points = [[-0.49, 1, 1], [2.49, 1, 1], [-0.51, 1, 1], [1, 2.51, 1], [np.nan, 1, 1]]
    assert sample_trilinear(values, points, outside=-9.0).tolist() == [4.0, 4.0, -9.0, -9.0, -9.0]


def test_kernel_equals_reference_at_points(field):
    points = np.random.default_rng(1).uniform(-2, 8, size=(300, 3))
    a = fast.sample_trilinear_points(field, points, -7.0)
    b = reference.sample_trilinear_points(field, points, -7.0)
    assert a == pytest.approx(b, abs=1e-5)


def test_kernel_equals_reference_on_a_turned_grid(field):
    matrix = np.eye(4)
    matrix[:3, :3] = [[0.8, -0.3, 0.1], [0.3, 0.8, 0.0], [0.0, 0.1, 1.1]]
    matrix[:3, 3] = [-0.7, 0.2, 0.4]
    a = fast.resample_trilinear_affine(field, matrix, (6, 6, 6), 0.25)
    b = reference.resample_trilinear_affine(field, matrix, (6, 6, 6), 0.25)
    assert a == pytest.approx(b, abs=1e-5)


def test_one_voxel_thick_arrays_are_allowed():
    values = np.arange(5.0).reshape(1, 5, 1)
    assert sample_trilinear(values, [[0.2, 2.5, -0.3]]) == pytest.approx([2.5])


def test_resampling_to_the_same_grid_changes_nothing(field):
    assert np.array_equal(resample_trilinear(field, np.eye(4), field.shape), field)


def test_nearest_takes_whole_labels_and_marks_the_outside():
    labels = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    matrix = np.eye(4)
    matrix[0, 3] = 0.4
    out = resample_nearest(labels, matrix, (4, 3, 3), outside=255)
    assert np.array_equal(out[:3], labels)
    assert (out[3] == 255).all()
    assert out.dtype == np.uint8
