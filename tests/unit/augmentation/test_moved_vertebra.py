"""A vertebra and its CT after motions that are known."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.balloon.bone_points import PointGrid, fill_points
from vertaug.augmentation.bone_shift import shift_of_bone
from vertaug.augmentation.moved_vertebra import came_to, move_vertebra, went_at
from vertaug.case.bone_shift import BoneShift
from vertaug.case.errors import GeometryError
from vertaug.case.grid import axis_aligned_grid
from vertaug.case.spine import Region
from vertaug.case.volume import Volume
from vertaug.fracture.height import measure_heights
from vertaug.verification.analytic_vertebra import AnalyticVertebra

ROTATED = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
KIND = AnalyticVertebra(world_axes=ROTATED, world_origin=np.array([10.0, -20.0, 300.0]))
LOW = np.array([-27.0, -21.0, -18.0])
SHAPE, SPACING = (36, 28, 24), 1.5


@pytest.fixture(scope="module")
def vertebra():
    return KIND.vertebra()


@pytest.fixture(scope="module")
def voxels():
    corner = KIND.frame().to_world(LOW + 0.5 * SPACING)
    return axis_aligned_grid(corner, ROTATED, SPACING, SHAPE)


@pytest.fixture(scope="module")
def points():
    half = [LOW[a] + 0.5 * SPACING * (np.arange(2 * n) + 0.5) for a, n in enumerate(SHAPE)]
    place = np.stack(np.meshgrid(*half, indexing="ij"), axis=-1)
    density = np.where(KIND.body_function(place) < 0.0, 0.12, 0.0)
    return fill_points(PointGrid(shape=SHAPE, spacing_mm=SPACING), density)


def moved_by(vertebra, voxels, points, way):
    """Bone that goes as a function of its place in the vertebra's frame says."""
    after = points.place_mm + way(points.place_mm + LOW)
    return shift_of_bone(vertebra, voxels, points, after)


def tilting(places):
    """The upper half rises by 3 mm in front and by nothing behind, from nothing at mid height."""
    high = np.clip(places[:, 2] / 10.0, 0.0, 1.0)
    front = np.clip(0.5 - places[:, 1] / 30.0, 0.0, 1.0)
    return (3.0 * high * front)[:, None] * [0.0, 0.0, 1.0]


@pytest.fixture(scope="module")
def shift(vertebra, voxels, points):
    return moved_by(vertebra, voxels, points, tilting)


@pytest.fixture(scope="module")
def moved(vertebra, shift):
    return move_vertebra(vertebra, shift)


def test_what_went_has_come(vertebra, shift, points):
    """Within the bone, where what lies about it says nothing."""
    frame, local = vertebra.frame, points.place_mm + LOW
    deep = KIND.body_function(local) < -3.0
    start = frame.to_world(local[deep])
    went = went_at(shift, start)
    np.testing.assert_allclose(went @ frame.axes, tilting(local[deep]), atol=0.08)
    np.testing.assert_allclose(came_to(shift, start + went), went, atol=0.25)
    assert np.abs(came_to(shift, start + went) - went).mean() < 0.02


def test_motion_dies_away_beside_the_bone_and_at_the_neighbours(vertebra, voxels, points):
    def rising(places):
        return np.broadcast_to([0.0, 0.0, 2.0], places.shape)

    def came(vertebra, above_mm):
        found = moved_by(vertebra, voxels, points, rising)
        top = float(np.nanmax(vertebra.superior.surface.height_mm)) + 2.0
        place = vertebra.frame.to_world([[0.0, 0.0, top + above_mm]])
        return float(np.linalg.norm(came_to(found, place)))

    assert came(vertebra, -2.0) == pytest.approx(2.0, abs=1e-5)
    assert came(vertebra, 2.5) == pytest.approx(1.0, abs=0.35)
    assert came(vertebra, 7.0) == 0.0
    grid = vertebra.regions.grid
    z = vertebra.frame.to_local(grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1)))[..., 2]
    top = float(np.nanmax(vertebra.superior.surface.height_mm)) + 2.0
    other = Volume(values=(z > top + 2.0).astype(np.float32), grid=grid)
    near = replace(vertebra, neighbours=other)
    assert came(near, 3.5) == 0.0
    assert came(near, -2.0) == pytest.approx(2.0, abs=1e-5)


def test_heights_volume_and_places_follow(vertebra, moved):
    before, after = (measure_heights(v.landmarks) for v in (vertebra, moved))
    local = vertebra.frame.to_local
    rise = {
        name: local(getattr(moved.landmarks, name)) - local(getattr(vertebra.landmarks, name))
        for name in ("superior_anterior", "superior_middle", "inferior_anterior")
    }
    start = local(vertebra.landmarks.superior_middle)
    assert rise["superior_middle"][2] == pytest.approx(tilting(start[None])[0, 2], abs=0.1)
    assert rise["superior_anterior"][2] > rise["superior_middle"][2] > 1.0
    np.testing.assert_allclose(rise["inferior_anterior"], 0.0, atol=1e-6)
    assert after.anterior - before.anterior == pytest.approx(rise["superior_anterior"][2], abs=0.15)
    # the plate tilts, and its best plane with it
    assert (moved.superior.normal - vertebra.superior.normal) @ vertebra.frame.axes[:, 1] > 0.05
    np.testing.assert_array_equal(moved.inferior.normal, vertebra.inferior.normal)
    lifted = moved.superior.surface.height_mm - vertebra.superior.surface.height_mm
    cell = float(np.prod(np.diff(vertebra.superior.surface.u_mm[:2]))) * float(
        np.diff(vertebra.superior.surface.v_mm[:2])[0]
    )
    grown = moved.body_volume_mm3 - vertebra.body_volume_mm3
    assert grown == pytest.approx(np.nansum(lifted) * cell, rel=0.15)


def test_the_ct_and_the_parts_are_looked_up_where_they_came_from(vertebra, shift, moved):
    body = np.argwhere(moved.mask(Region.BODY))
    place = moved.regions.grid.to_world(body)
    came = came_to(shift, place)
    source = vertebra.regions.grid.to_index(place - came)
    nearest = np.floor(source + 0.5).astype(int)
    assert (vertebra.regions.values[tuple(nearest.T)] == Region.BODY).all()
    assert np.linalg.norm(came, axis=1).max() == pytest.approx(3.0, abs=0.2)
    still = np.linalg.norm(came, axis=1) == 0.0
    assert still.any()
    own = vertebra.hu.values[tuple(nearest[still].T)]
    np.testing.assert_allclose(moved.hu.values[tuple(body[still].T)], own, atol=1e-2)


@pytest.mark.parametrize("mm", [-4.0, 3.0, 4.0])
def test_a_body_that_moves_as_a_whole_keeps_its_volume_and_leaves_nothing_behind(
    vertebra, voxels, points, mm
):
    shift = moved_by(vertebra, voxels, points, lambda p: np.broadcast_to([0.0, 0.0, mm], p.shape))
    found = move_vertebra(vertebra, shift)
    assert found.body_volume_mm3 == pytest.approx(vertebra.body_volume_mm3, rel=0.02)
    middles = []
    for one in (vertebra, found):
        index = np.argwhere(one.mask(Region.BODY))
        middles.append(one.frame.to_local(one.regions.grid.to_world(index)).mean(axis=0))
    np.testing.assert_allclose(middles[1] - middles[0], [0.0, 0.0, mm], atol=0.35)
    # what the wider grid shows beyond the old one holds no bone
    held = [float(np.sum(v.neighbours.values, dtype=np.float64)) for v in (vertebra, found)]
    assert held[1] <= 1.05 * held[0] + 1.0


def test_a_vertebra_that_did_not_move_is_itself(vertebra, voxels, points):
    still = moved_by(vertebra, voxels, points, np.zeros_like)
    assert move_vertebra(vertebra, still) is vertebra


def test_displacements_are_on_their_grid(voxels):
    field = np.zeros((3, 3, 3, 3), dtype=np.float32)
    with pytest.raises(GeometryError, match="came_mm of"):
        BoneShift(grid=voxels, went_mm=np.zeros((*voxels.shape, 3)), came_mm=field)
