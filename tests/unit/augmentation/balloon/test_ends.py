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
    find_nearest,
    gap_mm,
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
from vertaug.case.errors import InputError

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


def test_the_gap_is_that_to_the_nearest_named_point():
    points = fill_points(GRID, np.full((28,) * 3, 0.1))
    balloon = sphere((10.0, 10.0, 10.0), 4.0)
    pole = balloon.points_mm[np.argmax(balloon.points_mm[:, 2])]
    place = points.place_mm.copy()
    place[:2] = pole + np.array([[0.0, 0.0, 3.0], [0.0, 0.0, 1.0]])
    points = replace(points, place_mm=place)
    named = np.zeros(len(place), dtype=bool)
    named[0] = True
    other = sphere((10.0, 10.0, 3.0), 1.0)
    assert gap_mm((balloon, other), points, named) == pytest.approx(3.0)
    named[1] = True
    assert gap_mm((other, balloon), points, named) == pytest.approx(1.0)
    near = find_nearest((other, balloon), points, named)
    assert (near.balloon, near.point) == (1, 1)
    assert near.gap_mm == pytest.approx(1.0)
    assert CortexStop(cortex=named, within_mm=1.001).is_met((balloon,), points)
    assert not CortexStop(cortex=named, within_mm=0.999).is_met((balloon,), points)


def test_a_cortex_ends_it_with_the_first_increment_that_is_close():
    state = placed()
    cortex = state.points.place_mm[:, 0] > 18.0
    gaps = []
    limits = InflationLimits(volume_mm3=2500.0, cortex=CortexStop(cortex=cortex, within_mm=2.0))
    found = inflate(
        state, limits, lambda s: gaps.append(gap_mm((s.balloons[0][0],), s.points, cortex))
    )
    assert found.end is EndOfInflation.CORTEX
    assert gaps[-1] <= 2.0 < gaps[-2]
    assert found.volume_mm3[-1, 0] < 2000.0


def test_a_balloon_at_the_cortex_is_not_inflated():
    state = placed()
    stop = CortexStop(cortex=state.points.place_mm[:, 0] > 13.5)
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


def test_a_height_ends_it_with_the_first_increment_that_reaches_it():
    state = placed()
    above = np.abs(state.points.place_mm - [10.7, 10.7, 16.0]).max(axis=1) < 1.0
    lift = MeanLift(before=state.points, lifted=above, along=ALONG)
    lifts = []
    target = HeightTarget(measure_mm=lift, target_mm=0.2)
    limits = InflationLimits(volume_mm3=2500.0, height=target)
    found = inflate(state, limits, lambda s: lifts.append(lift(s.points)))
    assert found.end is EndOfInflation.TARGET
    assert lifts[-1] >= 0.2 > lifts[-2]


def test_the_pressure_is_named_before_the_cortex_and_that_before_the_volume():
    state = placed()
    cortex = CortexStop(cortex=state.points.place_mm[:, 0] > 13.5)
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
    for named in (none, np.ones(3, dtype=bool)):
        with pytest.raises(InputError, match="are to be named"):
            gap_mm((sphere((10.0,) * 3),), points, named)
    with pytest.raises(InputError, match="distance"):
        CortexStop(cortex=~none, within_mm=-1.0)
    for lifted, along in ((none, ALONG), (~none, np.zeros(3))):
        with pytest.raises(InputError, match="needs points"):
            MeanLift(before=points, lifted=lifted, along=along)
