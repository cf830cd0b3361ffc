"""Viscosity of cement."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.cement.product import cement_product, product_names
from vertaug.augmentation.cement.rheology import (
    PA_IN_MPA,
    ageing_rate,
    check_working,
    equivalent_age_s,
    pore_power_law,
    pore_shear_rate_per_s,
    pore_viscosity_mpa_s,
    power_law,
    setting_time_s,
    viscosity_mpa_s,
    working_window_s,
)
from vertaug.case.errors import InputError

LOW, HIGH = cement_product("low_viscosity"), cement_product("high_viscosity")


@pytest.mark.parametrize("name", product_names())
def test_viscosity_is_the_given_one_at_its_point(name):
    product = cement_product(name)
    found = viscosity_mpa_s(product, 210.0, 22.0, 3.0)
    assert found == pytest.approx(PA_IN_MPA * product.viscosity_pa_s.value)


def test_viscosity_grows_with_age_and_falls_with_shear():
    age, rate = np.linspace(0, 1200, 13)[:, None], np.logspace(-4, 3, 15)
    found = viscosity_mpa_s(LOW, age, 22.0, rate)
    assert found.shape == (13, 15)
    assert (np.diff(found, axis=0) > 0).all()
    assert (np.diff(found, axis=1) <= 0).all()
    assert found[1, 0] / found[0, 0] == pytest.approx(np.exp(100.0 / LOW.thickening_s.value))
    # power law at high rates, a plateau at low ones
    slope = np.log(found[0, -1] / found[0, -2]) / np.log(rate[-1] / rate[-2])
    assert slope == pytest.approx(LOW.exponent.value - 1.0, abs=1e-3)
    assert viscosity_mpa_s(LOW, 0.0, 22.0, 0.0) == pytest.approx(found[0, 0], rel=1e-3)


def test_times_halve_from_25_to_37():
    """Nicholas 2007."""
    assert ageing_rate(LOW, 37.0) / ageing_rate(LOW, 25.0) == pytest.approx(2.0, rel=0.01)
    assert setting_time_s(LOW, 25.0) / setting_time_s(LOW, 37.0) == pytest.approx(2.0, rel=0.01)
    assert equivalent_age_s(LOW, [60.0], 22.0) == pytest.approx([60.0])


def test_setting_at_body_temperature_is_near_the_published_time():
    """About 11 min for medium viscosity after immersion at 37 °C (physics reference 3.2)."""
    seconds = setting_time_s(cement_product("medium_viscosity"), 37.0)
    assert 5.0 < seconds / 60.0 < 12.0
    assert setting_time_s(LOW, 22.0) > LOW.working_end_s.value


def test_softening_thins_warm_dough():
    warm = LOW.with_value("softening_kj_per_mol", 20.0)
    hard = equivalent_age_s(LOW, 300.0, 37.0) / ageing_rate(LOW, 37.0)
    assert viscosity_mpa_s(warm, hard, 37.0, 1.0) < viscosity_mpa_s(LOW, hard, 37.0, 1.0)
    assert viscosity_mpa_s(warm, hard, 22.0, 1.0) == pytest.approx(
        viscosity_mpa_s(LOW, hard, 22.0, 1.0)
    )


def test_yield_stress_is_a_stress_at_low_shear():
    stiff = LOW.with_value("yield_stress_pa", 100.0)
    rate = np.array([0.0, 1e-8, 0.1, 10.0])
    with_yield, without = (viscosity_mpa_s(p, 210.0, 22.0, rate) for p in (stiff, LOW))
    more = (with_yield - without) / PA_IN_MPA
    assert np.isfinite(more).all()
    assert more[0] == pytest.approx(more[1], rel=1e-3)
    assert more[2:] * rate[2:] == pytest.approx([100.0, 100.0], rel=1e-3)


def test_pores_by_christopher_and_middleman():
    """The Darcy viscosity is mu_eff q^(n - 1) where the shear is high."""
    k, phi, q = 0.0344, 0.85, np.array([5.0, 50.0])
    rate = pore_shear_rate_per_s(q, k, phi)
    assert rate == pytest.approx(12.0 * q / np.sqrt(150.0 * k * phi))
    found = pore_viscosity_mpa_s(LOW, 300.0, 22.0, rate)
    law = power_law(LOW, 300.0, 22.0)
    expected = pore_power_law(law, k, phi) * q ** (law.exponent - 1.0)
    assert found == pytest.approx(expected, rel=1e-4)


def test_newtonian_pores_have_the_viscosity_itself():
    newtonian = LOW.with_value("exponent", 0.7)
    newtonian = replace(newtonian, exponent=replace(newtonian.exponent, value=1.0, high=1.0))
    law = power_law(newtonian, 210.0, 22.0)
    assert pore_power_law(law, 0.01, 0.8) == pytest.approx(50.0 * PA_IN_MPA)
    assert pore_viscosity_mpa_s(newtonian, 210.0, 22.0, 0.3) == pytest.approx(50.0 * PA_IN_MPA)


def test_working_window():
    first, last = working_window_s(LOW, 22.0)
    assert (first, last) == (180.0, 570.0)
    assert working_window_s(LOW, 26.0)[1] < last
    check_working(LOW, 210.0, 22.0)
    check_working(LOW, 570.0, 22.0)
    with pytest.raises(
        InputError, match=r"past its working time and cannot be injected: 10\.0 min"
    ):
        check_working(LOW, 600.0, 22.0)
    with pytest.raises(InputError, match=r"still within its waiting time.*wait 2\.0 min more"):
        check_working(LOW, 60.0, 22.0)
    with pytest.raises(InputError, match=r"expected 2\.1 to 6\.6 min after mixing at 28 °C"):
        check_working(LOW, 500.0, 28.0)


def test_habib_order_of_viscosities():
    """Leaks fell in the order low at 3.5, low at 9.5, high at 3.5, high at 6.5 min."""
    found = [
        viscosity_mpa_s(product, 60.0 * minutes, 22.0, 3.0)
        for product, minutes in ((LOW, 3.5), (LOW, 9.5), (HIGH, 3.5), (HIGH, 6.5))
    ]
    assert found[0] < found[1] < found[3]
    assert found[0] < found[2] < found[3]
