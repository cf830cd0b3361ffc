"""Shape of a body after its bone moved in ways whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.balloon.bone_motion import body_surface, find_motion, slopes_of
from vertaug.augmentation.balloon.bone_points import PointGrid, fill_points
from vertaug.augmentation.balloon.shape import measure_shape
from vertaug.case.errors import InputError
from vertaug.case.grid import axis_aligned_grid
from vertaug.case.spine import HeightField, Region
from vertaug.fracture.angle import kyphosis_between
from vertaug.fracture.height import measure_heights
from vertaug.fracture.lost_volume import average_heights
from vertaug.verification.analytic_vertebra import AnalyticVertebra

SPACING = 2.0
ROTATED = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
KIND = AnalyticVertebra(
    spacing=1.0, world_axes=ROTATED, world_origin=np.array([10.0, -20.0, 300.0])
)
TOP = KIND.body_half_height


@pytest.fixture(scope="module")
def vertebra():
    return KIND.vertebra()


@pytest.fixture(scope="module")
def model():
    """Voxels about the body and points of bone and discs in them, and where these are."""
    low = np.array([-27.0, -21.0, -18.0])
    grid = PointGrid(shape=(27, 21, 18), spacing_mm=SPACING)
    centre = low + 0.5 * SPACING
    voxels = axis_aligned_grid(KIND.frame().to_world(centre), ROTATED, SPACING, grid.shape)
    half = [low[a] + 0.5 * SPACING * (np.arange(2 * n) + 0.5) for a, n in enumerate(grid.shape)]
    place = np.stack(np.meshgrid(*half, indexing="ij"), axis=-1)
    side = np.maximum(KIND.body_function(place * [1.0, 1.0, 0.0]), 0.0) == 0.0
    bone = KIND.body_function(place) < 0.0
    disc = side & ~bone
    density = np.where(bone, 0.15, np.where(disc, 1e-3, 0.0))
    points = fill_points(grid, density, np.where(disc, 6.0, 0.0))
    return voxels, points, points.place_mm + low


def moved(points, way):
    return replace(points, place_mm=points.place_mm + way)


def upper(place, value):
    """The same displacement of all bone in the upper half, along the vertebra's z."""
    way = np.zeros_like(place)
    way[:, 2] = np.where(place[:, 2] > 0.0, value, 0.0)
    return way


def mean_depth(vertebra):
    """Mean y of an endplate."""
    surface = vertebra.inferior.surface
    seen = np.isfinite(surface.height_mm)
    return np.broadcast_to(surface.v_mm, seen.shape)[seen].mean()


def test_a_body_that_did_not_move_keeps_every_measure(vertebra, model):
    voxels, points, _ = model
    found = measure_shape(vertebra, voxels, points, points, vertebra)
    assert found.heights_mm == measure_heights(vertebra.landmarks)
    assert found.heights_3d_mm == average_heights(vertebra)
    line, frame = vertebra.inferior.line, vertebra.frame
    assert found.wedge_angle_deg == kyphosis_between(vertebra.superior.line, line, frame)
    assert found.local_kyphosis_deg == found.wedge_angle_deg
    assert found.body_volume_ml == vertebra.body_volume_mm3 / 1000.0
    assert found.lift_most_mm == found.lift_mean_mm == 0.0
    assert found.sink_most_mm == found.sink_mean_mm == 0.0
    for wall in (found.anterior, found.left, found.right, found.canal):
        assert wall.mean_mm == wall.most_mm == 0.0
    unknown = np.full_like(vertebra.posterior_wall.height_mm, np.nan)
    wall = replace(vertebra.posterior_wall, height_mm=unknown)
    found = measure_shape(replace(vertebra, posterior_wall=wall), voxels, points, points)
    assert found.local_kyphosis_deg is None
    assert np.isnan([found.canal.mean_mm, found.canal.most_mm]).all()


def test_an_endplate_that_rises_evenly_adds_as_much_to_every_height(vertebra, model):
    voxels, points, place = model
    found = measure_shape(vertebra, voxels, points, moved(points, upper(place, 2.0)))
    before = measure_heights(vertebra.landmarks)
    for name in ("anterior", "middle", "posterior"):
        assert getattr(found.heights_mm, name) == pytest.approx(getattr(before, name) + 2.0)
        assert getattr(found.heights_3d_mm, name) == pytest.approx(2.0 * TOP + 2.0)
    assert found.wedge_angle_deg == pytest.approx(0.0, abs=1e-9)
    assert found.lift_mean_mm == pytest.approx(2.0)
    assert found.lift_most_mm == pytest.approx(2.0)
    grid = vertebra.regions.grid
    half_way = round(float(grid.to_index(vertebra.frame.origin_lps_mm)[2]))
    area = vertebra.mask(Region.BODY)[:, :, half_way].sum() * KIND.spacing**2
    gained = 1000.0 * found.body_volume_ml - vertebra.body_volume_mm3
    assert gained == pytest.approx(2.0 * area, rel=0.005)
    assert found.canal.most_mm == pytest.approx(0.0, abs=1e-9)


def test_an_endplate_that_tilts_changes_the_wedge_angle_by_its_tilt(vertebra, model):
    """The front rises by tan 5 degrees of the way to the posterior wall."""
    voxels, points, place = model
    steep = np.tan(np.radians(5.0))
    way = upper(place, steep * (KIND.wall_y - place[:, 1]))
    found = measure_shape(vertebra, voxels, points, moved(points, way), vertebra)
    assert found.wedge_angle_deg == pytest.approx(-5.0, abs=1e-6)
    assert found.local_kyphosis_deg == pytest.approx(0.0, abs=1e-9)
    # the level above tilts on its disc
    tilted = measure_shape(
        vertebra, voxels, points, moved(points, way), vertebra, tilted_forward_deg=-4.0
    )
    assert tilted.local_kyphosis_deg == pytest.approx(-4.0, abs=1e-9)
    depth = KIND.wall_y + KIND.body_half_depth
    assert found.heights_mm.anterior == pytest.approx(2.0 * TOP + steep * depth)
    assert found.heights_mm.middle == pytest.approx(2.0 * TOP + 0.5 * steep * depth)
    assert found.heights_mm.posterior == pytest.approx(2.0 * TOP)


def test_a_line_that_slopes_already_tilts_further(vertebra, model):
    voxels, points, place = model
    slope, steeper = 0.2, 0.1
    frame = vertebra.frame
    line = replace(
        vertebra.superior.line,
        direction=frame.direction_to_world(np.array([0.0, 1.0, slope]) / np.hypot(1.0, slope)),
    )
    sloped = replace(vertebra, superior=replace(vertebra.superior, line=line))
    way = upper(place, steeper * place[:, 1])
    found = measure_shape(sloped, voxels, points, moved(points, way))
    expected = np.degrees(np.arctan(slope + steeper))
    assert found.wedge_angle_deg == pytest.approx(expected, abs=1e-6)
    # bone that stretches by 2 % in depth takes the slope along
    stretched = moved(points, place * [0.0, 0.02, 0.0])
    flatter = measure_shape(sloped, voxels, points, stretched).wedge_angle_deg
    assert flatter == pytest.approx(np.degrees(np.arctan(0.98 * slope)), abs=1e-6)


def test_an_inferior_endplate_that_sinks_changes_the_local_kyphosis(vertebra, model):
    voxels, points, place = model
    way = np.zeros_like(place)
    way[:, 2] = np.where(place[:, 2] < 0.0, 0.1 * place[:, 1] - 1.0, 0.0)
    found = measure_shape(vertebra, voxels, points, moved(points, way), vertebra)
    assert found.local_kyphosis_deg == pytest.approx(-np.degrees(np.arctan(0.1)), abs=1e-6)
    assert found.lift_most_mm == pytest.approx(0.0, abs=1e-9)
    v = found.sink.v_mm[np.isfinite(found.sink.height_mm).any(axis=0)]
    assert found.sink_most_mm == pytest.approx(1.0 - 0.1 * v.min())
    assert found.sink_mean_mm == pytest.approx(1.0 - 0.1 * mean_depth(vertebra))
    middle = 0.5 * (KIND.wall_y - KIND.body_half_depth)
    assert found.heights_mm.middle == pytest.approx(2.0 * TOP + 1.0 - 0.1 * middle)


def test_each_wall_bulges_by_what_it_moved_outward(vertebra, model):
    """Stretched by 4 % across and 5 % in depth about the centre; walls at 22, 16 and 13 mm."""
    voxels, points, place = model
    stretch = np.array([0.04, 0.05, 0.0])
    found = measure_shape(vertebra, voxels, points, moved(points, place * stretch))
    for side in (found.left, found.right):
        assert side.most_mm == pytest.approx(0.04 * KIND.body_half_width, abs=0.04)
        # where the ellipse turns its side: the mean of its sine up to 9.4 of 16 mm of depth
        assert side.mean_mm == pytest.approx(0.04 * 0.939 * KIND.body_half_width, rel=0.03)
    assert found.anterior.most_mm == pytest.approx(0.05 * KIND.body_half_depth, abs=1e-6)
    assert found.canal.mean_mm == pytest.approx(0.05 * KIND.wall_y)
    gained = 1000.0 * found.body_volume_ml - vertebra.body_volume_mm3
    voxel_volume = vertebra.mask(Region.BODY).sum() * KIND.spacing**3
    assert gained == pytest.approx((1.04 * 1.05 - 1.0) * voxel_volume, rel=1e-6)
    inward = measure_shape(vertebra, voxels, points, moved(points, -place * stretch))
    assert inward.canal.most_mm == pytest.approx(-0.05 * KIND.wall_y)


def test_bone_that_slides_along_a_sloping_plate_keeps_its_height_map(vertebra, model):
    voxels, points, place = model
    surface = vertebra.superior.surface
    u, v = np.meshgrid(surface.u_mm, surface.v_mm, indexing="ij")
    sloped = replace(surface, height_mm=surface.height_mm + 0.1 * v - 0.2 * u)
    start = replace(vertebra, superior=replace(vertebra.superior, surface=sloped))
    along = np.array([1.0, -0.8, 0.1 * -0.8 - 0.2 * 1.0])
    way = np.where(place[:, 2:] > 0.0, along, 0.0)
    found = measure_shape(start, voxels, points, moved(points, way))
    expected = average_heights(start)
    for name in ("anterior", "middle", "posterior"):
        measured = getattr(found.heights_3d_mm, name)
        assert measured == pytest.approx(getattr(expected, name), abs=1e-6)
    assert found.lift_mean_mm == pytest.approx(-0.28)


def test_discs_and_the_depth_of_the_body_say_nothing_of_its_surface(vertebra, model):
    voxels, points, place = model
    depth = -KIND.body_function(place)
    way = np.zeros_like(place)
    way[(points.elastic_mpa > 0.0) | (depth > 4.5), 2] = 3.0
    found = measure_shape(vertebra, voxels, points, moved(points, way))
    assert found.lift_most_mm == found.lift_mean_mm == 0.0
    far = -depth > 2.5
    other = replace(points, elastic_mpa=np.where(far, 0.0, points.elastic_mpa))
    strange = find_motion(vertebra, voxels, other, moved(other, 3.0 * far[:, None]))
    assert not strange.moved_mm.any()
    motion = find_motion(vertebra, voxels, points, points)
    away = KIND.body_function(motion.points_mm)
    assert away.max() < 1.5
    assert away.min() > -4.5


def test_points_must_be_the_same(vertebra, model):
    voxels, points, _ = model
    with pytest.raises(InputError, match="not the same"):
        measure_shape(vertebra, voxels, points, points.part(points.place_mm[:, 0] > 10.0))
    discs = points.part(points.elastic_mpa > 0.0)
    with pytest.raises(InputError, match="no bone"):
        measure_shape(vertebra, voxels, discs, discs)


def test_faces_of_voxels_close_around_their_volume():
    inside = np.random.default_rng(0).uniform(size=(6, 5, 4)) > 0.4
    faces = body_surface(inside, np.array([3.0, -2.0, 1.0]), 0.5)
    assert faces.volume_mm3() == pytest.approx(inside.sum() * 0.125)
    np.testing.assert_allclose(faces.area_vectors_mm2().sum(axis=0), 0.0, atol=1e-12)
    low = np.argwhere(inside).min(axis=0)
    expected = np.array([3.0, -2.0, 1.0]) + (low - 0.5) * 0.5
    np.testing.assert_allclose(faces.points_mm.min(axis=0), expected)


def test_slopes_at_an_edge_are_one_sided():
    u, v = np.arange(0.0, 4.0, 0.5), np.arange(0.0, 6.0, 2.0)
    height = 2.0 * u[:, None] ** 2 - v[None, :]
    height[0, 0] = np.nan
    along_u, along_v = slopes_of(HeightField(u_mm=u, v_mm=v, height_mm=height))
    assert along_u[4, 1] == pytest.approx(8.0)
    assert along_u[1, 0] == pytest.approx(2.0 * (1.0 - 0.25) / 0.5)
    np.testing.assert_allclose(along_v[1:], -1.0)
    lone = HeightField(u_mm=u[:2], v_mm=v[:2], height_mm=np.array([[1.0, np.nan], [np.nan] * 2]))
    assert slopes_of(lone)[0][0, 0] == slopes_of(lone)[1][0, 0] == 0.0
