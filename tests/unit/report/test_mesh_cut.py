"""Planes through closed surfaces whose cuts are known."""

import numpy as np
import pytest

from vertaug.augmentation.balloon.surface import unit_sphere
from vertaug.report.mesh_cut import cut_mesh
from vertaug.report.plane import PicturePlane

CUBE = np.array([[x, y, z] for x in (0.0, 2.0) for y in (0.0, 2.0) for z in (0.0, 2.0)])
SIDES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
TRIANGLES = np.array([t for a, b, c, d in SIDES for t in ((a, b, c), (a, c, d))])


def plane_at(centre, right=(1.0, 0.0, 0.0), down=(0.0, 1.0, 0.0)):
    return PicturePlane(
        centre_lps_mm=np.array(centre), right=np.array(right), down=np.array(down),
        half_width_mm=10.0, half_height_mm=10.0,
    )  # fmt: skip


def area(loop):
    x, y = loop.T
    return abs(0.5 * float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])))


@pytest.mark.parametrize("height", [0.5, 1.0, 1.75])
def test_a_cube_is_cut_in_its_square(height):
    (loop,) = cut_mesh(CUBE, TRIANGLES, plane_at((1.0, 1.0, height)))
    np.testing.assert_array_equal(loop[0], loop[-1])
    assert area(loop) == pytest.approx(4.0)
    np.testing.assert_allclose(loop.min(axis=0), -1.0)
    np.testing.assert_allclose(loop.max(axis=0), 1.0)
    # it runs along the edge: no step is longer than a side
    assert np.linalg.norm(np.diff(loop, axis=0), axis=1).sum() == pytest.approx(8.0)


def test_a_plane_through_corners_gives_a_closed_line_too():
    # a side in the plane counts as behind it: the cube is cut there from the other side only
    assert cut_mesh(CUBE, TRIANGLES, plane_at((0.0, 0.0, 0.0))) == ()
    (loop,) = cut_mesh(CUBE, TRIANGLES, plane_at((0.0, 0.0, 2.0)))
    assert area(loop) == pytest.approx(4.0)
    diagonal = np.array([1.0, 1.0, 0.0]) / np.sqrt(2.0)
    (loop,) = cut_mesh(CUBE, TRIANGLES, plane_at((1.0, 1.0, 1.0), diagonal, (0.0, 0.0, 1.0)))
    assert area(loop) == pytest.approx(4.0 * np.sqrt(2.0), abs=1e-5)


def test_a_ball_off_its_middle_has_the_circle_of_pythagoras():
    points, triangles = unit_sphere()
    (loop,) = cut_mesh(5.0 * points + [3.0, 4.0, 5.0], triangles, plane_at((3.0, 4.0, 8.0)))
    assert area(loop) == pytest.approx(np.pi * 16.0, rel=0.01)
    np.testing.assert_allclose(np.linalg.norm(loop, axis=1), 4.0, rtol=0.015)


def test_two_bodies_give_two_lines_and_a_plane_beside_gives_none():
    both = np.concatenate([CUBE, CUBE + np.array([5.0, 0.0, 0.0])])
    triangles = np.concatenate([TRIANGLES, TRIANGLES + len(CUBE)])
    loops = cut_mesh(both, triangles, plane_at((1.0, 1.0, 1.0)))
    assert sorted(round(float(loop[:, 0].mean())) for loop in loops) == [0, 5]
    assert [round(area(loop), 6) for loop in loops] == [4.0, 4.0]
    assert cut_mesh(both, triangles, plane_at((1.0, 1.0, 3.0))) == ()
