"""Cement that hardens in tissue."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.cement.cure import SEED, advance_cure, degree_after_s
from vertaug.augmentation.cement.hardening import HardeningSchedule, harden
from vertaug.augmentation.cement.heat_scene import HeatScene, mixture_of
from vertaug.augmentation.cement.product import cement_product
from vertaug.case.errors import InputError
from vertaug.numerics.conduction import HeatEquation

LOW = cement_product("low_viscosity")
INSULATED = np.zeros((3, 2), dtype=bool)


def ball(volume_ml=4.0, spacing=2.0, half=24.0, filling=0.85, **more):
    """A sphere of cement in bone, with a canal 4 mm behind it."""
    n = 2 * round(half / spacing)
    x = (np.arange(n) + 0.5) * spacing - half
    r = np.sqrt(x[:, None, None] ** 2 + x[:, None] ** 2 + x**2)
    radius = (volume_ml * 1000.0 / filling * 3 / (4 * np.pi)) ** (1 / 3)
    share = filling * np.clip(0.5 + (radius - r) / spacing, 0.0, 1.0)
    share *= volume_ml * 1000.0 / (share.sum() * spacing**3)
    y = np.broadcast_to(x[:, None], r.shape)
    tissue = np.where(y > radius + 4.0, 3, 0).astype(np.uint8)
    regions = {"canal": (tissue == 3) & (r < radius + 8.0)}
    return HeatScene(
        spacing_mm=np.full(3, spacing), tissue=tissue, cement=share, regions=regions, **more
    )


def quick(**more):
    return HardeningSchedule(
        **{"seconds": 600.0, "first_step_s": 2.0, "longest_step_s": 8.0, **more}
    )


def test_all_cement_is_adiabatic():
    """A box of nothing but cement cures as the ordinary differential equation says."""
    shape = (3, 3, 3)
    scene = HeatScene(
        spacing_mm=np.ones(3),
        tissue=np.zeros(shape, np.uint8),
        cement=np.ones(shape),
        regions={"all": np.ones(shape, bool)},
        held=INSULATED,
    )
    found = harden(scene, LOW, quick(age_s=0.0, cement_c=37.0, rise_c=0.5, first_step_s=0.1))
    rise = LOW.adiabatic_rise_c
    exact = [float(advance_cure(LOW.kinetics, SEED, 37.0, t, rise)) for t in found.times_s[::20]]
    assert found.degree_mean[::20] == pytest.approx(exact, abs=2e-3)
    last = 37.0 + rise * (found.degree_mean[-1] - SEED)
    assert found.temperature_c == pytest.approx(last)
    assert found.regions["all"].peak_c == pytest.approx(last)
    assert found.regions["all"].burnt_share == 1.0
    # every cell of 1 mm3 gets hotter than both limits
    assert found.regions["all"].above_45_mm3 == found.regions["all"].above_50_mm3 == 27.0


def test_heat_is_kept():
    """Without blood and with insulated sides, heat is that of the start and of the cure."""
    scene = ball(held=INSULATED)
    dead = {
        name: replace(t, perfusion_per_s=replace(t.perfusion_per_s, value=0.0))
        for name, t in scene.tissues.items()
    }
    scene = replace(scene, tissues=dead)
    found = harden(scene, LOW, quick())
    equation = HeatEquation(mixture_of(scene, LOW).body(scene.cement))
    capacity = 1e-3 * LOW.density_g_per_ml.value * LOW.heat_capacity_j_per_kg_k.value
    cold = capacity * 8.0 * scene.cement.sum() * (22.0 - 37.0)
    start = degree_after_s(LOW.kinetics, 480.0, 22.0)
    cured = 8.0 * (scene.cement * (found.degree - start)).sum()
    released = LOW.density_g_per_ml.value * LOW.heat_kj_per_kg.value * cured
    before = equation.heat_mj(np.full(scene.cement.shape, 37.0)) + cold
    assert equation.heat_mj(found.temperature_c) - before == pytest.approx(released, rel=1e-9)


def test_splitting_is_of_second_order():
    """Errors fall by four where the step is halved."""
    scene = ball(spacing=3.0, half=21.0)

    def temperatures(step):
        fixed = HardeningSchedule(
            age_s=1000.0,
            cement_c=37.0,
            seconds=64.0,
            first_step_s=step,
            longest_step_s=step,
            cooling_step_s=step,
        )
        found = harden(scene, LOW, fixed)
        return found.temperature_c, found.regions["canal"].cem43_min

    (best, dose), *others = (temperatures(step) for step in (0.125, 4.0, 2.0, 1.0))
    errors = [np.abs(t - best).max() for t, _ in others]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders == pytest.approx([2.0, 2.0], abs=0.3)
    assert others[-1][1] == pytest.approx(dose, rel=0.01)


def test_steps_grow_once_the_cement_is_set_and_still():
    """The longer steps of the cooling change neither peaks nor, by more, what is counted."""
    scene = ball(spacing=3.0, half=21.0)
    even, grown = (
        harden(scene, LOW, quick(seconds=1500.0, first_step_s=1.0, cooling_step_s=longest))
        for longest in (8.0, 20.0)
    )
    steps = np.diff(grown.times_s)
    set_at = np.searchsorted(grown.times_s, grown.set_s)
    assert steps[: set_at + 1].max() <= 8.0 + 1e-9
    assert steps.max() == pytest.approx(20.0)
    assert np.diff(even.times_s).max() <= 8.0 + 1e-9
    assert len(grown.times_s) < 0.8 * len(even.times_s)
    assert grown.set_s == even.set_s
    assert np.abs(grown.peak_c - even.peak_c).max() < 0.02
    assert np.abs(grown.temperature_c - even.temperature_c).max() < 0.02
    canal, other = grown.regions["canal"], even.regions["canal"]
    assert canal.cem43_min == pytest.approx(other.cem43_min, rel=1e-3)


def test_result_hangs_together():
    scene = ball()
    found = harden(scene, LOW, quick(seconds=1200.0))
    n = len(found.times_s)
    canal = found.regions["canal"]
    assert found.times_s[0] == 0.0
    assert found.times_s[-1] == pytest.approx(1200.0)
    assert len(found.degree_mean) == len(found.cement_peak_c) == len(canal.history_c) == n
    assert (np.diff(found.degree_mean) >= 0.0).all()
    assert found.peak_c.max() == pytest.approx(found.cement_peak_c.max())
    assert found.peak_c.max() > canal.peak_c > 37.0
    assert canal.peak_c == canal.history_c.max()
    assert canal.above_45_s >= canal.above_50_s
    assert 0.0 < found.set_s < 1200.0
    assert (found.degree[scene.cement == 0.0] == 0.0).all()
    assert not found.peak_c.flags.writeable


def test_more_cement_is_hotter_and_blood_cools():
    small, large = (harden(ball(v), LOW, quick(seconds=900.0)) for v in (2.0, 8.0))
    assert large.peak_c.max() > small.peak_c.max()
    scene = ball(8.0)
    bled = {
        name: replace(t, perfusion_per_s=replace(t.perfusion_per_s, value=0.0))
        for name, t in scene.tissues.items()
    }
    dead = harden(replace(scene, tissues=bled), LOW, quick(seconds=900.0))
    assert dead.regions["canal"].peak_c > large.regions["canal"].peak_c


def test_portions_have_their_own_age():
    scene = ball()
    old = np.where(np.arange(24)[:, None, None] < 12, 900.0, 300.0) * np.ones((24, 24, 24))
    found = harden(scene, LOW, quick(age_s=old, seconds=60.0))
    inside = scene.cement > 0.5
    assert found.degree[:12][inside[:12]].mean() > found.degree[12:][inside[12:]].mean()
    assert found.set_s is None


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("cement", np.zeros((24, 24, 24)), "no cement that could harden"),
        ("cement", np.full((24, 24, 24), 1.5), "within 0 to 1"),
        ("cement", np.ones((2, 2, 2)), r"expected the same, in 3D, of \['tissue', 'canal'\]"),
        ("tissue", np.full((24, 24, 24), 9, np.uint8), "positions in"),
        ("regions", {"canal": np.zeros((24, 24, 24), bool)}, "regions without a voxel: canal"),
    ],
)
def test_faults_of_a_scene(key, value, said):
    with pytest.raises(InputError, match=said):
        replace(ball(), **{key: value})


def test_faults_of_a_schedule():
    with pytest.raises(InputError, match="expected 0 < first_step_s"):
        HardeningSchedule(first_step_s=0.0)
    with pytest.raises(InputError, match="age of cement"):
        HardeningSchedule(age_s=-1.0)
