"""Exact answers of a cavity that is inflated."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.verification.elasticity import Isotropic
from vertaug.verification.expanding_cavity import ExpandingCavity, compacted_radius_mm
from vertaug.verification.plastic_sphere import PlasticSphere

MATERIAL = Isotropic(modulus_mpa=250.0, poisson=0.3)


def test_the_limit_pressures_of_the_physics_reference():
    found = [ExpandingCavity(material=MATERIAL, strength_mpa=y).limit_mpa for y in (2.0, 5.0)]
    assert found == pytest.approx([6.78, 13.90], abs=0.005)


def test_a_wide_sphere_that_has_yielded_far_out_is_below_the_limit():
    cavity = ExpandingCavity(material=MATERIAL, strength_mpa=2.0)
    sphere = PlasticSphere(material=MATERIAL, strength_mpa=2.0, inner_mm=1.0, outer_mm=1000.0)
    # small strains: a front of r = a (E / (3 (1 - nu) Y))^(1/3) has the limit pressure
    front = (250.0 / (3.0 * 0.7 * 2.0)) ** (1.0 / 3.0)
    assert sphere.pressure_mpa(front) == pytest.approx(cavity.limit_mpa, rel=1e-3)


def test_from_nothing_it_has_the_limit_pressure_and_less_from_a_hole():
    cavity = ExpandingCavity(material=MATERIAL, strength_mpa=2.0)
    assert cavity.pressure_mpa(5.0, 0.0) == cavity.limit_mpa
    assert cavity.pressure_mpa(6.0, 3.0) == pytest.approx(6.60, abs=0.005)
    with pytest.raises(InputError, match="wider"):
        cavity.pressure_mpa(3.0, 3.0)


def test_the_wall_is_that_of_lame():
    assert ExpandingCavity(material=MATERIAL, strength_mpa=2.0).wall_mm(1.0, 6.0) == pytest.approx(
        6.0 / (4.0 * 250.0 / 2.6)
    )


def test_the_solid_of_the_cavity_is_in_the_shell():
    outer = compacted_radius_mm(9.0, 2.0, 2.5)
    assert 2.0 * (outer**3 - 9.0**3) == pytest.approx(outer**3 - 2.5**3)


@pytest.mark.parametrize("densest", [1.0, 0.5, np.nan])
def test_what_does_not_grow_denser_is_refused(densest):
    with pytest.raises(InputError, match="denser"):
        compacted_radius_mm(9.0, densest)


@pytest.mark.parametrize("strength", [0.0, 200.0])
def test_a_strength_without_a_limit_is_refused(strength):
    with pytest.raises(InputError, match="strength"):
        ExpandingCavity(material=MATERIAL, strength_mpa=strength)
