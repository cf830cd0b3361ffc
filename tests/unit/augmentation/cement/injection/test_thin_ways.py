from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.cement.injection_plan import BODY_C, InjectionSetting, plan_injection
from vertaug.augmentation.cement.injection_state import CementInBone, FlowLimits
from vertaug.augmentation.cement.mouth import fitted_mouth_law
from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.porous_body import build_porous_body
from vertaug.augmentation.cement.product import cement_product
from vertaug.augmentation.cement.rheology import aged_viscosity_mpa_s
from vertaug.augmentation.cement.survey import survey_bone
from vertaug.augmentation.cement.thin_links import link_way
from vertaug.augmentation.cement.thin_ways import ThinWays
from vertaug.augmentation.cement.way_out import Way


def way(kind, size_mm, own_mm3, length_mm):
    return Way(
        path=LeakPath.S,
        kind=kind,
        mouth_mm=np.zeros(3),
        inner_mm=np.ones(3),
        size_mm=size_mm,
        own_mm3=own_mm3,
        length_mm=length_mm,
    )


def test_a_vein_holds_its_section_times_its_length():
    size, length = 0.8, 13.0
    own = np.pi * size**4 / (128.0 * length)
    found = way("vein", size, own, 6.0).room_mm3
    assert found == pytest.approx(np.pi / 4.0 * size**2 * length)


def test_a_fissure_holds_width_times_length_times_depth():
    width, length, deep = 0.2, 5.0, 0.5
    own = length * width**3 / (12.0 * deep)
    found = way("fissure", width, own, length).room_mm3
    assert found == pytest.approx(width * length * deep)


def test_walls_are_sheared_by_the_flow():
    vein = way("vein", 0.8, 1e-3, 6.0)
    assert vein.shear_per_mm3 == pytest.approx(8.0 / 0.8 / (np.pi / 4.0 * 0.8**2))
    slit = way("fissure", 0.2, 1e-3, 5.0)
    assert slit.shear_per_mm3 == pytest.approx(6.0 / 0.2 / (0.2 * 5.0))


def test_a_body_knows_what_its_thin_ways_pass_and_hold(plain, law):
    survey = survey_bone(plain[0], law, plain[1], spacing_mm=1.5)
    body = build_porous_body(survey, np.random.default_rng(3))
    thin, ways = body.thin, body.ways
    assert thin.room_mm3.sum() == pytest.approx(sum(w.room_mm3 for w in ways))
    assert thin.own_mm3.sum() == pytest.approx(sum(w.own_mm3 for w in ways))
    inside = thin.bone_room_mm3 / thin.room_mm3
    assert inside.min() >= 0.0
    assert inside.max() <= 1.0 + 1e-9
    assert (thin.shear_per_mm3 > 0.0).all()
    assert (body.permeability_mm2[tuple(thin.cell.T)] > 0.0).all()


def test_the_links_of_a_way_are_the_way_with_its_bone_in_series():
    """Uneven bone; places in the same cell become one link."""
    size, length = 2.0, 14.0
    vein = way("vein", size, np.pi * size**4 / (128.0 * length), 8.0)
    permeability = np.array([0.03, 0.03, 0.01, 0.02, 0.02, 0.05, 0.05, 0.05])
    cell = np.stack([np.array([0, 0, 1, 2, 2, 3, 3, 3]), np.zeros(8), np.zeros(8)], axis=-1)
    reach = np.arange(8) + 0.5
    given = (cell.astype(int), permeability, reach)
    found = link_way(vein, *given, cell_mm=10.0, exit_lps_mm=np.ones(3))
    assert len(found.cell) == 4
    draw = vein.unresolved_bone(10.0) * 8.0 * permeability.mean()
    assert found.conductance_mm3.sum() == pytest.approx(1.0 / (1.0 / vein.own_mm3 + 1.0 / draw))
    # each part bends the flow of the whole by its share
    whole = found.shear_per_mm3 * found.own_mm3 / vein.own_mm3
    np.testing.assert_allclose(whole, vein.shear_per_mm3)
    assert found.room_mm3.sum() == pytest.approx(vein.room_mm3)
    # cement from the mean place on its way out
    mean = (permeability * reach).sum() / permeability.sum()
    assert found.bone_room_mm3.sum() == pytest.approx(0.25 * np.pi * size**2 * mean)
    assert found.moved((1, 2, 3)).cell[-1].tolist() == [2, -2, -3]


def test_a_fissure_lies_within_the_cortex():
    slit = way("fissure", 0.2, 5.0 * 0.2**3 / (12.0 * 0.5), 5.0)
    given = (np.zeros((1, 3), dtype=int), np.ones(1), np.full(1, 0.2))
    found = link_way(slit, *given, cell_mm=1.0, exit_lps_mm=np.ones(3))
    assert found.bone_room_mm3.sum() == pytest.approx(0.2 * 5.0 * 0.5)


ROOM_MM3, OWN_MM3, SHEAR_PER_MM3 = 20.0, 2e-3, 10.0
LOW = cement_product("low_viscosity")
SETTING = InjectionSetting(first_age_s=330.0)
NO_MOUTH = fitted_mouth_law().with_exponent(0.0)


@pytest.fixture(name="vein")
def vein_fixture(ball, one_link):
    """Return an empty vein of a ball, without bone before it, and what it passes."""
    body = ball(radius=6.0)
    cell = np.argwhere(body.path > 0)[0]
    thin = one_link(cell, OWN_MM3, ROOM_MM3, shear=SHEAR_PER_MM3)
    ways, ones = ThinWays(replace(body, thin=thin), LOW, 1e-7, NO_MOUTH), np.ones(body.grid.shape)

    def passes(entering_s, held_s, seconds=1e-3, pressure_mpa=1e-3):
        found = ways.conductance(
            3.44e-2 * ones,
            cement_mpa_s=ones,
            aged_s=entering_s * ones,
            held_aged_s=np.full(1, held_s),
            saturation=ones,
            pressure_mpa=pressure_mpa * ones,
            seconds=seconds,
        )
        return float(found[0])

    return ways, passes


def viscosity(age_s, conductance, pressure_mpa=1e-3):
    """At the shear rate of the flow."""
    shear = SHEAR_PER_MM3 * conductance * pressure_mpa
    return float(aged_viscosity_mpa_s(LOW, age_s, BODY_C, shear))


@pytest.mark.parametrize("entering_s", [260.0, 800.0])
def test_a_full_vein_passes_what_its_own_cement_lets_pass(vein, entering_s):
    """Whatever stands before it: a plug does not open when fresh cement comes to its mouth."""
    ways, passes = vein
    ways.fill(np.full(1, ROOM_MM3), np.zeros(1))
    found = passes(entering_s, 800.0)
    assert found == pytest.approx(OWN_MM3 / viscosity(800.0, found), rel=1e-6)
    assert passes(260.0, 260.0) > 20.0 * found


def test_what_enters_lies_behind_what_is_there_in_series(vein):
    """Half of it old, half of it filled with fresh cement within one long step."""
    ways, passes = vein
    ways.fill(np.full(1, 0.5 * ROOM_MM3), np.zeros(1))
    found = passes(260.0, 800.0, seconds=1e9)
    parts = 0.5 * viscosity(260.0, found) + 0.5 * viscosity(800.0, found)
    assert found == pytest.approx(OWN_MM3 / parts, rel=1e-4)


def test_an_empty_vein_takes_no_account_of_the_age_of_what_it_holds(vein):
    _, passes = vein
    assert passes(260.0, 800.0, seconds=60.0) == passes(260.0, 0.0, seconds=60.0)


def test_cement_in_a_way_entered_when_its_parts_did_by_volume(vein):
    ways, _ = vein
    assert ways.entered_s[0] == 0.0
    ways.fill(np.full(1, 6.0), np.full(1, 30.0))
    assert ways.entered_s[0] == pytest.approx(30.0)
    ways.fill(np.full(1, 2.0), np.full(1, 70.0))
    assert ways.entered_s[0] == pytest.approx(40.0)
    ways.fill(np.zeros(1), np.full(1, 500.0))
    assert ways.entered_s[0] == pytest.approx(40.0)
    # full: what comes in beyond its 20 mm3 drives as much of the mixture out
    ways.fill(np.full(1, 32.0), np.full(1, 90.0))
    assert ways.entered_s[0] == pytest.approx((8.0 * 40.0 + 32.0 * 90.0) / 40.0)
    ways.fill(np.full(1, 20.0), np.full(1, 100.0))
    assert ways.entered_s[0] == pytest.approx(90.0)


def test_a_vein_keeps_the_age_of_what_has_entered_it_over_a_pause(ball, one_link, needle_at):
    """Held against the sum over the steps: volume times when the cement of its cell entered."""
    body = ball(radius=6.0, link=1e-2)
    near = np.argwhere(body.path > 0)
    cell = near[np.argmax(near[:, 0])]
    thin = one_link(cell, 2e-3, 1e4, bone_room=1e4, shear=SHEAR_PER_MM3)
    plan = plan_injection("L1", (needle_at((4.0, 0.0, 0.0)),), LOW, 1000.0, SETTING)
    state = CementInBone(replace(body, thin=thin), plan, FlowLimits(mouth=NO_MOUTH))
    moment, held = 0.0, 0.0
    for step in range(8):
        if step == 5:
            state.wait(240.0)
        flow, _ = state.solve(0, 50.0, 1.0)
        state.advance(0, flow, 50.0, 1.0)
        there = state.tracers.mean_in_cells(state.saturation > 0.0)[tuple(cell)]
        moment += (state.in_ways_mm3 - held) * there if state.in_ways_mm3 > held else 0.0
        held = state.in_ways_mm3
    assert held > 5.0
    assert state._ways.entered_s[0] == pytest.approx(moment / held, rel=1e-9)
    # its cell has the cement of after the pause
    assert there > 1.5 * moment / held
