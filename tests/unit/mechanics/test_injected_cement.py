"""Cement of an injection in a model of the vertebra."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.case.grid import axis_aligned_grid
from vertaug.mechanics.caps import model_from_vertebra
from vertaug.mechanics.cement_bone import cement_volume_ml, with_cement
from vertaug.mechanics.comparison import StrengthOptions, assess_strength
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.injected_cement import bone_tissue_share, place_filling
from vertaug.tissue import calibrate_generic
from vertaug.tissue.porosity import PorosityLaw
from vertaug.verification.analytic_vertebra import AnalyticVertebra
from vertaug.verification.lobed_filling import lobed_filling

LAW = calibrate_generic(120.0)


@pytest.fixture(scope="module")
def vertebra():
    return AnalyticVertebra(spacing=1.5).spine()["L1"]


def filling_in(vertebra, volume_mm3=3000.0, spacing=1.0, tilt_deg=0.0):
    """Two lobes in the bone of a model of another spacing than the one that is filled."""
    frame = vertebra.frame
    c, s = np.cos(np.radians(tilt_deg)), np.sin(np.radians(tilt_deg))
    axes = frame.axes @ np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    half = np.array([32.0, 30.0, 22.0])
    grid = axis_aligned_grid(
        frame.origin_lps_mm - axes @ half,
        axes,
        spacing,
        tuple(int(n) for n in 2.0 * half / spacing + 1),
    )
    model = model_from_vertebra(vertebra, LAW, spacing_mm=1.5)
    index = np.moveaxis(np.indices(grid.shape), 0, -1)
    place = np.floor(model.grid.to_index(grid.to_world(index)) + 0.5).astype(int)
    within = ((place >= 0) & (place < model.grid.shape)).all(axis=-1)
    place[~within] = 0
    at = tuple(np.moveaxis(place, -1, 0))
    bone = (model.bone_mpa[at] > 0.0) & within
    porosity = np.where(bone, PorosityLaw().evaluate(model.density_mg_per_ml[at]), 0.0)
    tips = frame.to_world([[9.0, -4.0, 0.0], [-9.0, -4.0, 1.0]])
    return lobed_filling(grid, bone, porosity, tips, volume_mm3, level=vertebra.level)


@pytest.fixture(scope="module")
def filling(vertebra):
    return filling_in(vertebra)


@pytest.mark.parametrize("spacing_mm", [0.9, 1.0, 1.5, 2.0, 3.0])
def test_volume_is_kept_at_any_spacing(vertebra, filling, spacing_mm):
    model = model_from_vertebra(vertebra, LAW, spacing_mm=spacing_mm)
    placed = place_filling(model, filling)
    held = cement_volume_ml(model, placed.share, bone_share=placed.bone_share)
    assert held == pytest.approx(3.0, rel=1e-3)
    assert placed.volume_ml == pytest.approx(3.0, rel=1e-3)
    assert 0.0 <= placed.share.min() <= placed.share.max() <= 1.0
    assert not placed.share[model.filler_mpa > 0.0].any()
    assert placed.moved_ml < 0.12 * placed.volume_ml


def test_cement_lies_where_it_was(vertebra, filling):
    """Its centroid moves by less than half a millimetre, whatever the axes of its grid."""
    model = model_from_vertebra(vertebra, LAW, spacing_mm=1.5)
    for given in (filling, filling_in(vertebra, tilt_deg=25.0)):
        placed = place_filling(model, given)
        points = model.grid.to_world(np.argwhere(placed.share > 0.0))
        amount = (placed.share * (1.0 - placed.bone_share))[placed.share > 0.0]
        share = given.cement_share
        source = given.grid.to_world(np.argwhere(share > 0.0))
        there = np.average(source, axis=0, weights=share[share > 0.0])
        assert np.average(points, axis=0, weights=amount) == pytest.approx(there, abs=0.5)
        assert placed.volume_ml == pytest.approx(3.0, rel=1e-3)


def test_more_of_the_injection_is_stiffer(vertebra, filling):
    model = model_from_vertebra(vertebra, LAW, spacing_mm=3.0)
    stiffness = [solve_elastic(model).stiffness]
    for number in range(1, 5):
        placed = place_filling(model, replace(filling, frames=filling.frames[:number]))
        filled = with_cement(model, placed.share, bone_share=placed.bone_share)
        stiffness.append(solve_elastic(filled).stiffness)
    assert (np.diff(stiffness) > 0.0).all()


def test_cement_of_the_pedicles_is_left_out_and_told(vertebra, filling):
    model = model_from_vertebra(vertebra, LAW, spacing_mm=1.5)
    share = filling.cement_share
    right = np.argwhere(share > 0.0)[:, 0].mean()
    in_body = filling.in_body & (np.arange(share.shape[0])[:, None, None] < right)
    half = place_filling(model, replace(filling, in_body=in_body))
    kept = float(share[in_body].sum()) * filling.grid.voxel_volume_mm3 / 1000.0
    assert half.volume_ml == pytest.approx(kept, rel=1e-3)
    assert half.left_out_ml == pytest.approx(3.0 - kept, rel=1e-3)
    assert any("in the pedicles are left out" in note for note in half.notes)


def test_a_gap_is_all_room_and_a_model_without_density_takes_the_mean(vertebra, filling):
    model = model_from_vertebra(vertebra, LAW, spacing_mm=1.5)
    density = np.where(model.bone_mpa > 0.0, -50.0, 0.0)
    assert (bone_tissue_share(replace(model, density_mg_per_ml=density)) == 0.0).all()
    bare = replace(model, density_mg_per_ml=None)
    placed = place_filling(bare, filling)
    assert placed.bone_share is None
    assert cement_volume_ml(bare, placed.share) == pytest.approx(3.0, rel=1e-3)


def test_voxels_of_no_density_inside_the_body_are_filled(vertebra, filling):
    """The recipe for bone drops voxels of exactly 0 mg/ml; cement does not go around them."""
    model = model_from_vertebra(vertebra, LAW, spacing_mm=1.5)
    inner = place_filling(model, filling).share > 0.9
    hole = np.argwhere(inner)[inner.sum() // 2]
    bone, density = model.bone_mpa.copy(), model.density_mg_per_ml.copy()
    bone[tuple(hole)], density[tuple(hole)] = 0.0, 0.0
    strength = model.strength_mpa.copy()
    strength[tuple(hole)] = np.inf
    holed = replace(model, bone_mpa=bone, density_mg_per_ml=density, strength_mpa=strength)
    placed = place_filling(holed, filling)
    assert placed.share[tuple(hole)] > 0.7
    held = cement_volume_ml(holed, placed.share, bone_share=placed.bone_share)
    assert held == pytest.approx(3.0, rel=1e-3)
    filled = with_cement(holed, placed.share, bone_share=placed.bone_share)
    assert filled.filler_mpa[tuple(hole)] > 0.7 * 2450.0


def test_strength_with_a_filling(vertebra, filling):
    options = StrengthOptions(linear_only=True, spacing_mm=3.0)
    found = assess_strength(vertebra, LAW, options, filling=filling)
    assert found.after.stiffness_n_per_mm > found.before.stiffness_n_per_mm
    assert found.cement_ml == pytest.approx(3.0, rel=1e-3)
    assert any("simulated injection (3 ml" in sentence for sentence in found.method)
    assert not any("is a shape" in note for note in found.notes)


def test_faults(vertebra, filling):
    model = model_from_vertebra(vertebra, LAW, spacing_mm=3.0)
    empty = replace(filling, in_body=np.zeros_like(filling.in_body))
    with pytest.raises(InputError, match="no cement in the body"):
        place_filling(model, empty)
    affine = np.array(filling.grid.affine)
    affine[:3, 3] += 30.0
    away = replace(filling, grid=replace(filling.grid, affine=affine))
    with pytest.raises(InputError, match="not of the same vertebra"):
        place_filling(model, away)
    much = replace(filling.frames[-1], cement_share=filling.in_body * np.float32(0.999))
    with pytest.raises(InputError, match="has room for"):
        place_filling(model, replace(filling, frames=(much,)))
    options = StrengthOptions(linear_only=True, spacing_mm=3.0)
    with pytest.raises(InputError, match="given twice"):
        assess_strength(vertebra, LAW, replace(options, cement_ml=4.0), filling=filling)
    with pytest.raises(InputError, match="the filling is of L2"):
        assess_strength(vertebra, LAW, options, filling=replace(filling, level="L2"))
