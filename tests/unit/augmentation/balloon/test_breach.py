"""Breaches: spheres that stand out of bodies whose walls are planes."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.balloon.bone_points import PointGrid, drill, fill_points
from vertaug.augmentation.balloon.breach import find_breaches, volume_outside_mm3
from vertaug.augmentation.balloon.surface import capsule
from vertaug.case.errors import InputError

GRID = PointGrid(shape=(24, 24, 24), spacing_mm=1.0)
RADIUS = 6.0


def sphere(x, z=12.0, radius=RADIUS):
    return capsule(np.array([x, 12.0, z]), np.array([0.0, 0.0, 1.0]), 2.0 * radius, radius)


def half_block(balloon, behind=0.0):
    """Bone up to x = 15 and z = 20, without what lies in a balloon; bone ``behind`` x too."""
    density = np.full((48,) * 3, 0.1)
    density[30:] = 0.0
    density[:, :, 40:] = 0.0
    if behind:
        density[round(2 * behind) :] = 0.1
    points = drill(fill_points(GRID, density), balloon, GRID)
    body = points.place_mm[:, 0] < 15.0
    x, z = points.place_mm[:, 0], points.place_mm[:, 2]
    walls = {"superior": body & (z > 19.0) & (x < 14.0), "anterior": body & (x > 14.0)}
    return points, body, walls


def test_a_balloon_within_the_bone_has_not_breached():
    balloon = sphere(8.0)
    points, body, walls = half_block(balloon)
    assert find_breaches(balloon, points, body, walls, 1.0) == ()


def test_a_balloon_just_within_the_wall_has_not_breached():
    balloon = sphere(8.5)
    points, body, walls = half_block(balloon)
    assert find_breaches(balloon, points, body, walls, 1.0) == ()


def test_the_part_that_stands_out_is_a_cap():
    out = 3.0
    balloon = sphere(15.0 - RADIUS + out)
    points, body, walls = half_block(balloon)
    (found,) = find_breaches(balloon, points, body, walls, 1.0)
    assert found.wall == "anterior"
    # a cap has its height over the diameter of the sphere; half a voxel more or less is over bone
    assert (out - 0.7) / (2.0 * RADIUS) < found.share < (out + 0.5) / (2.0 * RADIUS)
    assert found.area_mm2 == pytest.approx(found.share * balloon.area_mm2())
    np.testing.assert_allclose(found.place_mm, [15.0 + out, 12.0, 12.0], atol=0.8)
    # from the tip to the edge of the hole in the wall
    assert found.beyond_mm == pytest.approx(np.hypot(out, np.sqrt(RADIUS**2 - 9.0)), abs=0.8)


def test_bone_beyond_that_is_not_of_the_body_hides_nothing():
    balloon = sphere(12.0)
    points, body, walls = half_block(balloon, behind=20.0)
    assert len(find_breaches(balloon, points, body, walls, 1.0)) == 1
    everything = np.ones_like(body)
    assert find_breaches(balloon, points, everything, walls, 1.0) == ()


def test_two_walls_are_told_apart_and_the_wider_breach_comes_first():
    balloon = sphere(12.0, 14.5, 7.0)
    density = np.zeros((48,) * 3)
    density[:, :, 18:36] = 0.1
    points = drill(fill_points(GRID, density), balloon, GRID)
    z = points.place_mm[:, 2]
    walls = {"inferior": z < 10.0, "superior": z > 17.0}
    found = find_breaches(balloon, points, z > 0.0, walls, 1.0)
    assert [one.wall for one in found] == ["superior", "inferior"]
    assert found[0].share > found[1].share > 0.02
    np.testing.assert_allclose(found[0].place_mm, [12.0, 12.0, 21.5], atol=0.8)
    np.testing.assert_allclose(found[1].place_mm, [12.0, 12.0, 7.5], atol=0.8)


@pytest.mark.parametrize(("wider", "breached"), [(3.0, False), (5.0, True)])
def test_a_cortex_is_through_when_it_is_four_times_as_wide(wider, breached):
    balloon = sphere(12.0)
    # what is left of a cortex of one voxel: two layers of points, spread over the balloon
    count = round(4.0 * np.pi * RADIUS**2 * 8.0 / wider)
    number = np.arange(count) + 0.5
    height, turn = 1.0 - 2.0 * number / count, np.pi * (1.0 + 5.0**0.5) * number
    aside = np.sqrt(1.0 - height**2)
    out = np.stack([aside * np.cos(turn), aside * np.sin(turn), height], axis=1)
    points, *_ = half_block(balloon)
    shell = replace(points.part(np.arange(points.mass_mg.size) < count), place_mm=12.0 + 6.3 * out)
    every = np.ones(count, dtype=bool)
    found = find_breaches(balloon, shell, every, {"all": every}, 1.0)
    assert bool(found and found[0].share > 0.5) is breached


def test_the_volume_outside_is_that_of_the_cap():
    out = 3.0
    first, balloon = sphere(11.0, radius=2.0), sphere(15.0 - RADIUS + out)
    points, body, _ = half_block(first)
    found = volume_outside_mm3(balloon, first, points, body, GRID)
    assert found == pytest.approx(np.pi * out**2 * (3.0 * RADIUS - out) / 3.0, rel=0.05)
    assert volume_outside_mm3(first, first, points, body, GRID) == 0.0


def test_a_body_without_walls_is_refused():
    balloon = sphere(8.0)
    points, body, walls = half_block(balloon)
    none = np.zeros_like(body)
    for given in ((none, walls), (body, {}), (body, {"anterior": none})):
        with pytest.raises(InputError, match="walls with points"):
            find_breaches(balloon, points, *given, 1.0)
