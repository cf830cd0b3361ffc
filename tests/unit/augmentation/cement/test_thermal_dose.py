"""Thermal dose."""

from itertools import pairwise

import numpy as np
import pytest

from vertaug.augmentation.cement.heat_tissue import TISSUES, heat_tissues
from vertaug.augmentation.cement.thermal_dose import (
    ThermalDose,
    cem43_minutes,
    henriques_damage,
    seconds_above,
)
from vertaug.case.errors import FormatError


@pytest.mark.parametrize(
    ("hot", "minutes"), [(43.0, 1.0), (47.0, 16.0), (50.0, 128.0), (42.0, 0.25)]
)
def test_cem43_of_the_physics_reference(hot, minutes):
    assert cem43_minutes(hot, hot, 60.0) == pytest.approx(minutes)


@pytest.mark.parametrize(
    ("hot", "seconds"), [(45, 7730), (47, 1770), (50, 201), (52, 48), (55, 5.9), (60, 0.19)]
)
def test_henriques_of_the_physics_reference(hot, seconds):
    assert 1.0 / henriques_damage(hot, hot, 1.0) == pytest.approx(seconds, rel=0.02)


def test_steps_of_any_length_add_up():
    """A linear rise and fall, in 4 and in 4000 steps."""
    doses = []
    for steps in (4, 4000):
        t = 37.0 + 20.0 * (1.0 - np.abs(np.linspace(-1.0, 1.0, steps + 1)))
        dose = ThermalDose.start(t[:1])
        for one, two in pairwise(t):
            dose = dose.add(np.array([one]), np.array([two]), 600.0 / steps)
        doses.append(dose)
    coarse, fine = doses
    assert coarse.peak_c == fine.peak_c == 57.0
    assert coarse.above_s[:, 0] == pytest.approx([600.0 * 0.6, 600.0 * 0.35])
    assert fine.above_s == pytest.approx(coarse.above_s, rel=1e-9)
    assert coarse.cem43_min == pytest.approx(fine.cem43_min, rel=1e-9)
    assert coarse.damage == pytest.approx(fine.damage, rel=0.03)  # 10 degrees a step


def test_seconds_above_at_the_limit():
    assert seconds_above([45.0, 44.0, 45.0], [45.0, 46.0, 46.0], 2.0, 45.0) == pytest.approx(
        [0, 1, 2]
    )


def test_tissues(tmp_path):
    known = heat_tissues()
    assert tuple(known) == TISSUES
    assert known["bone"].capacity_mj_per_mm3_k == pytest.approx(2.0)
    assert known["disc"].sink_mj_per_s_mm3_k == 0.0
    for tissue in known.values():
        q = tissue.conductivity_w_per_m_k
        assert q.low <= q.value <= q.high
    file = tmp_path / "tissues.toml"
    file.write_text("[bone]\ntitle = 'x'\n")
    with pytest.raises(FormatError, match=r"tissue 'bone' in .*misses conductivity_w_per_m_k"):
        heat_tissues(file)
    file.write_text("[brain]\ntitle = 'x'\n")
    with pytest.raises(FormatError, match="not known; expected: bone, cortex"):
        heat_tissues(file)
    row = "{ value = 1.0, source = 'mine', status = 'uncertain' }"
    keys = (
        "conductivity_w_per_m_k",
        "density_g_per_ml",
        "heat_capacity_j_per_kg_k",
        "perfusion_per_s",
    )
    file.write_text("[disc]\ntitle = 'x'\n" + "\n".join(f"{k} = {row}" for k in keys))
    own = heat_tissues(file)
    assert own["disc"].perfusion_per_s.value == 1.0
    assert own["bone"] == known["bone"]
