"""The balloon's surface and skin."""

import numpy as np
import pytest

from vertaug.augmentation.balloon.surface import (
    capsule,
    capsule_radius,
    pressure_load,
    unit_sphere,
)
from vertaug.augmentation.balloon.tension import unfolded
from vertaug.case.errors import InputError

MIDDLE, AXIS = np.array([12.0, 11.0, 13.0]), np.array([0.0, 1.0, 0.0])


def test_the_surface_is_closed():
    points, triangles = unit_sphere()
    assert len(points) == 642
    sides = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    assert (np.unique(sides, axis=0, return_counts=True)[1] == 2).all()


def test_a_capsule_has_its_length_thickness_and_volume():
    surface = capsule(MIDDLE, AXIS, 15.0, 3.0)
    size = np.ptp(surface.points_mm, axis=0)
    assert size[1] == pytest.approx(15.0, rel=1e-3)
    assert size[0] == pytest.approx(6.0, rel=0.01)
    exact = np.pi * 9.0 * (15.0 - 6.0) + 4.0 / 3.0 * np.pi * 27.0
    assert surface.volume_mm3() == pytest.approx(exact, rel=0.03)
    assert surface.at(surface.points_mm + 50.0).volume_mm3() == pytest.approx(surface.volume_mm3())


def test_the_radius_gives_the_volume():
    r = capsule_radius(20.0, 3000.0)
    assert np.pi * r * r * (20.0 - 2.0 * r) + 4.0 / 3.0 * np.pi * r**3 == pytest.approx(3000.0)


@pytest.mark.parametrize(("length", "radius"), [(5.0, 3.0), (5.0, 0.0)])
def test_what_cannot_be_a_capsule_is_refused(length, radius):
    with pytest.raises(InputError, match="thick"):
        capsule(MIDDLE, AXIS, length, radius)


def test_more_than_a_sphere_holds_is_refused():
    with pytest.raises(InputError, match="holds at most"):
        capsule_radius(10.0, 5000.0)


def test_the_load_of_the_pressure_is_how_the_volume_grows():
    surface = capsule(MIDDLE, AXIS, 9.0, 3.0)
    nodes = (21, 21, 21)
    load = pressure_load(surface, 1.25, nodes)
    assert np.abs(load.sum(axis=(1, 2, 3))).max() < 1e-9
    place = np.indices(nodes) * 1.25
    stretch = np.array([1e-4, -2e-4, 3e-4])[:, None, None, None] * place
    moved = surface.at(surface.points_mm * (1.0 + np.array([1e-4, -2e-4, 3e-4])))
    grown = moved.volume_mm3() - surface.volume_mm3()
    assert (load * stretch).sum() == pytest.approx(grown, rel=1e-3)


def test_a_folded_skin_pulls_nothing():
    skin = unfolded(capsule(MIDDLE, AXIS, 15.0, 6.0), 10.0)
    assert np.abs(skin.pull(capsule(MIDDLE, AXIS, 14.0, 2.0).points_mm)).max() == 0.0
    assert not skin.taut(capsule(MIDDLE, AXIS, 14.0, 2.0).points_mm).any()


def test_a_stretched_sphere_bears_the_pressure_of_its_tension():
    sphere = capsule(MIDDLE, AXIS, 10.0, 5.0)
    skin = unfolded(sphere, 10.0)
    larger = capsule(MIDDLE, AXIS, 12.0, 6.0)
    inward = -(skin.pull(larger.points_mm) * (larger.points_mm - MIDDLE)).sum() / 6.0
    # work of the pull for a growth of 1 is that of the pressure: p = 2 T / R, on the unfolded area
    tension = 10.0 * 0.2
    assert -inward == pytest.approx(2.0 * tension * sphere.area_mm2() / 5.0, rel=0.01)


def test_the_pull_is_the_slope_of_an_energy_that_is_convex():
    """Also in part wrinkled: without that an increment would not be one of least work."""
    skin = unfolded(capsule(MIDDLE, AXIS, 10.0, 5.0), 10.0)
    rng = np.random.default_rng(2)
    points = capsule(MIDDLE, AXIS, 14.0, 4.5).points_mm
    points = points + 0.02 * rng.standard_normal(points.shape)
    one, other = rng.standard_normal((2, *points.shape))

    def change(way):
        return (skin.pull(points + 1e-6 * way) - skin.pull(points - 1e-6 * way)) / 2e-6

    assert (one * change(other)).sum() == pytest.approx((other * change(one)).sum(), rel=1e-4)
    for size in (1e-3, 0.3, 3.0):
        far = points + size * one
        assert ((skin.pull(far) - skin.pull(points)) * one).sum() > 0.0
