"""The yielding sphere of the kit: its formulas against the equations that they solve."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.verification.elasticity import Isotropic, ThickSphere
from vertaug.verification.plastic_sphere import PlasticSphere

pytestmark = pytest.mark.verification

MATERIAL = Isotropic(modulus_mpa=500.0, poisson=0.3)
SPHERE = PlasticSphere(material=MATERIAL, strength_mpa=2.0, inner_mm=10.0, outer_mm=20.0)
STEP = 1e-5


def slope(function, r):
    return (function(r + STEP) - function(r - STEP)) / (2 * STEP)


@pytest.mark.parametrize("plastic", [10.5, 14.0, 19.0])
def test_stresses_are_in_balance_and_within_the_strength(plastic):
    pressure = SPHERE.pressure_mpa(plastic)
    assert SPHERE.plastic_mm(pressure) == pytest.approx(plastic, rel=1e-12)
    # not across the border, where the slope jumps
    r = np.linspace(10.0, 20.0, 41)
    r = r[np.abs(r - plastic) > 1e-3]
    radial, around = SPHERE.stresses_mpa(r, pressure)
    balance = slope(lambda x: SPHERE.stresses_mpa(x, pressure)[0], r)
    assert balance == pytest.approx(2 * (around - radial) / r, rel=1e-6)
    gap = around - radial
    assert gap[r < plastic] == pytest.approx(2.0)
    assert (gap[r > plastic] < 2.0).all()
    ends = SPHERE.stresses_mpa(np.array([10.0, 20.0]), pressure)[0]
    assert ends == pytest.approx([-pressure, 0.0], abs=1e-9)


@pytest.mark.parametrize("plastic", [10.5, 14.0, 19.0])
def test_volume_follows_the_mean_stress_and_what_is_elastic_follows_its_law(plastic):
    pressure = SPHERE.pressure_mpa(plastic)
    r = np.linspace(10.0, 20.0, 41)
    r = r[np.abs(r - plastic) > 1e-3]
    radial, around = SPHERE.stresses_mpa(r, pressure)
    u = SPHERE.exact(r, pressure)
    volume = slope(lambda x: SPHERE.exact(x, pressure), r) + 2 * u / r
    nu, e = MATERIAL.poisson, MATERIAL.modulus_mpa
    assert volume == pytest.approx((1 - 2 * nu) / e * (radial + 2 * around), rel=1e-5, abs=1e-9)
    outside = r > plastic
    hoop = ((1 - nu) * around - nu * radial) / e
    assert u[outside] / r[outside] == pytest.approx(hoop[outside], rel=1e-12)


def test_stress_and_displacement_do_not_jump_at_the_border():
    pressure = SPHERE.pressure_mpa(14.0)
    near = np.array([14.0 - 1e-9, 14.0 + 1e-9])
    for values in (*SPHERE.stresses_mpa(near, pressure), SPHERE.exact(near, pressure)):
        assert values[0] == pytest.approx(values[1], rel=1e-8)


def test_at_first_yield_it_is_the_elastic_sphere():
    pressure = SPHERE.first_yield_mpa
    elastic = ThickSphere(material=MATERIAL, inner_mm=10.0, outer_mm=20.0, pressure_mpa=pressure)
    r = np.linspace(10.0, 20.0, 11)
    assert SPHERE.exact(r, pressure) == pytest.approx(elastic.radial_mm(r), rel=1e-12)
    radial, around = SPHERE.stresses_mpa(r, pressure)
    assert (around - radial)[0] == pytest.approx(2.0)
    assert SPHERE.collapse_mpa == pytest.approx(4.0 * np.log(2.0))


@pytest.mark.parametrize("share", [0.99, 0.0])
def test_pressures_without_a_border_are_refused(share):
    with pytest.raises(InputError, match="yields in part from"):
        SPHERE.plastic_mm(share * SPHERE.first_yield_mpa)
    with pytest.raises(InputError, match="yields in part from"):
        SPHERE.plastic_mm(SPHERE.collapse_mpa)
