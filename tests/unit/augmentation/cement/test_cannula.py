"""Cement in needles."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from vertaug.augmentation.cement.cannula import (
    Press,
    Syringe,
    TooThickError,
    Tube,
    largest_flow_mm3_per_s,
    tube_flow_mm3_per_s,
    tube_of_needle,
    tube_pressure_mpa,
)
from vertaug.augmentation.cement.product import cement_product
from vertaug.augmentation.cement.rheology import PA_IN_MPA, PowerLaw, viscosity_mpa_s
from vertaug.case.errors import InputError
from vertaug.case.instrument import needle_of_gauge

LOW = cement_product("low_viscosity")


def fluid(consistency=1e-4, exponent=0.5, yield_mpa=0.0):
    return PowerLaw(consistency=np.asarray(consistency), exponent=exponent, yield_mpa=yield_mpa)


def rabinowitsch(stress_of_rate, tube, pressure):
    """Flow of any fluid: pi R^3 / s^3 times the integral of stress^2 rate over the stress."""
    radius = tube.bore_mm / 2
    wall = radius * pressure / (2 * tube.length_mm)

    def rate(stress):
        if stress <= stress_of_rate(0.0):
            return 0.0
        return brentq(lambda g: stress_of_rate(g) - stress, 0.0, 1e6, xtol=1e-12)

    whole, _ = quad(lambda s: s**2 * rate(s), stress_of_rate(0.0), wall, limit=200)
    return np.pi * radius**3 / wall**3 * whole


@pytest.mark.parametrize(("gauge", "kpa"), [(8, 99), (10, 249), (11, 399), (13, 1261)])
def test_poiseuille_of_the_physics_reference(gauge, kpa):
    """130 mm, 3 ml/min, 50 Pa s."""
    tube = tube_of_needle(needle_of_gauge(gauge), length_mm=130.0)
    found = tube_pressure_mpa(fluid(50.0 * PA_IN_MPA, 1.0), tube, 50.0)
    assert 1000.0 * found == pytest.approx(kpa, rel=0.006)
    exact = 128 * 50e-6 * 130.0 * 50.0 / (np.pi * tube.bore_mm**4)
    assert found == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("exponent", [0.3, 0.7, 1.0])
@pytest.mark.parametrize("yield_mpa", [0.0, 2e-4])
def test_flow_is_rabinowitschs_integral(exponent, yield_mpa):
    law, tube = fluid(1e-4, exponent, yield_mpa), Tube(bore_mm=2.4, length_mm=130.0)
    expected = rabinowitsch(lambda g: yield_mpa + 1e-4 * g**exponent, tube, 0.4)
    found = float(tube_flow_mm3_per_s(law, tube, 0.4))
    assert found == pytest.approx(expected, rel=1e-6)
    assert float(tube_pressure_mpa(law, tube, found)) == pytest.approx(0.4, rel=1e-9)


def test_power_law_is_that_of_the_cement_at_the_rates_of_a_needle():
    """The whole viscosity law, integrated over the tube, gives the same flow within 0.1 %."""
    press = Press(product=LOW, tube=tube_of_needle(needle_of_gauge(11)))
    pressure = float(press.pressure_mpa(300.0, 50.0))
    flow = rabinowitsch(
        lambda g: float(viscosity_mpa_s(LOW, 300.0, 22.0, g)) * g, press.tube, pressure
    )
    assert flow == pytest.approx(50.0, rel=1e-3)


def test_yield_stress_holds_the_cement():
    law, tube = fluid(1e-4, 0.5, 1e-4), Tube(bore_mm=2.0, length_mm=100.0)
    least = 4.0 * 100.0 / 2.0 * 1e-4
    assert tube_flow_mm3_per_s(law, tube, [0.0, 0.99 * least]) == pytest.approx([0.0, 0.0])
    assert tube_flow_mm3_per_s(law, tube, 1.01 * least) > 0.0
    assert tube_pressure_mpa(law, tube, 0.0) == pytest.approx(least, rel=1e-6)


def test_largest_flow_is_at_the_limit():
    law, tube, syringe = fluid([1e-4, 1e-3]), Tube(bore_mm=2.0, length_mm=100.0), Syringe()
    flow = largest_flow_mm3_per_s(law, tube, syringe, behind_mpa=0.1)
    assert tube_pressure_mpa(law, tube, flow) == pytest.approx(syringe.limit_mpa - 0.1)
    assert largest_flow_mm3_per_s(law, tube, syringe, behind_mpa=5.0) == pytest.approx([0.0, 0.0])


def test_press_says_what_is_wrong():
    high = cement_product("high_viscosity")
    press = Press(product=high, tube=tube_of_needle(needle_of_gauge(13)))
    press.check(150.0, 5.0)
    most = float(press.largest_flow_mm3_per_s(420.0))
    with pytest.raises(TooThickError, match=r"over the syringe's limit of 3\.215 MPa") as e:
        press.check(420.0, 5.0 * most)
    assert f"inject at {e.value.most_ml_per_min:.2f} ml/min or less, earlier" in str(e.value)
    # rounded down: what is advised can be pressed
    assert 0.0 <= most * 0.06 - e.value.most_ml_per_min < 0.01
    press.check(420.0, e.value.most_ml_per_min / 0.06)
    with pytest.raises(TooThickError, match="too thick by then: inject it earlier") as e:
        press.check(420.0, 11.0 * most)
    assert "inject at" not in str(e.value)
    with pytest.raises(InputError, match="past its working time"):
        press.check(1200.0, 1.0)


def test_tubes():
    tube = tube_of_needle(needle_of_gauge(11))
    assert (tube.bore_mm, tube.length_mm) == (2.4, 150.0)
    assert tube.volume_mm3 == pytest.approx(np.pi * 1.2**2 * 150.0)
    with pytest.raises(InputError, match="bore of a 15G needle is not known"):
        tube_of_needle(needle_of_gauge(15))
    assert tube_of_needle(needle_of_gauge(15), bore_mm=1.3).bore_mm == 1.3
    with pytest.raises(InputError, match=r"below the outer diameter of 1\.83 mm"):
        tube_of_needle(needle_of_gauge(15), bore_mm=2.0)
    with pytest.raises(InputError, match="bore is expected"):
        Tube(bore_mm=0.0, length_mm=100.0)
    with pytest.raises(InputError, match="length is expected"):
        Tube(bore_mm=1.0, length_mm=0.0)
    with pytest.raises(InputError, match="limit is expected"):
        Syringe(limit_mpa=0.0)
