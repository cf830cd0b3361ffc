"""Folded balloons on the paths of a plan: where they lie, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.balloon.bone_points import inside_share
from vertaug.augmentation.balloon.patient_bone import BonePart, patient_bone
from vertaug.augmentation.balloon.placement import (
    PlacementRules,
    find_depression,
    place_balloons_on_plan,
)
from vertaug.augmentation.balloon.product import balloon_named
from vertaug.case.errors import InputError
from vertaug.case.instrument import needle_of_gauge
from vertaug.case.plan import NeedlePath, PathMargins
from vertaug.case.spine import Region
from vertaug.tissue import calibrate_generic

MARGINS = PathMargins(
    canal_mm=2.0,
    pedicle_mm=1.0,
    anterior_wall_mm=5.0,
    posterior_wall_mm=5.0,
    lateral_wall_mm=5.0,
    superior_endplate_mm=5.0,
    inferior_endplate_mm=5.0,
    facet_mm=None,
    neighbour_mm=None,
)
FORWARD = np.array([0.0, -1.0, 0.0])


@pytest.fixture(scope="module")
def vertebra(phantom_spine):
    return phantom_spine[1]["L1"]


@pytest.fixture(scope="module")
def bone(vertebra):
    return patient_bone(vertebra, calibrate_generic(120.0))


def path_to(vertebra, tip, direction=FORWARD, *, side="left", balloon_mm=None):
    """A path of 40 mm to a tip in the vertebra's frame; for kyphoplasty with a balloon's length."""
    tip = np.asarray(tip, dtype=np.float64)
    along = np.asarray(direction) / np.linalg.norm(direction)
    return NeedlePath(
        side=side,
        needle=needle_of_gauge(10),
        entry_lps_mm=vertebra.frame.to_world(tip - 40.0 * along),
        target_lps_mm=vertebra.frame.to_world(tip),
        skin_entry_lps_mm=None,
        length_mm=40.0,
        skin_depth_mm=None,
        axial_angle_deg=0.0,
        sagittal_angle_deg=0.0,
        margins=MARGINS,
        gertzbein_robbins=None,
        tip_thirds=("anterior", "middle", "left"),
        tip_depth_fraction=0.7,
        safe=True,
        violations=(),
        balloon_mm=balloon_mm,
    )


def placed(bone, vertebra, *paths, name="10/2", rules=None):
    """Points of each folded balloon in the vertebra's frame."""
    found = place_balloons_on_plan(bone, vertebra, paths, balloon_named(name), rules)
    return [vertebra.frame.to_local(bone.to_world(s.points_mm)) for s, _ in found]


def wall_y(wall, x, z):
    """Height of the nearest sample of a wall."""
    i = int(np.argmin(np.abs(wall.u_mm - x)))
    j = int(np.argmin(np.abs(wall.v_mm - z)))
    return float(wall.height_mm[i, j])


def dented(vertebra, depth, place, *, superior=True):
    """A vertebra with a dent of a depth in an endplate, 6 mm wide in standard deviation."""
    name = "superior" if superior else "inferior"
    plate = getattr(vertebra, name)
    x, y = np.meshgrid(plate.surface.u_mm, plate.surface.v_mm, indexing="ij")
    square = (x - place[0]) ** 2 + (y - place[1]) ** 2
    dent = depth * np.exp(-square / (2.0 * 36.0))
    height = plate.surface.height_mm - (dent if superior else -dent)
    surface = replace(plate.surface, height_mm=height)
    return replace(vertebra, **{name: replace(plate, surface=surface)})


def test_the_balloon_of_a_kyphoplasty_ends_at_the_end_of_its_bed(bone, vertebra):
    (points,) = placed(bone, vertebra, path_to(vertebra, [4.0, -9.0, 1.0], balloon_mm=10.0))
    assert points[:, 1].min() == pytest.approx(-9.0, abs=0.02)
    assert points[:, 1].max() == pytest.approx(1.0, abs=0.02)
    assert points[:, [0, 2]].mean(axis=0) == pytest.approx([4.0, 1.0], abs=0.02)
    assert np.ptp(points[:, 0]) == pytest.approx(2.6, abs=0.05)


def test_without_a_bed_it_goes_as_far_forward_as_the_cortex_allows(bone, vertebra):
    """The end of the unfolded balloon keeps 3 mm, not that of the folded one."""
    (points,) = placed(bone, vertebra, path_to(vertebra, [0.0, 0.0, 1.0]))
    front = wall_y(vertebra.anterior_wall, 0.0, 1.0)
    product = balloon_named("10/2")
    longer = 0.5 * (product.unfolded_length_mm - product.length_mm.value)
    assert longer > 2.0
    assert points[:, 1].min() - front == pytest.approx(3.0 + longer, abs=0.6)
    (nearer,) = placed(
        bone, vertebra, path_to(vertebra, [0.0, 0.0, 1.0]), rules=PlacementRules(cortex_mm=5.0)
    )
    assert nearer[:, 1].min() - points[:, 1].min() == pytest.approx(2.0, abs=0.3)


def test_a_bed_too_far_back_is_left_for_the_anterior_two_thirds(bone, vertebra):
    path = path_to(vertebra, [0.0, 8.0, 1.0], balloon_mm=10.0)
    (points,) = placed(bone, vertebra, path)
    back = wall_y(vertebra.posterior_wall, 0.0, 1.0)
    front = wall_y(vertebra.anterior_wall, 0.0, 1.0)
    assert (back - points[:, 1].max()) / (back - front) == pytest.approx(1.0 / 3.0, abs=0.04)


def test_the_balloon_lies_along_the_needle_in_the_bone(bone, vertebra):
    direction = np.array([-0.3, -1.0, 0.12])
    path = path_to(vertebra, [5.0, -9.0, 1.0], direction, balloon_mm=10.0)
    ((surface, skin),) = place_balloons_on_plan(bone, vertebra, (path,), balloon_named("10/2"))
    points = vertebra.frame.to_local(bone.to_world(surface.points_mm))
    middle = points.mean(axis=0)
    _, _, axes = np.linalg.svd(points - middle, full_matrices=False)
    along = direction / np.linalg.norm(direction)
    assert abs(axes[0] @ along) > 0.9999
    assert np.ptp(points @ along) == pytest.approx(10.0, abs=0.05)
    assert (points @ along).max() == pytest.approx(np.array([5.0, -9.0, 1.0]) @ along, abs=0.06)
    share = inside_share(surface, bone.grid)
    own = bone.grid.voxel_of(bone.points.place_mm)
    assert set(bone.part[share.ravel()[own] > 0.5]) == {BonePart.CANCELLOUS}
    # the skin is as long along the needle when unfolded
    assert skin.stiffness_n_per_mm == balloon_named("10/2").skin_n_per_mm.value


def test_two_balloons_come_in_the_order_of_their_paths(bone, vertebra):
    paths = [path_to(vertebra, [x, -6.0, 1.0], balloon_mm=10.0) for x in (8.0, -8.0)]
    left, right = placed(bone, vertebra, *paths)
    assert left[:, 0].mean() == pytest.approx(8.0, abs=0.02)
    assert right[:, 0].mean() == pytest.approx(-8.0, abs=0.02)


def test_no_depression_in_an_even_body(vertebra):
    assert find_depression(vertebra) is None
    assert find_depression(dented(vertebra, 1.5, (0.0, 0.0))) is None


@pytest.mark.parametrize("superior", [True, False])
def test_a_dent_is_found_where_it_is(vertebra, superior):
    found = find_depression(dented(vertebra, 6.0, (2.0, -4.0), superior=superior))
    assert found.superior is superior
    assert found.place_mm == pytest.approx([2.0, -4.0], abs=1.0)
    assert found.depth_mm == pytest.approx(6.0, abs=1.2)


@pytest.mark.parametrize("superior", [True, False])
def test_the_balloon_lies_under_the_dent_and_away_from_it(bone, vertebra, superior):
    sign = 1.0 if superior else -1.0
    low = -3.0 * sign
    y_dent = -6.0
    pressed = dented(vertebra, 4.0, (0.0, y_dent), superior=superior)
    path = path_to(vertebra, [0.0, -8.0, low], balloon_mm=10.0)
    (points,) = placed(bone, pressed, path)
    depression = find_depression(pressed)
    assert points[:, 1].mean() == pytest.approx(depression.place_mm[1], abs=0.1)
    plate = pressed.superior.surface if superior else pressed.inferior.surface
    column = np.argmin(np.abs(plate.u_mm))
    y = plate.v_mm
    over = np.isfinite(plate.height_mm[column]) & (np.abs(y - points[:, 1].mean()) < 5.0)
    gap = sign * (plate.height_mm[column][over] - low) - 1.3
    assert gap.min() >= 5.0
    # one that is nearer has no room beneath the dent
    near = path_to(vertebra, [0.0, -8.0, low + sign * (gap.min() - 3.0)], balloon_mm=10.0)
    which = "superior" if superior else "inferior"
    with pytest.raises(InputError, match=f"5 mm to the {which} endplate, which is pressed in"):
        placed(bone, pressed, near)


def test_a_balloon_longer_than_the_room_is_refused_with_one_that_fits(bone, vertebra):
    path = path_to(vertebra, [0.0, -6.0, 1.0], side="right")
    with pytest.raises(InputError) as caught:
        placed(bone, vertebra, path, name="20/3")
    said = str(caught.value)
    assert "balloon '20/3' is 20 mm long; the right path has 1" in said
    assert "take '15/2' or '15/3', whichever passes the cannula, or another plan" in said
    (points,) = placed(bone, vertebra, path, name="15/3")
    assert np.ptp(points[:, 1]) == pytest.approx(15.0, abs=0.02)


def test_a_body_without_room_for_any_balloon_says_so(bone, vertebra):
    path = path_to(vertebra, [0.0, -6.0, 1.0])
    rules = PlacementRules(cortex_mm=9.0)
    with pytest.raises(InputError, match="no known balloon fits; take another plan"):
        placed(bone, vertebra, path, rules=rules)
    with pytest.raises(InputError, match=r"has 0\.0 mm of room"):
        placed(bone, vertebra, path, rules=PlacementRules(cortex_mm=20.0))


def test_balloons_that_overlap_are_refused_with_the_distance(bone, vertebra):
    paths = [path_to(vertebra, [x, -6.0, 1.0], side=s, balloon_mm=10.0) for x, s in
             ((0.8, "left"), (-0.8, "right"))]  # fmt: skip
    with pytest.raises(InputError, match=r"left and the right path overlap by 1\.0 mm"):
        placed(bone, vertebra, *paths)
    apart = [path_to(vertebra, [x, -6.0, 1.0], balloon_mm=10.0) for x in (1.4, -1.4)]
    assert len(placed(bone, vertebra, *apart)) == 2
    # end to end on one line
    line = [path_to(vertebra, [0.0, y, 1.0], balloon_mm=10.0) for y in (-8.0, 1.0)]
    with pytest.raises(InputError, match="overlap"):
        placed(bone, vertebra, *line)


def test_a_tip_outside_the_body_is_refused(bone, vertebra):
    y = np.nonzero(vertebra.mask(Region.BODY))[1].min()
    front = vertebra.frame.to_local(vertebra.regions.grid.to_world([0, y, 0]))[1]
    with pytest.raises(InputError, match="tip of the left needle is not in the body of L1"):
        placed(bone, vertebra, path_to(vertebra, [0.0, front - 2.0, 1.0]))


def test_a_path_needs_two_ends_and_a_plan_a_path(bone, vertebra):
    with pytest.raises(InputError, match="no path is given"):
        placed(bone, vertebra)
    path = path_to(vertebra, [0.0, -6.0, 1.0])
    point = replace(path, entry_lps_mm=np.array(path.target_lps_mm))
    with pytest.raises(InputError, match=r"the left path is 0\.0 mm long"):
        placed(bone, vertebra, point)


@pytest.mark.parametrize("name", ["cortex_mm", "endplate_mm", "depth_share"])
def test_a_rule_out_of_range_is_refused(name):
    with pytest.raises(InputError, match=f"{name} is expected from 0"):
        PlacementRules(**{name: -0.1})
