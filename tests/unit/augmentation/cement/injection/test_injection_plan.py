import numpy as np
import pytest

from vertaug.augmentation.cement.cannula import Tube
from vertaug.augmentation.cement.injection_plan import (
    InjectionPlan,
    InjectionSetting,
    PlacedNeedle,
    Portion,
    plan_injection,
)
from vertaug.augmentation.cement.product import cement_product
from vertaug.augmentation.cement.rheology import working_window_s
from vertaug.case.errors import InputError
from vertaug.case.instrument import needle_of_gauge

LOW = cement_product("low_viscosity")


def needles(count):
    return tuple(
        PlacedNeedle(
            entry_lps_mm=np.array([10.0 * n, 30.0, 0.0]),
            tip_lps_mm=np.array([10.0 * n, 0.0, 0.0]),
            needle=needle_of_gauge(11),
            tube=Tube(bore_mm=2.4, length_mm=150.0),
        )
        for n in range(count)
    )


def test_portions_of_a_millilitre_alternate_between_both_needles():
    plan = plan_injection("L1", needles(2), LOW, 4000.0)
    assert [p.tip for p in plan.portions] == [0, 1, 0, 1]
    assert [p.volume_mm3 for p in plan.portions] == [1000.0] * 4
    assert [p.rate_mm3_per_s for p in plan.portions] == [50.0] * 4
    assert [p.pause_s for p in plan.portions] == [0.0, 15.0, 15.0, 15.0]
    assert plan.volume_mm3 == 4000.0
    assert plan.first_age_s == pytest.approx(sum(working_window_s(LOW, 22.0)) / 2)
    assert len(plan.tracks) == 2


def test_every_needle_gets_the_same_volume_in_no_portion_above_the_syringe():
    plan = plan_injection("L1", needles(2), LOW, 5000.0)
    each = [sum(p.volume_mm3 for p in plan.portions if p.tip == tip) for tip in (0, 1)]
    assert each == pytest.approx([2500.0, 2500.0])
    assert max(p.volume_mm3 for p in plan.portions) <= 1000.0
    one = plan_injection("L1", needles(1), LOW, 800.0, InjectionSetting(first_age_s=200.0))
    assert len(one.portions) == 1
    assert one.first_age_s == 200.0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rate_mm3_per_s": 50.0, "pressure_mpa": 1.0}, "either a rate or a pressure"),
        ({}, "either a rate or a pressure"),
        ({"rate_mm3_per_s": 0.0}, "above 0"),
        ({"rate_mm3_per_s": 50.0, "volume_mm3": -1.0}, "above 0"),
        ({"rate_mm3_per_s": 50.0, "pause_s": -1.0}, "pause of 0 to 3600"),
    ],
)
def test_portions_that_cannot_be_are_refused(given, said):
    with pytest.raises(InputError, match=said):
        Portion(**{"tip": 0, "volume_mm3": 1000.0, **given})


def test_plans_that_cannot_be_are_refused():
    portion = Portion(tip=1, volume_mm3=1000.0, rate_mm3_per_s=50.0)
    common = {"level": "L1", "product": LOW, "first_age_s": 300.0}
    with pytest.raises(InputError, match="numbered 0 to 0"):
        InjectionPlan(needles=needles(1), portions=(portion,), **common)
    with pytest.raises(InputError, match="at least one needle"):
        InjectionPlan(needles=(), portions=(portion,), **common)
    with pytest.raises(InputError, match="0 to 37"):
        InjectionPlan(needles=needles(2), portions=(portion,), room_c=60.0, **common)
    with pytest.raises(InputError, match="up to 30 000 mm3"):
        plan_injection("L1", needles(1), LOW, 0.0)
    with pytest.raises(InputError, match="three numbers"):
        PlacedNeedle(
            entry_lps_mm=np.array([0.0, 0.0]),
            tip_lps_mm=np.zeros(3),
            needle=needle_of_gauge(11),
            tube=Tube(bore_mm=2.4, length_mm=150.0),
        )
