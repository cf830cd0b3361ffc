"""Cement and balloon as sketches on a spine of known geometry."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.case.spine import Region
from vertaug.fluoroscopy.matter import Cylinder, Ellipsoid
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
        cannula, balloon, *markers = sketch_balloon(vertebra, path, 12.0)
        assert isinstance(cannula, Cylinder)
        assert isinstance(balloon, Ellipsoid)
        along = (path.target_lps_mm - path.entry_lps_mm) / path.length_mm
        tip = (cannula.end_lps_mm - path.entry_lps_mm) @ along
        centre = (balloon.centre_lps_mm - path.entry_lps_mm) @ along
        half = np.linalg.norm(balloon.semi_axes_lps_mm.T @ along)
        assert half == pytest.approx(6.0)
        assert centre - half == pytest.approx(tip + 1.5)
        assert centre + half == pytest.approx(path.length_mm)
        behind = vertebra.frame.to_local(cannula.end_lps_mm)[1]
        wall = vertebra.frame.to_local(vertebra.landmarks.superior_posterior)[1]
        assert behind < wall + 1.0  # the cannula is in the body: y points backward
        for marker in markers:
            for end in (marker.start_lps_mm, marker.end_lps_mm):
                assert abs((end - path.entry_lps_mm) @ along - centre) <= half


def test_a_balloon_without_room_is_refused(spine, planning):
    path = planning.plans[0].paths[0]
    with pytest.raises(InputError, match="does not fit"):
        sketch_balloon(spine["L1"], path, path.length_mm)
