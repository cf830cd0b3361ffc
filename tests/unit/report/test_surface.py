import numpy as np
import pytest

from vertaug.case.errors import AnatomyError
from vertaug.case.grid import axis_aligned_grid
from vertaug.report.raster import Mesh
from vertaug.report.stl import stl_bytes
from vertaug.report.surface import (
    cylinder,
    enclosed_volume_mm3,
    level_surface,
    needle_surface,
    vertebra_surface,
)


def directed_edges(points):
    """Edges of triangles given by position, shape (m, 3, 3), each as two numbers."""
    _, number = np.unique(points.reshape(-1, 3), axis=0, return_inverse=True)
    faces = number.reshape(-1, 3)
    solid = np.array([len(set(f)) == 3 for f in faces.tolist()])
    faces = faces[solid]
    return np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])


def assert_closed(points):
    """Every edge is walked as often one way as the other: no hole, all faces outward."""
    edges = directed_edges(points)
    forward, n = np.unique(edges, axis=0, return_counts=True)
    backward, m = np.unique(edges[:, ::-1], axis=0, return_counts=True)
    np.testing.assert_array_equal(forward, backward)
    np.testing.assert_array_equal(n, m)


def sphere_field(radius, shape=(40, 42, 44), spacing=0.8, mirror=False):
    axes = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    axes = axes * np.sign(np.linalg.det(axes)) * (-1 if mirror else 1)
    grid = axis_aligned_grid([5.0, -7.0, 30.0], axes, spacing, shape)
    index = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), -1)
    centre = grid.to_world((np.array(shape) - 1) / 2)
    distance = np.linalg.norm(grid.to_world(index) - centre, axis=-1)
    return np.clip(0.5 - (distance - radius) / 2.0, 0, 1), grid, centre


@pytest.mark.parametrize("mirror", [False, True])
def test_surface_of_a_ball_is_closed_outward_and_in_the_world(mirror):
    field, grid, centre = sphere_field(12.0, mirror=mirror)
    mesh = level_surface(field, grid)
    assert enclosed_volume_mm3(mesh) == pytest.approx(4 / 3 * np.pi * 12**3, rel=0.01)
    outward = mesh.vertices - centre
    np.testing.assert_allclose(np.linalg.norm(outward, axis=1), 12.0, atol=0.05)
    assert (np.einsum("nc,nc->n", outward, mesh.normals) > 11.0).all()
    assert_closed(mesh.vertices[mesh.faces])


def test_a_structure_cut_by_the_grid_gets_a_lid():
    field, grid, _ = sphere_field(20.0)
    assert_closed((mesh := level_surface(field, grid)).vertices[mesh.faces])


def test_an_empty_field_is_refused():
    field, grid, _ = sphere_field(12.0)
    with pytest.raises(AnatomyError, match="no bone"):
        level_surface(0 * field, grid)


@pytest.mark.parametrize("pieces", [1, 7])
def test_cylinder_is_closed_and_has_the_volume_of_a_prism(pieces):
    start, end = np.array([1.0, 2.0, 3.0]), np.array([-20.0, 30.0, 11.0])
    mesh = cylinder(start, end, 1.5, sides=48, pieces=pieces)
    area = 0.5 * 48 * 1.5**2 * np.sin(2 * np.pi / 48)
    assert enclosed_volume_mm3(mesh) == pytest.approx(area * np.linalg.norm(end - start))
    assert_closed(mesh.vertices[mesh.faces])


def test_needle_starts_at_the_skin_when_asked(planning):
    path = planning.plans[0].paths[0]
    short, long = needle_surface(path, from_skin=False), needle_surface(path, from_skin=True)
    ratio = enclosed_volume_mm3(long) / enclosed_volume_mm3(short)
    assert ratio == pytest.approx((path.length_mm + path.skin_depth_mm) / path.length_mm)


def test_stl_of_a_vertebra_reads_back_closed_in_lps(spine):
    mesh = vertebra_surface(spine["L1"])
    data = stl_bytes(mesh, "L1")
    assert b"SPACE=LPS" in data[:80]
    assert not data.startswith(b"solid")  # readers take such a file for text
    count = int.from_bytes(data[80:84], "little")
    assert len(data) == 84 + 50 * count == 84 + 50 * len(mesh.faces)
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    triangles = np.frombuffer(data, record, offset=84)
    corners = triangles["corners"].astype(float)
    assert_closed(triangles["corners"])
    volume = np.einsum("mc,mc->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6
    assert volume == pytest.approx(enclosed_volume_mm3(mesh), rel=1e-4)
    assert volume > 0
    middle = 0.5 * (corners.reshape(-1, 3).max(axis=0) + corners.reshape(-1, 3).min(axis=0))
    assert np.linalg.norm(middle - spine["L1"].frame.origin_lps_mm) < 40


def test_stl_normals_look_outward():
    mesh = cylinder(np.zeros(3), np.array([0, 0, 10.0]), 2.0, sides=12)
    data = stl_bytes(Mesh(vertices=mesh.vertices, normals=mesh.normals, faces=mesh.faces), "x")
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    triangles = np.frombuffer(data, record, offset=84)
    centre = triangles["corners"].mean(axis=1) - [0, 0, 5.0]
    assert (np.einsum("mc,mc->m", centre, triangles["normal"]) > 0).all()
