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
from vertaug.tissue.bone_law import SourceStatus

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
    with pytest.raises(FormatError, match=r"exponent at mouths is expected within 0 to 5; got -1"):
        read_mouth_law(file)
    file.write_text(text.replace("[mouth]", "[lip]").replace("E", "0.0"), "utf-8")
    with pytest.raises(FormatError, match=r"one table \[mouth\]; got lip"):
        read_mouth_law(file)
    with pytest.raises(InputError, match="reference_pa_s at mouths is expected above 0"):
        replace(LAW, reference_pa_s=replace(LAW.reference_pa_s, value=0.0))


def vein_in(body):
    """Return a ball with one vein of 1 mm and 20 mm, the other ways out closed but for marrow."""
    at = tuple(np.argwhere(body.path > 0)[0])
    thin, room, shear = np.zeros((3, *body.grid.shape))
    thin[at], room[at], shear[at] = np.pi / (128.0 * 20.0), 5.0 * np.pi, 32.0 / np.pi
    links = np.where(body.path > 0, 1e-3 / 3.44e-2, 0.0) + thin / 3.44e-2
    return replace(body, links=links, thin_mm3=thin, room_mm3=room, thin_shear_per_mm3=shear), at


def passed(body, at, product, law, saturation=1.0):
    """Return the conductance of the vein and of another way out, filled to one state."""
    ways, ones = ThinWays(body, product, 1e-7, law), np.ones(body.grid.shape)
    other = tuple(np.argwhere(body.path > 0)[-1])
    thick = 50e-6
    mixed = saturation * thick + (1.0 - saturation) * 1e-7
    found = ways.conductance(
        body.permeability_mm2 / mixed,
        cement_mpa_s=thick * ones,
        aged_s=210.0 * ones,
        saturation=saturation * ones,
        pressure_mpa=1e-2 * ones,
        seconds=1e5,
    )
    return found[at], found[other]


def test_newtonian_cement_meets_the_factor_in_veins_and_walls(ball, newtonian):
    """A full vein of 800 Pa s passes Poiseuille's flow by (800 / 50)^m, as a wall does."""
    body, at = vein_in(ball(radius=6.0))
    thick = newtonian(LOW, 800.0)
    law = LAW.with_exponent(0.5)
    free, held = passed(body, at, thick, NONE), passed(body, at, thick, law)
    assert free[1] / held[1] == pytest.approx(4.0, rel=1e-9)
    # nearly all of the step flows through the full vein
    vein = (free[0] - free[1]) / (held[0] - held[1])
    assert vein == pytest.approx(4.0, rel=0.02)


def test_marrow_is_not_held_back_and_thin_cement_is_not(ball, newtonian):
    body, at = vein_in(ball(radius=6.0))
    for product, saturation in ((newtonian(LOW, 800.0), 0.0), (newtonian(LOW, 50.0), 0.7)):
        free = passed(body, at, product, NONE, saturation)
        assert passed(body, at, product, LAW, saturation) == free


def plan_of(needle, product):
    setting = InjectionSetting(stop_rules=StopRules(act=False), first_age_s=330.0)
    return plan_injection("L1", (needle,), product, 600.0, setting)


def test_thick_cement_leaks_less_and_balances(ball, needle_at):
    """Two ways out of a small ball: one that cement reaches, and many that marrow leaves by."""
    body, _ = vein_in(ball(radius=8.0))
    near = np.argwhere(body.path > 0)
    chosen = tuple(near[np.argmax(near[:, 0])])
    links = np.where(body.path > 0, 1e-4 / 3.44e-2, 0.0)
    links[chosen] = 3e-2 / 3.44e-2
    body = replace(body, links=links, thin_mm3=0.0 * links, room_mm3=0.0 * links)
    leaked = []
    for exponent in (0.0, 0.4, 0.8):
        limits = FlowLimits(mouth=LAW.with_exponent(exponent))
        found = inject(body, plan_of(needle_at((5.0, 0.0, 0.0)), LOW), limits=limits)
        out = found.curve.leaked_mm3[-1].sum()
        assert found.in_bone_mm3 + out == pytest.approx(600.0, rel=1e-10)
        leaked.append(out)
    assert leaked[0] > leaked[1] > leaked[2] > 0.0
