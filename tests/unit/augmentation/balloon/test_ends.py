"""Ends of an inflation: what each measures, and that it stops there."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.balloon.bone_points import PointGrid, drill, fill_points
from vertaug.augmentation.balloon.ends import (
    CortexStop,
    EndOfInflation,
    HeightTarget,
    MeanLift,
    find_contacts,
)
from vertaug.augmentation.balloon.foam_law import vertebral_foam
from vertaug.augmentation.balloon.inflation import (
    InflationLimits,
    inflate,
    place_balloons,
    rated_limits,
)
from vertaug.augmentation.balloon.product import balloon_named
from vertaug.augmentation.balloon.surface import capsule
from vertaug.augmentation.balloon.tension import unfolded
from vertaug.case.errors import ComputationError, InputError

GRID = PointGrid(shape=(14, 14, 14), spacing_mm=1.5)
ALONG = np.array([0.0, 0.0, 1.0])


def sphere(middle, radius=2.5):
    return capsule(np.array(middle), ALONG, 2.0 * radius, radius)


def placed(middle=(10.7, 10.7, 10.7)):
    """A block between two planes that do not move, with a balloon in it."""
    surface = sphere(middle)
    points = drill(fill_points(GRID, np.full((28,) * 3, 0.1)), surface, GRID)
    held = np.zeros((3, *GRID.node_shape), dtype=bool)
    held[..., 0] = held[..., -1] = True
    law = vertebral_foam(0.45)
    return place_balloons(
        GRID, law, held.reshape(3, -1), points, ((surface, unfolded(surface, 0.0)),)
    )


def flat_wall(x, within=8.0, step=0.25):
    """Return places on a plane across x, about the middle of the block."""
    y, z = np.meshgrid(*2 * [10.7 + np.arange(-within, within, step)], indexing="ij")
    return np.stack([np.full(y.size, x), y.ravel(), z.ravel()], axis=1)


def test_the_area_near_a_plane_is_that_of_the_cap():
    """A cap of a sphere has the area 2 pi r h."""
    balloon = sphere((10.7, 10.7, 10.7), 6.0)
    other = sphere((10.7, 10.7, 10.7), 3.0)
    far, contact = find_contacts((other, balloon), flat_wall(17.7), 3.0)
    assert (far.balloon, contact.balloon) == (0, 1)
    # its triangles are flat, and each counts as a whole
    assert contact.area_mm2 == pytest.approx(2.0 * np.pi * 6.0 * 2.0, rel=0.04)
    assert contact.whole_mm2 == pytest.approx(4.0 * np.pi * 36.0, rel=0.01)
    assert far.area_mm2 == 0.0
    assert np.isnan(far.toward).all()


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_contact_tells_the_side_of_the_wall(side):
    wall = np.concatenate([flat_wall(2.7), flat_wall(18.7)])
    (contact,) = find_contacts((sphere((10.7 + 3.0 * side, 10.7, 10.7), 4.0),), wall, 3.0)
    np.testing.assert_allclose(contact.toward, [side, 0.0, 0.0], atol=0.05)


def stop_at(wall_mm, **values):
    return CortexStop(wall_mm=lambda _: wall_mm, **values)


def test_how_far_beyond_it_is_counts_the_area():
    state, wall = placed(), flat_wall(15.2)
    surfaces = [surface for surface, _ in state.balloons]
    (contact,) = find_contacts(surfaces, wall, 3.0)
    assert 10.0 < contact.area_mm2 < 40.0
    found = stop_at(wall, area_mm2=7.0).beyond(surfaces, state.points)
    assert found == pytest.approx(contact.area_mm2 - 7.0)
    # half of a small balloon is enough
    found = stop_at(wall, area_mm2=500.0).beyond(surfaces, state.points)
    assert found == pytest.approx(contact.area_mm2 - 0.5 * contact.whole_mm2)


def test_the_balloon_that_is_farthest_beyond_counts():
    small, large = sphere((15.2, 10.7, 10.7), 2.0), sphere((9.7, 10.7, 10.7), 6.0)
    state, stop = placed(), stop_at(flat_wall(18.0), area_mm2=80.0)
    assert [one.balloon for one in stop.find((large, small), state.points)] == [0, 1]
    assert stop.beyond((large, small), state.points) > 0.0 > stop.beyond((large,), state.points)


def test_a_wall_ends_it_where_enough_is_near_not_an_increment_later():
    wall = flat_wall(18.7)
    stop, areas = stop_at(wall, area_mm2=60.0), []

    def watch(state):
        areas.append(find_contacts([s for s, _ in state.balloons], wall, 3.0)[0].area_mm2)

    limits = InflationLimits(volume_mm3=1500.0, cortex=stop)
    found = inflate(placed(), limits, watch)
    assert found.end is EndOfInflation.CORTEX
    assert areas[-2] < 60.0 <= areas[-1] < 80.0
    assert found.volume_mm3[-1, 0] < 1400.0
    # what was solved beyond the end is not kept
    assert len(found.solver) == len(areas) == len(found.volume_mm3)
    np.testing.assert_array_equal(found.volume_mm3[-1], found.state.volumes_mm3())
    # nor does the shorter last increment read a fall of pressure that a whole one does not
    whole = []
    with pytest.raises(ComputationError, match="edge of the grid"):
        inflate(placed(), replace(limits, cortex=None), lambda s: whole.append(s.pressure_mpa[0]))
    last = len(areas) - 1
    np.testing.assert_array_equal(found.pressure_mpa[:-1, 0], whole[:last])
    low, high = sorted(whole[last - 1 : last + 1])
    assert low <= found.pressure_mpa[-1, 0] <= high


def test_a_pressure_is_told_where_the_first_increment_ends_it():
    """What is solved there: there is none before it to draw a line from."""
    state, lifts = placed(), []
    above = np.abs(state.points.place_mm - [10.7, 10.7, 16.0]).max(axis=1) < 1.0
    lift = MeanLift(before=state.points, lifted=above, along=ALONG)
    limits = InflationLimits(volume_mm3=1200.0)
    whole = inflate(state, replace(limits, height=HeightTarget(measure_mm=lift, target_mm=1e-6)))
    inflate(state, limits, lambda s: lifts.append(lift(s.points)))
    half = HeightTarget(measure_mm=lift, target_mm=0.4 * lifts[0])
    found = inflate(state, replace(limits, height=half))
    assert found.end is whole.end is EndOfInflation.TARGET
    assert len(found.solver) == len(whole.solver) == 1
    # the stresses bear more than 1 MPa from the start
    assert 1.0 < whole.pressure_mpa[0, 0] < found.pressure_mpa[0, 0] < 2.4


def test_an_end_before_the_edge_of_the_grid_is_met():
    """Though the whole increment would have reached the edge."""
    wall = flat_wall(20.4)
    limits = InflationLimits(volume_mm3=3000.0, cortex=stop_at(wall, area_mm2=30.0))
    found = inflate(placed((13.5, 10.7, 10.7)), limits)
    assert found.end is EndOfInflation.CORTEX


def test_a_balloon_at_the_wall_is_not_inflated():
    state = placed()
    stop = stop_at(flat_wall(14.0), area_mm2=10.0)
    found = inflate(state, InflationLimits(volume_mm3=2500.0, cortex=stop))
    assert found.end is EndOfInflation.CORTEX
    assert found.volume_mm3.shape == (0, 1)
    assert found.state is state


def test_a_mean_lift_is_along_its_direction():
    points = fill_points(GRID, np.full((28,) * 3, 0.1))
    lifted = np.arange(points.mass_mg.size) < 2
    lift = MeanLift(before=points, lifted=lifted, along=np.array([0.0, 3.0, 4.0]))
    place = points.place_mm.copy()
    place[0] += [7.0, 1.0, 2.0]
    place[2:] += 50.0
    # (3 + 8) / 5 of one of two
    assert lift(replace(points, place_mm=place)) == pytest.approx(1.1)


def test_a_height_ends_it_where_it_is_reached():
    state = placed()
    above = np.abs(state.points.place_mm - [10.7, 10.7, 16.0]).max(axis=1) < 1.0
    lift = MeanLift(before=state.points, lifted=above, along=ALONG)
    lifts = []
    target = HeightTarget(measure_mm=lift, target_mm=0.2)
    limits = InflationLimits(volume_mm3=2500.0, height=target)
    found = inflate(state, limits, lambda s: lifts.append(lift(s.points)))
    assert found.end is EndOfInflation.TARGET
    assert 0.23 > lifts[-1] >= 0.2 > lifts[-2]


def test_the_pressure_is_named_before_the_cortex_and_that_before_the_volume():
    state = placed()
    cortex = stop_at(flat_wall(14.0), area_mm2=10.0)
    done = InflationLimits(volume_mm3=60.0)
    assert done.met(state) is EndOfInflation.VOLUME
    assert replace(done, cortex=cortex).met(state) is EndOfInflation.CORTEX
    wide = replace(state, balloons=((sphere((10.7,) * 3, 4.0), state.balloons[0][1]),))
    high = replace(wide, pressure_mpa=np.array([2.0]))
    assert replace(done, cortex=cortex, pressure_mpa=2.0).met(high) is EndOfInflation.PRESSURE
    assert replace(done, volume_mm3=900.0, pressure_mpa=2.1).met(high) is None


def test_the_rated_limits_are_those_of_the_balloon():
    balloon = balloon_named("15/3")
    limits = rated_limits(balloon, 4.5)
    assert limits.volume_mm3 == 4500.0
    assert limits.pressure_mpa == balloon.rated_mpa.value


@pytest.mark.parametrize("volume_ml", [4.51, 0.0, np.nan])
def test_more_than_the_rated_volume_is_refused(volume_ml):
    with pytest.raises(InputError, match=r"up to 4\.5 ml.*take a balloon that holds more"):
        rated_limits(balloon_named("15/3"), volume_ml)


def test_what_cannot_be_measured_is_refused():
    points = fill_points(GRID, np.full((28,) * 3, 0.1))
    none = np.zeros(points.mass_mg.size, dtype=bool)
    with pytest.raises(InputError, match="needs a wall"):
        find_contacts((sphere((10.0,) * 3),), np.zeros((0, 3)), 3.0)
    for values in ({"within_mm": 0.0}, {"area_mm2": np.nan}):
        with pytest.raises(InputError, match=r"a contact's .* is expected above 0"):
            stop_at(flat_wall(14.0), **values)
    with pytest.raises(InputError, match="a height to reach"):
        HeightTarget(measure_mm=lambda _: 0.0, target_mm=np.nan)
    for lifted, along in ((none, ALONG), (~none, np.zeros(3))):
        with pytest.raises(InputError, match="needs points"):
            MeanLift(before=points, lifted=lifted, along=along)
