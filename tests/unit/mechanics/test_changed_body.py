"""A body that was changed before its cement, beside the body as scanned."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.mechanics.caps import model_from_vertebra
from vertaug.mechanics.changed_body import ChangedBody, assess_changed
from vertaug.mechanics.comparison import StrengthOptions, assess_strength
from vertaug.mechanics.comparison_words import AFTER_BALLOONS
from vertaug.mechanics.injected_cement import place_filling
from vertaug.mechanics.load_transfer import divide_body
from vertaug.tissue import calibrate_generic
from vertaug.verification.analytic_vertebra import AnalyticVertebra
from vertaug.verification.lobed_filling import lobed_filling

LAW = calibrate_generic(120.0)
SPACING = 2.0
OPTIONS = StrengthOptions(spacing_mm=SPACING, linear_only=True)


@pytest.fixture(scope="module")
def vertebra():
    return AnalyticVertebra(spacing=1.5).spine()["L1"]


@pytest.fixture(scope="module")
def model(vertebra):
    return model_from_vertebra(vertebra, LAW, spacing_mm=SPACING)


@pytest.fixture(scope="module")
def cavity(vertebra, model):
    """Two balls of empty voxels, 5 mm wide each way."""
    place = vertebra.frame.to_local(
        model.grid.to_world(np.moveaxis(np.indices(model.grid.shape), 0, -1))
    )
    away = [np.linalg.norm(place - middle, axis=-1) for middle in ((9, -4, 0), (-9, -4, 0))]
    return np.minimum(*away) < 5.0


@pytest.fixture(scope="module")
def hollow(model, cavity):
    """The model without what is in the cavity."""
    return replace(
        model,
        bone_mpa=np.where(cavity, 0.0, model.bone_mpa),
        strength_mpa=np.where(cavity, np.inf, model.strength_mpa),
        density_mg_per_ml=np.where(cavity, 0.0, model.density_mg_per_ml),
    )


def filling_of(vertebra, model, cavity, volume_mm3=900.0):
    bone = (model.bone_mpa > 0.0) | cavity
    porosity = np.where(bone, 0.9, 0.0)
    tips = vertebra.frame.to_world([[9.0, -4.0, 0.0], [-9.0, -4.0, 0.0]])
    return lobed_filling(model.grid, bone, porosity, tips, volume_mm3, level=vertebra.level)


@pytest.fixture(scope="module")
def filling(vertebra, model, cavity):
    return filling_of(vertebra, model, cavity)


@pytest.fixture(scope="module")
def scanned(vertebra):
    return assess_strength(vertebra, LAW, OPTIONS)


def changed(model, cavity):
    return ChangedBody(model=model, cavity=cavity, scanned_mg=4000.0, taken_mg=30.0, left_mg=3970.0)


def test_a_body_that_did_not_change_bears_what_it_bears_with_that_cement(
    vertebra, model, filling, scanned
):
    own = assess_strength(vertebra, LAW, OPTIONS, filling=filling, scanned=lambda: scanned)
    found = assess_changed(changed(model, np.zeros_like(model.filled)), filling, scanned, OPTIONS)
    assert found.after.stiffness_n_per_mm == own.after.stiffness_n_per_mm
    assert found.after.failure_load_n == own.after.failure_load_n
    assert found.after.levels == own.after.levels
    assert found.after.disc_load == own.after.disc_load
    np.testing.assert_array_equal(found.after.field.energy_mpa, own.after.field.energy_mpa)
    assert found.before is scanned.before
    assert found.sensitivity is scanned.sensitivity
    assert found.after_balloons
    assert (found.after_height_mm, found.voxels) == (model.height_mm, int(model.filled.sum()))
    assert AFTER_BALLOONS in found.notes
    assert "4.00 g (K2HPO4-equivalent), 0.03 g were taken out" in found.method[-1]
    assert "the model has 3.97 g" in found.method[-1]


def test_cement_goes_into_the_cavity_and_only_as_much_as_there_is(
    vertebra, hollow, cavity, filling, scanned
):
    full = assess_changed(changed(hollow, cavity), filling, scanned, OPTIONS)
    assert full.cement_ml == pytest.approx(0.9, abs=0.01)
    little = filling_of(vertebra, hollow, cavity, 200.0)
    part = assess_changed(changed(hollow, cavity), little, scanned, OPTIONS)
    assert part.cement_ml == pytest.approx(0.2, abs=0.01)
    # what is not filled stays empty
    empty = cavity & (part.after.field.cement_share <= 0.0)
    assert empty.sum() > 0.3 * cavity.sum()
    assert not part.after.field.filler_mpa[empty].any()
    assert not part.after.field.bone_mpa[empty].any()
    assert part.after.stiffness_n_per_mm < full.after.stiffness_n_per_mm
    # cement in a cavity has no bone between it
    inside = cavity & (full.after.field.cement_share > 0.99)
    np.testing.assert_allclose(
        full.after.field.filler_mpa[inside], OPTIONS.cement.cement_mpa, rtol=0.02
    )


def test_shares_of_the_load_add_up_with_a_cavity(hollow, cavity, filling, scanned):
    found = assess_changed(changed(hollow, cavity), filling, scanned, OPTIONS)
    for level in found.after.levels:
        assert level.shell + level.core + level.cap == pytest.approx(1.0, abs=1e-9)
    middle = found.after.levels[1]
    assert 0.0 < middle.cement < middle.core


def test_bone_about_a_cavity_is_no_shell(model, hollow, cavity):
    parts, before = divide_body(hollow, cavity=cavity), divide_body(model)
    np.testing.assert_array_equal(parts.shell, before.shell & ~cavity)
    np.testing.assert_array_equal(parts.inside, before.core)
    np.testing.assert_array_equal(parts.cavity, cavity & (model.bone_mpa > 0.0))
    assert divide_body(hollow).shell.sum() > parts.shell.sum()
    assert before.cavity is None


def test_height_of_each_state_is_its_own(hollow, cavity, filling, scanned):
    taller = replace(hollow, height_mm=hollow.height_mm + 1.5)
    found = assess_changed(changed(taller, cavity), filling, scanned, OPTIONS)
    assert found.height_of(found.before) == scanned.height_mm
    assert found.height_of(found.after) == scanned.height_mm + 1.5
    load = next(f for f in found.after.failure_loads if f.name == "linear 0.68 %")
    wanted = 0.0068 * (scanned.height_mm + 1.5) * found.after.stiffness_n_per_mm
    assert load.force_n == pytest.approx(wanted)


def test_other_levels_and_voxels_are_refused(model, cavity, filling, scanned):
    body = changed(model, np.zeros_like(model.filled))
    with pytest.raises(InputError, match="the filling is of L3, the strength as scanned of L1"):
        assess_changed(body, replace(filling, level="L3"), scanned, OPTIONS)
    with pytest.raises(InputError, match="voxels of 2 mm, the one as scanned of 1 mm"):
        assess_changed(body, filling, replace(scanned, spacing_mm=1.0), OPTIONS)


def test_cement_of_another_place_is_refused_with_a_cavity_too(hollow, cavity, filling):
    affine = np.array(filling.grid.affine)
    affine[:3, 3] += [0.0, 0.0, 60.0]
    away = replace(filling, grid=replace(filling.grid, affine=affine))
    with pytest.raises(InputError, match="of the filling's cement lies in the bone"):
        place_filling(hollow, away, cavity=cavity)
    # without the cavity's voxels most of this cement lies in nothing
    with pytest.raises(InputError, match="of the filling's cement lies in the bone"):
        place_filling(hollow, filling)
