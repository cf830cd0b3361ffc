"""Cement and balloon as sketches on a spine of known geometry."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.case.grid import Grid
from vertaug.case.spine import Region
from vertaug.fluoroscopy.matter import Cylinder, Ellipsoid, fill_share
from vertaug.fluoroscopy.needle_series import needle_in_place
from vertaug.fluoroscopy.sketch import sketch_balloon, sketch_cement


@pytest.mark.parametrize("volume", [1.0, 4.0])
def test_cement_has_its_volume_inside_the_body(spine, planning, volume):
    vertebra = spine["L1"]
    tips = [path.target_lps_mm for path in planning.plans[0].paths]
    cement = sketch_cement(vertebra, tips, volume).fraction
    assert cement.values.sum() * np.prod(cement.grid.spacing_mm) == pytest.approx(
        1000.0 * volume, rel=0.01
    )
    where = cement.grid.to_world(np.argwhere(cement.values > 0))
    index = np.rint(vertebra.regions.grid.to_index(where)).astype(int)
    assert (vertebra.regions.values[tuple(index.T)] == Region.BODY).all()
    away = np.min([np.linalg.norm(where - tip, axis=1) for tip in tips], axis=0)
    assert np.average(away, weights=cement.values[cement.values > 0]) < 15.0
    filled = cement.values[cement.values > 0.2]
    assert np.ptp(filled) > 0.2  # uneven
    assert filled.max() <= 1.0


def test_cement_keeps_clear_of_the_needle(spine, planning):
    """Both in one place would count twice: the steel and the cement that it has pushed away."""
    path = planning.plans[0].paths[0]
    needle = needle_in_place(path)
    cement = sketch_cement(spine["L1"], [path.target_lps_mm], 3.0, needle).fraction
    assert cement.values.sum() * np.prod(cement.grid.spacing_mm) == pytest.approx(3000, rel=0.01)
    where = cement.grid.to_world(np.argwhere(cement.values > 0))
    along = (path.target_lps_mm - path.entry_lps_mm) / path.length_mm
    depth = (where - path.entry_lps_mm) @ along
    aside = np.linalg.norm(where - path.entry_lps_mm - depth[:, None] * along, axis=1)
    voxel = cement.grid.spacing_mm.max()
    assert (aside[depth < path.length_mm - voxel] > path.needle.radius_mm - voxel).all()


def test_the_part_of_a_needle_outside_the_skin_displaces_nothing(planning):
    path = replace(planning.plans[0].paths[0], skin_depth_mm=40.0)
    inside, outside = needle_in_place(path)
    np.testing.assert_allclose(inside.start_lps_mm, outside.end_lps_mm)
    reach = np.linalg.norm(inside.end_lps_mm - inside.start_lps_mm)
    assert reach == pytest.approx(path.length_mm + 40.0)
    assert (inside.displaced_g_per_ml, outside.displaced_g_per_ml) == (1.0, 0.0)
    (away,) = needle_in_place(path, -45.0)
    assert away.displaced_g_per_ml == 0.0
    (hidden,) = needle_in_place(replace(path, skin_depth_mm=None))
    assert hidden.displaced_g_per_ml == 1.0


def test_cement_is_the_same_again(spine):
    tips = [spine["L1"].frame.origin_lps_mm]
    first, second = (sketch_cement(spine["L1"], tips, 2.0).fraction.values for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_body_does_not_hold_more_than_its_room(spine):
    with pytest.raises(InputError, match=r"holds at most \d+\.\d ml"):
        sketch_cement(spine["L1"], [spine["L1"].frame.origin_lps_mm], 40.0)


def test_a_balloon_lies_ahead_of_the_cannula_and_behind_the_target(spine, planning):
    vertebra = spine["L1"]
    for path in planning.plans[0].paths:
        things = sketch_balloon(vertebra, path, 12.0)
        place = next(n for n, thing in enumerate(things) if isinstance(thing, Ellipsoid))
        cannula, balloon, shaft = things[0], things[place], things[-1]
        markers = things[place + 1 : -1]
        assert isinstance(cannula, Cylinder)
        assert len(markers) == 2
        along = (path.target_lps_mm - path.entry_lps_mm) / path.length_mm
        tip = (cannula.end_lps_mm - path.entry_lps_mm) @ along
        centre = (balloon.centre_lps_mm - path.entry_lps_mm) @ along
        half = np.linalg.norm(balloon.semi_axes_lps_mm.T @ along)
        assert half == pytest.approx(6.0)
        ends = [(end - path.entry_lps_mm) @ along for end in (shaft.start_lps_mm, shaft.end_lps_mm)]
        assert ends == pytest.approx(
            [tip, centre - half]
        )  # the catheter runs from one to the other
        assert shaft.radius_mm < cannula.radius_mm / 2
        assert centre + half == pytest.approx(path.length_mm)
        past = _past_wall(vertebra, cannula.end_lps_mm, along)
        assert past == pytest.approx(
            min(3.0, _past_wall(vertebra, path.target_lps_mm, along) - 13.5)
        )
        middles = [0.5 * (m.start_lps_mm + m.end_lps_mm) - path.entry_lps_mm for m in markers]
        # what is seen between them is the length of the balloon
        assert [at @ along for at in middles] == pytest.approx([centre - half, centre + half])


def _past_wall(vertebra, point, along):
    """How far a point lies past the plane of the posterior wall, along a needle."""
    marks = vertebra.landmarks
    normal = np.cross(
        vertebra.frame.axes[:, 0], marks.superior_posterior - marks.inferior_posterior
    )
    return (point - marks.superior_posterior) @ normal / (along @ normal)


def test_the_cannula_of_a_long_balloon_ends_behind_it(spine, planning):
    path = planning.plans[0].paths[0]
    along = (path.target_lps_mm - path.entry_lps_mm) / path.length_mm
    longest = _past_wall(spine["L1"], path.target_lps_mm, along) - 1.5
    cannula = sketch_balloon(spine["L1"], path, longest - 0.5)[0]
    tip = (cannula.end_lps_mm - path.entry_lps_mm) @ along
    assert tip == pytest.approx(path.length_mm - longest + 0.5 - 1.5)


def test_a_balloon_without_room_is_refused(spine, planning):
    path = planning.plans[0].paths[0]
    with pytest.raises(InputError, match="does not fit"):
        sketch_balloon(spine["L1"], path, path.length_mm)


def test_a_rod_fills_its_volume_of_a_grid():
    grid = Grid(shape=(40, 40, 40), affine=np.diag([0.5, 0.5, 0.5, 1.0]))
    rod = Cylinder(start_lps_mm=[4.0, 9.0, 10.0], end_lps_mm=[16.0, 11.0, 9.0], radius_mm=1.6)
    length = np.linalg.norm(rod.end_lps_mm - rod.start_lps_mm)
    share = fill_share(rod, grid)
    assert share.sum() * 0.125 == pytest.approx(np.pi * 1.6**2 * length, rel=0.02)
    assert share[20, 20, 19] == 1.0
    assert share[20, 32, 19] == 0.0
