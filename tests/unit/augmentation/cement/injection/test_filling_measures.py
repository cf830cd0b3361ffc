from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.cement.filling_measures import (
    measure_gap_fill,
    measure_gaps,
    measure_interdigitation,
    measure_left,
    measure_openings,
    nearest_tips,
)
from vertaug.augmentation.cement.porous_body import open_void
from vertaug.augmentation.cement.thin_links import join_links
from vertaug.case.filling import FillingFrame


@pytest.fixture(scope="module")
def body(ball):
    return ball(spacing=0.8, radius=8.0, porosity=0.8)


def places(body):
    grid = body.grid
    return np.moveaxis(grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1)), -1, 0)


def test_gaps_are_counted_along_the_columns(body):
    x, y, z = places(body)
    cement = (np.abs(x) < 1.0) & (np.abs(y) < 1.0) & (z > -4.1) & (z < 6.5) & body.in_body
    top, bottom = z[cement].max(), z[cement].min()
    column = (np.abs(x) < 1.0) & (np.abs(y) < 1.0) & body.in_body
    # the shortest column of the body decides
    ends = [
        min(
            z[column & (x == a) & (y == b)].max() for a, b in zip(x[column], y[column], strict=True)
        )
    ]
    gaps = measure_gaps(body, cement)
    assert gaps[0] == pytest.approx(ends[0] - top)
    assert gaps[1] == pytest.approx(gaps[0] + (bottom + top))
    assert measure_gaps(body, body.in_body) == pytest.approx([0.0, 0.0])
    assert np.isnan(measure_gaps(body, np.zeros_like(cement))).all()


def test_left_is_the_first_axis_upward(body):
    x, _, _ = places(body)
    inside = body.in_body
    assert measure_left(body, np.where(inside, 0.7, 0.0)) == pytest.approx(0.5, abs=1e-3)
    assert measure_left(body, np.where(inside & (x > 1.0), 0.7, 0.0)) == pytest.approx(1.0)
    assert measure_left(body, np.where(inside & (x < -1.0), 0.7, 0.0)) == pytest.approx(0.0)
    mixed = np.where(inside & (x > 1.0), 0.6, 0.0) + np.where(inside & (x < -1.0), 0.2, 0.0)
    assert measure_left(body, mixed) == pytest.approx(0.75, abs=1e-3)
    assert np.isnan(measure_left(body, np.zeros(body.grid.shape)))


def test_each_cell_of_cement_has_its_nearest_tip(body):
    x, _, _ = places(body)
    tips = np.array([[-4.0, 0.0, 0.0], [4.0, 0.0, 0.0]])
    found = nearest_tips(body, tips, body.in_body)
    assert set(np.unique(found)) == {0, 1, 2}
    np.testing.assert_array_equal(found == 1, body.in_body & (x <= 0.0))
    np.testing.assert_array_equal(found == 0, ~body.in_body)


def test_cement_locks_into_the_trabeculae_that_it_surrounds(body):
    half = np.where(body.in_body, 0.5, 0.0)
    solid = 0.2 * 0.5 * body.in_body.sum() * 0.8**3
    assert measure_interdigitation(body, half) == pytest.approx(solid)
    hollow = open_void(body, body.in_body.astype(float))
    assert measure_interdigitation(hollow, half) == pytest.approx(0.0, abs=1e-9)


def test_the_way_to_each_opening_is_measured(body, one_link):
    x, _, _ = places(body)
    vein = (body.path > 0) & (x < -5.0)
    thin = join_links([one_link(cell, 1e-3, 1.0) for cell in np.argwhere(vein)])
    shell = np.where((x > 5.0) & (body.path > 0), 0.0, np.where(body.path > 0, 0.4, np.nan))
    holed = replace(body, thin=thin, shell_mm=shell)
    cement = body.in_body & (np.abs(x) < 2.0)
    gaps = measure_openings(holed, cement)
    assert np.isnan(gaps[[0, 3, 4, 5]]).all()
    reach = np.abs(x[cement]).max()
    for gap, cells in ((gaps[1], vein), (gaps[2], shell == 0.0)):
        assert gap == pytest.approx(np.abs(x[cells]).min() - reach, abs=0.5)
    assert measure_openings(holed, body.in_body)[1] == 0.0
    assert np.isnan(measure_openings(holed, np.zeros_like(cement))).all()


def test_cement_takes_the_place_of_gas(body):
    x, _, _ = places(body)
    gas = np.where(body.in_body & (x > 0.0), 0.5, 0.0)
    filled = np.where(body.in_body, body.pore_volume_mm3 / body.grid.voxel_volume_mm3, 0.0)
    frames = tuple(
        FillingFrame(time_s=t, injected_mm3=10.0 * t, cement_share=share.astype(np.float32))
        for t, share in enumerate((0.0 * filled, np.where(x > 0.0, 0.3, 1.0) * filled, filled))
    )
    assert measure_gap_fill(body, gas, frames) == pytest.approx([0.0, 0.3, 1.0], rel=1e-6)
    assert np.isnan(measure_gap_fill(body, 0.0 * gas, frames)).all()
