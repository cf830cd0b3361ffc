from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.cement.injection import inject
from vertaug.augmentation.cement.injection_plan import InjectionSetting, plan_injection
from vertaug.augmentation.cement.injection_state import FlowLimits
from vertaug.augmentation.cement.mouth import fitted_mouth_law, read_mouth_law
from vertaug.augmentation.cement.product import cement_product
from vertaug.augmentation.cement.stop_rules import StopRules
from vertaug.augmentation.cement.thin_ways import ThinWays
from vertaug.case.errors import FormatError, InputError
from vertaug.case.filling import LEAK_PATHS
from vertaug.case.source_status import SourceStatus

LOW, HIGH = cement_product("low_viscosity"), cement_product("high_viscosity")
LAW = fitted_mouth_law()
NONE = LAW.with_exponent(0.0)


def test_there_is_no_more_resistance_up_to_the_reference():
    """The first row of Habib 2010, 3.5 min after mixing, is the reference."""
    np.testing.assert_array_equal(LAW.factor(LOW, np.array([0.0, 100.0, 209.0])), 1.0)
    assert LAW.factor(LOW, np.array([210.0]))[0] == pytest.approx(1.0, rel=1e-12)


def test_it_grows_with_the_viscosity_by_a_power():
    ages = np.array([210.0, 300.0, 400.0, 570.0])
    found = LAW.with_exponent(0.5).factor(LOW, ages)
    np.testing.assert_allclose(
        found, np.exp(0.5 * (ages - 210.0) / LOW.thickening_s.value), rtol=1e-12
    )
    # 700 to 50 Pa s
    thick = LAW.with_exponent(0.5).factor(HIGH, np.array([210.0]))[0]
    assert thick == pytest.approx(np.sqrt(14.0), rel=1e-12)
    steeper = LAW.with_exponent(0.9).factor(LOW, ages)
    assert (steeper[1:] > found[1:]).all()
    assert (np.diff(found) > 0.0).all()


def test_a_filling_tells_which_closure_it_had():
    assert "(viscosity / 50 Pa s)^0.5 times more" in LAW.with_exponent(0.5).describe()
    assert "fitted to the four masses of Habib" in LAW.describe()
    assert "no closure" in NONE.describe()


def test_the_fit_is_marked_uncertain_with_its_source_and_range():
    exponent = LAW.exponent
    assert exponent.status is SourceStatus.UNCERTAIN
    assert "fitted" in exponent.source
    assert "Habib" in exponent.source
    assert 0.0 < exponent.low < exponent.value < exponent.high


def test_a_user_may_change_it_and_is_told_what_is_wrong(tmp_path):
    file = tmp_path / "mouth.toml"
    text = (
        '[mouth]\nexponent = { value = E, status = "uncertain", source = "own" }\n'
        'reference_pa_s = { value = 80.0, status = "uncertain", source = "own" }\n'
        'reference_per_s = { value = 3.0, status = "uncertain", source = "own" }\n'
    )
    file.write_text(text.replace("E", "0.0"), "utf-8")
    own = read_mouth_law(file)
    assert own.reference_pa_s.value == 80.0
    np.testing.assert_array_equal(own.factor(HIGH, np.array([500.0])), 1.0)
    file.write_text(text.replace("E", "-1.0"), "utf-8")
    with pytest.raises(FormatError, match=r"its range are expected within 0 to 5; got -1"):
        read_mouth_law(file)
    file.write_text(text.replace("value = E", "value = 0.4, low = 0.1, high = 50.0"), "utf-8")
    with pytest.raises(FormatError, match=r"its range are expected within 0 to 5; got 50"):
        read_mouth_law(file)
    file.write_text(text.replace("[mouth]", "[lip]").replace("E", "0.0"), "utf-8")
    with pytest.raises(FormatError, match=r"one table \[mouth\]; got lip"):
        read_mouth_law(file)
    with pytest.raises(InputError, match="reference_pa_s at mouths is expected above 0"):
        replace(LAW, reference_pa_s=replace(LAW.reference_pa_s, value=0.0))


def vein_in(body, one_link, bone=np.inf):
    """Return a ball with one vein of 1 mm and 20 mm, the other ways out closed but for marrow."""
    thin = one_link(
        np.argwhere(body.path > 0)[0],
        np.pi / (128.0 * 20.0),
        5.0 * np.pi,
        bone=bone,
        shear=32.0 / np.pi,
    )
    return replace(body, links=np.where(body.path > 0, 1e-3 / 3.44e-2, 0.0), thin=thin)


def passed(body, product, law, saturation=1.0):
    """Return the conductance of the vein, filled to one state."""
    ways, ones = ThinWays(body, product, 1e-7, law), np.ones(body.grid.shape)
    thick = 50e-6
    mixed = saturation * thick + (1.0 - saturation) * 1e-7
    found = ways.conductance(
        body.permeability_mm2 / mixed + (body.permeability_mm2 == 0.0),
        cement_mpa_s=thick * ones,
        aged_s=210.0 * ones,
        held_aged_s=np.full(1, 210.0),
        saturation=saturation * ones,
        pressure_mpa=1e-2 * ones,
        seconds=1e6,
    )
    return found[0]


def test_newtonian_cement_meets_the_factor_in_a_vein(ball, one_link, newtonian):
    """A full vein of 800 Pa s passes Poiseuille's flow by (800 / 50)^m."""
    body = vein_in(ball(radius=6.0), one_link)
    thick = newtonian(LOW, 800.0)
    free, held = passed(body, thick, NONE), passed(body, thick, LAW.with_exponent(0.5))
    # nearly all of the step flows through the full vein
    assert free / held == pytest.approx(4.0, rel=0.02)


def test_the_bone_before_a_vein_is_in_series_and_not_held_back(ball, one_link, newtonian):
    """Bone of 50 Pa s, a fiftieth of the vein's conductance: 2500 + 800 against 2500 + 3200."""
    own = np.pi / (128.0 * 20.0)
    body = vein_in(ball(radius=6.0), one_link, bone=own / 50.0)
    thick = newtonian(LOW, 800.0)
    free, held = passed(body, thick, NONE), passed(body, thick, LAW.with_exponent(0.5))
    assert free / held == pytest.approx(57.0 / 33.0, rel=0.02)
    assert held == pytest.approx(own / 5700e-6, rel=0.02)


def test_marrow_is_not_held_back_and_thin_cement_is_not(ball, one_link, newtonian):
    body = vein_in(ball(radius=6.0), one_link)
    for product, saturation in ((newtonian(LOW, 800.0), 0.0), (newtonian(LOW, 50.0), 0.7)):
        free = passed(body, product, NONE, saturation)
        assert passed(body, product, LAW, saturation) == free


def plan_of(needle, product):
    setting = InjectionSetting(stop_rules=StopRules(act=False), first_age_s=330.0)
    return plan_injection("L1", (needle,), product, 600.0, setting)


def test_thick_cement_leaks_less_by_a_vein_and_balances(ball, one_link, needle_at):
    """A small ball with a vein that cement reaches and many ways that marrow leaves by."""
    body = ball(radius=8.0, link=1e-4 / 3.44e-2)
    near = np.argwhere(body.path > 0)
    cell = near[np.argmax(near[:, 0])]
    body = replace(body, thin=one_link(cell, 3e-2, 2.0, bone=0.2))
    leaked = []
    for exponent in (0.0, 0.4, 0.8):
        limits = FlowLimits(mouth=LAW.with_exponent(exponent))
        found = inject(body, plan_of(needle_at((5.0, 0.0, 0.0)), LOW), limits=limits)
        out = found.curve.leaked_mm3[-1]
        assert found.in_bone_mm3 + out.sum() == pytest.approx(600.0, rel=1e-10)
        leaked.append(out[LEAK_PATHS.index("S")])
    assert leaked[0] > leaked[1] > leaked[2] > 0.0


def test_a_missing_wall_does_not_hold_thick_cement_back(ball, needle_at):
    """A breach is no narrow way: the closure changes nothing, in any bit."""
    body = ball(radius=8.0, link=3e-3 / 3.44e-2)
    out = [
        inject(
            body,
            plan_of(needle_at((5.0, 0.0, 0.0)), LOW),
            limits=FlowLimits(mouth=LAW.with_exponent(exponent)),
        ).curve.leaked_mm3[-1]
        for exponent in (0.0, 0.8)
    ]
    assert out[0].sum() > 1.0
    np.testing.assert_array_equal(out[0], out[1])
