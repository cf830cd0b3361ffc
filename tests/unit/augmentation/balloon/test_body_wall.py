"""The outer face of a body's wall: where it is, and that it goes with the bone."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.balloon.body_wall import find_body_wall
from vertaug.augmentation.balloon.bone_motion import near_surface
from vertaug.augmentation.balloon.patient_bone import BonePart, patient_bone
from vertaug.case.errors import AnatomyError
from vertaug.case.spine import Region
from vertaug.tissue import calibrate_generic

LAW = calibrate_generic(120.0)


def wall_of(bone, vertebra):
    return find_body_wall(bone, vertebra, near_surface(vertebra, bone.voxels, bone.points))


@pytest.fixture(scope="module")
def plain(phantom_spine):
    return phantom_spine[1]["L1"]


@pytest.fixture(scope="module")
def bone(plain):
    return patient_bone(plain, LAW, spacing_mm=2.0)


@pytest.fixture(scope="module")
def wall(plain, bone):
    return wall_of(bone, plain)


def test_it_lies_on_the_outer_face_of_the_body(plain, bone, wall):
    """Each place is the corner of a voxel of the body and of one that is not."""
    grid = plain.regions.grid
    index = grid.to_index(bone.to_world(wall.before_mm))
    corner = np.round(index - 0.5).astype(int)
    np.testing.assert_allclose(index, corner + 0.5, atol=1e-6)
    body = plain.mask(Region.BODY)
    offsets = np.stack(np.meshgrid(*3 * [[0, 1]], indexing="ij"), axis=-1).reshape(-1, 3)
    around = body[tuple((corner[:, None, :] + offsets).transpose(2, 0, 1))]
    assert around.any(axis=1).all()
    assert not around.all(axis=1).any()


def test_it_ends_at_the_endplates_and_at_the_pedicles(plain, bone, wall):
    local = plain.frame.to_local(bone.to_world(wall.before_mm))
    top, bottom = plain.superior.surface.height_mm, plain.inferior.surface.height_mm
    # the middle of the endplates is not of it, the anterior wall is
    middle = np.hypot(local[:, 0], local[:, 1]) < 8.0
    assert not middle.any()
    assert local[:, 2].max() < np.nanmax(top) + 1.0
    assert local[:, 2].min() > np.nanmin(bottom) - 1.0
    front = np.abs(local[:, 0]) < 5.0
    assert (front & (local[:, 1] < -10.0)).sum() > 200


def test_it_hardly_hangs_on_the_voxels(plain, bone, wall):
    """Only where it ends beside endplates and pedicles."""
    fine_bone = patient_bone(plain, LAW, spacing_mm=1.25)
    fine = wall_of(fine_bone, plain)
    ours = {tuple(p) for p in np.round(bone.to_world(wall.before_mm), 3)}
    theirs = {tuple(p) for p in np.round(fine_bone.to_world(fine.before_mm), 3)}
    assert len(ours & theirs) > 0.88 * len(ours | theirs)


def test_it_goes_with_the_bone(bone, wall):
    """A motion that is linear in space is met exactly."""
    still = wall(bone.points)
    np.testing.assert_allclose(still, wall.before_mm, atol=1e-12)
    gradient = np.array([[0.02, 0.05, 0.0], [-0.05, -0.01, 0.03], [0.0, 0.0, 0.1]])
    shift = np.array([1.0, -2.0, 0.5])
    moved = replace(bone.points, place_mm=bone.points.place_mm @ (np.eye(3) + gradient).T + shift)
    wanted = wall.before_mm @ (np.eye(3) + gradient).T + shift
    np.testing.assert_allclose(wall(moved), wanted, atol=1e-6)


def test_discs_do_not_carry_it(bone, wall):
    moved = bone.points.place_mm.copy()
    moved[bone.where(BonePart.DISC)] += 7.0
    np.testing.assert_allclose(
        wall(replace(bone.points, place_mm=moved)), wall.before_mm, atol=1e-12
    )


def test_a_body_without_a_wall_is_refused(plain, bone):
    bare = np.where(bone.where(BonePart.CORTEX), BonePart.CANCELLOUS, bone.part).astype(np.uint8)
    with pytest.raises(AnatomyError, match="L1 has no wall between its endplates"):
        wall_of(replace(bone, part=bare), plain)


def test_how_far_the_wall_has_gone_out_is_across_and_away_from_the_middle(bone, wall):
    assert wall.outward_mm(bone.points) == pytest.approx(0.0, abs=1e-9)
    middle = 0.5 * (wall.before_mm.min(axis=0) + wall.before_mm.max(axis=0))
    away = bone.points.place_mm - middle
    wider = replace(bone.points, place_mm=bone.points.place_mm + away * [0.1, 0.1, 0.0])
    farthest = np.linalg.norm((wall.before_mm - middle)[:, :2], axis=1).max()
    assert wall.outward_mm(wider) == pytest.approx(0.1 * farthest, rel=1e-3)
    higher = replace(bone.points, place_mm=bone.points.place_mm + np.array([0.0, 0.0, 3.0]))
    assert wall.outward_mm(higher) == pytest.approx(0.0, abs=1e-9)
