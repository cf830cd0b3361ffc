"""Cement drawn between the walls of a vertebra."""

import numpy as np
import pytest

from vertaug.report.enclosed import hull_of, picture_enclosed
from vertaug.report.figure_solid import view_plane
from vertaug.report.plane import PicturePlane
from vertaug.report.raster import Layer, render
from vertaug.report.surface import cylinder, vertebra_surface

RED = "#FF0000"


@pytest.fixture(scope="module")
def vertebra(spine):
    return spine["L1"]


@pytest.fixture(scope="module")
def hull(vertebra):
    view = view_plane(vertebra, 90.0, 0.0, (45.0, 36.0))
    plane = PicturePlane(
        centre_lps_mm=view.centre_lps_mm,
        right=view.right,
        down=view.down,
        half_width_mm=45.0,
        half_height_mm=36.0,
        pixel_mm=0.2,
    )
    return hull_of(vertebra, vertebra_surface(vertebra), plane)


def rod(vertebra, hull, behind_mm):
    """Return a rod up through the body, so far behind the wall that the eye meets."""
    middle = vertebra.frame.origin_lps_mm
    row, column = hull.plane.to_pixel(middle).round().astype(int)
    depth = hull.near.depth_mm[row, column] - hull.plane.depth_mm(middle) + behind_mm
    centre = middle + depth * hull.plane.normal
    up = vertebra.frame.axes[:, 2]
    mesh = cylinder(centre - 4.0 * up, centre + 4.0 * up, 2.0, pieces=8)
    return (render(mesh, hull.plane), RED), (row, column)


def redness(image, at):
    """Return how red the picture is there; it has half the pixels of the plane."""
    row, column = (number // 2 for number in at)
    spot = image[row - 1 : row + 2, column - 1 : column + 2]
    return float((spot[..., 0] - spot[..., 2]).mean())


def test_the_walls_have_room_between_them(hull):
    seen = np.isfinite(hull.near.depth_mm)
    np.testing.assert_array_equal(seen, np.isfinite(hull.far.depth_mm))
    assert (hull.far.depth_mm[seen] >= hull.near.depth_mm[seen] - 1e-9).all()
    assert (hull.far.depth_mm[seen] - hull.near.depth_mm[seen]).max() > 35.0


def test_lines_lie_at_multiples_of_the_height(vertebra, hull):
    # seen from the side, so that a line of equal height is a row of the picture
    rows = hull.near_lines.sum(axis=1)
    heights = vertebra.frame.to_local(hull.plane.pixel_centres()[:, 0])[:, 2]
    long = heights[rows > 60]
    assert len(long) > 8
    assert (np.abs(long - 5.0 * np.round(long / 5.0)) < 0.6).all()
    assert hull.far_lines.any()
    assert hull.edges.any()


def test_cement_is_never_drawn_over_the_near_wall(vertebra, hull):
    plain = picture_enclosed(hull, (), ())
    outside, at = rod(vertebra, hull, -6.0)
    within, _ = rod(vertebra, hull, 6.0)
    as_tool = redness(picture_enclosed(hull, (outside,), ()), at)
    as_cement = redness(picture_enclosed(hull, (), (outside,)), at)
    inside = redness(picture_enclosed(hull, (), (within,)), at)
    bare = redness(plain, at)
    assert as_tool > as_cement > inside > bare + 0.05


def test_cement_is_paler_the_deeper_it_lies(vertebra, hull):
    found = []
    for behind in (3.0, 15.0, 30.0):
        cement, at = rod(vertebra, hull, behind)
        found.append(redness(picture_enclosed(hull, (), (cement,)), at))
    assert found[0] > found[1] > found[2]


def test_nothing_that_lies_in_the_bone_is_drawn_beside_it(vertebra, hull):
    middle, end = vertebra.frame.origin_lps_mm, np.array([0.0, 0.0, 80.0])
    away = render(cylinder(middle + end, middle - end, 1.0), hull.plane)
    picture = picture_enclosed(hull, (), ((away, RED),))
    plain = picture_enclosed(hull, (), ())
    empty = ~np.isfinite(hull.near.depth_mm)
    whole = empty.reshape(picture.shape[0], 2, picture.shape[1], 2).all(axis=(1, 3))
    np.testing.assert_array_equal(picture[whole], plain[whole])
    assert not np.array_equal(picture, plain)


def test_a_thing_changes_only_its_own_pixels(vertebra, hull):
    nothing = Layer(
        depth_mm=np.full(hull.plane.shape, np.inf), normal=np.zeros((*hull.plane.shape, 3))
    )
    plain = picture_enclosed(hull, (), ())
    np.testing.assert_array_equal(picture_enclosed(hull, ((nothing, RED),), ()), plain)
    (layer, _), _ = rod(vertebra, hull, 6.0)
    changed = (picture_enclosed(hull, ((layer, RED),), ()) != plain).any(axis=-1)
    hit = np.isfinite(layer.depth_mm)
    rows, columns = plain.shape[:2]
    touched = hit.reshape(rows, 2, columns, 2).any(axis=(1, 3))
    assert 0 < changed.sum() <= touched.sum()
    assert not changed[~touched].any()


def test_the_nearest_of_two_things_is_seen_whatever_their_order(vertebra, hull):
    (near, _), at = rod(vertebra, hull, 4.0)
    (deep, _), _ = rod(vertebra, hull, 20.0)
    one = picture_enclosed(hull, (), ((near, RED), (deep, "#0000FF")))
    other = picture_enclosed(hull, (), ((deep, "#0000FF"), (near, RED)))
    np.testing.assert_array_equal(one, other)
    assert redness(one, at) > 0.1
