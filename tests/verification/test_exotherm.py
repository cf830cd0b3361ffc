"""The heat of hardening cement, against another solver and measured ranges."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from vertaug.augmentation.cement.cure import degree_after_s, kinetics_of
from vertaug.augmentation.cement.hardening import HardeningSchedule, harden
from vertaug.augmentation.cement.heat_scene import HeatScene
from vertaug.augmentation.cement.heat_tissue import heat_tissues
from vertaug.augmentation.cement.product import cement_product

pytestmark = pytest.mark.verification

FILLING = 0.85
BATH_MM = 20.0


def product(kinetics):
    chosen = replace(cement_product("simplex_p"), kinetics=kinetics_of(kinetics))
    return chosen.with_value("heat_kj_per_kg", chosen.kinetics.heat_kj_per_kg)


def without_blood():
    return {
        name: replace(t, perfusion_per_s=replace(t.perfusion_per_s, value=0.0))
        for name, t in heat_tissues().items()
    }


def sphere(volume_ml, spacing):
    """A sphere of cement in bone whose sides are held."""
    n = 2 * round(BATH_MM / spacing)
    x = (np.arange(n) + 0.5) * spacing - BATH_MM
    r = np.sqrt(x[:, None, None] ** 2 + x[:, None] ** 2 + x**2)
    radius = radius_mm(volume_ml)
    share = FILLING * np.clip(0.5 + (radius - r) / spacing, 0.0, 1.0)
    share *= volume_ml * 1000.0 / (share.sum() * spacing**3)
    return HeatScene(
        spacing_mm=np.full(3, spacing),
        tissue=np.zeros(r.shape, np.uint8),
        cement=share,
        regions={"centre": r < spacing},
        tissues=without_blood(),
    )


def radius_mm(volume_ml):
    return (volume_ml * 1000.0 / FILLING * 3.0 / (4.0 * np.pi)) ** (1.0 / 3.0)


def radial_peak(volume_ml, cement, age_s, shells=120):
    """Highest temperature at the centre by SciPy's BDF on shells: another method altogether."""
    h = BATH_MM / shells
    border = np.arange(shells + 1) * h
    volume = 4.0 / 3.0 * np.pi * np.diff(border**3)
    share = np.where(0.5 * (border[1:] + border[:-1]) < radius_mm(volume_ml), FILLING, 0.0)
    density, kinetics = cement.density_g_per_ml.value, cement.kinetics
    own = 1e-3 * density * cement.heat_capacity_j_per_kg_k.value
    capacity = share * own + (1.0 - share) * 2.0
    k = share * cement.conductivity_w_per_m_k.value + (1.0 - share) * 0.43
    face = 4.0 * np.pi * border[1:-1] ** 2 * 2.0 / h / (1.0 / k[1:] + 1.0 / k[:-1])
    side = 4.0 * np.pi * border[-1] ** 2 * 2.0 * k[-1] / h
    heating = share * density * kinetics.heat_kj_per_kg / capacity

    def rates(_, y):
        t, w = y[:shells], y[shells:]
        cure = np.where(share > 0.0, kinetics.rate(w, t), 0.0)
        flow = face * np.diff(t)
        heat = np.append(flow, side * (37.0 - t[-1])) - np.append(0.0, flow)
        return np.concatenate([heat / (capacity * volume) + heating * cure, cure])

    start_c = 37.0 - 15.0 * share * own / capacity
    start_w = np.where(share > 0.0, degree_after_s(kinetics, age_s, 22.0), 0.0)
    y = solve_ivp(
        rates,
        (0.0, 600.0),
        np.concatenate([start_c, start_w]),
        method="BDF",
        rtol=1e-5,
        max_step=4.0,
    ).y
    return y[0].max()


@pytest.mark.parametrize(("kinetics", "age_s"), [("borzacchiello_1", 240.0), ("li", 480.0)])
def test_sphere_meets_a_radial_solution(kinetics, age_s):
    """Within 6 % of the rise at 1.25 mm: the steep front of Li's kinetics is the hard case."""
    cement = product(kinetics)
    found = harden(sphere(4.0, 1.25), cement, HardeningSchedule(age_s=age_s, seconds=600.0))
    expected = radial_peak(4.0, cement, age_s)
    peak = found.regions["centre"].peak_c
    assert peak - 37.0 == pytest.approx(expected - 37.0, rel=0.06)


@pytest.mark.parametrize("volume_ml", [6.0, 10.0])
def test_measured_range_of_the_centre(volume_ml):
    """49 to 112 °C in the centre (Belkoff and Molloy 2003, 6 and 10 ml, 37 °C bath).

    Borzacchiello's first set falls into its middle, Li's at or above its upper end; nothing is
    fitted.
    """
    cool, hot = (
        harden(
            sphere(volume_ml, 2.0), product(name), HardeningSchedule(age_s=240.0, seconds=1200.0)
        )
        for name in ("borzacchiello_1", "li")
    )
    assert 49.0 < cool.regions["centre"].peak_c < 112.0
    assert cool.regions["centre"].peak_c < 90.0 < hot.regions["centre"].peak_c < 125.0


def vertebra(volume_ml):
    """An ellipsoid 4 mm before the rear wall of a box of bone, 44 x 32 x 26 mm, and a canal."""
    shape, depth = (44, 47, 26), 32
    x, y, z = (np.arange(n) + 0.5 for n in shape)
    x, y, z = x[:, None, None] - 22.0, y[:, None], z - 13.0
    radius = radius_mm(volume_ml)
    r = np.sqrt(
        (x / 1.225) ** 2 + ((y - depth + 4.0 + 0.98 * radius) / 0.98) ** 2 + (z / 0.833) ** 2
    )
    share = FILLING * np.clip(0.5 + radius - r, 0.0, 1.0) * (y < depth)
    share *= 1000.0 * volume_ml / share.sum()
    behind = np.broadcast_to(y > depth, shape)
    return HeatScene(
        spacing_mm=np.ones(3),
        tissue=np.where(behind, 3, 0).astype(np.uint8),
        cement=share,
        regions={
            "wall": np.broadcast_to((y < depth) & (y > depth - 1.0), shape),
            "centre": r < 1.0,
            "leak": behind & (y < depth + 5.0) & (np.abs(x) < 7.0) & (np.abs(z) < 8.0),
        },
        tissues=without_blood(),
    )


def leaked(scene):
    """The same with 1.1 ml in the canal, 5 mm thick."""
    return replace(scene, cement=np.where(scene.regions["leak"], 1.0, scene.cement))


def test_measured_temperatures_of_porcine_vertebrae():
    """Centre 68.1 +- 3.4 °C, 223 s above 45 °C, posterior wall 40.0 +- 2.5 °C.

    Saline of 37 °C (BMC Musculoskelet Disord 2011;12:116). The volume is not in the abstract: 2 ml
    of Borzacchiello's first set meet all three; 4 ml with a leak meet that group's centre, 77.3
    +- 5.7 °C. Kinetics, share of the space and age are choices as well (docs/cement.md).
    """
    schedule = HardeningSchedule(age_s=240.0, seconds=700.0)
    small, leaking = (
        harden(scene, product("borzacchiello_1"), schedule).regions
        for scene in (vertebra(2.0), leaked(vertebra(4.0)))
    )
    assert small["centre"].peak_c == pytest.approx(68.1, abs=3.4)
    assert small["centre"].above_45_s == pytest.approx(223.0, rel=0.15)
    assert small["wall"].peak_c == pytest.approx(40.0, abs=2.5)
    assert leaking["centre"].peak_c == pytest.approx(77.3, abs=5.7)


@pytest.mark.slow
def test_measured_temperatures_of_the_posterior_wall():
    """40.0 +- 2.5 °C without a leak, 59.1 +- 7.6 °C with cement in the canal.

    The same porcine vertebrae; how far the cement was from the wall, and how much leaked, is not in
    the abstract. 4 ml, 4 mm from the wall; the leak is 1.1 ml, 5 mm thick. Li's kinetics. A leak of
    3 mm stays below the range, at 50.7 °C.
    """
    closed = vertebra(4.0)
    schedule = HardeningSchedule(age_s=240.0, seconds=700.0)
    tight, opened = (
        harden(scene, product("li"), schedule).regions["wall"] for scene in (closed, leaked(closed))
    )
    assert tight.peak_c == pytest.approx(40.0, abs=2.5)
    assert tight.above_45_s == 0.0
    assert opened.peak_c == pytest.approx(59.1, abs=7.6)
