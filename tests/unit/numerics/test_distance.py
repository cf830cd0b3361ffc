import numpy as np
import pytest
from scipy.spatial import cKDTree

from vertaug.numerics import _distance_numba as fast, _distance_reference as reference
from vertaug.numerics.distance import find_border, signed_distance

SPACING = 0.75


def occupancy_of(distance_mm):
    return np.clip(0.5 - distance_mm / 2.0, 0.0, 1.0)


def points_mm(shape, centre):
    return (np.moveaxis(np.indices(shape), 0, -1) - centre) * SPACING


def test_sphere_is_exact_to_a_twentieth_of_a_millimetre():
    exact = np.linalg.norm(points_mm((64, 64, 64), 31.3), axis=-1) - 15.1
    found = signed_distance(occupancy_of(exact), SPACING)
    near = exact > -12.0  # at the centre of the sphere the nearest point is not unique
    assert np.abs(found - exact)[near].max() < 0.05


def test_slanted_plane_is_exact_inside_and_out():
    normal = np.array([0.3, -0.5, 0.81])
    normal /= np.linalg.norm(normal)
    exact = points_mm((40, 40, 40), 19.6) @ normal
    found = signed_distance(occupancy_of(exact), SPACING)
    middle = (slice(12, 28),) * 3
    assert np.abs(found - exact)[middle].max() < 0.02


def test_empty_and_full_fields_are_far_from_any_surface():
    assert (signed_distance(np.zeros((8, 9, 7)), 1.0) > 10).all()
    assert (signed_distance(np.ones((8, 9, 7)), 1.0) < -10).all()


def rough_shape():
    rng = np.random.default_rng(5)
    exact = np.minimum(
        np.linalg.norm(points_mm((44, 40, 42), 15.2), axis=-1) - 7.0,
        np.linalg.norm(points_mm((44, 40, 42), 28.7), axis=-1) - 6.0,
    )
    return occupancy_of(exact + rng.normal(0, 0.05, exact.shape)).astype(np.float32)


def test_projection_is_that_of_the_twin():
    field = rough_shape()
    home = np.argwhere(find_border(field)).astype(np.int32)
    for one, other in zip(
        fast.project_to_surface(field, home), reference.project_to_surface(field, home), strict=True
    ):
        # half a unit at a cell's border takes another cell's slope: rare
        assert np.quantile(np.abs(one - other), 0.995) < 1e-4
        assert np.abs(one - other).max() < 0.5


def test_walk_finds_the_foot_that_a_tree_finds():
    field = rough_shape()
    border = find_border(field)
    home = np.argwhere(border).astype(np.int32)
    feet, normals = fast.project_to_surface(field, home)
    owner_of = np.full(field.shape, -1, dtype=np.int32)
    owner_of[border] = np.arange(len(feet), dtype=np.int32)
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~border, return_distances=False, return_indices=True)
    args = (field, feet, normals, home, owner_of, nearest)
    searched = reference.measure_distance(*args, 1e3)
    for reach in (1e3, 8.0):
        walked = fast.measure_distance(*args, reach)
        near = np.abs(walked - searched)[np.abs(searched) < 6.0]
        assert np.quantile(near, 0.99) < 0.1
        assert near.max() < 0.4
        assert ((walked < 0) == (searched < 0)).all()


def test_depth_between_two_faces_is_not_too_large():
    """On the medial surface of a box the nearest border voxel may belong to the wrong face."""
    half = np.array([8.0, 6.0, 5.0])
    points = np.moveaxis(np.indices((46, 40, 36)), 0, -1) * SPACING - [17.1, 14.8, 13.4]
    outside = np.abs(points) - half
    exact = np.linalg.norm(np.maximum(outside, 0), axis=-1) + np.minimum(outside.max(axis=-1), 0)
    found = signed_distance(occupancy_of(exact), SPACING)
    inside = exact < 0
    assert (exact - found)[inside].max() < 0.2
    assert np.abs(found - exact)[inside].mean() < 0.05


def test_values_that_are_no_numbers_are_refused():
    field = np.zeros((8, 8, 8))
    field[3, 3, 3] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        signed_distance(field, 1.0)


def test_no_voxel_claims_less_than_the_distance_to_the_nearest_foot_allows():
    exact = np.linalg.norm(points_mm((30, 30, 30), 14.4), axis=-1) - 6.0
    field = occupancy_of(exact).astype(np.float32)
    feet, _ = fast.project_to_surface(field, np.argwhere(find_border(field)).astype(np.int32))
    index = np.indices(field.shape).reshape(3, -1).T
    nearest = cKDTree(feet).query(index)[0].reshape(field.shape) * SPACING
    found = np.abs(signed_distance(field, SPACING))
    assert (found <= nearest + 0.3).all()
    assert found == pytest.approx(nearest, abs=0.8)
