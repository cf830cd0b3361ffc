"""Values at places from those of points nearby."""

import numba
import numpy as np
import pytest

from vertaug.numerics.local_fit import fit_locally, weigh_locally

LINEAR = np.array([[0.3, -1.0], [0.05, 2.0], [-0.2, 0.5]])


@pytest.fixture
def points():
    return np.random.default_rng(4).uniform(0.0, 10.0, (4000, 3))


def test_linear_values_are_met_within_and_beyond_the_points(points):
    places = np.array([[5.0, 5.0, 5.0], [0.0, 0.0, 0.0], [5.0, 5.0, 11.0]])
    found = fit_locally(places, points, points @ LINEAR + [1.0, -2.0], 3.0)
    np.testing.assert_allclose(found, places @ LINEAR + [1.0, -2.0], atol=1e-10)


def test_values_that_are_all_nothing_stay_nothing(points):
    assert not fit_locally(points[:50], points, np.zeros((4000, 3)), 2.0).any()


def test_points_beyond_reach_do_not_count(points):
    values = np.where(np.linalg.norm(points - 5.0, axis=1) > 2.0, 1.0, 0.0)[:, None]
    assert fit_locally(np.full((1, 3), 5.0), points, values, 2.0)[0, 0] == 0.0
    assert fit_locally(np.full((1, 3), 5.0), points, values, 3.0)[0, 0] > 0.05


def test_points_in_a_plane_say_nothing_of_a_slope_across_it():
    u, v = np.meshgrid(np.arange(10.0), np.arange(10.0), indexing="ij")
    points = np.stack([u, v, np.zeros_like(u)], axis=-1).reshape(-1, 3)
    values = (2.0 * points[:, :1]) + 1.0
    found = fit_locally(np.array([[4.5, 4.5, 1.0], [2.2, 7.1, 0.0]]), points, values, 4.0)
    np.testing.assert_allclose(found[:, 0], [10.0, 5.4], atol=1e-10)


def test_far_from_all_points_the_nearest_count():
    points = np.random.default_rng(1).uniform(0.0, 1.0, (30, 3))
    found = fit_locally(np.array([[40.0, 0.0, 0.0]]), points, np.full((30, 1), 3.0), 2.0)
    assert found[0, 0] == pytest.approx(3.0)
    alone = fit_locally(np.array([[4.0, 0.0, 0.0]]), points[:1], np.full((1, 1), 7.0), 2.0)
    assert alone[0, 0] == pytest.approx(7.0)


def test_many_places_are_worked_off_in_order(points):
    places = np.random.default_rng(2).uniform(2.0, 8.0, (4100, 3))
    found = fit_locally(places, points, points @ LINEAR, 2.5)
    np.testing.assert_allclose(found, places @ LINEAR, atol=1e-10)
    assert fit_locally(np.zeros((0, 3)), points, points, 2.0).shape == (0, 3)


def test_points_count_by_the_kernel():
    """Six points at a quarter of the reach, six at half of it: 0.75^4 x 2 beside 0.5^4 x 3."""
    axes = np.vstack([np.eye(3), -np.eye(3)])
    points = np.vstack([axes, 2.0 * axes])
    values = np.repeat([1.0, 0.0], 6)[:, None]
    found = fit_locally(np.zeros((1, 3)), points, values, 4.0)[0, 0]
    near, far = 0.75**4 * 2.0, 0.5**4 * 3.0
    assert found == pytest.approx(near / (near + far))


def test_a_slope_across_an_almost_flat_layer_is_not_believed(points):
    points = points * [1.0, 1.0, 1e-6]
    found = fit_locally(np.array([[5.0, 5.0, 1.0]]), points, 1e4 * points[:, 2:], 3.0)
    assert abs(found[0, 0]) < 0.2


def test_compiled_moments_are_those_of_the_reference():
    from vertaug.numerics import _local_fit_numba, _local_fit_reference, local_fit

    rng = np.random.default_rng(4)
    points, values = rng.uniform(0.0, 20.0, (3000, 3)), rng.normal(size=(3000, 2))
    places = np.concatenate([rng.uniform(-1.0, 21.0, (60, 3)), points[:5]])
    radius = np.linspace(3.0, 6.0, len(places))
    radius[:20] = 9.0
    found = local_fit._moments(places, radius, (points, values), 3.0)
    wanted = [np.zeros_like(array) for array in found]
    _local_fit_reference.weigh_near(places, radius, points, values, (), wanted)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
    assert callable(_local_fit_numba.weigh_near)


def test_fit_has_the_same_bits_with_one_thread_and_two():
    rng = np.random.default_rng(5)
    points, values = rng.uniform(0.0, 20.0, (3000, 3)), rng.normal(size=(3000, 3))
    places = rng.uniform(0.0, 20.0, (500, 3))
    before = numba.get_num_threads()
    found = []
    for number in (1, min(2, before)):
        numba.set_num_threads(number)
        found.append(fit_locally(places, points, values, 4.0).tobytes())
    numba.set_num_threads(before)
    assert found[0] == found[1]


def test_weights_give_what_the_fit_gives():
    """Also where few points lie near, and where those that do lie in a plane."""
    rng = np.random.default_rng(7)
    cloud = rng.uniform(0.0, 10.0, (900, 3))
    plane = np.stack([*rng.uniform(20.0, 26.0, (2, 60)), np.full(60, 3.0)], axis=1)
    points = np.concatenate([cloud, plane])
    beside = plane[:5] + np.array([0.0, 0.0, 0.5])
    far = np.array([[40.0, 0.0, 0.0]])
    places = np.concatenate([rng.uniform(-2.0, 12.0, (50, 3)), beside, far])
    values = rng.normal(size=(len(points), 3))
    weights = weigh_locally(places, points, 3.0)
    assert weights.shape == (56, 960)
    np.testing.assert_allclose(
        weights @ values, fit_locally(places, points, values, 3.0), atol=1e-10
    )
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-12)


def test_weights_of_many_places_and_of_none(points):
    places = np.random.default_rng(2).uniform(2.0, 8.0, (1300, 3))
    found = weigh_locally(places, points, 2.5) @ (points @ LINEAR)
    np.testing.assert_allclose(found, places @ LINEAR, atol=1e-10)
    assert weigh_locally(np.zeros((0, 3)), points, 2.5).shape == (0, 4000)
