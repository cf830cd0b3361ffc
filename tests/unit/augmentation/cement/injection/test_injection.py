from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from vertaug.augmentation.cement.cannula import Syringe
from vertaug.augmentation.cement.injection import inject
from vertaug.augmentation.cement.injection_plan import (
    InjectionSetting,
    Portion,
    plan_injection,
)
from vertaug.augmentation.cement.injection_state import AgeClock, FlowLimits
from vertaug.augmentation.cement.mouth import fitted_mouth_law
from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.porous_body import open_void
from vertaug.augmentation.cement.product import cement_product
from vertaug.augmentation.cement.rheology import equivalent_age_s
from vertaug.augmentation.cement.stop_rules import StopRules
from vertaug.augmentation.cement.thin_ways import ThinWays
from vertaug.case.errors import InputError
from vertaug.case.filling import LEAK_PATHS
from vertaug.numerics.flow_cells import POROUS, SEALED

LOW = cement_product("low_viscosity")
QUIET = StopRules(act=False)
NO_MOUTH = fitted_mouth_law().with_exponent(0.0)


def plan_of(needles, volume, product=LOW, **setting):
    chosen = InjectionSetting(**{"stop_rules": QUIET, "first_age_s": 210.0, **setting})
    return plan_injection("L1", needles, product, volume, chosen)


@pytest.fixture(scope="module")
def leaky(ball):
    """A small ball: most of what is injected leaves it."""
    return ball(radius=8.0)


@pytest.fixture(scope="module")
def leaking(leaky, needle_at):
    return inject(leaky, plan_of((needle_at(),), 4000.0))


def test_cement_in_is_cement_there_and_leaked_at_every_step(leaky, leaking):
    curve = leaking.curve
    assert leaking.injected_mm3 == pytest.approx(4000.0, rel=1e-12)
    leaked = curve.leaked_mm3[-1].sum()
    assert leaked > 1000.0
    assert leaking.in_bone_mm3 + leaked == pytest.approx(4000.0, rel=1e-10)
    for frame in leaking.frames:
        inside = frame.cement_share.sum(dtype=np.float64) * leaking.grid.voxel_volume_mm3
        step = int(np.argmin(np.abs(curve.injected_mm3 - frame.injected_mm3)))
        out = curve.leaked_mm3[step].sum()
        assert inside + out == pytest.approx(frame.injected_mm3, rel=1e-6)
        share = frame.cement_share / np.where(leaky.porosity > 0, leaky.porosity, 1.0)
        assert 0.0 <= share.min() <= share.max() <= 1.0 + 1e-6
    assert (np.diff(curve.leaked_mm3, axis=0) >= 0.0).all()


def test_frames_are_at_about_equal_volumes(leaking):
    volumes = [frame.injected_mm3 for frame in leaking.frames]
    assert len(volumes) == 8
    np.testing.assert_allclose(volumes, 4000.0 * np.arange(1, 9) / 8.0, atol=160.0)
    assert volumes[-1] == leaking.injected_mm3


def test_a_leak_is_named_with_when_and_where_it_began(leaking, leaky):
    (leak,) = leaking.leaks
    assert leak.path == "C"
    assert leak.volume_mm3 == pytest.approx(leaking.curve.leaked_mm3[-1].sum())
    assert 0.0 < leak.first_s < leaking.curve.time_s[-1]
    assert np.linalg.norm(leak.first_lps_mm) == pytest.approx(8.0, abs=1.3)
    assert 0.0 < leak.largest_rate_mm3_per_s <= 50.0 * (1.0 + 1e-9)
    assert leaking.leaked_mm3("C") == leak.volume_mm3
    assert leaking.leaked_mm3("D") == 0.0


def test_a_leak_is_marked_where_most_of_it_leaves(leaky, leaking, needle_at):
    (unknown,) = leaking.leaks  # a ball without known exits
    assert unknown.exit_lps_mm is None
    assert unknown.inlet_lps_mm is None
    grid = leaky.grid
    cells = np.argwhere(leaky.path == LeakPath.C)
    places = grid.to_world(cells.astype(float))
    outward = places / np.linalg.norm(places, axis=1)[:, None]
    exits = np.full((*grid.shape, 3), np.nan, dtype=np.float32)
    exits[tuple(cells.T)] = 8.0 * outward
    wide = np.where(grid.to_world(np.indices(grid.shape).reshape(3, -1).T)[:, 0] > 6.5, 1e3, 1e-4)
    links = np.where(leaky.path == LeakPath.C, wide.reshape(grid.shape), 0.0)
    body = replace(leaky, exit_lps_mm=exits, links=links)
    (leak,) = inject(body, plan_of((needle_at(),), 2000.0)).leaks
    assert np.linalg.norm(leak.exit_lps_mm) == pytest.approx(8.0, abs=1e-3)
    assert leak.exit_lps_mm[0] > 6.0
    assert np.linalg.norm(leak.inlet_lps_mm - leak.exit_lps_mm) < 3.5
    assert 0.3 < leak.exit_share < 1.0


def test_the_filling_keeps_its_pores_needles_and_limit(leaky, leaking):
    np.testing.assert_allclose(leaking.pore_share, 0.85 * (leaky.porosity > 0.0), rtol=1e-6)
    assert leaking.syringe_limit_mpa == Syringe().limit_mpa
    assert set(leaking.portion_tip) == {0}
    assert len(leaking.portion_tip) == leaking.curve.portion.max() + 1


def test_the_same_injection_twice_is_the_same(leaky, leaking, needle_at):
    again = inject(leaky, plan_of((needle_at(),), 4000.0))
    np.testing.assert_array_equal(again.cement_share, leaking.cement_share)
    np.testing.assert_array_equal(again.curve.tip_mpa, leaking.curve.tip_mpa)


def test_portions_keep_their_shells(ball, needle_at):
    """Zderic 2016: earlier portions are pushed outward and do not mix."""
    body = ball()
    found = inject(body, plan_of((needle_at(),), 4000.0))
    start = np.searchsorted(found.curve.portion, np.arange(4))
    begins = found.curve.time_s[np.maximum(start - 1, 0)]
    cement = found.cement_share > 0.5 * body.porosity.max()
    radius = np.linalg.norm(found.grid.to_world(np.argwhere(cement)), axis=1)
    portion = np.searchsorted(begins, found.entered_s[cement], side="right") - 1
    assert set(portion) == {0, 1, 2, 3}
    edges = np.cbrt(3.0 * np.arange(5) * 1000.0 / (4.0 * np.pi * 0.85))
    for number in range(4):
        # the first portion lies outermost
        inner, outer = edges[3 - number], edges[4 - number]
        own = radius[portion == number]
        inside = (own > inner - 0.9) & (own < outer + 0.9)
        assert inside.mean() > 0.98
        assert own.mean() == pytest.approx(
            0.75 * (outer**4 - inner**4) / (outer**3 - inner**3), abs=0.25
        )


def test_cement_in_uneven_bone_is_lobed_and_no_checkerboard(ball, needle_at):
    body = ball()
    noise = np.random.default_rng(4).standard_normal(body.grid.shape)
    field = gaussian_filter(noise, 1.5)
    uneven = body.permeability_mm2 * np.exp(1.2 * field / field.std() - 0.72)
    links = body.links * body.permeability_mm2 / np.where(uneven > 0.0, uneven, 1.0)
    loose = replace(body, permeability_mm2=uneven, links=links)
    plan = plan_of((needle_at(),), 3000.0)
    reach, single = [], []
    for one in (body, loose):
        found = inject(one, plan)
        held = found.cement_share / np.where(body.porosity > 0.0, body.porosity, np.inf)
        beside = np.stack([np.roll(held, by, axis) for axis in range(3) for by in (-1, 1)])
        low = (held < 0.5) & (beside > 0.9).all(axis=0)
        high = (held > 0.5) & (beside < 0.1).all(axis=0)
        single.append(int(low.sum() + high.sum()))
        edge = (held > 0.3) & (held < 0.7)
        reach.append(np.linalg.norm(body.grid.to_world(np.argwhere(edge)), axis=1).std())
    assert single[0] == 0
    assert single[1] <= 3
    assert reach[0] < 0.3
    assert reach[1] > 3.0 * reach[0]


def test_older_cement_lies_outside_and_is_older(ball, needle_at):
    found = inject(ball(), plan_of((needle_at(),), 2000.0))
    cement = np.isfinite(found.age_s)
    np.testing.assert_array_equal(cement, found.cement_share > 0.0)
    radius = np.linalg.norm(found.grid.to_world(np.argwhere(cement)), axis=1)
    age = found.age_s[cement]
    assert age[radius < 3.0].mean() < age[radius > 6.0].mean() - 20.0
    at_room = 210.0 + found.curve.time_s[-1]
    assert age.min() > at_room - 3.0
    assert age.max() < equivalent_age_s(LOW, at_room, 37.0)


def test_cement_ages_as_its_temperature_says():
    clock = AgeClock(LOW, 200.0, 22.0, 1e-6)
    warm = clock.equivalent_age_s(100.0, np.array([100.0, 40.0]))
    expected = 200.0 + np.array([100.0, 40.0 + float(equivalent_age_s(LOW, 60.0, 37.0))])
    np.testing.assert_allclose(warm, expected, rtol=5e-3)
    slow = AgeClock(LOW, 200.0, 22.0, 1e9)
    np.testing.assert_allclose(slow.equivalent_age_s(100.0, np.array([40.0])), 300.0, rtol=1e-6)
    between = AgeClock(LOW, 200.0, 22.0, 30.0).temperature_c(70.0, np.array([70.0, 40.0, 0.0]))
    np.testing.assert_allclose(between, 37.0 - 15.0 * np.exp([0.0, -1.0, -70.0 / 30.0]))


def test_thicker_cement_takes_more_pressure_and_a_void_less(ball, needle_at, newtonian):
    body, needles = ball(), (needle_at(),)
    thin = inject(body, plan_of(needles, 500.0))
    thick = inject(body, plan_of(needles, 500.0, first_age_s=400.0))
    assert thick.curve.tip_mpa[-1] > 2.0 * thin.curve.tip_mpa[-1]
    places = body.grid.to_world(np.indices(body.grid.shape).reshape(3, -1).T)
    hollow = (np.linalg.norm(places, axis=1) < 5.0).reshape(body.grid.shape).astype(float)
    opened = inject(open_void(body, hollow), plan_of(needles, 500.0))
    assert opened.curve.tip_mpa[-1] < 0.5 * thin.curve.tip_mpa[-1]
    assert newtonian(LOW, 50.0).exponent.value == 1.0


def test_the_needle_takes_most_of_the_pressure(ball, needle_at):
    """Baroud: 95 % of the pressure is extravertebral (physics reference 4.3)."""
    found = inject(ball(), plan_of((needle_at(),), 2000.0))
    flowing = found.curve.rate_mm3_per_s > 0.0
    assert flowing.sum() > 50
    assert (found.curve.tip_mpa < 0.05 * found.curve.syringe_mpa)[flowing].all()


def test_the_flow_falls_to_what_the_syringe_can_press(ball, needle_at):
    needles = (needle_at(),)
    plan = plan_of(needles, 2000.0, first_age_s=480.0)
    free = inject(ball(), plan)
    limit = 0.9 * free.curve.syringe_mpa.max()
    weak = replace(plan, syringe=Syringe(limit_mpa=float(limit)))
    found = inject(ball(), weak)
    assert found.curve.syringe_mpa.max() == pytest.approx(limit, rel=1e-6)
    assert found.curve.rate_mm3_per_s[-1] < 50.0
    assert found.injected_mm3 == pytest.approx(2000.0)
    assert found.curve.time_s[-1] > free.curve.time_s[-1]


def test_a_syringe_that_can_press_no_more_ends_the_injection(ball, needle_at):
    """Bone so tight that it takes all of the pressure."""
    plan = plan_of((needle_at(),), 2000.0)
    weak = replace(plan, syringe=Syringe(limit_mpa=0.2))
    found = inject(ball(permeability=3e-5), weak)
    assert found.injected_mm3 < 2000.0
    assert "presses no more cement" in found.stop_reason
    assert found.events[0].rule == "syringe_limit"
    assert found.curve.syringe_mpa.max() <= 0.2 * (1.0 + 1e-6)


def test_a_pressure_gives_the_flow(ball, needle_at):
    plan = plan_of((needle_at(),), 1000.0)
    portion = Portion(tip=0, volume_mm3=1000.0, pressure_mpa=0.15)
    found = inject(ball(), replace(plan, portions=(portion,)))
    np.testing.assert_allclose(found.curve.syringe_mpa[1:], 0.15, rtol=1e-6)
    # cement thickens, so the flow falls
    assert found.curve.rate_mm3_per_s[-1] < found.curve.rate_mm3_per_s[1]


def test_no_portion_is_pressed_harder_than_the_syringe_can(ball, needle_at):
    plan = plan_of((needle_at(),), 200.0, syringe=Syringe(limit_mpa=0.15))
    portion = Portion(tip=0, volume_mm3=200.0, pressure_mpa=10.0)
    found = inject(ball(radius=8.0), replace(plan, portions=(portion,)))
    np.testing.assert_allclose(found.curve.syringe_mpa[1:], 0.15, rtol=1e-6)


def test_a_tip_beside_an_open_wall_meets_no_resistance(ball, needle_at, newtonian):
    """Bone ends at the tip and marrow leaves freely: the pressure is small, never negative."""
    body = ball(radius=10.0)
    x = body.grid.to_world(np.moveaxis(np.indices(body.grid.shape), 0, -1))[..., 0]
    kept = (body.cells.region == POROUS) & (x < 0.6)
    edge = kept & (x > -0.6)
    cut = replace(
        body,
        cells=replace(body.cells, region=np.where(kept, POROUS, SEALED).astype(np.uint8)),
        links=np.where(edge, 1000.0, 0.0),
        path=np.where(edge, LeakPath.C, 0).astype(np.uint8),
    )
    plan = plan_of((needle_at((0.4, 0.0, 0.0)),), 100.0, product=newtonian(LOW, 50.0))
    found = inject(cut, plan)
    assert found.stop_reason == "the planned volume is injected"
    assert (found.curve.tip_mpa >= 0.0).all()


def test_old_cement_plugs_the_way_it_left_by(ball, needle_at):
    """A vein that the first portion has filled takes less of the second one after a pause."""
    body = ball(radius=6.0)
    half = np.arange(body.grid.shape[0])[:, None, None] < body.grid.shape[0] // 2
    vein = np.where(half & (body.path > 0), LeakPath.S, body.path)
    body = replace(body, path=vein.astype(np.uint8))
    needles = (needle_at(tip=(-3.0, 0.0, 0.0)), needle_at(tip=(3.0, 0.0, 0.0)))
    plan = plan_of(needles, 400.0, first_age_s=185.0)
    first, second = plan.portions
    more = []
    for pause in (0.0, 150.0):
        portions = (first, replace(second, pause_s=pause))
        curve = inject(body, replace(plan, portions=portions)).curve
        veins = curve.leaked_mm3[:, 1]
        before = veins[curve.portion == 0][-1]
        assert before > 1.0
        more.append(veins[-1] - before)
    assert more[1] < 0.5 * more[0]


def test_the_injection_stops_at_a_rule_and_says_why(leaky, leaking, needle_at):
    event = leaking.events[0]
    assert not any(e.acted_on for e in leaking.events)
    assert leaking.stop_reason == "the planned volume is injected"
    assert leaking.safe_volume_mm3 == event.injected_mm3 < 4000.0
    acting = inject(leaky, plan_of((needle_at(),), 4000.0, stop_rules=StopRules()))
    assert acting.events[0].acted_on
    assert acting.events[0].rule == event.rule
    assert acting.injected_mm3 == acting.safe_volume_mm3 == event.injected_mm3
    assert acting.stop_reason == f"stopped: {event.sentence}"
    assert acting.frames[-1].injected_mm3 == acting.injected_mm3


def test_cement_past_its_working_time_ends_the_injection(ball, needle_at):
    plan = plan_of((needle_at(),), 2000.0, first_age_s=540.0)
    found = inject(ball(), plan)
    assert "past its working time" in found.stop_reason
    assert found.injected_mm3 < 2000.0
    assert found.events[-1].rule == "working_time"


def test_what_cannot_be_injected_is_refused(ball, needle_at):
    body = ball()
    with pytest.raises(InputError, match="outside the bone"):
        inject(body, plan_of((needle_at(tip=(30.0, 0.0, 0.0)),), 500.0))
    with pytest.raises(InputError, match="past its working time and cannot be injected"):
        inject(body, plan_of((needle_at(),), 500.0, first_age_s=900.0))
    with pytest.raises(InputError, match="over the syringe's limit"):
        inject(body, plan_of((needle_at(),), 500.0, syringe=Syringe(limit_mpa=0.05)))
    shut = replace(body, links=np.zeros_like(body.links))
    with pytest.raises(InputError, match="no boundary to displace marrow through"):
        inject(shut, plan_of((needle_at(),), 500.0))
    with pytest.raises(InputError, match="must lie above 0"):
        FlowLimits(step_mm3=0.0)


def test_progress_ends_at_one(ball, needle_at):
    told = []
    inject(
        ball(radius=8.0),
        plan_of((needle_at(),), 200.0),
        progress=lambda share, text: told.append((share, text)),
    )
    assert told[-1] == (1.0, "0.20 ml injected")
    assert [share for share, _ in told] == sorted(share for share, _ in told)


@pytest.mark.parametrize("bone", [np.inf, 2e-3, 2e-4])
def test_an_empty_vein_fills_as_a_tube_that_marrow_leaves(ball, one_link, bone):
    """Washburn: its volume grows with the root of time until it is full, then with time.

    With bone before it, full of the same cement: ``a t = b V + V^2 / 2``, b the room by the ratio
    of the conductances.
    """
    body = ball(radius=6.0)
    cell = np.argwhere(body.path > 0)[0]
    thin = one_link(cell, 1e-3, 20.0, bone=bone)
    ways = ThinWays(replace(body, thin=thin), cement_product("low_viscosity"), 1e-7, NO_MOUTH)
    full, ones = np.ones(body.grid.shape), np.ones(body.grid.shape)
    held, pressure, cement = [0.0], 5e-3, 2e-4
    for _ in range(200):
        flow = ways.conductance(
            3.44e-2 / cement * ones,
            cement_mpa_s=cement * ones,
            aged_s=ones,
            held_aged_s=np.ones(1),
            saturation=full,
            pressure_mpa=pressure * ones,
            seconds=4.0,
        )
        volume = 4.0 * pressure * flow
        ways.fill(volume, np.zeros(1))
        held.append(held[-1] + volume[0])
    held, time = np.array(held), 4.0 * np.arange(201)
    before = 20.0 * 1e-3 / bone
    root = np.sqrt(before**2 + 2.0 * 1e-3 * pressure * 20.0 * time / cement) - before
    filling = held < 19.0
    np.testing.assert_allclose(held[filling], root[filling], rtol=0.01, atol=0.05)
    if bone == np.inf:  # full at the end
        assert np.diff(held)[-1] == pytest.approx(4.0 * pressure * 1e-3 / cement)


def test_cement_in_a_vein_within_the_bone_has_not_left_it(ball, one_link, needle_at):
    """What has left is what came in but the lumen within the bone; the balance holds."""
    body = ball(radius=6.0, link=1e-4)
    near = np.argwhere(body.path > 0)
    cell = near[np.argmax(near[:, 0])]
    found = []
    for bone_room in (0.0, 30.0, 1e4):
        thin = one_link(cell, 0.05, 60.0, bone=0.2, bone_room=bone_room)
        run = inject(replace(body, thin=thin), plan_of((needle_at((4.0, 0.0, 0.0)),), 400.0))
        assert run.in_bone_mm3 + run.curve.leaked_mm3[-1].sum() == pytest.approx(400.0, rel=1e-10)
        found.append((run.in_ways_mm3, run.curve.leaked_mm3[-1][LEAK_PATHS.index("S")]))
    (_, all_of_it), (lumen, beyond), (inside, none) = found
    assert lumen == pytest.approx(30.0)
    assert none == pytest.approx(0.0, abs=1e-9)
    assert all_of_it == pytest.approx(inside, rel=1e-9)
    assert beyond == pytest.approx(all_of_it - 30.0, rel=1e-9)


@pytest.fixture(scope="module", name="fill_a_vein")
def vein_fixture(ball, one_link):
    """Return what fills a vein of 1 mm and 20 mm and says what it holds."""
    size, length = 1.0, 20.0
    body = ball(radius=6.0)
    thin = one_link(
        np.argwhere(body.path > 0)[0],
        np.pi * size**4 / (128.0 * length),
        0.25 * np.pi * size**2 * length,
        shear=32.0 / (np.pi * size**3),
    )
    vein, ones = replace(body, thin=thin), np.ones(body.grid.shape)

    def fill(product, pressure_mpa, seconds, steps):
        ways, held = ThinWays(vein, product, 1e-7, NO_MOUTH), 0.0
        for _ in range(steps):
            flow = ways.conductance(
                3.44e-2 * ones,
                cement_mpa_s=ones,
                aged_s=0.0 * ones,
                held_aged_s=np.zeros(1),
                saturation=ones,
                pressure_mpa=pressure_mpa * ones,
                seconds=seconds,
            )
            ways.fill(seconds * pressure_mpa * flow, np.zeros(1))
            held += seconds * pressure_mpa * flow[0]
        return held

    return fill


VEIN_MM2 = 0.25 * np.pi
"""Section of that vein."""


def test_a_step_in_which_a_vein_fills_takes_as_much_as_many(fill_a_vein, newtonian):
    product = newtonian(LOW, 50.0)
    once, often = fill_a_vein(product, 0.02, 60.0, 1), fill_a_vein(product, 0.02, 0.6, 100)
    assert once == pytest.approx(often, rel=1e-9)
    assert once > 20.0 * VEIN_MM2


def test_cement_with_a_yield_stress_stops_in_a_vein_where_the_pressure_no_longer_moves_it(
    fill_a_vein, newtonian
):
    product = newtonian(cement_product("low_viscosity"), 1.0).with_value("yield_stress_pa", 200.0)
    held = fill_a_vein(product, 8e-3, 0.5, 40)
    # 8 kPa = 4 tau L / d; a little further, since the yield stress is smoothed
    assert held / VEIN_MM2 == pytest.approx(10.2, abs=0.5)
    runny = fill_a_vein(product.with_value("yield_stress_pa", 0.0), 8e-3, 2.0, 9)
    assert runny > 20.0 * VEIN_MM2


def test_cement_in_a_vein_is_as_thin_as_its_own_shear_rate_makes_it(fill_a_vein, newtonian):
    """A power law in a tube, but for the factor ((3 n + 1) / 4 n)^n of its profile."""
    product = newtonian(cement_product("low_viscosity"), 20.0).with_value("exponent", 0.5)
    product = product.with_value("carreau_s", 1e4)
    first = [fill_a_vein(product, p, 1.0, 4000) for p in (1e-2, 2e-2)]
    more = [fill_a_vein(product, p, 1.0, 4050) for p in (1e-2, 2e-2)]
    assert min(first) > 20.0 * VEIN_MM2
    # full: flow grows with the square of the pressure
    flow = np.subtract(more, first)
    assert flow[1] / flow[0] == pytest.approx(4.0, rel=0.02)
