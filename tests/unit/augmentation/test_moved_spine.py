"""A spine and its CT after motions that are known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vertaug.augmentation.bone_shift import motion_above
from vertaug.augmentation.moved_spine import move_spine
from vertaug.case.bone_shift import BoneShift, RigidMotion
from vertaug.case.grid import axis_aligned_grid

RISE_MM = 3.0


@pytest.fixture(scope="module")
def spine(phantom_spine):
    return phantom_spine[1]


def rising(spine, above):
    """L1 rises as a whole by 3 mm along its own axis."""
    frame = spine["L1"].frame
    axes = frame.axes
    shape = (45, 45, 30)
    low = frame.to_world(-np.array(shape) * 1.5 + [0.0, 20.0, 0.0])
    grid = axis_aligned_grid(low, axes, 3.0, shape)
    field = np.broadcast_to((RISE_MM * axes[:, 2]).astype(np.float32), (*shape, 3))
    return BoneShift(grid=grid, went_mm=field, came_mm=field, above=above)


@pytest.fixture(scope="module")
def above(spine):
    """As a plate over L1 that rises by 3 mm and tilts back by 4 degrees."""
    frame = spine["L1"].frame
    return RigidMotion(
        centre_lps_mm=frame.to_world([0.0, 0.0, 18.0]),
        turn=Rotation.from_rotvec(np.radians(-4.0) * frame.axes[:, 0]).as_matrix(),
        shift_mm=RISE_MM * frame.axes[:, 2],
    )


@pytest.fixture(scope="module")
def moved(spine, above):
    return move_spine(spine, "L1", rising(spine, above))


def bone_of(spine, level):
    """Return the HU and the places of a level's voxels that are bone all round."""
    from scipy.ndimage import binary_erosion

    index = np.argwhere(binary_erosion(spine.labels.mask(level), iterations=2))
    return spine.scan.grid.to_world(index)


def hu_at(scan, places):
    index = np.round(scan.grid.to_index(places)).astype(int)
    inside = ((index >= 0) & (index < scan.grid.shape)).all(axis=1)
    return scan.hu[tuple(index[inside].T)].astype(float), inside


def test_each_bone_lies_where_it_went(spine, above, moved):
    up = RISE_MM * spine["L1"].frame.axes[:, 2]
    ways = {
        "T12": lambda p: (
            above.centre_lps_mm + above.shift_mm + (p - above.centre_lps_mm) @ above.turn.T
        ),
        "L1": lambda p: p + up,
        "L2": lambda p: p,
    }
    for level, way in ways.items():
        places = bone_of(spine, level)
        before, _ = hu_at(spine.scan, places)
        after, inside = hu_at(moved.scan, way(places))
        # a nearest voxel stands for a place up to half a voxel away
        assert np.corrcoef(before[inside], after)[0, 1] > (0.99 if level == "L2" else 0.8)
        still, _ = hu_at(moved.scan, places)
        if level != "L2":
            assert np.corrcoef(before, still)[0, 1] < np.corrcoef(before[inside], after)[0, 1]
    assert moved["L2"] is spine["L2"]
    assert moved.labels is spine.labels
    assert moved.scan.hu.dtype == spine.scan.hu.dtype


def test_the_endplate_is_seen_where_it_has_risen(spine, moved):
    """Along lines through the disc: L1's endplate 3 mm higher, and soft tissue over it."""
    frame = spine["L1"].frame
    z = np.arange(4.0, 18.0, 0.25)
    profiles = []
    for scan in (spine.scan, moved.scan):
        lines = []
        for x in np.linspace(-6.0, 6.0, 7):
            line = np.stack([np.full_like(z, x), np.full_like(z, -2.0), z], axis=1)
            lines.append(hu_at(scan, frame.to_world(line))[0])
        profiles.append(np.mean(lines, axis=0))
    tops = [z[np.argmax(profile)] for profile in profiles]
    assert tops[1] - tops[0] == pytest.approx(RISE_MM, abs=0.8)
    over = [
        profile[np.argmin(np.abs(z - top - 3.0))]
        for profile, top in zip(profiles, tops, strict=True)
    ]
    assert over[1] == pytest.approx(over[0], abs=60.0)


def test_far_from_the_spine_nothing_moves(spine, moved):
    changed = np.argwhere(moved.scan.hu != spine.scan.hu)
    bones = np.argwhere(spine.labels.values > 0)
    low, high = bones.min(axis=0), bones.max(axis=0)
    reach = np.ceil(32.0 / spine.scan.grid.spacing_mm)
    assert (changed >= low - reach).all()
    assert (changed <= high + reach).all()
    assert len(changed) > 10_000


def test_a_held_level_above_stays(spine):
    held = move_spine(spine, "L1", rising(spine, None))
    places = bone_of(spine, "T12")
    before, _ = hu_at(spine.scan, places)
    after, _ = hu_at(held.scan, places)
    assert np.corrcoef(before, after)[0, 1] > 0.95


def test_a_plate_that_rises_and_tilts_is_a_rigid_motion():
    """Its rise is that of its middle, its slopes those of the rise over left and posterior."""
    axes = Rotation.from_euler("xyz", [10.0, -20.0, 30.0], degrees=True).as_matrix()
    voxels = axis_aligned_grid([5.0, -40.0, 100.0], axes, 1.5, (20, 24, 16))
    centre = np.array([15.0, 18.0, 24.0])
    plate = np.array([1.7, 0.02, -0.09])
    found = motion_above(voxels, centre, plate)
    np.testing.assert_allclose(found.turn @ found.turn.T, np.eye(3), atol=1e-12)
    for offset in ([0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [0.0, 12.0, 0.0]):
        start = voxels.to_world((centre + offset) / 1.5 - 0.5)
        end = found.centre_lps_mm + found.shift_mm + found.turn @ (start - found.centre_lps_mm)
        rise = (end - start) @ axes[:, 2]
        assert rise == pytest.approx(plate[0] + plate[1:] @ np.array(offset[:2]), abs=0.01)
        np.testing.assert_allclose(found.origin_of(end), start, atol=1e-9)
