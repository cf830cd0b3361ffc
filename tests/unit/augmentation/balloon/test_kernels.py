"""Kernels of the balloon against their plain twins."""

import numpy as np
import pytest

from vertaug.augmentation.balloon import (
    _foam_numba as foam,
    _foam_reference as plain_foam,
    _inside_numba as inside,
    _inside_reference as plain_inside,
    _skin_numba as skin,
    _skin_reference as plain_skin,
)
from vertaug.augmentation.balloon.bone_points import PointGrid, carried
from vertaug.augmentation.balloon.surface import capsule
from vertaug.augmentation.balloon.tension import unfolded

GRID = PointGrid(shape=(5, 4, 6), spacing_mm=1.3)


def some_voxels(rng):
    voxel = np.sort(rng.permutation(int(np.prod(GRID.shape)))[:60])
    i, j, k = np.unravel_index(voxel, GRID.shape)
    return voxel, i * GRID.step[0] + j * GRID.step[1] + k


def some_state(rng, count, size):
    u = size * rng.standard_normal((3, int(np.prod(GRID.node_shape))))
    bulk, shear, limit = 100 * rng.random((3, count)) + 10
    return u, rng.standard_normal((count, 6)), bulk, shear, limit / 10


@pytest.mark.parametrize("shape", [0.0, 2.25, 4.5])
@pytest.mark.parametrize("size", [1e-3, 0.1])
def test_stresses_are_those_of_the_twin(shape, size):
    rng = np.random.default_rng(3)
    _, corner = some_voxels(rng)
    u, before, bulk, shear, limit = some_state(rng, corner.size, size)
    volume, taken = rng.random(corner.size), rng.random((corner.size, 2))
    apart = rng.random(corner.size) * limit
    found = []
    for kernel in (foam, plain_foam):
        after, out = np.empty((2, corner.size, 6))
        left, flow = np.empty((2, corner.size))
        kernel.stress_cells(
            u,
            corner,
            GRID.step,
            GRID.spacing_mm,
            shape,
            before,
            bulk,
            shear,
            limit,
            apart,
            volume,
            taken,
            after,
            left,
            flow,
            out,
        )
        found.append((after, left, out, flow))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-8)
    assert (found[0][3] > 0.0).any()


def test_broken_bone_bears_no_tension_and_is_pressed_as_before():
    """Of one voxel pulled and pressed evenly far beyond yield."""
    shape, limit = 2.25, 0.5
    even = limit * np.sqrt((1.0 + shape / 9.0) / shape)
    grid = PointGrid(shape=(1, 1, 1), spacing_mm=1.0)
    place = np.indices(grid.node_shape).reshape(3, -1) * 1.0
    for sign in (1.0, -1.0):
        for apart, borne in ((0.0, sign * even), (even, (sign - 1.0) * even)):
            after, left, flow, out = (
                np.empty((1, 6)),
                np.empty(1),
                np.empty(1),
                np.empty((1, 6)),
            )
            foam.stress_cells(
                sign * 0.1 * place,
                np.zeros(1, dtype=np.int64),
                grid.step,
                1.0,
                shape,
                np.zeros((1, 6)),
                np.full(1, 100.0),
                np.full(1, 50.0),
                np.full(1, limit),
                np.full(1, apart),
                np.ones(1),
                np.zeros((1, 2)),
                after,
                left,
                flow,
                out,
            )
            np.testing.assert_allclose(after[0], [borne] * 3 + [0.0] * 3, atol=1e-9)


def test_what_is_left_is_the_share_of_the_shear_that_a_voxel_bears():
    """Of one voxel sheared far beyond yield, whose elastic stress would be four times as much."""
    shear, limit = 50.0, 0.5
    grid = PointGrid(shape=(1, 1, 1), spacing_mm=1.0)
    place = np.indices(grid.node_shape).reshape(3, -1) * 1.0
    slide = 4.0 * limit / np.sqrt(3.0) / shear
    u = np.stack([slide * place[1], np.zeros(8), np.zeros(8)])
    one, corner = np.ones(1), np.zeros(1, dtype=np.int64)
    after, out, before = np.empty((3, 1, 6))
    left, flow = np.empty((2, 1))
    before[:] = 0.0
    strength = np.full(1, limit), np.zeros(1), one, np.zeros((1, 2))
    moduli = np.full(1, 100.0), np.full(1, shear)
    foam.stress_cells(
        u, corner, grid.step, 1.0, 0.0, before, *moduli, *strength, after, left, flow, out
    )
    assert left[0] == pytest.approx(0.25)
    assert after[0, 5] == pytest.approx(limit / np.sqrt(3.0))


def test_a_stress_turns_with_the_voxel_and_no_strain_turns_it():
    rng = np.random.default_rng(6)
    _, corner = some_voxels(rng)
    u, before, *_ = some_state(rng, corner.size, 0.1)
    found = [before.copy(), before.copy()]
    for kernel, stress in zip((foam, plain_foam), found, strict=True):
        kernel.turn_cells(u, corner, GRID.step, GRID.spacing_mm, stress)
    np.testing.assert_allclose(*found, atol=1e-12)
    # a turn by a small angle about the third axis, and a stretch along it
    place = np.indices(GRID.node_shape).reshape(3, -1) * GRID.spacing_mm
    angle = 1e-4
    turn = np.stack([-angle * place[1], angle * place[0], 0.3 * place[2]])
    stress = np.zeros((corner.size, 6))
    stress[:, 0] = 2.0
    foam.turn_cells(turn, corner, GRID.step, GRID.spacing_mm, stress)
    # R s R^T to the first order: 12 is angle times 11
    np.testing.assert_allclose(stress, np.tile([2.0, 0, 0, 0, 0, 2.0 * angle], (60, 1)), atol=1e-12)


def test_forces_are_those_of_the_twin_and_do_the_work_of_the_stresses():
    rng = np.random.default_rng(7)
    voxel, corner = some_voxels(rng)
    stress = rng.standard_normal((corner.size, 6))
    per_plane = GRID.shape[1] * GRID.shape[2]
    planes = np.searchsorted(voxel, np.arange(GRID.shape[0] + 1) * per_plane)
    found = []
    for kernel in (foam, plain_foam):
        out = np.zeros((3, int(np.prod(GRID.node_shape))))
        kernel.add_forces(stress, corner, planes, GRID.step, GRID.spacing_mm, out)
        found.append(out)
    np.testing.assert_allclose(*found, atol=1e-12)
    np.testing.assert_allclose(found[0].sum(axis=1), 0.0, atol=1e-12)


def test_the_share_inside_is_that_of_the_twin_and_sums_to_the_volume():
    surface = capsule(np.array([3.1, 2.6, 3.9]), np.array([1.0, 0.3, 0.8]), 5.0, 1.4)
    found = []
    for kernel in (inside, plain_inside):
        out = np.empty(GRID.shape)
        args = surface.points_mm, surface.triangles, GRID.spacing_mm, 4
        kernel.fill_inside(*args, out)
        found.append(out)
    np.testing.assert_allclose(*found, atol=1e-12)
    assert found[0].sum() * GRID.spacing_mm**3 == pytest.approx(surface.volume_mm3(), rel=0.01)
    assert found[0].min() > -1e-9
    assert found[0].max() < 1.0 + 1e-9


def test_points_are_carried_with_the_nodes_around_them():
    rng = np.random.default_rng(9)
    points = rng.random((200, 3)) * np.array(GRID.shape) * GRID.spacing_mm
    slope, shift = rng.standard_normal((3, 3)), rng.standard_normal(3)
    place = np.indices(GRID.node_shape) * GRID.spacing_mm
    u = np.einsum("ab,bijk->aijk", slope, place) + shift[:, None, None, None]
    moved = carried(points, u, GRID)
    np.testing.assert_allclose(moved, points + points @ slope.T + shift, atol=1e-5)


@pytest.mark.parametrize("size", [(12.0, 6.0), (14.0, 4.5)], ids=["taut", "wrinkled"])
def test_the_pull_of_a_skin_is_that_of_the_twin(size):
    middle, axis = np.array([12.0, 11.0, 13.0]), np.array([0.0, 1.0, 0.0])
    whole = unfolded(capsule(middle, axis, 10.0, 5.0), 10.0)
    points = capsule(middle, axis, *size).points_mm
    points = points + 0.02 * np.random.default_rng(2).standard_normal(points.shape)
    found = pulls(points, whole.triangles, whole.slope, whole.area_mm2)
    np.testing.assert_allclose(*found, atol=1e-10)
    assert np.abs(found[0]).max() > 1.0


@pytest.mark.parametrize(
    "stretch",
    [(2.0, 2.0), (1.0, 1.0), (1.5, 0.5), (1.5, 1.0), (1.5, 0.0), (0.9, 0.3), (1.5, 1.5 + 1e-12)],
)
def test_the_pull_of_one_triangle_is_that_of_the_twin(stretch):
    """Stretches that are alike, of which one is slack, of which both are, or folded to a line."""
    flat = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.3, 0.8, 0.0]])
    slope = np.linalg.inv(np.column_stack([np.ones(3), flat[:, :2]])).T[:, 1:][None]
    turn = np.linalg.qr(np.random.default_rng(4).standard_normal((3, 3)))[0]
    points = (flat * np.array([*stretch, 1.0])) @ turn
    triangle = np.array([[0, 1, 2]])
    found = pulls(points, triangle, np.ascontiguousarray(slope), np.full(1, 0.4))
    np.testing.assert_allclose(*found, atol=1e-9)
    taut = max(stretch) > 1.0
    assert (np.abs(found[0]).max() > 1e-6) == taut


def pulls(points, triangles, slope, area):
    found = []
    for kernel in (skin, plain_skin):
        out = np.zeros_like(points)
        kernel.pull_triangles(points, triangles, slope, area, 10.0, out)
        found.append(out)
    return found
