"""The load of a spine: the force that the stresses carry, and what is refused."""

import numpy as np
import pytest

from vertaug.augmentation.balloon.bone_points import PointGrid, drill, fill_points
from vertaug.augmentation.balloon.foam_law import vertebral_foam
from vertaug.augmentation.balloon.inflation import InflationLimits, inflate, place_balloons
from vertaug.augmentation.balloon.preload import PRONE_N, _secant, axial_force_n, preload
from vertaug.augmentation.balloon.surface import capsule
from vertaug.augmentation.balloon.tension import unfolded
from vertaug.case.errors import ComputationError, InputError

SIDE_MM, HEIGHT_MM, DISC_MM, DISC_MPA = 15.0, 24.0, 4.5, 6.0


@pytest.fixture(scope="module")
def spine():
    """A column of bone of 0.1 g/ml between two discs, with a folded balloon."""
    grid = PointGrid(shape=(14, 14, 16), spacing_mm=1.5)
    density = np.zeros((28, 28, 32))
    elastic = np.zeros_like(density)
    column = density[4:24, 4:24]
    column[:] = 0.1
    column[:, :, :6] = column[:, :, -6:] = 1e-3
    elastic[4:24, 4:24, :6] = elastic[4:24, 4:24, -6:] = DISC_MPA
    held = np.zeros((3, *grid.node_shape), dtype=bool)
    held[..., 0] = held[..., -1] = True
    folded = capsule(np.array([10.5, 10.5, 12.0]), np.array([0.0, 1.0, 0.0]), 8.0, 1.5)
    points = drill(fill_points(grid, density, elastic), folded, grid)
    law = vertebral_foam(0.45)
    return place_balloons(
        grid, law, held.reshape(3, -1), points, ((folded, unfolded(folded, 0.0)),)
    )


@pytest.mark.parametrize("force", [20.0, PRONE_N.value])
def test_every_section_carries_the_force(spine, force):
    found = preload(spine, force)
    assert axial_force_n(found) == pytest.approx(force, rel=0.05)
    # from the points themselves: a section's stress times its area
    points = found.points
    eighth = 0.75**3
    for low, high in ((0.0, 3.0), (6.0, 9.0), (15.0, 18.0)):
        there = (spine.points.place_mm[:, 2] > low) & (spine.points.place_mm[:, 2] < high)
        carried = -(points.stress_mpa[there, 2].sum() * eighth) / (high - low)
        assert carried == pytest.approx(force, rel=0.05)


def test_a_small_load_squeezes_the_discs_by_what_an_elastic_column_would(spine):
    found = preload(spine, 20.0)
    way = float(np.ptp(found.moved_mm[2]))
    area = SIDE_MM**2
    bone_mpa = float(spine.law.modulus_mpa(np.array([0.1]))[0])
    free = 20.0 / area * (2.0 * DISC_MM / DISC_MPA + (HEIGHT_MM - 2.0 * DISC_MM) / bone_mpa)
    stiff = DISC_MPA * 0.7 / (1.3 * 0.4)
    bound = 20.0 / area * (2.0 * DISC_MM / stiff)
    # between sides that are free and sides that cannot bulge
    assert bound < way < free
    # both ends move alike: the bone stays in the middle
    assert found.moved_mm[2, ..., 0].max() == pytest.approx(-found.moved_mm[2, ..., -1].min())
    mid = found.points.place_mm - spine.points.place_mm
    bone = spine.points.elastic_mpa == 0.0
    assert abs(mid[bone, 2].mean()) < 0.02 * way


def test_the_balloon_goes_with_the_bone_and_has_no_pressure(spine):
    found = preload(spine, 50.0)
    assert found.pressure_mpa == pytest.approx([0.0])
    assert found.volumes_mm3() == pytest.approx(spine.volumes_mm3(), rel=0.01)
    assert np.array_equal(found.points.mass_mg, spine.points.mass_mg)


def test_an_inflation_starts_from_the_load(spine):
    limits = InflationLimits(volume_mm3=150.0)
    with_it, without = (inflate(s, limits).state for s in (preload(spine, 50.0), spine))
    assert axial_force_n(with_it) > axial_force_n(without) + 25.0


def test_no_load_changes_nothing(spine):
    assert preload(spine, 0.0) is spine
    assert axial_force_n(spine) == 0.0


def test_what_cannot_be_put_on_is_refused(spine):
    with pytest.raises(InputError, match="0 to 5000 N; got -1 N"):
        preload(spine, -1.0)
    with pytest.raises(InputError, match="got 6000 N"):
        preload(spine, 6000.0)
    with pytest.raises(InputError, match="before the balloons are inflated"):
        preload(preload(spine, 10.0), 10.0)


def test_a_load_that_the_bone_does_not_bear_is_an_error(spine):
    with pytest.raises(ComputationError, match="does not bear 250 N within a voxel"):
        preload(spine, 250.0)


def test_the_way_follows_the_line_through_the_last_two():
    assert _secant([0.0, 0.1], [0.0, 20.0], 50.0) == pytest.approx(0.25)
    assert _secant([0.0, 0.1], [0.0, 20.0], 500.0) == pytest.approx(0.3)
    assert _secant([0.0, 0.2, 0.3], [0.0, 20.0, 19.0], 50.0) == pytest.approx(0.9)
