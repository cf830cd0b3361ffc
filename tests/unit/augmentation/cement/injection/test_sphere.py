"""Injections into a ball, against the closed forms of the physics reference 4.3."""

import numpy as np
import pytest

from vertaug.augmentation.cement.injection import inject
from vertaug.augmentation.cement.injection_plan import InjectionSetting, plan_injection
from vertaug.augmentation.cement.injection_state import FlowLimits
from vertaug.augmentation.cement.product import cement_product
from vertaug.augmentation.cement.stop_rules import StopRules
from vertaug.verification.darcy import SphereInjection

pytestmark = pytest.mark.verification


@pytest.fixture(scope="module")
def found(ball, needle_at, newtonian):
    setting = InjectionSetting(
        first_age_s=200.0, stop_rules=StopRules(act=False), portion_mm3=4000.0
    )
    product = newtonian(cement_product("low_viscosity"), 50.0)
    plan = plan_injection("L1", (needle_at(tip=(0.3, -0.4, 0.1)),), product, 4000.0, setting)
    return inject(ball(), plan, limits=FlowLimits(marrow_mpa_s=1e-7))


def exact():
    return SphereInjection(cement_mpa_s=5e-5, marrow_mpa_s=1e-7, outer_mm=16.0)


def test_radius_grows_with_the_cube_root_of_time(found):
    """Physics reference 4.3: R = (3 Q t / (4 pi phi))^(1/3), within 1 %."""
    grid = found.grid
    places = grid.to_world(np.indices(grid.shape).reshape(3, -1).T) - np.array([0.3, -0.4, 0.1])
    radius = np.linalg.norm(places, axis=1)
    reached = []
    for frame in found.frames:
        # of a ball of radius R the mean distance from the middle is 3/4 R
        share = frame.cement_share.ravel().astype(np.float64)
        reached.append(4.0 / 3.0 * np.average(radius, weights=share))
    volumes = [frame.injected_mm3 for frame in found.frames]
    np.testing.assert_allclose(reached, exact().radius_mm(volumes), rtol=0.01)
    times = [frame.time_s for frame in found.frames]
    slope = np.polyfit(np.log(times), np.log(reached), 1)[0]
    assert slope == pytest.approx(1.0 / 3.0, rel=0.01)


def test_pressure_is_that_of_the_closed_form(found):
    """Within 2 % once the cement is wider than three cells; each step's is that of its start."""
    curve = found.curve
    begins = np.concatenate([[0.0], curve.injected_mm3[:-1]])
    for volume, pressure in zip(begins, curve.tip_mpa, strict=True):
        if volume > 300.0:
            assert pressure == pytest.approx(exact().pressure_mpa(volume), rel=0.02)


def test_shear_thinning_follows_the_power_law(ball, needle_at):
    """Pressure drop of q^n = (k / mu) |grad p| between needle and front, within 5 %.

    Of a cement that neither ages nor has a plateau of viscosity at rest.
    """
    product = cement_product("low_viscosity")
    for key, value in (("thickening_s", 1e5), ("activation_kj_per_mol", 0.0), ("carreau_s", 1e4)):
        product = product.with_value(key, value)
    setting = InjectionSetting(
        first_age_s=200.0, stop_rules=StopRules(act=False), portion_mm3=3000.0
    )
    plan = plan_injection("L1", (needle_at(),), product, 3000.0, setting)
    curve = inject(ball(), plan, limits=FlowLimits(marrow_mpa_s=1e-9)).curve
    n, k, porosity = product.exponent.value, 3.44e-2, 0.85
    consistency = 50e-6 * 3.0 ** (1.0 - n)
    thick = consistency / 12.0 * (9.0 + 3.0 / n) ** n * (150.0 * k * porosity) ** (0.5 - 0.5 * n)
    volume = curve.injected_mm3[-2]
    front = float(exact().radius_mm(volume))
    # n = 1/2: the integral of 1 / r
    assert n == 0.5
    drop = thick / k * np.sqrt(50.0 / (4.0 * np.pi)) * np.log(front / 1.3)
    assert curve.tip_mpa[-1] == pytest.approx(drop, rel=0.05)
