import numpy as np
import pytest

from vertaug.report import _raster_numba, _raster_reference
from vertaug.report.plane import PicturePlane
from vertaug.report.raster import glass_over, halve, render, render_far, shade
from vertaug.report.surface import cylinder


def view(half=12.0, pixel=0.25):
    return PicturePlane(
        centre_lps_mm=np.zeros(3),
        right=np.array([1.0, 0, 0]),
        down=np.array([0, 0, -1.0]),
        half_width_mm=half,
        half_height_mm=half,
        pixel_mm=pixel,
    )


def test_compiled_and_reference_kernel_agree():
    corners = np.random.default_rng(3).uniform(-4, 34, (60, 3, 3))
    corners[7, 2] = corners[7, 1]  # without area
    found = []
    for kernel in (_raster_numba.scan_convert, _raster_reference.scan_convert):
        depth, owner = np.full((30, 28), np.inf), np.full((30, 28), -1)
        kernel(corners, depth, owner)
        found.append((depth, owner))
    np.testing.assert_array_equal(found[0][1], found[1][1])
    np.testing.assert_allclose(found[0][0], found[1][0])


def test_compiled_and_reference_normals_agree():
    rng = np.random.default_rng(4)
    corners, faces = rng.uniform(-4, 34, (40, 3, 3)), rng.integers(0, 25, (40, 3))
    normals = rng.normal(size=(25, 3))
    depth, owner = np.full((30, 28), np.inf), np.full((30, 28), -1)
    _raster_reference.scan_convert(corners, depth, owner)
    found = []
    for kernel in (_raster_numba.blend_normals, _raster_reference.blend_normals):
        out = np.zeros((30, 28, 3))
        kernel(corners, faces, normals, owner, depth, out)
        found.append(out)
    np.testing.assert_allclose(found[0], found[1], atol=1e-12)
    hit = np.isfinite(depth)
    assert hit.any()
    assert not hit.all()
    np.testing.assert_allclose(np.linalg.norm(found[0], axis=-1), hit.astype(float), atol=1e-12)


def test_depth_of_a_cylinder_is_that_of_its_formula():
    # Along z, seen from the front: depth (y) of the near side is -sqrt(r2 - x2).
    mesh = cylinder(np.array([0, 0, -8.0]), np.array([0, 0, 8.0]), 5.0, sides=720)
    plane = view()
    layer = render(mesh, plane)
    x, y = (
        plane.to_picture(plane.pixel_centres())[..., 0],
        plane.to_picture(plane.pixel_centres())[..., 1],
    )
    inside = (np.abs(x) < 4.8) & (np.abs(y) < 7.8)
    np.testing.assert_allclose(layer.depth_mm[inside], -np.sqrt(25 - x[inside] ** 2), atol=2e-3)
    outside = (np.abs(x) > 5.2) | (np.abs(y) > 8.2)
    assert np.isinf(layer.depth_mm[outside]).all()
    np.testing.assert_allclose(layer.normal[inside][:, 0], x[inside] / 5, atol=2e-2)


def test_the_far_side_of_a_cylinder_is_as_far_behind_as_the_near_side_before():
    mesh = cylinder(np.array([0, 0, -8.0]), np.array([0, 0, 8.0]), 5.0, sides=720)
    plane = view()
    near, far = render(mesh, plane), render_far(mesh, plane)
    np.testing.assert_array_equal(np.isfinite(near.depth_mm), np.isfinite(far.depth_mm))
    x = plane.to_picture(plane.pixel_centres())[..., 0]
    inside = np.isfinite(far.depth_mm) & (np.abs(x) < 4.8)
    np.testing.assert_allclose(far.depth_mm[inside], np.sqrt(25 - x[inside] ** 2), atol=2e-3)
    # it looks away from the eye
    middle = tuple(plane.to_pixel(np.zeros(3)).round().astype(int))
    assert far.normal[middle][2] > 0.99 > -0.99 > near.normal[middle][2]


def test_light_falls_from_the_upper_left():
    mesh = cylinder(np.array([0, 0, -8.0]), np.array([0, 0, 8.0]), 5.0, sides=96)
    plane = view()
    lit = shade(render(mesh, plane), (1.0, 1.0, 1.0)).mean(axis=2)
    left = plane.to_pixel(np.array([-4.0, 0, 0])).round().astype(int)
    right = plane.to_pixel(np.array([4.0, 0, 0])).round().astype(int)
    assert lit[tuple(left)] > lit[tuple(right)] + 0.1


def test_glass_is_clear_face_on_and_dense_at_the_rim():
    normal = np.array([[0, 0, -1.0], [1.0, 0, 0]])
    over = glass_over(normal, np.ones((2, 3)), np.zeros((2, 3)), clearness=0.7)
    np.testing.assert_allclose(over[:, 0], [0.3, 1.0])


def test_halving_keeps_the_mean():
    picture = np.random.default_rng(0).random((8, 6, 3))
    assert halve(picture).shape == (4, 3, 3)
    assert halve(picture).mean() == pytest.approx(picture.mean())
