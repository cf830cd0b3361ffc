"""Models of a vertebra between caps that follow its endplates."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.anatomy import analyse_spine
from vertaug.case.errors import InputError, LevelError
from vertaug.case.spine import HeightField
from vertaug.case.volume import Volume
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.mechanics.bone_material import BoneMaterial
from vertaug.mechanics.caps import CapShape, model_from_vertebra
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.rigidity import measure_axial_rigidity
from vertaug.tissue import calibrate_generic
from vertaug.tissue.bone_law import KOPPERDAHL_2002_MODULUS
from vertaug.verification.analytic_vertebra import AnalyticVertebra

LAW = calibrate_generic(120.0)
HU = 199.5  # 150 mg/ml
MODULUS = float(KOPPERDAHL_2002_MODULUS.evaluate(150.0))


# no face lies on a face of voxels
SHAPE = {"body_half_width": 22.2, "body_half_depth": 16.3, "body_half_height": 13.3, "wall_y": 13.2}


def even(hu=HU, **place):
    vertebra = AnalyticVertebra(**SHAPE, **place).vertebra()
    values = np.full(vertebra.hu.values.shape, hu, dtype=np.float32)
    return replace(vertebra, hu=Volume(values=values, grid=vertebra.hu.grid))


def body_area():
    truth = AnalyticVertebra(**SHAPE)
    y = np.linspace(-truth.body_half_depth, truth.wall_y, 20001)
    width = 2 * truth.body_half_width * np.sqrt(1 - (y / truth.body_half_depth) ** 2)
    return np.trapezoid(width, y)


@pytest.mark.parametrize("spacing_mm", [0.75, 1.0, 1.6])
def test_even_body_is_a_bar_between_caps(spacing_mm):
    material = BoneMaterial(cap_mpa=MODULUS)
    model = model_from_vertebra(even(), LAW, material, spacing_mm=spacing_mm)
    # voxels round the length of the bar to whole layers
    layers = model.superior_nodes[0, 2] - model.inferior_nodes[0, 2]
    length = layers * spacing_mm
    assert length == pytest.approx(2 * 13.3 + 2 * 4.0, abs=spacing_mm)
    assert model.height_mm == pytest.approx(26.6, abs=0.3)
    found = solve_elastic(model).stiffness * length
    assert found == pytest.approx(MODULUS * body_area(), rel=0.03)
    np.testing.assert_allclose(model.bone_mpa[model.bone_mpa > 0], MODULUS, rtol=0.01)


def test_patient_may_lie_anyhow():
    turn = np.linalg.qr(np.array([[3.0, 1, 0.2], [-1, 3, 0.4], [0.1, -0.6, 3]]))[0]
    turn *= np.sign(np.diag(turn))
    here = model_from_vertebra(even(), LAW)
    there = model_from_vertebra(
        even(world_axes=turn, world_origin=np.array([20.0, -30.0, 400.0])), LAW
    )
    np.testing.assert_allclose(there.grid.directions, turn, atol=1e-12)
    np.testing.assert_array_equal(here.filled, there.filled)
    np.testing.assert_allclose(here.bone_mpa, there.bone_mpa, rtol=1e-3)


@pytest.mark.parametrize("spacing_mm", [0.75, 1.0, 2.0])
def test_densities_lie_where_the_scan_has_them(spacing_mm):
    vertebra = even()
    grid = vertebra.hu.grid
    points = grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1))
    slope = np.array([6.0, 5.0, 4.0])
    hu = Volume(values=(400.0 + points @ slope).astype(np.float32), grid=grid)
    model = model_from_vertebra(replace(vertebra, hu=hu), LAW, spacing_mm=spacing_mm)
    bone = model.bone_mpa > 0
    places = model.grid.to_world(np.argwhere(bone))
    density = LAW.to_density(400.0 + places @ slope)
    # densities are cut to whole mg/ml
    found = model.bone_mpa[bone]
    assert np.all(found <= KOPPERDAHL_2002_MODULUS.evaluate(density + 0.01))
    assert np.all(found >= KOPPERDAHL_2002_MODULUS.evaluate(density - 1.01))


def hollow(depth_mm=5.0):
    """The body with a round hollow in its superior endplate, its mask unchanged."""
    vertebra = even()
    plate = vertebra.superior.surface
    u, v = np.meshgrid(plate.u_mm, plate.v_mm, indexing="ij")
    inside = np.hypot(u, v) < 8.0
    height = np.where(inside, plate.height_mm - depth_mm, plate.height_mm)
    field = HeightField(u_mm=plate.u_mm, v_mm=plate.v_mm, height_mm=height)
    return replace(vertebra, superior=replace(vertebra.superior, surface=field))


def column(model):
    """The voxels on the axis: bone, filler."""
    i, j, _ = np.rint(model.grid.to_index([0.0, 0.0, 0.0])).astype(int)
    return model.bone_mpa[i, j] > 0, model.filler_mpa[i, j] > 0


def test_cap_fills_the_hollow_of_an_endplate():
    model = model_from_vertebra(hollow(), LAW)
    bone, filler = column(model)
    k = np.arange(model.grid.shape[2]) + model.grid.affine[2, 3]
    assert k[bone].max() == 8.0
    assert k[filler & (k > 0)].min() == 9.0
    assert not (~(bone | filler))[(k > -16) & (k < 16)].any()
    faces = model.superior_nodes[:, 2]
    assert set(faces) == {faces[0]}


def test_cap_that_intrudes_less_leaves_the_hollow_empty():
    model = model_from_vertebra(hollow(), LAW, caps=CapShape(intrusion_mm=2.0))
    bone, filler = column(model)
    k = np.arange(model.grid.shape[2]) + model.grid.affine[2, 3]
    empty = (~(bone | filler)) & (k > 0) & (k < 16)
    assert empty.sum() == 3
    assert k[empty].min() > 7.0
    filled = model_from_vertebra(hollow(), LAW)
    assert solve_elastic(model).stiffness < solve_elastic(filled).stiffness


def test_cap_covers_a_wedge_but_not_the_flank():
    """An endplate that falls 12 mm to the front is covered; a column on the flank is not."""
    vertebra = even()
    plate = vertebra.superior.surface
    v = np.broadcast_to(plate.v_mm, plate.height_mm.shape)
    slope = 12.0 / 29.0
    wedge = np.where(np.isnan(plate.height_mm), np.nan, 13.3 - slope * (13.2 - v))
    flank = np.hypot(plate.u_mm[:, None], v - 5.0) < 1.6
    height = np.where(flank, -8.0, wedge)
    normal = np.array([0.0, -slope, 1.0]) / np.hypot(1.0, slope)
    tilted = replace(
        vertebra.superior,
        surface=HeightField(u_mm=plate.u_mm, v_mm=plate.v_mm, height_mm=height),
        normal=normal,
        centre_lps_mm=np.array([0.0, 0.0, 13.3 - slope * 13.2]),
    )
    model = model_from_vertebra(replace(vertebra, superior=tilted), LAW)
    k = np.arange(model.grid.shape[2]) + model.grid.affine[2, 3]
    i, front, _ = np.rint(model.grid.to_index([0.0, -12.0, 0.0])).astype(int)
    _, behind, _ = np.rint(model.grid.to_index([0.0, 5.0, 0.0])).astype(int)
    expected = 13.3 - slope * 25.2
    assert k[(model.filler_mpa[i, front] > 0) & (k > 0)].min() == np.ceil(expected)
    bottom = k[(model.filler_mpa[i, behind] > 0) & (k > -10)].min()
    assert 13.3 - slope * 8.2 - 6.0 < bottom < 13.3 - slope * 8.2 - 4.0
    filling = CapShape(intrusion_mm=None)
    every = model_from_vertebra(replace(vertebra, superior=tilted), LAW, caps=filling)
    assert k[(every.filler_mpa[i, behind] > 0) & (k > -10)].min() < -6.0


def test_bone_between_mask_and_endplate_is_filled_in():
    vertebra = even()
    plate = vertebra.inferior.surface
    lower = HeightField(u_mm=plate.u_mm, v_mm=plate.v_mm, height_mm=plate.height_mm - 2.0)
    low = replace(vertebra, inferior=replace(vertebra.inferior, surface=lower))
    bone, filler = column(model_from_vertebra(low, LAW))
    usual, _ = column(model_from_vertebra(vertebra, LAW))
    assert bone.sum() == usual.sum() + 2
    first = np.flatnonzero(bone | filler)
    assert np.all(np.diff(first) == 1)


def test_posterior_elements_are_cut_or_kept():
    body, whole = (model_from_vertebra(even(), LAW, body_only=cut) for cut in (True, False))
    voxels = [(m.bone_mpa > 0).sum() for m in (body, whole)]
    assert voxels[0] == pytest.approx(body_area() * 26.6, rel=0.05)
    assert voxels[1] > 1.3 * voxels[0]
    assert body.grid.shape[1] < whole.grid.shape[1]
    stiff = [solve_elastic(m).stiffness for m in (body, whole)]
    assert stiff[0] < stiff[1] < 1.2 * stiff[0]


def test_what_cannot_be_modelled_is_refused():
    with pytest.raises(LevelError, match="superior"):
        model_from_vertebra(replace(even(), complete=False, cut_by=("superior",)), LAW)
    with pytest.raises(InputError, match=r"0\.3 to 4"):
        model_from_vertebra(even(), LAW, spacing_mm=0.1)
    with pytest.raises(InputError, match="mg/ml"):
        model_from_vertebra(even(hu=9000.0), LAW)
    with pytest.raises(InputError, match="cap"):
        CapShape(beyond_mm=0.0)
    with pytest.raises(InputError, match="intrude"):
        CapShape(intrusion_mm=-1.0)


@pytest.mark.slow
def test_phantom_intact_and_fractured():
    spec = PhantomSpec(spacing_mm=(1.5, 1.5, 1.5), field_of_view_mm=(100.0, 110.0, 110.0))
    phantom = build_phantom(spec)
    spine = analyse_spine(phantom.scan, phantom.labels)
    heights = {}
    for level in ("L1", "L2"):
        model = model_from_vertebra(spine[level], LAW, spacing_mm=1.5)
        found = solve_elastic(model)
        # layers in series would be stiffer only if bone could not bulge and bend
        series = measure_axial_rigidity(model).series_n
        assert 0.5 < found.stiffness * model.height_mm / series < 1.5
        heights[level] = model.height_mm
    assert heights["L1"] < 0.9 * heights["L2"]
