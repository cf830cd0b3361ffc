"""What a vertebra bears before and with cement."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import ComputationError, InputError
from vertaug.case.mechanics_content import describe_mechanics
from vertaug.case.record import load_record, save_record
from vertaug.case.strength import StrengthAssessment
from vertaug.mechanics import strength_state
from vertaug.mechanics.caps import model_from_vertebra
from vertaug.mechanics.cement_bone import cement_volume_ml
from vertaug.mechanics.comparison import (
    StrengthOptions,
    assess_model,
    assess_strength,
    spread_cement,
)
from vertaug.mechanics.density_shift import shift_density
from vertaug.mechanics.failure import AT_END, LINEAR
from vertaug.tissue import calibrate_generic
from vertaug.verification.analytic_vertebra import AnalyticVertebra

LAW = calibrate_generic(120.0)
COARSE = StrengthOptions(linear_only=True, spacing_mm=3.0)


@pytest.fixture(scope="module")
def vertebra():
    return AnalyticVertebra(spacing=1.5).spine()["L1"]


@pytest.fixture(scope="module")
def assessed(vertebra):
    return assess_strength(vertebra, LAW, replace(COARSE, cement_ml=4.0))


def test_cement_stiffens_and_the_ratio_says_so(assessed):
    before, after = assessed.before, assessed.after
    assert after.stiffness_n_per_mm > before.stiffness_n_per_mm
    assert assessed.stiffness_ratio == after.stiffness_n_per_mm / before.stiffness_n_per_mm
    assert assessed.load_ratio == pytest.approx(assessed.stiffness_ratio)  # linear: the same
    assert all(
        after.bending_nmm_per_rad[name] > stiffness
        for name, stiffness in before.bending_nmm_per_rad.items()
    )


def test_a_linear_computation_names_the_linear_load_and_has_no_curve(assessed):
    assert assessed.before.main == LINEAR.name
    assert assessed.before.curve is None
    assert dict(assessed.before.yielded) == {}
    expected = 0.0068 * assessed.height_mm * assessed.before.stiffness_n_per_mm
    assert assessed.before.failure_load_n == pytest.approx(expected)


def test_a_symmetric_vertebra_is_even_and_cement_carries(assessed):
    assert assessed.before.asymmetry < 0.01
    assert [level.name for level in assessed.before.levels] == ["superior", "middle", "inferior"]
    assert all(level.cement == 0.0 for level in assessed.before.levels)
    assert assessed.after.levels[1].cement > 0.2


def test_fields_are_those_of_the_linear_failure_load(assessed, vertebra):
    model = model_from_vertebra(vertebra, LAW, COARSE.material, spacing_mm=COARSE.spacing_mm)
    for state in (assessed.before, assessed.after):
        field = state.field
        down = field.displacement_mm[tuple(field.superior_nodes.T)]
        np.testing.assert_allclose(down[:, 2], -0.0068 * assessed.height_mm, rtol=1e-5)
        np.testing.assert_array_equal(field.displacement_mm[tuple(field.inferior_nodes.T)][:, 2], 0)
        work = field.energy_mpa.sum() * field.grid.voxel_volume_mm3
        size = 0.0068 * assessed.height_mm
        assert work == pytest.approx(0.5 * state.stiffness_n_per_mm * size**2, rel=1e-3)
        np.testing.assert_allclose(field.density_mg_per_ml, model.density_mg_per_ml, rtol=1e-6)
        assert field.crushed_mm is None
        assert not field.density_mg_per_ml[assessed.before.field.bone_mpa <= 0.0].any()
        assert field.density_mg_per_ml.any()
    assert not assessed.before.field.cement_share.any()
    share = assessed.after.field.cement_share
    assert set(np.unique(share > 0.0)) == {False, True}
    grew = assessed.after.field.filler_mpa > assessed.before.field.filler_mpa
    np.testing.assert_array_equal(share > 0.0, grew)


def test_cement_stiffens_the_body_between_discs(assessed):
    before, after = assessed.before.disc_load, assessed.after.disc_load
    assert after.stiffness_n_per_mm > before.stiffness_n_per_mm
    # discs are far softer than bone
    assert before.stiffness_n_per_mm < 0.3 * assessed.before.stiffness_n_per_mm
    for one, other in zip(before.plates, after.plates, strict=True):
        assert other.central_mpa > one.central_mpa
        assert other.bulge_mm < one.bulge_mm


def test_one_sided_cement_is_uneven(vertebra):
    tip = vertebra.frame.to_world([9.0, 0.0, 0.0])  # left
    found = assess_strength(vertebra, LAW, replace(COARSE, cement_ml=3.0), [tip])
    assert found.after.levels[1].left > 0.55
    assert found.after.asymmetry > 0.05 > found.before.asymmetry


def test_density_one_uncertainty_lower_and_higher_brackets_the_stiffness(assessed):
    found = assessed.sensitivity
    low, high = found.stiffness_n_per_mm
    assert low < assessed.before.stiffness_n_per_mm < high
    assert found.uncertainty_mg_per_ml == LAW.uncertainty(found.density_mg_per_ml)
    assert found.definition == LINEAR.name
    assert found.failure_load_n[1] == pytest.approx(0.0068 * assessed.height_mm * high)


def test_a_spread_that_cannot_be_crushed_is_linear_and_says_so(vertebra, monkeypatch):
    from vertaug.mechanics import density_shift

    def fail(*_, **__):
        message = "crushing failed"
        raise ComputationError(message)

    monkeypatch.setattr(density_shift, "crush", fail)
    options = replace(COARSE, linear_only=False, spacing_mm=4.0)
    found = assess_strength(vertebra, LAW, options)
    assert found.before.main == AT_END.name
    assert found.sensitivity.definition == LINEAR.name


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_shifted_law_differs_by_the_uncertainty_at_its_density(sign):
    density = 120.0
    hu = density / LAW.slope_mg_per_ml_per_hu
    shifted = shift_density(LAW, density, sign)
    change = float(shifted.to_density(hu)) - density
    assert change == pytest.approx(sign * LAW.uncertainty(density))
    certain = replace(LAW, relative_uncertainty=0.0, offset_uncertainty_mg_per_ml=0.0)
    assert shift_density(certain, density, sign) == certain


def test_competitors_stand_beside_it(assessed):
    found = assessed.competitors
    assert found.areal_mg_per_cm2 > 0.0
    assert found.integral_mg_per_ml > 0.0
    assert found.strength_by_rigidity_n == pytest.approx(0.0068 * found.minimum_rigidity_n)


def test_ellipsoids_that_overlap_hold_the_volume_together(vertebra):
    model = model_from_vertebra(vertebra, LAW, spacing_mm=2.0)
    tips = [vertebra.frame.to_world([x, -2.0, 0.0]) for x in (-4.0, 4.0)]
    share = spread_cement(model, tips, 5.0)
    assert cement_volume_ml(model, share) == pytest.approx(5.0, rel=2e-3)
    assert share.max() <= 1.0
    with pytest.raises(InputError, match="room"):
        spread_cement(model, tips, 500.0)


def test_crushing_gives_the_force_at_the_end(vertebra):
    found = assess_strength(vertebra, LAW, replace(COARSE, linear_only=False, spacing_mm=4.0))
    state = found.before
    assert state.main == AT_END.name
    assert state.failure_load_n == pytest.approx(state.curve.force_n[-1])
    # the curve counts caps as well, and they do not yield
    assert state.yielded["all"] >= state.curve.yielded[-1] > 0.0
    # the curve of bone alone ends where the table does
    assert state.curve.yielded_bone[-1] == pytest.approx(state.yielded["all"])
    assert state.curve.yielded_bone[0] == 0.0
    record = describe_mechanics(found).before
    assert record.curve.yielded_bone_share[-1] == record.yielded_share["all"]
    assert {"superior", "middle", "inferior", "shell", "core"} <= set(state.yielded)
    assert found.after is None
    assert found.load_ratio is None
    spread = found.sensitivity
    assert spread.definition == AT_END.name
    low, high = spread.failure_load_n
    assert low < state.failure_load_n < high
    # strength depends more steeply on density than stiffness does
    assert high / low > spread.stiffness_n_per_mm[1] / spread.stiffness_n_per_mm[0]
    field = state.field
    # crushed by 1.9 % of its height, of which some is elastic
    assert 0.005 < float(field.plastic_strain[field.bone_mpa > 0.0].mean()) < 0.03
    assert field.plastic_strain[field.bone_mpa + field.filler_mpa == 0.0].max() == 0.0


def test_no_number_comes_from_a_solution_that_did_not_converge(vertebra, monkeypatch):
    def fail(*_, **__):
        message = "crushing failed"
        raise ComputationError(message)

    monkeypatch.setattr(strength_state, "crush", fail)
    with pytest.raises(ComputationError):
        assess_strength(vertebra, LAW, replace(COARSE, linear_only=False))


@pytest.mark.parametrize("volume", [0.0, -1.0, 21.0, np.nan])
def test_volumes_that_are_none_are_refused(volume):
    with pytest.raises(InputError, match="ml"):
        StrengthOptions(cement_ml=volume)


def test_bone_stiffer_than_cement_holds_none(vertebra):
    model = model_from_vertebra(vertebra, LAW, spacing_mm=3.0)
    middle = tuple(np.round(np.argwhere(model.bone_mpa > 0.0).mean(axis=0)).astype(int))
    hard = np.array(model.bone_mpa)
    hard[middle] = 9000.0
    found = assess_model(replace(model, bone_mpa=hard), "L1", replace(COARSE, cement_ml=3.0))
    share = found.after.field.cement_share
    assert share[middle] == 0.0
    assert share[middle[0] + 1, middle[1], middle[2]] > 0.0


def test_a_model_alone_has_no_densities(vertebra):
    model = model_from_vertebra(vertebra, LAW, spacing_mm=3.0)
    found = assess_model(model, "L1", COARSE)
    assert found.sensitivity is None
    assert found.competitors.areal_mg_per_cm2 is None
    assert found.competitors.minimum_rigidity_n > 0.0


def test_an_assessment_is_stored_and_read_back(assessed, tmp_path):
    save_record(assessed, tmp_path / "s.npz")
    again = load_record(StrengthAssessment, tmp_path / "s.npz")
    assert again.after.failure_loads == assessed.after.failure_loads
    assert dict(again.before.bending_nmm_per_rad) == dict(assessed.before.bending_nmm_per_rad)
    assert again.sensitivity == assessed.sensitivity
    for name in ("cement_share", "displacement_mm", "density_mg_per_ml", "superior_nodes"):
        one, other = (getattr(found.after.field, name) for found in (again, assessed))
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    assert again.after.disc_load == assessed.after.disc_load
    assert again.after.field.cement_share.any()
    assert again.before.field.plastic_strain is None


def with_curve(state, end_n):
    """The state with a curve that ends at 1.9 % with a force."""
    from vertaug.case.strength import StrengthCurve

    x = np.array([0.0, 0.2, 0.5])
    force = np.array([0.0, 0.2 * state.stiffness_n_per_mm, end_n])
    return replace(state, curve=StrengthCurve(displacement_mm=x, force_n=force, yielded=x))


def test_a_curve_that_still_rises_is_told(assessed):
    from vertaug.mechanics.comparison_words import list_findings

    k = assessed.after.stiffness_n_per_mm
    rising = replace(assessed, after=with_curve(assessed.after, 0.32 * k))  # slope 0.4 k
    assert "with cement still rises at its end, with 40 %" in " ".join(list_findings(rising))
    flat = replace(assessed, after=with_curve(assessed.after, 0.2 * k))
    assert not any("rises" in note for note in list_findings(flat))


def test_limits_name_loading_error_and_which_way_the_gain_is_pushed(assessed, vertebra):
    text = " ".join(assessed.notes)
    for part in (
        "axial compression between parallel platens",
        "No safe load is given",
        "not been compared with tests",
        "with cement are upper estimates: the bond to the bone is perfect",
        "the gain is rather too high",
        "it has no uncertainty here",
    ):
        assert part in text
    assert "R2" not in text
    alone = assess_strength(vertebra, LAW, COARSE)
    assert "upper estimates" not in " ".join(alone.notes)


def test_the_method_says_where_the_cement_lies(assessed, vertebra):
    def cement(found):
        return next(text for text in found.method if text.startswith("Cement"))

    assert "one ellipsoid about the middle of the body" in cement(assessed)
    tips = [vertebra.frame.to_world([x, 0.0, 0.0]) for x in (-7.0, 7.0)]
    planned = assess_strength(vertebra, LAW, replace(COARSE, cement_ml=4.0), tips)
    assert "2 ellipsoids of equal volume about the planned needle tips" in cement(planned)
    told = " ".join((*planned.method, *(load.source for load in planned.before.failure_loads)))
    for word in ("physics reference", "recalled", "verified"):
        assert word not in told


def test_cement_from_endplate_to_endplate_is_told(vertebra):
    found = assess_strength(vertebra, LAW, replace(COARSE, cement_ml=14.0))
    assert any("at both endplates" in note for note in found.notes)
    small = assess_strength(vertebra, LAW, replace(COARSE, cement_ml=1.0))
    assert not any("at both endplates" in note for note in small.notes)
